//! The event feed: what has become of a merchant's journeys, in order, whether or not its webhooks arrived, and what
//! keeps its journeys from going on.

use std::time::Duration;

use crate::domain::delivery::Target;

/// For how long an event stands in the feed of its merchant, if its journey is kept that long.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// How old an event is before it is shown: by then nothing older can be added any more.
pub const SETTLED: Duration = Duration::from_secs(1);

/// How often trouble with the same endpoint or provider is told: the next event comes so long after the one before.
pub const TROUBLE_QUIET: Duration = Duration::from_hours(24);

/// An event of a journey, as the feed has it. Of trouble with an endpoint or a provider it is the journey that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEvent {
    /// It concluded; the final outcome's number, from 0.
    Concluded(u8),
    /// The provider has something else than what it was asked for; the visit whose payment that is, from 0.
    Mismatch(u8),
    /// This receiver has not taken one of its deliveries for an hour.
    EndpointFailing(Target),
    /// This receiver has said that it is gone: nothing is sent there any more.
    EndpointDisabled(Target),
    /// The provider has not answered for minutes; the visit whose payment cannot be asked about, from 0.
    ProviderAway(u8),
    /// The callback that its customer comes home to is watched, and down.
    CallbackDown,
}

impl FeedEvent {
    /// Mismatches begin here.
    const MISMATCH: u8 = 128;

    /// It as stores keep it: in the lower byte what it is about, and in the higher one which trouble it is, if it is
    /// trouble with an endpoint or a provider.
    pub const fn number(self) -> u16 {
        let (trouble, about) = match self {
            Self::Concluded(final_outcome) => (0, final_outcome),
            Self::Mismatch(visit) => (0, Self::MISMATCH | visit),
            Self::EndpointFailing(target) => (1, target.number()),
            Self::EndpointDisabled(target) => (2, target.number()),
            Self::ProviderAway(visit) => (3, visit),
            Self::CallbackDown => (4, 0),
        };
        u16::from_be_bytes([trouble, about])
    }

    /// Reads what [`FeedEvent::number`] wrote. `None` for a number that nothing has.
    pub const fn of_number(number: u16) -> Option<Self> {
        Some(match number.to_be_bytes() {
            [0, number] if number >= Self::MISMATCH => Self::Mismatch(number - Self::MISMATCH),
            [0, final_outcome] => Self::Concluded(final_outcome),
            [1, target] => Self::EndpointFailing(Target::of_number(target)),
            [2, target] => Self::EndpointDisabled(Target::of_number(target)),
            [3, visit] => Self::ProviderAway(visit),
            [4, 0] => Self::CallbackDown,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_event() {
        for number in 0..=u16::MAX {
            let read = FeedEvent::of_number(number);
            assert_eq!(read.map(FeedEvent::number), (number <= 0x400).then_some(number));
        }
    }
}
