//! When a callback is tried again (contracts/ixopay.md, section 8).

use std::time::Duration;

use crate::domain::Schedule;

/// The waits before each try: at once, then after 1 min, 5 min, 15 min, 1 h, 2 h, 3 h, 12 h, and every 24 h for seven
/// days.
pub(super) const WAITS: [Duration; 15] =
    Schedule::minutes([0, 1, 5, 15, 60, 120, 180, 720, DAY, DAY, DAY, DAY, DAY, DAY, DAY]);

const DAY: u64 = 24 * 60;

/// How long the first try may take, and how long each later one.
pub(super) const DEADLINES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));

/// What a receiver must answer, with the status 200.
pub(super) const RECEIVED: &str = "OK";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_printed_table() {
        let minutes: Vec<u64> = WAITS.iter().map(|wait| wait.as_secs() / 60).collect();
        let day = 24 * 60;
        assert_eq!(minutes, [0, 1, 5, 15, 60, 120, 180, 720, day, day, day, day, day, day, day]);
    }
}
