//! A store with everything in it is moved from each kind of place to each other.

use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::*;
use crate::clock::TestClock;
use crate::domain::{Digest, UnixMillis};
use crate::store::copy::{Batch, Records, Standing, StoredRecord};
use crate::store::laws::{Backend, TestStore, copies};
use crate::store::redis::tests::fixture::RedisServer;
use crate::store::{Result as StoreResult, Store, StoreError};

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

/// A folder whose migration breaks off.
struct BreaksOff {
    folder: FilledFolder,
    /// With the comparison, or at the very end.
    compared: bool,
}

#[async_trait]
impl Destination for BreaksOff {
    async fn standing(&self) -> StoreResult<Standing> {
        self.folder.standing().await
    }

    async fn begin(&mut self) -> StoreResult<()> {
        self.folder.begin().await
    }

    fn records(&self) -> StoreResult<&dyn Records> {
        Ok(self)
    }

    async fn finish(self: Box<Self>, _: &Digest) -> StoreResult<()> {
        Err(StoreError::TimedOut)
    }
}

#[async_trait]
impl Records for BreaksOff {
    async fn extent(&self) -> StoreResult<u64> {
        self.folder.records()?.extent().await
    }

    async fn read_all(&self, listener: mpsc::Sender<Batch>) -> StoreResult<()> {
        if self.compared { self.folder.records()?.read_all(listener).await } else { Err(StoreError::TimedOut) }
    }

    async fn write_all(&self, records: Vec<StoredRecord>) -> StoreResult<()> {
        self.folder.records()?.write_all(records).await
    }

    async fn clock(&self) -> StoreResult<UnixMillis> {
        self.folder.records()?.clock().await
    }
}

/// Tries to move a store between two folders; answers why that was broken off.
async fn broken_off(from: &Path, to: &Path, clock: &Arc<TestClock>, compared: bool) -> String {
    let source = Embedded::open_for_server(from, Arc::clone(clock) as _, KEEP).unwrap();
    let folder = FilledFolder::new(to, Arc::clone(clock) as _, KEEP).unwrap();
    let names = [from, to].map(|folder| StoreConfig::Embedded(folder.into()).to_string());
    let ends = ((names[0].as_str(), &source as &dyn Source), Box::new(BreaksOff { folder, compared }));
    let end = copy::migrate(ends.0, (&names[1], ends.1), KEEP, &mut |_| {}).await;
    end.unwrap_err().to_string()
}

async fn starts_on(folder: &Path) -> bool {
    let store = open(&StoreConfig::Embedded(folder.into()), Arc::default());
    store.register_owner(&[Digest::new(KEY)]).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_broken_off_begins_again_wherever_it_was() {
    let folder = TempDir::new().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let place = |folder: &Path| StoreConfig::Embedded(folder.into());
    let tested = TestStore::build(At(place(&folder.path().join("origin")))).await;
    tested.fill().await;
    let all = copies::records(tested.store().as_ref()).await;
    let clock = tested.clock();
    moved(&place(&folder.path().join("origin")), &place(&first), &clock).await.unwrap();

    // There, and back to where it was at first.
    for (from, to) in [(&first, &second), (&second, &first)] {
        let why = broken_off(from, to, &clock, false).await;
        assert!(!why.contains("run the same command again"), "{why}");
        assert!(starts_on(from).await, "the note that it was moved was taken back");
        let why = broken_off(from, to, &clock, true).await;
        assert!(why.contains("is noted as moved to embedded:") && why.contains("run the same command again"), "{why}");
        assert!(!starts_on(from).await, "it may be complete elsewhere");
        // Begun again it is broken off once more, and the old place is used as before.
        broken_off(from, to, &clock, false).await;
        assert!(starts_on(from).await);
        broken_off(from, to, &clock, true).await;
        moved(&place(from), &place(to), &clock).await.unwrap();
        assert!(!starts_on(from).await && starts_on(to).await);
        assert_eq!(copies::records(open(&place(to), clock.clone()).as_ref()).await, all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_writes_to_a_place_that_is_being_left() {
    let folder = TempDir::new().unwrap();
    let [from, to] = ["from", "to"].map(|name| StoreConfig::Embedded(folder.path().join(name)));
    let tested = TestStore::build(At(from.clone())).await;
    tested.fill().await;
    // One command was begun before, and one comes while the two are compared.
    let (before, clock) = (Arc::clone(tested.store()), tested.clock());
    let mut ends = Vec::new();
    let mut meddle = |progress| {
        if matches!(progress, Progress::Compared(..)) {
            let writes = async {
                let comes = open(&from, Arc::clone(&clock));
                [comes.register_owner(&[Digest::new(KEY)]).await.is_ok(), before.shut(&Digest::new(KEY)).await.is_ok()]
            };
            ends.push(tokio::task::block_in_place(|| Handle::current().block_on(writes)));
        }
    };
    let dynamic = Arc::clone(&clock) as Arc<dyn Clock>;
    migrate(&config(), (&from, &to), &dynamic, &mut meddle).await.unwrap();
    assert!(!ends.is_empty() && ends.iter().all(|end| *end == [false, false]), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_at_a_paused_endpoint_is_moved_with_its_journey() {
    let (folder, server) = (TempDir::new().unwrap(), RedisServer::start());
    let from = StoreConfig::Embedded(folder.path().join("first"));
    let tested = TestStore::build(At(from.clone())).await;
    let journey = copies::waiting_at_a_paused_endpoint(&tested).await;
    let there = redis(&server);
    moved(&from, &there, &tested.clock()).await.unwrap();
    let back_at = StoreConfig::Embedded(folder.path().join("second"));
    moved(&there, &back_at, &tested.clock()).await.unwrap();
    copies::assert_waits(open(&there, tested.clock()).as_ref(), &journey).await;
    copies::assert_waits(open(&back_at, tested.clock()).as_ref(), &journey).await;
}
