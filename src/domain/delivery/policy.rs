//! How a dialect's receivers are called, and what counts as received.

use std::time::Duration;

use super::{AttemptResult, Schedule};

/// How a delivery is made: as its dialect's documents have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// When it is tried.
    pub schedule: Schedule,
    /// How long the first try may take, from the look-up of a name to the last byte of the answer.
    pub first: Duration,
    /// How long each later one may take.
    pub later: Duration,
    /// What counts as received.
    pub success: SuccessRule,
    /// Whether a 410 shuts its endpoint.
    pub gone: bool,
}

/// What counts as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuccessRule {
    /// Any 2xx.
    Success,
    /// Any 2xx or 3xx: it stands for a browser (rule 6 of the design, and the contract of `SecPaid`).
    SuccessOrRedirect,
    /// 200 and nothing else.
    Exactly200,
    /// 200 with this body, whatever white space is around it.
    Body(&'static str),
}

impl DeliveryPolicy {
    /// The longest that any try may take.
    pub const LONGEST: Duration = Duration::from_secs(30);

    /// What Standard Webhooks recommends: its schedule, 15 s for a try, any 2xx, and 410 for good.
    pub const STANDARD: Self = Self {
        schedule: Schedule::STANDARD,
        first: Duration::from_secs(15),
        later: Duration::from_secs(15),
        success: SuccessRule::Success,
        gone: true,
    };

    /// That of a background callback.
    pub const CALLBACK: Self = Self { success: SuccessRule::SuccessOrRedirect, ..Self::STANDARD };

    /// How long a try may take after so many others.
    pub const fn deadline(&self, tries: u8) -> Duration {
        if tries == 0 { self.first } else { self.later }
    }
}

impl SuccessRule {
    /// Whether this answer counts.
    pub fn is_met_by(self, attempt_result: AttemptResult, body: &[u8]) -> bool {
        let AttemptResult::Status(status) = attempt_result else { return false };
        match self {
            Self::Success => (200..300).contains(&status),
            Self::SuccessOrRedirect => (200..400).contains(&status),
            Self::Exactly200 => status == 200,
            Self::Body(expected) => status == 200 && body.trim_ascii() == expected.as_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_received_is_as_the_dialect_has_it() {
        let body = SuccessRule::Body("OK");
        for (status, text, expected) in [
            (199, "OK", [false, false, false, false]),
            (200, "OK", [true, true, true, true]),
            (200, "OK\n", [true, true, true, true]),
            (200, "", [true, true, true, false]),
            (200, "NOT OK", [true, true, true, false]),
            (204, "OK", [true, true, false, false]),
            (302, "OK", [false, true, false, false]),
            (399, "", [false, true, false, false]),
            (400, "OK", [false, false, false, false]),
        ] {
            let attempt_result = AttemptResult::Status(status);
            let said = [SuccessRule::Success, SuccessRule::SuccessOrRedirect, SuccessRule::Exactly200, body]
                .map(|received| received.is_met_by(attempt_result, text.as_bytes()));
            assert_eq!(said, expected, "{status} {text}");
        }
        assert!(!SuccessRule::Success.is_met_by(AttemptResult::Unanswered, b"OK"));
    }
}
