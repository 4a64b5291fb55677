//! What a return allocates, and what it asks of Redis, held to a table of ceilings.
//!
//! A binary of its own, because `allocation_counter` brings its own allocator. It counts one thread, and everything that
//! answers a request runs on that one: the connection, the handler, the engine, the provider, and the client of Redis.
//! The embedded store has threads of its own, which are not counted.
//!
//! `cargo test --test allocations -- --nocapture` prints the table.

#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::duration_suboptimal_units,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fall over, and share a fixture with another"
)]

mod ceilings;
mod gateway;
mod journey;
#[path = "../it/support/redis.rs"]
#[allow(dead_code, reason = "not every test needs every tool")]
mod redis;
