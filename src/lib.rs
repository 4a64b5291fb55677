//! Handback: a self-hosted callback gateway for payments and bank consent.

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
