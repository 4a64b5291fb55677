//! Deliveries under `kill -9`: every one arrives at least once, and no other does.
//!
//! Customers pay at links that notify three servers each, which fail at random, while the gateway is killed. What a
//! dead node had in its hands comes to the next one when its leases lapse. A delivery that has failed twice would wait
//! for minutes: its merchant sends it again by hand.
//!
//! `HANDBACK_KILLS_JOURNEYS=10000 HANDBACK_KILLS=20 cargo test --test it kill::deliveries -- --nocapture --test-threads
//! 1` is the full size, and prints a row for each store.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chance::Chance;
use super::load::runtime;
use super::merchant_client::MerchantClient;
use super::story::come_back;
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::redis::RedisServer;

/// How many journeys there are, unless `HANDBACK_KILLS_JOURNEYS` says otherwise.
const JOURNEYS: usize = 160;
/// How often the gateway is killed, unless `HANDBACK_KILLS` says otherwise.
const KILLS: usize = 5;
/// How many servers each journey notifies.
const TOLD: usize = 3;
/// How many customers pay at the same time.
const CUSTOMERS: usize = 4;
/// How many tries are under way at one server at the same time, at the most: where all goes well for a while.
const AT_ONCE: usize = 32;
/// How long a server works before it answers: long enough for a kill to hit what is under way.
const WORK: Duration = Duration::from_millis(40);
/// How long a customer thinks between two journeys: they leave behind about as much as three servers can take.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it may take, after the last journey, until one more delivery has arrived: a lease must lapse, and what
/// has failed waits a few seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(80);

#[test]
fn deliveries_on_the_embedded_store_survive_their_couriers() {
    the_couriers_are_killed(None);
}

#[test]
fn deliveries_on_redis_survive_their_couriers() {
    let redis = RedisServer::start();
    the_couriers_are_killed(Some(&redis.url()));
}

/// The three servers, as far as they remember.
#[derive(Default)]
struct Servers {
    /// What arrived and was acknowledged: by its id, what it said and how often it came.
    arrived: Mutex<HashMap<String, (String, usize)>>,
    /// How many tries were met, and how many of them were failed on purpose.
    tries: AtomicUsize,
    failed: AtomicUsize,
    /// How many each works on, and the most that any has worked on at the same time.
    under_way: [Arc<AtomicUsize>; TOLD],
    most: AtomicUsize,
}

fn the_couriers_are_killed(store: Option<&str>) {
    let (count, kills) = (size("HANDBACK_KILLS_JOURNEYS", JOURNEYS), size("HANDBACK_KILLS", KILLS));
    let mut gateway = super::gateway(store);
    let (merchant, runtime, servers) =
        (Arc::new(MerchantClient::of(&gateway)), runtime(), Arc::new(Servers::default()));
    let urls: Arc<Vec<String>> =
        Arc::new((0..TOLD).map(|n| failing(n, Arc::clone(&servers)).url(&format!("/{n}"))).collect());
    let each = count / CUSTOMERS;
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|n| runtime.spawn(pay(Arc::clone(&merchant), Arc::clone(&urls), n * each..(n + 1) * each)))
        .collect();
    let (mut chance, mut cut_off) = (Chance::seeded(7), 0);
    for _ in 0..kills {
        // A journey is three requests, and some are answered while we sleep: the kills are spread over the load.
        merchant.wait_for_answers(((3 * count / kills).saturating_sub(60) * 3 / 4).clamp(5, 5_000));
        std::thread::sleep(chance.span(50, 300));
        cut_off += servers.under_way.iter().map(|under_way| under_way.load(Ordering::SeqCst)).sum::<usize>();
        gateway.kill();
        gateway.restart();
    }
    assert!(customers.iter().any(|customer| !customer.is_finished()), "the kills hit nobody: there was no load");
    let mut journeys = Vec::new();
    for customer in customers {
        journeys.extend(runtime.block_on(customer).expect("a customer"));
    }
    let concluded = journeys.len();
    let (expected, by_hand) = runtime.block_on(all_delivered(&merchant, &servers, journeys));
    let arrived = servers.arrived.lock().unwrap();
    assert_eq!(arrived.keys().cloned().collect::<HashSet<_>>(), expected, "what arrived is what was left behind");
    let again = arrived.values().map(|(_, times)| times - 1).sum::<usize>();
    let (tries, failed) = (servers.tries.load(Ordering::SeqCst), servers.failed.load(Ordering::SeqCst));
    println!(
        "| {} | {} | {} | {kills} | {tries} | {failed} | {by_hand} | 0 | {again} | {cut_off} | {} | {} |",
        if store.is_some() { "Redis (always)" } else { "embedded" },
        concluded,
        arrived.len(),
        servers.most.load(Ordering::SeqCst),
        kills * TOLD * AT_ONCE,
    );
    assert!(again <= kills * TOLD * AT_ONCE, "{again} came again, more than were under way at a kill");
}

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |size| size.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// A server that fails one try in four, one way or the other.
fn failing(server: usize, servers: Arc<Servers>) -> Receiver {
    let chance = Mutex::new(Chance::seeded(server as u64));
    Receiver::answering(move |_, received: &Received| {
        servers.tries.fetch_add(1, Ordering::SeqCst);
        let drawn = chance.lock().unwrap().below(8);
        if drawn < 2 {
            servers.failed.fetch_add(1, Ordering::SeqCst);
            return if drawn == 0 { Reply::Status(500) } else { Reply::Hangup };
        }
        let mut arrived = servers.arrived.lock().unwrap();
        let (said, times) = arrived.entry(received.id().to_owned()).or_insert((received.target.clone(), 0));
        assert_eq!(*said, received.target, "it says the same under the same id");
        *times += 1;
        servers.work(server);
        Reply::Slow(200, WORK)
    })
}

impl Servers {
    /// Notes that one more try is under way at this server, until it is answered.
    fn work(&self, server: usize) {
        let under_way = Arc::clone(&self.under_way[server]);
        self.most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::spawn(async move {
            tokio::time::sleep(WORK).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn arrived(&self) -> usize {
        self.arrived.lock().unwrap().len()
    }
}

/// A customer who pays one link after the other.
pub async fn pay(merchant: Arc<MerchantClient>, urls: Arc<Vec<String>>, numbers: Range<usize>) -> Vec<String> {
    let mut journeys = Vec::new();
    for n in numbers {
        let list: Vec<_> =
            std::iter::once("https://shop.example/back").chain(urls.iter().map(String::as_str)).collect();
        let open_request = json!({ "amount": 1, "recipient_note": format!("delivery {n}"), "callback_url": list });
        let opened = merchant.create_link(&format!("delivery-{n}"), &open_request).await.json();
        let link = crate::support::merchant_client::Link::read(&opened);
        let away = merchant.press("pay", &link.text).await.onward();
        let [to, state] = ["redirect_uri", "state"].map(|name| crate::support::http::query_value(&away, name));
        come_back(&merchant, &format!("{to}?code=yes&state={state}")).await;
        journeys.push(link.id);
        tokio::time::sleep(PAUSE).await;
    }
    journeys
}

/// Waits until every delivery of these journeys has been delivered. Answers their ids, and how many of them were sent
/// again by hand.
async fn all_delivered(
    merchant: &MerchantClient,
    servers: &Servers,
    mut open: Vec<String>,
) -> (HashSet<String>, usize) {
    let (mut ids, mut by_hand) = (HashSet::new(), HashSet::new());
    let (mut deadline, mut known) = (Instant::now() + LONGEST_WAIT, servers.arrived());
    while !open.is_empty() {
        let mut still_open = Vec::new();
        for journey in open {
            let seen = merchant.journeys(&format!("/{journey}")).await;
            let deliveries = seen["deliveries"].as_array().unwrap();
            assert_eq!(deliveries.len(), TOLD, "{seen}");
            let id = |delivery: &Value| delivery["id"].as_str().unwrap().to_owned();
            if deliveries.iter().all(|delivery| delivery["state"] == "delivered") {
                ids.extend(deliveries.iter().map(id));
                continue;
            }
            still_open.push(journey);
            let waits = |delivery: &&Value| delivery["state"] == "failing" && delivery["tries"].as_u64() > Some(1);
            for delivery in deliveries.iter().filter(waits) {
                merchant.replay(&id(delivery)).await;
                by_hand.insert(id(delivery));
            }
        }
        open = still_open;
        if servers.arrived() > known {
            (deadline, known) = (Instant::now() + LONGEST_WAIT, servers.arrived());
        }
        assert!(Instant::now() < deadline, "not delivered in time: {open:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (ids, by_hand.len())
}
