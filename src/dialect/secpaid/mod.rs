//! SecPaid: payment links, an index into the merchant's callbacks, `pay_id`, `user_id` and `status` on the way home.

mod cipher;
mod envelope;
mod known;
mod link;
mod open_request;
mod split;
mod transaction;
mod webhook;

pub use cipher::read_key;
pub use envelope::{failure, success};
pub use link::{Links, link};
pub use open_request::{Kind, read_wish};
pub use transaction::{Query, transaction};
pub use webhook::Form;

use crate::domain::delivery::{JourneyEvent, WebhookPayload};
use crate::domain::dialect::{ClientAccess, Dialect};
use crate::domain::endpoint::WebhookEndpoint;
use crate::domain::journey::{HandBack, Journey};
use crate::domain::outcome::{Cause, Outcome};
use crate::domain::params::{Params, Placeholder};
use crate::domain::secret::Secret;
use crate::domain::terms::{ExtraOutcomes, OneTime, WhenLate};

/// The dialect's name.
pub const NAME: &str = "secpaid";

/// What it may append to a callback.
const APPENDED: [&str; 6] = ["pay_id", "user_id", "status", "error", "error_description", "one-time-token"];

/// SecPaid's words on the way home: `?pay_id=…&user_id=…&status=success|cancel`, in this order.
///
/// Where the merchant has opted in, `failed` and `expired` with their reason, and a one-time token at the end.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecPaid;

impl Dialect for SecPaid {
    fn name(&self) -> &'static str {
        NAME
    }

    fn client_settings(&self, access: &ClientAccess<'_>) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", access.public_url.page("/secpaid", &[])),
            ("token", access.api_key.reveal().to_owned()),
            ("user_id", access.merchant.to_string()),
            ("webhook_secret", access.signing_secret.reveal().to_owned()),
        ]
    }

    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    /// Its callback promises a status, so only where the merchant has chosen otherwise.
    fn goes_home_unproven(&self, journey: &Journey) -> bool {
        let terms = &journey.opening().terms;
        terms.when_late == WhenLate::HandBack && terms.one_time_token == OneTime::On
    }

    fn way_home(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        let opening = journey.opening();
        let (pay_id, user_id) = (journey.pay_id().to_string(), opening.merchant.to_string());
        let mut params = Params::default().append("pay_id", &pay_id).append("user_id", &user_id);
        if let Some(final_outcome) = hand_back.final_outcome {
            let status = status(final_outcome.outcome, opening.terms.extra_outcomes);
            params = params.append("status", status).fill(Placeholder::Status, status);
            if let (Cause::Provider(Some(error)), "failed") = (&final_outcome.cause, status) {
                params = params.append("error", error.code());
                params = error
                    .description()
                    .map_or(params.clone(), |d| params.append_text("error_description", d, str::to_owned));
            }
        }
        if let Some(token) = hand_back.token {
            params = params.append("one-time-token", token.reveal());
        }
        params
            .fill(Placeholder::PayId, pay_id)
            .fill(Placeholder::UserId, user_id)
            .fill(Placeholder::RecipientNote, opening.purpose.note())
    }

    /// On success, and on any other outcome too: the how-to pages tell of both, the concept pages of success alone.
    fn webhook_to(&self, endpoint: &WebhookEndpoint, journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
        let final_outcome = journey.final_outcomes().get(usize::from(event.final_outcome()?))?;
        webhook::webhook(endpoint, journey, status(final_outcome.outcome, journey.opening().terms.extra_outcomes))
    }

    fn encrypted(&self, webhook: &WebhookPayload, key: &Secret) -> Option<WebhookPayload> {
        cipher::encrypted(webhook, key)
    }
}

/// The word on the callback. Without the merchant's leave there are two: whatever was not paid is `cancel`.
const fn status(outcome: Outcome, extra: ExtraOutcomes) -> &'static str {
    match (outcome, extra) {
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => "success",
        (Outcome::Failed, ExtraOutcomes::On) => "failed",
        (Outcome::Expired, ExtraOutcomes::On) => "expired",
        (Outcome::Cancelled | Outcome::Failed | Outcome::Expired, _) => "cancel",
    }
}
