//! CHECK UP: a saved callback is looked at from outside, when somebody asks whether it works.

use std::time::Duration;

use crate::domain::{Finding, Merchant};
use crate::engine::Engine;

/// How often the callbacks of one merchant are looked at by a node.
const PAUSE: Duration = Duration::from_secs(1);

/// How long somebody waits for the turn before it is too often.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// What came of a check-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckedUp {
    /// What was found.
    Done(Vec<Finding>),
    /// The merchant has no callback there.
    NoSuchCallback,
    /// Too many were asked for just now.
    TooOften,
}

/// Looks at a merchant's callback, and at what belongs to it.
pub async fn check_up(engine: &Engine, merchant: &Merchant, index: usize) -> CheckedUp {
    let Some(callback) = merchant.callbacks.at(index) else { return CheckedUp::NoSuchCallback };
    let now = engine.deps.clock.now();
    let turn = engine.check_ups.reserve_within(&merchant.id.to_string(), (PAUSE, LONGEST_WAIT), now);
    let Some(turn) = turn else { return CheckedUp::TooOften };
    tokio::time::sleep(turn.since(now)).await;
    CheckedUp::Done(engine.deps.examiner.check_up(callback, now).await)
}
