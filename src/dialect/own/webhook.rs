//! The body of a webhook: what is fixed about a journey, and one outcome. It is the same whenever it is written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Kept;
use crate::dialect::moments;
use crate::domain::{FinalOutcome, Journey, ProviderRefusal, WebhookPayload};

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    journey_id: String,
    pay_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    note: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    concluded_at: String,
}

/// Writes the webhook of an outcome. `None` when it cannot be written, which no journey is known to do.
pub(super) fn webhook(journey: &Journey, final_outcome: &FinalOutcome) -> Option<WebhookPayload> {
    let opening = journey.opening();
    let (kept, amount) = (Kept::of(journey), opening.purpose.amount());
    let at = moments::written(final_outcome.at);
    let operation = opening.purpose.operation();
    let status = final_outcome.outcome.as_str();
    let body = Body {
        r#type: format!("{}.{status}", if operation.is_some() { "operation" } else { "journey" }),
        timestamp: at.clone(),
        data: Data {
            journey_id: journey.id().to_string(),
            pay_id: journey.pay_id().to_string(),
            status,
            operation: operation.map(|operation| operation.kind.as_str()),
            of: operation.and_then(|operation| operation.of).map(|of| of.to_string()),
            amount: amount.map(|amount| amount.to_string()),
            currency: amount.map(|amount| amount.currency().to_string()),
            reference: kept.reference,
            note: opening.purpose.note(),
            metadata: kept.metadata,
            error: final_outcome.refusal().map(ProviderRefusal::code),
            concluded_at: at,
        },
    };
    Some(WebhookPayload { content_type: "application/json".into(), body: serde_json::to_string(&body).ok()? })
}
