//! Real OpenID providers, and the banks that the gateway makes of them.

mod browser_faults;
pub mod customer;
mod decisions;
mod knowing;
pub mod process;
mod token_faults;
mod visit;
