//! A merchant's deliveries: those that wait, fail or have died, one by its id, and sending one again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{ApiResult, Authenticated, list::ListQuery};
use crate::domain::{AttemptRecord, AttemptResult, Delivery, DeliveryId, Invalid, Journey, Target, delivery::State};
use crate::engine::{DeliveryContext, DeliveryCursor, DeliveryFilter, Engine, use_cases};
use crate::web::{Problem, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/deliveries", "GET").route(web::get().to(list)))
        .service(super::at("/deliveries/{id}", "GET").route(web::get().to(one)))
        .service(super::at("/deliveries/{id}/replay", "POST").route(web::post().to(replay)));
}

/// A delivery, as it is shown everywhere: a list has its last attempt, else all of them are shown that are kept.
#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct DeliveryView {
    id: String,
    kind: &'static str,
    callback: String,
    state: &'static str,
    tries: u8,
    due_at: Option<String>,
    ended_at: Option<String>,
    last_attempt: Option<AttemptView>,
    attempts: Option<Vec<AttemptView>>,
}

/// An attempt. The answer is the receiver's own, and shown to nobody but its merchant.
#[skip_serializing_none]
#[derive(Serialize)]
struct AttemptView {
    at: String,
    duration_ms: u64,
    result: &'static str,
    status: Option<u16>,
    #[serde(skip_serializing_if = "String::is_empty")]
    answer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// How many attempts are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All that are kept.
    Every,
    /// The last one, in a list.
    Last,
}

#[derive(Serialize)]
struct ParcelView {
    journey_id: String,
    pay_id: String,
    outcome: Option<&'static str>,
    #[serde(flatten)]
    delivery: DeliveryView,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let page = ListQuery::read(&request, &["state", "limit", "after"])?;
    let filter = page.filter("state").map_or(Ok(DeliveryFilter::Dead), read_filter)?;
    let contexts = use_cases::deliveries::list(&engine, merchant.id, filter, page.place()?, page.limit).await?;
    let next = page.next(&contexts, |last| DeliveryCursor::of(&last.delivery));
    let views: Vec<_> = contexts.iter().map(|context| ParcelView::of(context, Shown::Last)).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "deliveries": views, "next": next })))
}

async fn one(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(use_cases::deliveries::find(&engine, merchant.id, &id).await?.as_ref())
}

async fn replay(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(use_cases::deliveries::replay(&engine, merchant.id, &id).await?.as_ref())
}

fn answer(context: Option<&DeliveryContext>) -> ApiResult {
    let context = context.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(HttpResponse::Ok().json(ParcelView::of(context, Shown::Every)))
}

impl ParcelView {
    fn of(context: &DeliveryContext, shown: Shown) -> Self {
        let DeliveryContext { delivery, journey } = context;
        let final_outcome = journey.outcome_of(delivery.id.event);
        Self {
            journey_id: journey.id().to_string(),
            pay_id: journey.pay_id().to_string(),
            outcome: final_outcome.map(|final_outcome| final_outcome.outcome.as_str()),
            delivery: DeliveryView::of(journey, delivery, shown),
        }
    }
}

impl DeliveryView {
    /// This journey's delivery.
    pub(super) fn of(journey: &Journey, delivery: &Delivery, shown: Shown) -> Self {
        let url = journey.opening().plan.url_of(delivery.id.target);
        let (at, waits) = (rfc3339(delivery.due_at), delivery.state == State::Waiting);
        Self {
            id: delivery.id.to_string(),
            kind: match delivery.id.target {
                Target::Callback(_) => "callback",
                Target::WebhookEndpoint(_) if journey.opening().purpose.job().is_some() => "job",
                Target::WebhookEndpoint(_) => "payment_endpoint",
            },
            callback: url.map_or_else(String::new, |url| url.as_str().to_owned()),
            state: delivery.word(),
            tries: delivery.tries,
            due_at: waits.then(|| at.clone()),
            ended_at: (!waits).then_some(at),
            last_attempt: delivery.attempts.last().filter(|_| shown == Shown::Last).map(AttemptView::from),
            attempts: (shown == Shown::Every).then(|| delivery.attempts.iter().map(AttemptView::from).collect()),
        }
    }
}

impl From<&AttemptRecord> for AttemptView {
    fn from(attempt: &AttemptRecord) -> Self {
        let text = String::from_utf8_lossy(attempt.excerpt()).into_owned();
        let (status, answer, reason) = match attempt.result() {
            AttemptResult::Status(status) => (Some(status), text, String::new()),
            AttemptResult::Refused | AttemptResult::Unreachable | AttemptResult::Unanswered => {
                (None, String::new(), text)
            }
        };
        Self {
            at: rfc3339(attempt.at()),
            duration_ms: u64::try_from(attempt.took().as_millis()).unwrap_or(u64::MAX),
            result: attempt.result().as_str(),
            status,
            answer,
            reason,
        }
    }
}

pub(in crate::web) fn read_filter(text: &str) -> Result<DeliveryFilter, Invalid> {
    match text {
        "waiting" => Ok(DeliveryFilter::Waiting),
        "failing" => Ok(DeliveryFilter::Failing),
        "dead" => Ok(DeliveryFilter::Dead),
        _ => Err(Invalid::new("state", "is none of waiting, failing and dead")
            .hint("what was delivered is shown by its journey: GET /v1/journeys/{id}")),
    }
}
