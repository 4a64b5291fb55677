//! What a first return costs, and what a journey takes, as the store grows; what leaving costs; and how a gateway starts.
//!
//! - `cargo bench --bench growth -- [embedded|redis] [merchants=100] [journeys…]` (both stores, and 10000, 100000 and
//!   1000000 journeys unless said otherwise, each more than the one before) fills a store by its own steps with journeys
//!   like one that the engine has opened, until so many are under way. At each size 20,000 customers return, drawn from
//!   all of them: half of them as fast as they can over 50 connections, half at a thousand a second. At the end it lists
//!   what the bytes are, by kind, and the same of a store whose journeys have all been handed back.
//! - `… -- expiry [embedded|redis] [merchants=100] [within=60] [journeys]` (a million): so many journeys that were
//!   handed back are no longer kept, all within so many seconds, while customers return five hundred a second.
//! - `… -- lapse …`: the time of so many journeys under way runs out instead.
//! - `… -- lists [embedded|redis] [journeys…]` (100000 and 1000000): what each list and find takes, of one merchant that has
//!   them all, and the bytes of its indexes.
//! - `… -- start`: how soon a gateway answers, and how much memory it has while it is idle.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

#[path = "../concludes/mod.rs"]
mod concludes;
#[path = "../fill/direct.rs"]
mod direct;
#[path = "../fill/mod.rs"]
mod fill;
mod kinds;
mod leaving;
mod lists;
#[path = "../load/mod.rs"]
mod load;
mod sizes;
mod start;

use leaving::Leaving;
use load::generator;

/// What was asked for on the command line.
pub struct Arguments(Vec<String>);

impl Arguments {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|argument| argument == name)
    }

    /// Whether this store is to be measured: both are, unless one is named.
    fn wants(&self, store: &str) -> bool {
        self.has(store) || !(self.has("embedded") || self.has("redis"))
    }

    /// What stands behind `name=`.
    fn number(&self, name: &str) -> Option<usize> {
        self.0.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    }

    fn journeys(&self) -> Vec<usize> {
        self.0.iter().filter_map(|argument| argument.parse().ok()).collect()
    }
}

fn main() {
    let arguments = Arguments(std::env::args().skip(1).filter(|argument| argument != "--bench").collect());
    println!("`cargo bench --bench growth -- {}`\n", arguments.0.join(" "));
    let generator = generator();
    if arguments.has("start") {
        generator.block_on(start::measure());
    } else if arguments.has("lists") {
        generator.block_on(lists::measure(&arguments));
    } else if arguments.has("expiry") {
        generator.block_on(leaving::measure(&arguments, Leaving::Expires));
    } else if arguments.has("lapse") {
        generator.block_on(leaving::measure(&arguments, Leaving::Lapses));
    } else {
        generator.block_on(sizes::measure(&arguments));
    }
}
