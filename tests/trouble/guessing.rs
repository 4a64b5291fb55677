//! Nobody guesses a one-time token or a `state`, and how long a refusal takes says nothing of how near a guess was.

use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::domain::{PayId, base32};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, RngExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::parts::node_on;
use crate::shop::{Shop, Visit, parameter};
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// How many guess at a time.
const GUESSERS: usize = 4;
/// How many characters of what nobody can guess are right, in a guess that is near.
const NEAR: usize = 12;
/// From here on a difference is no chance (Welch's t; TVLA and dudect say 4.5 of one test, and there are two).
const MEASURABLE: f64 = 5.0;

/// What there is to be hit.
struct Targets {
    key: String,
    tokens: Vec<(String, String)>,
    visits: Vec<Visit>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guess_never_hits() {
    let guesses = Size::of([2_000, 100_000, 1_000_000]);
    let fault = format!("{guesses} random tokens and states, half of them of journeys that there are");
    let row = Row::begin("nobody guesses a token or a state", fault);
    let redis = RedisServer::start();
    let node = node_on(redis.address(), &[("KEEP_ALIVE", "60s"), ("LOG", "error")]);
    let shop = Shop::of(&node);
    let (mut tokens, visits) = (Vec::new(), shop.send_many_out(16).await);
    for _ in 0..16 {
        tokens.push(shop.paid().await);
    }
    let targets = Arc::new(Targets { key: shop.key.clone(), tokens, visits });
    let began = Instant::now();
    let everybody: Vec<_> =
        (0..GUESSERS).map(|_| tokio::spawn(guess(node.port(), Arc::clone(&targets), guesses / GUESSERS))).collect();
    let mut hits = 0;
    for guesser in everybody {
        hits += guesser.await.expect("a guesser");
    }
    assert_eq!(hits, 0, "somebody has guessed one");
    let rate = guesses as u128 * 1000 / began.elapsed().as_millis().max(1);
    for visit in &targets.visits {
        assert_eq!(shop.journey(&visit.pay_id).await["status"], "away", "a guess has moved it");
    }
    for (pay_id, token) in &targets.tokens {
        let granted = shop.redeem(token, None).await.expect("an answer");
        assert_eq!(
            (granted.status, &granted.json()["pay_id"]),
            (200, &serde_json::json!(pay_id)),
            "a guess has spent it"
        );
    }
    row.holds(&format!("0 hits at {rate} guesses a second"));
}

async fn guess(port: u16, targets: Arc<Targets>, count: usize) -> usize {
    let (mut line, mut hits) = (Line::to(port).await, 0);
    for number in 0..count {
        let near = number % 4 < 2;
        if number % 2 == 0 {
            let (pay_id, _) = &targets.tokens[number % targets.tokens.len()];
            let token = format!("ott_{}", base32::write(&random_text::<23>(near.then_some(pay_id))));
            hits += usize::from(line.ask(&redemption(&targets.key, &token)).await != 404);
        } else {
            let visit = &targets.visits[number % targets.visits.len()];
            let state = base32::write(&random_text::<24>(near.then_some(&visit.pay_id)));
            let status = line.ask(&back(&state)).await;
            assert!(status < 500, "a guess was answered {status}");
            hits += usize::from(status < 400);
        }
    }
    hits
}

/// Random bytes behind a journey's number, or behind a random one.
fn random_text<const N: usize>(pay_id: Option<&String>) -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    let known = pay_id.map(|number| number.parse::<PayId>().expect("a number").to_bytes());
    // The largest number has sixteen digits: 54 bits of 56.
    let mut number = known.unwrap_or_else(|| *bytes.first_chunk().unwrap());
    if known.is_none() {
        number[0] &= 0x1f;
    }
    bytes[..PayId::BYTES].copy_from_slice(&number);
    if N > 23 && known.is_some() {
        // The first visit.
        bytes[PayId::BYTES] = 1;
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_takes_as_long_however_near_the_guess_was() {
    let each = Size::of([500, 8_000, 100_000]);
    let row = Row::begin(
        "a refusal says nothing by its time",
        format!("{each} guesses with right and wrong beginnings each"),
    );
    let redis = RedisServer::start();
    let node = node_on(redis.address(), &[("KEEP_ALIVE", "60s"), ("LOG", "error"), ("WORKERS", "1")]);
    let shop = Shop::of(&node);
    let (_, token) = shop.paid().await;
    let visit = shop.send_out().await;
    let state = parameter(&format!("http://x{}", visit.back), "state");
    let mut line = Line::to(node.port()).await;
    let by_token = {
        let ask = |text: &str| redemption(&shop.key, text);
        line.compare(each, &token, 4 + 12, ask).await
    };
    let by_state = line.compare(each, &state, 13, back).await;
    // What is seen at all: a text that has not the form of a token never comes to the store.
    let shapes = ["ott_x".to_owned(), wrong_from(&token, 4 + 12)];
    let control =
        line.welch(each, || rand::rng().random_range(0..2), |class| redemption(&shop.key, &shapes[class])).await;
    // A quick run sees less.
    let is_quick = Size::of_this_run() == Size::Quick;
    assert!(is_quick || control.abs() > MEASURABLE, "nothing could have been measured: t = {control:.1}");
    for (what, t) in [("tokens", by_token), ("states", by_state)] {
        assert!(t.abs() < MEASURABLE, "how near a guess of {what} was can be measured: t = {t:.1}");
    }
    row.holds(&format!(
        "no measurable difference (Welch's t: tokens {by_token:.1}, states {by_state:.1}; {MEASURABLE} would be one; a text \
         without the form of a token {control:.0})"
    ));
}

fn redemption(key: &str, token: &str) -> String {
    let body = format!("{{\"one_time_token\":\"{token}\"}}");
    let length = body.len();
    format!(
        "POST /v1/one-time-tokens/redeem HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn back(state: &str) -> String {
    format!("GET /return/sandbox?code=yes&state={state} HTTP/1.1\r\nhost: x\r\n\r\n")
}

/// A connection that is kept.
struct Line {
    port: u16,
    stream: TcpStream,
}

impl Line {
    async fn to(port: u16) -> Self {
        Self { port, stream: connect(port).await }
    }

    /// Asks, and answers the status.
    async fn ask(&mut self, request: &str) -> u16 {
        for _ in 0..3 {
            if let Some(status) = self.try_to_ask(request).await {
                return status;
            }
            // It was idle for too long, or the answer was the last on its connection.
            self.stream = connect(self.port).await;
        }
        panic!("no answer on three connections");
    }

    async fn try_to_ask(&mut self, request: &str) -> Option<u16> {
        self.stream.write_all(request.as_bytes()).await.ok()?;
        let (mut bytes, mut end) = (Vec::with_capacity(8 * 1024), usize::MAX);
        while bytes.len() < end {
            if self.stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
            if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                end = head + 4 + length.expect("a length");
            }
        }
        std::str::from_utf8(&bytes[9..12]).ok()?.parse().ok()
    }

    /// Welch's t of the times of two kinds of wrong guesses: with a right beginning, and with a wrong one behind what
    /// names the journey.
    async fn compare(&mut self, each: usize, right: &str, named: usize, ask: impl Fn(&str) -> String) -> f64 {
        let mut near_first = Vec::new();
        for _ in 0..each {
            near_first.extend([0, 1]);
        }
        near_first.shuffle(&mut rand::rng());
        let mut order = near_first.into_iter();
        let guess = |class: usize| {
            let known = if class == 0 { named + NEAR } else { named };
            ask(&wrong_from(right, known))
        };
        self.welch(each, || order.next().unwrap_or(0), guess).await
    }

    /// Welch's t of the times of two classes of requests, in a random order.
    async fn welch(&mut self, each: usize, mut next: impl FnMut() -> usize, request: impl Fn(usize) -> String) -> f64 {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..200 {
            self.ask(&request(0)).await;
        }
        for _ in 0..2 * each {
            let class = next();
            let request = request(class);
            let began = Instant::now();
            let status = self.ask(&request).await;
            times[class].push(began.elapsed());
            assert!((400..500).contains(&status), "a guess was answered {status}");
        }
        welch(times)
    }
}

async fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// A text whose first characters are right, and whose others are drawn, the first of them another one.
fn wrong_from(right: &str, known: usize) -> String {
    let digits = b"0123456789abcdefghijklmnopqrstuv";
    let mut text = right.as_bytes()[..known].to_vec();
    while text.len() < right.len() {
        let digit = digits[rand::rng().random_range(0..digits.len())];
        if text.len() > known || digit != right.as_bytes()[known] {
            text.push(digit);
        }
    }
    // The last character has bits that must be zero.
    *text.last_mut().unwrap() = b'0';
    String::from_utf8(text).unwrap()
}

/// Of both, the slowest tenth is left out: what a machine does beside says nothing.
#[allow(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
fn welch(times: [Vec<Duration>; 2]) -> f64 {
    let mut all: Vec<f64> = times.iter().flatten().map(Duration::as_secs_f64).collect();
    all.sort_by(f64::total_cmp);
    let most = all[all.len() * 9 / 10];
    let moments = times.map(|times| {
        let kept: Vec<f64> = times.iter().map(Duration::as_secs_f64).filter(|time| *time <= most).collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    let [(near, near_error), (far, far_error)] = moments;
    (near - far) / (near_error + far_error).sqrt()
}
