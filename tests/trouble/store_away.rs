//! Redis is killed, hangs, is behind a black hole or a half-open line, is late, or stalls: every returning browser is
//! answered soon, and each journey ends right afterwards.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::parts::{local, memory_of, node_on, quantile, until};
use crate::proxy::{Fault, Proxy};
use crate::shop::{Answer, Shop, Visit, get};
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// After this a store that is away keeps nobody waiting.
const SECOND: Duration = Duration::from_secs(1);
/// In milliseconds, by the size, since in a quick run much else may go on: within this every return is answered;
const ANSWERED: [u64; 3] = [3_000, 1_000, 1_000];
/// within this 99 in a hundred are while the store has been away for a second;
const AT_ONCE: [u64; 3] = [500, 50, 50];
/// and within this all is normal again.
const NORMAL: [u64; 3] = [10_000, 3_000, 3_000];

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
/// How many browsers return at a time, and how long each rests between two returns.
const BROWSERS: usize = 8;
const REST: Duration = ms(100);
/// By how much memory may differ: what buffers and the allocator keep.
const FLAT_MB: f64 = 24.0;

/// What happens to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Killed,
    Hangs,
    Line(Fault),
}

impl Trouble {
    const fn is_away(self) -> bool {
        !matches!(self, Self::Line(Fault::Late(_) | Fault::Stalls(..)))
    }
}

/// The customers who return, and the answers.
#[derive(Default)]
struct Returns {
    /// Who has not come home yet.
    under_way: Mutex<VecDeque<Visit>>,
    /// Who has, and where to.
    home: Mutex<VecDeque<(Visit, String)>>,
    /// When each answer was asked for, and the answer.
    answers: Mutex<Vec<(Instant, Answer)>>,
    over: AtomicBool,
}

impl Returns {
    /// A browser that returns, again and again: with a journey that is under way, or once more with one that is over.
    async fn browse(self: Arc<Self>, port: u16) {
        while !self.over.load(Ordering::SeqCst) {
            let next = self.under_way.lock().unwrap().pop_front();
            match next {
                Some(visit) => self.first_time(port, visit).await,
                None => self.once_more(port).await,
            }
            tokio::time::sleep(REST).await;
        }
    }

    async fn first_time(&self, port: u16, visit: Visit) {
        let answer = self.ask(port, &visit.back).await;
        match answer.location {
            Some(home) => {
                assert!(home.starts_with("https://shop.example/back?") && home.contains("status=success"), "{home}");
                self.home.lock().unwrap().push_back((visit, home));
            }
            None => self.under_way.lock().unwrap().push_back(visit),
        }
    }

    async fn once_more(&self, port: u16) {
        let Some((visit, home)) = self.home.lock().unwrap().pop_front() else { return };
        let answer = self.ask(port, &visit.back).await;
        assert!(answer.location.is_none_or(|location| location == home), "a replay leads elsewhere than to {home}");
        self.home.lock().unwrap().push_back((visit, home));
    }

    async fn ask(&self, port: u16, back: &str) -> Answer {
        let began = Instant::now();
        let answer = get(port, back).await.unwrap_or_else(|error| panic!("a return was not answered: {error}"));
        assert!([200, 303, 503].contains(&answer.status), "{}: {}", answer.status, answer.body);
        self.answers.lock().unwrap().push((began, answer.clone()));
        answer
    }

    fn take_answers(&self) -> Vec<(Instant, Answer)> {
        std::mem::take(&mut self.answers.lock().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed() {
    under(Trouble::Killed, "Redis is killed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs() {
    under(Trouble::Hangs, "Redis hangs (SIGSTOP)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_behind_a_black_hole() {
    under(Trouble::Line(Fault::BlackHole), "nothing passes between a node and Redis").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_on_a_half_open_line() {
    under(Trouble::Line(Fault::HalfOpen), "Redis does what it is asked, and no reply arrives").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_late() {
    under(Trouble::Line(Fault::Late(ms(300))), "each reply of Redis is 300 ms late").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stalls() {
    under(Trouble::Line(Fault::Stalls(5, ms(200))), "5 % of Redis's replies stall for 200 ms").await;
}

async fn under(trouble: Trouble, fault: &str) {
    let span = Duration::from_secs(Size::of([3, 10, 30]));
    let row = Row::begin("a returning browser is answered", format!("{fault} for {} s", span.as_secs()));
    let mut redis = RedisServer::start();
    let proxy = Proxy::before(redis.address());
    let node = node_on(local(proxy.port()), &[]);
    let shop = Shop::of(&node);
    let returns = Arc::new(Returns::default());
    let visits = shop.send_many_out(Size::of([200, 900, 2_600])).await;
    returns.under_way.lock().unwrap().extend(visits);
    let browsers: Vec<_> = (0..BROWSERS).map(|_| tokio::spawn(Arc::clone(&returns).browse(node.port()))).collect();
    tokio::time::sleep(SECOND).await;
    assert!(returns.take_answers().iter().all(|(_, answer)| answer.status == 303), "all was well before");
    let (memory, logged, began) = (memory_of(node.pid()), node.log().len(), Instant::now());
    break_it(trouble, &mut redis, &proxy);
    tokio::time::sleep(span).await;
    let (answers, most) = (returns.take_answers(), memory_of(node.pid()));
    let worst = judge(trouble, began, &answers);
    if !trouble.is_away() {
        assert!(!node.log()[logged..].contains("store.redis."), "the breaker opened: {}", &node.log()[logged..]);
    }
    mend(trouble, &mut redis, &proxy);
    // In a row, on all connections of all workers.
    let mut in_a_row = 0;
    let normal = until("all is normal", async || {
        let answers = returns.take_answers();
        for (_, answer) in &answers {
            in_a_row = if answer.status == 303 { in_a_row + 1 } else { 0 };
        }
        in_a_row >= 3 * BROWSERS
    })
    .await;
    assert!(normal < ms(Size::of(NORMAL)), "normal only after {normal:?}");
    assert!(most - memory < FLAT_MB, "memory grew from {memory:.0} to {most:.0} MB");
    until("everybody is home", async || returns.under_way.lock().unwrap().is_empty()).await;
    returns.over.store(true, Ordering::SeqCst);
    for browser in browsers {
        browser.await.expect("a browser");
    }
    let home = std::mem::take(&mut *returns.home.lock().unwrap());
    for (visit, _) in &home {
        assert_eq!(shop.journey(&visit.pay_id).await["status"], "paid", "{}", visit.pay_id);
    }
    let (normal, journeys) = (normal.as_millis(), home.len());
    row.holds(&format!(
        "{worst}; normal after {normal} ms; memory {memory:.0} to {most:.0} MB; {journeys} journeys paid"
    ));
}

fn break_it(trouble: Trouble, redis: &mut RedisServer, proxy: &Proxy) {
    match trouble {
        Trouble::Killed => redis.kill(),
        Trouble::Hangs => redis.pause(),
        Trouble::Line(fault) => proxy.set(fault),
    }
}

fn mend(trouble: Trouble, redis: &mut RedisServer, proxy: &Proxy) {
    match trouble {
        Trouble::Killed => redis.restart(),
        Trouble::Hangs => redis.resume(),
        Trouble::Line(_) => proxy.set(Fault::None),
    }
}

/// Holds the answers against the promise, and says what they were.
fn judge(trouble: Trouble, began: Instant, answers: &[(Instant, Answer)]) -> String {
    let took = |answers: &[&(Instant, Answer)]| answers.iter().map(|(_, answer)| answer.took).collect::<Vec<_>>();
    let mut all = took(&answers.iter().collect::<Vec<_>>());
    let refused = answers.iter().filter(|(_, answer)| answer.status == 503).count();
    let slowest = quantile(&mut all, 1000);
    assert!(answers.len() > BROWSERS, "nobody returned");
    assert!(slowest < ms(Size::of(ANSWERED)), "a return took {slowest:?}");
    let all_of = format!("{} returns, the slowest in {} ms", answers.len(), slowest.as_millis());
    if !trouble.is_away() {
        assert_eq!(refused, 0, "returns were refused");
        return format!("{all_of}, none refused");
    }
    assert!(refused > 0, "the fault hit nobody");
    let later: Vec<_> = answers.iter().filter(|(asked, _)| *asked > began + SECOND).collect();
    let mut later = took(&later);
    let typical = quantile(&mut later, 990);
    assert!(typical < ms(Size::of(AT_ONCE)), "after the first second, 99 of 100 took up to {typical:?}");
    format!(
        "{all_of}; after the first second 99 of 100 within {} ms, the slowest in {} ms",
        typical.as_millis(),
        quantile(&mut later, 1000).as_millis()
    )
}
