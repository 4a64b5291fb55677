//! How often somebody may ask in any minute. Each node counts for itself, and forgets what is a minute old.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::{hash::Hash, time::Duration};

use crate::domain::UnixMillis;

/// The span of every limit.
const SPAN: Duration = Duration::from_mins(1);

/// A limit has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    /// How often one may ask in 60 s.
    pub limit: usize,
    /// After how many whole seconds the next question is allowed.
    pub retry_seconds: u64,
}

/// The questions of the last minute.
pub(super) struct Rate<K> {
    limit: usize,
    questions: Mutex<Questions<K>>,
}

/// When each was asked, of those that were allowed: so many at the most, the oldest first.
struct Questions<K> {
    asked: HashMap<K, VecDeque<UnixMillis>>,
    tidied_at: UnixMillis,
}

impl<K: Hash + Eq> Rate<K> {
    /// Nobody has asked yet, and each may so often in a minute.
    pub fn new(limit: usize) -> Self {
        let questions = Questions { asked: HashMap::new(), tidied_at: UnixMillis::from_millis(0) };
        Self { limit, questions: Mutex::new(questions) }
    }

    /// Counts a question. One that is refused does not count: a caller that asks on and on is answered again after a
    /// minute.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn count(&self, key: K, now: UnixMillis) -> Result<(), Reached> {
        // Nothing that is counted here is left half done.
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.tidy(now);
        let asked = questions.asked.entry(key).or_default();
        while asked.front().is_some_and(|first| is_over(*first, now)) {
            asked.pop_front();
        }
        match asked.front() {
            Some(first) if asked.len() >= self.limit => {
                let wait = first.plus(SPAN).since(now);
                let retry_seconds = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
                Err(Reached { limit: self.limit, retry_seconds })
            }
            _ => {
                asked.push_back(now);
                Ok(())
            }
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

/// Whether a moment counts no more; one that lies ahead is of a clock that has been put back.
fn is_over(at: UnixMillis, now: UnixMillis) -> bool {
    now.since(at) >= SPAN || at.since(now) >= SPAN
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

    fn after(millis: u64) -> UnixMillis {
        NOW.plus(Duration::from_millis(millis))
    }

    #[test]
    fn so_many_are_answered_in_any_minute() {
        let rate = Rate::new(10);
        // At the end of one minute and the beginning of the next, which together are no minute.
        let times: Vec<_> = (0..200).map(|number| number * 1000).collect();
        let allowed: Vec<_> = times.into_iter().filter(|at| rate.count(1, after(*at)).is_ok()).collect();
        assert!(allowed.len() >= 30, "{allowed:?}");
        for first in &allowed {
            let within = allowed.iter().filter(|at| (*first..first + 60_000).contains(at)).count();
            assert!(within <= 10, "{within} from {first} ms on: {allowed:?}");
        }
    }

    #[test]
    fn who_has_asked_too_often_is_told_when_to_come_again() {
        let rate = Rate::new(10);
        for number in 0..10 {
            assert_eq!(rate.count(1, after(number * 100)), Ok(()));
        }
        for (at, retry_seconds) in [(1000, 59), (1001, 59), (59_000, 1), (59_999, 1)] {
            assert_eq!(rate.count(1, after(at)), Err(Reached { limit: 10, retry_seconds }), "{at}");
        }
        assert_eq!(rate.count(2, after(1000)), Ok(()), "another one");
        assert_eq!(rate.count(1, after(60_000)), Ok(()));
        assert_eq!(rate.count(1, after(60_000)), Err(Reached { limit: 10, retry_seconds: 1 }));
    }

    #[test]
    fn a_clock_that_is_put_back_by_an_hour_keeps_nobody_out() {
        let rate = Rate::new(1);
        assert_eq!(rate.count(1, NOW.plus(Duration::from_hours(1))), Ok(()));
        assert_eq!(rate.count(1, NOW), Ok(()));
        assert!(rate.count(1, after(1)).is_err(), "and counts from there");
    }

    #[test]
    fn what_has_been_quiet_is_forgotten() {
        let rate = Rate::new(10);
        for number in 0..2_000_u64 {
            assert_eq!(rate.count(number, after(number * 1000)), Ok(()));
            let kept = rate.questions.lock().unwrap().asked.len();
            assert!(kept <= 120, "{kept}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_lets_nobody_ask_more_often() {
        let rate = Rate::new(10);
        for _ in 0..10 {
            assert_eq!(rate.count(1, after(5000)), Ok(()));
        }
        assert!(rate.count(1, NOW).is_err());
    }
}
