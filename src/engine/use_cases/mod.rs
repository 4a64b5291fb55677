//! What the gateway can be asked to do. A use case calls the floors below it, and no other use case.

pub mod app_page;
pub mod authenticate;
pub mod cancel;
pub mod consent;
pub mod console;
pub mod deliveries;
pub mod events;
pub mod exchange;
pub mod job;
pub mod late;
pub mod list;
pub mod lost_keys;
pub mod merchants;
pub mod open;
pub mod payment;
pub mod perform;
pub mod profile;
pub mod provider_accounts;
pub mod redeem;
pub mod resume;
pub mod return_;
pub mod secrets;
pub mod send_to_provider;
pub mod users;
pub mod verify_return;
