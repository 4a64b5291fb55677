//! The queues of a courier: one for each receiver, so that one that is away or hangs delays nobody else.
//!
//! As many wait in a queue as it carries in a second; what comes beyond that goes back to the store until it is likely
//! to find room. The fuller the courier's hands are, the less of them any one queue is given; and some of them are kept
//! free of retries, so that there is always a hand for what was never tried. Of deliveries that hung when they were
//! tried last, few are retried at the same time (`hanging.rs`).

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::backoff::REST;
use super::queue::{CONCURRENCY, End, ReceiverQueue};
use super::receiver::{Held, Receiver, Seat, Turn};
use super::timetable::{NO_ROOM, spread};
use crate::domain::UnixMillis;
use crate::store::{Lease, Leased};

/// How many deliveries are in this courier's hands at the most.
pub const HANDS: usize = 2048;
/// How many retries may be under way of deliveries that hung when they were tried last: so what was never tried has most
/// of the places in which attempts may hang.
pub const MOST_RETRIED: usize = 96;
/// How long failures are remembered of a receiver that nobody calls, in milliseconds.
pub const MEMORY: u64 = 60 * 60 * 1000;

/// What becomes of a delivery that comes to its queue.
#[derive(Debug)]
pub enum Admission {
    /// It is tried now.
    Go(Box<Leased>),
    /// It waits in the queue.
    Queued,
    /// It goes back for this time.
    PutOff(Duration),
}

/// The queues of one courier.
#[derive(Default)]
pub struct Queues {
    queues: HashMap<Receiver, ReceiverQueue>,
    running: usize,
    waiting: usize,
    /// How many of those that are under way have hung before; none of these waits in a queue.
    retried: usize,
}

impl Queues {
    /// How many attempts are under way.
    pub const fn running(&self) -> usize {
        self.running
    }

    /// How many wait in all queues.
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many more there is room for, in all queues.
    pub const fn free(&self) -> usize {
        HANDS.saturating_sub(self.running + self.waiting)
    }

    /// How many receivers are backing off now. Forgets those that nobody has needed for an hour.
    pub fn backing_off(&mut self, now: UnixMillis) -> usize {
        let long_ago = UnixMillis::from_millis(now.as_millis().saturating_sub(MEMORY));
        self.queues.retain(|_, queue| !queue.is_blank(long_ago, now));
        self.queues.values().filter(|queue| queue.backs_off()).count()
    }

    /// Lets a delivery into its receiver's queue, if there is room; `chance` spreads those that are put off.
    pub fn admit(&mut self, held: Held, now: UnixMillis, chance: u64) -> Admission {
        let Seat { receiver, path, turn, hung } = Seat::of(&held.0);
        let free = self.free();
        if (turn == Turn::Again && free <= HANDS / 4) || (hung && self.retried >= MOST_RETRIED) {
            return Admission::PutOff(spread(NO_ROOM.1, chance));
        }
        let queue = self.queues.entry(receiver).or_default();
        if let Some(rest) = queue.rest(&path, turn, now) {
            return Admission::PutOff(after(rest, turn, chance));
        }
        if queue.has_place(&path, turn, at_once(free)) {
            queue.begin(&path, turn);
            self.running += 1;
            self.retried += usize::from(hung);
            return Admission::Go(held.0);
        }
        if !hung && queue.has_seat(&path, turn, seats(free)) {
            queue.push(held);
            self.waiting += 1;
            return Admission::Queued;
        }
        if turn == Turn::Again && queue.backs_off() {
            return Admission::PutOff(after(REST.0, turn, chance));
        }
        Admission::PutOff(queue.turn_away(&path, turn, now, chance))
    }

    /// An attempt has ended after this time. Answers those that have waited for it in vain, each with the time that it
    /// is put off.
    pub fn done(&mut self, seat: &Seat, end: End, now: UnixMillis, chance: u64) -> Vec<(Lease, Duration)> {
        let Some(queue) = self.queues.get_mut(&seat.receiver) else { return Vec::new() };
        let put_off = queue.end(seat, end, now);
        self.running = self.running.saturating_sub(1);
        self.retried = self.retried.saturating_sub(seat.hung.into());
        self.waiting = self.waiting.saturating_sub(put_off.len());
        let long_ago = UnixMillis::from_millis(now.as_millis().saturating_sub(MEMORY));
        if queue.is_blank(long_ago, now) {
            self.queues.remove(&seat.receiver);
        }
        put_off.into_iter().map(|(lease, turn, rest)| (lease, after(rest, turn, chance))).collect()
    }

    /// The next in a queue for which there is room now; it counts as under way. It is in the courier's hands already,
    /// so it is no matter how full they are.
    pub fn next(&mut self, receiver: &Receiver) -> Option<Held> {
        let held = self.queues.get_mut(receiver)?.next()?;
        self.running += 1;
        self.waiting = self.waiting.saturating_sub(1);
        Some(held)
    }

    /// One that was next is not tried after all.
    pub fn skip(&mut self, seat: &Seat) {
        if let Some(queue) = self.queues.get_mut(&seat.receiver) {
            queue.unbegin(&seat.path, seat.turn);
            self.running = self.running.saturating_sub(1);
        }
    }

    /// Takes those out of a queue whose lease lapses before this moment.
    pub fn overdue(&mut self, receiver: &Receiver, moment: Instant) -> Vec<Lease> {
        let overdue = self.queues.get_mut(receiver).map_or_else(Vec::new, |queue| queue.overdue(moment));
        self.waiting = self.waiting.saturating_sub(overdue.len());
        overdue
    }

    /// Empties all queues.
    pub fn empty(&mut self) -> Vec<Lease> {
        self.waiting = 0;
        self.queues.values_mut().flat_map(ReceiverQueue::empty).collect()
    }

    #[cfg(test)]
    pub(super) fn queue(&self, receiver: &Receiver) -> Option<&ReceiverQueue> {
        self.queues.get(receiver)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }
}

/// When something comes again that must rest for so long: what was never tried as soon as it may, the rest a little
/// later and not all at once, so that a first attempt is the first to go.
fn after(rest: Duration, turn: Turn, chance: u64) -> Duration {
    let millis = u64::try_from(REST.0.as_millis()).unwrap_or(u64::MAX);
    match turn {
        Turn::First => rest.max(NO_ROOM.0),
        Turn::Again => rest.max(REST.0).saturating_add(Duration::from_millis(1 + chance % millis.max(1))),
    }
}

/// How many attempts may be under way in a queue while so much room is left in the courier's hands.
fn at_once(free: usize) -> usize {
    if free < HANDS / 4 { 1 } else { usize::from(CONCURRENCY.1) * free / (HANDS / 2) }
}

/// How many may wait in a queue while so much room is left.
const fn seats(free: usize) -> usize {
    if free < HANDS / 2 { 0 } else { free / 4 }
}
