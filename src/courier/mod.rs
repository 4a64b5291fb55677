//! Deliveries: they are leased from the store, written, sent, judged and reported.
//!
//! Several nodes share the work, because the store leaves each delivery to one courier at a time. Inside a node every
//! receiver has a queue of its own (`queues.rs`), so that one that hangs delays nobody else, and those that hang hold a
//! quarter of all places at the most (`hanging.rs`); and what was never tried goes before every retry, wherever
//! something waits. A try is made at least once; its id is the same every time, so that a receiver can recognise a
//! repetition.

mod backoff;
mod carry;
mod endpoints;
mod events;
mod first_attempts;
mod hanging;
mod in_flight;
mod outgoing;
mod queue;
mod queues;
mod receiver;
mod saved;
mod sender;
#[cfg(test)]
mod tests;
mod timetable;
mod trouble;

use std::{collections::HashMap, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::future::FutureExt;
use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use crate::domain::{DeliveryPolicy, UnixMillis};
use crate::engine::deps::Deps;
use crate::store::{Lease, Leased, Result, StoreError};
use endpoints::OpenEndpoints;
pub use events::{Event, Standing, Watcher};
pub use first_attempts::FirstAttempts;
use hanging::HangingAttempts;
use in_flight::{InFlight, Route};
pub use outgoing::OutgoingRequest;
use queue::{End, Load};
use queues::{Admission, Queues};
use receiver::{Held, Seat};
pub use saved::Tester;
pub use sender::{Answered, Sender};

/// How long a delivery is left to one courier: longer than a try, with all that belongs to it, can take.
const LEASE: Duration = Duration::from_secs(42);
/// How much of a lease must be left when a try begins: what the longest call and the store may take.
const TRY: Duration = DeliveryPolicy::LONGEST.saturating_add(Duration::from_secs(3));
/// How many are leased at once.
const BATCH: usize = 128;
/// How long it sleeps when the store is in trouble.
const TROUBLE: Duration = Duration::from_secs(1);
/// When what must wait for another try to the same target comes again.
const NEXT: Duration = Duration::from_millis(200);
/// How long tries under way may take after the courier is to stop.
const GRACE: Duration = Duration::from_secs(8);

/// How long a courier sleeps between two looks into the store.
#[derive(Clone, Copy)]
struct Pause {
    /// So long at the least, however often it is woken: each look asks every shard of the store.
    least: Duration,
    /// So long when nothing wakes it.
    most: Duration,
}

impl Pause {
    /// It has found more than it could take at once.
    const BUSY: Self = Self { least: Duration::ZERO, most: Duration::ZERO };
    /// It has found no more to do.
    const IDLE: Self = Self { least: Duration::from_millis(5), most: Duration::from_millis(200) };
    /// Its hands are full.
    const FULL: Self = Self::of(Duration::from_millis(10));
    /// The store is in trouble.
    const TROUBLED: Self = Self::of(TROUBLE);

    const fn of(span: Duration) -> Self {
        Self { least: span, most: span }
    }
}

/// A courier, ready to run.
pub struct Courier {
    deps: Arc<Deps>,
    sender: Arc<dyn Sender>,
    first_attempts: Arc<FirstAttempts>,
    watcher: Arc<dyn Watcher>,
    hanging: HangingAttempts,
    open_endpoints: OpenEndpoints,
}

/// What a courier has in its hands.
#[derive(Default)]
struct Hands {
    queues: Queues,
    tries: JoinSet<Done>,
    flying: HashMap<Route, InFlight>,
    /// The look into the store that is under way: tries that end meanwhile need not wait for it.
    looking: JoinSet<Found>,
    /// What is being given back: what has come meanwhile need not wait for that.
    returning: JoinSet<()>,
}

/// What a look into the store has found, and when these leases lapse.
type Found = Result<(Vec<Leased>, Instant)>;

/// A try that has ended.
struct Done {
    seat: Seat,
    route: Route,
    end: End,
    ended_at: UnixMillis,
}

impl Courier {
    /// A courier that works with what the engine works with. Others ask `first_attempts` how far deliveries are, and
    /// `watcher` sees what happens.
    pub fn new(
        deps: Arc<Deps>,
        sender: Arc<dyn Sender>,
        first_attempts: Arc<FirstAttempts>,
        watcher: Arc<dyn Watcher>,
    ) -> Self {
        let (hanging, open_endpoints) = (HangingAttempts::default(), OpenEndpoints::default());
        Self { deps, sender, first_attempts, watcher, hanging, open_endpoints }
    }

    /// Delivers until `stop` comes; then it finishes the tries under way, for 8 s at the most, and gives back what it
    /// has not tried.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut hands = Hands::default();
        let (mut pause, mut looked_at) = (Pause::BUSY, Instant::now());
        loop {
            let is_looking = !hands.looking.is_empty();
            // In no order: neither tries that end all the time nor work that never ends may keep the others waiting.
            tokio::select! {
                () = &mut stop => break,
                Some(done) = hands.tries.join_next(), if !hands.tries.is_empty() => {
                    self.land(&mut hands, done.ok());
                    continue;
                }
                Some(found) = hands.looking.join_next(), if is_looking => pause = self.take_in(&mut hands, found),
                () = self.woken_after(looked_at + pause.least), if !is_looking => pause = self.look(&mut hands),
                () = tokio::time::sleep_until(looked_at + pause.most), if !is_looking => pause = self.look(&mut hands),
            }
            looked_at = Instant::now();
        }
        self.shut_down(hands).await;
    }

    /// Returns when the courier was woken, but not before this moment.
    async fn woken_after(&self, moment: Instant) {
        tokio::time::sleep_until(moment).await;
        self.first_attempts.woken().await;
    }

    /// Begins to lease what is due, if there is room for it; if there is not, it is to sleep for so long.
    fn look(self: &Arc<Self>, hands: &mut Hands) -> Pause {
        if hands.queues.free() >= BATCH {
            let courier = Arc::clone(self);
            hands.looking.spawn(async move {
                let until = Instant::now() + LEASE;
                let leased = courier.deps.store.lease(BATCH, LEASE, courier.deps.clock.draw()).await?;
                Ok((leased, until))
            });
        }
        Pause::FULL
    }

    /// Sets going or puts off what was leased; answers how long to sleep then.
    fn take_in(self: &Arc<Self>, hands: &mut Hands, found: Result<Found, JoinError>) -> Pause {
        let found = found.unwrap_or_else(|error| Err(StoreError::Unreachable(error.to_string())));
        let (leased, until) = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error, "courier.store_trouble");
                return Pause::TROUBLED;
            }
        };
        let pause = if leased.len() < BATCH { Pause::IDLE } else { Pause::BUSY };
        let oldest = leased.iter().map(|leased| leased.context.delivery.due_at).min();
        // What has ended meanwhile makes room, and what was leased again may have been waiting for just that.
        while let Some(done) = hands.tries.try_join_next() {
            self.land(hands, done.ok());
        }
        let mut put_off = Vec::new();
        for leased in leased.into_iter().map(Box::new) {
            if let Some(in_flight) = hands.flying.get_mut(&Route::of(&leased.lease.id)) {
                // What has happened to the same journey since waits: on one node, a receiver gets it in its order,
                // as long as nothing fails. A lease that lapsed in our own hands goes to the try that is under way.
                if !in_flight.renew(leased.lease) {
                    in_flight.keep((leased, until));
                }
                continue;
            }
            put_off.extend(self.admit(hands, (leased, until)));
        }
        self.give_back(hands, put_off);
        self.report_standing(hands, oldest);
        pause
    }

    /// Lets a delivery into its queue; answers it with the time that it is put off, if there is no room for it.
    fn admit(self: &Arc<Self>, hands: &mut Hands, held: Held) -> Option<(Lease, Duration)> {
        let lease = held.0.lease;
        if held.1 <= Instant::now() + TRY {
            return Some((lease, Duration::ZERO));
        }
        match hands.queues.admit(held, self.deps.clock.now(), self.deps.clock.draw()) {
            Admission::Go(leased) => {
                self.set_going(hands, leased);
                None
            }
            Admission::Queued => None,
            Admission::PutOff(wait) => Some((lease, wait)),
        }
    }

    /// Goes on with what has waited for a try to the same target: the first of it, and behind that the others.
    fn go_on(self: &Arc<Self>, hands: &mut Hands, route: Route, waiting: Vec<Held>) -> Vec<(Lease, Duration)> {
        let mut put_off: Vec<(Lease, Duration)> = Vec::new();
        for held in waiting {
            match (hands.flying.get_mut(&route), put_off.last()) {
                (Some(in_flight), _) => in_flight.keep(held),
                (None, Some((_, wait))) => put_off.push((held.0.lease, *wait + NEXT)),
                (None, None) => put_off.extend(self.admit(hands, held)),
            }
        }
        put_off
    }

    fn set_going(self: &Arc<Self>, hands: &mut Hands, leased: Box<Leased>) {
        let (courier, seat, id) = (Arc::clone(self), Seat::of(&leased), leased.lease.id);
        let (route, in_flight) = (Route::of(&id), InFlight::of(leased.lease));
        let holder = in_flight.holder.clone();
        hands.flying.insert(route, in_flight);
        hands.tries.spawn(async move {
            let began = Instant::now();
            let carried = AssertUnwindSafe(courier.carry(leased, &holder)).catch_unwind().await;
            let (load, ended_at) = carried.unwrap_or_else(|_| {
                // Nothing is known to be written: the lease lapses, and somebody tries again.
                tracing::error!(delivery = %id, "courier.broken_off");
                (Load::Nothing, courier.deps.clock.now())
            });
            Done { seat, route, end: End { load, took: began.elapsed() }, ended_at }
        });
    }

    /// Reports how much there is to do; `oldest` is since when the oldest has been due that was found.
    fn report_standing(&self, hands: &mut Hands, oldest: Option<UnixMillis>) {
        let now = self.deps.clock.now();
        self.watcher.saw(Event::Stands(Standing {
            under_way: hands.queues.running(),
            hanging: self.hanging.count(),
            queued: hands.queues.waiting(),
            backing_off: hands.queues.backing_off(now),
            lag: oldest.map_or(Duration::ZERO, |due_at| now.since(due_at)),
        }));
    }

    /// Takes note of a try that has ended, and sets going who has waited for it in its queue.
    fn land(self: &Arc<Self>, hands: &mut Hands, done: Option<Done>) {
        let Some(Done { seat, route, end, ended_at }) = done else { return };
        let mut put_off = hands.queues.done(&seat, end, ended_at, self.deps.clock.draw());
        if let Some(in_flight) = hands.flying.remove(&route) {
            self.first_attempts.done(&in_flight.holder.lease().id);
            // The report may have come before the lease was taken anew; giving back what is reported changes nothing.
            put_off.extend(in_flight.renewed().map(|lease| (lease, NEXT)));
            put_off.extend(self.go_on(hands, route, in_flight.waiting()));
        }
        // A delivery that has waited for so long that a try would outlast the lease begins with a new one.
        let overdue = hands.queues.overdue(&seat.receiver, Instant::now() + TRY);
        put_off.extend(overdue.into_iter().map(|lease| (lease, Duration::ZERO)));
        while let Some((leased, until)) = hands.queues.next(&seat.receiver) {
            let next = Seat::of(&leased);
            if let Some(in_flight) = hands.flying.get_mut(&Route::of(&leased.lease.id)) {
                in_flight.keep((leased, until));
            } else if Instant::now() + TRY < until {
                self.set_going(hands, leased);
                continue;
            } else {
                put_off.push((leased.lease, Duration::ZERO));
            }
            hands.queues.skip(&next);
        }
        self.give_back(hands, put_off);
    }

    async fn shut_down(self: &Arc<Self>, mut hands: Hands) {
        let mut untried = hands.queues.empty();
        while let Some(found) = hands.looking.join_next().await {
            let found = found.ok().and_then(Result::ok).into_iter().flat_map(|(leased, _)| leased);
            untried.extend(found.map(|leased| leased.lease));
        }
        untried.extend(hands.flying.values().flat_map(InFlight::kept));
        let untried = untried.into_iter().map(|lease| (lease, Duration::ZERO)).collect();
        self.give_back(&mut hands, untried);
        let deadline = Instant::now() + GRACE;
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, hands.tries.join_next()).await {
            if let Ok(done) = done {
                hands.flying.remove(&done.route);
            }
        }
        hands.tries.shutdown().await;
        let left = hands.flying.values().map(|in_flight| (in_flight.holder.lease(), Duration::ZERO)).collect();
        self.give_back(&mut hands, left);
        while hands.returning.join_next().await.is_some() {}
    }

    /// Gives leases back, each for its time, while other work goes on.
    fn give_back(self: &Arc<Self>, hands: &mut Hands, leases: Vec<(Lease, Duration)>) {
        while hands.returning.try_join_next().is_some() {}
        if !leases.is_empty() {
            let courier = Arc::clone(self);
            hands.returning.spawn(async move { courier.give_back_now(&leases).await });
        }
    }

    /// Gives leases back. Who waits for one of them to be tried need not wait any longer.
    async fn give_back_now(&self, leases: &[(Lease, Duration)]) {
        self.watcher.saw(Event::GivenBack(leases.len()));
        for (lease, _) in leases {
            self.first_attempts.done(&lease.id);
        }
        if let Err(error) = self.deps.store.give_back(leases).await {
            // They lapse by themselves.
            tracing::warn!(error = %error, count = leases.len(), "courier.not_given_back");
        }
    }
}
