//! What the courier tells becomes counters.

use crate::courier::{Event, Watcher};
use crate::domain::delivery::{AttemptResult, Verdict};
use crate::telemetry::metrics::{self, Fate, Metrics, Work};

impl Watcher for Metrics {
    fn saw(&self, event: Event) {
        match event {
            Event::Tried(attempt_result) => self.tried(label(attempt_result)),
            Event::Judged(Verdict::Delivered) => self.carried(Fate::Delivered, 1),
            Event::Judged(Verdict::Retry(_)) => self.carried(Fate::PutOff, 1),
            Event::Judged(Verdict::Gone) => self.carried(Fate::Gone, 1),
            Event::Judged(Verdict::Dead) => self.carried(Fate::Dead, 1),
            Event::FencedOff => self.carried(Fate::FencedOff, 1),
            Event::GivenBack(many) => self.carried(Fate::GivenBack, many),
            Event::Stands(now) => {
                self.works(Work { under_way: now.under_way, queued: now.queued, narrow: now.narrow, lag: now.lag });
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
