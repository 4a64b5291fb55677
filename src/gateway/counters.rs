//! What the courier reports becomes counters, and shows that it is on time.

use std::sync::Arc;

use crate::courier::{Event, Watcher};
use crate::domain::{AttemptResult, Verdict};
use crate::health::Health;
use crate::telemetry::metrics::{self, Fate, Metrics, Work};

/// Counts what the courier reports, and notes in the node's health that the courier is on time.
pub struct CourierWatcher {
    pub metrics: Arc<Metrics>,
    pub health: Arc<Health>,
}

impl Watcher for CourierWatcher {
    fn saw(&self, event: Event) {
        if let Event::Stands(standing) = &event {
            self.health.note_courier(standing.lag);
        }
        count(&self.metrics, event);
    }
}

fn count(metrics: &Metrics, event: Event) {
    match event {
        Event::Tried(attempt_result) => metrics.count_attempt(label(attempt_result)),
        Event::Judged(Verdict::Delivered) => metrics.count_deliveries(Fate::Delivered, 1),
        Event::Judged(Verdict::Retry(_)) => metrics.count_deliveries(Fate::PutOff, 1),
        Event::Judged(Verdict::Gone) => metrics.count_deliveries(Fate::Gone, 1),
        Event::Judged(Verdict::Dead) => metrics.count_deliveries(Fate::Dead, 1),
        Event::FencedOff => metrics.count_deliveries(Fate::FencedOff, 1),
        Event::GivenBack(many) => metrics.count_deliveries(Fate::GivenBack, many),
        Event::Stands(now) => {
            metrics.set_work(Work {
                under_way: now.under_way,
                hanging: now.hanging,
                queued: now.queued,
                backing_off: now.backing_off,
                lag: now.lag,
            });
        }
    }
}

const fn label(attempt_result: AttemptResult) -> metrics::AttemptResult {
    match attempt_result {
        AttemptResult::Status(status) => metrics::AttemptResult::status(status),
        AttemptResult::Refused => metrics::AttemptResult::Refused,
        AttemptResult::Unreachable => metrics::AttemptResult::Unreachable,
        AttemptResult::Unanswered => metrics::AttemptResult::Unanswered,
    }
}
