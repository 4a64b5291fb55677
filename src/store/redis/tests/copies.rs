//! A store that is copied to another Redis, or to a cluster: the same keys, with the same lives.

use std::collections::BTreeMap;

use super::fixture_of_cluster::RedisCluster;
use super::*;
use crate::domain::{AuditPlace, ConsoleScope, Digest};
use crate::store::copy::{Batch, Destination, Records as _, Source, Standing, StoredRecord};
use crate::store::laws::{TestStore, copies};

const KEY: [u8; 32] = [7; 32];

/// By how much a life may be shorter after copying: the time that it took.
const TOOK: i64 = 20_000;

fn open(url: &str, clock: Arc<TestClock>) -> RedisStore {
    RedisStore::open(address(url), clock, KEEP).unwrap()
}

/// All keys, each with what is left of its life.
async fn lives(store: &RedisStore) -> BTreeMap<Vec<u8>, i64> {
    let mut lives = BTreeMap::new();
    for server in store.link.one_shard_each().await.unwrap() {
        let mut cursor = b"0".to_vec();
        loop {
            let (next, keys) = store.scan(server, cursor).await.unwrap();
            for key in keys {
                let left = store.ask(Request::plain("PTTL", [key.clone()])).await.unwrap();
                lives.insert(key, left);
            }
            if next == b"0" {
                break;
            }
            cursor = next;
        }
    }
    lives
}

async fn copied_to(url: &str) -> (TestStore, copies::Known, RedisStore, RedisStore) {
    let server = Served::new();
    let from = server.0.lock().unwrap().0.url();
    let tested = TestStore::build(server).await;
    let known = tested.fill().await;
    let mut copy = open(url, tested.clock());
    assert_eq!(Destination::standing(&copy).await, Ok(Standing::Empty));
    copy.begin().await.unwrap();
    let filling = copy.register_owner(&[Digest::new(KEY)]).await;
    assert!(filling.is_err_and(|error| error.to_string().contains("is filling it")));
    let records = copies::records(tested.store().as_ref()).await;
    copies::assert_full(&records);
    let apart = copy.clock().await.unwrap().since(tested.store().clock().await.unwrap());
    assert!(apart < Duration::from_secs(30), "{apart:?}");
    copy.write_all(records).await.unwrap();
    Box::new(copy).finish(&Digest::new(KEY)).await.unwrap();
    let copy = open(url, tested.clock());
    copy.register_owner(&[Digest::new(KEY)]).await.unwrap();
    let source = open(&from, tested.clock());
    (tested, known, source, copy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_has_the_same_keys_with_the_same_lives() {
    let server = RedisServer::start();
    let (tested, known, source, copy) = copied_to(&server.url()).await;
    let (ours, theirs) = (lives(&source).await, lives(&copy).await);
    for (key, life) in &ours {
        let (kind, _) = keys::kind_of(key).unwrap();
        if kind == b'q' {
            // An event of trouble stands in the shard of the trouble, and its copy in that of its journey.
            continue;
        }
        let left = theirs.get(key).unwrap_or_else(|| panic!("{} is missing", key.escape_ascii()));
        // An index may outlive what stands in it: tidying drops that.
        let lasts = matches!(kind, b'x' | b't' | b'b') && (*left == -1 || left >= life);
        assert!(lasts || (life - left).abs() < TOOK, "{}: {life} {left}", key.escape_ascii());
    }
    let others = theirs.keys().filter(|key| !ours.contains_key(*key));
    let (reservations, others): (Vec<u8>, Vec<u8>) =
        others.filter_map(|key| Some(keys::kind_of(key)?.0)).partition(|kind| *kind == b'c');
    // Whose a change to a profile was nobody knows, so that its reservation stands in all other shards as well.
    assert_eq!(reservations.len(), 31);
    assert!(others.iter().all(|kind| matches!(kind, b'h' | b'q')), "{others:?}");
    copies::assert_goes_on(&tested, &(Arc::new(copy) as Arc<dyn Store>), &known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_copied_to_a_cluster() {
    let cluster = RedisCluster::start();
    let (tested, known, _, copy) = copied_to(&cluster.url()).await;
    copies::assert_goes_on(&tested, &(Arc::new(copy) as Arc<dyn Store>), &known).await;
}

#[tokio::test]
async fn what_is_left_of_a_migration_is_cleared_and_a_store_is_not() {
    let server = RedisServer::start();
    let tested = TestStore::build(Served::new()).await;
    tested.fill().await;
    let records = copies::records(tested.store().as_ref()).await;
    let mut half = open(&server.url(), tested.clock());
    half.begin().await.unwrap();
    half.write_all(records[..records.len() / 2].to_vec()).await.unwrap();
    assert_eq!(Destination::standing(&half).await, Ok(Standing::Filling));
    half.begin().await.unwrap();
    assert_eq!(lives(&half).await.len(), 1, "the note alone");
    half.note_moved(&Digest::new(KEY), Some("redis://elsewhere")).await.unwrap();
    let moved = Standing::Moved { key: Digest::new(KEY), to: "redis://elsewhere".into() };
    assert_eq!(Source::standing(&half).await, Ok(moved));
    half.note_moved(&Digest::new(KEY), None).await.unwrap();
    assert_eq!(Source::standing(&half).await, Ok(Standing::Owned(Digest::new(KEY))));
    half.register_owner(&[Digest::new(KEY)]).await.unwrap();
    // Keys of ours without a note of their owner are a store, too.
    let other = RedisServer::start();
    let other_store = open(&other.url(), tested.clock());
    other_store.write_all(records).await.unwrap();
    assert!(matches!(Destination::standing(&other_store).await, Ok(Standing::Owned(_))));
}

#[tokio::test]
async fn a_gateway_that_slept_while_its_store_was_moved_learns_of_it() {
    let server = RedisServer::start();
    let store = open(&server.url(), Arc::default());
    store.register_owner(&[Digest::new(KEY)]).await.unwrap();
    assert!(store.probe().await.unwrap().now.is_some());
    store.note_moved(&Digest::new(KEY), Some("redis://elsewhere")).await.unwrap();
    assert!(store.probe().await.is_err_and(|error| error.to_string().contains("it was moved to redis://elsewhere")));
}

#[tokio::test]
async fn what_one_key_holds_is_read_some_at_a_time() {
    let server = RedisServer::start();
    let (store, clock) = (open(&server.url(), Arc::default()), TestClock::default());
    let (scope, merchant, now) = (ConsoleScope::Operator, MerchantId::mint([9; 16]), clock.now());
    let entry = |mark| StoredRecord::AuditEntry(scope, AuditPlace { at: now, mark }, b"entry".to_vec());
    let digits = |number: u32| [15, 10, 5, 0].map(|shift| u8::try_from(number >> shift & 31).unwrap());
    let used = |number| StoredRecord::KeyUse(merchant, KeyNumber::draw(digits(number)), now);
    store.write_all((0..1_700).map(entry).chain((0..1_700).map(used)).collect()).await.unwrap();
    let (sender, mut batches) = tokio::sync::mpsc::channel::<Batch>(1);
    let gathering = async move {
        let mut sizes = Vec::new();
        while let Some(batch) = batches.recv().await {
            sizes.push(batch.records.len());
        }
        sizes
    };
    let (read, sizes) = tokio::join!(store.read_all(sender), gathering);
    read.unwrap();
    assert_eq!(sizes.iter().sum::<usize>(), 3_400, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < 700), "{sizes:?}");
}

#[test]
fn one_clock_that_jumps_is_not_the_clock_of_a_cluster() {
    let clock = |times: &[u64]| median(times.iter().copied().map(UnixMillis::from_millis).collect());
    let at = |time| Some(UnixMillis::from_millis(time));
    for (times, expected) in [
        (&[][..], None),
        (&[7], at(7)),
        (&[9, 7], at(7)),
        (&[9_000, 7, 8], at(8)),
        (&[8, 7, 0], at(7)),
        (&[8, 9_000, 7, 9], at(8)),
    ] {
        assert_eq!(clock(times), expected, "{times:?}");
    }
}

#[tokio::test]
async fn a_gateway_is_seen_by_its_mark() {
    let server = RedisServer::start();
    let store = open(&server.url(), Arc::default());
    assert_eq!(store.is_served(false).await, Ok(false));
    store.probe().await.unwrap();
    assert_eq!(store.is_marked().await, Ok(true));
    let mark = keys::mark(Shard::of_byte(0));
    store.ask::<u8>(Request::plain("PEXPIRE", [mark, b"40000".to_vec()])).await.unwrap();
    assert_eq!(store.is_served(false).await, Ok(false), "it is as old as none that serves would let it become");
}
