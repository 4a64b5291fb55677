//! A lane: what a courier knows of one endpoint.
//!
//! It begins with few tries at a time, grows by one with each that ends well while others wait for it, and is back where
//! it began with the first that fails. Its width and its pace say how many may wait in it, and when those come again for
//! whom there is no room. After some failures in a row it is narrow: one try at a time, with a rest after each, until one
//! succeeds.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::callback::CallbackUrl;
use crate::domain::id::MerchantId;
use crate::domain::moment::Moment;
use crate::store::Leased;

/// How many tries are under way at one endpoint at the same time: in a new lane, and in one that has grown as far as it
/// may.
pub const ABREAST: (u8, u8) = (4, 32);
/// How long the last of those that wait in a lane should have to wait.
const DEPTH: Duration = Duration::from_secs(1);
/// How long a try takes in a lane where none has ended yet.
pub const PACE: Duration = Duration::from_millis(100);
/// After how many failures in a row a lane is narrow.
pub const FAILURES: u32 = 5;
/// The first and the longest rest of a narrow lane; each is twice as long as the one before.
pub const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));
/// The shortest and the longest time that a delivery is put off for which there is no room.
pub const NO_ROOM: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(20));
/// Where deliveries of a merchant go: a scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    merchant: MerchantId,
    origin: String,
}

impl Endpoint {
    /// Where this one goes.
    pub fn of(leased: &Leased) -> Self {
        let plan = &leased.parcel.journey.opening().plan;
        let url = plan.url_of(leased.lease.id.target).map_or("", CallbackUrl::as_str);
        let authority = url.find("://").map_or(0, |at| at + "://".len());
        let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
        Self { merchant: leased.lease.merchant, origin: url[..end].to_owned() }
    }
}

/// What a try was to its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Received.
    Light,
    /// A failure.
    Heavy,
    /// More than it can bear: it wants to be left alone for this time.
    TooHeavy(Duration),
    /// Nothing was sent.
    Nothing,
}

/// How a try has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// What it was to its endpoint.
    pub load: Load,
    /// How long it took.
    pub took: Duration,
}

/// A leased delivery, and the moment when its lease lapses.
pub type Held = (Leased, Instant);

/// One lane.
pub struct Lane {
    /// How many tries are under way.
    pub running: usize,
    /// Who waits for them.
    pub queue: VecDeque<Held>,
    /// How many tries may be under way.
    width: u8,
    /// How long a try takes here, more or less, once one has ended.
    pace: Option<Duration>,
    /// Until when there is no room, as far as others have been told to come again.
    booked: Moment,
    /// How many failures there were in a row, and when the last one was.
    failures: u32,
    failed_at: Moment,
    /// Until when it rests, while it is narrow.
    pub rests_until: Option<Moment>,
}

impl Default for Lane {
    fn default() -> Self {
        let never = Moment::from_millis(0);
        let queue = VecDeque::new();
        Self {
            running: 0,
            queue,
            width: ABREAST.0,
            pace: None,
            booked: never,
            failures: 0,
            failed_at: never,
            rests_until: None,
        }
    }
}

impl Lane {
    /// Whether nothing is under way here, and nobody waits.
    pub fn is_idle(&self) -> bool {
        self.running == 0 && self.queue.is_empty()
    }

    /// Whether it has nothing to remember: then it is built again when it is needed. Its width is no matter for memory: it
    /// was won while others waited, and is won again, when they do, in as many tries.
    pub fn is_blank(&self) -> bool {
        self.is_idle() && self.failures == 0
    }

    /// Whether it has failed since this moment.
    pub fn has_failed_since(&self, moment: Moment) -> bool {
        self.failures > 0 && self.failed_at > moment
    }

    /// For how long those are put off who come to a narrow lane; `None` when it is wide.
    pub fn rest(&self, now: Moment) -> Option<Duration> {
        Some(self.rests_until?.since(now).max(REST.0))
    }

    /// How many tries may be under way here.
    pub fn width(&self) -> usize {
        self.width.into()
    }

    /// How many may wait here.
    pub fn depth(&self) -> usize {
        let seats = DEPTH.as_millis() / self.turn().as_millis();
        usize::try_from(seats).unwrap_or(usize::MAX).max(ABREAST.0.into())
    }

    /// How long it is from the end of one try to the next, while several are under way.
    fn turn(&self) -> Duration {
        (self.pace.unwrap_or(PACE) / u32::from(self.width)).max(Duration::from_millis(1))
    }

    /// A try has ended.
    pub fn end(&mut self, end: End, now: Moment) {
        self.running = self.running.saturating_sub(1);
        let before = self.turn();
        match end.load {
            Load::Nothing => return,
            Load::Light => self.succeed(),
            Load::Heavy => self.fail(1, Duration::ZERO, now),
            Load::TooHeavy(rest) => self.fail(FAILURES, rest, now),
        }
        self.pace = Some(self.pace.map_or(end.took, |pace| (pace * 3 + end.took) / 4));
        self.book_anew(before, now);
    }

    /// Brings what is booked into line with what a turn is now; it was `before`.
    fn book_anew(&mut self, before: Duration, now: Moment) {
        let ahead = self.booked.since(now).mul_f64(self.turn().div_duration_f64(before));
        self.booked = now.plus(ahead.min(NO_ROOM.1));
    }

    /// Books a place behind all who were told to come again, and answers how long it is until then.
    pub fn book(&mut self, now: Moment, chance: u64) -> Duration {
        let turn = self.turn();
        let waiting = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        let at = self.booked.max(now.plus(turn.saturating_mul(waiting)));
        let wait = at.since(now);
        if wait >= NO_ROOM.1 {
            return spread(NO_ROOM.1, chance);
        }
        self.booked = at.plus(turn);
        wait.max(NO_ROOM.0)
    }

    fn succeed(&mut self) {
        (self.failures, self.rests_until) = (0, None);
        // Where nobody waits there is no need, and nothing shows that it could bear more.
        if !self.queue.is_empty() {
            self.width = (self.width + 1).min(ABREAST.1);
        }
    }

    fn fail(&mut self, least: u32, rest: Duration, now: Moment) {
        // Nothing begins while it rests: this one was under way with those that it rests for, and says the same again.
        let again = u32::from(self.rests_until.is_none_or(|until| until <= now));
        self.failures = self.failures.saturating_add(again).max(least);
        (self.failed_at, self.width) = (now, ABREAST.0);
        if let Some(beyond) = self.failures.checked_sub(FAILURES) {
            let own = REST.0.saturating_mul(1 << beyond.min(10)).min(REST.1);
            // What it has asked for holds, whatever else ends meanwhile; but one path does not speak for all of them for
            // hours. Its own delivery waits for as long as was asked.
            self.rests_until = self.rests_until.max(Some(now.plus(own.max(rest.min(REST.1)))));
        }
    }
}

/// A rest, and up to the shortest one more, so that what was put off together does not come together.
pub fn after(rest: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(REST.0.as_millis()).unwrap_or(u64::MAX);
    rest.saturating_add(Duration::from_millis(chance % millis.max(1)))
}

/// A time between `span` and twice that.
pub fn spread(span: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    span.saturating_add(Duration::from_millis(chance % millis.max(1)))
}
