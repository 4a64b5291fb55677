//! What `kill -9` may not take: whatever was acknowledged is there afterwards, once.
//!
//! Customers and apps play whole journeys against the real binary while it, or its Redis, is killed at random moments.
//! They ask again as real ones would (the same `Idempotency-Key`, the same return), and write down every answer.
//! Only a whole answer counts. Afterwards all that was written down is asked for again.

mod chance;
mod consents;
mod deliveries;
mod engine;
mod kinds;
mod ledger;
mod load;
mod merchant_client;
mod moved;
mod older;
mod payments;
mod stopped;
mod story;

use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use handback::keys::Keys;

use self::chance::Chance;
use self::load::Load;
use self::merchant_client::MerchantClient;
use crate::support::gateway_process::GatewayProcess;
use crate::support::http::Http;
use crate::support::merchant_client as merchant;
use crate::support::redis::RedisServer;

/// How often the gateway is killed.
const KILLS: usize = 20;

/// How long a gateway may take until it comes to the line where it is killed.
const LONGEST_WAY: Duration = Duration::from_secs(60);

/// How often Redis is killed.
const REDIS_KILLS: usize = 4;

#[test]
fn a_gateway_on_the_embedded_store_loses_and_doubles_nothing() {
    the_gateway_is_killed_under_load(None);
}

#[test]
fn a_gateway_on_redis_loses_and_doubles_nothing() {
    let redis = RedisServer::start();
    the_gateway_is_killed_under_load(Some(&redis.url()));
}

fn the_gateway_is_killed_under_load(store: Option<&str>) {
    let mut gateway = gateway(store);
    let merchant = Arc::new(MerchantClient::of(&gateway));
    let load = Load::set_going(&merchant);
    let mut chance = Chance::seeded(20);
    for _ in 0..KILLS {
        merchant.wait_for_answers(5);
        std::thread::sleep(chance.span(0, 200));
        gateway.kill();
        std::thread::sleep(chance.span(0, 50));
        gateway.restart();
    }
    let ledger = load.go_home();
    println!("{}: {} journeys, {}", store.unwrap_or("embedded"), ledger.len(), merchant.tally());
    assert!(merchant.tally().broken >= KILLS / 2, "the kills hit nobody: there was no load");
    assert!(merchant.tally().refusals.is_empty(), "the store was never away");
    ledger::holds(&merchant, ledger);
}

#[test]
fn a_redis_that_is_killed_loses_nothing_and_strands_nobody() {
    let mut redis = RedisServer::start();
    let gateway = gateway(Some(&redis.url()));
    let merchant = Arc::new(MerchantClient::of(&gateway));
    let load = Load::set_going(&merchant);
    let mut chance = Chance::seeded(4);
    let mut resumed = Vec::new();
    for _ in 0..REDIS_KILLS {
        merchant.wait_for_answers(5);
        std::thread::sleep(chance.span(0, 500));
        redis.kill();
        std::thread::sleep(chance.span(100, 2_000));
        redis.restart();
        let back = Instant::now();
        merchant.wait_for_answers(1);
        resumed.push(back.elapsed());
    }
    let ledger = load.go_home();
    println!("redis killed: {} journeys, {}, resumed after {resumed:?}", ledger.len(), merchant.tally());
    assert!(merchant.tally().refusals.len() >= REDIS_KILLS, "the kills hit nobody: there was no load");
    assert_eq!(merchant.tally().broken, 0, "the gateway stayed up, so every request has an answer");
    assert!(merchant.tally().typical() < Duration::from_secs(1), "refusals take too long");
    // Three calls to the store at the most, each with a deadline of 0.8 s.
    assert!(merchant.tally().slowest() < Duration::from_millis(2_600), "a refusal took too long");
    assert!(resumed.iter().all(|span| *span < Duration::from_secs(1)), "service did not resume within a second");
    ledger::holds(&merchant, ledger);
}

fn gateway(store: Option<&str>) -> GatewayProcess {
    let mut settings = vec![("WORKERS", "2"), ("LOG", "warn")];
    settings.extend(store.map(|store| ("STORE", store)));
    GatewayProcess::start(&settings)
}

/// A gateway with this configuration file, and a merchant of it.
fn gateway_with(file: &str, store: Option<&str>) -> (GatewayProcess, merchant::MerchantClient) {
    let keys = Keys::write_fresh("k1", SystemClock.entropy());
    let mut settings = vec![("WORKERS", "2"), ("LOG", "error"), ("KEYS", keys.reveal())];
    settings.push(("RETURN_BUDGET", "2s"));
    settings.extend(store.map(|store| ("STORE", store)));
    let gateway = GatewayProcess::start_with(file, &settings);
    let (id, key) = gateway.add_merchant();
    let http = Http::to(&gateway.base());
    (gateway, merchant::MerchantClient { http, id, key, signing_secret: String::new() })
}

/// Kills a gateway as soon as it has come to this line, and starts it again.
async fn kill_at(gateway: &mut GatewayProcess, line: &str, has_come: impl Fn() -> bool) {
    let deadline = Instant::now() + LONGEST_WAY;
    while !has_come() {
        assert!(Instant::now() < deadline, "{line}: it never came there");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    gateway.kill();
    gateway.restart();
}
