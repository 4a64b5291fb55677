//! How many final outcomes a second the embedded store makes durable, and how long each of them waits.
//!
//! `cargo bench --bench embedded_concludes -- [journeys…]` (10000 and 200000 unless said otherwise) fills a store below
//! the target folder, on whatever disk that is, and lets 1, 64 and 256 concluders at it, each with one final outcome
//! under way: its stage and a one-time token. A wait runs from the call to the answer, so it holds the queue and the
//! `fsync`. Pin it to one core with `taskset -c 0`.

#![allow(clippy::allow_attributes, reason = "not every lint below fires in every bench")]
#![allow(clippy::disallowed_methods, reason = "what is measured here is how long things really take")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "statistics")]

mod concludes;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use concludes::{Trouble, conclude_all, final_outcome, journey, open_all, quantile, share_out};
use handback::clock::{Clock, SystemClock};
use handback::domain::id::MerchantId;
use handback::domain::journey::Journey;
use handback::store::embedded::Embedded;
use rand::seq::SliceRandom as _;

/// How many journeys are under way: the youngest, which conclude in no order. The others are there, and stay open.
const UNDER_WAY: usize = 60_000;

/// How many conclude at the same time, and how many final outcomes are measured at the most.
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
    for (concluders, most) in SETTLERS {
        let steps = away.split_off(away.len() - share.min(most)).into_iter().map(final_outcome);
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        let (many, begun, used) = (steps.len(), Instant::now(), Used::so_far());
        let mut waits = share_out(steps, concluders, |share| conclude_all(Arc::clone(&store), share)).await?;
        let rate = many as f64 / begun.elapsed().as_secs_f64();
        waits.sort_unstable();
        let (p50, p99, p999) = (quantile(&waits, 0.5), quantile(&waits, 0.99), quantile(&waits, 0.999));
        let Used { micros, bytes } = used.since(many);
        println!(
            "| {size} | {concluders} | {rate:.0} | {p50:.2} ms | {p99:.2} ms | {p999:.2} ms | {micros} µs | {bytes} B |"
        );
    }
    Ok(())
}

fn open(folder: &Path) -> Result<Arc<Embedded>, Trouble> {
    Ok(Arc::new(Embedded::open(folder, Arc::new(SystemClock), Duration::from_hours(1))?))
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
    share_out(journeys, 256, |share| open_all(Arc::clone(store), share, false)).await?;
    share_out(young, 256, |share| open_all(Arc::clone(store), share, true)).await
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

    fn since(&self, concludes: usize) -> Self {
        let (now, concludes) = (Self::so_far(), concludes as u64);
        Self { micros: (now.micros - self.micros) / concludes, bytes: (now.bytes - self.bytes) / concludes }
    }
}
