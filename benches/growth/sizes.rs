//! The cost of a first return, and the bytes of a journey, at one size after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use handback::domain::id::MerchantId;
use handback::domain::merchant::Merchant;
use handback::engine::Engine;
use rand::seq::SliceRandom as _;
use tempfile::TempDir;

use crate::Arguments;
use crate::direct::{Direct, Portion, Standing};
use crate::fill;
use crate::kinds::{self, Kinds};
use crate::load::gateway_process::GatewayProcess;
use crate::load::loaded_gateway::take_return;
use crate::load::redis::RedisServer;
use crate::load::table::Measured;
use crate::load::{drip, flood};

/// How many customers return at each size; those that are measured at a steady rate, and how far apart.
const RETURNS: usize = 20_000;
const STEADY: usize = RETURNS / 2;
const EVERY: Duration = Duration::from_millis(1);

/// How many journeys have been handed back in the store whose bytes are listed beside.
const HANDED_BACK: usize = 100_000;

/// How long a journey may wait for its customer.
const LIFE: Duration = Duration::from_hours(24);

pub async fn measure(arguments: &Arguments) {
    let sizes = Some(arguments.journeys()).filter(|sizes| !sizes.is_empty());
    let sizes = sizes.unwrap_or_else(|| vec![10_000, 100_000, 1_000_000]);
    let (merchants, last) = (arguments.number("merchants").unwrap_or(100), *sizes.last().expect("a size"));
    println!(
        "| store | merchants | journeys | filled a second | first returns a second | p50, p99 at 1,000/s \
         | processor time each | bytes a journey |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
    );
    let mut lists = Vec::new();
    for name in ["embedded", "redis"].into_iter().filter(|name| arguments.wants(name)) {
        let mut filled = Filled::new(Place::new(name), merchants).await;
        for &size in &sizes {
            filled.up_to(size, Standing::Away).await;
            filled.measure().await;
        }
        lists.push((name, "under way", last, filled.place.kinds()));
        let many = last.min(HANDED_BACK);
        let mut filled = Filled::new(Place::new(name), merchants).await;
        let rate = filled.up_to(many, Standing::HandedBack).await;
        println!("| {name} | {merchants} | {many}, handed back | {rate:.0} | – | – | – | {} |", filled.bytes_each());
        lists.push((name, "handed back", many, filled.place.kinds()));
    }
    println!(
        "\n| store | journeys | kind | number | bytes each | bytes a journey |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (name, standing, journeys, kinds) in lists {
        kinds::print(&format!("{name} | {journeys} {standing}"), &kinds, journeys);
    }
}

/// Where a store is.
pub enum Place {
    /// In a folder.
    Embedded(TempDir),
    /// In a Redis of its own, which syncs its file every second.
    Redis(RedisServer),
}

impl Place {
    pub fn new(name: &str) -> Self {
        match name {
            "redis" => Self::Redis(RedisServer::start_with(&["--appendfsync", "everysec"])),
            _ => Self::Embedded(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")),
        }
    }

    /// What a gateway is given, and the engine that fills its store.
    pub fn settings(&self) -> [(&'static str, String); 8] {
        let store = match self {
            Self::Embedded(folder) => format!("embedded:{}", folder.path().join("data").display()),
            Self::Redis(server) => server.url(),
        };
        let given = [
            ("STORE", store.as_str()),
            ("KEYS", &format!("k1:{}=", "A".repeat(43))),
            ("SANDBOX", "true"),
            ("PUBLIC_URL", "https://pay.example"),
            ("KEEP", "1d"),
            ("KEEP_ALIVE", "5s"),
            ("LOG", "warn"),
            ("WORKERS", "1"),
        ];
        given.map(|(name, value)| (name, value.to_owned()))
    }

    pub async fn engine(&self) -> Arc<Engine> {
        fill::engine(self.settings().map(|(name, value)| (format!("HANDBACK_{name}"), value))).await
    }

    /// A gateway over it, and what it and its Redis are as processes.
    pub fn gateway(&self) -> (GatewayProcess, Vec<Vec<u32>>) {
        let settings = self.settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let gateway = GatewayProcess::start(&settings);
        let redis = self.redis().map(|redis| u32::try_from(redis.info("process_id")).expect("a process"));
        let pids = [gateway.pid()].into_iter().chain(redis).map(|pid| vec![pid]).collect();
        (gateway, pids)
    }

    pub const fn redis(&self) -> Option<&RedisServer> {
        match self {
            Self::Embedded(_) => None,
            Self::Redis(server) => Some(server),
        }
    }

    /// The bytes of a Redis, or of the files of a store that nobody has open.
    fn bytes(&self) -> u64 {
        match self {
            Self::Embedded(folder) => {
                let files = std::fs::read_dir(folder.path().join("data")).expect("a folder").flatten();
                files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
            }
            Self::Redis(server) => server.info("used_memory"),
        }
    }

    pub fn kinds(&self) -> Kinds {
        match self {
            Self::Embedded(folder) => kinds::of_file(&folder.path().join("data")),
            Self::Redis(server) => kinds::of_redis(&server.url()),
        }
    }
}

/// A store, and what is in it.
struct Filled {
    place: Place,
    model: Merchant,
    merchants: Vec<MerchantId>,
    states: Vec<String>,
    journeys: usize,
    /// Its bytes with its merchants, before the first journey.
    empty: u64,
    rate: f64,
}

impl Filled {
    async fn new(place: Place, merchants: usize) -> Self {
        let engine = place.engine().await;
        let model = fill::merchant(&engine).await.merchant;
        let merchants = fill::merchants(&engine, merchants).await;
        drop(engine);
        let empty = place.bytes();
        Self { place, model, merchants, states: Vec::new(), journeys: 0, empty, rate: 0.0 }
    }

    /// Adds journeys until there are so many, and answers how many it wrote a second. The store is closed afterwards.
    async fn up_to(&mut self, journeys: usize, standing: Standing) -> f64 {
        let engine = self.place.engine().await;
        let direct = Direct::like_the_engine(&engine, &self.model, self.merchants.clone()).await;
        let (began, now) = (Instant::now(), SystemClock.now());
        let more = journeys.checked_sub(self.journeys).expect("each size is larger");
        let opened = (now, now.plus(Duration::from_secs(1)));
        let portion = Portion { journeys: more, standing, opened, life: LIFE, states: 2 * RETURNS };
        self.states.extend(direct.fill(portion).await);
        (self.journeys, self.rate) = (journeys, more as f64 / began.elapsed().as_secs_f64());
        self.rate
    }

    fn bytes_each(&self) -> u64 {
        (self.place.bytes() - self.empty) / self.journeys as u64
    }

    /// Lets customers return, drawn from those that are away, and prints the row.
    async fn measure(&mut self) {
        let (size, each) = (self.journeys, self.bytes_each());
        self.states.shuffle(&mut rand::rng());
        let left = self.states.len().saturating_sub(RETURNS.min(size / 2));
        let returns: Vec<_> = self.states.split_off(left).iter().map(|state| take_return(state, "paid")).collect();
        let (gateway, pids) = self.place.gateway();
        let to = gateway.base()["http://".len()..].parse().expect("an address");
        let steady = STEADY.min(returns.len() / 2);
        let quick = Measured::of(&pids, flood(to, returns[steady..].to_vec())).await;
        let steady = drip(to, returns[..steady].to_vec(), EVERY).await;
        let (rate, costs, p50, p99) = (quick.run().rate(), quick.costs(), steady.at(0.5), steady.at(0.99));
        let (name, merchants, filled) = (self.name(), self.merchants.len(), self.rate);
        println!(
            "| {name} | {merchants} | {size} | {filled:.0} | {rate:.0} | {p50:.2} ms, {p99:.2} ms | {costs} | {each} |"
        );
    }

    const fn name(&self) -> &'static str {
        if self.place.redis().is_some() { "redis" } else { "embedded" }
    }
}
