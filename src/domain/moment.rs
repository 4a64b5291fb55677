//! A point in time, in whole milliseconds since the Unix epoch.
//!
//! The domain never asks what time it is; callers pass it.

use std::time::Duration;

/// How far somebody else's clock may be from ours, where what it says is compared with what ours says.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// How many bytes hold a moment until the year 10889.
    pub const BYTES: usize = 6;

    /// The moment in 6 bytes, the highest first: so moments sort as bytes.
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        let [_, _, bytes @ ..] = self.0.to_be_bytes();
        bytes
    }

    /// Reads what [`UnixMillis::to_bytes`] wrote.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte)))
    }

    /// The moment this many milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `span` later; saturates at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment `span` earlier; the epoch at the earliest.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Reads whole seconds, as headers have them. More than a number can hold is the most that one can: a limit follows
/// anyway. `None` when it is anything else.
pub fn whole_seconds(text: &str) -> Option<Duration> {
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_from_its_bytes_which_sort_as_it_does() {
        let moments = [0, 255, 256, 1_790_000_000_999, (1 << 48) - 1].map(UnixMillis::from_millis);
        for pair in moments.windows(2) {
            assert!(pair[0].to_bytes() < pair[1].to_bytes());
        }
        for moment in moments {
            assert_eq!(UnixMillis::from_bytes(moment.to_bytes()), moment);
        }
    }
}
