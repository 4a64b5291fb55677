//! The embedded store before the law, and what it promises beyond.

use tempfile::TempDir;

use super::*;
use crate::clock::TestClock;
use crate::domain::{Fact, MintedToken, Verdict};
use crate::store::laws::{Backend, TestStore, copies, fixtures, store_laws};
use crate::store::{
    Deliveries as _, Events as _, Journeys as _, Kept, Merchants as _, Opened, Redemption, Reservation,
    Reservations as _, Step, Taken, Tokens as _,
};

/// How long the store under test keeps an ended journey.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);

/// A folder of its own, thrown away in the end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn store(&self, clock: &Arc<TestClock>) -> Embedded {
        Embedded::open(self.0.path(), Arc::clone(clock) as Arc<dyn Clock>, KEEP).unwrap()
    }
}

#[async_trait]
impl Backend for Folder {
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> {
        Arc::new(self.store(&clock))
    }
}

mod migrations;

mod laws {
    use super::*;

    store_laws!(Folder::new());
}

/// A second connection to the same file, as `sqlite3` or a backup would have it.
fn beside(folder: &Folder) -> Connection {
    Connection::open(folder.0.path().join("handback.sqlite3")).unwrap()
}

fn count(db: &Connection, table: &str) -> u32 {
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn clock() -> Arc<TestClock> {
    Arc::default()
}

#[tokio::test]
async fn two_processes_share_the_file() {
    let (folder, clock) = (Folder::new(), clock());
    let (server, command) = (folder.store(&clock), folder.store(&clock));
    let shops = ["by the command", "by the server"].map(|name| fixtures::merchant(name, clock.now()));
    assert!(command.add(&shops[0]).await.unwrap());
    assert!(server.add(&shops[1]).await.unwrap());
    for store in [&server, &command] {
        assert_eq!(store.merchants().await.unwrap().len(), 2);
    }
    assert_eq!(count(&beside(&folder), "merchants"), 2);
}

#[test]
fn processes_may_make_a_new_store_at_the_same_time() {
    for _ in 0..20 {
        let folder = Folder::new();
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..4).map(|_| scope.spawn(|| folder.store(&clock()))).collect();
            for store in opened {
                drop(store.join().unwrap());
            }
        });
        assert_eq!(count(&beside(&folder), "merchants"), 0);
    }
}

#[test]
#[cfg(unix)]
fn only_its_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let inner = Folder(TempDir::with_prefix_in("x", folder.0.path()).unwrap());
    std::fs::remove_dir(inner.0.path()).unwrap();
    let store = inner.store(&clock());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(inner.0.path()), 0o700);
    for name in ["handback.sqlite3", "handback.sqlite3-wal", "handback.sqlite3-shm"] {
        assert_eq!(mode(&inner.0.path().join(name)), 0o600, "{name}");
    }
    drop(store);
}

#[tokio::test]
async fn dropping_it_closes_the_file_with_everything_in_it() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    assert!(store.add(&fixtures::merchant("Shop", clock.now())).await.unwrap());
    store.merchants().await.unwrap();
    assert!(folder.0.path().join("handback.sqlite3-wal").exists());
    drop(store);
    // The last connection that closes carries the log over and removes it.
    assert!(!folder.0.path().join("handback.sqlite3-wal").exists());
    assert_eq!(count(&beside(&folder), "merchants"), 1);
}

#[test]
fn a_file_of_another_layout_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    drop(folder.store(&clock()));
    for (layout, word) in [(6, "before the first release"), (99, "newer")] {
        beside(&folder).pragma_update(None, "user_version", layout).unwrap();
        for refused in
            [Embedded::open(folder.0.path(), clock(), KEEP), Embedded::open_existing(folder.0.path(), clock(), KEEP)]
        {
            assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains(word)), "{refused:?}");
        }
        assert_eq!(beside(&folder).pragma_query_value(None, "user_version", |row| row.get(0)), Ok(layout));
    }
}

#[tokio::test]
async fn a_server_brings_a_file_of_an_older_layout_up_to_date_and_a_command_leaves_it() {
    for (layout, was_not_there) in [
        (7, &["events", "troubles", "console_links", "console_sessions", "audit", "watched", "logos"][..]),
        (8, &["troubles", "console_links", "console_sessions", "audit", "watched", "logos"]),
        (10, &["watched", "logos"]),
        (11, &["logos"]),
    ] {
        let (folder, clock) = (Folder::new(), clock());
        let shop = fixtures::merchant("Shop", clock.now());
        assert!(folder.store(&clock).add(&shop).await.unwrap());
        let tables =
            |folder| rows_of(&beside(folder), "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1");
        let new = tables(&folder);
        for table in was_not_there {
            beside(&folder).execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
        beside(&folder).pragma_update(None, "user_version", layout).unwrap();
        for open in [Embedded::open, Embedded::open_existing] {
            let refused = open(folder.0.path(), Arc::clone(&clock) as Arc<dyn Clock>, KEEP);
            assert!(
                matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("start the server")),
                "{refused:?}"
            );
        }
        let store = Embedded::open_for_server(folder.0.path(), Arc::clone(&clock) as Arc<dyn Clock>, KEEP).unwrap();
        assert_eq!(store.merchants().await.unwrap(), [shop.clone()]);
        assert_eq!(store.events(shop.id, None, 9).await.unwrap().read_to, None);
        assert_eq!(tables(&folder), new, "{layout}");
    }
}

fn rows_of(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_command_makes_no_store_of_an_empty_file() {
    let folder = Folder::new();
    drop(beside(&folder).execute_batch("VACUUM"));
    let refused = Embedded::open_existing(folder.0.path(), clock(), KEEP);
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("nothing yet")), "{refused:?}");
    assert_eq!(count(&beside(&folder), "sqlite_schema"), 0);
}

#[test]
fn a_command_leaves_the_layout_of_an_older_file_to_the_server() {
    let folder = Folder::new();
    drop(folder.store(&clock()));
    assert!(Embedded::open_existing(folder.0.path(), clock(), KEEP).is_ok());
    for version in [3, 99] {
        beside(&folder).pragma_update(None, "user_version", version).unwrap();
        let refused = Embedded::open_existing(folder.0.path(), clock(), KEEP);
        assert!(matches!(refused, Err(StoreError::Foreign(_))), "{version}: {refused:?}");
        let now: u32 = beside(&folder).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(now, version);
    }
}

#[test]
fn a_folder_without_a_store_is_not_given_one_by_a_command_that_reads() {
    let folder = Folder::new();
    let empty = folder.0.path().join("empty");
    assert!(!Embedded::exists(&empty));
    assert!(Embedded::open_existing(&empty, clock(), KEEP).is_err());
    assert!(!empty.exists());
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = Folder::new();
    std::fs::write(folder.0.path().join("handback.sqlite3"), "a text of somebody else's".repeat(99)).unwrap();
    let refused = Embedded::open(folder.0.path(), clock(), KEEP);
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_record_troubles_only_who_asks_for_it() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    let [broken, whole] = [(); 2].map(|()| fixtures::Draft::at(clock.now()).journey());
    for journey in [&broken, &whole] {
        assert_eq!(store.open(journey, &[], None).await.unwrap(), Opened::New);
    }
    let pay_id = values::number(broken.pay_id());
    beside(&folder).execute("UPDATE journeys SET record = x'01ff', revision = 7 WHERE pay_id = ?1", [pay_id]).unwrap();
    let steps = [broken, whole].map(|journey| {
        let (away, _) = fixtures::away(journey, clock.now());
        Step::to(away)
    });
    let [lost, done] = steps.each_ref().map(|step| store.take(step));
    let (lost, done) = tokio::join!(lost, done);
    assert!(matches!(lost, Err(StoreError::Damaged(_))), "{lost:?}");
    assert_eq!(done, Ok(Taken::Done));
}

/// Couriers and sweeps pass it over; they come back to it, but do nothing else meanwhile.
#[tokio::test]
async fn a_damaged_record_keeps_nobody_elses_waiting() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    let mut journeys = Vec::new();
    for _ in 0..3 {
        let journey = fixtures::Draft::at(clock.now()).notifying(["https://m.example/a"]).journey();
        assert_eq!(store.open(&journey, &[], None).await.unwrap(), Opened::New);
        let (paid, _) = fixtures::concluded(journey, &Fact::pressed_cancel(), clock.now());
        store.take(&fixtures::concluding(paid.clone(), None)).await.unwrap();
        journeys.push(paid);
        clock.advance(Duration::from_secs(1));
    }
    let [first, second, _] = [0, 1, 2].map(|n: usize| values::number(journeys[n].pay_id()));
    let db = beside(&folder);
    db.execute("UPDATE journeys SET record = x'01ff' WHERE pay_id = ?1", [first]).unwrap();
    db.execute("UPDATE deliveries SET state = 99 WHERE pay_id = ?1", [second]).unwrap();
    for by in 1..3 {
        let leased = store.lease(9, KEEP, by).await.unwrap();
        assert_eq!(leased.iter().map(|leased| &leased.context.journey).collect::<Vec<_>>(), [&journeys[2]]);
        assert_eq!(store.lease(9, KEEP, 9).await.unwrap(), [], "it is looked at once in a span");
        clock.advance(KEEP);
    }
    db.execute("UPDATE journeys SET due_at = opened_at", []).unwrap();
    let due: Vec<_> = store.due(9).await.unwrap().iter().map(|journey| *journey.id()).collect();
    assert_eq!(due, [*journeys[1].id(), *journeys[2].id()]);
}

#[tokio::test]
async fn a_reservation_that_outlives_its_journey_opens_another() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    let reservation = Reservation { kept: Kept::WithItsJourney, ..fixtures::reservation() };
    let [first, second] = [(); 2].map(|()| fixtures::Draft::at(clock.now()).reserved_by(&reservation).journey());
    assert_eq!(store.open(&first, &[], Some(&reservation)).await.unwrap(), Opened::New);
    // As tidying does where journeys are kept for a shorter time by now.
    beside(&folder).execute("DELETE FROM journeys", []).unwrap();
    assert_eq!(store.opened_by(&reservation).await.unwrap(), None);
    assert_eq!(store.open(&second, &[], Some(&reservation)).await.unwrap(), Opened::New);
    let repeated = Opened::Repeated(Box::new(second));
    assert_eq!(store.open(&first, &[], Some(&reservation)).await.unwrap(), repeated);
    assert_eq!(store.opened_by(&reservation).await.unwrap(), Some(repeated));
}

#[tokio::test]
async fn everything_that_has_run_out_is_dropped() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    let tables = ["journeys", "reservations", "deliveries"];
    for n in 0..300 {
        let reservation = fixtures::reservation();
        let draft = fixtures::Draft::at(clock.now()).reserved_by(&reservation).notifying(["https://m.example/a"]);
        let journey = draft.journey();
        assert_eq!(store.open(&journey, &[], Some(&reservation)).await.unwrap(), Opened::New);
        let (away, _) = fixtures::away(journey, clock.now());
        store.take(&Step::to(away.clone())).await.unwrap();
        if n > 0 {
            let token = MintedToken { digest: fixtures::fresh(), life: KEEP / 7 };
            let (paid, _) = fixtures::concluded(away, &Fact::paid(), clock.now());
            store.take(&fixtures::concluding(paid, Some(token))).await.unwrap();
        }
    }
    let left = |db: &Connection| tables.map(|table| count(db, table));
    assert_eq!(left(&beside(&folder)), [300, 300, 299]);
    assert_eq!(store.tidy().await.unwrap(), 0);
    clock.advance(Duration::from_secs(49 * 3600));
    assert_eq!(store.tidy().await.unwrap(), 300);
    assert_eq!(left(&beside(&folder)), [300, 0, 299]);
    clock.advance(KEEP);
    // A delivery that waits holds its journey back, until a courier has seen to it.
    assert_eq!(store.tidy().await.unwrap(), 0);
    for leased in store.lease(1000, KEEP, 1).await.unwrap() {
        assert!(store.report(&leased.lease, None, Verdict::Dead).await.unwrap());
    }
    assert_eq!(store.tidy().await.unwrap(), 299 + 299);
    // What has not concluded stays, however long it takes: its merchant must still be notified of its end.
    assert_eq!(left(&beside(&folder)), [1, 0, 0]);
}

#[tokio::test]
async fn one_step_of_tidying_keeps_nobody_waiting_for_long() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    for _ in 0..120 {
        store.reserve(&fixtures::reservation()).await.unwrap();
    }
    let later = clock.now().plus(Duration::from_hours(25));
    let db = beside(&folder);
    let steps: Vec<_> = (0..4).map(|_| tidy::step(&db, later, KEEP).unwrap()).collect();
    assert_eq!(steps, [50, 50, 20, 0]);
}

#[tokio::test]
async fn a_journey_that_concluded_late_is_kept_for_its_token() {
    let (folder, clock) = (Folder::new(), clock());
    let store = Embedded::open(folder.0.path(), Arc::clone(&clock) as Arc<dyn Clock>, Duration::ZERO).unwrap();
    let journey = fixtures::Draft::at(clock.now()).journey();
    assert_eq!(store.open(&journey, &[], None).await.unwrap(), Opened::New);
    clock.advance(3 * KEEP);
    let token = MintedToken { digest: fixtures::fresh(), life: Duration::from_secs(600) };
    let (lapsed, _) = fixtures::concluded(journey, &Fact::lapsed(), clock.now());
    store.take(&fixtures::concluding(lapsed.clone(), Some(token.clone()))).await.unwrap();
    store.tidy().await.unwrap();
    let pay_id = lapsed.pay_id();
    let redeemed = store.redeem(pay_id, &token.digest, &fixtures::fresh()).await.unwrap();
    assert!(matches!(redeemed, Redemption::Granted { .. }), "{redeemed:?}");
}

/// Every look-up walks along an index, however much is stored.
#[test]
fn no_query_reads_a_whole_table_or_sorts() {
    let folder = Folder::new();
    drop(folder.store(&clock()));
    let db = beside(&folder);
    for sql in [
        journeys::LIST_ALL,
        journeys::LIST_PROVEN,
        journeys::LIST_OF_USER,
        numbers::OPENED,
        numbers::PROVEN,
        numbers::SAMPLE,
        journeys::DUE,
        events::LIST,
        events::DROP,
        events::FORGET,
        tidy::RESERVATIONS,
        tidy::JOURNEYS,
        tidy::SHUT_ENDPOINTS,
        tidy::TROUBLES,
        deliveries::OF_JOURNEY,
        deliveries::WAKING,
        deliveries::DEAD,
        deliveries::PENDING,
        users::BY_NAME,
        users::LIST,
        console::SESSION,
        console::SESSIONS,
        console::ENTRIES,
        console::DROPS[0],
        console::DROPS[1],
        console::DROPS[2],
    ] {
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![rusqlite::types::Value::Null; explain.parameter_count()];
        let plan = explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
        let plan = plan.collect::<Result<Vec<String>, _>>().unwrap().join("; ");
        assert!(plan.contains("USING") && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}

/// How many tables and indexes a statement may write to.
fn written_to(db: &Connection, sql: &str) -> usize {
    let mut explain = db.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let parameters = vec![rusqlite::types::Value::Null; explain.parameter_count()];
    let operations = explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(1)).unwrap();
    operations.filter(|operation| operation.as_deref() == Ok("OpenWrite")).count()
}

#[test]
fn a_step_that_moves_nothing_touches_no_index() {
    let folder = Folder::new();
    drop(folder.store(&clock()));
    let written = [journeys::WITHIN, journeys::ACROSS, journeys::BEYOND].map(|sql| written_to(&beside(&folder), sql));
    assert_eq!(written, [1, 3, 4]);
}

#[tokio::test]
async fn a_consent_is_dropped_when_it_has_ended_and_been_kept() {
    let (folder, clock) = (Folder::new(), clock());
    let store = folder.store(&clock);
    let consent = fixtures::consent(clock.now());
    assert_eq!(store.open(&consent, &[], None).await.unwrap(), Opened::New);
    let (given, _) = fixtures::agreed(consent, 13 * KEEP, clock.now());
    store.take(&fixtures::concluding(given.clone(), None)).await.unwrap();
    clock.advance(14 * KEEP - Duration::from_secs(1));
    assert_eq!(store.tidy().await.unwrap(), 0);
    clock.advance(Duration::from_secs(2));
    assert_eq!(store.tidy().await.unwrap(), 1);
    assert_eq!(store.find(given.pay_id()).await.unwrap(), None);
}
