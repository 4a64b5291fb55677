//! Steps: what one change of a journey brings with it.

use crate::domain::delivery::Delivery;
use crate::domain::journey::Journey;
use crate::domain::secret::Digest;
use crate::domain::token::MintedToken;

/// One change of one journey, with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    journey: Journey,
    state: Option<(Digest, u8)>,
    token: Option<MintedToken>,
    deliveries: Vec<Delivery>,
}

impl Step {
    const fn of(journey: Journey) -> Self {
        Self { journey, state: None, token: None, deliveries: Vec::new() }
    }

    /// The customer leaves for the bank, under the state of this digest.
    pub const fn leave(journey: Journey, state: Digest, departure: u8) -> Self {
        Self { journey, state: Some((state, departure)), token: None, deliveries: Vec::new() }
    }

    /// The way to the bank is known, for a browser that has not come yet.
    pub const fn ready(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// An offer is kept for whoever takes it to the bank.
    pub const fn hold(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// The bank is asked now, and never again.
    pub const fn send(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// A settled consent is asked for again.
    pub const fn reopen(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// A consent that was given is confirmed, consumed or revoked.
    pub const fn regrant(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// An answer changed nothing; it is remembered, so that its replays go where it went.
    pub const fn remember(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// A try failed, and the customer is back at the checkout.
    pub const fn fail(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// The customer is handed back before anything is proven; the token, where there is one, waits for the outcome.
    pub const fn freeze(journey: Journey, token: Option<MintedToken>) -> Self {
        Self { journey, state: None, token, deliveries: Vec::new() }
    }

    /// A settlement: its stage and its token together.
    pub const fn settle(journey: Journey, token: Option<MintedToken>) -> Self {
        Self { journey, state: None, token, deliveries: Vec::new() }
    }

    /// A payment is changed by a booking.
    pub const fn book(journey: Journey) -> Self {
        Self::of(journey)
    }

    /// The same step, with the deliveries that it leaves. One that is there already stays as it is.
    #[must_use]
    pub fn telling(self, deliveries: Vec<Delivery>) -> Self {
        Self { deliveries, ..self }
    }

    /// The journey after the step; a store writes it only over the revision before.
    pub const fn journey(&self) -> &Journey {
        &self.journey
    }

    /// The digest of a new state, with its departure.
    pub const fn state(&self) -> Option<&(Digest, u8)> {
        self.state.as_ref()
    }

    /// A token to keep, unless it is there already.
    pub const fn token(&self) -> Option<&MintedToken> {
        self.token.as_ref()
    }

    /// The deliveries to keep.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
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
