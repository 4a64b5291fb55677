//! One endpoint that hangs beside a hundred that are well: what their deliveries notice of it; how many a second; how
//! many to one that is busy; and how soon the first attempt is made beside what fails at the same receiver.
//!
//! `cargo bench --bench courier -- [pairs] [pairs|drained|busy|mixed|crowd]` does one of five things, or all of them. *Pairs*
//! (3 of them unless said otherwise) concludes 2,000 journeys at a hundred a second. Each tells one of a hundred
//! servers, every second one tells a further server too, and for that one 2,000 deliveries lie in wait already. In one
//! run of a pair it is well, in the other it says nothing for 30 s. A delivery's time runs from the moment when the
//! customer's browser asks for its way home until the server has read the request. *Drained* concludes 5,000 journeys
//! as fast as they can, and *busy* concludes 2,000 at two hundred a second whose one server takes 100 ms. *Mixed* lets
//! six, twelve or a hundred webhooks fail at a receiver, and one more be paid when the first retries are due. *Crowd* concludes a journey for each of ten thousand
//! receivers, four hundred a second, of which a tenth say nothing until the courier has had enough.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod load;

use std::time::{Duration, Instant};

use load::loaded_gateway::{LoadedGateway, Store, take_return};
use load::merchant_servers::{MerchantServers, ServerBehaviour};
use load::wire::Wire;
use load::{flood, generator};
use serde_json::{Value, json};

/// How many servers are well.
const WELL: usize = 100;
/// How many journeys conclude in a run, and how many lie in wait for the further server.
const JOURNEYS: usize = 2_000;
/// How long it is from one final outcome to the next.
const EVERY: Duration = Duration::from_millis(10);
/// How long a server takes to answer that is busy.
const BUSY: Duration = Duration::from_millis(100);
/// How many journeys conclude as fast as they can.
const DRAINED: usize = 5_000;
/// How long the further server says nothing.
const HANG: Duration = Duration::from_secs(30);
/// Where the gateways keep their data.
const STORES: [Store; 3] = [Store::Embedded, Store::Redis, Store::StrictRedis];
/// How long deliveries may take to come.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
/// Where a customer's browser goes.
const HOME: &str = "https://shop.example/back";

/// How many receivers there are in a crowd, of which every tenth hangs; and how long it is from one's journey to the next's.
const CROWD: usize = 10_000;
const CROWD_EVERY: Duration = Duration::from_micros(2_500);

/// What comes before a paid webhook.
#[derive(Clone, Copy)]
struct Mixture {
    name: &'static str,
    before: &'static str,
    paid: &'static str,
}

/// The mixtures: what fails at the very URL, and what hangs or takes its time beside it.
const MIXTURES: [Mixture; 4] = [
    Mixture { name: "500 at once, at the same URL", before: "/fail", paid: "/fail" },
    Mixture { name: "503 at once, at the same URL", before: "/busy", paid: "/busy" },
    Mixture { name: "another path that hangs", before: "/hang", paid: "/orders" },
    Mixture { name: "another path that takes 3 s", before: "/slow", paid: "/orders" },
];

/// How long deliveries took, in milliseconds.
struct Times {
    p50: f64,
    p99: f64,
    slowest: f64,
}

fn main() {
    let pairs = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(3);
    let named: Vec<_> = std::env::args()
        .filter(|word| ["pairs", "drained", "busy", "mixed", "crowd"].contains(&word.as_str()))
        .collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|word| word == name);
    let generator = generator();
    println!("`cargo bench --bench courier -- {pairs} {}`", named.join(" "));
    if wanted("pairs") {
        head(&["store", "the further server", "p50", "p99", "slowest", "p99 against the pair's other run"]);
        for (store, _) in STORES.into_iter().flat_map(|store| (0..pairs).map(move |pair| (store, pair))) {
            let calm = generator.block_on(beside(store, ServerBehaviour::Well));
            let hung = generator.block_on(beside(store, ServerBehaviour::Hangs(HANG)));
            for (what, times, against) in [("is well", &calm, 1.0), ("hangs", &hung, hung.p99 / calm.p99)] {
                let Times { p50, p99, slowest } = times;
                let name = store.name();
                println!("| {name} | {what} | {p50:.0} ms | {p99:.0} ms | {slowest:.0} ms | {against:.2} × |");
            }
        }
    }
    if wanted("drained") {
        head(&["store", "servers", "deliveries", "concluded after", "delivered after", "a second"]);
        for (store, (servers, told)) in STORES.into_iter().flat_map(|store| [(WELL, 3), (1, 1)].map(|all| (store, all)))
        {
            generator.block_on(drained(store, servers, told));
        }
    }
    if wanted("busy") {
        head(&["store", "deliveries", "delivered after", "a second", "p50", "p99"]);
        for store in STORES {
            generator.block_on(busy(store));
        }
    }
    if wanted("crowd") {
        head(&[
            "store",
            "receivers",
            "that hang",
            "p50, the others",
            "p99, the others",
            "slowest",
            "hung at once, at the most",
        ]);
        for store in STORES {
            generator.block_on(crowd(store));
        }
    }
    if wanted("mixed") {
        head(&["before it", "how many", "the first attempt after", "against none before it"]);
        let calm = generator.block_on(mixed(pairs, 0, MIXTURES[0]));
        println!("| nothing | 0 | {calm:.1} ms | 1 |");
        for (mixture, many) in MIXTURES.into_iter().flat_map(|mixture| [6, 12, 100].map(|many| (mixture, many))) {
            let after = generator.block_on(mixed(pairs, many, mixture));
            println!("| {} | {many} | {after:.1} ms | {:.1} × |", mixture.name, after / calm);
        }
    }
}

fn head(columns: &[&str]) {
    println!("\n| {} |\n{}|", columns.join(" | "), "| --- ".repeat(columns.len()));
}

/// The times of the healthy servers' deliveries beside a further server that behaves so.
async fn beside(store: Store, behaviour: ServerBehaviour) -> Times {
    let servers = MerchantServers::open([vec![ServerBehaviour::Well; WELL], vec![behaviour]].concat());
    let loaded = LoadedGateway::open(store, &[("LOG", "warn"), ("KEEP_ALIVE", "5s")]);
    let waiting = loaded.away_to(vec![json!([HOME, servers.url(WELL)]); JOURNEYS]).await;
    let told = |n: usize| {
        let further = n.is_multiple_of(2).then(|| servers.url(WELL));
        let urls = [HOME.to_owned(), servers.url(n % WELL)].into_iter().chain(further);
        urls.collect::<Value>()
    };
    let journeys = loaded.away_to((0..JOURNEYS).map(told).collect()).await;
    flood(loaded.to(), waiting.iter().map(|(_, state)| take_return(state, "paid")).collect()).await;
    let asked = conclude(&loaded, &journeys, EVERY).await;
    let mut times = Vec::new();
    for (n, ((pay_id, _), asked)) in journeys.iter().zip(asked).enumerate() {
        times.push(arrival(&servers, n % WELL, pay_id).await - asked);
    }
    Times::of(times)
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        Self { p50: at(0.5), p99: at(0.99), slowest: at(1.0) }
    }
}

/// Brings the customers of these journeys home at this pace; answers when each browser asked for its way.
async fn conclude(loaded: &LoadedGateway, journeys: &[(String, String)], every: Duration) -> Vec<Instant> {
    let (mut asked, began) = (Vec::new(), Instant::now());
    for (n, (_, state)) in journeys.iter().enumerate() {
        tokio::time::sleep_until((began + every * u32::try_from(n).expect("a number")).into()).await;
        let (to, request) = (loaded.to(), take_return(state, "paid"));
        asked.push(Instant::now());
        tokio::spawn(async move { Wire::to(to).ask(&request).await });
    }
    asked
}

async fn arrival(servers: &MerchantServers, place: usize, pay_id: &str) -> Instant {
    let deadline = Instant::now() + LONGEST_WAIT;
    loop {
        if let Some(arrival) = servers.arrival(place, pay_id) {
            return arrival;
        }
        assert!(Instant::now() < deadline, "the delivery of {pay_id} never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many deliveries a second come, from the first final outcome to the last delivery, when `DRAINED` journeys
/// conclude as fast as they can and each tells so many of these servers.
async fn drained(store: Store, how_many: usize, told: usize) {
    let servers = MerchantServers::open(vec![ServerBehaviour::Well; how_many]);
    let loaded = LoadedGateway::open(store, &[("LOG", "warn"), ("KEEP_ALIVE", "5s")]);
    let urls = |n: usize| (0..told).map(move |i| (n * told + i) % how_many);
    let callback = |n| [HOME.to_owned()].into_iter().chain(urls(n).map(|place| servers.url(place))).collect::<Value>();
    let journeys = loaded.away_to((0..DRAINED).map(callback).collect()).await;
    let began = Instant::now();
    flood(loaded.to(), journeys.iter().map(|(_, state)| take_return(state, "paid")).collect()).await;
    let concluded = began.elapsed().as_secs_f64();
    let mut last = began;
    for (n, (pay_id, _)) in journeys.iter().enumerate() {
        for place in urls(n) {
            last = last.max(arrival(&servers, place, pay_id).await);
        }
    }
    let (took, many, name) = ((last - began).as_secs_f64(), DRAINED * told, store.name());
    println!("| {name} | {how_many} | {many} | {concluded:.1} s | {took:.1} s | {:.0} |", many as f64 / took);
}

/// How many deliveries a second come to one server that takes its time, and how long each takes, when journeys conclude
/// faster than a few tries at a time can tell it.
async fn busy(store: Store) {
    let servers = MerchantServers::open(vec![ServerBehaviour::Takes(BUSY)]);
    let loaded = LoadedGateway::open(store, &[("LOG", "warn"), ("KEEP_ALIVE", "5s")]);
    let journeys = loaded.away_to(vec![json!([HOME, servers.url(0)]); JOURNEYS]).await;
    let asked = conclude(&loaded, &journeys, EVERY / 2).await;
    let (began, mut last, mut times) = (asked[0], asked[0], Vec::new());
    for ((pay_id, _), asked) in journeys.iter().zip(asked) {
        let arrival = arrival(&servers, 0, pay_id).await;
        last = last.max(arrival);
        times.push(arrival - asked);
    }
    let (took, name, Times { p50, p99, .. }) = ((last - began).as_secs_f64(), store.name(), Times::of(times));
    let rate = JOURNEYS as f64 / took;
    println!("| {name} | {JOURNEYS} | {took:.1} s | {rate:.0} | {p50:.0} ms | {p99:.0} ms |");
}

/// How long the first attempts at receivers take that are well, while a tenth of all hang.
async fn crowd(store: Store) {
    let hangs = |n: usize| n.is_multiple_of(10);
    let behaviour = |n| if hangs(n) { ServerBehaviour::Hangs(HANG) } else { ServerBehaviour::Closes };
    let servers = MerchantServers::crowd((0..CROWD).map(behaviour).collect());
    let port = servers.port(0).to_string();
    let settings = [("LOG", "warn"), ("KEEP_ALIVE", "5s"), ("EGRESS_ALLOW", "127.0.0.0/8"), ("EGRESS_PORTS", &port)];
    let loaded = LoadedGateway::open(store, &settings);
    let journeys = loaded.away_to((0..CROWD).map(|n| json!([HOME, servers.url(n)])).collect()).await;
    let asked = conclude(&loaded, &journeys, CROWD_EVERY).await;
    let mut times = Vec::new();
    for (n, ((pay_id, _), asked)) in journeys.iter().zip(asked).enumerate().filter(|(n, _)| !hangs(*n)) {
        times.push(arrival(&servers, n, pay_id).await - asked);
    }
    let (name, Times { p50, p99, slowest }, hung) = (store.name(), Times::of(times), servers.most_hanging());
    println!("| {name} | {CROWD} | {} | {p50:.0} ms | {p99:.0} ms | {slowest:.0} ms | {hung} |", CROWD / 10);
}

/// How long the first attempt at a paid webhook takes, in milliseconds, when so many others were made before at the
/// same receiver, and their first retries are just due: the median of so many runs.
async fn mixed(runs: usize, many: usize, mixture: Mixture) -> f64 {
    let mut times = Vec::new();
    for _ in 0..runs {
        let servers = MerchantServers::open(vec![ServerBehaviour::AsAsked]);
        let loaded = LoadedGateway::open(Store::Embedded, &[("LOG", "warn"), ("KEEP_ALIVE", "5s")]);
        let before = loaded.away_to(vec![json!([HOME, servers.url_of(0, mixture.before)]); many]).await;
        let paid = loaded.away_to(vec![json!([HOME, servers.url_of(0, mixture.paid)])]).await;
        flood(loaded.to(), before.iter().map(|(_, state)| take_return(state, "paid")).collect()).await;
        tokio::time::sleep(Duration::from_millis(5_200)).await;
        let asked = conclude(&loaded, &paid, EVERY).await[0];
        times.push(arrival(&servers, 0, &paid[0].0).await - asked);
    }
    Times::of(times).p50
}
