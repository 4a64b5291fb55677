//! What the courier reports becomes counters.

use crate::courier::{Event, Watcher};
use crate::domain::{AttemptResult, Verdict};
use crate::telemetry::metrics::{self, Fate, Metrics, Work};

impl Watcher for Metrics {
    fn saw(&self, event: Event) {
        match event {
            Event::Tried(attempt_result) => self.count_attempt(label(attempt_result)),
            Event::Judged(Verdict::Delivered) => self.count_deliveries(Fate::Delivered, 1),
            Event::Judged(Verdict::Retry(_)) => self.count_deliveries(Fate::PutOff, 1),
            Event::Judged(Verdict::Gone) => self.count_deliveries(Fate::Gone, 1),
            Event::Judged(Verdict::Dead) => self.count_deliveries(Fate::Dead, 1),
            Event::FencedOff => self.count_deliveries(Fate::FencedOff, 1),
            Event::GivenBack(many) => self.count_deliveries(Fate::GivenBack, many),
            Event::Stands(now) => {
                self.set_work(Work {
                    under_way: now.under_way,
                    hanging: now.hanging,
                    queued: now.queued,
                    backing_off: now.backing_off,
                    lag: now.lag,
                });
            }
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
