//! A store with everything in it is moved from each kind of place to each other.

use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;

use super::*;
use crate::clock::TestClock;
use crate::domain::Digest;
use crate::store::Store;
use crate::store::laws::{Backend, TestStore, copies};
use crate::store::redis::tests::fixture::RedisServer;

const KEEP: Duration = Duration::from_hours(7 * 24);
const KEY: [u8; 32] = [7; 32];

/// A store at a place that stays.
struct At(StoreConfig);

#[async_trait]
impl Backend for At {
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> {
        let store = open(&self.0, clock);
        store.register_owner(&[Digest::new(KEY)]).await.unwrap();
        store
    }
}

fn open(place: &StoreConfig, clock: Arc<TestClock>) -> Arc<dyn Store> {
    match place {
        StoreConfig::Embedded(folder) => Arc::new(Embedded::open(folder, clock, KEEP).unwrap()),
        StoreConfig::Redis(address) => Arc::new(RedisStore::open(RedisAddress::clone(address), clock, KEEP).unwrap()),
    }
}

fn config() -> Config {
    let folder = TempDir::new().unwrap();
    let none: [(String, String); 0] = [];
    let mut config = Config::load(None, none).unwrap();
    config.store = StoreConfig::Embedded(folder.path().into());
    config.keep = KEEP;
    config
}

fn redis(server: &RedisServer) -> StoreConfig {
    StoreConfig::parse(&server.url()).unwrap()
}

async fn moved(from: &StoreConfig, to: &StoreConfig, clock: &Arc<TestClock>) -> Result<Vec<String>> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    migrate(&config(), (from, to), &clock, &mut |_| {}).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_moved_goes_on_where_it_was() {
    let (folder, server) = (TempDir::new().unwrap(), RedisServer::start());
    let from = StoreConfig::Embedded(folder.path().join("first"));
    let tested = TestStore::build(At(from.clone())).await;
    let known = tested.fill().await;
    let before = copies::records(tested.store().as_ref()).await;
    copies::assert_full(&before);

    let there = redis(&server);
    let said = moved(&from, &there, &tested.clock()).await.unwrap();
    assert!(said[0].contains("1 merchants, 1 logos"), "{said:?}");
    let copy = open(&there, tested.clock());
    copy.register_owner(&[Digest::new(KEY)]).await.unwrap();
    assert_eq!(copies::records(copy.as_ref()).await, before);

    // Nobody goes on with the one that was left.
    let left = tested.store().register_owner(&[Digest::new(KEY)]).await;
    assert!(left.is_err_and(|error| error.to_string().contains("it was moved to redis://")), "the source is used");

    let back_at = StoreConfig::Embedded(folder.path().join("second"));
    moved(&there, &back_at, &tested.clock()).await.unwrap();
    let back = open(&back_at, tested.clock());
    copies::assert_goes_on(&tested, &back, &known).await;
}
