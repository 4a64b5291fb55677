//! The dialect's own tests, with the contract's vectors.

mod keys;
mod payments;
mod queries;
mod requests;
mod signatures;

/// The public key of RFC 8032, section 7.1, test 1, as Token.io's clients write it.
pub(super) const PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
