//! A real cluster before the law, while its slots move, and while its nodes die.

use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::fixture_of_cluster::RedisCluster;
use super::*;
use crate::domain::{Fact, Journey};
use crate::store::laws::fixtures::{Draft, away, concluded, concluding, fresh, hourly, merchant};
use crate::store::{JourneyFilter, Journeys, Merchants, Opened, Redemption, Step, Taken, Tokens};

/// A cluster, and whose turn it is.
struct Shared {
    cluster: RedisCluster,
    turn: Arc<AsyncMutex<()>>,
}

/// One for all laws at a time; it ends when nobody waits for it.
static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// The shared cluster, emptied when it is a law's turn, and used as `strict`: what is not confirmed there is tried below.
struct Turn {
    shared: Arc<Shared>,
    held: AsyncMutex<Option<OwnedMutexGuard<()>>>,
}

impl Turn {
    fn new() -> Self {
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let shared = shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Shared { cluster: RedisCluster::start(), turn: Arc::default() });
            *shared = Arc::downgrade(&started);
            started
        });
        Self { shared, held: AsyncMutex::default() }
    }
}

#[async_trait]
impl Backend for Turn {
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> {
        let mut held = self.held.lock().await;
        if held.is_none() {
            *held = Some(Arc::clone(&self.shared.turn).lock_owned().await);
            self.shared.cluster.flush();
        }
        let url = format!("{}?durability=strict", self.shared.cluster.url());
        Arc::new(RedisStore::open(address(&url), clock, KEEP).unwrap())
    }
}

mod laws {
    use super::*;

    store_laws!(Turn::new());
}

/// Opens, sends out and concludes a journey; its token is given.
async fn paid(store: &RedisStore) -> Result<(Journey, Digest)> {
    let token = fresh();
    let journey = Draft::at(store.clock.now()).journey();
    assert_eq!(Journeys::open(store, &journey, &[], None).await?, Opened::New);
    let (away, _) = away(journey, store.clock.now());
    assert_eq!(store.take(&Step::to(away.clone())).await?, Taken::Done);
    let (paid, _) = concluded(away, &Fact::paid(), store.clock.now());
    assert_eq!(store.take(&concluding(paid.clone(), Some(hourly(token)))).await?, Taken::Done);
    Ok((paid, token))
}

#[tokio::test]
async fn an_owner_is_registered_and_every_master_is_looked_at() {
    let cluster = RedisCluster::start();
    let store = store(&cluster.url());
    assert_eq!(store.register_owner(&[fresh()]).await, Ok(()));
    assert!(store.register_owner(&[fresh()]).await.is_err());
    assert!(cluster.nodes[2].ask("CONFIG SET maxmemory-policy allkeys-lru").contains("OK"));
    assert!(cluster.nodes[2].ask("CONFIG SET maxmemory 100mb").contains("OK"));
    let refused = store.register_owner(&[fresh()]).await;
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("noeviction")), "{refused:?}");
}

/// While every slot of ours moves to another master and back, key by key, journeys go their way, and each token is
/// redeemed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_move_under_load_and_nothing_is_lost() {
    let cluster = Arc::new(RedisCluster::start());
    let store = store(&cluster.url());
    assert_eq!(store.register_owner(&[fresh()]).await, Ok(()));
    let over = Arc::new(AtomicBool::new(false));
    let customers: Vec<_> = (0..8)
        .map(|_| {
            let (store, over) = (Arc::clone(&store), Arc::clone(&over));
            tokio::spawn(async move {
                let mut walked = 0;
                let shop = merchant("Shop", store.clock.now());
                assert_eq!(store.add(&shop).await, Ok(true));
                while !over.load(Ordering::Relaxed) {
                    let (journey, token) = paid(&store).await.unwrap();
                    let first = store.redeem(journey.pay_id(), &token, &fresh()).await.unwrap();
                    assert!(matches!(first, Redemption::Granted { .. }), "{first:?}");
                    let second = store.redeem(journey.pay_id(), &token, &fresh()).await.unwrap();
                    assert!(matches!(second, Redemption::Spent { .. }), "{second:?}");
                    let listed = store.list(journey.opening().merchant, JourneyFilter::Proven, None, 1).await.unwrap();
                    assert_eq!(listed.len(), 1);
                    walked += 1;
                }
                walked
            })
        })
        .collect();
    let moving = Arc::clone(&cluster);
    let moved = tokio::task::spawn_blocking(move || {
        let mut moved = 0;
        for slot in keys::slots().take(12) {
            let from = usize::from(slot) * 3 / 16384;
            let to = (from + 1) % 3;
            for (from, to) in [(from, to), (to, from)] {
                moving.begin_to_move(slot, from, to);
                loop {
                    match moving.move_keys(slot, from, to, 5) {
                        0 => break,
                        some => moved += some,
                    }
                }
                moving.finish_move(slot, from, to);
            }
        }
        moved
    });
    let moved = moved.await.unwrap();
    over.store(true, Ordering::Relaxed);
    let mut walked = 0;
    for customer in customers {
        walked += customer.await.unwrap();
    }
    assert!(moved > 30 && walked > 30, "{moved} keys moved, {walked} journeys");
}

/// A master dies: journeys of the others go on, and its own do again when its replica has taken its place.
#[tokio::test]
async fn a_master_that_dies_holds_up_nobody_elses_journeys() {
    let mut cluster = RedisCluster::start();
    let store = store(&cluster.url());
    let mut journeys = Vec::new();
    for _ in 0..60 {
        journeys.push(paid(&store).await.unwrap());
    }
    let master_of = |journey: &Journey| usize::from(keys::slot_of(&keys::journey(journey.pay_id()))) * 3 / 16384;
    assert!((0..3).all(|at| journeys.iter().any(|(journey, _)| master_of(journey) == at)));
    cluster.settle();
    cluster.nodes[0].kill();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for (journey, token) in journeys.iter().filter(|(journey, _)| master_of(journey) != 0) {
        let asked = Instant::now();
        let redeemed = store.redeem(journey.pay_id(), token, &fresh()).await.unwrap();
        assert!(matches!(redeemed, Redemption::Granted { .. }));
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let probed = store.probe().await.unwrap();
    let [(name, _)] = probed.away.as_slice() else { panic!("{probed:?}") };
    assert!(name.contains(&cluster.nodes[0].address().to_string()) && name.contains("of 32 shards"), "{name}");
    for (journey, token) in journeys.iter().filter(|(journey, _)| master_of(journey) == 0) {
        let attempt = fresh();
        let redeemed = loop {
            match store.redeem(journey.pay_id(), token, &attempt).await {
                Ok(redeemed) => break redeemed,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert!(matches!(redeemed, Redemption::Granted { .. }));
    }
    cluster.nodes[0].restart();
    cluster.settle();
    assert!(paid(&store).await.is_ok());
}
