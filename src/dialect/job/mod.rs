//! Asynchronous jobs, in Handback's own words: this URL is called when it is done.
//!
//! What is sent, by what the merchant gave as `body`:
//!
//! | method | `body` | what is sent |
//! | --- | --- | --- |
//! | POST, PUT, PATCH | none | `{"id":…,"status":…,"result":…}` |
//! | POST, PUT, PATCH | JSON | that JSON, in which the texts `"{id}"`, `"{status}"` and `"{result}"` have become the values |
//! | POST, PUT, PATCH | a text | that text, byte for byte |
//! | GET, DELETE | none | nothing; `{status}` and `{pay_id}` in the URL are filled in |

mod request;
mod webhook;

pub use request::{FinishBody, JobBody};

use crate::domain::message::Message;
use crate::domain::{CallbackDialect, Dialect, Journey, JourneyEvent, Outcome, Target, WebhookDialect, WebhookPayload};

/// The dialect's name, as records have it.
pub const NAME: &str = "callback";

/// The words of Handback's own jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobDialect;

impl Dialect for JobDialect {
    fn name(&self) -> &'static str {
        NAME
    }
}

impl CallbackDialect for JobDialect {
    /// No browser is handed back from a job.
    fn hands_back_early(&self, _journey: &Journey) -> bool {
        false
    }
}

impl WebhookDialect for JobDialect {
    /// Of every end but a cancellation: the caller itself asked for that. A job whose time runs out is one of them, so
    /// that none ends in silence.
    fn notifies(&self, journey: &Journey, event: JourneyEvent, _target: Target) -> bool {
        outcome(journey, event).is_some_and(|outcome| outcome != Outcome::Cancelled)
    }

    fn job(
        &self,
        journey: &Journey,
        event: JourneyEvent,
        message: &Message,
        result: Option<&str>,
    ) -> Option<WebhookPayload> {
        let status = outcome(journey, event)?.as_str();
        webhook::webhook(message, &webhook::Values { id: &journey.id().to_string(), status, result })
    }
}

/// The outcome of this event.
fn outcome(journey: &Journey, event: JourneyEvent) -> Option<Outcome> {
    journey.outcome_of(event).map(|final_outcome| final_outcome.outcome)
}
