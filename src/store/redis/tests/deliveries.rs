//! Deliveries in Redis: for how long it keeps them, and what one damaged record does to the others.

use super::{fixture::RedisServer, *};
use crate::domain::{
    Delivery, Fact, Journey, JourneyEvent, JourneyId, LedTo, MerchantId, ResponseId, Shard, UnixMillis, Verdict,
};
use crate::store::laws::fixtures::{Draft, away, concluded, concluding};
use crate::store::{Deliveries, DeliveryFilter, Journeys, Opened, REMEMBERED, Step, Taken};

const HOUR: Duration = Duration::from_hours(1);

impl RedisStore {
    /// For how long yet Redis keeps this; -1 when it never lets it go by itself.
    async fn hours_left(&self, key: Vec<u8>) -> i64 {
        let left: i64 = reply(self.link.ask(Request::plain("PTTL", [key])).await.unwrap()).unwrap();
        // It has been some milliseconds since.
        if left < 0 { left } else { (left + 60_000) / i64::try_from(HOUR.as_millis()).unwrap() }
    }

    async fn cancelled(&self, draft: Draft, at: UnixMillis) -> Journey {
        let journey = draft.notifying(["https://m.example/a"]).journey();
        assert_eq!(Journeys::open(self, &journey, &[], None).await, Ok(Opened::New));
        let (away, _) = away(journey, at);
        assert_eq!(self.take(&Step::to(away.clone())).await, Ok(Taken::Done));
        let (cancelled, _) = concluded(away, &Fact::pressed_cancel(), at);
        assert_eq!(self.take(&concluding(cancelled.clone(), None)).await, Ok(Taken::Done));
        cancelled
    }

    /// Lets everything that waits end unreceived.
    async fn bury(&self) {
        for leased in self.lease(9, HOUR, rand::random()).await.unwrap() {
            assert_eq!(self.report(&leased.lease, None, Verdict::Dead).await, Ok(true));
        }
    }
}

#[tokio::test]
async fn a_step_of_a_journey_whose_time_to_be_kept_is_over_is_taken_and_the_last_one() {
    let server = RedisServer::start();
    let clock = Arc::new(TestClock::default());
    let store = RedisStore::open(address(&server.url()), Arc::clone(&clock) as Arc<dyn Clock>, Duration::ZERO).unwrap();
    let journey = Draft::at(store.clock.now()).journey();
    assert_eq!(Journeys::open(&store, &journey, &[], None).await, Ok(Opened::New));
    let (cancelled, _) = concluded(journey, &Fact::pressed_cancel(), store.clock.now());
    assert_eq!(store.take(&concluding(cancelled.clone(), None)).await, Ok(Taken::Done));
    clock.advance(365 * 24 * HOUR);
    let (paid, _) = concluded(cancelled.clone(), &Fact::paid(), cancelled.opening().opened_at);
    assert_eq!(store.take(&concluding(paid.clone(), None)).await, Ok(Taken::Done));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(store.find(paid.pay_id()).await, Ok(None));
}

#[tokio::test]
async fn what_a_replay_has_prolonged_no_later_step_shortens() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let life = Delivery::LIFE + REMEMBERED;
    let long_ago =
        UnixMillis::from_millis(0).plus(store.clock.now().since(UnixMillis::from_millis(0).plus(life - 12 * HOUR)));
    let journey = store.cancelled(Draft::at(long_ago), long_ago).await;
    let (pay_id, merchant) = (journey.pay_id(), journey.opening().merchant);
    let left =
        async || [store.hours_left(keys::journey(pay_id)).await, store.hours_left(keys::deliveries(pay_id)).await];
    store.bury().await;
    assert_eq!(left().await, [12, 12]);
    let [delivery] = <[_; 1]>::try_from(store.deliveries(pay_id).await.unwrap()).unwrap();
    assert_eq!(store.replay(&delivery.id, merchant).await, Ok(true));
    let life = i64::try_from(life.as_secs() / 3600).unwrap();
    assert_eq!(left().await, [life, life]);
    let mut journey = journey;
    for response_digest in 1..4 {
        journey =
            journey.remember(ResponseId { visit: 0, response_digest }, LedTo::Outcome(0), store.clock.now()).unwrap();
        assert_eq!(store.take(&Step::to(journey.clone())).await, Ok(Taken::Done));
        assert_eq!(left().await, [life, life]);
    }
}

#[tokio::test]
async fn what_waits_keeps_itself_and_its_journey() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let life = Delivery::LIFE + REMEMBERED;
    let journey = store.cancelled(Draft::at(store.clock.now()), store.clock.now()).await;
    let keys = [keys::journey(journey.pay_id()), keys::deliveries(journey.pay_id())];
    let of = |verb, key: &Vec<u8>, rest: &[&str]| {
        Request::plain(verb, std::iter::once(key.clone()).chain(rest.iter().map(|arg| arg.as_bytes().to_vec())))
    };
    let life_in_hours = i64::try_from(life.as_secs() / 3600).unwrap();
    for (left, then) in [(life_in_hours / 2 + 1, life_in_hours / 2 + 1), (life_in_hours / 2 - 1, life_in_hours)] {
        let millis = (left * 3_600_000).to_string();
        for key in &keys {
            store.link.ask(of("PEXPIRE", key, &[&millis])).await.unwrap();
        }
        let [leased] = <[_; 1]>::try_from(store.lease(9, HOUR, rand::random()).await.unwrap()).unwrap();
        store.give_back(&[(leased.lease, Duration::ZERO)]).await.unwrap();
        for key in &keys {
            assert_eq!(store.hours_left(key.clone()).await, then, "{left} hours were left");
        }
    }
    // One whose journey has not concluded is kept without an end, and stays so.
    for key in &keys {
        store.link.ask(of("PERSIST", key, &[])).await.unwrap();
    }
    let [leased] = <[_; 1]>::try_from(store.lease(9, HOUR, rand::random()).await.unwrap()).unwrap();
    store.give_back(&[(leased.lease, Duration::ZERO)]).await.unwrap();
    assert_eq!(store.hours_left(keys[0].clone()).await, -1);
}

#[tokio::test]
async fn dead_letters_last_as_long_as_the_journey_that_has_no_end_yet() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let (now, merchant, shard) = (store.clock.now(), MerchantId::mint(rand::random()), Shard::of_byte(7));
    let draft = || Draft::at(now).of(merchant).called(JourneyId::mint(rand::random(), shard));
    let left = async || store.hours_left(keys::dead(shard, merchant)).await;
    let concluded = store.cancelled(draft(), now).await;
    store.bury().await;
    let kept = store.hours_left(keys::journey(concluded.pay_id())).await;
    assert!(kept > 0);
    assert_eq!(left().await, kept);
    let open = draft().notifying(["https://m.example/a"]).journey();
    let deliveries = open.deliveries(JourneyEvent::Opened, now, |_| true);
    assert_eq!((deliveries.len(), Journeys::open(&*store, &open, &deliveries, None).await), (1, Ok(Opened::New)));
    store.bury().await;
    assert_eq!(left().await, -1);
    store.cancelled(draft(), now).await;
    store.bury().await;
    assert_eq!(left().await, -1, "one that ends sooner changes nothing");
    assert_eq!(store.deliveries_of(merchant, DeliveryFilter::Dead, None, 9).await.unwrap().len(), 3);
}

/// Couriers and sweeps pass it over; they come back to it, but do nothing else meanwhile.
#[tokio::test]
async fn a_damaged_record_keeps_nobody_elses_waiting() {
    let server = RedisServer::start();
    let clock = Arc::new(TestClock::default());
    let store = RedisStore::open(address(&server.url()), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
    let (mut journeys, mut open) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        journeys.push(store.cancelled(Draft::at(clock.now()), clock.now()).await);
        open.push(Draft::at(clock.now()).journey());
        assert_eq!(Journeys::open(&store, &open[open.len() - 1], &[], None).await, Ok(Opened::New));
        clock.advance(Duration::from_secs(1));
    }
    let odd = |verb, key, rest: &[&[u8]]| {
        Request::plain(verb, std::iter::once(key).chain(rest.iter().map(|part| part.to_vec())))
    };
    for journey in [&journeys[0], &open[0]] {
        store.link.ask(odd("SET", keys::journey(journey.pay_id()), &[b"odd"])).await.unwrap();
    }
    store.link.ask(odd("HSET", keys::deliveries(journeys[1].pay_id()), &[&[0, 0], b"odd"])).await.unwrap();
    for _ in 0..2 {
        let leased = store.lease(9, HOUR, rand::random()).await.unwrap();
        assert_eq!(leased.iter().map(|leased| &leased.context.journey).collect::<Vec<_>>(), [&journeys[2]]);
        assert_eq!(store.lease(9, HOUR, rand::random()).await.unwrap(), [], "it is looked at once in a span");
        clock.advance(HOUR);
    }
    assert_eq!(store.due(9).await.unwrap(), open[1..]);
}
