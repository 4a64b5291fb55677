//! Deliveries in every state, one with its attempts, sending again, and the event feed.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::delivery::{attempt, row};
use super::form::{Changed, Form, Posted};
use super::reply::{page, problem, refused, when};
use super::viewing::OfMerchant;
use crate::domain::{AuditAction, DeliveryId, Invalid, Journey, Role, UnixMillis};
use crate::engine::{DeliveryContext, EngineError, EventCursor, Replayed, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::{Instead, PageResult};
use crate::web::time::{day, day_in, read_rfc3339};
use crate::web::v1::{deliveries::part, events::body, list::ListQuery, list::Place as _};
use crate::web::views::console::{Deliveries, DeliveryPage, Events, FeedRow, Place, Problem};

/// How far back the event feed begins, unless a day is chosen.
const USUALLY: Duration = Duration::from_hours(24);

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/webhooks/deliveries", "GET").route(web::get().to(list)))
        .service(page_at("/webhooks/events", "GET").route(web::get().to(events)))
        .service(page_at("/webhooks/replay", "POST").route(web::post().to(replay_since)))
        .service(page_at("/webhooks/replay-selected", "POST").route(web::post().to(replay_selected)))
        .service(page_at("/webhooks/deliveries/{delivery}", "GET").route(web::get().to(one)))
        .service(page_at("/webhooks/deliveries/{delivery}/replay", "POST").route(web::post().to(replay)));
}

async fn list(viewing: OfMerchant, request: HttpRequest) -> PageResult {
    let query = ListQuery::read(&request, &["state", "after"]).map_err(unreadable)?;
    let state = query.filter("state").unwrap_or("dead").to_owned();
    let (found, next) = match part(&viewing.engine, &viewing.merchant, &query).await {
        Err(EngineError::Refused(invalid)) => return Err(unreadable(invalid).into()),
        found => found?,
    };
    let deliveries = found.iter().map(|context| row(&viewing.merchant, &context.journey, &context.delivery)).collect();
    Ok(page(&Deliveries { frame: viewing.frame(Place::Webhooks), state, deliveries, next }))
}

fn unreadable(_: Invalid) -> HttpResponse {
    problem(&Problem::unreadable())
}

async fn one(viewing: OfMerchant, id: web::Path<String>) -> PageResult {
    let id = read_id(&id)?;
    let found = use_cases::deliveries::find(&viewing.engine, viewing.merchant.id, &id).await?;
    let DeliveryContext { delivery, journey } = found.ok_or_else(not_found)?;
    Ok(page(&DeliveryPage {
        frame: viewing.frame(Place::Webhooks),
        row: row(&viewing.merchant, &journey, &delivery),
        journey: journey.id().to_string(),
        attempts: delivery.attempts.iter().map(attempt).collect(),
    }))
}

async fn events(viewing: OfMerchant, request: HttpRequest) -> PageResult {
    let query = ListQuery::read(&request, &["from", "after"]).map_err(unreadable)?;
    let engine = &viewing.engine;
    let from = query.filter("from").map_or_else(|| day(engine.deps.clock.now().minus(USUALLY)), str::to_owned);
    let at = day_in("from", &from).map_err(|invalid| problem(&Problem::refused(&invalid)))?;
    let begin = EventCursor { at, ..EventCursor::BEFORE_ALL };
    let after = query.place::<EventCursor>().map_err(unreadable)?.unwrap_or(begin);
    let found = use_cases::events::list(engine, viewing.merchant.id, Some(after), query.limit).await?;
    let next = found.read_to.filter(|_| found.has_more).map(|place| place.write());
    let feed_row = |(cursor, journey): &(EventCursor, Journey)| {
        let written: Written = serde_json::from_str(body(engine, *cursor, journey)?.get()).ok()?;
        Some(FeedRow { at: when(cursor.at), r#type: written.r#type, journey: journey.id().to_string() })
    };
    let events = found.events.iter().filter_map(feed_row).collect();
    Ok(page(&Events { frame: viewing.frame(Place::Webhooks), from, events, next }))
}

/// What the page shows of an event as the feed has it.
#[derive(Deserialize)]
struct Written {
    r#type: String,
}

/// A press that sends one again.
#[derive(Deserialize)]
struct Replay {}

impl Posted for Replay {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn replay(id: web::Path<String>, form: Form<Replay>) -> Changed {
    let id = read_id(&id)?;
    let replayed = use_cases::deliveries::replay(&form.by.engine, form.by.merchant.id, &id).await?;
    let text = replayed.ok_or_else(not_found)?.delivery.id.to_string();
    form.done(AuditAction::DeliveryReplayed, &text, &format!("/console/webhooks/deliveries/{text}")).await
}

/// The moment since which all that were given up are sent again.
#[derive(Deserialize)]
struct Since {
    since: String,
}

impl Posted for Since {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn replay_since(form: Form<Since>) -> Changed {
    let text = form.fields.since.trim();
    let since = read_minute(text).map_err(|invalid| refused(&Problem::refused(&invalid)))?;
    let replayed = use_cases::deliveries::replay_since(&form.by.engine, form.by.merchant.id, since).await?;
    let object = format!("{} since {text}", replayed.count);
    end_replay(&form, replayed, &object).await
}

/// The deliveries that are sent again: their ids are the names of the boxes that are ticked.
#[derive(Deserialize)]
#[serde(transparent)]
struct Selected(BTreeMap<String, String>);

impl Posted for Selected {
    type Of = OfMerchant;
    const ROLE: Role = Role::Support;
}

async fn replay_selected(form: Form<Selected>) -> Changed {
    let ids: Vec<DeliveryId> = form.fields.0.keys().filter_map(|name| name.parse().ok()).collect();
    let replayed = use_cases::deliveries::replay_each(&form.by.engine, form.by.merchant.id, &ids).await?;
    let object = format!("{} selected", replayed.count);
    end_replay(&form, replayed, &object).await
}

/// Says how many are sent again, where they are not all.
async fn end_replay<T: Posted<Of = OfMerchant>>(form: &Form<T>, replayed: Replayed, object: &str) -> Changed {
    let action = AuditAction::DeliveriesReplayed;
    if replayed.has_more {
        return form.answer(action, object, page(&Problem::more_to_send(replayed.count))).await;
    }
    form.done(action, object, "/console/webhooks/deliveries?state=waiting").await
}

/// A minute in UTC, as the field of a form has it.
fn read_minute(text: &str) -> Result<UnixMillis, Invalid> {
    let refused = || Invalid::new("since", "is not a time").hint("expected 2026-11-30T09:30");
    read_rfc3339(&format!("{text}:00Z")).ok_or_else(refused)
}

fn read_id(text: &str) -> Result<DeliveryId, Instead> {
    text.parse().map_err(|_| not_found().into())
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}
