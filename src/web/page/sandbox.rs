//! The pages of the built-in test bank; they look like no bank and no shop on purpose.

use askama::Template;

use super::words::sandbox as words;

/// Errors that a bank may send a browser back with, besides the plain refusal.
const ERRORS: [&str; 16] = [
    "server_error",
    "temporarily_unavailable",
    "invalid_request",
    "unauthorized_client",
    "invalid_scope",
    "invalid_grant",
    "login_required",
    "interaction_required",
    "account_selection_required",
    "consent_required",
    "user_cancelled",
    "request_not_supported",
    "unsupported_grant_type",
    "invalid_client",
    "registration_not_supported",
    "request_uri_not_supported",
];

/// Errors with which the bank may refuse a code that it gave out.
const FAILURES: [&str; 5] =
    ["server_error", "temporarily_unavailable", "invalid_grant", "insufficient_funds", "payment_rejected"];

/// How slow the bank may be: milliseconds, and how we say that.
const DELAYS: [(u32, &str); 2] = [(3_000, words::THREE_SECONDS), (30_000, words::THIRTY_SECONDS)];

/// The test bank's authorisation page.
///
/// Posts to `/sandbox/authorise`: `redirect_uri`, `state`, `decision` (`approve`, `decline`, `error`, `slow`, `fail` or
/// `never`) and, whatever the decision, the values of `error`, `delay` (milliseconds) and `fail`.
#[derive(Debug, Clone, Template)]
#[template(path = "authorise.html")]
pub struct Authorise {
    /// The name of the merchant that is paid.
    pub merchant: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// Where the bank sends the browser back to.
    pub redirect_uri: String,
    /// The state that travels along.
    pub state: String,
    /// Who asks.
    pub client_id: String,
}

/// What the test bank shows a customer whom it will not send back.
#[derive(Debug, Clone, Copy, Default, Template)]
#[template(path = "never_returns.html")]
pub struct NeverReturns {}

#[cfg(test)]
impl Authorise {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            merchant: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            redirect_uri: "http://127.0.0.1:8080/return/sandbox".into(),
            state: "07.Zk3v9mD2".into(),
            client_id: "handback".into(),
        };
        vec![("sandbox-authorise", page)]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        Self {
            merchant: script.into(),
            amount: script.into(),
            redirect_uri: format!("javascript:alert(1){script}"),
            state: script.into(),
            client_id: script.into(),
        }
    }
}
