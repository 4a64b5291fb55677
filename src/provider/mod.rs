//! The provider-facing side: where a browser is sent, how its answer is read, and what an answer is worth.

mod authorization_response;
mod bank_transfer;
pub mod http;
mod identity;
pub mod ixopay;
pub mod oidc;
mod payments;
pub mod sandbox;
pub mod token_io;
pub mod yapily;

use async_trait::async_trait;

use crate::domain::{
    Evidence, Fact, Invalid, Journey, MerchantId, Mode, PaymentReference, ProviderRefusal, Purpose, Redirect,
    ReportedOperation, Secret, UnixMillis,
};
use crate::egress::Trouble;

pub use authorization_response::{AuthorizationResponse, Carried, UnverifiedResponse};
pub use bank_transfer::remittance;
pub use identity::{Identity, IdentityProvider, IdentityRequest};
pub use payments::{
    AccountSettings, AskSchedule, Notification, NotificationError, Notified, NotifiedPayment, OrderStanding, Ordered,
    PaymentReport, PaymentStatus, payment_page,
};

/// A provider, as the engine sees one.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its id, as it is frozen into journeys and stands in `/return/{provider}`.
    fn name(&self) -> &str;

    /// Its name for people.
    fn label(&self) -> &str;

    /// Of which mode the merchants are whose customers may be sent to it.
    fn mode(&self) -> Mode;

    /// Whether it is there for this merchant.
    fn serves(&self, _merchant: MerchantId) -> bool {
        true
    }

    /// Whether checkouts are paid at it. A provider that only gives consents does not.
    fn takes_payments(&self) -> bool {
        false
    }

    /// Whether it takes a payment, or an operation, of this purpose. Only a provider that [takes
    /// payments](Provider::takes_payments) is asked.
    fn takes(&self, _purpose: &Purpose) -> bool {
        true
    }

    /// Who is paid at it, where its account says so and not the journey: then a payment goes to it only where that is whom
    /// the customer is shown.
    fn payee(&self) -> Option<&str> {
        None
    }

    /// Whether it pays this payee, whom the customer is shown.
    fn pays(&self, shown: &str) -> bool {
        self.payee().is_none_or(|payee| payee == shown)
    }

    /// Whether it holds what this journey is about, and can be asked about it: a payment for each visit, which
    /// [`Provider::request`] creates, any number of times; or an operation, which [`Provider::perform`] orders, any
    /// number of times. [`Provider::exchange`] is never called then.
    fn creates_payment(&self, _journey: &Journey) -> bool {
        false
    }

    /// Whether the payments that it [creates](Provider::creates_payment) are made only when they are ordered, after their
    /// customers have agreed: then [`Provider::order`] is called, and no app can attach a payment.
    fn makes_to_order(&self) -> bool {
        false
    }

    /// When it is asked about its payments.
    fn ask_schedule(&self) -> AskSchedule {
        AskSchedule::default()
    }

    /// Whether a code may be taken to it once only: then that is written down before it is done.
    fn asks_once(&self) -> bool {
        true
    }

    /// Whether its browsers come back without a query, with the answer behind a `#`, which no server sees.
    fn answers_in_fragment(&self) -> bool {
        false
    }

    /// Gets ready: discovers endpoints and keys, where it does not know them yet. A provider that cannot is reported,
    /// and asked again later; until then it cannot be left for.
    ///
    /// # Errors
    /// When the provider cannot be asked now, or is not what it was configured as.
    async fn prepare(&self) -> Result<()> {
        Ok(())
    }

    /// Asks for an authorization: where to send the browser, so that the provider asks its customer.
    ///
    /// # Errors
    /// When the provider cannot be asked now.
    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested>;

    /// What the browser says that the provider answered. Nothing is verified here but its form.
    ///
    /// # Errors
    /// When the answer is not one that this provider gives.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid>;

    /// Verifies what the provider signed and the browser carried, before the provider is asked. May be called any
    /// number of times.
    ///
    /// # Errors
    /// [`ProviderError::Forged`] when it is not the provider's word, [`ProviderError::Unreachable`] when that cannot be
    /// known now.
    async fn check(&self, _context: &VisitContext<'_>, _evidence: &Evidence) -> Result<Checked> {
        Ok(Checked::Genuine)
    }

    /// Asks where a payment stands. Of a provider that [creates payments](Provider::creates_payment).
    ///
    /// # Errors
    /// When the provider could not be asked, or did not answer.
    async fn payment(&self, _payment: &PaymentContext<'_>) -> Result<PaymentReport> {
        Err(ProviderError::Unreachable("it cannot be asked about payments".into()))
    }

    /// Orders a payment, whose order is noted as sent. Of a provider that [makes payments to
    /// order](Provider::makes_to_order). `is_repeated` where it may have been ordered before, and the answer was lost.
    ///
    /// # Errors
    /// [`ProviderError::Unreachable`] and [`ProviderError::NoPayment`] when it was certainly not ordered, all others when
    /// that is not known.
    async fn order(&self, _payment: &PaymentContext<'_>, _is_repeated: bool) -> Result<Ordered> {
        Err(ProviderError::Unreachable("it takes no orders".into()))
    }

    /// Closes a payment, so that nobody pays it any more, and answers where it stands then: it may have been paid.
    ///
    /// # Errors
    /// As [`Provider::payment`].
    async fn close(&self, payment: &PaymentContext<'_>) -> Result<PaymentReport> {
        self.payment(payment).await
    }

    /// Reads a notification: its signature and its age first.
    ///
    /// # Errors
    /// When it is not this provider's, or too old.
    fn read_notification(&self, _notification: &Notification<'_>) -> Notified {
        Err(NotificationError::NotSent)
    }

    /// Asks about an operation that a notification has named: of a provider that [names them](NotifiedPayment).
    ///
    /// # Errors
    /// As [`Provider::payment`]; [`ProviderError::NoPayment`] also where it is no operation of this payment.
    async fn reported_operation(&self, _payment: PaymentReference, _id: &str) -> Result<ReportedOperation> {
        Err(ProviderError::Unreachable("it cannot be asked about operations".into()))
    }

    /// The body of the answer to a notification that is accepted; without one the answer is 204.
    fn acknowledgement(&self) -> &'static str {
        ""
    }

    /// Does at once what needs no customer: an operation, or what a test provider is asked to play. `original` is the
    /// journey that an operation is of, that of the customer's payment.
    ///
    /// # Errors
    /// When the provider could not be asked. A provider that takes no operations cannot.
    async fn perform(&self, _journey: &Journey, _original: Option<&Journey>) -> Result<Performed> {
        Err(ProviderError::Unreachable("it takes no operations".into()))
    }

    /// What the provider itself says of a code. A refusal is a fact; not being able to ask is trouble. Of a provider
    /// that [asks once](Provider::asks_once) it is called once for each code.
    ///
    /// # Errors
    /// When the provider could not be asked, or did not answer.
    async fn exchange(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Fact>;
}

/// One visit of a journey, as a provider must know it. All of it is derived, and the same every time.
#[derive(Debug, Clone)]
pub struct VisitContext<'a> {
    /// The journey.
    pub journey: &'a Journey,
    /// The number of the visit, from 0.
    pub visit: u8,
    /// The `state`: 39 digits and letters.
    pub state: String,
    /// The code verifier (RFC 7636): 43 characters.
    pub verifier: Secret,
    /// Where the provider sends the browser.
    pub redirect_uri: String,
    /// The name of the institution that the customer was shown; `None` where none was named or chosen.
    pub institution: Option<String>,
}

/// A payment that a provider holds, as it must be named to the provider.
#[derive(Debug, Clone)]
pub struct PaymentContext<'a> {
    /// The journey.
    pub journey: &'a Journey,
    /// Our reference.
    pub reference: PaymentReference,
    /// The provider's own reference.
    pub provider_reference: &'a str,
    /// How far its order is.
    pub order: OrderStanding,
    /// The present time.
    pub now: UnixMillis,
}

impl VisitContext<'_> {
    /// The reference of the payment that is created for this visit.
    pub fn payment_reference(&self) -> PaymentReference {
        PaymentReference { journey: self.journey.pay_id(), visit: self.visit }
    }

    /// Where the provider sends the browser, with the state in its query.
    pub fn return_url(&self) -> String {
        let uri = self.redirect_uri.as_str();
        let (before, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
        let mark = if before.contains('?') { '&' } else { '?' };
        format!("{before}{mark}state={}{fragment}", self.state)
    }

    /// The `nonce` (`OpenID` Connect Core, section 3.1.2.1): the state again, as Yapily's clients have seen it.
    pub fn nonce(&self) -> &str {
        &self.state
    }
}

/// What became of an authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// The browser can be sent here.
    Accepted(Redirect),
    /// A payment was created, and is paid there.
    Created {
        /// The provider's own reference.
        reference: String,
        /// The page where the customer pays.
        page: Redirect,
    },
    /// The provider refused the request before any browser came, and named the error (RFC 9126, section 2.3).
    Refused(ProviderRefusal),
}

/// What a provider says when it is asked to do something without a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Performed {
    /// It has done so, or refused.
    Now(Fact),
    /// It will; then this evidence proves it.
    Later(Evidence),
    /// It does not know yet, and nothing more will become known of it here.
    Unknown,
}

/// What a provider's signature is under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// A code, which is worth asking for; also when nothing was signed.
    Genuine,
    /// A refusal.
    Refused(ProviderRefusal),
    /// That the browser is wanted once more: it goes out again, on a visit of its own, before anything is decided.
    Onward,
}

/// What a provider answers, or what went wrong with it.
pub type Result<T, E = ProviderError> = std::result::Result<T, E>;

/// What went wrong with a provider. The sentences are for the log; they hold nothing that the provider sent but the
/// code of an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be asked now, and has not been; or asking it again costs nothing.
    #[error("the bank cannot be asked now: {0}")]
    Unreachable(String),
    /// It was asked, and no answer came.
    #[error("the bank gave no answer: {0}")]
    Unanswered(String),
    /// It was asked, and answered something that says neither yes nor no.
    #[error("the bank gave an answer that cannot be read: {0}")]
    Unreadable(String),
    /// It says that it has no such payment: it refuses to answer about it, answers 404 or 410, or answers about another.
    #[error("it has no such payment: {0}")]
    NoPayment(String),
    /// What the browser carried is not this provider's word.
    #[error("not the bank's word: {0}")]
    Forged(String),
}

impl ProviderError {
    /// The trouble as a merchant meets it: `temporarily_unavailable` (RFC 6749, section 4.1.2.1), or an answer that was
    /// lost, or cannot be read, and will not be asked for again.
    pub fn as_error(&self) -> ProviderRefusal {
        let (code, description) = match self {
            Self::Unreachable(_) => ("temporarily_unavailable", "The bank could not be asked."),
            Self::Unanswered(_) => ("answer_lost", "The bank did not answer."),
            Self::Unreadable(_) => ("answer_unreadable", "The bank gave an answer that cannot be read."),
            Self::NoPayment(_) => ("payment_unknown", "The bank has no such payment."),
            Self::Forged(_) => ("answer_forged", "The answer was not the bank's."),
        };
        ProviderRefusal::new(code, Some(description))
    }

    /// Whether this error is a trouble of which the provider may have done all the same what it was asked to do.
    pub fn leaves_open(error: &ProviderRefusal) -> bool {
        [Self::Unanswered(String::new()), Self::Unreadable(String::new())].iter().any(|open| open.as_error() == *error)
    }
}

impl From<Trouble> for ProviderError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(_) | Trouble::Unreachable(_) => Self::Unreachable(trouble.to_string()),
            Trouble::Unanswered(_) => Self::Unanswered(trouble.to_string()),
            Trouble::TooLarge { longest, .. } => Self::Unreadable(format!("it is longer than {longest} bytes")),
        }
    }
}
