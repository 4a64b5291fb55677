//! Going on in an app that a customer had to install first: a handle, redeemed once, for a fresh one-time token.
//!
//! The handle goes where a token must not: through an app store, and into the history of a browser. It is of one
//! hand-back, which it has the number of, and opens nothing to anybody but the merchant's own server.

use std::time::Duration;

use super::{Journey, LedTo};
use crate::domain::UnixMillis;

/// A handle that a merchant's server has redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The number of the hand-back.
    pub number: u8,
    /// Which attempt redeemed it: the start of its digest. The same attempt gets the same answer again.
    pub attempt: u64,
    /// When.
    pub at: UnixMillis,
}

/// What becomes of a handle that somebody wants to redeem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumption {
    /// It is redeemed, and this is the journey then.
    Fresh(Box<Journey>),
    /// This attempt has redeemed it before.
    Repeated,
    /// Another attempt has redeemed it, then.
    Spent(UnixMillis),
    /// Nobody redeemed it until then.
    Expired(UnixMillis),
    /// Nobody was handed back with this number.
    Unknown,
}

impl Journey {
    /// How long a handle can be redeemed after its customer could first be handed back.
    pub const RESUMABLE: Duration = Duration::from_hours(24);

    /// Redeems the handle of the hand-back of this number.
    #[must_use]
    pub fn resume(&self, number: u8, attempt: u64, now: UnixMillis) -> Resumption {
        match self.resumption(number, now) {
            Resumption::Spent(_) if self.resumed(number).is_some_and(|resumed| resumed.attempt == attempt) => {
                Resumption::Repeated
            }
            Resumption::Fresh(mut journey) => {
                journey.past.resumed.push(Resumed { number, attempt, at: now });
                Resumption::Fresh(Box::new(journey.revised()))
            }
            other => other,
        }
    }

    /// What would become of the handle of this number if it was redeemed now, as another attempt.
    pub fn resumption(&self, number: u8, now: UnixMillis) -> Resumption {
        let Some(since) = self.handed_back_at(number) else { return Resumption::Unknown };
        let until = since.plus(Self::RESUMABLE);
        match self.resumed(number) {
            Some(resumed) => Resumption::Spent(resumed.at),
            None if now >= until => Resumption::Expired(until),
            None => Resumption::Fresh(Box::new(self.clone())),
        }
    }

    /// The handles that were redeemed.
    pub fn all_resumed(&self) -> &[Resumed] {
        &self.past.resumed
    }

    fn resumed(&self, number: u8) -> Option<&Resumed> {
        self.past.resumed.iter().find(|resumed| resumed.number == number)
    }

    /// Since when a customer can have been handed back with this number.
    fn handed_back_at(&self, number: u8) -> Option<UnixMillis> {
        let early = LedTo::HandedBackEarly;
        match self.past.final_outcomes.get(usize::from(number)) {
            Some(final_outcome) => Some(final_outcome.at),
            None if self.is_handed_back_early() && self.token_number(&early, None) == number => {
                Some(self.handed_back_since(&early))
            }
            None => None,
        }
    }

    fn is_handed_back_early(&self) -> bool {
        matches!(self.stage(), super::Stage::HandedBack)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, journey};
    use super::*;
    use crate::domain::{Conclusion, Fact};
    use crate::store::laws::fixtures::away;

    const A_MINUTE: Duration = Duration::from_mins(1);

    fn paid() -> Journey {
        let (away, _) = away(journey(), NOW);
        let Conclusion::Concluded(paid, _) = away.conclude(&Fact::paid(), None, NOW) else { panic!() };
        paid
    }

    fn resumed(journey: &Journey, number: u8, attempt: u64, at: UnixMillis) -> Journey {
        let Resumption::Fresh(journey) = journey.resume(number, attempt, at) else { panic!() };
        *journey
    }

    #[test]
    fn a_handle_is_redeemed_once_and_the_same_attempt_may_ask_again() {
        let paid = paid();
        let once = resumed(&paid, 0, 7, NOW.plus(A_MINUTE));
        assert_eq!(once.revision(), paid.revision() + 1);
        let much_later = NOW.plus(3 * Journey::RESUMABLE);
        for at in [NOW.plus(A_MINUTE), much_later] {
            assert_eq!(once.resume(0, 7, at), Resumption::Repeated);
            assert_eq!(once.resume(0, 8, at), Resumption::Spent(NOW.plus(A_MINUTE)));
        }
    }

    #[test]
    fn a_handle_lives_a_day() {
        let (paid, until) = (paid(), NOW.plus(Journey::RESUMABLE));
        resumed(&paid, 0, 7, UnixMillis::from_millis(until.as_millis() - 1));
        assert_eq!(paid.resume(0, 7, until), Resumption::Expired(until));
    }

    #[test]
    fn there_is_no_handle_before_a_hand_back() {
        let (away, _) = away(journey(), NOW);
        assert_eq!(away.resume(0, 7, NOW), Resumption::Unknown);
        assert_eq!(paid().resume(1, 7, NOW), Resumption::Unknown);
    }

    #[test]
    fn each_hand_back_has_a_handle_of_its_own() {
        let (away, _) = away(journey(), NOW);
        let Conclusion::Concluded(cancelled, _) = away.conclude(&Fact::pressed_cancel(), None, NOW) else { panic!() };
        let once = resumed(&cancelled, 0, 7, NOW);
        let Conclusion::Concluded(paid, _) = once.conclude(&Fact::paid(), None, NOW.plus(A_MINUTE)) else { panic!() };
        assert_eq!(paid.resume(0, 8, NOW.plus(A_MINUTE)), Resumption::Spent(NOW));
        let both = resumed(&paid, 1, 8, NOW.plus(A_MINUTE));
        assert_eq!(both.all_resumed().len(), 2);
    }
}
