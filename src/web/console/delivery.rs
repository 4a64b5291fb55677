//! A delivery, as lists show it.

use super::reply::when;
use crate::domain::{
    AttemptRecord, AttemptResult, CallbackUrl, Delivery, Journey, JourneyEvent, Merchant, delivery::State,
};
use crate::web::v1::deliveries::is_paused;
use crate::web::views::console::{AttemptRow, DeliveryRow};

/// A delivery of a merchant's journey in a list.
pub(super) fn row(merchant: &Merchant, journey: &Journey, delivery: &Delivery) -> DeliveryRow {
    let waits = delivery.state == State::Waiting;
    DeliveryRow {
        id: delivery.id.to_string(),
        at: when(if waits { delivery.since } else { delivery.due_at }),
        // What stands in the query of a server's address may be a secret.
        url: journey.opening().plan.url_of(delivery.id.target).map_or("", CallbackUrl::without_query).to_owned(),
        event: event(journey, delivery.id.event),
        state: delivery.word(),
        tries: delivery.tries,
        last: delivery.attempts.last().map(result).unwrap_or_default(),
        due_at: waits.then(|| when(delivery.due_at)),
        is_paused: is_paused(merchant, journey, delivery),
    }
}

/// An attempt, with what came of it.
pub(super) fn attempt(attempt: &AttemptRecord) -> AttemptRow {
    AttemptRow {
        at: when(attempt.at()),
        took_millis: u64::try_from(attempt.took().as_millis()).unwrap_or(u64::MAX),
        result: result(attempt),
        answer: String::from_utf8_lossy(attempt.excerpt()).into_owned(),
    }
}

/// What came of an attempt, in a few words.
pub(super) fn result(attempt: &AttemptRecord) -> String {
    match attempt.result() {
        AttemptResult::Status(status) => status.to_string(),
        other => other.as_str().to_owned(),
    }
}

/// What a delivery notifies of: the outcome, else what happened before there was one.
fn event(journey: &Journey, event: JourneyEvent) -> String {
    let word = match event {
        JourneyEvent::Opened => "opened",
        JourneyEvent::Ready(_) => "ready",
        JourneyEvent::Returned(_) => "returned",
        JourneyEvent::Concluded(_) => journey.outcome_of(event).map_or("concluded", |end| end.outcome.as_str()),
    };
    word.to_owned()
}
