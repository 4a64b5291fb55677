//! What `kill -9` may not take: whatever was acknowledged is there afterwards, once.
//!
//! Customers and apps play whole journeys against the real binary while it, or its Redis, is killed at random moments.
//! They ask again as real ones would (the same `Idempotency-Key`, the same return), and write down what they were told.
//! Only a whole answer counts. Afterwards all that was written down is asked for again.

mod chance;
mod consents;
mod crowd;
mod deliveries;
mod reckoning;
mod shop;
mod stopped;
mod story;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::chance::Chance;
use self::crowd::Crowd;
use self::shop::Shop;
use crate::support::gateway::Gateway;
use crate::support::redis::RedisServer;

/// How often the gateway is killed.
const KILLS: usize = 20;

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
    let shop = Arc::new(Shop::of(&gateway));
    let crowd = Crowd::set_going(&shop);
    let mut chance = Chance::seeded(20);
    for _ in 0..KILLS {
        shop.wait_for_answers(5);
        std::thread::sleep(chance.span(0, 200));
        gateway.kill();
        std::thread::sleep(chance.span(0, 50));
        gateway.restart();
    }
    let ledger = crowd.go_home();
    println!("{}: {} journeys, {}", store.unwrap_or("embedded"), ledger.len(), shop.tally());
    assert!(shop.tally().broken >= KILLS / 2, "the kills hit nobody: there was no load");
    assert!(shop.tally().refusals.is_empty(), "the store was never away");
    reckoning::holds(&shop, ledger);
}

#[test]
fn a_redis_that_is_killed_loses_nothing_and_strands_nobody() {
    let mut redis = RedisServer::start();
    let gateway = gateway(Some(&redis.url()));
    let shop = Arc::new(Shop::of(&gateway));
    let crowd = Crowd::set_going(&shop);
    let mut chance = Chance::seeded(4);
    let mut resumed = Vec::new();
    for _ in 0..REDIS_KILLS {
        shop.wait_for_answers(5);
        std::thread::sleep(chance.span(0, 500));
        redis.kill();
        std::thread::sleep(chance.span(100, 2_000));
        redis.restart();
        let back = Instant::now();
        shop.wait_for_answers(1);
        resumed.push(back.elapsed());
    }
    let ledger = crowd.go_home();
    println!("redis killed: {} journeys, {}, resumed after {resumed:?}", ledger.len(), shop.tally());
    assert!(shop.tally().refusals.len() >= REDIS_KILLS, "the kills hit nobody: there was no load");
    assert_eq!(shop.tally().broken, 0, "the gateway stayed up, so every request has an answer");
    assert!(shop.tally().typical() < Duration::from_secs(1), "refusals take too long");
    // Three calls to the store at the most, each with a deadline of 0.8 s.
    assert!(shop.tally().slowest() < Duration::from_millis(2_600), "a refusal took too long");
    assert!(resumed.iter().all(|span| *span < Duration::from_secs(1)), "service did not resume within a second");
    reckoning::holds(&shop, ledger);
}

fn gateway(store: Option<&str>) -> Gateway {
    let mut settings = vec![("WORKERS", "2"), ("LOG", "warn")];
    settings.extend(store.map(|store| ("STORE", store)));
    Gateway::start(&settings)
}
