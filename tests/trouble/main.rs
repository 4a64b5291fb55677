//! The promises of docs/RELIABILITY.md, each under the fault that tries to break it, on real parts: the program, Redis,
//! and a proxy between any two of them. One row of the table each; a row has the machine for itself.
//!
//! `cargo test --test trouble` takes seconds a row; `scripts/trouble` takes minutes, `scripts/trouble --long` what the
//! table says, and both print what was measured.

#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fall over, and measures what really happened"
)]

mod clocks;
mod fuzz;
mod guessing;
mod hostile;
mod kill;
mod parts;
mod power;
mod providers;
mod proxy;
mod redeemed_once;
mod secrets;
mod shop;
mod store_away;
mod support;
mod table;
