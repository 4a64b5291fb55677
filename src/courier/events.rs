//! What happened to deliveries, for counters. No event names a receiver.

use std::time::Duration;

use crate::domain::{AttemptResult, Verdict};

/// Something that happened to a delivery. It names no merchant and no address, so that counters stay few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A try was made, with this result.
    Tried(AttemptResult),
    /// What became of a delivery was stored.
    Judged(Verdict),
    /// It was not, because another courier had taken the delivery over.
    FencedOff,
    /// So many were given back untried: their receivers had no room, or the courier stopped.
    GivenBack(usize),
    /// How much there is to do now.
    Stands(Standing),
}

/// How much work a courier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// How many tries are under way.
    pub under_way: usize,
    /// How many of those have not been answered for more than a second.
    pub hanging: usize,
    /// How many wait for them in the courier's hands.
    pub queued: usize,
    /// How many receivers are given one try at a time, because they fail.
    pub backing_off: usize,
    /// For how long the oldest delivery had been due that was just taken out of the store; zero when none was.
    pub lag: Duration,
}

/// Counts what happens.
pub trait Watcher: Send + Sync {
    /// Takes note; it must not wait.
    fn saw(&self, event: Event);
}
