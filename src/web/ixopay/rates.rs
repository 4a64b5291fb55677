//! How often the status may be asked for (contracts/ixopay.md, section 1): 60 times in 60 s by a user, 10 times in 60 s
//! for a transaction, in any 60 s. Each node counts for itself, and forgets what is a minute old.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::{hash::Hash, time::Duration};

use crate::domain::{MerchantId, PayId, UnixMillis};

/// The span of both limits.
const SPAN: Duration = Duration::from_mins(1);

/// How often a user may ask in that span, and how often for one transaction.
const BY_USER: usize = 60;
const BY_TRANSACTION: usize = 10;

/// A limit has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// How often one may ask in 60 s.
    pub limit: usize,
    /// After how many whole seconds the next question is allowed.
    pub retry_seconds: u64,
}

/// The questions of the last minute.
#[derive(Default)]
pub struct Rates {
    users: Mutex<Questions<MerchantId>>,
    transactions: Mutex<Questions<PayId>>,
}

/// When each was asked, of those that were allowed: so many at the most, the oldest first.
struct Questions<K> {
    asked: HashMap<K, VecDeque<UnixMillis>>,
    tidied_at: UnixMillis,
}

impl<K> Default for Questions<K> {
    fn default() -> Self {
        Self { asked: HashMap::new(), tidied_at: UnixMillis::from_millis(0) }
    }
}

impl Rates {
    /// Counts a question of a user, whatever it is about.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn count_user(&self, merchant: MerchantId, now: UnixMillis) -> Result<(), Reached> {
        count(&self.users, merchant, BY_USER, now)
    }

    /// Counts a question about a transaction, however it was named.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn count_transaction(&self, transaction: PayId, now: UnixMillis) -> Result<(), Reached> {
        count(&self.transactions, transaction, BY_TRANSACTION, now)
    }
}

/// A question that is refused does not count: a caller that asks on and on is answered again after a minute.
fn count<K: Hash + Eq>(questions: &Mutex<Questions<K>>, key: K, limit: usize, now: UnixMillis) -> Result<(), Reached> {
    // Nothing that is counted here is left half done.
    let mut questions = questions.lock().unwrap_or_else(PoisonError::into_inner);
    questions.tidy(now);
    let asked = questions.asked.entry(key).or_default();
    while asked.front().is_some_and(|first| is_over(*first, now)) {
        asked.pop_front();
    }
    match asked.front() {
        Some(first) if asked.len() >= limit => {
            let wait = first.plus(SPAN).since(now);
            Err(Reached { limit, retry_seconds: wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX) })
        }
        _ => {
            asked.push_back(now);
            Ok(())
        }
    }
}

impl<K: Hash + Eq> Questions<K> {
    /// Forgets, once a minute, the callers that have not asked for a minute.
    fn tidy(&mut self, now: UnixMillis) {
        if is_over(self.tidied_at, now) {
            self.asked.retain(|_, asked| asked.back().is_some_and(|last| !is_over(*last, now)));
            self.tidied_at = now;
        }
    }
}

fn is_over(at: UnixMillis, now: UnixMillis) -> bool {
    now.since(at) >= SPAN
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

    fn merchant(byte: u8) -> MerchantId {
        MerchantId::mint([byte; 16])
    }

    fn transaction(number: u64) -> PayId {
        PayId::new(number).unwrap()
    }

    fn after(millis: u64) -> UnixMillis {
        NOW.plus(Duration::from_millis(millis))
    }

    #[test]
    fn a_transaction_is_asked_for_ten_times_in_any_minute() {
        let (rates, one) = (Rates::default(), transaction(1));
        // At the end of one minute and the beginning of the next, which together are no minute.
        let times: Vec<_> = (0..200).map(|number| number * 1000).collect();
        let allowed: Vec<_> = times.into_iter().filter(|at| rates.count_transaction(one, after(*at)).is_ok()).collect();
        assert!(allowed.len() >= 30, "{allowed:?}");
        for first in &allowed {
            let within = allowed.iter().filter(|at| (*first..first + 60_000).contains(at)).count();
            assert!(within <= 10, "{within} from {first} ms on: {allowed:?}");
        }
    }

    #[test]
    fn who_has_asked_too_often_is_told_when_to_come_again() {
        let (rates, one) = (Rates::default(), transaction(1));
        for number in 0..10 {
            assert_eq!(rates.count_transaction(one, after(number * 100)), Ok(()));
        }
        for (at, retry_seconds) in [(1000, 59), (1001, 59), (59_000, 1), (59_999, 1)] {
            assert_eq!(rates.count_transaction(one, after(at)), Err(Reached { limit: 10, retry_seconds }), "{at}");
        }
        assert_eq!(rates.count_transaction(transaction(2), after(1000)), Ok(()), "another one");
        assert_eq!(rates.count_transaction(one, after(60_000)), Ok(()));
        assert_eq!(rates.count_transaction(one, after(60_000)), Err(Reached { limit: 10, retry_seconds: 1 }));
    }

    #[test]
    fn a_user_asks_sixty_times_a_minute() {
        let rates = Rates::default();
        for _ in 0..60 {
            assert_eq!(rates.count_user(merchant(1), NOW), Ok(()));
        }
        assert_eq!(rates.count_user(merchant(1), NOW), Err(Reached { limit: 60, retry_seconds: 60 }));
        assert_eq!(rates.count_user(merchant(2), NOW), Ok(()));
    }

    #[test]
    fn what_has_been_quiet_is_forgotten() {
        let rates = Rates::default();
        for number in 0..2_000 {
            assert_eq!(rates.count_transaction(transaction(number), after(number * 1000)), Ok(()));
            let kept = rates.transactions.lock().unwrap().asked.len();
            assert!(kept <= 120, "{kept}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_lets_nobody_ask_more_often() {
        let (rates, one) = (Rates::default(), transaction(1));
        for _ in 0..10 {
            assert_eq!(rates.count_transaction(one, after(5000)), Ok(()));
        }
        assert!(rates.count_transaction(one, NOW).is_err());
    }
}
