//! Backing off: after some failures in a row, what is tried again is tried one at a time, with rests between.
//!
//! First attempts need no rest: they are what is new, and as good a probe as any. Only where the receiver has asked to
//! be left alone do they wait, too.

use std::time::Duration;

use super::receiver::Turn;
use crate::domain::UnixMillis;

/// After how many failures in a row it backs off.
pub const FAILURES: u32 = 5;
/// The first and the longest rest; each is twice as long as the one before.
pub const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// Failures in a row, and until when it rests after them.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
    failed_at: UnixMillis,
    rests_until: Option<UnixMillis>,
    left_alone_until: UnixMillis,
}

impl Backoff {
    /// Whether one is tried at a time.
    pub const fn is_on(&self) -> bool {
        self.rests_until.is_some()
    }

    /// Whether nothing has failed since something succeeded.
    pub const fn is_clear(&self) -> bool {
        self.failures == 0
    }

    /// Whether it has failed since this moment.
    pub fn has_failed_since(&self, moment: UnixMillis) -> bool {
        self.failures > 0 && self.failed_at > moment
    }

    /// How long such an attempt must wait; `None` when it need not.
    pub fn wait(&self, turn: Turn, now: UnixMillis) -> Option<Duration> {
        let until = match turn {
            Turn::First => Some(self.left_alone_until),
            Turn::Again => self.rests_until.max(Some(self.left_alone_until)),
        };
        until.filter(|until| now < *until).map(|until| until.since(now))
    }

    /// Something was answered: the receiver need not be spared.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// An attempt has failed.
    pub fn fail(&mut self, now: UnixMillis) {
        // What ends while it rests was under way with those that it rests for, and says the same again.
        let again = u32::from(self.rests_until.is_none_or(|until| until <= now));
        self.failures = self.failures.saturating_add(again);
        self.failed_at = now;
        self.rest(now, Duration::ZERO);
    }

    /// The receiver wants to be left alone for so long. It rests at once, but one answer does not stop everything for
    /// hours: its own delivery waits for as long as was asked.
    pub fn leave_alone(&mut self, span: Duration, now: UnixMillis) {
        self.failures = self.failures.saturating_add(1).max(FAILURES);
        self.failed_at = now;
        let span = span.min(REST.1);
        self.left_alone_until = self.left_alone_until.max(now.plus(span));
        self.rest(now, span);
    }

    fn rest(&mut self, now: UnixMillis, least: Duration) {
        if let Some(beyond) = self.failures.checked_sub(FAILURES) {
            let own = REST.0.saturating_mul(1 << beyond.min(10)).min(REST.1);
            self.rests_until = self.rests_until.max(Some(now.plus(own.max(least))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);

    #[test]
    fn rests_grow_and_first_attempts_need_none_unless_the_receiver_asks() {
        let (mut backoff, mut now) = (Backoff::default(), NOW);
        for failure in 1..FAILURES {
            backoff.fail(now);
            assert!(!backoff.is_on() && backoff.wait(Turn::Again, now).is_none(), "{failure}");
        }
        for rest in [5, 10, 20, 40, 80, 160, 300, 300] {
            backoff.fail(now);
            backoff.fail(now);
            assert_eq!(backoff.wait(Turn::Again, now), Some(Duration::from_secs(rest)), "two at once are one reason");
            assert_eq!(backoff.wait(Turn::First, now), None);
            now = now.plus(Duration::from_secs(rest));
            assert_eq!(backoff.wait(Turn::Again, now), None);
        }
        backoff.leave_alone(Duration::from_mins(2), now);
        assert_eq!(backoff.wait(Turn::First, now), Some(Duration::from_mins(2)));
        backoff.leave_alone(Duration::from_hours(24), now);
        assert_eq!([Turn::First, Turn::Again].map(|turn| backoff.wait(turn, now)), [Some(REST.1); 2], "not for hours");
        backoff.succeed();
        assert!(backoff.is_clear() && !backoff.is_on() && backoff.wait(Turn::Again, now).is_none());
    }
}
