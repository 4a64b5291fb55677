//! Time and entropy, as arguments.
//!
//! Nothing else in the crate asks the machine for either, so that a test can move the one and count on the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        self.ahead_millis.fetch_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
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
