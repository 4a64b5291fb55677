//! Lanes: one for each endpoint, so that one that hangs delays nobody else.
//!
//! In a lane a few tries are under way at the same time, more of them the longer all goes well, and as many wait for them as
//! it carries in a second; what comes beyond that goes back to the store until it is likely to find room, so that it does
//! not stand before others. The fuller the courier's hands are, the less of them any one lane is given, however wide it is.

use std::collections::HashMap;
use std::time::Duration;

use super::lane::{ABREAST, End, Endpoint, Held, Lane, after};
use crate::domain::moment::Moment;
use crate::store::{Lease, Leased};

/// How many deliveries are in this courier's hands at the most.
const HANDS: usize = 2048;
/// How long failures are remembered of an endpoint that nobody calls, in milliseconds.
const MEMORY: u64 = 60 * 60 * 1000;

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

/// The lanes of one courier.
#[derive(Default)]
pub struct Lanes {
    lanes: HashMap<Endpoint, Lane>,
    running: usize,
    queued: usize,
}

impl Lanes {
    /// How many tries are under way.
    pub const fn running(&self) -> usize {
        self.running
    }

    /// How many wait in all lanes.
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// How many more there is room for, in all lanes.
    pub const fn free(&self) -> usize {
        HANDS.saturating_sub(self.running + self.queued)
    }

    /// How many lanes are narrow now. Forgets those that nobody has needed for an hour.
    pub fn narrow(&mut self, now: Moment) -> usize {
        let long_ago = Moment::from_millis(now.as_millis().saturating_sub(MEMORY));
        self.lanes.retain(|_, lane| !lane.is_idle() || lane.has_failed_since(long_ago));
        self.lanes.values().filter(|lane| lane.rests_until.is_some()).count()
    }

    /// Lets a delivery into its endpoint's lane, if there is room; `chance` spreads those that are put off.
    pub fn admit(&mut self, endpoint: Endpoint, held: Held, now: Moment, chance: u64) -> Admission {
        let free = self.free();
        let lane = self.lanes.entry(endpoint).or_default();
        if let Some(rest) = lane.rest(now) {
            if lane.running > 0 || lane.rests_until.is_some_and(|until| now < until) {
                return Admission::PutOff(after(rest, chance));
            }
        } else if lane.running >= lane.width().min(at_once(free)) {
            if lane.queue.len() >= queue(free).min(lane.depth()) {
                return Admission::PutOff(lane.book(now, chance));
            }
            lane.queue.push_back(held);
            self.queued += 1;
            return Admission::Queued;
        }
        lane.running += 1;
        self.running += 1;
        Admission::Go(Box::new(held.0))
    }

    /// A try has ended after this time. Answers those that have waited for it in vain, each with the time that it is put
    /// off.
    pub fn done(&mut self, endpoint: &Endpoint, end: End, now: Moment, chance: u64) -> Vec<(Lease, Duration)> {
        let Some(lane) = self.lanes.get_mut(endpoint) else { return Vec::new() };
        lane.end(end, now);
        self.running = self.running.saturating_sub(1);
        let mut put_off = Vec::new();
        if let Some(rest) = lane.rest(now) {
            put_off.extend(lane.queue.drain(..).map(|(leased, _)| (leased.lease, after(rest, chance))));
            self.queued -= put_off.len();
        }
        if lane.is_blank() {
            self.lanes.remove(endpoint);
        }
        put_off
    }

    /// The next in a lane for which there is room now; it counts as under way. It is in the courier's hands already, so it
    /// is no matter how full they are.
    pub fn next(&mut self, endpoint: &Endpoint) -> Option<Held> {
        let lane = self.lanes.get_mut(endpoint).filter(|lane| lane.running < lane.width())?;
        let held = lane.queue.pop_front()?;
        lane.running += 1;
        self.running += 1;
        self.queued -= 1;
        Some(held)
    }

    /// One that was next is not tried after all.
    pub fn skip(&mut self, endpoint: &Endpoint) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.running = lane.running.saturating_sub(1);
            self.running = self.running.saturating_sub(1);
        }
    }

    /// Empties all lanes.
    pub fn empty(&mut self) -> Vec<Lease> {
        self.queued = 0;
        self.lanes.values_mut().flat_map(|lane| lane.queue.drain(..)).map(|(leased, _)| leased.lease).collect()
    }
}

/// How many tries may be under way in a lane while so much room is left in the courier's hands.
fn at_once(free: usize) -> usize {
    if free < HANDS / 4 { 1 } else { usize::from(ABREAST.1) * free / (HANDS / 2) }
}

/// How many may wait in a lane while so much room is left.
const fn queue(free: usize) -> usize {
    if free < HANDS / 2 { 0 } else { free / 4 }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::super::lane::{FAILURES, Load, NO_ROOM, PACE, REST};
    use super::*;
    use crate::domain::delivery::News;
    use crate::domain::id::MerchantId;
    use crate::domain::outcome::Fact;
    use crate::store::Parcel;
    use crate::store::laws::cast::{Draft, departed, settled};

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);
    const NEW: usize = ABREAST.0 as usize;
    const GROWN: usize = ABREAST.1 as usize;

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

    /// A try that took no time to speak of.
    const fn end(load: Load) -> End {
        End { load, took: Duration::from_millis(1) }
    }

    #[test]
    fn a_full_lane_leaves_the_others_alone() {
        let (mut lanes, queue) = (Lanes::default(), Lane::default().depth());
        for n in 0..NEW + queue {
            let admitted = come(&mut lanes, "https://hangs.example/", NOW);
            assert_eq!(matches!(admitted, Admission::Go(_)), n < NEW, "{n}: {admitted:?}");
        }
        assert_eq!((lanes.running(), lanes.queued()), (NEW, queue));
        let waits: Vec<_> = (0..10_000)
            .map(|_| match come(&mut lanes, "https://hangs.example/", NOW) {
                Admission::PutOff(wait) => wait,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(
            waits.is_sorted() && waits[0] == PACE / u32::from(ABREAST.0) * u32::try_from(queue).unwrap(),
            "{:?}",
            waits[0]
        );
        assert_eq!(waits.last(), Some(&NO_ROOM.1));
        assert!(matches!(come(&mut lanes, "https://well.example/", NOW), Admission::Go(_)));
        let hangs = endpoint("https://hangs.example/");
        assert!(lanes.next(&hangs).is_none());
        assert!(lanes.done(&hangs, end(Load::Heavy), NOW, 0).is_empty());
        assert!(lanes.next(&hangs).is_some() && lanes.next(&hangs).is_none());
    }

    /// Lets a lane grow as far as it can, at tries of this time; as many wait in it as may.
    fn grown(lanes: &mut Lanes, url: &str, took: Duration) {
        for _ in NEW..=GROWN {
            while !matches!(come(lanes, url, NOW), Admission::PutOff(_)) {}
            land(lanes, url, End { load: Load::Light, took });
        }
        while !matches!(come(lanes, url, NOW), Admission::PutOff(_)) {}
    }

    /// A try has ended, and who waited for it is set going; answers how many are under way then in this lane.
    fn land(lanes: &mut Lanes, url: &str, end: End) -> usize {
        lanes.done(&endpoint(url), end, NOW, 0);
        while lanes.next(&endpoint(url)).is_some() {}
        lanes.lanes.get(&endpoint(url)).map_or(0, |lane| lane.running)
    }

    #[test]
    fn a_lane_grows_while_others_wait_and_is_back_where_it_began_with_a_failure() {
        let (mut lanes, url) = (Lanes::default(), "https://busy.example/");
        let well = End { load: Load::Light, took: PACE };
        for n in 1..=2 * GROWN {
            while !matches!(come(&mut lanes, url, NOW), Admission::PutOff(_)) {}
            assert_eq!(land(&mut lanes, url, well), GROWN.min(NEW + n), "after {n} that ended well");
        }
        let depth = lanes.lanes[&endpoint(url)].depth();
        for left in (NEW..GROWN).rev() {
            let load = if left == GROWN - 1 { Load::Heavy } else { Load::Nothing };
            assert_eq!(land(&mut lanes, url, end(load)), left, "{load:?}");
        }
        assert_eq!(land(&mut lanes, url, end(Load::Nothing)), NEW, "one ends, and one that has waited goes");
        assert!(lanes.lanes[&endpoint(url)].depth() < depth, "it carries less, so fewer wait");
        assert_eq!(land(&mut lanes, url, well), NEW + 1);
    }

    #[test]
    fn a_lane_where_nobody_waits_does_not_grow_and_an_idle_one_begins_anew() {
        let (mut lanes, url) = (Lanes::default(), "https://calm.example/");
        for _ in 0..GROWN {
            while lanes.running() < NEW {
                come(&mut lanes, url, NOW);
            }
            assert_eq!(land(&mut lanes, url, end(Load::Light)), NEW - 1);
        }
        assert_eq!(lanes.lanes[&endpoint(url)].width(), NEW);
        grown(&mut lanes, url, PACE);
        while land(&mut lanes, url, end(Load::Light)) > 0 {}
        assert!(lanes.lanes.is_empty());
        let going = (0..GROWN).filter(|_| matches!(come(&mut lanes, url, NOW), Admission::Go(_)));
        assert_eq!(going.count(), NEW);
    }

    #[test]
    fn a_lane_that_has_grown_takes_no_more_than_its_share() {
        let mut lanes = Lanes::default();
        grown(&mut lanes, "https://slow.example/", Duration::from_secs(14));
        assert_eq!((lanes.running(), lanes.queued()), (GROWN, NEW), "one that is slow has as few in wait as a new one");
        let mut widths = Vec::new();
        for n in 0..200 {
            let (url, before) = (format!("https://slow{n}.example/"), lanes.running());
            grown(&mut lanes, &url, Duration::from_secs(14));
            widths.push(lanes.running() - before);
        }
        assert!(widths.is_sorted_by(|one, next| one >= next) && widths[0] == GROWN, "{widths:?}");
        assert!(lanes.free() > HANDS / 8, "{} are free", lanes.free());
        assert!(matches!(come(&mut lanes, "https://well.example/", NOW), Admission::Go(_)));
    }

    #[test]
    fn tries_that_fail_together_are_one_reason_to_rest() {
        let (mut lanes, url) = (Lanes::default(), "https://restarts.example/");
        grown(&mut lanes, url, PACE);
        let asked = Duration::from_mins(2);
        for n in 0..GROWN {
            lanes.done(&endpoint(url), end(if n == GROWN / 2 { Load::TooHeavy(asked) } else { Load::Heavy }), NOW, 0);
            let rest = lanes.lanes[&endpoint(url)].rest(NOW);
            let expected = [None, Some(REST.0), Some(asked)];
            assert_eq!(rest, expected[usize::from(n + 1 >= FAILURES as usize) + usize::from(n >= GROWN / 2)], "{n}");
        }
        let now = NOW.plus(asked);
        assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)));
        lanes.done(&endpoint(url), end(Load::Heavy), now, 0);
        assert_eq!(lanes.lanes[&endpoint(url)].rest(now), Some(REST.0 * 2), "one that was tried alone is another");
    }

    #[test]
    fn a_lane_holds_what_it_carries_in_a_second() {
        let mut lanes = Lanes::default();
        let url = "https://shop.example/";
        // One try stays under way, so that the lane stays.
        come(&mut lanes, url, NOW);
        for (millis, held) in [(40, 100), (15_000, NEW), (2, 1000)] {
            for _ in 0..50 {
                come(&mut lanes, url, NOW);
                let took = Duration::from_millis(millis);
                lanes.done(&endpoint(url), End { load: Load::Light, took }, NOW, 0);
            }
            let depth = lanes.lanes[&endpoint(url)].depth();
            assert!(depth.abs_diff(held) <= held / 20, "{millis} ms: {depth}");
        }
    }

    #[test]
    fn who_is_put_off_comes_again_as_fast_as_the_lane_turned_out_to_be() {
        let mut lanes = Lanes::default();
        let url = "https://shop.example/";
        let put_off = |lanes: &mut Lanes| match come(lanes, url, NOW) {
            Admission::PutOff(wait) => wait,
            other => panic!("{other:?}"),
        };
        while !matches!(come(&mut lanes, url, NOW), Admission::PutOff(_)) {}
        let slow = (0..200).map(|_| put_off(&mut lanes)).last().unwrap();
        lanes.done(&endpoint(url), End { load: Load::Light, took: PACE / 10 }, NOW, 0);
        lanes.next(&endpoint(url)).unwrap();
        while !matches!(come(&mut lanes, url, NOW), Admission::PutOff(_)) {}
        let quick = put_off(&mut lanes);
        assert!(quick < slow / 5, "{quick:?}, and {slow:?} before");
    }

    #[test]
    fn the_fuller_the_hands_the_less_for_each_lane() {
        let (mut lanes, mut idle) = (Lanes::default(), 0);
        for n in 0..10 * HANDS {
            // So many endpoints that hang, each with more deliveries than it is given room for.
            let url = format!("https://hangs{}.example/", n / 40);
            idle += usize::from(matches!(come(&mut lanes, &url, NOW), Admission::Go(_)) && n % 40 == 0);
            if lanes.free() < 128 {
                break;
            }
        }
        assert!(idle > 400, "{idle} endpoints had a try under way before the hands were full");
        assert!(matches!(come(&mut lanes, "https://well.example/", NOW), Admission::Go(_)));
    }

    #[test]
    fn after_some_failures_a_lane_is_narrow_until_one_succeeds() {
        let mut lanes = Lanes::default();
        let (url, mut now) = ("https://down.example/", NOW);
        let down = endpoint(url);
        for _ in 0..NEW + 3 {
            come(&mut lanes, url, now);
        }
        for failure in 1..=FAILURES {
            let put_off = lanes.done(&down, end(Load::Heavy), now, 0);
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
            lanes.done(&down, end(Load::Heavy), now, 0);
        }
        assert_eq!(lanes.narrow(now), 1);
        now = now.plus(REST.1);
        assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)));
        lanes.done(&down, end(Load::Light), now, 0);
        for _ in 0..NEW {
            assert!(matches!(come(&mut lanes, url, now), Admission::Go(_)));
        }
    }

    #[test]
    fn an_endpoint_that_has_too_much_to_do_is_left_alone_at_once() {
        let mut lanes = Lanes::default();
        let url = "https://busy.example/";
        come(&mut lanes, url, NOW);
        lanes.done(&endpoint(url), end(Load::TooHeavy(Duration::from_mins(2))), NOW, 0);
        let rests = Duration::from_mins(2);
        assert!(matches!(come(&mut lanes, url, NOW), Admission::PutOff(wait) if wait == rests));
        assert!(matches!(come(&mut lanes, url, NOW.plus(rests)), Admission::Go(_)));
        lanes.done(&endpoint(url), end(Load::TooHeavy(Duration::from_hours(24))), NOW, 0);
        assert!(matches!(come(&mut lanes, url, NOW), Admission::PutOff(wait) if wait == REST.1), "not for hours");
    }

    #[test]
    fn an_endpoint_that_nobody_calls_is_forgotten() {
        let mut lanes = Lanes::default();
        let url = "https://down.example/";
        come(&mut lanes, url, NOW);
        lanes.done(&endpoint(url), end(Load::TooHeavy(REST.0)), NOW, 0);
        assert_eq!((lanes.narrow(NOW), lanes.lanes.len()), (1, 1));
        assert_eq!((lanes.narrow(NOW.plus(Duration::from_millis(MEMORY))), lanes.lanes.len()), (0, 0));
    }
}
