//! When a delivery is tried: a table, and a little chance.

use std::time::Duration;

/// The waits before each try, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    waits: &'static [Duration],
}

impl Schedule {
    /// What Standard Webhooks recommends: immediately, after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    pub const STANDARD: Self = Self {
        waits: &[
            Duration::ZERO,
            Duration::from_secs(5),
            Duration::from_mins(5),
            Duration::from_mins(30),
            Duration::from_hours(2),
            Duration::from_hours(5),
            Duration::from_hours(10),
            Duration::from_hours(14),
            Duration::from_hours(20),
            Duration::from_hours(24),
        ],
    };

    /// By how much a wait may be longer than the table says, in thousandths.
    const JITTER: u64 = 100;

    /// A schedule with these waits before each try, the first one's first.
    pub const fn of(waits: &'static [Duration]) -> Self {
        Self { waits }
    }

    /// A table of waits, each in minutes.
    pub const fn minutes<const TRIES: usize>(minutes: [u64; TRIES]) -> [Duration; TRIES] {
        let (mut waits, mut tried) = ([Duration::ZERO; TRIES], 0);
        while tried < TRIES {
            waits[tried] = Duration::from_mins(minutes[tried]);
            tried += 1;
        }
        waits
    }

    /// The wait before each try, the first one's first.
    pub const fn waits(&self) -> &'static [Duration] {
        self.waits
    }

    /// How long to wait after so many tries; `None` when the last has been made.
    pub fn wait(&self, tries: u8) -> Option<Duration> {
        self.waits.get(usize::from(tries)).copied()
    }

    /// A wait, up to a tenth longer as chance has it, so that what failed together is not tried together. It is never
    /// shorter: the table promises receivers the least that they may count on.
    pub fn jittered(wait: Duration, chance: u64) -> Duration {
        let thousandths = 1000 + chance % (Self::JITTER + 1);
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(millis.saturating_mul(thousandths) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_schedule_is_the_printed_table() {
        let printed = ["0s", "5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"];
        let read = |text: &str| {
            let (number, unit) = text.split_at(text.len() - 1);
            let seconds = match unit {
                "s" => 1,
                "m" => 60,
                _ => 3600,
            };
            Duration::from_secs(number.parse::<u64>().unwrap() * seconds)
        };
        assert_eq!(Schedule::STANDARD.waits(), printed.map(read));
        assert_eq!(Schedule::STANDARD.wait(0), Some(Duration::ZERO));
        assert_eq!(Schedule::STANDARD.wait(10), None);
    }

    #[test]
    fn chance_makes_a_wait_longer_by_a_tenth_at_the_most_and_never_shorter() {
        let wait = Duration::from_secs(100);
        let waits: Vec<_> = (0..1000).map(|chance| Schedule::jittered(wait, chance)).collect();
        assert_eq!(waits.iter().min(), Some(&wait));
        assert_eq!(waits.iter().max(), Some(&Duration::from_secs(110)));
        assert_eq!(Schedule::jittered(Duration::ZERO, 7), Duration::ZERO);
        assert!(Schedule::jittered(Duration::MAX, u64::MAX) > Duration::from_hours(24));
    }
}
