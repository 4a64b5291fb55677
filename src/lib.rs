//! Handback: a self-hosted callback gateway for payments and bank consent.

pub mod bank;
pub mod clock;
pub mod dialect;
pub mod domain;
pub mod engine;
pub mod keys;
pub mod store;
pub mod web;
