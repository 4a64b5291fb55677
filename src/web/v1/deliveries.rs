//! A merchant's deliveries: the dead letters, one by its id, and sending one again.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::merchant_of;
use crate::domain::delivery::{Delivery, DeliveryId, Heard, State, Target};
use crate::domain::id::PayId;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::engine::{Engine, Parcel, Resting};
use crate::web::problem::Problem;
use crate::web::time::rfc3339;

/// How many deliveries one answer holds, unless the call says otherwise; and the most it may say.
const LIMIT: (usize, usize) = (50, 200);

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(super::at("/deliveries", "GET").route(web::get().to(list)))
        .service(super::at("/deliveries/{id}", "GET").route(web::get().to(one)))
        .service(super::at("/deliveries/{id}/replay", "POST").route(web::post().to(replay)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// A delivery, as journeys and this list show it.
#[derive(Serialize)]
pub(super) struct DeliveryView {
    id: String,
    kind: &'static str,
    callback: String,
    state: &'static str,
    tries: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_try: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
}

#[derive(Serialize)]
struct ParcelView {
    journey_id: String,
    pay_id: String,
    outcome: Option<&'static str>,
    #[serde(flatten)]
    delivery: DeliveryView,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    let page = web::Query::<Page>::from_query(request.query_string())
        .map_err(|error| Invalid::new("query", format!("is not one of this list ({error})")))?;
    if page.state.as_deref().is_some_and(|state| state != "dead") {
        return Err(Invalid::new("state", "is not dead")
            .hint("only dead letters are listed; a journey shows all of its deliveries")
            .into());
    }
    let limit = page.limit.unwrap_or(LIMIT.0);
    if !(1..=LIMIT.1).contains(&limit) {
        return Err(Invalid::new("limit", format!("is not between 1 and {}", LIMIT.1)).into());
    }
    let after = page.after.as_deref().map(read_place).transpose()?;
    let parcels = engine.dead_letters(merchant.id, after, limit).await?;
    let next = parcels.last().filter(|_| parcels.len() == limit).map(|last| write_place(&last.delivery));
    let views: Vec<_> = parcels.iter().map(ParcelView::from).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "deliveries": views, "next": next })))
}

async fn one(engine: web::Data<Engine>, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(engine.delivery(merchant.id, &id).await?.as_ref())
}

async fn replay(
    engine: web::Data<Engine>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let merchant = merchant_of(&engine, &request).await?;
    let Ok(id) = id.parse::<DeliveryId>() else { return Err(Problem::not_found("delivery")) };
    answer(engine.replay(merchant.id, &id).await?.as_ref())
}

fn answer(parcel: Option<&Parcel>) -> Result<HttpResponse, Problem> {
    let parcel = parcel.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(HttpResponse::Ok().json(ParcelView::from(parcel)))
}

impl From<&Parcel> for ParcelView {
    fn from(parcel: &Parcel) -> Self {
        let Parcel { delivery, journey } = parcel;
        let settlement =
            delivery.id.news.settlement().and_then(|number| journey.settlements().get(usize::from(number)));
        Self {
            journey_id: journey.id().to_string(),
            pay_id: journey.pay_id().to_string(),
            outcome: settlement.map(|settlement| settlement.outcome.as_str()),
            delivery: DeliveryView::of(journey, delivery),
        }
    }
}

impl DeliveryView {
    /// This journey's delivery.
    pub(super) fn of(journey: &Journey, delivery: &Delivery) -> Self {
        let url = journey.opening().plan.url_of(delivery.id.target);
        let (at, waits) = (rfc3339(delivery.due_at), delivery.state == State::Waiting);
        Self {
            id: delivery.id.to_string(),
            kind: match delivery.id.target {
                Target::Callback(_) => "callback",
                Target::Endpoint(_) if journey.opening().purpose.errand().is_some() => "errand",
                Target::Endpoint(_) => "payment_endpoint",
            },
            callback: url.map_or_else(String::new, |url| url.as_str().to_owned()),
            state: delivery.state.as_str(),
            tries: delivery.tries,
            due_at: waits.then(|| at.clone()),
            ended_at: (!waits).then_some(at),
            last_try: delivery.heard.map(Heard::as_str),
            last_status: match delivery.heard {
                Some(Heard::Status(status)) => Some(status),
                Some(Heard::Refused | Heard::Unreachable | Heard::Unanswered) | None => None,
            },
        }
    }
}

fn write_place(delivery: &Delivery) -> String {
    let Resting { ended_at, pay_id, news, target } = Resting::of(delivery);
    format!("{}-{pay_id}-{news}-{target}", ended_at.as_millis())
}

fn read_place(text: &str) -> Result<Resting, Invalid> {
    let read = || {
        let mut parts = text.splitn(4, '-');
        Some(Resting {
            ended_at: Moment::from_millis(parts.next()?.parse().ok()?),
            pay_id: parts.next()?.parse::<PayId>().ok()?,
            news: parts.next()?.parse().ok()?,
            target: parts.next()?.parse().ok()?,
        })
    };
    read().ok_or_else(|| Invalid::new("after", "is not a place in the list").hint("expected the value of next"))
}
