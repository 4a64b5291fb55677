//! The tests that look at the house from outside: one binary, a room for each kind.
//!
//! The store laws are not here: a law has to settle journeys, only a `Fact` settles, and outside the crate nobody can
//! make one. They live in `src/store/laws`, and every backend mounts them beside itself.

#![allow(clippy::allow_attributes, reason = "not every lint below fires at every time")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a test may measure how long something really took")]

mod floor_plan;
mod journeys;
mod kill;
mod licences;
mod routes;
mod support;
mod urls;
mod wire;
