//! Handback: a self-hosted callback gateway for payments and bank consent.
//!
//! It takes a customer's browser from a merchant's app to a checkout page or a bank, and hands it back to a URL the
//! merchant chose, with the outcome in the query, within 100 ms and once, whatever the bank or the merchant is doing.
//!
//! The floor plan, from the ground up; each room knows only those below it (`tests/it/floor_plan.rs` keeps the walls):
//!
//! - [`domain`]: the nouns, pure. [`clock`] and [`keys`]: time, entropy and what is derived, as arguments.
//! - [`store`]: what a store promises, and two that keep it. [`provider`]: who is asked. [`dialect`]: who is spoken to.
//! - [`engine`]: the verbs, and the only code that decides: open, leave, return, conclude, redeem.
//! - [`courier`]: the back door, by which merchants' servers are told.
//! - [`web`]: the front door. [`sandbox`] and [`demo`] stand beside it, not behind it. [`egress`] is the way out.
//! - [`listener`]: connections, each with a budget.
//! - [`config`], [`cli`], [`telemetry`]: the operator's side. [`app`]: where it is put together.

#![cfg_attr(
    test,
    allow(
        clippy::allow_attributes,
        clippy::cloned_ref_to_slice_refs,
        clippy::disallowed_methods,
        clippy::duration_suboptimal_units,
        clippy::expect_used,
        clippy::needless_for_each,
        clippy::panic,
        clippy::unchecked_time_subtraction,
        clippy::unwrap_used,
        reason = "a test may fall over, measure what really happened, and make up what it likes"
    )
)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod courier;
pub mod demo;
pub mod dialect;
pub mod domain;
pub mod egress;
pub mod engine;
pub mod keys;
pub mod listener;
pub mod provider;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod web;
