//! One-time tokens under load: how many are redeemed a second, and how long a merchant's app waits.
//!
//! `cargo bench --bench exchange -- [tokens]` (10000 unless said otherwise) lets that many journeys be paid over the
//! API, and redeems their tokens over 50 connections: three times, of which the middle one is shown. Then the same keys
//! ask again, and other ones. Processor time is the gateway's, then Redis's.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod load;

use load::loaded_gateway::{LoadedGateway, Store};
use load::table::{HEAD, Measured};
use load::{flood, generator};

/// How often each load is measured.
const ROUNDS: usize = 3;

fn main() {
    let tokens = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let generator = generator();
    println!("`cargo bench --bench exchange -- {tokens}`\n\n{HEAD}");
    for store in [Store::Embedded, Store::Redis, Store::StrictRedis] {
        let loaded = LoadedGateway::open(store, &[("KEEP_ALIVE", "5s"), ("LOG", "warn")]);
        generator.block_on(exchanges(&loaded, store.name(), tokens));
    }
}

async fn exchanges(loaded: &LoadedGateway, name: &str, many: usize) {
    let (mut firsts, mut repeated, mut keyless, mut spent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (keyed, bare) = (loaded.tokens(many).await, loaded.tokens(many).await);
        let keyed: Vec<_> = keyed.iter().map(|token| loaded.redeem(token, Some(&format!("key-{token}")))).collect();
        let bare: Vec<_> = bare.iter().map(|token| loaded.redeem(token, None)).collect();
        firsts.push(redeem(loaded, keyed.clone(), 200).await);
        repeated.push(redeem(loaded, keyed, 200).await);
        keyless.push(redeem(loaded, bare.clone(), 200).await);
        spent.push(redeem(loaded, bare, 410).await);
    }
    let rows = [
        ("redeem with an Idempotency-Key", firsts),
        ("the same again", repeated),
        ("redeem without one", keyless),
        ("a spent token", spent),
    ];
    for (load, rounds) in rows {
        println!("{}", Measured::median(rounds).row(format!("{load}, {name}")));
    }
}

async fn redeem(loaded: &LoadedGateway, requests: Vec<Vec<u8>>, status: u16) -> Measured {
    let measured = Measured::of(&loaded.pids(), flood(loaded.to(), requests)).await;
    let other = measured.run().replies.iter().find(|reply| reply.status != status);
    assert!(other.is_none(), "expected {status}: {other:?}");
    measured
}
