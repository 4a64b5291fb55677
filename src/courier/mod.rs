//! The back door: deliveries are leased from the store, written, sent, judged and reported.
//!
//! Several nodes share the work, because the store leaves each delivery to one courier at a time. Inside a node every
//! endpoint has a lane of its own (`lanes.rs`), so that one that hangs delays nobody else. A try is made at least once; its
//! id is the same every time, so that a receiver can tell a repetition from news.

mod carry;
mod desk;
mod lanes;
mod letter;
mod sender;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::domain::delivery::{DeliveryId, Manners};
use crate::domain::dialect::Dialect;
use crate::keys::Keys;
use crate::store::{Lease, Leased, Store, StoreError};
pub use desk::Desk;
use lanes::{Admission, Endpoint, Lanes, Load};
pub use letter::Letter;
pub use sender::{Answered, Sender};

/// How long a delivery is left to one courier: longer than a try, with all that belongs to it, can take.
const LEASE: Duration = Duration::from_secs(42);
/// How much of a lease has to be left when a try begins: what the longest call and the store may take.
const TRY: Duration = Manners::LONGEST.saturating_add(Duration::from_secs(3));
/// How many deliveries are in this courier's hands at the most.
const HANDS: usize = 512;
/// How many are leased at once.
const BATCH: usize = 64;
/// How long a courier sleeps that has found nothing to do.
const IDLE: Duration = Duration::from_millis(200);
/// How long it sleeps when the store is in trouble.
const TROUBLE: Duration = Duration::from_secs(1);
/// How long tries under way may take after the courier has been told to stop.
const GRACE: Duration = Duration::from_secs(8);

/// Everything that [`Courier::new`] wants.
pub struct Parts {
    /// Where deliveries wait.
    pub store: Arc<dyn Store>,
    /// What merchants' signing secrets are sealed under.
    pub keys: Keys,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The dialects, whose words deliveries speak.
    pub dialects: Vec<Arc<dyn Dialect>>,
    /// The way out.
    pub sender: Arc<dyn Sender>,
    /// Where others ask how far deliveries are.
    pub desk: Arc<Desk>,
}

/// A courier, ready to run.
pub struct Courier {
    parts: Parts,
}

/// What a courier has in its hands.
struct Hands {
    lanes: Lanes,
    tries: JoinSet<Done>,
    flying: HashMap<DeliveryId, Lease>,
}

/// A try that has ended.
struct Done {
    endpoint: Endpoint,
    id: DeliveryId,
    load: Load,
}

impl Courier {
    /// A courier.
    pub const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Carries until `stop` comes; then it finishes the tries under way, for 8 s at the most, and gives back what it has
    /// not tried.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut hands = Hands { lanes: Lanes::default(), tries: JoinSet::new(), flying: HashMap::new() };
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(done) = hands.tries.join_next(), if !hands.tries.is_empty() => {
                    self.land(&mut hands, done.ok()).await;
                    continue;
                }
                () = self.parts.desk.rung() => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = self.round(&mut hands).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "courier.store_trouble");
                TROUBLE
            });
        }
        self.go_home(hands).await;
    }

    /// Leases what is due, and sets it going or puts it off; answers how long to sleep then.
    async fn round(self: &Arc<Self>, hands: &mut Hands) -> Result<Duration, StoreError> {
        let room = BATCH.min(HANDS.saturating_sub(hands.tries.len() + hands.lanes.queued()));
        if room == 0 {
            return Ok(IDLE);
        }
        let until = Instant::now() + LEASE;
        let leased = self.parts.store.lease(room, LEASE, self.draw()).await?;
        let pause = if leased.len() < room { IDLE } else { Duration::ZERO };
        let mut put_off = Vec::new();
        for leased in leased {
            let (lease, now) = (leased.lease, self.parts.clock.now());
            // A lease that lapsed in our own hands waits for the try that is under way. So does what has happened to the
            // same journey since: a server is told of it in its order, as long as nothing fails.
            if hands.flying.keys().any(|id| (id.journey, id.target) == (lease.id.journey, lease.id.target)) {
                put_off.push((lease, IDLE));
                continue;
            }
            match hands.lanes.admit(Endpoint::of(&leased), (leased, until), now, self.draw()) {
                Admission::Go(leased) => self.set_going(hands, *leased),
                Admission::Queued => {}
                Admission::PutOff(wait) => put_off.push((lease, wait)),
            }
        }
        self.give_back(&put_off).await;
        Ok(pause)
    }

    fn set_going(self: &Arc<Self>, hands: &mut Hands, leased: Leased) {
        let (courier, id, endpoint) = (Arc::clone(self), leased.lease.id, Endpoint::of(&leased));
        hands.flying.insert(id, leased.lease);
        hands.tries.spawn(async move {
            let load = courier.carry(leased).await;
            Done { endpoint, id, load }
        });
    }

    /// Takes note of a try that has ended, and sets going who has waited for it in its lane.
    async fn land(self: &Arc<Self>, hands: &mut Hands, done: Option<Done>) {
        let Some(Done { endpoint, id, load }) = done else { return };
        hands.flying.remove(&id);
        self.parts.desk.tried(&id);
        let now = self.parts.clock.now();
        let mut put_off = hands.lanes.done(&endpoint, load, now, self.draw());
        while let Some((leased, until)) = hands.lanes.next(&endpoint) {
            if Instant::now() + TRY < until {
                self.set_going(hands, leased);
            } else {
                hands.lanes.skip(&endpoint);
                put_off.push((leased.lease, Duration::ZERO));
            }
        }
        self.give_back(&put_off).await;
    }

    async fn go_home(&self, mut hands: Hands) {
        let queued: Vec<_> = hands.lanes.empty().into_iter().map(|lease| (lease, Duration::ZERO)).collect();
        self.give_back(&queued).await;
        let deadline = Instant::now() + GRACE;
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, hands.tries.join_next()).await {
            if let Ok(done) = done {
                hands.flying.remove(&done.id);
            }
        }
        hands.tries.shutdown().await;
        let left: Vec<_> = hands.flying.into_values().map(|lease| (lease, Duration::ZERO)).collect();
        self.give_back(&left).await;
    }

    async fn give_back(&self, leases: &[(Lease, Duration)]) {
        if leases.is_empty() {
            return;
        }
        if let Err(error) = self.parts.store.give_back(leases).await {
            // They lapse by themselves.
            tracing::warn!(error = %error, count = leases.len(), "courier.not_given_back");
        }
    }

    /// A number that nobody else draws.
    fn draw(&self) -> u64 {
        self.parts.clock.entropy()[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
