//! SecPaid: payment links, an index into the merchant's callbacks, and `pay_id`, `user_id` and `status` on the redirect
//! home.

mod cipher;
mod envelope;
mod kept;
mod known;
mod link;
mod open_request;
mod split;
mod transaction;
mod webhook;

pub use cipher::{encrypted, read_key};
pub use envelope::{failure, success};
pub use link::{Links, link};
pub use open_request::{Kind, read_wish};
pub use transaction::{Query, transaction};
pub use webhook::Form;

use crate::domain::{
    CallbackDialect, Cause, ClientAccess, Dialect, ExtraOutcomes, FinalOutcome, HandBack, Journey, JourneyEvent,
    OneTime, OneTimeToken, Outcome, Params, Secret, WebhookDialect, WebhookEndpoint, WebhookPayload, WhenLate,
};

/// The dialect's name.
pub const NAME: &str = "secpaid";

/// What it may append to a callback.
const APPENDED: [&str; 6] = ["pay_id", "user_id", "status", "error", "error_description", "one-time-token"];

/// SecPaid's words on the redirect home: `?pay_id=…&user_id=…&status=success|cancel`, in this order.
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
}

impl CallbackDialect for SecPaid {
    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    /// Its callback promises a status, so only where the merchant has chosen otherwise.
    fn hands_back_early(&self, journey: &Journey) -> bool {
        let settings = &journey.opening().settings;
        settings.when_late == WhenLate::HandBack && settings.one_time_token == OneTime::On
    }

    fn callback_params(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        let mut params = Params::default()
            .append("pay_id", journey.pay_id().to_string())
            .append("user_id", journey.opening().merchant.to_string());
        if let Some(final_outcome) = hand_back.final_outcome {
            let status = self.status(journey, final_outcome);
            params = params.append("status", status);
            if let (Cause::Provider(Some(error)), "failed") = (&final_outcome.cause, status) {
                params = params.append("error", error.code());
                if let Some(description) = error.description() {
                    params = params.append_text("error_description", description, str::to_owned);
                }
            }
        }
        params.append_some("one-time-token", hand_back.token.map(OneTimeToken::reveal))
    }

    /// Without the merchant's leave there are two words: whatever was not paid is `cancel`.
    fn status(&self, journey: &Journey, final_outcome: &FinalOutcome) -> &'static str {
        match (final_outcome.outcome, journey.opening().settings.extra_outcomes) {
            (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => "success",
            (Outcome::Failed, ExtraOutcomes::On) => "failed",
            (Outcome::Expired, ExtraOutcomes::On) => "expired",
            (Outcome::Cancelled | Outcome::Failed | Outcome::Expired, _) => "cancel",
        }
    }
}

impl WebhookDialect for SecPaid {
    /// On success, and on any other outcome too: the how-to pages tell of both, the concept pages of success alone.
    fn webhook(&self, endpoint: &WebhookEndpoint, journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
        let final_outcome = journey.outcome_of(event)?;
        webhook::webhook(endpoint, journey, self.status(journey, final_outcome))
    }

    fn encrypted(&self, webhook: &WebhookPayload, key: &Secret) -> Option<WebhookPayload> {
        encrypted(webhook, key)
    }
}
