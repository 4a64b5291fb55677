//! Lost replies, a Redis that is away, silent or slow, and connections that lead nowhere.

use std::time::Instant;

use super::fixture::{Proxy, RedisServer};
use super::*;
use crate::domain::{Digest, Fact, Journey, LedTo, Merchant, MerchantId, ResponseId, Sealed, UnixMillis};
use crate::store::laws::fixtures::{
    Draft, away, concluded, concluding, deliveries_of, fresh, hourly, merchant, renamed, reservation, user,
};
use crate::store::{
    Deliveries, Enrolled, JourneyFilter, Journeys, Merchants, Opened, Redemption, Replaced, Reservation, Reservations,
    Reserved, Step, Taken, Tokens, Users,
};

/// The store says so within this, and is back within this.
const SECOND: Duration = Duration::from_secs(1);

impl RedisStore {
    fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// A journey whose customer is at the provider.
    async fn away(&self) -> Journey {
        let journey = Draft::at(self.now()).notifying(["https://m.example/a"]).journey();
        assert_eq!(self.open_journey(&journey).await, Ok(Opened::New));
        let (away, _) = away(journey, self.now());
        assert_eq!(self.take(&Step::to(away.clone())).await, Ok(Taken::Done));
        away
    }

    async fn paid(&self, token: Digest) -> Journey {
        let (paid, _) = concluded(self.away().await, &Fact::paid(), self.now());
        assert_eq!(self.take(&concluding(paid.clone(), Some(hourly(token)))).await, Ok(Taken::Done));
        paid
    }

    async fn open_journey(&self, journey: &Journey) -> Result<Opened, StoreError> {
        Journeys::open(self, journey, &[], None).await
    }
}

/// Asks until it is answered; how long that took, at the most a second a call.
async fn answered(store: &RedisStore, within: Duration) -> Duration {
    let began = Instant::now();
    while let Err(error) = store.probe().await {
        assert!(began.elapsed() < within, "not back after {:?}: {error}", began.elapsed());
    }
    began.elapsed()
}

async fn refused(store: &RedisStore) -> StoreError {
    let began = Instant::now();
    let error = store.probe().await.unwrap_err();
    assert!(began.elapsed() < SECOND, "it took {:?} to say {error}", began.elapsed());
    error
}

#[tokio::test]
async fn a_lost_reply_loses_no_token() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    for round in 0..20 {
        let (token, attempt) = (fresh(), fresh());
        let paid = store.paid(token).await;
        let pay_id = paid.pay_id();
        proxy.drop_next_reply();
        let first = store.redeem(pay_id, &token, &attempt).await.unwrap();
        assert_eq!(proxy.replies_to_drop(), 0);
        assert!(matches!(&first, Redemption::Granted { journey, .. } if **journey == paid), "{round}: {first:?}");
        assert_eq!(store.redeem(pay_id, &token, &attempt).await.unwrap(), first);
        assert!(matches!(store.redeem(pay_id, &token, &fresh()).await.unwrap(), Redemption::Spent { .. }));
    }
}

#[tokio::test]
async fn a_lost_reply_changes_no_answer() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    store.probe().await.unwrap();
    let (opening, edit, keyed) = (reservation(), reservation(), reservation());
    let journey = Draft::at(store.now()).reserved_by(&opening).notifying(["https://m.example/a"]).journey();
    let (away, _) = away(journey.clone(), store.now());
    let (paid, _) = concluded(away.clone(), &Fact::paid(), store.now());
    let shop = merchant("Shop", store.now());

    proxy.drop_next_reply();
    assert_eq!(Journeys::open(&*store, &journey, &[], Some(&opening)).await, Ok(Opened::New));
    proxy.drop_next_reply();
    assert_eq!(store.take(&Step::to(away)).await, Ok(Taken::Done));
    proxy.drop_next_reply();
    let conclude = concluding(paid.clone(), Some(hourly(fresh())));
    assert_eq!(store.take(&conclude).await, Ok(Taken::Done));
    assert_eq!(store.deliveries(paid.pay_id()).await, Ok(deliveries_of(&paid, 0)));
    proxy.drop_next_reply();
    assert_eq!(store.reserve(&keyed).await, Ok(Reserved::Fresh));
    assert_eq!(store.reserve(&keyed).await, Ok(Reserved::Repeated));
    proxy.drop_next_reply();
    assert_eq!(store.add(&shop).await, Ok(true));
    proxy.drop_next_reply();
    assert_eq!(store.replace(&renamed(&shop, "New shop"), Some((&edit, 3))).await, Ok(Replaced::Done));
    let ada = user(shop.id, Some("ada"), store.now());
    proxy.drop_next_reply();
    assert_eq!(store.enrol(&ada).await, Ok(Enrolled::New));
    proxy.drop_next_reply();
    assert_eq!(store.forget(&ada).await, Ok(true));
    assert_eq!(store.forget(&ada).await, Ok(false));
    assert_eq!(proxy.replies_to_drop(), 0);
}

#[tokio::test]
async fn a_redis_that_is_away_is_reported_within_a_second_and_used_when_it_is_back() {
    let mut server = RedisServer::start();
    let (store, cold) = (store(&server.url()), store(&server.url()));
    store.probe().await.unwrap();
    server.kill();
    for store in [&store, &cold, &store] {
        assert!(matches!(refused(store).await, StoreError::Unreachable(_)));
    }
    server.restart();
    for store in [&store, &cold] {
        answered(store, SECOND).await;
    }
}

#[tokio::test]
async fn a_redis_that_has_stopped_is_reported_within_a_second_and_used_when_it_goes_on() {
    let server = RedisServer::start();
    let (store, cold) = (store(&server.url()), store(&server.url()));
    store.probe().await.unwrap();
    server.pause();
    for store in [&store, &cold, &store, &store] {
        assert_eq!(refused(store).await, StoreError::TimedOut);
    }
    server.resume();
    for store in [&store, &cold] {
        answered(store, SECOND).await;
    }
}

#[tokio::test]
async fn a_short_absence_is_not_noticed() {
    let mut server = RedisServer::start();
    let store = store(&server.url());
    store.probe().await.unwrap();
    server.pause();
    let waiting = tokio::spawn(async move { (store.probe().await, store) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.resume();
    let (probed, store) = waiting.await.unwrap();
    assert_eq!(probed.map(drop), Ok(()));
    server.kill();
    server.restart();
    assert_eq!(store.probe().await.map(drop), Ok(()));
}

#[tokio::test]
async fn a_connection_that_leads_nowhere_is_left() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    store.probe().await.unwrap();
    proxy.swallow();
    let took = answered(&store, 2 * SECOND).await;
    assert!(took < Duration::from_millis(1500), "{took:?}");
    assert_eq!(proxy.accepted(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_one_new_connection() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    for connections in 1..=5 {
        let callers: Vec<_> = (0..200)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.probe().await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap().map(drop), Ok(()));
        }
        assert_eq!(proxy.accepted(), connections);
        proxy.cut();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_redis_is_not_stormed() {
    let mut server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    server.kill();
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { refused(&store).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(proxy.accepted() <= 20, "{} connections in 0.8 s", proxy.accepted());
}

#[test]
fn every_runtime_has_a_connection_of_its_own_and_may_go_away() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    for _ in 0..3 {
        // The other one's driver stands still meanwhile.
        first.block_on(store.probe()).unwrap();
        second.block_on(store.probe()).unwrap();
    }
    assert_eq!(proxy.accepted(), 2);
    drop(first);
    second.block_on(store.probe()).unwrap();
    runtime().block_on(store.probe()).unwrap();
    assert_eq!(proxy.accepted(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_kill() {
    let mut server = RedisServer::start();
    let store = store(&server.url());
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                loop {
                    let journey = Draft::at(store.now()).journey();
                    match store.open_journey(&journey).await {
                        Ok(Opened::New) => acknowledged.push(journey),
                        Ok(other) => panic!("{other:?}"),
                        Err(_) => return acknowledged,
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.kill();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    server.restart();
    answered(&store, SECOND).await;
    for journey in acknowledged {
        assert_eq!(store.find(journey.pay_id()).await.unwrap().as_ref(), Some(&journey));
    }
}

#[tokio::test]
async fn steps_take_one_round_trip() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let store = store(&proxy.url());
    let token = fresh();
    // Once, so that there is a connection and Redis knows the scripts.
    let warm = store.paid(fresh()).await;
    store.redeem(warm.pay_id(), &fresh(), &fresh()).await.unwrap();
    store.due(9).await.unwrap();

    let trips = |since: usize| proxy.round_trips() - since;
    let away = store.away().await;
    let pay_id = away.pay_id();
    let before = proxy.round_trips();
    let (found, visit) = (store.find(pay_id).await.unwrap().unwrap(), 0);
    assert_eq!(trips(before), 1);
    let held =
        found.hold(ResponseId { visit, response_digest: 1 }, Sealed::new(vec![7]), store.now(), store.now()).unwrap();
    let before = proxy.round_trips();
    assert_eq!(store.take(&Step::to(held.clone())).await, Ok(Taken::Done));
    assert_eq!(trips(before), 1);
    let found = held.remember(ResponseId { visit, response_digest: 1 }, LedTo::HandedBackEarly, store.now()).unwrap();
    assert_eq!(store.take(&Step::to(found.clone())).await, Ok(Taken::Done));
    let (paid, _) = concluded(found, &Fact::paid(), store.now());
    let before = proxy.round_trips();
    let conclude = concluding(paid.clone(), Some(hourly(token)));
    assert_eq!(store.take(&conclude).await, Ok(Taken::Done));
    assert_eq!(trips(before), 1);
    let before = proxy.round_trips();
    let redeemed = store.redeem(pay_id, &token, &fresh()).await.unwrap();
    assert!(matches!(redeemed, Redemption::Granted { .. }));
    assert_eq!(trips(before), 1);
    let before = proxy.round_trips();
    assert_eq!(store.list(paid.opening().merchant, JourneyFilter::Proven, None, 9).await.unwrap(), [paid]);
    assert_eq!(trips(before), 2);
    let before = proxy.round_trips();
    assert_eq!(store.due(9).await.unwrap(), []);
    assert_eq!(trips(before), 1);
}

#[tokio::test]
async fn scripts_that_redis_has_forgotten_are_sent_again() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let token = fresh();
    let paid = store.paid(token).await;
    assert!(server.ask("SCRIPT FLUSH").contains("OK"));
    assert_eq!(store.due(9).await, Ok(Vec::new()));
    let redeemed = store.redeem(paid.pay_id(), &token, &fresh()).await.unwrap();
    assert!(matches!(redeemed, Redemption::Granted { .. }));
}

#[tokio::test]
async fn places_of_journeys_that_are_gone_are_skipped_and_tidied_away() {
    let server = RedisServer::start();
    let clock = Arc::new(TestClock::default());
    let store = RedisStore::open(address(&server.url()), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
    let shop = merchant("Shop", store.now());
    assert!(store.add(&shop).await.unwrap());
    let mut journeys = Vec::new();
    for n in 0..40 {
        let at = store.now().plus(Duration::from_millis(n));
        journeys.push(Draft::at(at).of(shop.id).journey());
        store.open_journey(&journeys[journeys.len() - 1]).await.unwrap();
    }
    // Redis lets every other one go.
    for gone in journeys.iter().step_by(2) {
        store.link.ask(Request::plain("UNLINK", [keys::journey(gone.pay_id())])).await.unwrap();
    }
    let left: Vec<_> = journeys.iter().skip(1).step_by(2).rev().cloned().collect();
    assert_eq!(store.list(shop.id, JourneyFilter::All, None, 7).await.unwrap(), left[..7]);
    assert_eq!(store.list(shop.id, JourneyFilter::All, None, 100).await.unwrap(), left);
    assert_eq!(store.tidy().await, Ok(0));
    clock.advance(KEEP + Duration::from_hours(1));
    assert_eq!(store.tidy().await, Ok(20));
    assert_eq!(store.tidy().await, Ok(0));
    assert_eq!(store.due(100).await.unwrap().len(), 20);
    assert_eq!(store.list(shop.id, JourneyFilter::All, None, 100).await.unwrap(), left);
}

#[tokio::test]
async fn tidying_goes_on_where_it_stopped() {
    let server = RedisServer::start();
    let clock = Arc::new(TestClock::default());
    let store = RedisStore::open(address(&server.url()), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
    let mut gone = Vec::new();
    for n in 0..3 {
        let shop = merchant("Shop", store.now());
        assert!(store.add(&shop).await.unwrap());
        for _ in 0..200 {
            // All in one shard, so that an index has more places than are looked at in one go.
            let reservation = Reservation { key: Digest::new([n; 32]), ..reservation() };
            let journey = Draft::at(store.now()).of(shop.id).reserved_by(&reservation).journey();
            store.open_journey(&journey).await.unwrap();
            gone.push(Request::plain("UNLINK", [keys::journey(journey.pay_id())]));
        }
    }
    store.link.ask_all(&gone).await.unwrap();
    clock.advance(KEEP + Duration::from_hours(1));
    let (mut dropped, mut calls) = (Vec::new(), 0);
    while dropped.iter().sum::<usize>() < 600 {
        dropped.push(store.trim_indexes(1).await.unwrap());
        calls += 1;
        assert!(calls < 100, "it does not get to the end: {dropped:?}");
    }
    assert!(dropped.iter().all(|count| *count <= 64), "{dropped:?}");
    // The next pass finds nothing left.
    assert_eq!(store.trim_indexes(usize::MAX).await, Ok(0));
}

#[tokio::test]
async fn no_merchant_is_left_out_where_they_are_read_in_parts() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let shop = merchant("Shop", store.now());
    for n in 0..1001_u32 {
        let mut entropy = [7; 16];
        entropy[..4].copy_from_slice(&n.to_be_bytes());
        let shop = Merchant { id: MerchantId::mint(entropy), ..shop.clone() };
        assert!(store.add(&shop).await.unwrap());
    }
    let mut ids: Vec<_> = store.merchants().await.unwrap().into_iter().map(|merchant| merchant.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1001);
}
