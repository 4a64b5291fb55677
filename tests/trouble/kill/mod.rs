//! Whole journeys, under the load of `tests/it/kill` and held against its ledger: while nodes are killed, and while
//! everything happens at random.

#[path = "../../it/kill/chance.rs"]
mod chance;
#[path = "../../it/kill/ledger.rs"]
mod ledger;
#[path = "../../it/kill/load.rs"]
mod load;
#[allow(dead_code, reason = "deliveries are replayed elsewhere")]
#[path = "../../it/kill/merchant_client.rs"]
mod merchant_client;
#[path = "../../it/kill/story.rs"]
mod story;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::chance::Chance;
use self::load::Load;
use self::merchant_client::MerchantClient;
use crate::parts::{local, node_on, quantile};
use crate::proxy::{Fault, Proxy};
use crate::support::gateway_process::GatewayProcess;
use crate::support::redis::RedisServer;
use crate::table::{Row, Size, seed};

/// Within so many seconds a node that was killed serves again, once it is started, by the size: in a quick run much else
/// may go on.
const SERVING_AGAIN: [u64; 3] = [6, 2, 2];
/// How many requests of a journey are answered, about.
const ANSWERS: usize = 6;

#[test]
fn a_node_that_is_killed() {
    let (kills, journeys) = (Size::of([3, 30, 200]), Size::of([60, 3_000, 20_000]));
    let row = Row::begin("every journey ends right", format!("{kills} times kill -9 of a node, browsers reload"));
    let redis = RedisServer::start();
    let mut node = node_on(redis.address(), &[]);
    let merchant = Arc::new(MerchantClient::of(&node));
    let load = Load::set_going(&merchant);
    let (mut chance, mut again) = (Chance::seeded(200), Vec::new());
    for _ in 0..kills {
        merchant.wait_for_answers(journeys * ANSWERS / kills);
        std::thread::sleep(chance.span(0, 200));
        node.kill();
        let began = Instant::now();
        node.restart();
        again.push(began.elapsed());
    }
    let stories = load.go_home();
    let (count, broken) = (stories.len(), merchant.tally().broken);
    assert!(broken >= kills / 2, "the kills hit nobody: there was no load");
    ledger::holds(&merchant, stories);
    let slowest = quantile(&mut again, 1000);
    assert!(slowest < Duration::from_secs(Size::of(SERVING_AGAIN)), "it served again after {slowest:?} only");
    row.holds(&format!(
        "{count} of {count} journeys end right, {broken} requests cut off; serving again within {} ms",
        slowest.as_millis()
    ));
}

/// What happens in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    NodeKilled,
    NodeRestarted,
    RedisKilled,
    RedisHangs,
    RedisIsReplica,
    RedisIsFull,
    BlackHole,
    HalfOpen,
    Late,
    Stalls,
    RepliesLost,
}

const EVENTS: [Event; 11] = [
    Event::NodeKilled,
    Event::NodeRestarted,
    Event::RedisKilled,
    Event::RedisHangs,
    Event::RedisIsReplica,
    Event::RedisIsFull,
    Event::BlackHole,
    Event::HalfOpen,
    Event::Late,
    Event::Stalls,
    Event::RepliesLost,
];

#[test]
fn a_day() {
    let seconds = Size::of([10, 60, 3_600]);
    let seed = seed();
    println!("\nthe day's seed: TROUBLE_SEED={seed}");
    let fault = format!("every fault at random for {seconds} s (TROUBLE_SEED={seed})");
    let row = Row::begin("every journey is accounted for", fault);
    let redis = RedisServer::start();
    let proxy = Proxy::before(redis.address());
    let node = node_on(local(proxy.port()), &[]);
    let merchant = Arc::new(MerchantClient::of(&node));
    let load = Load::set_going(&merchant);
    let mut day = Day { redis, proxy, node, chance: Chance::seeded(seed) };
    let (began, mut happened) = (Instant::now(), BTreeMap::<Event, usize>::new());
    while began.elapsed() < Duration::from_secs(seconds) {
        merchant.wait_for_answers(20);
        let event = EVENTS[usize::try_from(day.chance.below(11)).unwrap()];
        day.bring(event);
        *happened.entry(event).or_default() += 1;
    }
    merchant.wait_for_answers(20);
    let stories = load.go_home();
    let (count, tally) = (stories.len(), merchant.tally());
    ledger::holds(&merchant, stories);
    let events: usize = happened.values().sum();
    row.holds(&format!("{count} of {count} journeys as they were acknowledged, after {events} faults; {tally}"));
}

struct Day {
    redis: RedisServer,
    proxy: Proxy,
    node: GatewayProcess,
    chance: Chance,
}

impl Day {
    /// Has it happen, and ends it.
    fn bring(&mut self, event: Event) {
        let span = self.chance.span(100, 2_000);
        let rest = || std::thread::sleep(span);
        match event {
            Event::NodeKilled => {
                self.node.kill();
                self.node.restart();
            }
            Event::NodeRestarted => {
                self.node.stop();
                self.node.restart();
            }
            Event::RedisKilled => {
                self.redis.kill();
                rest();
                self.redis.restart();
            }
            Event::RedisHangs => {
                self.redis.pause();
                rest();
                self.redis.resume();
            }
            Event::RedisIsReplica => {
                self.redis.ask("REPLICAOF 127.0.0.1 1");
                rest();
                self.redis.ask("REPLICAOF NO ONE");
            }
            Event::RedisIsFull => {
                self.redis.ask("CONFIG SET maxmemory 1");
                rest();
                self.redis.ask("CONFIG SET maxmemory 0");
            }
            Event::BlackHole => self.on_the_line(Fault::BlackHole, span),
            Event::HalfOpen => self.on_the_line(Fault::HalfOpen, span),
            Event::Late => self.on_the_line(Fault::Late(Duration::from_millis(300)), span),
            Event::Stalls => self.on_the_line(Fault::Stalls(5, Duration::from_millis(200)), span),
            Event::RepliesLost => {
                for words in [&b"GRANTED"[..], b"FRESH", b"OK", b":1\r\n"] {
                    self.proxy.lose_reply_with(words);
                    std::thread::sleep(span / 4);
                }
            }
        }
    }

    fn on_the_line(&self, fault: Fault, span: Duration) {
        self.proxy.set(fault);
        std::thread::sleep(span);
        self.proxy.set(Fault::None);
    }
}
