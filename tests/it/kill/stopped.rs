//! SIGTERM, unlike `kill -9`, doubles nothing: what is under way is finished, and the rest goes back at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::deliveries::pay;
use super::load::runtime;
use super::merchant_client::MerchantClient;
use crate::support::receiver::{Receiver, Reply};
use crate::support::redis::RedisServer;

/// How many journeys there are: more than tries at one server at the same time.
const JOURNEYS: usize = 12;
/// How long a server works before it answers.
const WORK: Duration = Duration::from_secs(1);
/// How long the next courier may take: less than a lease that nobody has given back.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

#[test]
fn a_gateway_on_the_embedded_store_that_is_stopped_finishes_or_gives_back() {
    the_gateway_is_stopped(None);
}

#[test]
fn a_gateway_on_redis_that_is_stopped_finishes_or_gives_back() {
    let redis = RedisServer::start();
    the_gateway_is_stopped(Some(&redis.url()));
}

fn the_gateway_is_stopped(store: Option<&str>) {
    let mut gateway = super::gateway(store);
    let (merchant, runtime) = (Arc::new(MerchantClient::of(&gateway)), runtime());
    let server = Receiver::answering(|_, _| Reply::Slow(200, WORK));
    let urls = Arc::new(vec![server.url("/told")]);
    let journeys = runtime.block_on(pay(Arc::clone(&merchant), urls, 0..JOURNEYS));
    let deadline = Instant::now() + LONGEST_WAIT;
    while server.count() == 0 {
        assert!(Instant::now() < deadline, "nothing was tried");
        std::thread::sleep(Duration::from_millis(5));
    }
    gateway.stop();
    let begun = server.count();
    assert!(begun < JOURNEYS, "all were tried before it was stopped: {begun}");
    gateway.restart();
    let deadline = Instant::now() + LONGEST_WAIT;
    for journey in &journeys {
        loop {
            let seen = runtime.block_on(merchant.journeys(&format!("/{journey}")));
            let delivery = &seen["deliveries"][0];
            if delivery["state"] == "delivered" {
                assert_eq!(delivery["tries"], 1, "{delivery}");
                break;
            }
            assert!(Instant::now() < deadline, "nobody carries it: {delivery}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let received = server.received();
    let told: HashSet<_> = received.iter().map(|received| received.id().to_owned()).collect();
    assert_eq!((received.len(), told.len()), (JOURNEYS, JOURNEYS), "each came once");
}
