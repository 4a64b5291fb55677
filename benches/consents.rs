//! The way home of consents whose bank takes the request for its tokens and never answers.
//!
//! `cargo bench --bench consents` asks for a thousand consents, and sends their customers back at a hundred a second:
//! once with callbacks that would carry the consent, so that they see the light page, and once with callbacks that
//! carry a one-time token, so that they go home.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod load;

use std::time::Duration;

use load::consents::{Consents, take_return};
use load::loaded_gateway::Store;
use load::table::{HEAD, Measured};
use load::{drip, generator};

fn main() {
    let generator = generator();
    println!("`cargo bench --bench consents`\n\n{HEAD}");
    for store in [Store::Embedded, Store::Redis] {
        let consents = Consents::open(store);
        generator.block_on(mute_bank(&consents, store.name()));
    }
}

async fn mute_bank(consents: &Consents, name: &str) {
    for (one_time_token, status, what) in [(false, 200, "the light page"), (true, 303, "home with a one-time token")] {
        let states = consents.states(1_000, one_time_token).await;
        let requests = states.iter().map(|state| take_return(state)).collect();
        let pids = consents.loaded().pids();
        let late = Measured::of(&pids, drip(consents.loaded().to(), requests, Duration::from_millis(10))).await;
        assert!(late.run().replies.iter().all(|reply| reply.status == status), "every one is {what}");
        println!("{}", late.row(format!("return while the bank is mute, 100 a second, {what}, {name}")));
    }
}
