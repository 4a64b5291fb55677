//! The way home of consents: from a real bank that answers in five milliseconds, and from one that takes the request for
//! its tokens and never answers.
//!
//! `npm ci --prefix tests/banks && cargo bench --bench consents -- [real|mute|stress]` does one, or the first two. *Real*
//! lets the customers of five hundred consents agree at an OpenID provider (`tests/banks`), and sends them back at fifty a second; the
//! processor time is the gateway's, which is everything but the provider's. *Mute* asks for a thousand consents, and
//! sends their customers back at a hundred a second: once with callbacks that would carry the consent, so that they see
//! the light page, and once with callbacks that carry a one-time token, so that they go home. *Stress* sends 100,000
//! back at 200 a second, or as many as its next argument says, beside a process that takes a core for 200 ms twice a second.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

#[allow(dead_code, reason = "a tool of the tests, which need more of it")]
#[path = "../tests/it/banks/customer.rs"]
mod customer;
mod load;
#[allow(dead_code, reason = "a tool of the tests, which need more of it")]
#[path = "../tests/it/banks/process.rs"]
mod process;

use std::process::Command;
use std::time::{Duration, Instant};

use customer::Customer;
use load::consents::Consents;
use load::loaded_gateway::{Store, request};
use load::table::{HEAD, Measured};
use load::{drip, flood, generator};
use process::Banks;

/// How many customers come back from the real bank in a round, and how often; the first round is not shown.
const AGREED: usize = 500;
const ROUNDS: usize = 4;

/// How many return under stress unless said otherwise, how far apart, and how many have been asked for before at a time.
const STRESSED: usize = 100_000;
const STRESS_EVERY: Duration = Duration::from_millis(5);
const STRESS_ROUND: usize = 10_000;

const STRESS_HEAD: &str = "| | p50 | p99 | p99.9 | slowest | over 100 ms | over 110 ms |\n\
                           | --- | --- | --- | --- | --- | --- | --- |";

/// What the process is called with that takes a core in bursts.
const BURSTS: &str = "--bursts";

fn main() {
    if std::env::args().any(|argument| argument == BURSTS) {
        return take_a_core_in_bursts();
    }
    let generator = generator();
    let named = |what: &str| std::env::args().any(|argument| argument == what);
    println!("`cargo bench --bench consents`\n\n{}", if named("stress") { STRESS_HEAD } else { HEAD });
    for store in [Store::Embedded, Store::Redis] {
        if named("stress") {
            generator.block_on(stressed(store));
            continue;
        }
        if named("real") || !named("mute") {
            generator.block_on(real_bank(store));
        }
        if named("mute") || !named("real") {
            generator.block_on(mute_bank(store));
        }
    }
}

async fn real_bank(store: Store) {
    let banks = Banks::start("http://127.0.0.1:9");
    let told = |name: &str| format!("{name} = '{}'\n", banks.member("plain", name));
    let bank = ["issuer", "client_id", "client_secret"].map(told).concat();
    let consents = Consents::open(
        store,
        "plain",
        &format!("auth = 'client_secret_basic'\nscope = ['openid', 'accounts']\n{bank}"),
    );
    let (to, pids) = (consents.loaded().to(), consents.loaded().pids());
    banks.answer_at(&format!("http://{to}"));
    banks.fail("plain", "token", "slow:5");
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let home = format!("http://{to}/return/");
        let mut returns = Vec::new();
        for asked in consents.ask(AGREED, true).await {
            let page = asked["authorisationUrl"].as_str().expect("a URL");
            let landing = Customer::new(&home, None).approve(page).await;
            returns.push(request(
                &format!("GET {}", &landing.url[url::Position::BeforePath..]),
                "accept: text/html",
                "",
            ));
        }
        let measured = Measured::of(&pids, drip(to, returns.clone(), Duration::from_millis(20))).await;
        // Who saw the light page first is home by now.
        flood(to, returns).await.expect(303);
        let late = measured.run().replies.iter().filter(|reply| reply.status != 303).count();
        assert!(late < AGREED / 10, "{late} of {AGREED} saw the light page");
        rounds.push(measured);
    }
    rounds.remove(0);
    let connections = connections_to(banks.member("plain", "issuer"));
    let name = format!(
        "return from a real bank that takes 5 ms, 50 a second, {connections} connections to it, {}",
        store.name()
    );
    println!("{}", Measured::median(rounds).row(name));
}

/// How many connections to this server are open, by Linux's list; each has two ends there.
fn connections_to(issuer: &str) -> usize {
    let port: u16 = issuer.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let list = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let to = format!(":{port:04X}");
    list.lines()
        .filter(|line| {
            line.split_whitespace().nth(2).is_some_and(|remote| remote.ends_with(&to)) && line.contains(" 01 ")
        })
        .count()
}

/// Every bank hangs, and somebody else needs the processor, too.
async fn stressed(store: Store) {
    let many = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(STRESSED);
    let consents = Consents::at_mute_bank(store);
    let own = std::env::current_exe().expect("an executable");
    let mut waits = Vec::with_capacity(many);
    while waits.len() < many {
        let requests = consents.returns(STRESS_ROUND.min(many - waits.len()), true).await;
        let mut other = Command::new(&own).arg(BURSTS).spawn().expect("a process");
        let run = drip(consents.loaded().to(), requests, STRESS_EVERY).await;
        other.kill().and_then(|()| other.wait()).expect("it ends");
        let others: Vec<_> = run.replies.iter().map(|reply| reply.status).filter(|status| *status != 303).collect();
        assert!(others.is_empty(), "{} did not go home: {:?}", others.len(), others.first());
        waits.extend(run.waits);
    }
    waits.sort_unstable();
    let over = |millis| waits.iter().filter(|wait| **wait > Duration::from_millis(millis)).count();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "| {} returns under stress, {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {} | {} |",
        waits.len(),
        store.name(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        over(100),
        over(110)
    );
}

fn take_a_core_in_bursts() {
    loop {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(200) {
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

async fn mute_bank(store: Store) {
    let (consents, name) = (Consents::at_mute_bank(store), store.name());
    for (one_time_token, status, what) in [(false, 200, "the light page"), (true, 303, "home with a one-time token")] {
        let requests = consents.returns(1_000, one_time_token).await;
        let pids = consents.loaded().pids();
        let late = Measured::of(&pids, drip(consents.loaded().to(), requests, Duration::from_millis(10))).await;
        assert!(late.run().replies.iter().all(|reply| reply.status == status), "every one is {what}");
        println!("{}", late.row(format!("return while the bank is mute, 100 a second, {what}, {name}")));
    }
}
