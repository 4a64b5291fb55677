//! Handback: a self-hosted callback gateway for payments and bank consent.

pub mod clock;
pub mod config;
pub mod domain;
pub mod keys;
pub mod store;
pub mod telemetry;
