//! Handback's own words for payments: `POST /v1/journeys`, what its callbacks carry, and its webhooks.
//!
//! A callback gets `journey_id`, `status` (the outcome's own word), `error` and `error_description` where the provider
//! named them, and a one-time token where the journey has one. A webhook is `journey.paid`, `journey.failed` and so on,
//! signed as Standard Webhooks has it.

mod open_body;
mod webhook;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use open_body::{AttachBody, Capture, OpenBody, OperationBody};
pub use webhook::{feed_body, test_webhook};

use super::{kept::in_journeys, secpaid};
use crate::domain::{
    CallbackDialect, Cause, Dialect, HandBack, Journey, JourneyEvent, MerchantTexts, OneTime, OneTimeToken,
    OpenRequest, Params, PaymentOperation, Secret, WebhookDialect, WebhookEndpoint, WebhookPayload,
};

/// The dialect's name.
pub const NAME: &str = "handback";

/// What it may append to a callback.
const APPENDED: [&str; 5] = ["journey_id", "status", "error", "error_description", "one_time_token"];

/// The words of Handback's own API.
#[derive(Debug, Clone, Copy, Default)]
pub struct Own;

/// What a journey keeps of the call that opened it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// The merchant's own reference.
    reference: Option<String>,
    /// The merchant's own texts, by their names.
    metadata: Option<BTreeMap<String, String>>,
}

in_journeys!(Kept);

impl Dialect for Own {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operation_without_order(
        &self,
        payment: &Journey,
        operation: PaymentOperation,
        _reverses: Option<&Journey>,
    ) -> OpenRequest {
        open_body::operation(operation, payment)
    }

    fn merchant_texts(&self, journey: &Journey) -> MerchantTexts {
        let Kept { reference, metadata } = Kept::of(journey);
        MerchantTexts { reference, metadata: metadata.unwrap_or_default() }
    }
}

impl CallbackDialect for Own {
    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    /// Whoever has asked for a token learns the outcome by it.
    fn hands_back_early(&self, journey: &Journey) -> bool {
        journey.opening().settings.one_time_token == OneTime::On
    }

    fn callback_params(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        let mut params = Params::default().append("journey_id", journey.id().to_string());
        if let Some(final_outcome) = hand_back.final_outcome {
            params = params.append("status", final_outcome.outcome.as_str());
            if let Cause::Provider(Some(error)) = &final_outcome.cause {
                params = params.append("error", error.code());
                if let Some(description) = error.description() {
                    params = params.append_text("error_description", description, str::to_owned);
                }
            }
        }
        params.append_some("one_time_token", hand_back.token.map(OneTimeToken::reveal))
    }
}

impl WebhookDialect for Own {
    fn webhook(&self, _endpoint: &WebhookEndpoint, journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
        webhook::webhook(journey, self.merchant_texts(journey), journey.outcome_of(event)?)
    }

    /// An endpoint is saved with one key, whatever words it is told in.
    fn encrypted(&self, webhook: &WebhookPayload, key: &Secret) -> Option<WebhookPayload> {
        secpaid::encrypted(webhook, key)
    }
}
