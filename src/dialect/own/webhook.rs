//! The body of a webhook, and of an event in the feed: what is fixed about a journey, and one outcome. It is the same
//! whenever it is written.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::dialect::moments;
use crate::domain::delivery::Target;
use crate::domain::provider_account::name_for_merchant;
use crate::domain::{
    CallbackUrl, FeedEvent, FinalOutcome, Journey, MerchantTexts, PaymentStanding, ProviderRefusal, UnixMillis,
    WebhookPayload,
};

#[derive(Serialize)]
struct Body<D> {
    /// Its place in the feed; missing in a webhook, which has the header `webhook-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    r#type: String,
    timestamp: String,
    data: D,
}

/// What is said of trouble with an endpoint, a provider or a callback.
#[derive(Serialize)]
struct Trouble<'a> {
    /// The journey that met it.
    journey_id: String,
    pay_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<&'a str>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    concluded_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reported: Option<&'a str>,
}

/// Writes the webhook of an outcome. `None` when it cannot be written, which no journey is known to do.
pub(super) fn webhook(journey: &Journey, texts: MerchantTexts, final_outcome: &FinalOutcome) -> Option<WebhookPayload> {
    let body = serde_json::to_string(&concluded(journey, texts, final_outcome, None)).ok()?;
    Some(WebhookPayload { content_type: "application/json".into(), body })
}

/// Writes a test webhook: that it is one, and where it goes.
pub fn test_webhook(endpoint: &CallbackUrl, at: UnixMillis) -> WebhookPayload {
    let data = serde_json::json!({ "endpoint": endpoint.without_query() });
    let body = serde_json::json!({ "type": "test", "timestamp": moments::written(at), "data": data });
    WebhookPayload { content_type: "application/json".into(), body: body.to_string() }
}

/// Writes an event as the feed of its merchant has it, under this id and written at this moment: the body of the webhook
/// that tells of it in our own words, whatever words its journey was opened in. `None` when the journey says nothing of
/// it any more.
pub fn feed_body(
    journey: &Journey,
    texts: MerchantTexts,
    event: FeedEvent,
    (id, at): (String, UnixMillis),
) -> Option<Box<RawValue>> {
    let endpoint = |target: Target| {
        let url = journey.opening().plan.url_of(target)?;
        Some(Trouble { endpoint: Some(url.without_query()), ..trouble(journey) })
    };
    let told = |r#type: &str, data| Body {
        id: Some(id.clone()),
        r#type: r#type.into(),
        timestamp: moments::written(at),
        data,
    };
    let written = match event {
        FeedEvent::Concluded(number) => {
            let final_outcome = journey.final_outcomes().get(usize::from(number))?;
            serde_json::value::to_raw_value(&concluded(journey, texts, final_outcome, Some(id)))
        }
        FeedEvent::Mismatch(visit) => serde_json::value::to_raw_value(&mismatch(journey, texts, visit, id)?),
        FeedEvent::EndpointFailing(target) => {
            serde_json::value::to_raw_value(&told("endpoint.failing", endpoint(target)?))
        }
        FeedEvent::EndpointDisabled(target) => {
            serde_json::value::to_raw_value(&told("endpoint.disabled", endpoint(target)?))
        }
        FeedEvent::ProviderAway(visit) => {
            let provider = Some(name_for_merchant(journey.provider_of(visit)));
            serde_json::value::to_raw_value(&told("provider.away", Trouble { provider, ..trouble(journey) }))
        }
        FeedEvent::CallbackDown => {
            let outcome = journey.final_outcome().map(|final_outcome| final_outcome.outcome);
            let callback = journey.opening().plan.destination_for(outcome)?.url.without_query();
            let data = Trouble { callback: Some(callback), ..trouble(journey) };
            serde_json::value::to_raw_value(&told("callback.down", data))
        }
    };
    written.ok()
}

fn trouble(journey: &Journey) -> Trouble<'_> {
    let (journey_id, pay_id) = (journey.id().to_string(), journey.pay_id().to_string());
    Trouble { journey_id, pay_id, endpoint: None, provider: None, callback: None }
}

fn concluded<'a>(
    journey: &'a Journey,
    texts: MerchantTexts,
    final_outcome: &'a FinalOutcome,
    id: Option<String>,
) -> Body<Data<'a>> {
    let (at, status) = (moments::written(final_outcome.at), final_outcome.outcome.as_str());
    let about = if journey.opening().purpose.operation().is_some() { "operation" } else { "journey" };
    let error = final_outcome.refusal().map(ProviderRefusal::code);
    let data = Data { error, concluded_at: Some(at.clone()), ..data(journey, texts, status) };
    Body { id, r#type: format!("{about}.{status}"), timestamp: at, data }
}

/// That a payment is not what its provider was asked for. `None` once it is put right.
fn mismatch(journey: &Journey, texts: MerchantTexts, visit: u8, id: String) -> Option<Body<Data<'_>>> {
    let PaymentStanding::Mismatch { reported, at } = &journey.payment(visit)?.standing else { return None };
    let data = Data { reported: Some(reported), ..data(journey, texts, "away") };
    Some(Body { id: Some(id), r#type: "payment.mismatch".into(), timestamp: moments::written(*at), data })
}

fn data<'a>(journey: &'a Journey, texts: MerchantTexts, status: &'static str) -> Data<'a> {
    let (opening, MerchantTexts { reference, metadata }) = (journey.opening(), texts);
    let (amount, operation) = (opening.purpose.amount(), opening.purpose.operation());
    Data {
        journey_id: journey.id().to_string(),
        pay_id: journey.pay_id().to_string(),
        status,
        operation: operation.map(|operation| operation.kind.as_str()),
        of: operation.and_then(|operation| operation.of).map(|of| of.to_string()),
        amount: amount.map(|amount| amount.to_string()),
        currency: amount.map(|amount| amount.currency().to_string()),
        reference,
        note: opening.purpose.note(),
        metadata: Some(metadata).filter(|metadata| !metadata.is_empty()),
        error: None,
        concluded_at: None,
        reported: None,
    }
}
