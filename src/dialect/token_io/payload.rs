//! Webhooks: what the caller's server gets for every change, and how it is signed (contracts, section 8).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::{Payment, Standing, payment::payment};
use crate::domain::{DeliveryPolicy, Headers, Journey, JourneyEvent, Posting, Schedule, SuccessRule, WebhookPayload};

/// The one event of payments.
pub const EVENT: &str = "PAYMENT_STATUS_CHANGED";

/// 200 and nothing else; again after 10, 30, 70, 150 minutes and so on, the pause twice as long each time, the last
/// time after 72 hours. There are ten tries. A 410 is a failure like others.
pub(super) const DELIVERY_POLICY: DeliveryPolicy = DeliveryPolicy {
    schedule: Schedule::of(&Schedule::minutes([0, 10, 20, 40, 80, 160, 320, 640, 1280, 1770])),
    success: SuccessRule::Exactly200,
    gone: false,
    ..DeliveryPolicy::STANDARD
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: String,
    event_type: &'static str,
    payment: Payment<'a>,
}

/// The body of a webhook. Where the browser must go is not in it: that is the bank's, and is sealed; `GET` has it.
pub(super) fn webhook(journey: &Journey, event: JourneyEvent) -> Option<WebhookPayload> {
    let payment = payment(journey, Standing::at(journey, event)?, None);
    let body = Body { id: format!("{}_{event}", journey.id()), event_type: EVENT, payment };
    Some(WebhookPayload { content_type: "application/json".to_owned(), body: serde_json::to_string(&body).ok()? })
}

/// The headers: the event, and the signature of the member's webhook key over the raw body. There is no time in it, and
/// no secret.
pub(super) fn sign(webhook: &WebhookPayload, posting: &Posting<'_>) -> Option<Headers> {
    let signature = (posting.webhook_key)(webhook.body.as_bytes())?;
    Some(vec![("token-event", EVENT.to_owned()), ("token-signature", URL_SAFE_NO_PAD.encode(signature))])
}
