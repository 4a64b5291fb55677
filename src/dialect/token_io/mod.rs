//! Token.io: payments by API, `member-id`, `payment-id` and `state` on the way home, and signed webhooks
//! (contracts/token-io.md).

/// The dialect's name.
pub const NAME: &str = "token_io";
