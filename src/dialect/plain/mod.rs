//! Handback's own words for the plain mechanism: tell this URL when it is done.
//!
//! What is sent, by what the merchant gave as `body`:
//!
//! | method | `body` | what is sent |
//! | --- | --- | --- |
//! | POST, PUT, PATCH | none | `{"id":…,"status":…,"result":…}` |
//! | POST, PUT, PATCH | JSON | that JSON, in which the texts `"{id}"`, `"{status}"` and `"{result}"` have become the values |
//! | POST, PUT, PATCH | a text | that text, byte for byte |
//! | GET, DELETE | none | nothing; `{status}` and `{pay_id}` in the URL are filled in |

mod order;
mod webhook;

pub use order::{FinishBody, Order, OrderBody};

use crate::domain::delivery::{JourneyEvent, Target, WebhookPayload};
use crate::domain::dialect::Dialect;
use crate::domain::journey::{HandBack, Journey};
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::domain::params::{Params, Placeholder};

/// The dialect's name.
pub const NAME: &str = "callback";

/// Handback's own words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Nothing: a URL may hold any name.
    fn appended(&self) -> &'static [&'static str] {
        &[]
    }

    /// No browser goes home from a job.
    fn goes_home_unproven(&self, _journey: &Journey) -> bool {
        false
    }

    fn way_home(&self, journey: &Journey, hand_back: &HandBack<'_>) -> Params {
        let params = Params::default()
            .fill(Placeholder::PayId, journey.pay_id().to_string())
            .fill(Placeholder::UserId, journey.opening().merchant.to_string());
        hand_back
            .final_outcome
            .map_or(params.clone(), |final_outcome| params.fill(Placeholder::Status, final_outcome.outcome.as_str()))
    }

    /// Of every end but a cancellation: that was the caller's own wish. A job whose time runs out is told of, so that
    /// none ends in silence.
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

/// The outcome that this news is about.
fn outcome(journey: &Journey, event: JourneyEvent) -> Option<Outcome> {
    journey.final_outcomes().get(usize::from(event.final_outcome()?)).map(|final_outcome| final_outcome.outcome)
}
