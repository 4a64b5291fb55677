//! The queue of a receiver: how many attempts are under way there, and who waits for them.
//!
//! It begins with a concurrency of a few, grows by one with each delivery that is received while others wait for a
//! place, and is back where it began when the receiver is away. What was never tried goes before every retry. A path
//! takes at most half of the concurrency until it has answered promptly, so that one that hangs leaves as much to the
//! others; and however well it answers, one place is always for other paths, and one for first attempts.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::receiver::{Held, PROMPT, Seat, Turn, path};
use super::timetable::Timetable;
use crate::domain::UnixMillis;
use crate::store::Lease;

/// How many attempts are under way at one receiver at the same time: in a new queue, and in one that has grown as far
/// as it may.
pub const CONCURRENCY: (u8, u8) = (4, 32);
/// How long the last of those that wait in a queue should wait.
const DEPTH: Duration = Duration::from_secs(1);

/// What an attempt was to its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Received.
    Received,
    /// Answered otherwise: that is its delivery's own failure, and shows that the receiver is there.
    Answered,
    /// Not answered in time: its path hangs.
    Hung,
    /// The receiver is away, or what is behind it.
    Away,
    /// The receiver wants to be left alone for this time.
    LeaveAlone(Duration),
    /// Nothing was sent.
    Nothing,
}

/// How an attempt has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// What it was to its receiver.
    pub load: Load,
    /// How long it took.
    pub took: Duration,
}

/// So many first attempts, and so many retries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    first: usize,
    again: usize,
}

/// What a queue knows of one path.
#[derive(Debug, Default)]
struct PathState {
    running: Count,
    waiting: Count,
    times: Timetable,
    backoff: Backoff,
    /// Whether it answered promptly when it answered last.
    is_prompt: bool,
}

/// The queue of one receiver.
#[derive(Debug)]
pub struct ReceiverQueue {
    running: Count,
    first: VecDeque<Held>,
    again: VecDeque<Held>,
    concurrency: u8,
    times: Timetable,
    backoff: Backoff,
    paths: HashMap<String, PathState>,
}

impl Default for ReceiverQueue {
    fn default() -> Self {
        Self {
            running: Count::default(),
            first: VecDeque::new(),
            again: VecDeque::new(),
            concurrency: CONCURRENCY.0,
            times: Timetable::default(),
            backoff: Backoff::default(),
            paths: HashMap::new(),
        }
    }
}

impl ReceiverQueue {
    /// How many wait here.
    pub fn waiting(&self) -> usize {
        self.first.len() + self.again.len()
    }

    /// How many attempts may be under way here.
    pub fn concurrency(&self) -> usize {
        self.concurrency.into()
    }

    /// How many may wait here.
    pub fn depth(&self) -> usize {
        let seats = DEPTH.as_micros() / self.times.turn(self.concurrency()).as_micros();
        usize::try_from(seats).unwrap_or(usize::MAX).max(CONCURRENCY.0.into())
    }

    /// Whether this receiver, or one of its paths, backs off.
    pub fn backs_off(&self) -> bool {
        self.backoff.is_on() || self.paths.values().any(|state| state.backoff.is_on())
    }

    /// Whether there is nothing to remember: then it is built again when it is needed. Its concurrency is no matter for
    /// memory: it was won while others waited, and is won again, when they do, in as many attempts. What failed before
    /// `long_ago` is forgotten.
    pub fn is_blank(&mut self, long_ago: UnixMillis, now: UnixMillis) -> bool {
        self.paths.retain(|_, state| !state.is_blank(long_ago, now));
        self.paths.is_empty() && !self.backoff.has_failed_since(long_ago)
    }

    /// For how long such an attempt must wait, whatever room there is; `None` when it need not.
    pub fn rest(&self, path: &str, turn: Turn, now: UnixMillis) -> Option<Duration> {
        let own = self.paths.get(path).and_then(|state| state.backoff.wait(turn, now));
        own.max(self.backoff.wait(turn, now))
    }

    /// Whether such an attempt may begin while at most `most` may be under way.
    pub fn has_place(&self, path: &str, turn: Turn, most: usize) -> bool {
        let places = self.concurrency().min(most).max(1);
        let state = self.paths.get(path);
        let running = state.map_or(Count::default(), |state| state.running);
        let backs_off = state.is_some_and(|state| state.backoff.is_on());
        self.running.leaves_room(turn, places, self.backoff.is_on())
            && running.leaves_room(turn, share_of(state, places), backs_off)
    }

    /// Whether such a delivery may wait here while at most `most` may. What was never tried does not count the others.
    pub fn has_seat(&self, path: &str, turn: Turn, most: usize) -> bool {
        let seats = self.depth().min(most);
        let state = self.paths.get(path);
        let waiting = state.map_or(Count::default(), |state| state.waiting);
        // While it backs off, what is tried again is better off in the store.
        let backs_off = self.backoff.is_on() || state.is_some_and(|state| state.backoff.is_on());
        match turn {
            Turn::First => self.first.len() < seats && waiting.first < share_of(state, seats),
            Turn::Again => !backs_off && self.waiting() < seats && waiting.all() < share_of(state, seats),
        }
    }

    /// For how long a delivery is put off for which there is no seat.
    pub fn turn_away(&mut self, path: &str, turn: Turn, now: UnixMillis, chance: u64) -> Duration {
        let (places, waiting, concurrency) = (self.depth(), self.waiting(), self.concurrency());
        let share = share_of(self.paths.get(path), concurrency);
        let seats = share_of(self.paths.get(path), places);
        match self.paths.get_mut(path) {
            Some(state) if state.waiting.of(turn) >= seats => {
                state.times.next_turn(share, state.waiting.all(), now, chance)
            }
            _ => self.times.next_turn(concurrency, waiting, now, chance),
        }
    }

    /// Takes note of an attempt that begins.
    pub fn begin(&mut self, path: &str, turn: Turn) {
        self.running.add(turn);
        self.state(path).running.add(turn);
    }

    /// Takes note of one that does not begin after all.
    pub fn unbegin(&mut self, path: &str, turn: Turn) {
        self.running.remove(turn);
        self.state(path).running.remove(turn);
    }

    /// Lets a delivery wait.
    pub fn push(&mut self, held: Held) {
        let turn = Turn::of(&held.0);
        self.state(path(&held.0)).waiting.add(turn);
        self.queue(turn).push_back(held);
    }

    /// The next delivery for which there is a place: it counts as under way.
    pub fn next(&mut self) -> Option<Held> {
        [Turn::First, Turn::Again].into_iter().find_map(|turn| {
            let queue = if turn == Turn::First { &self.first } else { &self.again };
            let at = queue.iter().position(|(leased, _)| self.has_place(path(leased), turn, usize::MAX))?;
            let held = self.queue(turn).remove(at)?;
            self.state(path(&held.0)).waiting.remove(turn);
            self.begin(path(&held.0), turn);
            Some(held)
        })
    }

    /// Takes those out whose lease lapses before this moment.
    pub fn overdue(&mut self, moment: Instant) -> Vec<Lease> {
        let mut overdue = Vec::new();
        for turn in [Turn::First, Turn::Again] {
            // They wait in the order of their leases.
            while self.queue(turn).front().is_some_and(|(_, until)| *until <= moment) {
                let Some((leased, _)) = self.queue(turn).pop_front() else { break };
                self.state(path(&leased)).waiting.remove(turn);
                overdue.push(leased.lease);
            }
        }
        overdue
    }

    /// Takes everybody out who waits.
    pub fn empty(&mut self) -> Vec<Lease> {
        let all = self.first.drain(..).chain(self.again.drain(..));
        all.map(|(leased, _)| leased.lease).collect()
    }

    /// An attempt has ended. Answers those that have waited for it in vain, each with the time until it may be tried.
    pub fn end(&mut self, seat: &Seat, end: End, now: UnixMillis) -> Vec<(Lease, Turn, Duration)> {
        self.unbegin(&seat.path, seat.turn);
        let needs_more = self.needs_more();
        let (concurrency, took) = (self.concurrency(), end.took);
        let state = self.paths.entry(seat.path.clone()).or_default();
        match end.load {
            Load::Nothing => return Vec::new(),
            Load::Received | Load::Answered => {
                self.backoff.succeed();
                state.backoff.succeed();
                state.is_prompt = took <= PROMPT;
                state.times.learn(took, concurrency, now);
                self.times.learn(took, concurrency, now);
                if end.load == Load::Received && needs_more {
                    self.concurrency = (self.concurrency + 1).min(CONCURRENCY.1);
                }
                return Vec::new();
            }
            Load::Hung => {
                state.is_prompt = false;
                // One path that hangs says nothing of the others; several do.
                if state.backoff.is_clear() {
                    self.backoff.fail(now);
                }
                state.backoff.fail(now);
            }
            Load::Away => {
                self.backoff.fail(now);
                self.concurrency = CONCURRENCY.0;
            }
            Load::LeaveAlone(span) => {
                self.backoff.leave_alone(span, now);
                self.concurrency = CONCURRENCY.0;
            }
        }
        self.put_off(now)
    }

    /// Whether somebody waits whose path has room: else there is no need, and nothing shows that it could bear more.
    fn needs_more(&self) -> bool {
        self.first.iter().chain(&self.again).any(|(leased, _)| {
            let state = self.paths.get(path(leased));
            state.map_or(0, |state| state.running.all()) < share_of(state, self.concurrency())
        })
    }

    /// Takes those out that must wait now, whatever room there is.
    fn put_off(&mut self, now: UnixMillis) -> Vec<(Lease, Turn, Duration)> {
        let mut put_off = Vec::new();
        for turn in [Turn::First, Turn::Again] {
            for held in std::mem::take(self.queue(turn)) {
                match self.rest(path(&held.0), turn, now) {
                    None => self.queue(turn).push_back(held),
                    Some(rest) => {
                        self.state(path(&held.0)).waiting.remove(turn);
                        put_off.push((held.0.lease, turn, rest));
                    }
                }
            }
        }
        put_off
    }

    fn state(&mut self, path: &str) -> &mut PathState {
        self.paths.entry(path.to_owned()).or_default()
    }

    const fn queue(&mut self, turn: Turn) -> &mut VecDeque<Held> {
        match turn {
            Turn::First => &mut self.first,
            Turn::Again => &mut self.again,
        }
    }
}

impl PathState {
    fn is_blank(&self, long_ago: UnixMillis, now: UnixMillis) -> bool {
        self.running.all() + self.waiting.all() == 0
            && !self.times.has_reserved(now)
            && !self.backoff.has_failed_since(long_ago)
    }
}

impl Count {
    const fn all(self) -> usize {
        self.first + self.again
    }

    const fn of(self, turn: Turn) -> usize {
        match turn {
            Turn::First => self.first,
            Turn::Again => self.all(),
        }
    }

    const fn add(&mut self, turn: Turn) {
        match turn {
            Turn::First => self.first += 1,
            Turn::Again => self.again += 1,
        }
    }

    const fn remove(&mut self, turn: Turn) {
        match turn {
            Turn::First => self.first = self.first.saturating_sub(1),
            Turn::Again => self.again = self.again.saturating_sub(1),
        }
    }

    /// Whether one more may be under way beside these: one place is left to first attempts, and of those that back off
    /// one goes at a time, and one for the first time.
    const fn leaves_room(self, turn: Turn, places: usize, backs_off: bool) -> bool {
        match (turn, backs_off) {
            (Turn::First, true) => self.first == 0,
            (Turn::Again, true) => self.all() == 0,
            (Turn::First, false) => self.all() < places,
            (Turn::Again, false) => self.all() == 0 || self.all() + 1 < places,
        }
    }
}

/// How many of so many places a path may take.
fn share_of(path: Option<&PathState>, places: usize) -> usize {
    let own = if path.is_some_and(|state| state.is_prompt) { places.saturating_sub(1) } else { places / 2 };
    own.max(1)
}
