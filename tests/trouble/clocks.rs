//! Clocks that jump, by libfaketime: a node's should change nothing; Redis's changes lives by as much, and nothing is redeemed
//! twice.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::parts::{keys, until};
use crate::shop::{Shop, Visit, get, parameter};
use crate::support::gateway_process::{GatewayProcess, PROGRAM, quiet_port};
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// Where Debian has it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// The same for Redis, whose own allocator asks for the time before libfaketime can tell it.
const WITH_GLIBC: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1:/lib/x86_64-linux-gnu/libc.so.6";
/// How long a token lives here, in seconds.
const TOKEN_LIFE: i64 = 3_600;
/// By how many hours a clock jumps.
const JUMPS: [i64; 4] = [-25, -1, 1, 25];

/// A program whose clock stands in the file `clock` of this folder.
fn faked(program: &str, folder: &Path, libraries: &str) -> Command {
    let clock = folder.join("clock");
    std::fs::create_dir_all(folder).unwrap();
    if !clock.exists() {
        jump(folder, 0);
    }
    let mut command = Command::new(program);
    command.env("LD_PRELOAD", libraries).env("FAKETIME_TIMESTAMP_FILE", clock).env("FAKETIME_CACHE_DURATION", "1");
    // Programs measure spans by a clock that never jumps.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    command
}

/// Sets a clock that stands in this folder so many seconds ahead; it is read again each second.
fn jump(folder: &Path, seconds: i64) {
    // A file is there as a whole, or not at all.
    std::fs::write(folder.join("clock.new"), format!("{seconds:+}\n")).unwrap();
    std::fs::rename(folder.join("clock.new"), folder.join("clock")).unwrap();
}

async fn jumped() {
    tokio::time::sleep(Duration::from_millis(2_200)).await;
}

/// A node, and where `/health` is.
fn node(redis: &RedisServer) -> (GatewayProcess, u16) {
    let (store, keys, health) = (redis.url(), keys(), quiet_port());
    let operator = format!("127.0.0.1:{health}");
    let settings = [("STORE", store.as_str()), ("KEYS", &keys), ("LOG", "warn"), ("WORKERS", "2")];
    let settings = [&settings[..], &[("METRICS_LISTEN", operator.as_str())]].concat();
    (GatewayProcess::start_by(|data| faked(PROGRAM, data, LIBRARY), &settings), health)
}

async fn skew_is_said(health: u16) -> bool {
    let health = get(health, "/health").await.expect("an answer").json();
    health["checks"]["clock"]["ok"] == false
}

fn is_there() -> bool {
    let there = Path::new(LIBRARY).exists();
    if !there {
        println!("clock jumps: NOT RUN (libfaketime is missing: on Debian, apt-get install faketime)");
    }
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_jumps() {
    if !is_there() {
        return;
    }
    let row = Row::begin("a clock decides nothing wrong", "a node's clock jumps by -25, -1, 1 and 25 hours");
    let redis = RedisServer::start();
    let (jumping, health) = node(&redis);
    let (steady, _) = node(&redis);
    let shop = Shop::of(&steady);
    let there = shop.at(jumping.port());
    let rounds = Size::of([4, 20, 100]);
    for hours in JUMPS {
        // Begun before the jump at one node or the other, ended after it at either.
        let mut begun = Vec::new();
        for _ in 0..rounds {
            begun.push(Begun::at(&shop, &there).await);
        }
        jump(&jumping.data(), hours * 3600);
        jumped().await;
        until("skew is said", async || skew_is_said(health).await).await;
        for begun in begun {
            begun.ends_as_ever(&shop, &there, hours).await;
        }
        jump(&jumping.data(), 0);
        jumped().await;
    }
    let journeys = JUMPS.len() * rounds * 4;
    row.holds(&format!(
        "{journeys} journeys: links, returns, replays and tokens as without a jump; `/health` says the skew"
    ));
}

/// Journeys that are under way when a clock jumps.
struct Begun {
    link: String,
    visits: [Visit; 2],
    token: String,
}

impl Begun {
    async fn at(shop: &Shop, there: &Shop) -> Self {
        let (_, link) = shop.open().await;
        let visits = [shop.send_out().await, there.send_out().await];
        Self { link, visits, token: there.paid().await.1 }
    }

    async fn ends_as_ever(self, shop: &Shop, there: &Shop, hours: i64) {
        let visit = there.press_pay(&self.link).await;
        let backs = self.visits.iter().map(|visit| visit.back.clone()).chain([visit]);
        for (back, first) in backs.zip([there, shop, there]) {
            let home = get(first.port, &back).await.expect("an answer").onward();
            assert!(home.contains("status=success"), "{hours} h: {home}");
            // At the same node: for how long a return may be repeated is counted by the nodes' clocks.
            let again = get(first.port, &back).await.expect("an answer");
            assert_eq!(again.location.as_deref(), Some(home.as_str()), "{hours} h: {}", again.body);
            let token = parameter(&home, "one-time-token");
            assert_eq!(first.redeem(&token, None).await.expect("an answer").status, 200, "{hours} h");
            for shop in [shop, there] {
                assert_eq!(shop.redeem(&token, None).await.expect("an answer").status, 410, "{hours} h");
            }
        }
        for visit in &self.visits {
            assert_eq!(there.journey(&visit.pay_id).await["status"], "paid", "{hours} h");
        }
        assert_eq!(there.redeem(&self.token, None).await.expect("an answer").status, 200, "{hours} h");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_whose_clock_jumps() {
    if !is_there() {
        return;
    }
    let row = Row::begin("a clock decides nothing wrong", "the clock of Redis jumps by -25, -1, 1 and 25 hours");
    for hours in JUMPS {
        let redis = RedisServer::start_by(|folder| faked("redis-server", folder, WITH_GLIBC), &[]);
        let (node, health) = node(&redis);
        let shop = Shop::of(&node);
        shop.choose(&serde_json::json!({ "one_time_token_life_seconds": TOKEN_LIFE })).await;
        let (_, spent) = shop.paid().await;
        let (_, unspent) = shop.paid().await;
        let (_, kept) = shop.paid().await;
        assert_eq!(shop.redeem(&spent, Some("own")).await.expect("an answer").status, 200);
        let shift = hours * 3600;
        jump(redis.folder(), shift);
        jumped().await;
        until("skew is said", async || skew_is_said(health).await).await;
        assert_eq!(
            shop.redeem(&spent, Some("other")).await.expect("an answer").status,
            410,
            "{hours} h: redeemed twice"
        );
        let lives = shift < TOKEN_LIFE;
        let answer = shop.redeem(&unspent, None).await.expect("an answer");
        assert_eq!(answer.status, if lives { 200 } else { 410 }, "{hours} h: {}", answer.body);
        if lives {
            assert_eq!(shop.redeem(&unspent, None).await.expect("an answer").status, 410, "{hours} h: redeemed twice");
        }
        // By the clock that it was minted by, its life is over.
        jump(redis.folder(), shift.max(0) + TOKEN_LIFE);
        jumped().await;
        let late = shop.redeem(&kept, None).await.expect("an answer");
        assert_eq!(late.status, 410, "{hours} h: it outlives the jump: {}", late.body);
    }
    row.holds("lives change by as much; nothing is redeemed twice, nothing outlives the jump; `/health` says the skew");
}
