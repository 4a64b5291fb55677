//! The event feed: what has become of a merchant's journeys, in order, whether or not its webhooks arrived.

use std::time::Duration;

/// For how long an event stands in the feed of its merchant, if its journey is kept that long.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// How old an event is before it is shown: by then nothing older can be added any more.
pub const SETTLED: Duration = Duration::from_secs(1);

/// An event of a journey, as the feed has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEvent {
    /// It concluded; the final outcome's number, from 0.
    Concluded(u8),
    /// The provider has something else than what it was asked for; the visit whose payment that is, from 0.
    Mismatch(u8),
}

impl FeedEvent {
    /// Mismatches begin here.
    const MISMATCH: u8 = 128;

    /// It in one byte, as stores keep it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Concluded(final_outcome) => final_outcome,
            Self::Mismatch(visit) => Self::MISMATCH | visit,
        }
    }

    /// Reads what [`FeedEvent::number`] wrote.
    pub const fn of_number(number: u8) -> Self {
        match number {
            Self::MISMATCH.. => Self::Mismatch(number - Self::MISMATCH),
            final_outcome => Self::Concluded(final_outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_event() {
        for number in 0..=u8::MAX {
            assert_eq!(FeedEvent::of_number(number).number(), number);
        }
    }
}
