//! Unverified responses and facts: what a browser brings, and what is proven.
//!
//! The two are different types on purpose. Whatever arrives in a browser may be forged, so it is a [`ResponseKind`];
//! only a [`Fact`] concludes a journey, and this crate makes facts in three places alone: a provider that proved a code
//! or refused a request, a press on our own Cancel button, and an error return that matched our `state` (a
//! refusal, never a payment).

use std::borrow::Cow;

use crate::domain::text::{cut, on_one_line, readable};
use crate::domain::{BankTokens, Instrument, Secret, words::words};

words! {
    /// How a journey ended.
    pub enum Outcome {
        /// The provider proved that the money is on its way.
        Paid = "paid",
        /// The provider proved that the customer agreed; nothing has been collected yet.
        Authorised = "authorised",
        /// A job has been done, by the word of the merchant that did it.
        Done = "done",
        /// The customer said no, or the merchant withdrew the link.
        Cancelled = "cancelled",
        /// The provider could not or would not.
        Failed = "failed",
        /// It was not finished in time.
        Expired = "expired",
    }
}

impl Outcome {
    /// Whether a provider, or the merchant of a job, proved it; such an outcome supersedes the others and is never
    /// superseded.
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::Paid | Self::Authorised | Self::Done)
    }
}

/// An error as a provider names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefusal {
    code: String,
    description: Option<String>,
}

impl ProviderRefusal {
    /// The longest `error` that is kept, in bytes once it is percent-encoded.
    pub const MAX_CODE: usize = 64;
    /// The longest `error_description` that is kept, in bytes; how much of it is written is decided where it is
    /// written.
    pub const MAX_DESCRIPTION: usize = 1024;
    /// The code of an answer that names neither a code nor an error: it is malformed (RFC 6749, section 4.1.2.1), which
    /// is the provider's fault. Silence is never the customer's decision.
    pub const MALFORMED: &str = "malformed_response";
    /// The errors by which a provider says that its customer did not agree. Every callback, status, page and webhook
    /// follows this one list.
    pub const CUSTOMERS_OWN: [&str; 5] =
        ["access_denied", "user_cancelled", "login_required", "account_selection_required", "interaction_required"];

    /// The errors by which a provider, or our own check of its answer, says that the request or the connection is at
    /// fault: neither the customer nor the provider's decision.
    pub const REQUESTERS_OWN: [&str; 15] = [
        "invalid_client",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "invalid_target",
        "invalid_token",
        "invalid_authorization_details",
        "registration_not_supported",
        "request_not_supported",
        "request_uri_not_supported",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "unsupported_token_type",
    ];

    /// Keeps a provider's `error`, cut to length, and its `error_description` on one line, without what misleads who
    /// reads it, cut at a word.
    ///
    /// An empty code becomes [`Self::MALFORMED`].
    pub fn new(code: &str, description: Option<&str>) -> Self {
        let code = start(code.chars().filter(char::is_ascii_graphic), Self::MAX_CODE);
        let kept = |text: &str| readable(&on_one_line(text));
        let shortened = |text: String| cut(&text, |text| text.len() <= Self::MAX_DESCRIPTION).into_owned();
        let description = description.map(kept).map(shortened).filter(|d| !d.is_empty());
        Self { code: if code.is_empty() { Self::MALFORMED.into() } else { code }, description }
    }

    /// The `error`, such as `server_error`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The `error_description`, if the provider gave one.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whether this is the customer's own no, rather than trouble at the provider.
    pub fn is_customers_refusal(&self) -> bool {
        Self::CUSTOMERS_OWN.contains(&self.code.as_str())
    }
}

/// As much of a provider's code as a callback has room for: so many bytes once it is percent-encoded.
fn start(text: impl Iterator<Item = char>, mut room: usize) -> String {
    let mut kept = String::new();
    for c in text {
        let unreserved = c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        match room.checked_sub(if unreserved { 1 } else { 3 * c.len_utf8() }) {
            Some(left) => room = left,
            None => break,
        }
        kept.push(c);
    }
    kept
}

/// What a browser brought back from a provider. It may be forged.
///
/// An unverified response cannot conclude a journey:
///
/// ```compile_fail,E0308
/// use handback::domain::{journey::Journey, moment::UnixMillis, outcome::ResponseKind};
/// fn forge(journey: Journey, kind: ResponseKind) {
///     let _ = journey.conclude(&kind, None, UnixMillis::from_millis(0));
/// }
/// ```
///
/// while a fact can (this differs from the above in the one word):
///
/// ```no_run
/// use handback::domain::{journey::Journey, moment::UnixMillis, outcome::Fact};
/// fn honest(journey: Journey, fact: Fact) {
///     let _ = journey.conclude(&fact, None, UnixMillis::from_millis(0));
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseKind {
    /// A code that may be worth an outcome, once the provider has exchanged it.
    Code(Evidence),
    /// An error, or neither code nor error.
    Error(ProviderRefusal),
    /// Only that it is back: the provider holds a payment, and is asked about it.
    Returned,
}

/// A code, with what came beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The code. Whatever comes beside it, one code is one piece of evidence.
    pub code: Secret,
    /// What the provider signed and the browser carried: an `id_token` (`OpenID` Connect Core, section 3.3), or the
    /// whole answer (JARM).
    pub signed: Option<Secret>,
}

impl Evidence {
    /// A bare code.
    pub fn of(code: impl Into<String>) -> Self {
        Self { code: Secret::new(code), signed: None }
    }
}

impl ResponseKind {
    /// The bytes that distinguish one response to a visit from another.
    pub fn distinguishing(&self) -> Cow<'_, [u8]> {
        match self {
            // A refusal that is signed has no code that would tell it from another.
            Self::Code(Evidence { code, signed: Some(signed) }) if code.reveal().is_empty() => {
                Cow::Owned([b"signed\0", signed.reveal().as_bytes()].concat())
            }
            Self::Code(evidence) => Cow::Owned([b"code\0", evidence.code.reveal().as_bytes()].concat()),
            Self::Error(error) => Cow::Owned([b"error\0", error.code().as_bytes()].concat()),
            Self::Returned => Cow::Borrowed(b"returned"),
        }
    }
}

/// What is known to be true of a journey: an outcome, and who or what brought it about. It cannot be
/// made outside this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    outcome: Outcome,
    cause: Cause,
    tokens: Option<BankTokens>,
    instrument: Option<Box<Instrument>>,
}

impl Fact {
    const fn of(outcome: Outcome, cause: Cause) -> Self {
        Self { outcome, cause, tokens: None, instrument: None }
    }

    /// The same, with what the customer has paid with.
    #[must_use]
    pub(crate) fn by(self, instrument: Option<Instrument>) -> Self {
        Self { instrument: instrument.map(Box::new), ..self }
    }

    /// The provider exchanged the code and says: paid.
    pub(crate) const fn paid() -> Self {
        Self::of(Outcome::Paid, Cause::Provider(None))
    }

    /// The provider exchanged the code, and says that its customer agreed.
    pub(crate) const fn authorised(tokens: BankTokens) -> Self {
        Self { outcome: Outcome::Authorised, cause: Cause::Provider(None), tokens: Some(tokens), instrument: None }
    }

    /// The provider says that its customer agreed to be asked for money later.
    pub(crate) const fn agreed() -> Self {
        Self::of(Outcome::Authorised, Cause::Provider(None))
    }

    /// The merchant of a job says that it is done.
    pub(crate) const fn done() -> Self {
        Self::of(Outcome::Done, Cause::Merchant)
    }

    /// The merchant of a job says that it could not be done.
    pub(crate) const fn undone() -> Self {
        Self::of(Outcome::Failed, Cause::Merchant)
    }

    /// The provider refused: by its answer to the exchange, or by an error return that matched an unspent state.
    pub(crate) fn refused(error: ProviderRefusal) -> Self {
        let outcome = if error.is_customers_refusal() { Outcome::Cancelled } else { Outcome::Failed };
        Self::of(outcome, Cause::Provider(Some(error)))
    }

    /// The customer pressed our Cancel button.
    pub(crate) const fn pressed_cancel() -> Self {
        Self::of(Outcome::Cancelled, Cause::Customer)
    }

    /// The merchant deleted the link.
    pub(crate) const fn withdrawn() -> Self {
        Self::of(Outcome::Cancelled, Cause::Merchant)
    }

    /// The journey's time ran out.
    pub(crate) const fn lapsed() -> Self {
        Self::of(Outcome::Expired, Cause::Time)
    }

    /// The outcome that this fact concludes as.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why, for the timeline and the page.
    pub fn cause(&self) -> Cause {
        self.cause.clone()
    }

    /// What the provider gave for the customer's agreement.
    pub const fn bank_tokens(&self) -> Option<&BankTokens> {
        self.tokens.as_ref()
    }

    /// What the customer has paid with, if the provider says that.
    pub fn instrument(&self) -> Option<&Instrument> {
        self.instrument.as_deref()
    }

    /// Whether the provider refused.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.cause, Cause::Provider(Some(_)))
    }
}

/// Who or what ended a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The provider, with its error when it refused.
    Provider(Option<ProviderRefusal>),
    /// The customer, by our Cancel button.
    Customer,
    /// The merchant, by deleting the link.
    Merchant,
    /// Its expiry.
    Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_customers_own_refusal_is_a_cancellation() {
        let outcome = |code| Fact::refused(ProviderRefusal::new(code, None)).outcome();
        for own in ProviderRefusal::CUSTOMERS_OWN {
            assert_eq!(outcome(own), Outcome::Cancelled, "{own}");
        }
        for other in ["consent_required", "server_error", "invented_by_a_bank", "ACCESS_DENIED"] {
            assert_eq!(outcome(other), Outcome::Failed, "{other}");
        }
    }

    #[test]
    fn silence_is_never_the_customers_refusal() {
        for silent in ["", " ", "\u{0}", "\r\n", "é"] {
            let error = ProviderRefusal::new(silent, Some("x"));
            assert_eq!((error.code(), error.description()), (ProviderRefusal::MALFORMED, Some("x")));
            assert_eq!(Fact::refused(error).outcome(), Outcome::Failed, "{silent:?}");
        }
    }

    #[test]
    fn no_refusal_is_ever_proven() {
        for fact in
            [Fact::refused(ProviderRefusal::new("x", None)), Fact::pressed_cancel(), Fact::withdrawn(), Fact::lapsed()]
        {
            assert!(!fact.outcome().is_proven());
        }
    }

    #[test]
    fn a_banks_words_are_cut_and_cleaned() {
        let error = ProviderRefusal::new("server\r\nerror x", Some(&"é".repeat(600)));
        assert_eq!(error.code(), "servererrorx");
        assert_eq!(error.description().map(|d| (d.chars().count(), d.ends_with("é…"))), Some((511, true)));
        assert_eq!(ProviderRefusal::new("x", Some("line\nbreak\t")).description(), Some("line break"));
        assert_eq!(ProviderRefusal::new("x", Some("\u{0} ")).description(), None);
        assert_eq!(ProviderRefusal::new(&"&".repeat(64), None).code().len(), ProviderRefusal::MAX_CODE / 3);
        assert_eq!(ProviderRefusal::new(&"_".repeat(65), None).code().len(), ProviderRefusal::MAX_CODE);
    }
}
