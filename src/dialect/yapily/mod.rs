//! Yapily: consents at banks, with `consent` or `one-time-token` on the redirect home, and errors with a source and a
//! base64 description (contracts/yapily.md).

mod auth_request;
mod consent;
mod envelope;
mod exchange;
mod features;
mod forms;
mod hosted;
mod hosted_view;
mod institution;
mod kept;
mod payment;
mod phases;
mod query;
mod rejection;
mod user;

pub use auth_request::{AuthRequest, Reach, Who};
pub use consent::{About, Links, auth_request, consent, deleted, status};
pub use envelope::{Body, Failure, InstitutionError, Issue, Pagination, Words};
pub use exchange::{AuthCode, read_confirmation, read_one_time_token};
pub use features::{Unsupported, is_payment_feature};
use forms::{Field, Form};
pub use hosted::{HostedKind, HostedRequest};
pub use hosted_view::{Shown, hosted_request};
pub use institution::institution;
use kept::Kept;
pub use query::{Query, UserQuery, force_delete};
pub use rejection::{Rejection, Source};
pub use user::{deleted_user, read_user, user};

use super::{flag, json, moments};
use crate::domain::{
    ApplicationUser, CallbackDialect, ClientAccess, Dialect, HandBack, Journey, MerchantTexts, OneTime, Outcome,
    Params, WebhookDialect,
};

/// The dialect's name.
pub const NAME: &str = "yapily";

/// What it may append to a callback (contracts, sections 6.2 and 6.3): hyphens, not OAuth's underscores.
const APPENDED: [&str; 8] = [
    "consent",
    "one-time-token",
    "application-user-id",
    "user-uuid",
    "institution",
    "error",
    "error-source",
    "error-description",
];

/// Yapily's words on the redirect home.
///
/// Success is `consent` (or `one-time-token`), then `application-user-id`, `user-uuid` and `institution`. A refusal is
/// those three, then `error`, `error-source` and `error-description`. There is no `state`: Yapily sends none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Yapily;

impl Dialect for Yapily {
    fn name(&self) -> &'static str {
        NAME
    }

    fn merchant_texts(&self, journey: &Journey) -> MerchantTexts {
        MerchantTexts { reference: Kept::of(journey).payment_idempotency_id(), ..MerchantTexts::default() }
    }

    fn client_settings(&self, access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", access.public_url.page("/yapily", &[])),
            ("user", access.merchant.short()),
            ("password", access.api_key.reveal().to_owned()),
        ]
    }
}

impl CallbackDialect for Yapily {
    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    /// A callback with a one-time token says nothing else of the outcome: the token will tell.
    fn hands_back_early(&self, journey: &Journey) -> bool {
        journey.opening().settings.one_time_token == OneTime::On
    }

    fn callback_params(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        match hand_back.final_outcome {
            Some(final_outcome) if final_outcome.outcome != Outcome::Authorised => {
                let rejection = Rejection::of(final_outcome);
                whose(journey, Params::default())
                    .append("error", rejection.error)
                    .append("error-source", rejection.source.as_str())
                    .append_text("error-description", &rejection.description, Rejection::encode)
            }
            Some(_) | None => whose(journey, token(journey, hand_back)),
        }
    }
}

/// Yapily calls no servers of a merchant's.
impl WebhookDialect for Yapily {}

/// The one token that a callback carries. One that was frozen before the bank had answered has a one-time token only.
fn token(journey: &Journey, hand_back: &HandBack<'_>) -> Params {
    let params = Params::default();
    match (journey.opening().settings.one_time_token, hand_back.token, hand_back.consent_token) {
        (OneTime::On, Some(token), _) => params.append("one-time-token", token.reveal()),
        (OneTime::Off, _, Some(token)) if hand_back.final_outcome.is_some() => params.append("consent", token),
        _ => params,
    }
}

fn whose(journey: &Journey, params: Params) -> Params {
    let Some(consent) = journey.opening().purpose.consent() else { return params };
    params
        .append_some("application-user-id", consent.application_user.as_ref().map(ApplicationUser::as_str))
        .append("user-uuid", consent.user.to_string())
        .append_some("institution", journey.institution())
}

/// Whether a journey was opened in these words.
pub fn is_own(journey: &Journey) -> bool {
    journey.opening().dialect == NAME
}

#[cfg(test)]
mod tests;
