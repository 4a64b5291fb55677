//! Events of a journey, which deliveries report.

use std::fmt;

/// What a delivery reports: something that has happened to its journey, and that nothing changes afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JourneyEvent {
    /// It was opened.
    Opened,
    /// The provider has answered where the customer of this visit, from 0, must go.
    Ready(u8),
    /// The customer of this visit, from 0, has come back, and the bank has not proven anything yet.
    Returned(u8),
    /// It concluded; the final outcome's number, from 0.
    Concluded(u8),
}

impl JourneyEvent {
    /// Final outcomes are below this.
    const OPENED: u8 = 120;
    /// Visits that are ready begin here.
    const READY: u8 = 128;
    /// And visits that came back here.
    const RETURNED: u8 = 192;

    /// The most final outcomes for which there can be events.
    pub const MAX_FINAL_OUTCOMES: u8 = Self::OPENED;

    /// The most visits for which there can be events.
    pub const MAX_VISITS: u8 = Self::RETURNED - Self::READY;

    /// It in one byte, as stores keep it: a final outcome's is its own number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Opened => Self::OPENED,
            Self::Ready(visit) => Self::READY | visit,
            Self::Returned(visit) => Self::RETURNED | visit,
            Self::Concluded(final_outcome) => final_outcome,
        }
    }

    /// Reads what [`JourneyEvent::number`] wrote. `None` for a number that nothing has.
    pub const fn of_number(number: u8) -> Option<Self> {
        match number {
            0..Self::OPENED => Some(Self::Concluded(number)),
            Self::OPENED => Some(Self::Opened),
            Self::READY..Self::RETURNED => Some(Self::Ready(number - Self::READY)),
            Self::RETURNED.. => Some(Self::Returned(number - Self::RETURNED)),
            _ => None,
        }
    }

    /// The number of the final outcome that it reports, if it is about one.
    pub const fn final_outcome(self) -> Option<u8> {
        match self {
            Self::Concluded(final_outcome) => Some(final_outcome),
            Self::Opened | Self::Ready(_) | Self::Returned(_) => None,
        }
    }

    /// Reads its text. `None` when it is not an event's.
    pub(super) fn read(text: &str) -> Option<Self> {
        let visit = |text: &str| text.parse().ok().filter(|visit| *visit < Self::MAX_VISITS);
        match text.as_bytes() {
            b"o" => Some(Self::Opened),
            [b'w', ..] => visit(&text[1..]).map(Self::Ready),
            [b'r', ..] => visit(&text[1..]).map(Self::Returned),
            _ => {
                text.parse().ok().filter(|final_outcome| *final_outcome < Self::MAX_FINAL_OUTCOMES).map(Self::Concluded)
            }
        }
    }
}

impl fmt::Display for JourneyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => write!(f, "o"),
            Self::Ready(visit) => write!(f, "w{visit}"),
            Self::Returned(visit) => write!(f, "r{visit}"),
            Self::Concluded(final_outcome) => final_outcome.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_meaning() {
        let all = (0..=u8::MAX).filter_map(JourneyEvent::of_number).collect::<Vec<_>>();
        assert_eq!(all.len(), 120 + 1 + 64 + 64);
        for event in all {
            assert_eq!(JourneyEvent::of_number(event.number()), Some(event));
            assert_eq!(JourneyEvent::read(&event.to_string()), Some(event));
        }
        for bad in ["", "x", "w", "r-1", "w64", "120", "o1"] {
            assert_eq!(JourneyEvent::read(bad), None, "{bad}");
        }
    }
}
