//! Where the time of a return went.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

/// How long a return waited for its provider, filled while it is taken. Whatever else it waited for in here was the
/// store.
#[derive(Debug, Default)]
pub struct Timing {
    provider_micros: AtomicU64,
}

impl Timing {
    /// How long the provider was waited for.
    pub fn provider(&self) -> Duration {
        Duration::from_micros(self.provider_micros.load(Relaxed))
    }

    /// Adds a span in which the provider was waited for.
    pub(super) fn waited(&self, span: Duration) {
        self.provider_micros.fetch_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Waits for a call to the provider, and adds how long it took.
    pub(super) async fn of_provider<T>(&self, call: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let answer = call.await;
        self.waited(began.elapsed());
        answer
    }
}
