//! `POST /v1/introspect`: what a consent token is worth now (RFC 7662).

use actix_web::{http::StatusCode, web};
use serde::Serialize;

use super::{ApiResult, Caller, Incoming, no_store};
use crate::domain::{Invalid, Journey, UnixMillis};
use crate::engine::{Engine, use_cases};
use crate::web::BodyTrouble;
use crate::web::body::{self, read_form};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(super::at("/introspect", "POST").route(web::post().to(introspect)));
}

/// RFC 7662, section 2.2, and below `consent_id` what is ours.
#[derive(Serialize)]
struct Active {
    active: bool,
    scope: String,
    client_id: String,
    sub: String,
    token_type: &'static str,
    iat: u64,
    exp: u64,
    iss: String,
    consent_id: String,
    institution: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_user_id: Option<String>,
}

async fn introspect(engine: web::Data<Engine>, incoming: Incoming) -> ApiResult {
    let caller = Caller::of(&engine, &incoming.request).await?;
    let token = token(incoming)?;
    let found = use_cases::consent::of_token(&engine, &token).await?.filter(|journey| match &caller {
        Caller::Operator => true,
        Caller::Merchant(merchant) => journey.opening().merchant == merchant.id,
    });
    let answer = found.and_then(|journey| active(&engine, &journey));
    let mut response = no_store(StatusCode::OK);
    Ok(match answer {
        Some(active) => response.json(active),
        // A token that is worth nothing shows nothing else (section 2.2).
        None => response.json(serde_json::json!({ "active": false })),
    })
}

fn token(incoming: Incoming) -> Result<String, BodyTrouble> {
    body::check_type(&incoming.request, &["application/x-www-form-urlencoded"])?;
    let fields = read_form(&incoming.body?)?;
    let token = fields.text("token").filter(|token| !token.is_empty());
    let missing = || Invalid::new("token", "is missing").hint("expected a form with token=…");
    Ok(token.ok_or_else(missing)?.to_owned())
}

/// What a token in force says, be its consent asked for again or not. `None` for every other.
fn active(engine: &Engine, journey: &Journey) -> Option<Active> {
    let (consent, grant) = (journey.opening().purpose.consent()?, journey.grant()?);
    let now = engine.deps.clock.now();
    let status = journey.consent_status(now).filter(|_| journey.is_in_force(now))?;
    Some(Active {
        active: true,
        scope: journey.scope().join(" "),
        client_id: journey.opening().merchant.to_string(),
        sub: consent.user.to_string(),
        token_type: "consent",
        iat: seconds(grant.given_at),
        exp: seconds(grant.expires_at),
        iss: engine.deps.public_url.as_str().to_owned(),
        consent_id: journey.id().to_string(),
        institution: journey.institution().unwrap_or_default().to_owned(),
        status: status.as_str(),
        application_user_id: consent.application_user.as_ref().map(|own| own.as_str().to_owned()),
    })
}

/// Whole seconds since the epoch: a token is never said to live longer than it does.
const fn seconds(moment: UnixMillis) -> u64 {
    moment.as_millis() / 1000
}
