//! Steps: what one change of a journey brings with it.

use crate::domain::{Delivery, FeedEvent, Journey, MintedToken};

/// One change of one journey, with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The journey after the step; a store writes it only over the revision before.
    pub journey: Journey,
    /// A token to keep, unless it is there already.
    pub token: Option<MintedToken>,
    /// The deliveries to keep.
    pub deliveries: Vec<Delivery>,
    /// What the feed of its merchant is to say of it, if anything.
    pub event: Option<FeedEvent>,
}

impl Step {
    /// A step to this journey, which the domain has made of the one before.
    pub const fn to(journey: Journey) -> Self {
        Self { journey, token: None, deliveries: Vec::new(), event: None }
    }

    /// Adds a one-time token, where there is one.
    #[must_use]
    pub fn with_token(self, token: Option<MintedToken>) -> Self {
        Self { token, ..self }
    }

    /// Adds the deliveries that it leaves. One that is there already stays as it is.
    #[must_use]
    pub fn with_deliveries(self, deliveries: Vec<Delivery>) -> Self {
        Self { deliveries, ..self }
    }

    /// Adds what the feed of its merchant says of it.
    #[must_use]
    pub fn with_event(self, event: FeedEvent) -> Self {
        Self { event: Some(event), ..self }
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is written, all of it. Also when the very same step had been written before: a retry is no race.
    Done,
    /// Somebody else was first; nothing is written, and this is how the journey stands now.
    Lost(Box<Journey>),
    /// There is no such journey (any more).
    Gone,
}
