//! Handback: a self-hosted callback gateway for payments and bank consent.
//!
//! It sends a customer's browser from a merchant's app to a checkout page or a bank, and hands it back to a URL that
//! the merchant chose, with the outcome, exactly once and within 100 ms, whatever the bank or the merchant's server
//! does.
//!
//! The modules, from the lowest to the highest; each imports only those below it (`tests/it/floor_plan.rs` checks it):
//!
//! - [`domain`]: pure types. [`clock`] and [`keys`]: time, entropy and derived secrets, passed as arguments.
//! - [`store`]: the contract of a store, and two stores that keep it. [`provider`]: banks and other providers that are
//!   asked for an outcome. [`dialect`]: the vocabularies of merchants' clients.
//! - [`engine`]: the use cases, and the only code that decides: open, send to a provider, return, conclude, redeem.
//! - [`courier`]: sends webhooks and further callbacks to merchants' servers. [`egress`]: outgoing HTTP, with its
//!   address guard. [`check_up`]: looks at merchants' callbacks from outside. [`logo`]: fetches merchants' logos, and
//!   makes them small.
//! - [`language`]: what customers read, and how each language writes amounts and days.
//! - [`web`]: every page and every API. [`sandbox`] and [`demo`]: pages beside it, for trying things out.
//! - [`listener`]: connections, each with a budget. [`health`]: how a node is.
//! - [`config`], [`cli`], [`telemetry`]: what an operator touches. [`gateway`]: where all of it is put together.

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

pub mod check_up;
pub mod cli;
pub mod clock;
pub mod config;
pub mod courier;
pub mod demo;
pub mod dialect;
pub mod domain;
pub mod egress;
pub mod engine;
pub mod gateway;
pub mod health;
pub mod keys;
pub mod language;
pub mod listener;
pub mod logo;
pub mod mail;
pub mod provider;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod web;
