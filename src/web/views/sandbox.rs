//! The pages of the built-in test bank; they look like no bank and no shop on purpose.

use askama::Template;

use super::words::sandbox as words;

/// Errors that a bank may send a browser back with, besides the plain refusal.
const ERRORS: [&str; 17] = [
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
    "made_up_by_the_bank",
];

/// Errors with which the bank may refuse a code that it gave out.
const FAILURES: [&str; 5] =
    ["server_error", "temporarily_unavailable", "invalid_grant", "insufficient_funds", "payment_rejected"];

/// How slow the bank may be: milliseconds, and how we say that.
const DELAYS: [(u32, &str); 2] = [(3_000, words::THREE_SECONDS), (30_000, words::THIRTY_SECONDS)];

/// What a customer of the test bank is asked for; the amounts as people write them, such as `25.00 EUR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// To pay now.
    Payment(String),
    /// To agree to a payment.
    PaymentConsent(String),
    /// To let somebody read the accounts.
    Access,
}

impl Wanted {
    const fn title(&self) -> &'static str {
        match self {
            Self::Payment(_) => words::TITLE,
            Self::PaymentConsent(_) => words::CONSENT_TO_PAYMENT,
            Self::Access => words::CONSENT_TO_ACCESS,
        }
    }

    fn amount(&self) -> Option<&str> {
        match self {
            Self::Payment(amount) | Self::PaymentConsent(amount) => Some(amount),
            Self::Access => None,
        }
    }

    const fn fails(&self) -> &'static str {
        match self {
            Self::Payment(_) => words::FAIL,
            Self::PaymentConsent(_) | Self::Access => words::FAIL_CONSENT,
        }
    }
}

/// The test bank's authorisation page.
///
/// Posts to `/sandbox/authorise`: `redirect_uri`, `state`, `app_url_signature`, `bank_name`, `decision` (`approve`,
/// `decline`, `error`, `slow`, `fail` or `never`) and, whatever the decision, the values of `error`, `delay`
/// (milliseconds) and `fail`.
#[derive(Debug, Clone, Template)]
#[template(path = "authorise.html")]
pub struct Authorise {
    /// The name under which the customer chose this bank; may be empty.
    pub bank: String,
    /// The name of the merchant that asks.
    pub merchant: String,
    /// Who is paid, as the merchant has said; where it is not about money, nobody.
    pub payee: String,
    /// What is paid for; may be empty.
    pub reference: String,
    /// What is asked for.
    pub wanted: Wanted,
    /// Where the bank sends the browser back to.
    pub redirect_uri: String,
    /// The state that travels along.
    pub state: String,
    /// The gateway's word for a redirect URI that is not the registered one.
    pub app_url_signature: String,
    /// Who asks.
    pub client_id: String,
}

/// What the test bank shows a customer whom it will not send back.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "never_returns.html")]
pub struct NeverReturns {
    /// The name under which the customer chose this bank; may be empty.
    pub bank: String,
}

/// One bank has one name in a journey: the one that the customer has read already.
fn named(bank: &str) -> &str {
    if bank.is_empty() { words::BANK } else { bank }
}

impl Authorise {
    /// Who asks, where that is somebody else than who is paid.
    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }
}
