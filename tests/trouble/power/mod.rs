//! The power goes: what was acknowledged is there afterwards, or it is said how much is not.

mod disk;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use self::disk::Disk;
use crate::parts::keys;
use crate::shop::{Shop, form, get, parameter, send};
use crate::support::gateway_process::GatewayProcess;
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// How many customers and apps there are.
const CUSTOMERS: usize = 8;

/// What was acknowledged, and when.
#[derive(Debug, Clone)]
struct Acknowledged {
    at: Instant,
    what: Step,
}

#[derive(Debug, Clone)]
enum Step {
    Opened(String),
    Paid(String),
    Redeemed(String),
}

type Ledger = Arc<Mutex<Vec<Acknowledged>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_the_embedded_store() {
    let Some((_folder, at, mut disk)) = disk() else { return };
    let rounds = Size::of([3, 20, 100]);
    let row = Row::begin("what is acknowledged outlasts the power", format!("the power goes {rounds} times, embedded"));
    let store = format!("embedded:{}", at.join("data").display());
    let keys = keys();
    let mut node = GatewayProcess::start(&[("STORE", &store), ("KEYS", &keys), ("LOG", "error"), ("WORKERS", "2")]);
    let (shop, mut acknowledged) = (Shop::of(&node), 0);
    for _ in 0..rounds {
        let (ledger, load) = set_going(&shop);
        rest().await;
        let cut = Instant::now();
        let remains = disk.cut_power();
        node.kill();
        end(load).await;
        disk.restore(&at, remains);
        node.restart();
        let lost = lost(&shop, &ledger, cut).await;
        assert!(lost.is_empty(), "acknowledged, and lost: {lost:?}");
        acknowledged += ledger.lock().unwrap().len();
    }
    drop(node);
    row.holds(&format!("0 lost of {acknowledged} steps that were acknowledged"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_redis_that_syncs_always() {
    under_redis("always", "strict").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_redis_that_syncs_each_second() {
    under_redis("everysec", "fast").await;
}

async fn under_redis(fsync: &str, class: &str) {
    let Some((_folder, at, mut disk)) = disk() else { return };
    let rounds = Size::of([3, 20, 100]);
    let fault = format!("the power goes {rounds} times, Redis with `appendfsync {fsync}` ({class})");
    let row = Row::begin("what is acknowledged outlasts the power", fault);
    let folder = at.display().to_string();
    let mut redis = RedisServer::start_with(&["--dir", &folder, "--appendfsync", fsync]);
    let (store, keys) = (redis.url(), keys());
    let node = GatewayProcess::start(&[("STORE", &store), ("KEYS", &keys), ("LOG", "error"), ("WORKERS", "2")]);
    let shop = Shop::of(&node);
    // What is known of the merchant itself is not in question here.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let (mut acknowledged, mut all_lost, mut window) = (0, 0, Duration::ZERO);
    for _ in 0..rounds {
        let (ledger, load) = set_going(&shop);
        rest().await;
        let cut = Instant::now();
        let remains = disk.cut_power();
        redis.kill();
        end(load).await;
        disk.restore(&at, remains);
        redis.restart();
        let lost = lost(&shop, &ledger, cut).await;
        all_lost += lost.len();
        window = lost.iter().map(|step| cut - step.at).fold(window, Duration::max);
        acknowledged += ledger.lock().unwrap().len();
        assert!(lost.is_empty() || fsync != "always", "acknowledged, and lost: {lost:?}");
    }
    drop(redis);
    assert!(window < Duration::from_secs(3), "what was lost is {window:?} old");
    row.holds(&format!(
        "{all_lost} lost of {acknowledged} steps that were acknowledged, none earlier than {} ms before the cut",
        window.as_millis()
    ));
}

/// A folder with a disk in it, where the system lets us mount one.
fn disk() -> Option<(tempfile::TempDir, PathBuf, Disk)> {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("disk");
    std::fs::create_dir(&at).unwrap();
    match Disk::mount(&at) {
        Ok(disk) => Some((folder, at, disk)),
        Err(error) => {
            println!("\nthe power goes: NOT RUN (this system lets us mount nothing by FUSE: {error})");
            None
        }
    }
}

async fn rest() {
    tokio::time::sleep(Duration::from_millis(rand::random_range(500..1_500))).await;
}

fn set_going(shop: &Shop) -> (Ledger, Vec<tokio::task::JoinHandle<io::Result<()>>>) {
    let ledger = Ledger::default();
    let live = |_| tokio::spawn(live(shop.clone(), Arc::clone(&ledger)));
    let load = (0..CUSTOMERS).map(live).collect();
    (ledger, load)
}

async fn end(load: Vec<tokio::task::JoinHandle<io::Result<()>>>) {
    for customer in load {
        // Nobody is answered any more, and that is how each of them ends.
        let ended = customer.await.expect("a customer");
        assert!(ended.is_err(), "somebody went home");
    }
}

/// Pays and redeems, journey by journey, until an answer is missing or says that something is away.
async fn live(shop: Shop, ledger: Ledger) -> io::Result<()> {
    let away = |status: u16| io::Error::other(format!("it was answered {status}"));
    let note = |what| ledger.lock().unwrap().push(Acknowledged { at: Instant::now(), what });
    let body = json!({ "amount": 25, "callback_url": "https://shop.example/back", "one_time_token": true }).to_string();
    loop {
        let opened = shop.post("/secpaid/api/v2/createLink", &[], &body).await?;
        if opened.status != 200 {
            return Err(away(opened.status));
        }
        let data = &opened.json()["data"];
        let pay_id = data["id"].to_string();
        note(Step::Opened(pay_id.clone()));
        let link = parameter(data["pay_link"].as_str().unwrap(), "link_id");
        let left = send(shop.port, &form("/payment/pay", &format!("link_id={link}"))).await?;
        let Some(visit) = left.location else { return Err(away(left.status)) };
        let back = format!("/return/sandbox?code=yes&state={}", parameter(&visit, "state"));
        let returned = get(shop.port, &back).await?;
        let Some(home) = returned.location else { return Err(away(returned.status)) };
        note(Step::Paid(pay_id));
        let token = parameter(&home, "one-time-token");
        let granted = shop.redeem(&token, None).await?;
        if granted.status != 200 {
            return Err(away(granted.status));
        }
        note(Step::Redeemed(token));
    }
}

/// What was acknowledged before the power went, and is not there.
async fn lost(shop: &Shop, ledger: &Ledger, cut: Instant) -> Vec<Acknowledged> {
    ledger.lock().unwrap().retain(|step| step.at < cut);
    let (steps, mut lost) = (ledger.lock().unwrap().clone(), Vec::new());
    assert!(steps.len() > CUSTOMERS, "there was no load");
    // Each worker has a connection of its own, which is back when it is.
    let mut in_a_row = 0;
    crate::parts::until("it answers", async || {
        in_a_row = if shop.knows("0").await.is_ok() { in_a_row + 1 } else { 0 };
        in_a_row == 20
    })
    .await;
    for step in steps {
        let is_there = match &step.what {
            Step::Opened(pay_id) => shop.knows(pay_id).await.expect("an answer").is_some(),
            Step::Paid(pay_id) => shop.knows(pay_id).await.expect("an answer").is_some_and(|it| it["status"] == "paid"),
            Step::Redeemed(token) => shop.redeem(token, None).await.expect("an answer").status == 410,
        };
        if !is_there {
            lost.push(step);
        }
    }
    lost
}

#[test]
fn a_disk_forgets_what_nobody_has_synced() {
    let Some((_folder, at, mut disk)) = disk() else { return };
    let _row = Row::begin("the disk of these tests forgets", "the power goes");
    let write = |name: &str, syncs: bool| {
        let file = std::fs::File::create(at.join(name)).unwrap();
        io::Write::write_all(&mut &file, name.as_bytes()).unwrap();
        if syncs {
            file.sync_all().unwrap();
        }
    };
    write("kept", true);
    write("nameless", false);
    std::fs::rename(at.join("kept"), at.join("renamed")).unwrap();
    let remains = disk.cut_power();
    assert!(std::fs::write(at.join("later"), "x").is_err(), "it works without power");
    disk.restore(&at, remains);
    let names: Vec<_> = std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["kept"], "what was made or renamed since the last sync");
    assert_eq!(std::fs::read(at.join("kept")).unwrap(), b"kept");
    for _ in 0..20 {
        write("kept", false);
        let remains = disk.cut_power();
        disk.restore(&at, remains);
        if std::fs::read(at.join("kept")).unwrap() != b"kept" {
            return;
        }
        write("kept", true);
    }
    panic!("it never forgets what was not synced");
}
