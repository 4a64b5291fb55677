//! Real OpenID providers, and the banks that the gateway makes of them.

pub mod customer;
mod decisions;
pub mod process;
mod visit;
