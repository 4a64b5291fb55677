//! What came of an attempt.

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// An answer with this status, from 100 to 999.
    Status(u16),
    /// Nothing was sent, because the address must not be called.
    Refused,
    /// Nothing was sent, because no connection came about.
    Unreachable,
    /// It may have been received, but there was no reply in time.
    Unanswered,
}

impl AttemptResult {
    /// It as a number, as stores keep it: a status is itself.
    pub const fn number(self) -> u16 {
        match self {
            Self::Status(status) => status,
            Self::Refused => 1,
            Self::Unreachable => 2,
            Self::Unanswered => 3,
        }
    }

    /// Reads what [`AttemptResult::number`] wrote; 0 is nothing yet.
    pub const fn of_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Refused),
            2 => Some(Self::Unreachable),
            3 => Some(Self::Unanswered),
            100..=999 => Some(Self::Status(number)),
            _ => None,
        }
    }

    /// Its word, or the class of its status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Unanswered => "unanswered",
        }
    }

    /// Whether the receiver has too much to do (Standard Webhooks).
    pub const fn is_overload(self) -> bool {
        matches!(self, Self::Status(429 | 502 | 504))
    }

    /// Whether it means that the receiver is away or has too much to do, rather than what it thinks of one delivery.
    pub const fn is_absence(self) -> bool {
        matches!(self, Self::Unreachable | Self::Unanswered | Self::Status(429 | 502..=504))
    }
}
