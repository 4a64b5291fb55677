//! Time and entropy, as arguments.
//!
//! Nothing else in the crate asks the machine for either, so that a test can move the one and count on the other.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::domain::UnixMillis;

/// What time it is, and 32 fresh random bytes.
pub trait Clock: Send + Sync {
    /// How far this clock is ahead of the machines' own: zero, except in tests. A store that compares deadlines by its
    /// server's clock adds it there.
    fn ahead(&self) -> Duration;

    /// Now.
    fn now(&self) -> UnixMillis {
        UnixMillis::from_millis(machine_millis()).plus(self.ahead())
    }

    /// Bytes that nobody can guess.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for entropy")]
    fn entropy(&self) -> [u8; 32] {
        rand::random()
    }

    /// A number that nobody else draws.
    fn draw(&self) -> u64 {
        u64::from_be_bytes(*self.entropy().first_chunk().unwrap_or(&[0; 8]))
    }
}

/// The machine's clock and the operating system's entropy.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}

/// The clock of a node: its store's, as it was read last, and what has passed since by the machine's steady clock. So a
/// machine whose clock is wrong, or is set, decides nothing that other nodes would decide otherwise. Until the store's
/// clock has been read, and where the store has none of its own, it is the machine's.
pub struct StoreClock {
    machine: Arc<dyn Clock>,
    began: Instant,
    /// What the store's clock said at `began`, in milliseconds since the epoch; zero while that is not known.
    at_begin: AtomicU64,
}

impl StoreClock {
    /// On a machine with this clock.
    pub fn of(machine: Arc<dyn Clock>) -> Self {
        Self { machine, began: Instant::now(), at_begin: AtomicU64::new(0) }
    }

    /// What the machine's own clock says.
    pub fn machine_now(&self) -> UnixMillis {
        self.machine.now()
    }

    /// Goes by the store's clock from now on. That was read within the last `round_trip`, and said `theirs`; a reading that
    /// agrees with the one before as far as it can be known changes nothing.
    pub fn follow(&self, theirs: UnixMillis, round_trip: Duration) {
        let theirs = theirs.plus(round_trip / 2);
        let known = self.at_begin.load(Ordering::Relaxed) > 0;
        let apart = self.now().as_millis().abs_diff(theirs.as_millis());
        if known && apart <= millis(round_trip / 2) + ROUNDING {
            return;
        }
        let at_begin =
            theirs.as_millis().saturating_sub(millis(self.ahead())).saturating_sub(millis(self.began.elapsed()));
        self.at_begin.store(at_begin, Ordering::Relaxed);
    }
}

impl Clock for StoreClock {
    fn ahead(&self) -> Duration {
        self.machine.ahead()
    }

    fn now(&self) -> UnixMillis {
        match self.at_begin.load(Ordering::Relaxed) {
            0 => self.machine.now(),
            at_begin => UnixMillis::from_millis(at_begin).plus(self.began.elapsed()).plus(self.ahead()),
        }
    }

    fn entropy(&self) -> [u8; 32] {
        self.machine.entropy()
    }
}

/// By how many milliseconds two readings differ that were cut off to whole ones.
const ROUNDING: u64 = 2;

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A clock that a test moves forward.
#[derive(Debug, Default)]
pub struct TestClock {
    ahead_millis: AtomicU64,
    /// When it was stopped, in milliseconds since the epoch; zero while it runs.
    stopped_at: AtomicU64,
}

impl TestClock {
    /// Moves it `span` ahead, for everybody who holds it.
    pub fn advance(&self, span: Duration) {
        self.ahead_millis.fetch_add(millis(span), Ordering::SeqCst);
    }

    /// From now on it goes when it is moved, and not by itself.
    pub fn stop(&self) {
        self.stopped_at.store(machine_millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_millis.load(Ordering::SeqCst))
    }

    fn now(&self) -> UnixMillis {
        let stopped_at = Some(self.stopped_at.load(Ordering::SeqCst)).filter(|at| *at > 0);
        UnixMillis::from_millis(stopped_at.unwrap_or_else(machine_millis)).plus(self.ahead())
    }
}

/// What the machine's clock says, in milliseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
fn machine_millis() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// A reading of a store's clock that is this far from the machine's.
    fn reading(machine: &TestClock, ahead: Duration) -> UnixMillis {
        machine.now().plus(ahead)
    }

    #[test]
    fn a_node_goes_by_its_stores_clock_once_that_is_known() {
        let machine = Arc::new(TestClock::default());
        let clock = StoreClock::of(Arc::clone(&machine) as _);
        assert!(clock.now().since(machine.now()) < Duration::from_secs(1));
        let theirs = reading(&machine, 25 * HOUR);
        clock.follow(theirs, Duration::ZERO);
        machine.stop();
        let now = clock.now();
        assert!(now >= theirs && now.since(theirs) < Duration::from_secs(10), "whatever the machine's clock does");
        // A test moves every clock at once, the store's too.
        machine.advance(HOUR);
        assert!(clock.now() >= theirs.plus(HOUR));
        clock.follow(theirs.minus(HOUR), Duration::ZERO);
        assert!(
            clock.now().since(theirs.minus(HOUR)) < Duration::from_secs(10),
            "a store's clock that is set is followed"
        );
    }

    #[test]
    fn a_reading_that_says_nothing_new_changes_nothing() {
        let machine = Arc::new(TestClock::default());
        let clock = StoreClock::of(Arc::clone(&machine) as _);
        clock.follow(reading(&machine, HOUR), Duration::ZERO);
        let before = clock.at_begin.load(Ordering::Relaxed);
        for (apart, round_trip) in [(200, 1_000), (0, 400)] {
            let (apart_by, round_trip) = (Duration::from_millis(apart), Duration::from_millis(round_trip));
            clock.follow(clock.now().minus(round_trip / 2).plus(apart_by), round_trip);
            assert_eq!(clock.at_begin.load(Ordering::Relaxed), before, "{apart} ms");
        }
        clock.follow(clock.now().plus(Duration::from_secs(5)), Duration::from_millis(100));
        assert!(clock.at_begin.load(Ordering::Relaxed) > before + 4_000);
    }
}
