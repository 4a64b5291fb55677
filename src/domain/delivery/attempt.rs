//! An attempt at a delivery, and the verdict on it.

use std::time::Duration;

use super::{AttemptResult, Delivery, DeliveryPolicy, Schedule, State};
use crate::domain::UnixMillis;

/// One attempt, made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it.
    pub attempt_result: AttemptResult,
    /// Whether that counts as received.
    pub received: bool,
    /// When the receiver would like the next one, if it said so (RFC 9110, 10.2.3).
    pub retry_after: Option<Duration>,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was received.
    Delivered,
    /// It is tried again after this time.
    Retry(Duration),
    /// Its endpoint is gone for good: nothing is sent there until the merchant reopens it.
    Gone,
    /// That was the last try.
    Dead,
}

impl Verdict {
    /// The state in which it leaves a delivery, and how long that waits then for its next try.
    pub const fn leaves(self) -> (State, Option<Duration>) {
        match self {
            Self::Delivered => (State::Delivered, None),
            Self::Retry(wait) => (State::Waiting, Some(wait)),
            Self::Gone => (State::Gone, None),
            Self::Dead => (State::Dead, None),
        }
    }
}

impl Attempt {
    /// How short and how long a wait may be that a receiver asks for.
    pub const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(24));

    /// How long a receiver that has too much to do is left alone at the least.
    pub const RESPITE: Duration = Duration::from_mins(1);

    /// Judges this attempt, made at `now` at a delivery as it stood before.
    pub fn judge(&self, delivery: &Delivery, policy: &DeliveryPolicy, now: UnixMillis, chance: u64) -> Verdict {
        if self.received {
            return Verdict::Delivered;
        }
        if self.attempt_result == AttemptResult::Status(410) && policy.gone {
            return Verdict::Gone;
        }
        let Some(wait) = policy.schedule.wait(delivery.tries.saturating_add(1)) else { return Verdict::Dead };
        let wait = Schedule::jittered(wait, chance).max(self.requested_wait());
        if now.plus(wait) >= delivery.since.plus(Delivery::LIFE) { Verdict::Dead } else { Verdict::Retry(wait) }
    }

    /// How long the receiver wants to be left alone.
    fn requested_wait(&self) -> Duration {
        let (shortest, longest) = Self::RETRY_AFTER;
        let asked = self.retry_after.map_or(Duration::ZERO, |wait| wait.clamp(shortest, longest));
        if self.attempt_result.is_overload() { asked.max(Self::RESPITE) } else { asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DeliveryId, JourneyEvent, JourneyId, Shard, Target};

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);
    /// The chance that leaves a wait as it is.
    const EVEN: u64 = 0;

    fn delivery(target: Target, tries: u8) -> Delivery {
        let id = DeliveryId {
            journey: JourneyId::mint([7; 16], Shard::of_byte(0)),
            event: JourneyEvent::Concluded(0),
            target,
        };
        Delivery { tries, ..Delivery::fresh(id, NOW) }
    }

    fn verdict(attempt_result: AttemptResult, retry_after: Option<u64>, tries: u8) -> Verdict {
        let received = DeliveryPolicy::STANDARD.success.is_met_by(attempt_result, b"");
        let attempt = Attempt { attempt_result, received, retry_after: retry_after.map(Duration::from_secs) };
        attempt.judge(&delivery(Target::WebhookEndpoint(0), tries), &DeliveryPolicy::STANDARD, NOW, EVEN)
    }

    const fn after(seconds: u64) -> Verdict {
        Verdict::Retry(Duration::from_secs(seconds))
    }

    #[test]
    fn the_attempts_at_a_dead_endpoint_are_the_printed_table() {
        let (mut now, mut delivery) = (NOW, delivery(Target::WebhookEndpoint(0), 0));
        let mut waits = vec![now.since(delivery.due_at)];
        let attempt = Attempt { attempt_result: AttemptResult::Unreachable, received: false, retry_after: None };
        while let Verdict::Retry(wait) = attempt.judge(&delivery, &DeliveryPolicy::STANDARD, now, EVEN) {
            (now, delivery.tries) = (now.plus(wait), delivery.tries + 1);
            waits.push(wait);
        }
        assert_eq!(waits, Schedule::STANDARD.waits());
        assert_eq!(attempt.judge(&delivery, &DeliveryPolicy::STANDARD, now, EVEN), Verdict::Dead);
    }

    #[test]
    fn where_410_says_nothing_of_its_own_it_is_a_failure_like_others() {
        let attempt = Attempt { attempt_result: AttemptResult::Status(410), received: false, retry_after: None };
        let policy = DeliveryPolicy { gone: false, ..DeliveryPolicy::STANDARD };
        assert_eq!(attempt.judge(&delivery(Target::WebhookEndpoint(0), 0), &policy, NOW, EVEN), after(5));
    }

    #[test]
    fn what_a_receiver_asks_for_is_honoured_within_bounds() {
        for (attempt_result, retry_after, tries, expected) in [
            (AttemptResult::Status(500), None, 0, after(5)),
            (AttemptResult::Status(503), Some(120), 0, after(120)),
            (AttemptResult::Status(503), Some(0), 0, after(5)),
            (AttemptResult::Status(503), Some(1), 1, after(300)),
            (AttemptResult::Status(503), Some(1_000_000), 0, after(24 * 3600)),
            (AttemptResult::Status(429), None, 0, after(60)),
            (AttemptResult::Status(502), Some(90), 0, after(90)),
            (AttemptResult::Status(504), None, 1, after(300)),
            (AttemptResult::Status(404), None, 8, after(24 * 3600)),
            (AttemptResult::Status(404), None, 9, Verdict::Dead),
            (AttemptResult::Status(410), None, 0, Verdict::Gone),
            (AttemptResult::Status(204), None, 9, Verdict::Delivered),
        ] {
            assert_eq!(
                verdict(attempt_result, retry_after, tries),
                expected,
                "{attempt_result:?} {retry_after:?} after {tries}"
            );
        }
    }

    #[test]
    fn nothing_waits_longer_than_its_life() {
        let attempt = Attempt {
            attempt_result: AttemptResult::Status(503),
            received: false,
            retry_after: Some(Duration::from_hours(24)),
        };
        let late = NOW.plus(Delivery::LIFE - Duration::from_hours(24));
        let judge = |now| attempt.judge(&delivery(Target::WebhookEndpoint(0), 1), &DeliveryPolicy::STANDARD, now, EVEN);
        assert_eq!(judge(UnixMillis::from_millis(late.as_millis() - 1)), after(24 * 3600));
        assert_eq!(judge(late), Verdict::Dead);
        assert!(delivery(Target::WebhookEndpoint(0), 1).is_worn_out(NOW.plus(Delivery::LIFE)));
        assert_eq!(delivery(Target::WebhookEndpoint(0), 1).state, State::Waiting);
    }

    #[test]
    fn what_was_heard_comes_back_from_its_number() {
        for attempt_result in [
            AttemptResult::Status(100),
            AttemptResult::Status(999),
            AttemptResult::Refused,
            AttemptResult::Unreachable,
            AttemptResult::Unanswered,
        ] {
            assert_eq!(AttemptResult::of_number(attempt_result.number()), Some(attempt_result));
        }
        assert_eq!(AttemptResult::of_number(0), None);
        assert_eq!(AttemptResult::of_number(1000), None);
    }
}
