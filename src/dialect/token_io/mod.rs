//! Token.io: payments by API, `member-id`, `payment-id` and `state` on the way home, and signed webhooks
//! (contracts/token-io.md).

mod authorization;
mod bank_query;
mod canonical;
mod ids;
mod initiation;
mod jwt;
mod key;
mod link;
mod party;
mod query;
mod refusal;
mod request;
mod sdk;
mod status;
mod v1;
mod v1_callback;

pub use authorization::{Authorization, Sent, Signature};
pub use bank_query::{brought_for_payment, brought_for_request, read_bank_query};
pub use ids::{member_id, payment_id, read_member_id, read_payment_id};
pub use initiation::{Flow, Initiation};
pub use jwt::Jwt;
pub use key::{ReadKey, read_public_key};
pub use link::{LinkStatus, PaymentLink, expires_at, is_payment_link, link_id, payment_link, read_link_id};
pub use query::{Facts, Query};
pub use refusal::{Failure, FieldRule, Refusal};
pub use request::PaymentRequest;
pub use sdk::SdkSignature;
pub use status::Status;
pub use v1::{
    TokenRequest, TokenSignature, is_token_request, read_request_id, request_id, token_request, token_request_result,
};

use super::{json, moments};

/// The dialect's name.
pub const NAME: &str = "token_io";

#[cfg(test)]
mod tests;
