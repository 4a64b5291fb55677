//! What a journey costs a Redis: its memory, its processor time, and how long a final outcome waits for it.
//!
//! `cargo bench --bench redis_steps -- [journeys…]` (10000, 50000 and 200000 unless said otherwise, each more than the
//! one before) starts a `redis-server` of its own for each of the two ways to keep what was acknowledged, with its file
//! in the temporary folder, on whatever disk that is. Every journey is opened, leaves, concludes and has its one-time
//! token redeemed; the last of each size are concluded by 50 callers and by one in turn. A wait runs from the call to
//! the answer.

#![allow(clippy::allow_attributes, reason = "not every lint below fires in every bench")]
#![allow(clippy::disallowed_methods, reason = "what is measured here is how long things really take")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "statistics")]

mod concludes;
#[allow(dead_code, clippy::expect_used, clippy::panic, reason = "a fixture of the tests, which may fall over")]
#[path = "../tests/it/support/redis.rs"]
mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use concludes::{Trouble, conclude_all, final_outcome, journey, open_all, quantile, share_out};
use fixture::RedisServer;
use handback::clock::{Clock, SystemClock};
use handback::domain::id::MerchantId;
use handback::domain::journey::Journey;
use handback::domain::secret::Digest;
use handback::store::redis::{RedisAddress, RedisStore};
use handback::store::{Redemption, Step, Tokens};

/// How many callers there are at the same time.
const CALLERS: usize = 50;

/// How many final outcomes of each size are measured at the most, and in how many rounds.
const MEASURED: usize = 30_000;
const ROUNDS: usize = 5;

fn main() -> Result<(), Trouble> {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 50_000, 200_000] } else { sizes };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!(
        "| appendfsync | journeys stored | Redis memory a journey | settles/s, {CALLERS} callers | Redis CPU a settle \
         | p50, one caller | p99, one caller |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for appendfsync in ["everysec", "always"] {
        runtime.block_on(measure(appendfsync, &sizes))?;
    }
    Ok(())
}

async fn measure(appendfsync: &str, sizes: &[usize]) -> Result<(), Trouble> {
    let server = RedisServer::start_with(&["--appendfsync", appendfsync]);
    let traffic = Traffic::into(&server)?;
    traffic.pass(CALLERS).await?;
    let (empty, mut stored) = (server.info("used_memory"), 0);
    for &size in sizes {
        let more =
            size.checked_sub(stored).filter(|more| *more >= CALLERS * ROUNDS).ok_or("each size must be larger")?;
        let measured = more.min(MEASURED);
        traffic.pass(more - measured).await?;
        let away = traffic.away(measured).await?;
        let Concluded { mut rates, mut micros, mut waits } = traffic.conclude(&server, away).await?;
        stored = size;
        let bytes = (server.info("used_memory") - empty) / size as u64;
        rates.sort_unstable();
        micros.sort_unstable();
        waits.sort_unstable();
        let (rate, micros) = (rates[ROUNDS / 2], micros[ROUNDS / 2]);
        let (p50, p99) = (quantile(&waits, 0.5) * 1000.0, quantile(&waits, 0.99) * 1000.0);
        println!("| {appendfsync} | {size} | {bytes} B | {rate} | {micros} µs | {p50:.0} µs | {p99:.0} µs |");
    }
    Ok(())
}

/// What was measured: final outcomes a second and microseconds of Redis for each of them in every round with all
/// callers, and every wait of the one caller.
#[derive(Default)]
struct Concluded {
    rates: Vec<u64>,
    micros: Vec<u64>,
    waits: Vec<Duration>,
}

/// The traffic of a hundred merchants.
struct Traffic {
    store: Arc<RedisStore>,
    merchants: Vec<MerchantId>,
}

impl Traffic {
    fn into(server: &RedisServer) -> Result<Self, Trouble> {
        let store =
            RedisStore::open(RedisAddress::parse(&server.url())?, Arc::new(SystemClock), Duration::from_hours(7 * 24))?;
        Ok(Self { store: Arc::new(store), merchants: (0..100).map(|_| MerchantId::mint(rand::random())).collect() })
    }

    /// Opens so many journeys, and sends their customers to the bank.
    async fn away(&self, many: usize) -> Result<Vec<Journey>, Trouble> {
        let merchants = self.merchants.iter().cycle().take(many);
        let journeys = merchants.map(|merchant| journey(*merchant, SystemClock.now())).collect::<Result<_, _>>()?;
        share_out(journeys, CALLERS, |share| open_all(Arc::clone(&self.store), share, true)).await
    }

    /// Takes so many journeys from their openings to their ends.
    async fn pass(&self, many: usize) -> Result<(), Trouble> {
        for begun in (0..many).step_by(MEASURED) {
            let away = self.away(MEASURED.min(many - begun)).await?;
            let steps = away.into_iter().map(final_outcome).collect::<Result<Vec<_>, _>>()?;
            share_out(steps.clone(), CALLERS, |share| conclude_all(Arc::clone(&self.store), share)).await?;
            self.redeem(steps).await?;
        }
        Ok(())
    }

    /// Concludes these journeys: in every round two thirds of them by all callers, the rest by one.
    async fn conclude(&self, server: &RedisServer, away: Vec<Journey>) -> Result<Concluded, Trouble> {
        let mut concluded = Concluded::default();
        for round in away.chunks(away.len().div_ceil(ROUNDS)) {
            let steps = round.iter().cloned().map(final_outcome).collect::<Result<Vec<_>, _>>()?;
            let (alone, together) = steps.split_at(steps.len() / 3);
            let (many, micros, begun) = (together.len(), cpu_of(server), Instant::now());
            share_out(together.to_vec(), CALLERS, |share| conclude_all(Arc::clone(&self.store), share)).await?;
            concluded.rates.push((many as f64 / begun.elapsed().as_secs_f64()) as u64);
            concluded.micros.push((cpu_of(server) - micros) / many as u64);
            concluded.waits.extend(conclude_all(Arc::clone(&self.store), alone.to_vec()).await?);
            self.redeem(steps).await?;
        }
        Ok(concluded)
    }

    /// Redeems the tokens of these final outcomes.
    async fn redeem(&self, steps: Vec<Step>) -> Result<(), Trouble> {
        let redeemed = share_out(steps, CALLERS, |share| redeem_all(Arc::clone(&self.store), share));
        redeemed.await.map(drop)
    }
}

async fn redeem_all(store: Arc<RedisStore>, steps: Vec<Step>) -> Result<Vec<()>, Trouble> {
    for step in steps {
        let (journey, token) = (&step.journey, step.token.as_ref().ok_or("a final outcome without a token")?);
        let attempt = Digest::new(rand::random());
        let redemption = store.redeem(journey.pay_id(), &token.digest, &attempt).await?;
        if !matches!(redemption, Redemption::Granted { .. }) {
            return Err(format!("a token was not redeemed: {redemption:?}").into());
        }
    }
    Ok(Vec::new())
}

/// Microseconds of processor time that Redis has used.
fn cpu_of(server: &RedisServer) -> u64 {
    let info = server.ask("INFO cpu");
    // Seconds with six decimals.
    let of = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.replace('.', "").trim().parse().ok());
    of("used_cpu_user:").unwrap_or(0) + of("used_cpu_sys:").unwrap_or(0)
}
