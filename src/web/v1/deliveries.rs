//! A merchant's deliveries in every state, one by its id, and sending one or many again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::list::{ListQuery, Place as _};
use super::{ApiResult, Authenticated, Call};
use crate::domain::delivery::State;
use crate::domain::{AttemptRecord, AttemptResult, Delivery, DeliveryId, Invalid, Journey, Merchant, Target};
use crate::engine::{DeliveryContext, DeliveryCursor, DeliveryFilter, Engine, EngineError, use_cases};
use crate::web::Problem;
use crate::web::time::{read_rfc3339, rfc3339};

/// The most ids that one call names.
const MOST_IDS: usize = 200;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/deliveries", "GET").route(web::get().to(list)))
        .service(super::at("/deliveries/replay", "POST").route(web::post().to(replay_many)))
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
pub(super) struct AttemptView {
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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(flatten)]
    delivery: DeliveryView,
}

/// Which deliveries are sent again: these, or those that were given up since a time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    ids: Option<Vec<String>>,
    since: Option<String>,
}

/// Which deliveries a list holds.
enum Listed {
    /// Those of a store's list.
    Of(DeliveryFilter),
    /// Those that were received, by their journeys.
    Received,
}

/// A part of a list, and where it goes on.
pub(in crate::web) type Part = (Vec<DeliveryContext>, Option<String>);

async fn list(engine: web::Data<Engine>, request: HttpRequest, merchant: Authenticated) -> ApiResult {
    let query = ListQuery::read(&request, &["state", "limit", "after"])?;
    let (contexts, next) = part(&engine, &merchant, &query).await?;
    let views: Vec<_> = contexts.iter().map(|context| ParcelView::of(&merchant, context, Shown::Last)).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "deliveries": views, "next": next })))
}

/// The part of a list that a query asks for.
pub(in crate::web) async fn part(engine: &Engine, merchant: &Merchant, query: &ListQuery) -> Result<Part, EngineError> {
    match query.filter("state").map_or(Ok(Listed::Of(DeliveryFilter::Dead)), Listed::read)? {
        Listed::Of(filter) => {
            let found = use_cases::deliveries::list(engine, merchant.id, filter, query.place()?, query.limit).await?;
            let next = query.next(&found, |last| DeliveryCursor::of(&last.delivery));
            Ok((found, next))
        }
        Listed::Received => {
            let (found, stopped) =
                use_cases::deliveries::received(engine, merchant.id, query.place()?, query.limit).await?;
            Ok((found, stopped.map(|place| place.write())))
        }
    }
}

async fn one(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(&merchant, use_cases::deliveries::find(&engine, merchant.id, &id).await?.as_ref())
}

async fn replay(engine: web::Data<Engine>, id: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(&merchant, use_cases::deliveries::replay(&engine, merchant.id, &id).await?.as_ref())
}

async fn replay_many(engine: web::Data<Engine>, call: Call<ReplayBody>) -> ApiResult {
    let merchant = call.merchant.id;
    let replayed = match (call.body.ids, call.body.since) {
        (Some(ids), None) => use_cases::deliveries::replay_each(&engine, merchant, &read_ids(&ids)?).await?,
        (None, Some(since)) => {
            let refused = || Invalid::new("since", "is not a time").hint("expected such as 2026-11-20T15:04:05Z");
            let since = read_rfc3339(&since).ok_or_else(refused)?;
            use_cases::deliveries::replay_since(&engine, merchant, since).await?
        }
        (Some(_), Some(_)) => {
            return Err(Invalid::new("ids", "stands beside since").hint("leave one of them out").into());
        }
        (None, None) => return Err(Invalid::new("since", "is missing").hint("expected since, or ids").into()),
    };
    let body = serde_json::json!({ "replayed": replayed.count, "has_more": replayed.has_more });
    Ok(HttpResponse::Ok().json(body))
}

fn read_ids(texts: &[String]) -> Result<Vec<DeliveryId>, Invalid> {
    if texts.is_empty() || texts.len() > MOST_IDS {
        return Err(Invalid::new("ids", format!("are not 1 to {MOST_IDS}")));
    }
    let read = |(item, text): (usize, &String)| {
        text.parse().map_err(|invalid: Invalid| invalid.at(format!("ids item {item}")))
    };
    (1..).zip(texts).map(read).collect()
}

fn answer(merchant: &Merchant, context: Option<&DeliveryContext>) -> ApiResult {
    let context = context.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(HttpResponse::Ok().json(ParcelView::of(merchant, context, Shown::Every)))
}

/// Whether a delivery waits because its endpoint is paused.
pub(in crate::web) fn is_paused(merchant: &Merchant, journey: &Journey, delivery: &Delivery) -> bool {
    let saved = journey.opening().plan.saved_endpoint(delivery.id.target, &merchant.endpoints);
    delivery.state == State::Waiting && saved.is_some_and(|saved| saved.paused)
}

impl ParcelView {
    fn of(merchant: &Merchant, context: &DeliveryContext, shown: Shown) -> Self {
        let DeliveryContext { delivery, journey } = context;
        let final_outcome = journey.outcome_of(delivery.id.event);
        Self {
            journey_id: journey.id().to_string(),
            pay_id: journey.pay_id().to_string(),
            outcome: final_outcome.map(|final_outcome| final_outcome.outcome.as_str()),
            paused: is_paused(merchant, journey, delivery),
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

impl Listed {
    /// The words of all lists.
    const WORDS: [&'static str; 4] = ["waiting", "failing", "dead", "delivered"];

    fn read(text: &str) -> Result<Self, Invalid> {
        match text {
            "waiting" => Ok(Self::Of(DeliveryFilter::Waiting)),
            "failing" => Ok(Self::Of(DeliveryFilter::Failing)),
            "dead" => Ok(Self::Of(DeliveryFilter::Dead)),
            "delivered" => Ok(Self::Received),
            _ => Err(Invalid::new("state", "is not a list of deliveries")
                .hint(format!("expected one of {}", Self::WORDS.join(", ")))),
        }
    }
}
