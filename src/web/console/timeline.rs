//! One journey's timeline: what happened to it, what was done with its money, and every attempt to notify of it, in the
//! order of time; and that part of its page alone, for who looks on.

use actix_web::http::header::IfNoneMatch;
use actix_web::web;

use super::delivery::{attempt as attempt_row, row};
use super::journey::{address, amount, sight};
use super::reply::{part, when};
use super::viewing::OfMerchant;
use crate::domain::{AttemptRecord, CallbackUrl, Delivery, Journey, Merchant, UnixMillis, delivery::State};
use crate::engine::JourneyDetails;
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::v1::journey_view::status;
use crate::web::v1::journeys::{Event, timeline};
use crate::web::views::console::{EventRow, JourneyLive, LivePart, attempt, event, operation};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/journeys/{journey}/live", "GET").route(web::get().to(live)));
}

async fn live(viewing: OfMerchant, id: web::Path<String>, known: web::Header<IfNoneMatch>) -> PageResult {
    let details = sight(&viewing, &id).await?;
    Ok(part(&JourneyLive { live: live_part(&viewing.merchant, &details) }, &known))
}

/// What may change of a journey's page while one looks.
pub(super) fn live_part(merchant: &Merchant, details: &JourneyDetails) -> LivePart {
    let JourneyDetails { journey, deliveries, operations, .. } = details;
    let mut rows: Vec<EventRow> = timeline(details).into_iter().map(of_journey).collect();
    rows.extend(operations.iter().filter_map(of_operation));
    rows.extend(deliveries.iter().flat_map(|delivery| of_delivery(journey, delivery)));
    rows.sort_by(|a, b| a.at.exact.cmp(&b.at.exact));
    let waits = deliveries.iter().any(|delivery| delivery.state == State::Waiting);
    LivePart {
        status: status(journey),
        timeline: rows,
        deliveries: deliveries.iter().map(|delivery| row(merchant, journey, delivery)).collect(),
        is_over: journey.final_outcome().is_some() && !waits,
    }
}

/// An event of this moment that has this word, and nothing else yet.
fn titled(at: UnixMillis, word: &str) -> EventRow {
    EventRow { at: when(at), what: event(word).to_owned(), href: None, more: String::new(), answer: String::new() }
}

fn of_journey(event: Event) -> EventRow {
    let visit = event.visit.filter(|visit| *visit > 1).map(|visit| format!("visit {visit}"));
    let text = event.text.map(|version| format!("text {version}"));
    let by = event.by.map(|by| format!("by the {by}"));
    let parts = [event.outcome.map(str::to_owned), by, visit, text, event.error, event.error_description];
    let more = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    EventRow { more, ..titled(event.moment, event.event) }
}

/// What was done with the money, when that was known.
fn of_operation(journey: &Journey) -> Option<EventRow> {
    let kind = journey.opening().purpose.operation()?.kind.as_str();
    let at = journey.final_outcome().map_or(journey.opening().opened_at, |end| end.at);
    let (what, href) = (operation(kind, &amount(journey)), Some(address(journey)));
    Some(EventRow { at: when(at), what, href, more: status(journey).to_owned(), answer: String::new() })
}

/// Every attempt that is kept. What stands in the query of a server's address may be a secret, and is left out.
fn of_delivery(journey: &Journey, delivery: &Delivery) -> Vec<EventRow> {
    let place = journey.opening().plan.url_of(delivery.id.target).map_or("", CallbackUrl::without_query);
    let one = |made: &AttemptRecord| {
        let made = attempt_row(made);
        EventRow {
            at: made.at,
            what: attempt(place),
            href: Some(format!("/console/webhooks/deliveries/{}", delivery.id)),
            more: format!("{}, {} ms", made.result, made.took_millis),
            answer: made.answer,
        }
    };
    delivery.attempts.iter().map(one).collect()
}
