//! Any OAuth 2, OpenID Connect or FAPI bank.

mod parsed;
pub mod settings;

pub use parsed::Settings;
