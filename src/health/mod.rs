//! How this node is: whether it can serve, and what an operator should look at.
//!
//! Two questions, with two answers. *Ready* is for load balancers: it is denied only where another node would do
//! better, because to take out every node for what they all share would leave customers with no page at all. What is
//! wrong besides is for people, who are not helped by a node that is left out.

mod report;
mod skew;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, timeout};

pub use report::{Check, Readiness, Report};
use skew::Skew;

use crate::clock::StoreClock;
use crate::domain::provider_account::merchant_of_provider;
use crate::engine::Engine;
use crate::listener::{Closing, open_files};
use crate::store::{PROBED_EVERY, Probed, Store, StoreError};
use crate::telemetry::metrics::Metrics;

/// For how long a look is good: nobody makes the store write more often than that by asking.
const FRESH: Duration = Duration::from_secs(1);

/// How long the store may take to write its mark.
const PROBE: Duration = Duration::from_secs(2);

/// For how long the courier may be late until it is said to be stalled.
const LATE: Duration = Duration::from_mins(1);

/// How this node is. It looks when it is asked, and all who ask within a second share a look.
pub struct Health {
    engine: Arc<Engine>,
    metrics: Arc<Metrics>,
    closing: Closing,
    clock: Arc<StoreClock>,
    skew: Mutex<Skew>,
    courier_on_time: Mutex<Instant>,
    last: AsyncMutex<Option<(Instant, Report)>>,
}

impl Health {
    /// The health of a node with this engine, whose public listener is `closing` one day.
    pub fn new(engine: Arc<Engine>, metrics: Arc<Metrics>, closing: Closing, clock: Arc<StoreClock>) -> Self {
        let (skew, courier_on_time) = (Mutex::default(), Mutex::new(Instant::now()));
        Self { engine, metrics, closing, clock, skew, courier_on_time, last: AsyncMutex::default() }
    }

    /// Notes that the courier has asked the store for work, and for how long the oldest had been due.
    pub fn note_courier(&self, lag: Duration) {
        if lag < LATE {
            *self.courier_on_time.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// How the node is, as of a second ago at the most.
    pub async fn look(&self) -> Report {
        let mut last = self.last.lock().await;
        let before = match &*last {
            // A node that has begun to stop says so at once.
            Some((at, report)) if at.elapsed() < FRESH && report.stopping == self.closing.is_begun() => {
                return report.clone();
            }
            Some((_, report)) => report.failing(),
            None => BTreeSet::new(),
        };
        let report = self.look_again().await;
        report.log_what_changed(&before);
        *last = Some((Instant::now(), report.clone()));
        report
    }

    /// Looks from time to time, for as long as it is awaited, so that its log says what nobody asks.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(PROBED_EVERY).await;
            self.look().await;
        }
    }

    async fn look_again(&self) -> Report {
        let (probed, skew) = self.probe().await;
        let (store, Probed { away: parts_away, lapses, .. }) = match probed {
            Ok(probed) => (None, probed),
            Err(error) => (Some(error), Probed::default()),
        };
        let is_confirmed = !matches!(store, Some(StoreError::Unconfirmed(_)));
        self.metrics.set_store_durable(lapses.is_empty() && is_confirmed);
        self.metrics.set_clock_skew(skew.unwrap_or_default());
        let files = tokio::task::spawn_blocking(open_files).await.ok().flatten();
        let late = self.courier_on_time.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        let stopping = self.closing.is_begun();
        Report {
            stopping,
            store,
            parts_away,
            lapses,
            skew_millis: skew,
            // One that stops leases nothing any more.
            courier_late: (late >= LATE && !stopping).then_some(late),
            unready: self.metrics.providers_unready(),
            away: providers_away(&self.engine).into_iter().filter(|(_, span)| !span.is_zero()).collect(),
            files,
            connections: (self.metrics.connections.open(), self.metrics.connections.most()),
        }
    }

    /// What of the store writes, and how far its clock is ahead of this machine's, in milliseconds.
    async fn probe(&self) -> (Result<Probed, StoreError>, Option<i64>) {
        let sent_at = self.clock.machine_now();
        let (probed, round_trip) = probe(self.engine.deps.store.as_ref(), &self.clock).await;
        let mut skew = self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Probed { now: Some(theirs), .. }) = probed {
            skew.note(sent_at, round_trip, theirs);
        }
        (probed, skew.millis())
    }
}

/// Has a store write its mark, and the node go by the store's clock, where it has one. Answers how long that took, too.
pub async fn probe(store: &dyn Store, clock: &StoreClock) -> (Result<Probed, StoreError>, Duration) {
    let sent = Instant::now();
    let probed = timeout(PROBE, store.probe()).await.unwrap_or(Err(StoreError::TimedOut));
    let round_trip = sent.elapsed();
    if let Ok(Probed { now: Some(theirs), .. }) = probed {
        clock.follow(theirs, round_trip);
    }
    (probed, round_trip)
}

/// For how long providers have given no answer; merchants' accounts are one line, that of the longest.
pub fn providers_away(engine: &Engine) -> BTreeMap<String, Duration> {
    let mut away = BTreeMap::new();
    for (provider, span) in engine.providers_away() {
        let line = if merchant_of_provider(&provider).is_some() { "accounts".to_owned() } else { provider };
        let longest = away.entry(line).or_default();
        *longest = span.max(*longest);
    }
    away
}
