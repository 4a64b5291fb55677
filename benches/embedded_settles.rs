//! How many settlements a second the embedded store makes durable, and how long each of them waits.
//!
//! `cargo bench --bench embedded_settles -- [journeys…]` (10000 and 200000 unless said otherwise) fills a store below the
//! target folder, on whatever disk that is, and lets 1, 64 and 256 settlers at it, each with one settlement under way:
//! its stage and a one-time token. A wait runs from the call to the answer, so it holds the queue and the `fsync`. Pin
//! it to one core with `taskset -c 0`.

#![allow(clippy::allow_attributes, reason = "not every lint below fires in every bench")]
#![allow(clippy::disallowed_methods, reason = "what is measured here is how long things really take")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "statistics")]
#![allow(clippy::duration_suboptimal_units, reason = "figures side by side are in one unit")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock, SystemClock};
use handback::domain::callback::{CallbackUrl, Placement, Rules};
use handback::domain::id::{JourneyId, MerchantId, Shard};
use handback::domain::journey::{Cancel, Checkout, Departing, Journey, Opening, Via};
use handback::domain::merchant::{MerchantName, Settings};
use handback::domain::moment::Moment;
use handback::domain::money::{Amount, Currency};
use handback::domain::plan::{Entry, Plan};
use handback::domain::secret::Digest;
use handback::domain::token::MintedToken;
use handback::store::embedded::Embedded;
use handback::store::record::{read_journey, write_journey};
use handback::store::{Journeys, Opened, Step, Taken};
use rand::seq::SliceRandom as _;

type Trouble = Box<dyn Error + Send + Sync>;

/// How many journeys are under way: the youngest, which settle in no order. The others are there, and stay open.
const UNDER_WAY: usize = 60_000;

/// How many settle at the same time, and how many settlements are measured at the most.
const SETTLERS: [(usize, usize); 3] = [(1, 3_000), (64, 20_000), (256, 30_000)];

fn main() -> Result<(), Trouble> {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 200_000] } else { sizes };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("| journeys stored | settlers | settles/s | p50 | p99 | p99.9 | CPU a settle | written a settle |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in sizes {
        runtime.block_on(measure(size))?;
    }
    Ok(())
}

async fn measure(size: usize) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store = open(folder.path())?;
    let mut away = prepare(&store, size).await?;
    away.shuffle(&mut rand::rng());
    let share = away.len() / SETTLERS.len();
    for (settlers, most) in SETTLERS {
        let steps = away.split_off(away.len() - share.min(most)).into_iter().map(settlement);
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let (many, begun, used) = (steps.len(), Instant::now(), Used::so_far());
        let mut waits = settle(&store, steps, settlers).await?;
        let rate = many as f64 / begun.elapsed().as_secs_f64();
        waits.sort_unstable();
        let at = |share: f64| waits[((many - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
        let Used { micros, bytes } = used.since(many);
        println!(
            "| {size} | {settlers} | {rate:.0} | {p50:.2} ms | {p99:.2} ms | {p999:.2} ms | {micros} µs | {bytes} B |"
        );
    }
    Ok(())
}

fn open(folder: &Path) -> Result<Arc<Embedded>, Trouble> {
    Ok(Arc::new(Embedded::open(folder, Arc::new(SystemClock), Duration::from_secs(3600))?))
}

/// Opens `many` journeys of a hundred merchants, and sends the customers of the youngest to the bank.
async fn prepare(store: &Arc<Embedded>, many: usize) -> Result<Vec<Journey>, Trouble> {
    let merchants: Vec<_> = (0..100).map(|_| MerchantId::mint(rand::random())).collect();
    let (now, old) = (SystemClock.now(), many.saturating_sub(UNDER_WAY));
    let journeys = (0..many).map(|n| {
        let opened_at = now.plus(Duration::from_millis(n as u64));
        journey(merchants[n % 100], opened_at)
    });
    let mut journeys = journeys.collect::<Result<Vec<_>, _>>()?;
    let young = journeys.split_off(old);
    let mut tasks = Vec::new();
    for (journeys, leaves) in [(journeys, false), (young, true)] {
        let open = |share| tokio::spawn(open_all(Arc::clone(store), share, leaves));
        tasks.extend(shared_out(journeys, 256).map(open));
    }
    let mut away = Vec::with_capacity(many);
    for task in tasks {
        away.extend(task.await??);
    }
    Ok(away)
}

async fn open_all(store: Arc<Embedded>, journeys: Vec<Journey>, leaves: bool) -> Result<Vec<Journey>, Trouble> {
    let mut away = Vec::new();
    for journey in journeys {
        if store.open(&journey, None).await? != Opened::New {
            return Err("a journey was not opened".into());
        }
        if leaves {
            away.push(leave(&store, journey).await?);
        }
    }
    Ok(away)
}

async fn leave(store: &Embedded, journey: Journey) -> Result<Journey, Trouble> {
    let Departing::New(journey, departure) = journey.depart(SystemClock.now()) else {
        return Err("a fresh journey did not leave".into());
    };
    match store.take(&Step::leave(journey.clone(), Digest::new(rand::random()), departure)).await? {
        Taken::Done => Ok(journey),
        other => Err(format!("a customer did not leave: {other:?}").into()),
    }
}

async fn settle(store: &Arc<Embedded>, steps: Vec<Step>, settlers: usize) -> Result<Vec<Duration>, Trouble> {
    let tasks: Vec<_> =
        shared_out(steps, settlers).map(|steps| tokio::spawn(settle_all(Arc::clone(store), steps))).collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    Ok(waits)
}

async fn settle_all(store: Arc<Embedded>, steps: Vec<Step>) -> Result<Vec<Duration>, Trouble> {
    let mut waits = Vec::with_capacity(steps.len());
    for step in steps {
        let begun = Instant::now();
        if store.take(&step).await? != Taken::Done {
            return Err("a settlement was lost".into());
        }
        waits.push(begun.elapsed());
    }
    Ok(waits)
}

/// What this process has used: microseconds of CPU time and bytes written to disk, both 0 where no Linux counts them.
struct Used {
    micros: u64,
    bytes: u64,
}

impl Used {
    fn so_far() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        // proc_pid_stat(5): fields 14 and 15, behind the name in parentheses, in ticks of 10 ms.
        let stat = read("/proc/self/stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        let bytes = read("/proc/self/io").lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok());
        Self { micros: ticks * 10_000, bytes: bytes.unwrap_or_default() }
    }

    fn since(&self, settles: usize) -> Self {
        let (now, settles) = (Self::so_far(), settles as u64);
        Self { micros: (now.micros - self.micros) / settles, bytes: (now.bytes - self.bytes) / settles }
    }
}

fn shared_out<T>(all: Vec<T>, shares: usize) -> impl Iterator<Item = Vec<T>> {
    let mut parts: Vec<Vec<T>> = (0..shares).map(|_| Vec::new()).collect();
    for (n, one) in all.into_iter().enumerate() {
        parts[n % shares].push(one);
    }
    parts.into_iter()
}

fn journey(merchant: MerchantId, now: Moment) -> Result<Journey, Trouble> {
    let id: [u8; 16] = rand::random();
    let url = CallbackUrl::parse("https://shop.example/checkout/return?order=71829", &Rules::default())?;
    Ok(Journey::open(Opening {
        id: JourneyId::mint(id, Shard::of_byte(id[7])),
        merchant,
        merchant_name: MerchantName::parse("A shop of some size")?,
        dialect: "secpaid".into(),
        bank: "sandbox".into(),
        key: "k1".into(),
        checkout: Checkout {
            amount: Amount::parse("25.90", Currency::EUR)?,
            note: "order 71829".into(),
            cancel: Cancel::Offered,
        },
        extras: Vec::new(),
        plan: Plan { landing: Some(Entry { url, params_in: Placement::Query, slot: None }), background: Vec::new() },
        terms: Settings::default().terms(),
        opened_at: now,
        expires_at: now.plus(Duration::from_secs(24 * 3600)),
    }))
}

/// What a bank's proof leaves of a journey: the step that settles it as paid.
///
/// Only this program's own banks can make a fact, and there is none here. So the settlement is written into the
/// record, whose last field, empty until then, is the list of settlements: `[[0 (paid), at, {"B": nil}]]`.
fn settlement(away: Journey) -> Result<Step, Trouble> {
    let now = SystemClock.now();
    let answered = away.freeze(Via { departure: 0, mark: rand::random() }, now).ok_or("it had been answered")?;
    let mut record = write_journey(&answered)?;
    if record.pop() != Some(0x90) {
        return Err("a record does not end with its settlements any more".into());
    }
    record.extend([0x91, 0x93, 0x00, 0xcf]);
    record.extend(now.as_millis().to_be_bytes());
    record.extend([0x81, 0xa1, b'B', 0xc0]);
    let token = MintedToken { digest: Digest::new(rand::random()), expires_at: now.plus(Duration::from_secs(300)) };
    Ok(Step::settle(read_journey(&record)?, 0, Some(token)))
}
