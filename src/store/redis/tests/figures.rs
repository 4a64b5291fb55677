//! Figures, for people: `cargo test --release --lib store::redis::tests::figures -- --ignored --nocapture`.

use std::time::Instant;

use super::fixture::RedisServer;
use super::*;
use crate::domain::id::MerchantId;
use crate::domain::outcome::Fact;
use crate::domain::secret::Digest;
use crate::domain::token::MintedToken;
use crate::store::laws::cast::{Draft, departed, entry, fresh, settled};
use crate::store::{Journeys, Step, Taken, Tokens};

/// How many callers there are at once.
const CALLERS: usize = 50;

/// One merchant's traffic.
struct Traffic {
    store: Arc<RedisStore>,
    merchant: MerchantId,
}

/// How long each of the steps of some journeys took.
#[derive(Default)]
struct Times {
    open: Vec<Duration>,
    leave: Vec<Duration>,
    look_up: Vec<Duration>,
    settle: Vec<Duration>,
    redeem: Vec<Duration>,
}

impl Times {
    fn all(&mut self) -> [(&'static str, &mut Vec<Duration>); 5] {
        [
            ("open", &mut self.open),
            ("leave", &mut self.leave),
            ("look-up", &mut self.look_up),
            ("settle", &mut self.settle),
            ("redeem", &mut self.redeem),
        ]
    }
}

impl Traffic {
    /// A journey with URLs of a common length, told to another server, too.
    fn draft(&self) -> Draft {
        let draft = Draft::at(self.store.clock.now()).of(self.merchant).noted("Order 2026-11-20/000123");
        draft.telling(["https://hooks.shop.example/payments/handback?tenant=7"]).with(|opening| {
            opening.plan.landing = Some(entry("https://www.shop.example/checkout/complete?cart=9f8e7d6c"));
        })
    }

    async fn journey(&self, times: &mut Times) {
        let (store, state, token) = (&self.store, fresh(), fresh());
        let journey = self.draft().journey();
        let shard = journey.id().shard();
        timed(&mut times.open, Journeys::open(&**store, &journey, None)).await.unwrap();
        let (away, departure) = departed(journey, store.clock.now());
        timed(&mut times.leave, store.take(&Step::leave(away, state, departure))).await.unwrap();
        let found = timed(&mut times.look_up, store.find_by_state(shard, &state)).await.unwrap();
        let (paid, number) = settled(found.unwrap().0, &Fact::paid(), store.clock.now());
        let expires_at = store.clock.now().plus(Duration::from_mins(5));
        let settle = Step::settle(paid, number, Some(MintedToken { digest: token, expires_at }));
        assert_eq!(timed(&mut times.settle, store.take(&settle)).await, Ok(Taken::Done));
        let attempt: Digest = fresh();
        timed(&mut times.redeem, store.redeem(shard, &token, self.merchant, &attempt)).await.unwrap();
    }

    async fn journeys(self: &Arc<Self>, many: usize) -> Times {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let traffic = Arc::clone(self);
                tokio::spawn(async move {
                    let mut times = Times::default();
                    for _ in 0..many / CALLERS {
                        traffic.journey(&mut times).await;
                    }
                    times
                })
            })
            .collect();
        let mut all = Times::default();
        for caller in callers {
            let mut times = caller.await.unwrap();
            for ((_, all), (_, times)) in all.all().into_iter().zip(times.all()) {
                all.append(times);
            }
        }
        all
    }
}

async fn timed<T>(times: &mut Vec<Duration>, step: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let end = step.await;
    times.push(began.elapsed());
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and is for people"]
async fn figures() {
    let server = RedisServer::start();
    let store = store(&server.url());
    let traffic = Arc::new(Traffic { store, merchant: MerchantId::mint([1; 16]) });
    traffic.journeys(CALLERS).await;
    let (empty, mut done) = (server.info("used_memory"), 0);
    for until in [10_000, 50_000, 100_000, 500_000] {
        let many = until - done;
        let cpu = cpu_of(&server);
        let began = Instant::now();
        traffic.journeys(many).await;
        let took = began.elapsed();
        done = until;
        let bytes = (server.info("used_memory") - empty) / done as u64;
        let steps = 5 * many as u128 * 1000 / took.as_millis();
        let cpu = (cpu_of(&server) - cpu) / (5 * many as u64);
        println!("{done} journeys: {bytes} bytes each, {steps} steps/s at {CALLERS} callers, {cpu} µs of Redis a step");
        let mut alone = Times::default();
        for _ in 0..2_000 {
            traffic.journey(&mut alone).await;
        }
        done += 2_000;
        for (step, times) in alone.all() {
            times.sort_unstable();
            let at = |per_mille| times[times.len() * per_mille / 1000];
            println!("  {step:8} alone: p50 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));
        }
    }
    settles(&traffic, 50_000).await;
}

/// Settles journeys that are waiting for it, and nothing else.
async fn settles(traffic: &Arc<Traffic>, many: usize) {
    let mut steps: Vec<Vec<Step>> = Vec::new();
    for _ in 0..CALLERS {
        let mut own = Vec::new();
        for _ in 0..many / CALLERS {
            let journey = traffic.draft().journey();
            Journeys::open(&*traffic.store, &journey, None).await.unwrap();
            let (paid, number) = settled(journey, &Fact::paid(), traffic.store.clock.now());
            let expires_at = traffic.store.clock.now().plus(Duration::from_mins(5));
            own.push(Step::settle(paid, number, Some(MintedToken { digest: fresh(), expires_at })));
        }
        steps.push(own);
    }
    let began = Instant::now();
    let callers: Vec<_> = steps
        .into_iter()
        .map(|own| {
            let traffic = Arc::clone(traffic);
            tokio::spawn(async move {
                for step in own {
                    assert_eq!(traffic.store.take(&step).await, Ok(Taken::Done));
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    println!("{} settles/s at {CALLERS} callers", many as u128 * 1000 / began.elapsed().as_millis());
}

/// Microseconds of CPU that Redis has used.
fn cpu_of(server: &RedisServer) -> u64 {
    let info = server.ask("INFO cpu");
    let of = |name: &str| -> u64 {
        // Seconds with six decimals.
        info.lines().find_map(|line| line.strip_prefix(name)?.replace('.', "").trim().parse().ok()).unwrap_or_default()
    };
    of("used_cpu_user:") + of("used_cpu_sys:")
}
