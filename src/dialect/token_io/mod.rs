//! Token.io: payments by API, `member-id`, `payment-id` and `state` on the way home, and signed webhooks
//! (contracts/token-io.md).

mod authorization;
mod canonical;
mod ids;
mod jwt;
mod key;
mod sdk;

pub use authorization::{Authorization, Sent, Signature};
pub use ids::{member_id, payment_id, read_member_id, read_payment_id};
pub use jwt::Jwt;
pub use key::{ReadKey, read_public_key};
pub use sdk::SdkSignature;

use super::json;

/// The dialect's name.
pub const NAME: &str = "token_io";

#[cfg(test)]
mod tests;
