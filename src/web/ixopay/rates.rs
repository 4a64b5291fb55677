//! How often the status may be asked for (contracts/ixopay.md, section 1): 60 times in 60 s by a user, 10 times in 60 s for
//! a transaction. Each node counts for itself, and forgets what has been quiet for a minute.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::domain::id::MerchantId;
use crate::domain::moment::Moment;

/// The span of both limits.
const SPAN: Duration = Duration::from_mins(1);

/// How often a user may ask in that span, and how often for one transaction.
const BY_USER: u32 = 60;
const BY_TRANSACTION: u32 = 10;

/// After how many questions what is quiet is forgotten.
const FORGET_EVERY: u64 = 256;

/// A limit has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// How often one may ask in 60 s.
    pub limit: u32,
    /// After how many whole seconds the next question is allowed.
    pub retry_seconds: u64,
}

/// The questions of the last minute.
pub struct Rates {
    now: Told,
    asked: AtomicU64,
    users: Limiter<MerchantId>,
    transactions: Limiter<(MerchantId, String)>,
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Told, NoOpMiddleware<Duration>>;

/// The time as it was last told: milliseconds since the epoch.
#[derive(Debug, Clone, Default)]
struct Told(Arc<AtomicU64>);

impl Clock for Told {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Default for Rates {
    fn default() -> Self {
        let now = Told::default();
        let (users, transactions) = (limiter(BY_USER, &now), limiter(BY_TRANSACTION, &now));
        Self { now, asked: AtomicU64::new(0), users, transactions }
    }
}

impl Rates {
    /// Counts a question of `merchant` about a transaction, however it names it.
    ///
    /// # Errors
    /// When it is one too many: for the user, or for the transaction.
    pub fn count(&self, merchant: MerchantId, transaction: &str, now: Moment) -> Result<(), Reached> {
        self.now.0.fetch_max(now.as_millis(), Ordering::Relaxed);
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.users.retain_recent();
            self.transactions.retain_recent();
        }
        self.check(&self.users, &merchant, BY_USER)?;
        self.check(&self.transactions, &(merchant, transaction.to_owned()), BY_TRANSACTION)
    }

    fn check<K: std::hash::Hash + Eq + Clone>(&self, limiter: &Limiter<K>, key: &K, limit: u32) -> Result<(), Reached> {
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.now.now());
            Reached { limit, retry_seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
        })
    }
}

/// A limiter of so many questions in a [`SPAN`], which come back evenly.
fn limiter<K: std::hash::Hash + Eq + Clone>(limit: u32, now: &Told) -> Limiter<K> {
    let most = NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(SPAN / limit).unwrap_or(Quota::per_second(most)).allow_burst(most);
    RateLimiter::new(quota, HashMapStateStore::default(), now.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn merchant(byte: u8) -> MerchantId {
        MerchantId::mint([byte; 16])
    }

    #[test]
    fn a_transaction_is_asked_for_ten_times_a_minute() {
        let rates = Rates::default();
        for _ in 0..10 {
            assert_eq!(rates.count(merchant(1), "a", NOW), Ok(()));
        }
        assert_eq!(rates.count(merchant(1), "a", NOW), Err(Reached { limit: 10, retry_seconds: 6 }));
        assert_eq!(rates.count(merchant(1), "b", NOW), Ok(()), "another transaction");
        assert_eq!(rates.count(merchant(2), "a", NOW), Ok(()), "another user's");
        assert_eq!(
            rates.count(merchant(1), "a", NOW.plus(Duration::from_millis(5_500))).map_err(|r| r.retry_seconds),
            Err(1)
        );
        assert_eq!(rates.count(merchant(1), "a", NOW.plus(Duration::from_secs(6))), Ok(()));
        let later = NOW.plus(Duration::from_secs(70));
        assert_eq!((0..11).filter(|_| rates.count(merchant(1), "a", later).is_ok()).count(), 10);
    }

    #[test]
    fn a_user_asks_sixty_times_a_minute() {
        let rates = Rates::default();
        for number in 0..60 {
            assert_eq!(rates.count(merchant(1), &number.to_string(), NOW), Ok(()));
        }
        assert_eq!(rates.count(merchant(1), "60", NOW), Err(Reached { limit: 60, retry_seconds: 1 }));
        assert_eq!(rates.count(merchant(2), "60", NOW), Ok(()));
    }

    #[test]
    fn what_has_been_quiet_is_forgotten() {
        let rates = Rates::default();
        let mut now = NOW;
        for number in 0..2_000 {
            now = now.plus(Duration::from_secs(1));
            assert_eq!(rates.count(merchant(1), &number.to_string(), now), Ok(()));
        }
        assert!(rates.transactions.len() <= 60 + 256, "{}", rates.transactions.len());
    }
}
