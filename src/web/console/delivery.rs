//! A delivery, as lists show it.

use super::reply::when;
use crate::domain::{AttemptRecord, AttemptResult, Delivery, Journey, JourneyEvent, delivery::State};
use crate::web::views::console::DeliveryRow;

/// This journey's delivery in a list.
pub(super) fn row(journey: &Journey, delivery: &Delivery) -> DeliveryRow {
    let waits = delivery.state == State::Waiting;
    DeliveryRow {
        id: delivery.id.to_string(),
        at: when(if waits { delivery.since } else { delivery.due_at }),
        url: journey.opening().plan.url_of(delivery.id.target).map_or_else(String::new, |url| url.as_str().to_owned()),
        event: event(journey, delivery.id.event),
        state: delivery.word(),
        tries: delivery.tries,
        last: delivery.attempts.last().map(result).unwrap_or_default(),
        due_at: waits.then(|| when(delivery.due_at)),
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
