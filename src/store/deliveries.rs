//! Deliveries, as the courier leases and reports them.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::domain::delivery::State;
use crate::domain::{
    AttemptRecord, Delivery, DeliveryId, Digest, Journey, MerchantId, PayId, Shard, UnixMillis, Verdict,
};

/// How long an endpoint stays shut that has said that it is gone.
pub const SHUT: Duration = Duration::from_hours(30 * 24);

/// A delivery, with its journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryContext {
    /// The delivery.
    pub delivery: Delivery,
    /// Its journey.
    pub journey: Journey,
}

/// A delivery that is left to one courier alone for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// The delivery with its journey.
    pub context: DeliveryContext,
    /// What it is reported with.
    pub lease: Lease,
}

/// What a courier shows when it reports: a lease that another has taken over since counts no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The delivery.
    pub id: DeliveryId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Who holds it: a number that no other courier draws.
    pub by: u64,
}

/// Which of a merchant's deliveries a list holds. What was received is in no list: its journey shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFilter {
    /// Those that wait for their first attempt, or for its end.
    Waiting,
    /// Those that were tried in vain, and are tried again.
    Failing,
    /// Those that have ended without being received.
    Dead,
}

/// A place in a merchant's list of deliveries, which is sorted by a moment, newest first: that at which they ended
/// where they have, else that at which they were left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryCursor {
    /// That moment.
    pub at: UnixMillis,
    /// The number of its journey.
    pub pay_id: PayId,
    /// The number of its event.
    pub event: u8,
    /// The number of its target.
    pub target: u8,
}

impl DeliveryContext {
    /// This delivery, leased by the courier that drew `by`.
    pub(super) fn leased_by(self, by: u64) -> Leased {
        let lease = Lease { id: self.delivery.id, merchant: self.journey.opening().merchant, by };
        Leased { context: self, lease }
    }
}

impl DeliveryFilter {
    /// Whether its list holds this delivery.
    pub const fn admits(self, delivery: &Delivery) -> bool {
        match self {
            Self::Waiting => matches!(delivery.state, State::Waiting) && delivery.is_untried(),
            Self::Failing => matches!(delivery.state, State::Waiting) && !delivery.is_untried(),
            Self::Dead => delivery.state.is_dead(),
        }
    }
}

impl DeliveryCursor {
    /// Where this delivery stands in its list.
    pub fn of(delivery: &Delivery) -> Self {
        let DeliveryId { journey, event, target } = delivery.id;
        let at = if delivery.state.is_dead() { delivery.due_at } else { delivery.since };
        Self { at, pay_id: journey.pay_id(), event: event.number(), target: target.number() }
    }
}

/// The shard that remembers whether an endpoint is shut.
pub fn endpoint_shard(endpoint: &Digest) -> Shard {
    Shard::of_byte(endpoint.as_bytes()[0])
}

/// Deliveries: left behind by a step, leased by one courier at a time, and reported.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// The deliveries of a journey, in order of event and target.
    async fn deliveries(&self, pay_id: PayId) -> Result<Vec<Delivery>>;

    /// Leaves deliveries that are due to one courier, `most` at the most, for `span`: nobody else gets them before that
    /// has passed. Those that were never tried come before every other, and of each kind those that have been due the
    /// longest. `by` is a number that is drawn for this call alone.
    ///
    /// # Errors
    /// On trouble with the store; then some may have been leased, and come again after `span`.
    async fn lease(&self, most: usize, span: Duration, by: u64) -> Result<Vec<Leased>>;

    /// Reports a leased delivery: the attempt, if one was made, and the verdict. `false` when somebody
    /// else has taken the lease over since; then nothing is written. A lease that has lapsed, and that nobody has taken
    /// over, still counts. A delivery keeps its last [`AttemptRecord::KEPT`] attempts, also when it is replayed.
    async fn report(&self, lease: &Lease, attempt: Option<&AttemptRecord>, verdict: Verdict) -> Result<bool>;

    /// Gives leases back untried, each to be due again after its time. What somebody else has taken over is left alone.
    ///
    /// # Errors
    /// On trouble with the store; then they lapse by themselves.
    async fn give_back(&self, leases: &[(Lease, Duration)]) -> Result<()>;

    /// A merchant's deliveries of this kind, newest first, beginning behind `after`; `most` at the most. Those that
    /// have ended are listed for as long as their journey is kept.
    async fn deliveries_of(
        &self,
        merchant: MerchantId,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        most: usize,
    ) -> Result<Vec<DeliveryContext>>;

    /// Makes a delivery due now; one that has ended begins anew, with all its tries, and one that is under way is left
    /// alone. `false` when its journey has no such delivery (any more).
    async fn replay(&self, id: &DeliveryId, merchant: MerchantId) -> Result<bool>;

    /// Makes deliveries that wait due now, each as if it had been due for so long: so they have an order. One that is
    /// under way, has ended or is not there is left alone. It may be some of a long list at a time: others wait meanwhile.
    async fn bring_forward(&self, deliveries: &[(DeliveryId, Duration)], merchant: MerchantId) -> Result<()>;

    /// Remembers for [`SHUT`] that an endpoint of this digest is gone.
    async fn shut(&self, endpoint: &Digest) -> Result<()>;

    /// Whether an endpoint of this digest is shut.
    async fn is_shut(&self, endpoint: &Digest) -> Result<bool>;

    /// Forgets that an endpoint of this digest was shut.
    async fn reopen(&self, endpoint: &Digest) -> Result<()>;
}

/// A merchant's endpoint at a URL, as stores remember it: whatever stands in its query, it is the same endpoint.
pub fn receiver_name(merchant: MerchantId, url: &str) -> Digest {
    use sha2::{Digest as _, Sha256};
    let place = url.split(['?', '#']).next().unwrap_or_default();
    Digest::new(Sha256::new().chain_update(merchant.as_bytes()).chain_update(place).finalize().into())
}
