//! The way home of consents: from a real bank that answers in five milliseconds, and from one that takes the request for
//! its tokens and never answers.
//!
//! `npm ci --prefix tests/banks && cargo bench --bench consents -- [real|mute]` does one or both. *Real* lets the customers
//! of five hundred consents agree at an OpenID provider (`tests/banks`), and sends them back at fifty a second; the
//! processor time is the gateway's, which is everything but the provider's. *Mute* asks for a thousand consents, and
//! sends their customers back at a hundred a second: once with callbacks that would carry the consent, so that they see
//! the light page, and once with callbacks that carry a one-time token, so that they go home.

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

use std::time::Duration;

use customer::Customer;
use load::consents::{Consents, take_return};
use load::loaded_gateway::{Store, request};
use load::table::{HEAD, Measured};
use load::{drip, flood, generator};
use process::Banks;

/// How many customers come back from the real bank in a round, and how often; the first round is not shown.
const AGREED: usize = 500;
const ROUNDS: usize = 4;

fn main() {
    let generator = generator();
    let named = |what: &str| std::env::args().any(|argument| argument == what);
    println!("`cargo bench --bench consents`\n\n{HEAD}");
    for store in [Store::Embedded, Store::Redis] {
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

async fn mute_bank(store: Store) {
    let (consents, name) = (Consents::at_mute_bank(store), store.name());
    for (one_time_token, status, what) in [(false, 200, "the light page"), (true, 303, "home with a one-time token")] {
        let asked = consents.ask(1_000, one_time_token).await;
        let requests = asked.iter().map(|asked| take_return(asked["state"].as_str().expect("a state"))).collect();
        let pids = consents.loaded().pids();
        let late = Measured::of(&pids, drip(consents.loaded().to(), requests, Duration::from_millis(10))).await;
        assert!(late.run().replies.iter().all(|reply| reply.status == status), "every one is {what}");
        println!("{}", late.row(format!("return while the bank is mute, 100 a second, {what}, {name}")));
    }
}
