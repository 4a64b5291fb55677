//! How long attempts take, and when what was put off comes again.

use std::time::Duration;

use crate::domain::UnixMillis;

/// How long an attempt takes where none has been answered yet.
pub const USUAL_DURATION: Duration = Duration::from_millis(100);
/// The shortest and the longest time that a delivery is put off for which there is no room.
pub const NO_ROOM: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(20));
/// The shortest time from the end of one attempt to the next: nothing goes faster than ten thousand a second.
const SHORTEST_TURN: Duration = Duration::from_micros(100);

/// How long attempts take at a receiver or on a path, more or less, and until when places there are reserved for what
/// was put off.
#[derive(Debug, Default)]
pub struct Timetable {
    /// Nothing while no attempt has been answered.
    duration: Option<Duration>,
    /// Since the epoch; a turn may be shorter than a millisecond.
    reserved_until: Duration,
    /// Since when deliveries have been put off while no attempt has been answered.
    puts_off_since: Option<UnixMillis>,
}

impl Timetable {
    /// How long it is from the end of one attempt to the next, while so many are under way.
    pub fn turn(&self, concurrency: usize) -> Duration {
        let concurrency = u32::try_from(concurrency).unwrap_or(u32::MAX).max(1);
        (self.duration.unwrap_or(USUAL_DURATION) / concurrency).max(SHORTEST_TURN)
    }

    /// An attempt took so long: what is reserved comes into line with what a turn is now.
    pub fn learn(&mut self, took: Duration, concurrency: usize, now: UnixMillis) {
        let (before, now) = (self.turn(concurrency), since_epoch(now));
        self.duration = Some(self.duration.map_or(took, |duration| (duration * 3 + took) / 4));
        let ahead = self.reserved_until.saturating_sub(now);
        let ahead = ahead.mul_f64(self.turn(concurrency).div_duration_f64(before));
        self.reserved_until = now + ahead.min(NO_ROOM.1);
    }

    /// For how long one more delivery is put off: until its turn comes behind all that were, for which a place is
    /// reserved. While no attempt has been answered nobody knows when that is: then it comes again when as much time
    /// has passed as since the first was put off, so that what may be known in a moment keeps nothing waiting for long.
    pub fn next_turn(&mut self, concurrency: usize, waiting: usize, now: UnixMillis, chance: u64) -> Duration {
        if self.duration.is_none() {
            let since = *self.puts_off_since.get_or_insert(now);
            return spread(now.since(since).clamp(NO_ROOM.0, NO_ROOM.1), chance);
        }
        let (turn, now) = (self.turn(concurrency), since_epoch(now));
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let at = self.reserved_until.max(now.saturating_add(turn.saturating_mul(waiting)));
        let wait = at.saturating_sub(now);
        if wait >= NO_ROOM.1 {
            return spread(NO_ROOM.1, chance);
        }
        self.reserved_until = at + turn;
        wait.max(NO_ROOM.0)
    }

    /// Whether places are reserved beyond this moment.
    pub fn has_reserved(&self, now: UnixMillis) -> bool {
        self.reserved_until > since_epoch(now)
    }
}

/// A time between `span` and twice that.
pub fn spread(span: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    span.saturating_add(Duration::from_millis(chance % millis.max(1)))
}

const fn since_epoch(moment: UnixMillis) -> Duration {
    Duration::from_millis(moment.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_millis(1_800_000_000_000);
    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn places_are_reserved_one_behind_the_other_as_fast_as_attempts_end() {
        let mut times = Timetable::default();
        times.learn(MILLI * 8, 32, NOW);
        let waits: Vec<_> = (0..2000).map(|_| times.next_turn(32, 500, NOW, 0)).collect();
        // Four in a millisecond, behind five hundred that wait already.
        assert_eq!([waits[0], waits[4], waits[1999]], [MILLI * 125, MILLI * 126, MILLI * 625 - MILLI / 4]);
        assert!(times.has_reserved(NOW.plus(MILLI * 624)) && !times.has_reserved(NOW.plus(MILLI * 625)));
        // Attempts take longer than was known: whoever comes next waits for longer.
        times.learn(MILLI * 40, 32, NOW);
        assert_eq!(times.next_turn(32, 500, NOW, 0), MILLI * 1250);
    }

    #[test]
    fn while_none_has_answered_what_is_put_off_comes_again_as_soon_as_there_may_be_news() {
        let (mut times, mut at, mut waits) = (Timetable::default(), NOW, Vec::new());
        for _ in 0..10 {
            let wait = times.next_turn(4, 20, at, 0);
            assert_eq!(times.next_turn(4, 20, at, 0), wait, "nobody waits behind another");
            at = at.plus(wait);
            waits.push(wait.as_millis());
        }
        assert_eq!(waits, [100, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000]);
        times.learn(MILLI * 4, 4, at);
        assert_eq!(times.next_turn(4, 20, at, 0), NO_ROOM.0, "somebody has");
    }

    #[test]
    fn nobody_is_put_off_for_ever() {
        let mut times = Timetable::default();
        times.learn(MILLI * 1000, 1, NOW);
        let waits: Vec<_> = (0..100).map(|_| times.next_turn(1, 0, NOW, 7)).collect();
        assert!(waits[..20].is_sorted() && waits[20..].iter().all(|wait| *wait == NO_ROOM.1 + MILLI * 7), "{waits:?}");
    }
}
