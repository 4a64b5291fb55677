//! The back door: deliveries are leased from the store, written, sent, judged and reported.
//!
//! Several nodes share the work, because the store leaves each delivery to one courier at a time. Inside a node every
//! endpoint has a lane of its own (`lanes.rs`), so that one that hangs delays nobody else. A try is made at least once; its
//! id is the same every time, so that a receiver can tell a repetition from news.

mod carry;
mod desk;
mod events;
mod lane;
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
use crate::domain::moment::Moment;
use crate::keys::Keys;
use crate::store::{Lease, Leased, Store, StoreError};
pub use desk::Desk;
pub use events::{Event, Standing, Watcher};
use lane::{End, Endpoint};
use lanes::{Admission, Lanes};
pub use letter::Letter;
pub use sender::{Answered, Sender};

/// How long a delivery is left to one courier: longer than a try, with all that belongs to it, can take.
const LEASE: Duration = Duration::from_secs(42);
/// How much of a lease has to be left when a try begins: what the longest call and the store may take.
const TRY: Duration = Manners::LONGEST.saturating_add(Duration::from_secs(3));
/// How many are leased at once.
const BATCH: usize = 128;
/// How long a courier sleeps that has found nothing to do.
const IDLE: Duration = Duration::from_millis(200);
/// How long it waits when its hands are full.
const FULL: Duration = Duration::from_millis(10);
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
    /// Who is told what happens.
    pub watcher: Arc<dyn Watcher>,
}

/// A courier, ready to run.
pub struct Courier {
    parts: Parts,
}

/// What a courier has in its hands.
#[derive(Default)]
struct Hands {
    lanes: Lanes,
    tries: JoinSet<Done>,
    flying: HashMap<DeliveryId, Lease>,
    /// What is being given back: what has come meanwhile need not wait for that.
    returning: JoinSet<()>,
}

/// A try that has ended.
struct Done {
    endpoint: Endpoint,
    id: DeliveryId,
    end: End,
    ended_at: Moment,
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
        let mut hands = Hands::default();
        let mut next_round = Instant::now();
        loop {
            // In no order: neither tries that end all the time nor work that never ends may keep the others waiting.
            tokio::select! {
                () = &mut stop => break,
                Some(done) = hands.tries.join_next(), if !hands.tries.is_empty() => {
                    self.land(&mut hands, done.ok());
                    continue;
                }
                () = self.parts.desk.rung() => {}
                () = tokio::time::sleep_until(next_round) => {}
            }
            let pause = self.round(&mut hands).await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, "courier.store_trouble");
                TROUBLE
            });
            next_round = Instant::now() + pause;
        }
        self.go_home(hands).await;
    }

    /// Leases what is due, and sets it going or puts it off; answers how long to sleep then.
    async fn round(self: &Arc<Self>, hands: &mut Hands) -> Result<Duration, StoreError> {
        if hands.lanes.free() < BATCH {
            return Ok(FULL);
        }
        let until = Instant::now() + LEASE;
        let leased = self.parts.store.lease(BATCH, LEASE, self.draw()).await?;
        let pause = if leased.len() < BATCH { IDLE } else { Duration::ZERO };
        let oldest = leased.iter().map(|leased| leased.parcel.delivery.due_at).min();
        // What has ended meanwhile makes room, and what was leased again may have been waiting for just that.
        while let Some(done) = hands.tries.try_join_next() {
            self.land(hands, done.ok());
        }
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
        self.give_back(hands, put_off);
        self.tell_standing(hands, oldest);
        Ok(pause)
    }

    fn set_going(self: &Arc<Self>, hands: &mut Hands, leased: Leased) {
        let (courier, id, endpoint) = (Arc::clone(self), leased.lease.id, Endpoint::of(&leased));
        hands.flying.insert(id, leased.lease);
        hands.tries.spawn(async move {
            let began = Instant::now();
            let (load, ended_at) = courier.carry(leased).await;
            Done { endpoint, id, end: End { load, took: began.elapsed() }, ended_at }
        });
    }

    /// Tells how much there is to do; `oldest` is since when the oldest has been due that was found.
    fn tell_standing(&self, hands: &mut Hands, oldest: Option<Moment>) {
        let now = self.parts.clock.now();
        self.parts.watcher.saw(Event::Stands(Standing {
            under_way: hands.lanes.running(),
            queued: hands.lanes.queued(),
            narrow: hands.lanes.narrow(now),
            lag: oldest.map_or(Duration::ZERO, |due_at| now.since(due_at)),
        }));
    }

    /// Takes note of a try that has ended, and sets going who has waited for it in its lane.
    fn land(self: &Arc<Self>, hands: &mut Hands, done: Option<Done>) {
        let Some(Done { endpoint, id, end, ended_at }) = done else { return };
        hands.flying.remove(&id);
        self.parts.desk.tried(&id);
        let mut put_off = hands.lanes.done(&endpoint, end, ended_at, self.draw());
        while let Some((leased, until)) = hands.lanes.next(&endpoint) {
            if Instant::now() + TRY < until {
                self.set_going(hands, leased);
            } else {
                hands.lanes.skip(&endpoint);
                put_off.push((leased.lease, Duration::ZERO));
            }
        }
        self.give_back(hands, put_off);
    }

    async fn go_home(self: &Arc<Self>, mut hands: Hands) {
        let queued = hands.lanes.empty().into_iter().map(|lease| (lease, Duration::ZERO)).collect();
        self.give_back(&mut hands, queued);
        let deadline = Instant::now() + GRACE;
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, hands.tries.join_next()).await {
            if let Ok(done) = done {
                hands.flying.remove(&done.id);
            }
        }
        hands.tries.shutdown().await;
        let left = hands.flying.drain().map(|(_, lease)| (lease, Duration::ZERO)).collect();
        self.give_back(&mut hands, left);
        while hands.returning.join_next().await.is_some() {}
    }

    fn give_back(self: &Arc<Self>, hands: &mut Hands, leases: Vec<(Lease, Duration)>) {
        while hands.returning.try_join_next().is_some() {}
        if leases.is_empty() {
            return;
        }
        self.parts.watcher.saw(Event::GivenBack(leases.len()));
        let courier = Arc::clone(self);
        hands.returning.spawn(async move {
            if let Err(error) = courier.parts.store.give_back(&leases).await {
                // They lapse by themselves.
                tracing::warn!(error = %error, count = leases.len(), "courier.not_given_back");
            }
        });
    }

    /// A number that nobody else draws.
    fn draw(&self) -> u64 {
        self.parts.clock.entropy()[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
