//! What a first return costs, and what a journey takes, as the store grows.
//!
//! `cargo bench --bench growth -- [embedded|redis] [merchants=100] [journeys…]` (both stores, and 10000, 100000 and 1000000
//! journeys unless said otherwise, each more than the one before) fills a store through the gateway's own engine, until
//! so many journeys are under way. At each size 20,000 customers return, drawn from all of them: half of them as fast
//! as they can over 50 connections, half at a thousand a second. At the end it lists what the bytes are, by kind.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod fill;
mod load;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use handback::domain::merchant::Merchant;
use load::gateway_process::GatewayProcess;
use load::loaded_gateway::take_return;
use load::redis::RedisServer;
use load::table::Measured;
use load::{drip, flood, generator};
use rand::seq::SliceRandom as _;
use rusqlite::Connection;

/// How many customers return at each size; those that are measured at a steady rate, and how far apart.
const RETURNS: usize = 20_000;
const STEADY: usize = RETURNS / 2;
const EVERY: Duration = Duration::from_millis(1);

/// One key of a kind in so many is looked at, unless it is an index.
const SAMPLE: i64 = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let merchants =
        arguments.iter().find_map(|argument| argument.strip_prefix("merchants=")?.parse().ok()).unwrap_or(100);
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 100_000, 1_000_000] } else { sizes };
    println!("`cargo bench --bench growth -- {}`\n", arguments.join(" "));
    println!(
        "| store | journeys | first returns a second | p50, p99 at 1,000/s | processor time each | bytes a journey |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut kinds = Vec::new();
    if named("embedded") || !named("redis") {
        kinds.push(("embedded", generator().block_on(embedded(merchants, &sizes))));
    }
    if named("redis") || !named("embedded") {
        kinds.push(("Redis", generator().block_on(redis(merchants, &sizes))));
    }
    println!("\n| store | kind | number | bytes each | bytes a journey |\n| --- | --- | --- | --- | --- |");
    for (store, kinds) in kinds {
        let journeys = *sizes.last().expect("a size");
        for (kind, Kind { number, bytes }) in kinds {
            println!(
                "| {store} | {kind} | {number} | {} | {:.1} |",
                bytes / number.max(1),
                bytes as f64 / journeys as f64
            );
        }
    }
}

/// What the keys of a kind, or a table or index, take together.
#[derive(Default)]
struct Kind {
    number: i64,
    bytes: i64,
}

async fn embedded(merchants: usize, sizes: &[usize]) -> BTreeMap<String, Kind> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let data = folder.path().join("data");
    let store = format!("embedded:{}", data.display());
    let mut filled = Filled::new("embedded", store);
    for &size in sizes {
        // The engine has gone when the gateway opens the file, and its log is part of it.
        filled.up_to(size, merchants).await;
        filled.measure(None, bytes_of(&data)).await;
    }
    tables(&data)
}

async fn redis(merchants: usize, sizes: &[usize]) -> BTreeMap<String, Kind> {
    let server = RedisServer::start_with(&["--appendfsync", "everysec"]);
    let (empty, mut filled) = (server.info("used_memory"), Filled::new("Redis", server.url()));
    for &size in sizes {
        filled.up_to(size, merchants).await;
        filled.measure(Some(&server), server.info("used_memory") - empty).await;
    }
    keys(&server.url())
}

/// A store, and what is in it: how many journeys, of whom, and whose customers are away.
struct Filled {
    name: &'static str,
    store: String,
    merchants: Vec<Merchant>,
    states: Vec<String>,
    journeys: usize,
}

impl Filled {
    const fn new(name: &'static str, store: String) -> Self {
        Self { name, store, merchants: Vec::new(), states: Vec::new(), journeys: 0 }
    }

    /// Adds journeys until there are so many.
    async fn up_to(&mut self, journeys: usize, merchants: usize) {
        let engine = fill::engine(settings(&self.store).map(|(name, value)| (format!("HANDBACK_{name}"), value))).await;
        while self.merchants.len() < merchants {
            self.merchants.push(fill::merchant(&engine).await.merchant);
        }
        let more = journeys.checked_sub(self.journeys).expect("each size is larger");
        self.states.extend(fill::away(&engine, self.merchants.clone(), more).await);
        self.journeys = journeys;
    }

    /// Lets customers return, drawn from all that are away, and prints the row.
    async fn measure(&mut self, redis: Option<&RedisServer>, bytes: u64) {
        let (name, size) = (self.name, self.journeys);
        self.states.shuffle(&mut rand::rng());
        let left = self.states.len().saturating_sub(RETURNS.min(size / 2));
        let returns: Vec<_> = self.states.split_off(left).iter().map(|state| take_return(state, "paid")).collect();
        let settings = settings(&self.store);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let gateway = GatewayProcess::start(&settings);
        let to = gateway.base()["http://".len()..].parse().expect("an address");
        let redis = redis.map(|redis| u32::try_from(redis.info("process_id")).expect("a process"));
        let pids: Vec<_> = [gateway.pid()].into_iter().chain(redis).map(|pid| vec![pid]).collect();
        let steady = STEADY.min(returns.len() / 2);
        let quick = Measured::of(&pids, flood(to, returns[steady..].to_vec())).await;
        let steady = drip(to, returns[..steady].to_vec(), EVERY).await;
        let (rate, costs, p50, p99) = (quick.run().rate(), quick.costs(), steady.at(0.5), steady.at(0.99));
        let each = bytes / size as u64;
        println!("| {name} | {size} | {rate:.0} | {p50:.2} ms, {p99:.2} ms | {costs} | {each} |");
    }
}

/// What the gateway is given, and the engine that fills its store.
fn settings(store: &str) -> [(&'static str, String); 7] {
    let given = [
        ("STORE", store),
        ("KEYS", &format!("k1:{}=", "A".repeat(43))),
        ("SANDBOX", "true"),
        ("PUBLIC_URL", "https://pay.example"),
        ("KEEP_ALIVE", "5s"),
        ("LOG", "warn"),
        ("WORKERS", "1"),
    ];
    given.map(|(name, value)| (name, value.to_owned()))
}

/// The bytes of every file in a folder.
fn bytes_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// The tables and indexes of an embedded store. It has been checkpointed when its server went.
fn tables(folder: &Path) -> BTreeMap<String, Kind> {
    let files = std::fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path());
    let mut kinds = BTreeMap::new();
    for path in files.filter(|path| is_database(path)) {
        let database = Connection::open(path).expect("a database");
        let mut sizes =
            database.prepare("SELECT name, count(*), sum(pgsize) FROM dbstat GROUP BY name").expect("dbstat");
        let rows = sizes.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))).expect("rows");
        kinds.extend(rows.flatten().map(|(name, number, bytes)| (format!("{name} (pages)"), Kind { number, bytes })));
    }
    kinds
}

fn is_database(path: &Path) -> bool {
    let mut head = [0; 16];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok() && head == *b"SQLite format 3\0")
}

/// The keys of a Redis by the letter of their kind: `hb:{07}:j…` is a journey's.
fn keys(url: &str) -> BTreeMap<String, Kind> {
    let mut redis = redis::Client::open(url).and_then(|client| client.get_connection()).expect("Redis");
    let (mut kinds, mut sampled, mut cursor) = (BTreeMap::<String, Kind>::new(), BTreeMap::new(), 0_u64);
    loop {
        let (next, keys): (u64, Vec<Vec<u8>>) =
            redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(1000).query(&mut redis).expect("keys");
        for key in keys {
            let letter = key.get(8).map_or_else(|| "?".to_owned(), |letter| char::from(*letter).to_string());
            let kind = kinds.entry(letter).or_default();
            kind.number += 1;
            // A sorted set counts whole; of single values a sample stands for all.
            let times = *sampled.entry(key.get(8).copied()).or_insert_with(|| {
                let kind: String = redis::cmd("TYPE").arg(&key).query(&mut redis).expect("a type");
                if kind == "string" { SAMPLE } else { 1 }
            });
            if times == 1 || kind.number % times == 1 {
                let bytes: Option<i64> =
                    redis::cmd("MEMORY").arg("USAGE").arg(&key).arg("SAMPLES").arg(0).query(&mut redis).expect("bytes");
                kind.bytes += times * bytes.unwrap_or_default();
            }
        }
        cursor = next;
        if cursor == 0 {
            return kinds;
        }
    }
}
