//! IXOPAY: transactions with a merchant's own id, URLs for success, cancel and error that nothing is appended to, and a
//! signed callback that has to be answered with `OK` (contracts/ixopay.md).
//!
//! What a merchant's client has to be told: its base URL is this gateway's with `/ixopay` at its end; user name and API
//! key are the merchant's id; the password is an API key of the merchant's, plain or hashed as IXOPAY's PHP client does it;
//! the shared secret is the merchant's signing secret.

mod answer;
mod callback;
mod checked;
mod failure;
mod kind;
mod password;
mod reference;
mod request;
mod schedule;
mod signature;
mod simulator;
mod view;

pub use answer::{answer, status};
pub use failure::{Code, Failure, refusal};
pub use kind::Kind;
pub use password::hashed;
pub use reference::{Reference, link_of, redirect_path};
pub use request::Asked;
pub use signature::{BodyHash, Message, date, target};

/// The dialect's name.
pub const NAME: &str = "ixopay";

#[cfg(test)]
mod tests;
