//! What `strict` acknowledges, whatever replicas do and whoever takes a master's place; and what `fast` loses then.

use std::time::Instant;

use super::fixture::{Proxy, RedisServer};
use super::fixture_of_cluster::{RedisCluster, has};
use super::places::Watched;
use super::*;
use crate::domain::{Fact, Journey};
use crate::store::laws::fixtures::{Draft, away, concluded, concluding, fresh, hourly};
use crate::store::{Journeys, Opened, Redemption, Step, StoreError, Taken, Tokens};

/// A master that waits for no second replica before it gives the first what it has.
const AT_ONCE: [&str; 2] = ["--repl-diskless-sync-delay", "0"];

/// A master and a replica that follows it.
fn pair() -> (RedisServer, RedisServer) {
    let master = RedisServer::start_with(&AT_ONCE);
    let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", &master.address().port().to_string()]);
    await_replica(&master, &replica);
    (master, replica)
}

/// Waits until the replica follows, and has done what it does at first: it writes its file anew.
fn await_replica(master: &RedisServer, replica: &RedisServer) {
    let began = Instant::now();
    let follows = || {
        let mut connection = master.connection();
        let mut of_write = redis::pipe();
        of_write.cmd("SET").arg("hb:test").arg("").ignore().cmd("WAIT").arg(1).arg(100);
        of_write.query::<(u8,)>(&mut connection).is_ok_and(|(have,)| have == 1)
    };
    let rests = || replica.info("aof_rewrite_in_progress") + replica.info("aof_rewrite_scheduled") == 0;
    // It begins to write when it has what the master has.
    while !(follows() && rests()) {
        assert!(began.elapsed() < Duration::from_secs(15), "the replica does not follow");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn strict(url: &str) -> Arc<RedisStore> {
    store(&format!("{url}?durability=strict&replicas=1"))
}

async fn paid(store: &RedisStore) -> (Journey, Digest) {
    let token = fresh();
    let journey = Draft::at(store.clock.now()).journey();
    assert_eq!(Journeys::open(store, &journey, &[], None).await, Ok(Opened::New));
    let (away, _) = away(journey, store.clock.now());
    assert_eq!(store.take(&Step::to(away.clone())).await, Ok(Taken::Done));
    let (paid, _) = concluded(away, &Fact::paid(), store.clock.now());
    assert_eq!(store.take(&concluding(paid.clone(), Some(hourly(token)))).await, Ok(Taken::Done));
    (paid, token)
}

/// A step that was made before writes nothing when it is made again: that is not confirmed by that either.
#[tokio::test]
async fn what_no_replica_has_is_acknowledged_by_nobody() {
    let (master, replica) = pair();
    let (first, second, fast) = (strict(&master.url()), strict(&master.url()), store(&master.url()));
    let ((journey, token), attempt) = (paid(&first).await, fresh());
    let pay_id = journey.pay_id();
    // The server knows the scripts: else each is tried twice, and waited for twice.
    let (other, spare) = paid(&first).await;
    assert!(first.redeem(other.pay_id(), &spare, &fresh()).await.is_ok() && first.probe().await.is_ok());
    replica.pause();
    for store in [&first, &first, &second] {
        let began = Instant::now();
        let redeemed = store.redeem(pay_id, &token, &attempt).await;
        assert!(matches!(&redeemed, Err(StoreError::Unconfirmed(why)) if why.contains("0 of 1")), "{redeemed:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        assert!(matches!(store.find(pay_id).await, Err(StoreError::Unconfirmed(_))));
        assert!(matches!(store.probe().await, Err(StoreError::Unconfirmed(_))));
    }
    let spent = fast.redeem(pay_id, &token, &fresh()).await;
    assert!(matches!(spent, Ok(Redemption::Spent { .. })), "it was done: {spent:?}");
    replica.resume();
    let redeemed = second.redeem(pay_id, &token, &attempt).await;
    assert!(matches!(redeemed, Ok(Redemption::Granted { .. })), "{redeemed:?}");
}

#[tokio::test]
async fn a_confirmed_step_takes_one_round_trip() {
    let (master, _replica) = pair();
    let proxy = Proxy::before(&master);
    let store = strict(&proxy.url());
    let (warm, token) = paid(&store).await;
    store.redeem(warm.pay_id(), &token, &fresh()).await.unwrap();
    let (journey, token) = paid(&store).await;
    let before = proxy.round_trips();
    store.redeem(journey.pay_id(), &token, &fresh()).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1);
}

#[tokio::test]
async fn many_steps_are_confirmed_at_a_time() {
    let (master, _replica) = pair();
    let store = strict(&master.url());
    let walks: Vec<_> = (0..100)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { paid(&store).await })
        })
        .collect();
    for walk in walks {
        walk.await.unwrap();
    }
}

#[tokio::test]
async fn strict_is_refused_where_it_cannot_be_kept() {
    let (master, _replica) = pair();
    let refused = store(&format!("{}?durability=strict", master.url())).register_owner(&[fresh()]).await;
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("replicas=1")), "{refused:?}");
    let everysec = RedisServer::start_with(&["--appendfsync", "everysec"]);
    let owner = fresh();
    assert_eq!(store(&everysec.url()).register_owner(&[owner]).await, Ok(()));
    let refused = store(&format!("{}?durability=strict", everysec.url())).register_owner(&[owner]).await;
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("expected always")), "{refused:?}");
}

/// It is looked at again with each connection, and once a minute; while something is wrong, with each probe.
#[tokio::test]
async fn a_set_up_that_changes_is_seen_and_strict_acknowledges_nothing_meanwhile() {
    let server = RedisServer::start();
    let (fast, strict) = (store(&server.url()), store(&format!("{}?durability=strict", server.url())));
    for store in [&fast, &strict] {
        assert_eq!(store.probe().await.unwrap().lapses, Vec::<String>::new());
    }
    let change = |setting: &str| {
        assert!(server.ask(&format!("CONFIG SET {setting}")).contains("OK"));
        server.ask("CLIENT KILL TYPE normal SKIPME yes");
    };
    change("appendfsync everysec");
    assert_eq!(fast.probe().await.unwrap().lapses, Vec::<String>::new());
    // The connection is made anew with this one; the next knows of it.
    let _ = strict.probe().await;
    let journey = Draft::at(strict.clock.now()).journey();
    let opened = Journeys::open(&*strict, &journey, &[], None).await;
    assert!(matches!(&opened, Err(StoreError::Unconfirmed(why)) if why.contains("expected always")), "{opened:?}");
    assert_eq!(fast.find(journey.pay_id()).await, Ok(None), "nothing is written");
    change("appendonly no");
    fast.probe().await.unwrap();
    let lapses = fast.probe().await.unwrap().lapses;
    assert!(matches!(lapses.as_slice(), [one] if one.contains("appendonly is no")), "{lapses:?}");
    for setting in ["appendonly yes", "appendfsync always"] {
        assert!(server.ask(&format!("CONFIG SET {setting}")).contains("OK"));
    }
    assert_eq!(fast.probe().await.unwrap().lapses, Vec::<String>::new());
    assert_eq!(strict.probe().await.unwrap().lapses, Vec::<String>::new());
    assert_eq!(Journeys::open(&*strict, &journey, &[], None).await, Ok(Opened::New));
}

/// What came of redemptions while masters were killed.
#[derive(Debug, Default)]
struct Ledger {
    acknowledged: usize,
    lost: usize,
}

/// How often a master is killed; `KILLS` says another number.
fn kills() -> usize {
    std::env::var("KILLS").map_or(1, |number| number.parse().expect("a number"))
}

/// Waits until every replica follows its master.
fn wait_for_replication(nodes: &[RedisServer]) {
    let began = Instant::now();
    let follows = |node: &RedisServer| {
        let role = node.ask("INFO replication");
        role.contains("connected_slaves:1") || role.contains("master_link_status:up")
    };
    while !nodes.iter().all(follows) {
        assert!(began.elapsed() < Duration::from_secs(30), "the replicas do not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A key that this master has, of a shard that it has.
fn own_key(master: &RedisServer) -> Vec<u8> {
    let own = keys::slots().zip(Shard::all()).find(|(slot, _)| has(master, *slot));
    keys::mark(own.map_or(Shard::of_byte(0), |(_, shard)| shard))
}

/// Redeems these tokens at the same time, each by its own attempt.
async fn redeem_all(store: &RedisStore, tokens: &[((Journey, Digest), Digest)]) -> Vec<Result<Redemption>> {
    join_all(tokens.iter().map(|((journey, token), attempt)| store.redeem(journey.pay_id(), token, attempt))).await
}

/// Kills a master whose replica lags, while tokens are redeemed: of those that were redeemed some may be redeemed again.
async fn kill_a_master(nodes: &mut [RedisServer], store: &RedisStore, ledger: &mut Ledger) {
    let mut tokens = Vec::new();
    for _ in 0..30 {
        tokens.push((paid(store).await, fresh()));
    }
    wait_for_replication(nodes);
    // The replica has them, before it lags.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let dead = nodes.iter().position(|node| node.ask("INFO replication").contains("connected_slaves:1")).unwrap();
    let port = nodes[dead].address().port();
    let follows = |node: &RedisServer| node.ask("INFO replication").contains(&format!("master_port:{port}"));
    let replica = nodes.iter().position(follows).unwrap();
    let key = own_key(&nodes[dead]);
    let (early, late) = tokens.split_at(10);
    let mut outcomes = redeem_all(store, early).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    nodes[replica].pause();
    // The kernels on both sides take a few MB: what comes behind these stays with the master.
    for _ in 0..2 {
        let mut set = redis::cmd("SET");
        let _: () = set.arg(&key).arg(vec![7_u8; 16 << 20]).query(&mut nodes[dead].connection()).unwrap();
    }
    outcomes.extend(redeem_all(store, late).await);
    nodes[dead].kill();
    nodes[replica].resume();
    let began = Instant::now();
    for (((journey, token), _), outcome) in tokens.iter().zip(outcomes) {
        let is_acknowledged = matches!(outcome, Ok(Redemption::Granted { .. }));
        let attempt = fresh();
        let again = loop {
            match store.redeem(journey.pay_id(), token, &attempt).await {
                Ok(again) => break again,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(60), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            // The new master has no replica before the old one is back.
            if began.elapsed() > Duration::from_secs(1) && nodes[dead].has_ended() && is_replaced(&nodes[replica]) {
                nodes[dead].restart();
            }
        };
        ledger.acknowledged += usize::from(is_acknowledged);
        ledger.lost += usize::from(is_acknowledged && !matches!(again, Redemption::Spent { .. }));
    }
    if nodes[dead].has_ended() {
        nodes[dead].restart();
    }
    wait_for_replication(nodes);
}

/// Whether this one is a master by now.
fn is_replaced(replica: &RedisServer) -> bool {
    replica.ask("ROLE").contains("master")
}

async fn failovers(class: &str) -> Ledger {
    let mut cluster = RedisCluster::start();
    let store = store(&format!("{}{class}", cluster.url()));
    count_kills(&mut cluster.nodes, &store, class).await
}

async fn count_kills(nodes: &mut [RedisServer], store: &RedisStore, class: &str) -> Ledger {
    let mut ledger = Ledger::default();
    for _ in 0..kills() {
        kill_a_master(nodes, store, &mut ledger).await;
    }
    println!("{} masters were killed while their replicas lagged, {class:?}: {ledger:?}", kills());
    ledger
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_loses_nothing_to_a_master_that_is_killed_while_its_replica_lags() {
    let ledger = failovers("?durability=strict").await;
    assert!(ledger.acknowledged > 10 * kills(), "{ledger:?}");
    assert_eq!(ledger.lost, 0, "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_loses_nothing_behind_sentinels_either() {
    let (master, replica) = pair();
    let watched = Watched::over(&master);
    let store = store(&format!("{}&durability=strict", watched.url()));
    // The Sentinels know the replica.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let ledger = count_kills(&mut [master, replica], &store, "strict, Sentinels").await;
    assert_eq!((ledger.acknowledged, ledger.lost), (10 * kills(), 0));
}

/// What the tests above would find, were nothing confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fast_loses_what_a_killed_master_had_not_handed_on() {
    let ledger = failovers("").await;
    assert!(ledger.acknowledged == 30 * kills() && ledger.lost > 0, "{ledger:?}");
}
