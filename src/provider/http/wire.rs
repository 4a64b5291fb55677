//! The messages of the protocol, as JSON.

use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::domain::{
    Amount, BankAccount, Card, CardExpiry, Currency, Instrument, OperationKind, PaymentReference, ProviderRefusal,
    ReportedOperation, UnixMillis,
};
use crate::provider::{PaymentReport, PaymentStatus, ProviderError, Result, payment_page};

/// How much longer a payment is asked about whose operations, or until when there may be some, could not be read.
pub(super) const ONE_MORE_DAY: Duration = Duration::from_hours(24);

/// What we send.
#[derive(Serialize)]
pub(super) struct Message<T> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) timestamp: String,
    pub(super) data: T,
}

/// `payment.create`.
#[derive(Serialize)]
pub(super) struct Create<'a> {
    pub(super) reference: &'a str,
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) capture: &'static str,
    pub(super) payee: &'a str,
    pub(super) description: &'a str,
    pub(super) return_url: String,
    pub(super) notification_url: &'a str,
    pub(super) expires_at: String,
}

/// `payment.get` and `payment.cancel`.
#[derive(Serialize)]
pub(super) struct Named<'a> {
    pub(super) id: &'a str,
    pub(super) reference: &'a str,
}

/// `payment.capture`, `payment.void` and `payment.refund`.
#[derive(Serialize)]
pub(super) struct Operate<'a> {
    pub(super) id: &'a str,
    pub(super) payment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<String>,
    pub(super) description: &'a str,
}

/// A payment, as the engine has it.
#[derive(Deserialize)]
pub(super) struct PaymentBody {
    pub(super) id: String,
    reference: String,
    amount: String,
    currency: String,
    status: Status,
    page_url: Option<String>,
    refusal: Option<ProblemBody>,
    operations: Option<Value>,
    changes_until: Option<Value>,
    instrument: Option<Value>,
}

/// What a customer has paid with.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum InstrumentBody {
    Card(CardBody),
    BankAccount(BankAccountBody),
    /// Of another kind: nothing is kept of it.
    #[serde(other)]
    Other,
}

#[derive(Clone, Deserialize)]
struct CardBody {
    brand: Option<String>,
    holder: Option<String>,
    bin: Option<String>,
    last_four: Option<String>,
    expiry: Option<String>,
    fingerprint: Option<String>,
    three_d_secure: Option<String>,
}

#[derive(Clone, Deserialize)]
struct BankAccountBody {
    holder: Option<String>,
    iban: Option<String>,
    bic: Option<String>,
    fingerprint: Option<String>,
}

/// What was done to a payment.
#[derive(Deserialize)]
struct DoneBody {
    id: String,
    kind: DoneKind,
    amount: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DoneKind {
    Capture,
    Void,
    Refund,
    Chargeback,
    ChargebackReversal,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Pending,
    Paid,
    Authorised,
    Refused,
    Closed,
}

/// An operation, as the engine has it.
#[derive(Deserialize)]
pub(super) struct OperationBody {
    pub(super) id: String,
    pub(super) status: OperationStatus,
    refusal: Option<ProblemBody>,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OperationStatus {
    Done,
    Pending,
    Refused,
}

/// Why the engine refuses: an answer of its own, or a part of one.
#[derive(Deserialize)]
pub(super) struct ProblemBody {
    pub(super) code: String,
    pub(super) detail: Option<String>,
}

/// What the engine posts to us.
#[derive(Deserialize)]
pub(super) struct NotificationBody {
    data: NotifiedBody,
}

#[derive(Deserialize)]
struct NotifiedBody {
    reference: String,
}

impl PaymentBody {
    /// What it says `now`, with the names of the members beside it that cannot be read: without them it counts all the
    /// same, and it is asked about again where they may tell of an operation.
    ///
    /// # Errors
    /// When its amount is not one of its currency, or it has no id.
    pub(super) fn report(&self, now: UnixMillis) -> Result<(PaymentReport, Vec<&'static str>)> {
        let unreadable = |what: &str| ProviderError::Unreadable(format!("its {what} cannot be read"));
        if self.id.is_empty() || self.id.len() > 255 {
            return Err(unreadable("id"));
        }
        let currency = Currency::parse(&self.currency).map_err(|_| unreadable("currency"))?;
        let amount = Amount::parse(&self.amount, currency).map_err(|_| unreadable("amount"))?;
        let status = match self.status {
            Status::Open => PaymentStatus::Open,
            Status::Pending => PaymentStatus::Pending,
            Status::Paid => PaymentStatus::Paid,
            Status::Authorised => PaymentStatus::Authorised,
            Status::Refused => PaymentStatus::Refused(refusal(self.refusal.as_ref())),
            Status::Closed => PaymentStatus::Closed,
        };
        let mut strange = Vec::new();
        let operations = self.operations(currency, &mut strange);
        let changes_until = member(self.changes_until.as_ref(), |value| read_time(value.as_str()?));
        strange.extend(changes_until.is_err().then_some("changes_until"));
        let again = (!strange.is_empty()).then(|| now.plus(ONE_MORE_DAY));
        let read_instrument = |value: &Value| InstrumentBody::deserialize(value).ok().map(InstrumentBody::read);
        let instrument = member(self.instrument.as_ref(), read_instrument);
        strange.extend(instrument.is_err().then_some("instrument"));
        let (changes_until, instrument) =
            (changes_until.unwrap_or_default().max(again), instrument.unwrap_or_default().flatten());
        let reference = self.reference.clone();
        Ok((PaymentReport { reference, amount: Some(amount), status, operations, instrument, changes_until }, strange))
    }

    /// What was done to it, as far as that can be read.
    fn operations(&self, currency: Currency, strange: &mut Vec<&'static str>) -> Vec<ReportedOperation> {
        let listed = member(self.operations.as_ref(), |value| value.as_array().cloned());
        let all = listed.clone().unwrap_or_default().unwrap_or_default();
        let read = |done: &Value| DoneBody::deserialize(done).ok()?.reported(currency);
        let known: Vec<_> = all.iter().filter_map(read).collect();
        strange.extend((listed.is_err() || known.len() < all.len()).then_some("operations"));
        known
    }

    /// The page where its customer pays: https, or http where the engine itself is asked so.
    ///
    /// # Errors
    /// When there is none, or it is another kind of address.
    pub(super) fn page(&self, engine: &Url) -> Result<String> {
        let unreadable = || ProviderError::Unreadable("its page_url is missing, or not an https address".into());
        payment_page(self.page_url.as_deref().unwrap_or_default(), engine).ok_or_else(unreadable)
    }
}

impl InstrumentBody {
    fn read(self) -> Option<Instrument> {
        match self {
            Self::Card(CardBody { brand, holder, bin, last_four, expiry, fingerprint, three_d_secure }) => {
                let expiry = expiry.as_deref().and_then(CardExpiry::parse);
                let card = Card { brand, holder, bin, last_four, expiry, fingerprint, three_d_secure };
                Some(Instrument::Card(card))
            }
            Self::BankAccount(BankAccountBody { holder, iban, bic, fingerprint }) => {
                Some(Instrument::BankAccount(BankAccount { holder, iban, bic, fingerprint }))
            }
            Self::Other => None,
        }
    }
}

impl DoneBody {
    /// It, with the amount in its payment's currency. `None` when it has no id, or not the amount that it must have.
    fn reported(&self, currency: Currency) -> Option<ReportedOperation> {
        let amount = self.amount.as_deref().map(|text| Amount::parse(text, currency)).transpose().ok()?;
        let has_id = (1..=ReportedOperation::MAX_ID).contains(&self.id.len());
        if !has_id || amount.is_some() == (self.kind == DoneKind::Void) {
            return None;
        }
        let kind = match self.kind {
            DoneKind::Capture => OperationKind::Capture,
            DoneKind::Void => OperationKind::Void,
            DoneKind::Refund => OperationKind::Refund,
            DoneKind::Chargeback => OperationKind::Chargeback,
            DoneKind::ChargebackReversal => OperationKind::ChargebackReversal,
        };
        Some(ReportedOperation { id: self.id.clone(), kind, amount, reason: self.reason.clone() })
    }
}

impl OperationBody {
    pub(super) fn refusal(&self) -> ProviderRefusal {
        refusal(self.refusal.as_ref())
    }
}

impl NotificationBody {
    /// Our reference of the payment that it is about. `None` when it is not one of ours.
    pub(super) fn reference(&self) -> Option<PaymentReference> {
        PaymentReference::parse(&self.data.reference)
    }
}

fn refusal(problem: Option<&ProblemBody>) -> ProviderRefusal {
    let (code, detail) = problem.map_or(("declined", None), |problem| (&problem.code, problem.detail.as_deref()));
    ProviderRefusal::new(code, detail)
}

/// A member that may be missing. An error when it is there, and cannot be read.
fn member<T>(value: Option<&Value>, read: impl FnOnce(&Value) -> Option<T>) -> std::result::Result<Option<T>, ()> {
    value.map(|value| read(value).ok_or(())).transpose()
}

/// Reads an answer.
///
/// # Errors
/// Without a word of what it holds.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        let what = if error.is_data() { "a field is missing or of another type" } else { "it is not JSON" };
        ProviderError::Unreadable(what.into())
    })
}

/// Reads a moment as RFC 3339 has it. `None` when it is none since 1970.
fn read_time(text: &str) -> Option<UnixMillis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(UnixMillis::from_millis(u64::try_from(at.as_millisecond()).ok()?))
}

/// A moment as the protocol writes it (RFC 3339), in whole seconds.
pub(super) fn rfc3339(at: UnixMillis) -> String {
    let seconds = i64::try_from(at.as_millis() / 1000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}
