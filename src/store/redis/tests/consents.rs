//! Consents in Redis: until when it keeps them, and what it keeps of their users.

use super::{fixture::RedisServer, *};
use crate::domain::{Fact, MerchantId, PayId, Shard, UserId};
use crate::store::laws::fixtures::{Draft, agreed, concluded, concluding, consent, merchant, user};
use crate::store::{JourneyFilter, Journeys, Merchants, Step, Taken};

const DAY: Duration = Duration::from_hours(24);

/// For how many days yet Redis keeps a journey; -1 when it never lets it go by itself.
async fn days_left(store: &RedisStore, pay_id: PayId) -> i64 {
    let left = store.link.ask(Request::plain("PTTL", [keys::journey(pay_id)])).await.unwrap();
    let left: i64 = reply(left).unwrap();
    // It has been some milliseconds since.
    if left < 0 { left } else { (left + 60_000) / i64::try_from(DAY.as_millis()).unwrap() }
}

/// How many places there are of journeys about this user.
async fn places(store: &RedisStore, merchant: MerchantId, of: UserId) -> usize {
    let count = |shard| Request::plain("ZCARD", [keys::of_user(shard, merchant, of)]);
    let counts = store.link.ask_all(&Shard::all().map(count).collect::<Vec<_>>()).await.unwrap();
    counts.into_iter().map(|count| reply::<usize>(count).unwrap()).sum()
}

#[tokio::test]
async fn it_is_kept_until_it_has_ended_and_been_kept() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let now = store.clock.now();
    let done = async |step: Step| assert_eq!(store.take(&step).await, Ok(Taken::Done));
    let asked = consent(now);
    store.open(&asked, &[], None).await.unwrap();
    assert_eq!(days_left(&store, asked.pay_id()).await, -1);
    let (given, _) = agreed(asked, 90 * DAY, now);
    done(concluding(given.clone(), None)).await;
    assert_eq!(days_left(&store, given.pay_id()).await, 97);
    let again = given.reopen(now, now.plus(DAY)).unwrap();
    done(Step::to(again.clone())).await;
    assert_eq!(days_left(&store, again.pay_id()).await, -1);
    let (cancelled, _) = concluded(again, &Fact::pressed_cancel(), now);
    done(concluding(cancelled.clone(), None)).await;
    assert_eq!(days_left(&store, cancelled.pay_id()).await, 97);
    let again = cancelled.reopen(now, now.plus(200 * DAY)).unwrap();
    let (lapsed, _) = concluded(again.clone(), &Fact::lapsed(), now);
    done(Step::to(again)).await;
    done(concluding(lapsed.clone(), None)).await;
    assert_eq!(days_left(&store, lapsed.pay_id()).await, 207);
}

#[tokio::test]
async fn a_users_places_go_with_the_journeys() {
    let server = RedisServer::start();
    let clock = Arc::new(TestClock::default());
    let store = RedisStore::open(address(&server.url()), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
    let shop = merchant("Shop", clock.now());
    assert!(store.add(&shop).await.unwrap());
    let ada = user(shop.id, Some("ada"), clock.now()).id;
    let mut journeys = Vec::new();
    for n in 0..20 {
        let at = clock.now().plus(Duration::from_millis(n));
        let journey = Draft::at(at).of(shop.id).about(ada).journey();
        store.open(&journey, &[], None).await.unwrap();
        if n % 4 < 2 {
            let (given, _) = agreed(journey.clone(), DAY, at);
            store.take(&concluding(given.clone(), None)).await.unwrap();
            journeys.push(given);
        } else {
            journeys.push(journey);
        }
    }
    // Redis lets every other one go: of the proven ones, and of the others.
    for gone in journeys.iter().step_by(2) {
        store.link.ask(Request::plain("UNLINK", [keys::journey(gone.pay_id())])).await.unwrap();
    }
    let left: Vec<_> = journeys.iter().skip(1).step_by(2).rev().cloned().collect();
    assert_eq!(places(&store, shop.id, ada).await, 20);
    assert_eq!(store.list(shop.id, JourneyFilter::OfUser(ada), None, 7).await.unwrap(), left[..7]);
    clock.advance(KEEP + Duration::from_hours(1));
    assert_eq!(store.tidy().await, Ok(10));
    assert_eq!(places(&store, shop.id, ada).await, 10);
    assert_eq!(store.list(shop.id, JourneyFilter::OfUser(ada), None, 100).await.unwrap(), left);
    assert_eq!(store.list(shop.id, JourneyFilter::All, None, 100).await.unwrap(), left);
}
