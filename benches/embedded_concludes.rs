//! How many final outcomes a second the embedded store makes durable, and how long each of them waits.
//!
//! `cargo bench --bench embedded_concludes -- [journeys…]` (10000 and 200000 unless said otherwise) fills a store below
//! the target folder, on whatever disk that is, and lets 1, 64 and 256 concluders at it, each with one final outcome
//! under way: its stage and a one-time token. A wait runs from the call to the answer, so it holds the queue and the
//! `fsync`. Pin it to one core with `taskset -c 0`.
//!
//! Beside each stands SQLite alone: one thread that writes the same columns of the same rows of the same file, and
//! commits as many of them at once as there are concluders. It reads no journey, writes no record, and answers nobody.

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
use handback::store::Step;
use handback::store::embedded::Embedded;
use handback::store::record::write_journey;
use rand::seq::SliceRandom as _;
use rusqlite::{Connection, params};

/// How many journeys are under way: the youngest, which conclude in no order. The others are there, and stay open.
const UNDER_WAY: usize = 60_000;

/// How many conclude at the same time, and how many final outcomes are measured at the most.
const CONCLUDERS: [(usize, usize); 3] = [(1, 2_000), (64, 7_000), (256, 7_000)];

/// How often the two are measured in turn.
const ROUNDS: usize = 2;

fn main() -> Result<(), Trouble> {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 200_000] } else { sizes };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "| journeys stored | concluders | | concluded/s | p50 | p99 | p99.9 | processor time each | written each |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for size in sizes {
        runtime.block_on(measure(size))?;
    }
    Ok(())
}

async fn measure(size: usize) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut away = prepare(&open(folder.path())?, size).await?;
    away.shuffle(&mut rand::rng());
    let share = away.len() / CONCLUDERS.len() / ROUNDS / 2;
    let mut some = |most| {
        let steps = away.split_off(away.len() - share.min(most)).into_iter().map(final_outcome);
        steps.collect::<Result<Vec<_>, _>>()
    };
    for (concluders, most) in CONCLUDERS {
        for _ in 0..ROUNDS {
            let (store, steps) = (open(folder.path())?, some(most)?);
            let measured = Measured::begin(steps.len());
            let waits = share_out(steps, concluders, |share| conclude_all(Arc::clone(&store), share)).await?;
            measured.print(&format!("{size} | {concluders} | the store"), waits);
            drop(store);

            let rows = some(most)?.iter().map(Row::of).collect::<Result<Vec<_>, _>>()?;
            let alone = alone(folder.path())?;
            let measured = Measured::begin(rows.len());
            let waits = conclude_alone(&alone, &rows, concluders)?;
            measured.print(&format!("{size} | {concluders} | SQLite alone"), waits);
        }
    }
    Ok(())
}

/// What a conclusion writes.
struct Row {
    pay_id: u64,
    revision: u32,
    record: Vec<u8>,
    at: u64,
    token: [u8; 30],
}

impl Row {
    fn of(step: &Step) -> Result<Self, Trouble> {
        let journey = &step.journey;
        let at = journey.final_outcome().ok_or("it has not concluded")?.at.as_millis();
        let (record, token) = (write_journey(journey)?, rand::random::<[u8; 22]>());
        let token = [&token[..], &[0; 8]].concat().try_into().map_err(|_| "a token has thirty bytes")?;
        Ok(Self { pay_id: journey.pay_id().number(), revision: journey.revision(), record, at, token })
    }
}

/// A connection to the file that is set up as the store's own.
fn alone(folder: &Path) -> Result<Connection, Trouble> {
    let connection = Connection::open(folder.join("handback.sqlite3"))?;
    connection.pragma_update(None, "wal_autocheckpoint", 500)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

fn conclude_alone(connection: &Connection, rows: &[Row], at_once: usize) -> Result<Vec<Duration>, Trouble> {
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let mut conclude = connection.prepare(
        "UPDATE journeys SET revision = ?2, record = ?3, due_at = NULL, concluded_at = ?4, proven = 1, tokens = ?5
         WHERE pay_id = ?1 AND revision = ?2 - 1",
    )?;
    let mut commit = connection.prepare("COMMIT")?;
    let mut waits = Vec::with_capacity(rows.len());
    for batch in rows.chunks(at_once) {
        let started = Instant::now();
        begin.execute([])?;
        for row in batch {
            let columns = params![row.pay_id.cast_signed(), row.revision, row.record, row.at.cast_signed(), row.token];
            if conclude.execute(columns)? != 1 {
                return Err("a final outcome was lost".into());
            }
        }
        commit.execute([])?;
        waits.extend(batch.iter().map(|_| started.elapsed()));
    }
    Ok(waits)
}

/// A measurement under way.
struct Measured {
    many: usize,
    begun: Instant,
    used: Used,
}

impl Measured {
    fn begin(many: usize) -> Self {
        Self { many, begun: Instant::now(), used: Used::so_far() }
    }

    fn print(self, what: &str, mut waits: Vec<Duration>) {
        let rate = self.many as f64 / self.begun.elapsed().as_secs_f64();
        waits.sort_unstable();
        let (p50, p99, p999) = (quantile(&waits, 0.5), quantile(&waits, 0.99), quantile(&waits, 0.999));
        let Used { micros, bytes } = self.used.since(self.many);
        println!("| {what} | {rate:.0} | {p50:.2} ms | {p99:.2} ms | {p999:.2} ms | {micros} µs | {bytes} B |");
    }
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
