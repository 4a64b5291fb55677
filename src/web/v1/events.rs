//! `/events`: the feed of a merchant's events, for whoever was away.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::value::RawValue;

use super::list::{ListQuery, Place as _};
use super::{ApiResult, at, journey_view::merchant_texts, merchant_of};
use crate::dialect::own;
use crate::domain::Journey;
use crate::engine::{Engine, EventCursor, use_cases};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/events", "GET").route(web::get().to(list)));
}

#[derive(Serialize)]
struct FeedView {
    events: Vec<Box<RawValue>>,
    next: Option<String>,
    has_more: bool,
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> ApiResult {
    let merchant = merchant_of(&engine, &request).await?;
    let query = ListQuery::read(&request, &["after", "limit"])?;
    let after: Option<EventCursor> = query.place()?;
    let page = use_cases::events::list(&engine, merchant.id, after, query.limit).await?;
    let events = page.events.into_iter().filter_map(|(cursor, journey)| body(&engine, cursor, &journey)).collect();
    let next = page.read_to.or(after).map(|cursor| cursor.write());
    Ok(HttpResponse::Ok().json(FeedView { events, next, has_more: page.has_more }))
}

/// An event as the feed has it.
pub(in crate::web) fn body(engine: &Engine, cursor: EventCursor, journey: &Journey) -> Option<Box<RawValue>> {
    let texts = merchant_texts(engine, journey);
    own::feed_body(journey, texts, cursor.feed_event()?, (cursor.write(), cursor.at))
}
