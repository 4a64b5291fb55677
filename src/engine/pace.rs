//! How fast providers are asked about their payments: by each node no faster than each allows, and with growing rests
//! while one does not answer. Merchants' callbacks are checked up at a pace, too.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::UnixMillis;
use crate::domain::provider_account::merchant_of_provider;
use crate::provider::ProviderError;

/// After how many failures in a row a provider is left alone.
const FAILURES: u32 = 3;

/// How many payments in a row a provider does not know before something is wrong with it.
const UNKNOWN: u32 = 5;

/// The first and the longest rest; each is twice as long as the one before.
const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// The longest that turns are reserved ahead. More than that is the mark of a clock that was wrong.
const LONGEST_QUEUE: Duration = Duration::from_hours(24);

/// How long after its last turn an account of a merchant's is forgotten: longer than its schedule waits at the most.
const IDLE: Duration = Duration::from_hours(2);

/// The paces of the providers that this node asks.
#[derive(Debug, Default)]
pub(super) struct Paces(Mutex<HashMap<String, Pace>>);

/// The pace of one provider.
#[derive(Debug, Default)]
struct Pace {
    /// The first moment that is not reserved.
    next: UnixMillis,
    failures: u32,
    rests_until: UnixMillis,
    away_since: Option<UnixMillis>,
    /// How many payments in a row it did not know.
    unknown: u32,
    last_error: Option<LastError>,
}

/// What a provider has last answered in vain, or why it has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: UnixMillis,
    /// In words for an operator.
    pub error: String,
}

impl Pace {
    /// The next turn.
    fn turn(&self, now: UnixMillis) -> UnixMillis {
        // Else the clock has been put back.
        let next = if self.next > now.plus(LONGEST_QUEUE) { now } else { self.next };
        next.max(self.rests_until(now)).max(now)
    }

    /// Until when it rests.
    fn rests_until(&self, now: UnixMillis) -> UnixMillis {
        // Else the clock has been put back.
        if self.rests_until > now.plus(REST.1) { now } else { self.rests_until }
    }

    /// For how long it has not answered; zero for one that does.
    fn away(&self, now: UnixMillis) -> Duration {
        self.away_since.map_or(Duration::ZERO, |since| now.since(since))
    }
}

impl Paces {
    /// Reserves the next turn at a provider that is asked every `pause` at the most, and returns when it is.
    pub(super) fn reserve(&self, provider: &str, pause: Duration, now: UnixMillis) -> UnixMillis {
        let mut paces = self.paces();
        let pace = paces.entry(provider.to_owned()).or_default();
        let turn = pace.turn(now);
        pace.next = turn.plus(pause);
        turn
    }

    /// [`Paces::reserve`], where the next turn comes within this time; `None`, and nothing is reserved, where it does not.
    pub(super) fn reserve_within(
        &self,
        provider: &str,
        (pause, within): (Duration, Duration),
        now: UnixMillis,
    ) -> Option<UnixMillis> {
        let mut paces = self.paces();
        let pace = paces.entry(provider.to_owned()).or_default();
        let turn = pace.turn(now);
        (turn <= now.plus(within)).then(|| {
            pace.next = turn.plus(pause);
            turn
        })
    }

    /// Whether a provider rests now, whatever was reserved.
    pub(super) fn rests(&self, provider: &str, now: UnixMillis) -> bool {
        self.paces().get(provider).is_some_and(|pace| now < pace.rests_until(now))
    }

    /// A provider has answered.
    pub(super) fn answered(&self, provider: &str) {
        if let Some(pace) = self.paces().get_mut(provider) {
            *pace = Pace { next: pace.next, last_error: pace.last_error.take(), ..Pace::default() };
        }
    }

    /// A provider says that it has no such payment. One says nothing of the others; several in a row are the mark of a
    /// wrong address or account, and count as *away*, which somebody looks at. It is asked as before.
    /// Returns for how long it has been away.
    pub(super) fn unknown(&self, provider: &str, now: UnixMillis) -> Duration {
        let mut paces = self.paces();
        let pace = paces.entry(provider.to_owned()).or_default();
        (pace.failures, pace.unknown) = (0, pace.unknown.saturating_add(1));
        if pace.unknown < UNKNOWN {
            pace.away_since = None;
        } else {
            pace.away_since.get_or_insert(now);
        }
        pace.away(now)
    }

    /// A provider has not answered. Returns for how long it has been away.
    pub(super) fn failed(&self, provider: &str, now: UnixMillis) -> Duration {
        let mut paces = self.paces();
        let pace = paces.entry(provider.to_owned()).or_default();
        pace.away_since.get_or_insert(now);
        // What fails while it rests was under way before.
        if now >= pace.rests_until(now) {
            pace.failures = pace.failures.saturating_add(1);
            if let Some(rests) = pace.failures.checked_sub(FAILURES) {
                let rest = REST.0.saturating_mul(1 << rests.min(16)).min(REST.1);
                pace.rests_until = now.plus(rest);
            }
        }
        pace.away(now)
    }

    /// Notes what a provider has answered in vain, or why it has not answered.
    pub(super) fn note_error(&self, provider: &str, at: UnixMillis, error: &ProviderError) {
        let last_error = Some(LastError { at, error: error.to_string() });
        self.paces().entry(provider.to_owned()).or_default().last_error = last_error;
    }

    /// The last error of a provider, since this node was started.
    pub(super) fn last_error(&self, provider: &str) -> Option<LastError> {
        self.paces().get(provider).and_then(|pace| pace.last_error.clone())
    }

    /// For how long each provider has not answered; zero for one that does. Merchants' accounts that nothing has been
    /// asked of for [`IDLE`] are forgotten: nobody may be left who would ask.
    pub(super) fn away(&self, now: UnixMillis) -> Vec<(String, Duration)> {
        let mut paces = self.paces();
        paces.retain(|provider, pace| {
            let asked_at = pace.next.max(pace.rests_until).max(pace.away_since.unwrap_or_default());
            merchant_of_provider(provider).is_none() || now < asked_at.plus(IDLE)
        });
        paces.iter().map(|(provider, pace)| (provider.clone(), pace.away(now))).collect()
    }

    fn paces(&self) -> MutexGuard<'_, HashMap<String, Pace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(50);

    fn at(millis: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000 + millis)
    }

    #[test]
    fn turns_are_as_far_apart_as_a_provider_allows() {
        let paces = Paces::default();
        let turns = [0, 0, 0, 120, 1000].map(|now| paces.reserve("a", PAUSE, at(now)));
        assert_eq!(turns, [at(0), at(50), at(100), at(150), at(1000)]);
        assert_eq!(paces.reserve("b", PAUSE, at(0)), at(0), "another provider has its own");
    }

    #[test]
    fn the_last_error_of_a_provider_is_known_when_it_answers_again() {
        let paces = Paces::default();
        assert_eq!(paces.last_error("a"), None);
        for (millis, why) in [(1, "refused"), (2, "closed")] {
            paces.note_error("a", at(millis), &ProviderError::Unreachable(why.into()));
        }
        paces.answered("a");
        let known = paces.last_error("a").unwrap();
        assert_eq!(known.at, at(2));
        assert!(known.error.contains("closed"), "{}", known.error);
        assert_eq!(paces.last_error("b"), None);
    }

    #[test]
    fn a_rest_does_not_outlast_a_clock_that_is_put_back() {
        let (paces, later) = (Paces::default(), at(0).plus(Duration::from_hours(1)));
        for _ in 0..FAILURES {
            paces.failed("a", later);
        }
        assert!(paces.rests("a", later));
        assert!(!paces.rests("a", at(0)));
        assert_eq!(paces.reserve("a", PAUSE, at(0)), at(0));
    }

    #[test]
    fn a_turn_that_is_too_far_away_is_not_reserved() {
        let paces = Paces::default();
        let within = |millis| (PAUSE, Duration::from_millis(millis));
        assert_eq!(paces.reserve_within("a", within(0), at(0)), Some(at(0)));
        for _ in 0..100 {
            assert_eq!(paces.reserve_within("a", within(40), at(0)), None);
        }
        assert_eq!(paces.reserve_within("a", within(50), at(0)), Some(at(50)));
        let put_back = UnixMillis::from_millis(0);
        paces.reserve("b", PAUSE, put_back.plus(2 * LONGEST_QUEUE));
        assert_eq!(paces.reserve_within("b", within(0), put_back), Some(put_back), "the clock has been put back");
    }

    #[test]
    fn one_that_knows_none_of_its_payments_is_away_and_is_asked_all_the_same() {
        let paces = Paces::default();
        for number in 1..=UNKNOWN {
            assert_eq!(paces.away(at(0)).iter().filter(|(_, span)| !span.is_zero()).count(), 0, "{number}");
            paces.unknown("a", at(0));
        }
        assert_eq!(paces.away(at(700)), [("a".to_owned(), Duration::from_millis(700))]);
        assert_eq!((paces.reserve("a", PAUSE, at(700)), paces.rests("a", at(700))), (at(700), false));
        paces.answered("a");
        paces.unknown("a", at(800));
        assert_eq!(paces.away(at(900)), [("a".to_owned(), Duration::ZERO)]);
    }

    #[test]
    fn a_provider_that_does_not_answer_rests_longer_and_longer_until_it_does() {
        let paces = Paces::default();
        let mut now = 0;
        let mut rests = Vec::new();
        for _ in 0..10 {
            paces.failed("a", at(now));
            let turn = paces.reserve("a", Duration::ZERO, at(now));
            rests.push(turn.since(at(now)).as_secs());
            assert_eq!(paces.rests("a", at(now)), turn > at(now));
            if turn > at(now) {
                // One that was under way says nothing new.
                paces.failed("a", at(now + 1));
            }
            now += 1000 * turn.since(at(now)).as_secs();
        }
        assert_eq!(rests, [0, 0, 5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(paces.away(at(now)), [("a".to_owned(), Duration::from_millis(now))]);
        paces.answered("a");
        assert_eq!((paces.reserve("a", PAUSE, at(now)), paces.rests("a", at(now))), (at(now), false));
        assert_eq!(paces.away(at(now)), [("a".to_owned(), Duration::ZERO)]);
    }
}
