//! What a journey costs, step by step, and what its return costs one, two and three gateways on one Redis and on a cluster.
//!
//! `cargo bench --bench nodes` takes 10,000 journeys through a gateway, each step over the API, and lists the processor
//! time of each request, what it writes to Redis's append-only file, and what goes between gateway and Redis.
//!
//! Then it gives one, two and three gateways the same load, on one Redis and on a cluster of three masters, each with a
//! replica: they are left alone for ten seconds, then 20,000 customers
//! return as fast as they can over 50 connections, and 10,000 at five hundred a second. On one machine the rate cannot
//! grow with the gateways; that the processor time of a request stays the same is what shows that they do not stand in
//! each other's way.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod concludes;
#[path = "fill/direct.rs"]
mod direct;
mod fill;
#[allow(dead_code, reason = "a tool of the tests, which need more of it")]
#[path = "../src/store/redis/tests/fixture_of_cluster.rs"]
mod fixture_of_cluster;
mod load;

/// Where the cluster looks for its servers.
mod fixture {
    pub use crate::load::redis::{RedisServer, free_port};
}

use std::fmt::{Display, Formatter};
use std::net::SocketAddr;
use std::time::Duration;

use direct::{Direct, Portion, Standing};
use fixture_of_cluster::RedisCluster;
use handback::clock::{Clock as _, SystemClock};
use load::cost::spent;
use load::gateway_process::GatewayProcess;
use load::loaded_gateway::{LoadedGateway, Store, leave, state_of, take_return, token_of};
use load::redis::RedisServer;
use load::table::Measured;
use load::wire::Reply;
use load::{drip_nodes, flood, flood_nodes, generator};

/// How many customers return as fast as they can, and how many at a steady rate, so far apart.
const QUICK: usize = 20_000;
const STEADY: usize = 10_000;
const EVERY: Duration = Duration::from_millis(2);

/// How long the gateways are left alone.
const IDLE: Duration = Duration::from_secs(10);

/// How many journeys are taken through all steps.
const JOURNEYS: usize = 10_000;

fn main() {
    println!("`cargo bench --bench nodes`: processor time of all gateways, then of Redis\n");
    let generator = generator();
    let loaded = LoadedGateway::open(Store::Redis, &[("KEEP_ALIVE", "5s"), ("LOG", "warn"), ("WORKERS", "1")]);
    generator.block_on(steps(&loaded));
    drop(loaded);
    println!(
        "\n| masters | gateways | alone, each second | as fast as they can | each | at 500/s, each | p50, p99 at 500/s |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let server = RedisServer::start_with(&["--appendfsync", "everysec"]);
    for count in 1..=3 {
        generator.block_on(measure(&Redis { url: server.url(), masters: vec![server.pid()] }, count));
    }
    drop(server);
    let cluster = RedisCluster::start();
    for node in &cluster.nodes {
        node.ask("CONFIG SET appendfsync everysec");
    }
    for count in 1..=3 {
        let masters = cluster.masters().map(RedisServer::pid).collect();
        generator.block_on(measure(&Redis { url: cluster.url(), masters }, count));
    }
}

/// One server, or the masters of a cluster.
struct Redis {
    url: String,
    masters: Vec<u32>,
}

/// Takes journeys through their steps, each step for all of them.
async fn steps(loaded: &LoadedGateway) {
    println!("| a request | a second | each | appended | to Redis, from Redis |\n| --- | --- | --- | --- | --- |");
    let opened = step(loaded, "opened", (0..JOURNEYS).map(|n| loaded.create(n)).collect()).await;
    let left = step(loaded, "sent to the bank", opened.iter().map(leave).collect()).await;
    let returns: Vec<_> = left.iter().map(|left| take_return(&state_of(left), "paid")).collect();
    step(loaded, "first return", returns.clone()).await;
    // Where the store took longer than the budget, a customer has seen the waiting page first.
    let home = step(loaded, "the same return again", returns).await;
    step(loaded, "token redeemed", home.iter().map(|home| loaded.redeem(&token_of(home), None)).collect()).await;
}

async fn step(loaded: &LoadedGateway, name: &str, requests: Vec<Vec<u8>>) -> Vec<Reply> {
    let redis = loaded.redis().expect("a Redis");
    let counted = ["aof_current_size", "total_net_input_bytes", "total_net_output_bytes"];
    let before = counted.map(|name| redis.info(name));
    let measured = Measured::of(&loaded.pids(), flood(loaded.to(), requests)).await;
    let [appended, to, from] = [0, 1, 2].map(|n| (redis.info(counted[n]) - before[n]) / JOURNEYS as u64);
    println!("| {name} | {:.0} | {} | {appended} B | {to} B, {from} B |", measured.run().rate(), measured.costs());
    measured.run().replies.clone()
}

/// Gives so many gateways on this Redis their load.
async fn measure(redis: &Redis, count: usize) {
    let states = away(redis).await;
    let settings = settings(redis);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gateways: Vec<_> = (0..count).map(|_| GatewayProcess::start(&settings)).collect();
    let address = |gateway: &GatewayProcess| gateway.base()["http://".len()..].parse().expect("an address");
    let nodes: Vec<SocketAddr> = gateways.iter().map(address).collect();
    let pids = [gateways.iter().map(GatewayProcess::pid).collect(), redis.masters.clone()];
    // What a start does beside its requests is not idleness.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let alone = Alone::for_a_while(&pids).await;
    let requests: Vec<_> = states.iter().map(|state| take_return(state, "paid")).collect();
    let quick = Measured::of(&pids, flood_nodes(&nodes, requests[STEADY..].to_vec())).await;
    let steady = Measured::of(&pids, drip_nodes(&nodes, requests[..STEADY].to_vec(), EVERY)).await;
    let (rate, quick, costs) = (quick.run().rate(), quick.costs(), steady.costs());
    let (p50, p99) = (steady.run().at(0.5), steady.run().at(0.99));
    println!(
        "| {} | {count} | {alone} | {rate:.0} a second | {quick} | {costs} | {p50:.2} ms, {p99:.2} ms |",
        redis.masters.len()
    );
}

/// Milliseconds of processor time that gateways and Redis take each second while nobody asks.
struct Alone([f64; 2]);

impl Alone {
    async fn for_a_while(pids: &[Vec<u32>; 2]) -> Self {
        let spent = || pids.each_ref().map(|pids| spent(pids).expect("processor time"));
        let before = spent();
        tokio::time::sleep(IDLE).await;
        let after = spent();
        Self([0, 1].map(|n| (after[n] - before[n]) / 1000.0 / IDLE.as_secs_f64()))
    }
}

impl Display for Alone {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ms + {:.1} ms", self.0[0], self.0[1])
    }
}

/// Adds journeys whose customers are at the bank, and answers their states.
async fn away(redis: &Redis) -> Vec<String> {
    let variables = settings(redis).map(|(name, value)| (format!("HANDBACK_{name}"), value));
    let engine = fill::engine(variables).await;
    let model = fill::merchant(&engine).await.merchant;
    let merchants = fill::merchants(&engine, 100).await;
    let direct = Direct::like_the_engine(&engine, &model, merchants).await;
    let (now, journeys) = (SystemClock.now(), QUICK + STEADY);
    let (opened, life) = ((now, now.plus(Duration::from_secs(1))), Duration::from_hours(24));
    direct.fill(Portion { journeys, standing: Standing::Away, opened, life, states: journeys }).await
}

fn settings(redis: &Redis) -> [(&'static str, String); 7] {
    [
        ("STORE", redis.url.clone()),
        ("KEYS", format!("k1:{}=", "A".repeat(43))),
        ("SANDBOX", "true".to_owned()),
        ("PUBLIC_URL", "https://pay.example".to_owned()),
        ("KEEP_ALIVE", "5s".to_owned()),
        ("LOG", "warn".to_owned()),
        ("WORKERS", "1".to_owned()),
    ]
}
