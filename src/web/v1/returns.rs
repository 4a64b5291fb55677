//! `/v1/returns`: what a merchant verifies signed returns with, and a call that does it.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Authenticated, Call, no_store};
use crate::domain::{Invalid, signed_return::PARAMETER};
use crate::engine::{CameBack, Engine, Unproven, Unsigned, use_cases};
use crate::web::time::rfc3339;

/// How far a signature's time may be from now, unless the call says otherwise.
const TOLERANCE: Duration = Duration::from_hours(1);

/// The longest that a call may say: a year.
const LONGEST_TOLERANCE: Duration = Duration::from_hours(365 * 24);

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/returns/keys", "GET").route(web::get().to(keys)))
        .service(super::at("/returns/verify", "POST").route(web::post().to(verify)));
}

#[derive(Serialize)]
struct KeysView {
    signed_returns: &'static str,
    parameter: &'static str,
    merchant_id: String,
    hmac: Vec<SecretView>,
    ed25519: Vec<PublicView>,
    /// By dialect.
    parameters: BTreeMap<&'static str, &'static [&'static str]>,
}

#[derive(Serialize)]
struct SecretView {
    key: String,
    secret: String,
}

#[derive(Serialize)]
struct PublicView {
    key: String,
    public: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    url: String,
    callback: Option<String>,
    tolerance_seconds: Option<u64>,
}

#[derive(Serialize)]
struct ValidView {
    valid: bool,
    signed_at: String,
    key: String,
    callback: String,
    parameters: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct RefusedView {
    valid: bool,
    reason: &'static str,
    detail: &'static str,
}

async fn keys(engine: web::Data<Engine>, merchant: Authenticated) -> ApiResult {
    let secrets = use_cases::verify_return::return_secrets(&engine, merchant.id).into_iter();
    let keys = use_cases::verify_return::return_keys(&engine).into_iter();
    Ok(no_store(StatusCode::OK).json(KeysView {
        signed_returns: merchant.settings.signed_returns.as_str(),
        parameter: PARAMETER,
        merchant_id: merchant.id.to_string(),
        hmac: secrets.map(|own| SecretView { key: own.key, secret: own.secret.reveal().to_owned() }).collect(),
        ed25519: keys.map(|own| PublicView { key: own.kid, public: own.x }).collect(),
        parameters: engine
            .deps
            .dialects
            .iter()
            .map(|dialect| (dialect.name(), dialect.appended()))
            .filter(|(_, appended)| !appended.is_empty())
            .collect(),
    }))
}

async fn verify(engine: web::Data<Engine>, call: Call<VerifyBody>) -> ApiResult {
    let tolerance = call.body.tolerance_seconds.map_or(TOLERANCE, Duration::from_secs);
    if tolerance > LONGEST_TOLERANCE {
        let rule = format!("is not between 0 and {} seconds", LONGEST_TOLERANCE.as_secs());
        return Err(Invalid::new("tolerance_seconds", rule).into());
    }
    let came = CameBack { url: &call.body.url, callback: call.body.callback.as_deref(), tolerance };
    let mut response = no_store(StatusCode::OK);
    Ok(match use_cases::verify_return::verify_return(&engine, call.merchant.id, came) {
        Ok(verified) => response.json(ValidView {
            valid: true,
            signed_at: rfc3339(verified.at),
            key: verified.key,
            callback: verified.callback,
            parameters: verified.params.into_iter().collect(),
        }),
        Err(unsigned) => {
            let (reason, detail) = words(unsigned);
            response.json(RefusedView { valid: false, reason, detail })
        }
    })
}

const fn words(unsigned: Unsigned) -> (&'static str, &'static str) {
    match unsigned {
        Unsigned::Missing => ("missing", "The address carries no hb_signature."),
        Unsigned::Repeated => ("repeated", "A parameter that is signed is in the address twice."),
        Unsigned::Unproven(Unproven::Unreadable) => {
            ("unreadable", "The hb_signature has not the form of one: expected version.seconds.key.signature.")
        }
        Unsigned::Unproven(Unproven::UnknownKey) => {
            ("unknown_key", "The key that is named in the hb_signature is not in use, or not any more.")
        }
        Unsigned::Unproven(Unproven::Mismatch) => {
            ("mismatch", "The hb_signature is not on this: another callback, other parameters, or another merchant.")
        }
        Unsigned::TooOld => ("too_old", "The hb_signature is older than tolerance_seconds."),
        Unsigned::TooNew => ("too_new", "The hb_signature is of a time that has not come."),
    }
}
