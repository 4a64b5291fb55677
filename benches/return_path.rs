//! The way home under load: first returns, replays, and returns while the bank is slow.
//!
//! `cargo bench --bench return_path -- [journeys]` (10000 unless said otherwise) opens that many journeys over the API,
//! sends their customers to the bank, and lets them return over 50 connections: three times, of which the middle one is
//! shown. Then a hundred returns a second for ten seconds, whose bank takes three seconds. Processor time is the
//! gateway's, then Redis's.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod load;

use std::time::Duration;

use load::loaded_gateway::{LoadedGateway, Store, take_return};
use load::table::{HEAD, Measured};
use load::wire::Reply;
use load::{Run, drip, flood, generator};

/// How often each load is measured.
const ROUNDS: usize = 3;

fn main() {
    let journeys = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let generator = generator();
    println!("`cargo bench --bench return_path -- {journeys}`\n\n{HEAD}");
    for store in [Store::Embedded, Store::Redis, Store::StrictRedis] {
        for (keep_alive, log) in [("5s", "warn"), ("5s", "info"), ("off", "info")] {
            let loaded = LoadedGateway::open(store, &[("KEEP_ALIVE", keep_alive), ("LOG", log)]);
            let name = format!("{}, keep-alive {keep_alive}, log {log}", store.name());
            generator.block_on(returns(&loaded, &name, journeys));
        }
    }
    println!("\n{HEAD}");
    for store in [Store::Embedded, Store::Redis] {
        let loaded = LoadedGateway::open(store, &[("LOG", "warn")]);
        generator.block_on(slow_bank(&loaded, store.name()));
    }
}

async fn returns(loaded: &LoadedGateway, name: &str, journeys: usize) {
    let (mut firsts, mut replays) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let states = loaded.away(journeys).await;
        let requests: Vec<_> = states.iter().map(|state| take_return(state, "paid")).collect();
        let first = Measured::of(&loaded.pids(), flood(loaded.to(), requests.clone())).await;
        let replay = Measured::of(&loaded.pids(), flood(loaded.to(), requests)).await;
        assert!(is_alike(first.run(), replay.run()), "a replay is the same answer");
        firsts.push(first);
        replays.push(replay);
    }
    println!("{}", Measured::median(firsts).row(format!("first return, {name}")));
    println!("{}", Measured::median(replays).row(format!("replay, {name}")));
}

/// Whether all were sent on, and the second time as the first. Where the store took longer than the budget, a customer
/// has seen the waiting page first.
fn is_alike(first: &Run, replay: &Run) -> bool {
    let alike = |(first, replay): (&Reply, &Reply)| replay.status == 303 && (first == replay || first.status == 200);
    first.replies.iter().zip(&replay.replies).all(alike)
}

async fn slow_bank(loaded: &LoadedGateway, name: &str) {
    let requests = loaded.away(1_000).await.iter().map(|state| take_return(state, "slow:3000")).collect();
    let late = Measured::of(&loaded.pids(), drip(loaded.to(), requests, Duration::from_millis(10))).await;
    assert!(late.run().replies.iter().all(|reply| reply.status == 200), "a waiting page is a page");
    println!("{}", late.row(format!("return while the bank takes 3 s, 100 a second, {name}")));
}
