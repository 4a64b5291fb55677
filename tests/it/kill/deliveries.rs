//! Deliveries under `kill -9`: every one arrives at least once, and no other does.
//!
//! Customers pay at links that tell three servers each, which fail at random, while the gateway is killed. What a dead
//! node had in its hands comes to the next one when its leases lapse.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use super::chance::Chance;
use super::crowd::runtime;
use super::shop::Shop;
use super::story::come_back;
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::redis::RedisServer;

/// How often the gateway is killed.
const KILLS: usize = 5;
/// How many journeys there are.
const JOURNEYS: usize = 160;
/// How many servers each of them tells.
const TOLD: usize = 3;
/// How many customers pay at the same time.
const CUSTOMERS: usize = 4;
/// How many tries are under way at one server at the same time.
const AT_ONCE: usize = 4;
/// How long a server works before it answers: long enough for a kill to hit what is under way.
const WORK: Duration = Duration::from_millis(40);
/// How long a customer thinks between two journeys.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it may take until all have arrived: a lease has to lapse, and what has failed waits a few seconds.
const PATIENCE: Duration = Duration::from_secs(50);

/// What arrived, and was acknowledged, by its id.
type Arrived = Arc<Mutex<HashMap<String, usize>>>;

#[test]
fn deliveries_on_the_embedded_store_survive_their_couriers() {
    the_couriers_are_killed(None);
}

#[test]
fn deliveries_on_redis_survive_their_couriers() {
    let redis = RedisServer::start();
    the_couriers_are_killed(Some(&redis.url()));
}

fn the_couriers_are_killed(store: Option<&str>) {
    let mut gateway = super::gateway(store);
    let (shop, servers, arrived) = (Arc::new(Shop::of(&gateway)), runtime(), Arrived::default());
    let urls: Arc<Vec<String>> =
        Arc::new((0..TOLD).map(|n| failing(n, Arc::clone(&arrived)).url(&format!("/{n}"))).collect());
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|n| servers.spawn(pay(Arc::clone(&shop), Arc::clone(&urls), n * JOURNEYS / CUSTOMERS)))
        .collect();
    let mut chance = Chance::seeded(7);
    for _ in 0..KILLS {
        shop.wait_for_answers(5);
        std::thread::sleep(chance.span(50, 300));
        gateway.kill();
        gateway.restart();
    }
    assert!(customers.iter().any(|customer| !customer.is_finished()), "the kills hit nobody: there was no load");
    let mut journeys = Vec::new();
    for customer in customers {
        journeys.extend(servers.block_on(customer).expect("a customer"));
    }
    let expected = servers.block_on(all_delivered(&shop, &journeys));
    let arrived = arrived.lock().unwrap().clone();
    assert_eq!(arrived.keys().cloned().collect::<HashSet<_>>(), expected, "what arrived is what was left behind");
    let twice = arrived.values().map(|times| times - 1).sum::<usize>();
    println!("{}: {} deliveries, {twice} of them again", store.unwrap_or("embedded"), arrived.len());
    assert!(twice <= KILLS * TOLD * AT_ONCE, "{twice} came twice, more than were under way at a kill");
}

/// A server that fails one first try in four, one way or the other.
fn failing(server: usize, arrived: Arrived) -> Receiver {
    let tried = Mutex::new((HashSet::new(), Chance::seeded(server as u64)));
    Receiver::answering(move |_, received: &Received| {
        let mut tried = tried.lock().unwrap();
        let first = tried.0.insert(received.id().to_owned());
        match tried.1.below(8) {
            0 if first => Reply::Status(500),
            1 if first => Reply::Hangup,
            _ => {
                *arrived.lock().unwrap().entry(received.id().to_owned()).or_default() += 1;
                Reply::Slow(200, WORK)
            }
        }
    })
}

/// A customer who pays one link after the other.
async fn pay(shop: Arc<Shop>, urls: Arc<Vec<String>>, first: usize) -> Vec<String> {
    let mut journeys = Vec::new();
    for n in first..first + JOURNEYS / CUSTOMERS {
        let list: Vec<_> =
            std::iter::once("https://shop.example/back").chain(urls.iter().map(String::as_str)).collect();
        let wish = json!({ "amount": 1, "recipient_note": format!("delivery {n}"), "callback_url": list });
        let opened = shop.create_link(&format!("delivery-{n}"), &wish).await.json();
        let link = crate::support::shop::Link::read(&opened);
        let away = shop.press("pay", &link.text).await.onward();
        let [to, state] = ["redirect_uri", "state"].map(|name| crate::support::http::query_value(&away, name));
        come_back(&shop, &format!("{to}?code=yes&state={state}")).await;
        journeys.push(link.id);
        tokio::time::sleep(PAUSE).await;
    }
    journeys
}

/// Waits until every delivery of these journeys has been delivered, and answers their ids.
async fn all_delivered(shop: &Shop, journeys: &[String]) -> HashSet<String> {
    let (deadline, mut ids) = (Instant::now() + PATIENCE, HashSet::new());
    for journey in journeys {
        loop {
            let seen = shop.journeys(&format!("/{journey}")).await;
            let deliveries = seen["deliveries"].as_array().unwrap().clone();
            assert_eq!(deliveries.len(), TOLD, "{seen}");
            if deliveries.iter().all(|delivery| delivery["state"] == "delivered") {
                ids.extend(deliveries.iter().map(|delivery| delivery["id"].as_str().unwrap().to_owned()));
                break;
            }
            assert!(Instant::now() < deadline, "not delivered in time: {deliveries:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    ids
}
