//! Lanes: one for each endpoint, so that one that hangs delays nobody else.
//!
//! In a lane a few tries are under way at the same time and a few wait for them; what comes beyond that goes back to the
//! store for a while, so that it does not stand before others. After some failures in a row the lane is narrow: one try at
//! a time, with a rest after each, until one succeeds.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::callback::CallbackUrl;
use crate::domain::id::MerchantId;
use crate::domain::moment::Moment;
use crate::store::{Lease, Leased};

/// How many tries are under way at one endpoint at the same time.
const AT_ONCE: usize = 4;
/// How many wait in a lane.
const QUEUE: usize = 32;
/// After how many failures in a row a lane is narrow.
const FAILURES: u32 = 5;
/// The first and the longest rest of a narrow lane; each is twice as long as the one before.
const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));
/// How long a delivery is put off for which there is no room, and by how much longer each one that comes after it, until
/// the next try ends.
const FULL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(50));
/// The longest that one is put off because there is no room.
const LONGEST: Duration = Duration::from_mins(1);

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

/// What becomes of a delivery that comes to its lane.
#[derive(Debug)]
pub enum Admission {
    /// It is tried now.
    Go(Box<Leased>),
    /// It waits in the lane.
    Queued,
    /// It goes back for this time.
    PutOff(Duration),
}

/// A leased delivery, and the moment when its lease lapses.
pub type Held = (Leased, Instant);

/// The lanes of one courier.
#[derive(Default)]
pub struct Lanes {
    lanes: HashMap<Endpoint, Lane>,
    queued: usize,
}

#[derive(Default)]
struct Lane {
    running: usize,
    queue: VecDeque<Held>,
    failures: u32,
    rests_until: Option<Moment>,
    /// How many were put off since the last try ended.
    put_off: u32,
}

impl Lanes {
    /// How many wait in all lanes.
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// Lets a delivery into its endpoint's lane, if there is room; `chance` spreads those that are put off.
    pub fn admit(&mut self, endpoint: Endpoint, held: Held, now: Moment, chance: u64) -> Admission {
        let lane = self.lanes.entry(endpoint).or_default();
        if let Some(until) = lane.rests_until {
            if lane.running > 0 || now < until {
                return Admission::PutOff(spread(until.since(now).max(REST.0), chance));
            }
        } else if lane.running >= AT_ONCE {
            if lane.queue.len() >= QUEUE {
                lane.put_off = lane.put_off.saturating_add(1);
                return Admission::PutOff(FULL.0.max(FULL.1.saturating_mul(lane.put_off)).min(LONGEST));
            }
            lane.queue.push_back(held);
            self.queued += 1;
            return Admission::Queued;
        }
        lane.running += 1;
        Admission::Go(Box::new(held.0))
    }

    /// A try has ended. Answers those that have waited for it in vain, each with the time that it is put off.
    pub fn done(&mut self, endpoint: &Endpoint, load: Load, now: Moment, chance: u64) -> Vec<(Lease, Duration)> {
        let Some(lane) = self.lanes.get_mut(endpoint) else { return Vec::new() };
        lane.running = lane.running.saturating_sub(1);
        lane.put_off = 0;
        match load {
            Load::Light => (lane.failures, lane.rests_until) = (0, None),
            Load::Nothing => {}
            Load::Heavy => lane.fail(1, Duration::ZERO, now),
            Load::TooHeavy(rest) => lane.fail(FAILURES, rest, now),
        }
        let mut put_off = Vec::new();
        if let Some(until) = lane.rests_until {
            let rest = until.since(now).max(REST.0);
            put_off.extend(lane.queue.drain(..).map(|(leased, _)| (leased.lease, spread(rest, chance))));
            self.queued -= put_off.len();
        }
        // A lane that has nothing to remember is built again when it is needed.
        if lane.running == 0 && lane.queue.is_empty() && lane.failures == 0 {
            self.lanes.remove(endpoint);
        }
        put_off
    }

    /// The next in a lane for which there is room now; it counts as under way.
    pub fn next(&mut self, endpoint: &Endpoint) -> Option<Held> {
        let lane = self.lanes.get_mut(endpoint).filter(|lane| lane.running < AT_ONCE)?;
        let held = lane.queue.pop_front()?;
        lane.running += 1;
        self.queued -= 1;
        Some(held)
    }

    /// One that was next is not tried after all.
    pub fn skip(&mut self, endpoint: &Endpoint) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.running = lane.running.saturating_sub(1);
        }
    }

    /// Empties all lanes.
    pub fn empty(&mut self) -> Vec<Lease> {
        self.queued = 0;
        self.lanes.values_mut().flat_map(|lane| lane.queue.drain(..)).map(|(leased, _)| leased.lease).collect()
    }
}

impl Lane {
    fn fail(&mut self, least: u32, rest: Duration, now: Moment) {
        self.failures = self.failures.saturating_add(1).max(least);
        if let Some(beyond) = self.failures.checked_sub(FAILURES) {
            let own = REST.0.saturating_mul(1 << beyond.min(10)).min(REST.1);
            self.rests_until = Some(now.plus(own.max(rest)));
        }
    }
}

/// A time between `span` and twice that.
fn spread(span: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    span.saturating_add(Duration::from_millis(chance % millis.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::News;
    use crate::domain::outcome::Fact;
    use crate::store::Parcel;
    use crate::store::laws::cast::{Draft, departed, settled};

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn held(url: &str) -> Held {
        let away = departed(Draft::at(NOW).telling([url]).journey(), NOW).0;
        let (journey, _) = settled(away, &Fact::paid(), NOW);
        let delivery = journey.deliveries(News::Settled(0), NOW, |_| true).remove(0);
        let lease = Lease { id: delivery.id, merchant: MerchantId::mint([7; 16]), by: 1 };
        (Leased { parcel: Parcel { delivery, journey }, lease }, Instant::now())
    }

    fn come(lanes: &mut Lanes, url: &str, now: Moment) -> Admission {
        let held = held(url);
        lanes.admit(Endpoint::of(&held.0), held, now, 0)
    }

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::of(&held(url).0)
    }

    #[test]
    fn an_endpoint_is_a_scheme_a_host_and_a_port() {
        let one = endpoint("https://a.example/x?y#z");
        for same in ["https://a.example", "https://a.example?x", "https://a.example/other"] {
            assert_eq!(endpoint(same), one, "{same}");
        }
        for other in ["https://a.example:8443/x", "https://b.example/x", "http://127.0.0.1:1/x"] {
            assert_ne!(endpoint(other), one, "{other}");
        }
    }

    #[test]
    fn a_full_lane_leaves_the_others_alone() {
        let mut lanes = Lanes::default();
        for n in 0..AT_ONCE + QUEUE {
            let admitted = come(&mut lanes, "https://hangs.example/", NOW);
            assert_eq!(matches!(admitted, Admission::Go(_)), n < AT_ONCE, "{n}: {admitted:?}");
        }
        assert_eq!(lanes.queued(), QUEUE);
        assert!(matches!(come(&mut lanes, "https://hangs.example/", NOW), Admission::PutOff(wait) if wait == FULL.0));
        let last = (0..10_000).map(|_| come(&mut lanes, "https://hangs.example/", NOW)).last();
        assert!(matches!(last, Some(Admission::PutOff(LONGEST))), "{last:?}");
        assert!(matches!(come(&mut lanes, "https://well.example/", NOW), Admission::Go(_)));
        let hangs = endpoint("https://hangs.example/");
        assert!(lanes.next(&hangs).is_none());
        assert!(lanes.done(&hangs, Load::Light, NOW, 0).is_empty());
        assert!(lanes.next(&hangs).is_some() && lanes.next(&hangs).is_none());
    }

    #[test]
    fn after_some_failures_a_lane_is_narrow_until_one_succeeds() {
        let mut lanes = Lanes::default();
        let (url, mut now) = ("https://down.example/", NOW);
        let down = endpoint(url);
        for _ in 0..AT_ONCE + 3 {
            come(&mut lanes, url, now);
        }
        for failure in 1..=FAILURES {
            let put_off = lanes.done(&down, Load::Heavy, now, 0);
            assert_eq!(put_off.len(), if failure == FAILURES { 2 } else { 0 }, "{failure}");
            if failure == 1 {
                assert!(lanes.next(&down).is_some());
            }
        }
        assert_eq!(lanes.queued(), 0);
        for rest in [5, 10, 20, 40, 80, 160, 300, 300] {
            assert!(matches!(come(&mut lanes, url, now), Admission::PutOff(_)), "it rests");
            now = now.plus(Duration::from_secs(rest));
            assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)), "it is tried after {rest} s");
            assert!(matches!(come(&mut lanes, url, now), Admission::PutOff(_)), "one at a time");
            lanes.done(&down, Load::Heavy, now, 0);
        }
        now = now.plus(REST.1);
        assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)));
        lanes.done(&down, Load::Light, now, 0);
        for _ in 0..AT_ONCE {
            assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)));
        }
    }

    #[test]
    fn an_endpoint_that_has_too_much_to_do_is_left_alone_at_once() {
        let mut lanes = Lanes::default();
        let url = "https://busy.example/";
        come(&mut lanes, url, NOW);
        lanes.done(&endpoint(url), Load::TooHeavy(Duration::from_mins(2)), NOW, 0);
        let rests = Duration::from_mins(2);
        assert!(matches!(come(&mut lanes, url, NOW), Admission::PutOff(wait) if wait == rests));
        assert!(matches!(come(&mut lanes, url, NOW.plus(rests)), Admission::Go(_)));
    }
}
