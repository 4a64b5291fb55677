//! A consent, as every answer shows it (contracts, sections 3.3, 4.1 and 4.4). Absent fields are left out.

use std::time::Duration;

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{Kept, Rejection, moments};
use crate::domain::consent::{Kind, Status};
use crate::domain::{ApplicationUser, Journey, Outcome, Secret, UnixMillis};

/// How long after the customer's last confirmation a consent to account access must be confirmed again.
const RECONFIRMED: Duration = Duration::from_hours(90 * 24);

/// What an answer knows of a consent besides its journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The `state` of its latest visit.
    pub state: Option<String>,
    /// Its token, if the reader may have it.
    pub token: Option<Secret>,
    /// What time it is.
    pub now: UnixMillis,
}

/// The addresses that belong to a consent that waits for its customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Links {
    /// Where the customer is sent.
    pub authorisation_url: String,
    /// A picture of that address.
    pub qr_code_url: String,
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View<'a> {
    id: String,
    user_uuid: String,
    application_user_id: Option<&'a str>,
    institution_id: Option<&'a str>,
    status: &'static str,
    created_at: String,
    transaction_from: Option<String>,
    transaction_to: Option<String>,
    expires_at: Option<String>,
    time_to_expire: Option<String>,
    time_to_expire_in_millis: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    feature_scope: &'a [String],
    consent_token: Option<&'a str>,
    state: Option<&'a str>,
    authorized_at: Option<String>,
    last_confirmed_at: Option<String>,
    reconfirm_by: Option<String>,
    institution_consent_id: Option<&'a str>,
    is_deleted_by_institution: Option<bool>,
    authorisation_error: Option<AuthorisationError>,
}

/// Why the customer did not agree when last asked, in the words of the callback: a caller that polls learns what the
/// callback says. The field is our own. A consent that was given before stays `AUTHORIZED` beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorisationError {
    status: &'static str,
    error: &'static str,
    error_source: &'static str,
    error_description: String,
    occurred_at: String,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(flatten)]
    consent: Option<View<'a>>,
    #[serde(flatten)]
    links: &'a Links,
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted<'a> {
    id: String,
    delete_status: &'static str,
    institution_id: Option<&'a str>,
    institution_consent_id: Option<&'a str>,
    creation_date: String,
}

/// Yapily's word for a status.
pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Awaited => "AWAITING_AUTHORIZATION",
        Status::AwaitedAgain => "AWAITING_RE_AUTHORIZATION",
        Status::Authorised => "AUTHORIZED",
        Status::Consumed => "CONSUMED",
        Status::Rejected => "REJECTED",
        Status::Revoked => "REVOKED",
        Status::Failed => "FAILED",
        Status::Expired => "EXPIRED",
    }
}

/// A consent that has just been asked for, with the addresses to which its customer is sent.
pub fn auth_request<'a>(journey: &'a Journey, about: &'a About, links: &'a Links) -> impl Serialize + use<'a> {
    Request { consent: consent(journey, about), links }
}

/// A consent that has just been revoked.
pub fn deleted(journey: &Journey) -> impl Serialize + use<'_> {
    Deleted {
        id: journey.id().to_string(),
        delete_status: "SUCCESS",
        institution_id: journey.institution(),
        institution_consent_id: journey.grant().and_then(|grant| grant.bank_consent.as_deref()),
        creation_date: moments::written(journey.opening().opened_at),
    }
}

/// A consent. `null` when the journey is about something else.
pub fn consent<'a>(journey: &'a Journey, about: &'a About) -> Option<View<'a>> {
    let consent = journey.opening().purpose.consent()?;
    let now = about.now;
    let stands = journey.consent_status(now)?;
    let grant = journey.grant();
    let expires_at =
        grant.map(|grant| grant.expires_at).or_else(|| consent.promised_until(journey.opening().opened_at));
    let left = expires_at.filter(|_| stands == Status::Authorised).map(|at| at.since(now));
    let confirmed_at = grant.filter(|_| consent.kind == Kind::Accounts).map(|grant| grant.confirmed_at);
    let in_force = matches!(stands, Status::Authorised | Status::AwaitedAgain | Status::Consumed);
    let kept = Kept::of(journey);
    Some(View {
        id: journey.id().to_string(),
        user_uuid: consent.user.to_string(),
        application_user_id: consent.application_user.as_ref().map(ApplicationUser::as_str),
        institution_id: journey.institution(),
        status: status(stands),
        created_at: moments::written(journey.opening().opened_at),
        transaction_from: kept.transaction_from,
        transaction_to: kept.transaction_to,
        expires_at: expires_at.map(moments::written),
        time_to_expire: left.map(moments::span),
        time_to_expire_in_millis: left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
        feature_scope: journey.scope(),
        consent_token: about.token.as_ref().filter(|_| in_force).map(Secret::reveal),
        state: about.state.as_deref(),
        authorized_at: grant.map(|grant| moments::written(grant.given_at)),
        last_confirmed_at: confirmed_at.map(moments::written),
        reconfirm_by: confirmed_at.map(|at| moments::written(at.plus(RECONFIRMED))),
        institution_consent_id: grant.and_then(|grant| grant.bank_consent.as_deref()),
        is_deleted_by_institution: (stands == Status::Revoked).then_some(false),
        authorisation_error: authorisation_error(journey, now),
    })
}

/// What the callback said, or would have said, of a round that its customer did not agree to.
pub(super) fn authorisation_error(journey: &Journey, now: UnixMillis) -> Option<AuthorisationError> {
    let round = journey.round_status(now)?;
    let final_outcome = journey.final_outcome().filter(|final_outcome| final_outcome.outcome != Outcome::Authorised)?;
    let rejection = Rejection::of(final_outcome);
    Some(AuthorisationError {
        status: status(round),
        error: rejection.error,
        error_source: rejection.source.as_str(),
        error_description: rejection.description,
        occurred_at: moments::written(final_outcome.at),
    })
}
