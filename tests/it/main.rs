//! The tests that look at the gateway from outside: one binary, a module for each kind.
//!
//! The store laws are not here: a law must conclude journeys, only a `Fact` concludes, and outside the crate nobody
//! can make one. They live in `src/store/laws`, and every backend mounts them beside itself.

#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::duplicate_mod,
    clippy::duration_suboptimal_units,
    clippy::expect_used,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a test may fall over, measure what really happened, and share a fixture with another"
)]

mod banks;
mod commands;
mod consents_real_banks;
mod console;
mod documents;
mod faults;
mod floor_plan;
mod journeys;
mod kill;
mod licences;
mod restarts;
mod routes;
mod seeds;
mod signed;
mod support;
mod urls;
mod wire;
