//! Handback: a self-hosted callback gateway for payments and bank consent.

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
pub mod bank;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod dialect;
pub mod domain;
pub mod egress;
pub mod engine;
pub mod keys;
pub mod sandbox;
pub mod store;
pub mod telemetry;
pub mod web;
