//! How far the store's clock is from this machine's.
//!
//! A store says what time it is somewhere between question and answer: in the middle, or half of the round trip from
//! there at the most. So of several questions the one with the shortest round trip says it best, until a later one
//! cannot be true beside it: then somebody has set a clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::UnixMillis;

/// Of how many questions the best one counts.
const KEPT: usize = 8;

/// By how many milliseconds two answers differ that were cut off to whole ones.
const ROUNDING: u64 = 2;

/// What the last questions have said.
#[derive(Debug, Default)]
pub struct Skew(VecDeque<(Duration, i64)>);

impl Skew {
    /// Notes an answer: when by our clock the question was sent, how long the round trip took, what the store's clock
    /// said.
    pub fn note(&mut self, sent_at: UnixMillis, round_trip: Duration, theirs: UnixMillis) {
        let middle = sent_at.plus(round_trip / 2);
        let (theirs, ours) = (i128::from(theirs.as_millis()), i128::from(middle.as_millis()));
        let ahead = i64::try_from(theirs - ours).unwrap_or(i64::MAX);
        self.0.retain(|(other_trip, other)| {
            let at_most = u64::try_from((round_trip + *other_trip).as_millis() / 2).unwrap_or(u64::MAX);
            ahead.abs_diff(*other) <= at_most.saturating_add(ROUNDING)
        });
        self.0.truncate(KEPT - 1);
        self.0.push_front((round_trip, ahead));
    }

    /// By how many milliseconds the store's clock is ahead of ours; `None` while nothing is known.
    pub fn millis(&self) -> Option<i64> {
        self.0.iter().min_by_key(|(round_trip, _)| *round_trip).map(|(_, ahead)| *ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> UnixMillis {
        UnixMillis::from_millis(millis)
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn half_of_the_round_trip_is_taken_off() {
        for (theirs, ahead) in [(10_050, 0), (12_050, 2_000), (7_050, -3_000)] {
            let mut skew = Skew::default();
            assert_eq!(skew.millis(), None);
            skew.note(at(10_000), ms(100), at(theirs));
            assert_eq!(skew.millis(), Some(ahead));
        }
    }

    #[test]
    fn the_quickest_answer_counts_until_somebody_sets_a_clock() {
        let mut skew = Skew::default();
        skew.note(at(10_000), ms(2), at(10_001));
        // All of a second's delay was on the way here: half of it is taken for skew.
        skew.note(at(20_000), ms(1_000), at(20_000));
        assert_eq!(skew.millis(), Some(0));
        skew.note(at(30_000), ms(4), at(35_002));
        assert_eq!(skew.millis(), Some(5_000));
    }

    #[test]
    fn a_drift_is_followed_and_eight_answers_are_kept() {
        let mut skew = Skew::default();
        for look in 0..20 {
            skew.note(at(10_000 * look), ms(40 + look), at(10_000 * look + 20 + look));
        }
        assert_eq!(skew.0.len(), KEPT);
        assert_eq!(skew.millis(), Some(6), "the quickest of those that are kept");
    }
}
