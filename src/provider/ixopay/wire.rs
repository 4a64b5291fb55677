//! The messages of IXOPAY's Transaction API, version 3, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::domain::{
    Amount, BankAccount, Card, CardExpiry, Currency, Instrument, OperationKind, PaymentReference, ProviderRefusal,
    ReportedOperation,
};
use crate::provider::{NotifiedPayment, PaymentReport, PaymentStatus, ProviderError, Result};

/// The longest description that the API takes, in characters.
const LONGEST_DESCRIPTION: usize = 255;

/// A call that begins a transaction.
#[skip_serializing_none]
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction<'a> {
    pub merchant_transaction_id: String,
    pub reference_uuid: Option<&'a str>,
    pub amount: Option<String>,
    pub currency: Option<String>,
    pub success_url: Option<&'a str>,
    pub cancel_url: Option<&'a str>,
    pub error_url: Option<&'a str>,
    pub callback_url: Option<&'a str>,
    pub description: Option<&'a str>,
    pub transaction_indicator: Option<&'static str>,
}

/// What such a call is answered, or why it was not done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub success: bool,
    pub uuid: Option<String>,
    pub return_type: Option<String>,
    pub redirect_url: Option<String>,
    #[serde(flatten)]
    failures: Failures,
}

/// Where a transaction stands.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub success: bool,
    transaction_status: Option<String>,
    pub uuid: Option<String>,
    merchant_transaction_id: Option<String>,
    transaction_type: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    return_data: Option<Value>,
    chargeback_data: Option<ChargebackData>,
    chargeback_reversal_data: Option<ChargebackData>,
    #[serde(flatten)]
    failures: Failures,
}

/// Why it was not done: a list of failures, or one beside the other fields.
#[derive(Debug, Deserialize)]
struct Failures {
    #[serde(default)]
    errors: Vec<Failure>,
    #[serde(flatten)]
    beside: Failure,
}

/// A code and a sentence, under the names that answers have for them, or those of a status.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_code: Option<Value>,
    error_message: Option<String>,
    code: Option<Value>,
    message: Option<String>,
}

/// What a callback says, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Callback {
    uuid: Option<String>,
    merchant_transaction_id: String,
    chargeback_data: Option<ChargebackData>,
    chargeback_reversal_data: Option<ChargebackData>,
}

/// Which transaction a chargeback is of, or its reversal, and why.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargebackData {
    original_merchant_transaction_id: String,
    #[serde(default)]
    reason: Option<String>,
}

/// What a code is worth (contracts: the appendix *error codes*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The transaction id was used before.
    Duplicate,
    /// There is no such transaction.
    NotFound,
    /// It was not done, for a reason that is not this transaction's.
    NotNow,
    /// It is not known whether it was done.
    Open,
    /// It was not done, and will not be.
    Refused,
}

impl Meaning {
    const fn of(code: u64) -> Self {
        match code {
            3004 => Self::Duplicate,
            8001 => Self::NotFound,
            // Signature, configuration, too many calls, maintenance, temporarily unavailable.
            1004 | 1007 | 1009 | 1010 | 3003 => Self::NotNow,
            // System errors, time-outs and broken communication.
            1000 | 1001 | 1003 | 1008 | 3001 | 3005 | 9999 => Self::Open,
            _ => Self::Refused,
        }
    }
}

/// The path of the call that begins such an operation; `None` where this kind has none.
pub(super) const fn operation_path(kind: OperationKind) -> Option<&'static str> {
    match kind {
        OperationKind::Capture => Some("capture"),
        OperationKind::Void => Some("void"),
        OperationKind::Refund => Some("refund"),
        OperationKind::Deregister => Some("deregister"),
        OperationKind::Payout => Some("payout"),
        OperationKind::Chargeback | OperationKind::ChargebackReversal => None,
    }
}

/// Why an operation was not done. After a time-out or a trouble behind IXOPAY it may have been done all the same: that
/// leaves it open, so that nothing is given back twice.
pub(super) fn not_done(why: ProviderRefusal) -> ProviderRefusal {
    let number = why.code().strip_prefix("ixopay_").and_then(|number| number.parse().ok());
    let leaves_open = number.is_some_and(|number| Meaning::of(number) == Meaning::Open);
    if leaves_open { ProviderError::Unanswered(String::new()).as_error() } else { why }
}

/// A note, as long as a description may be.
pub(super) fn shortened(note: &str) -> &str {
    note.char_indices().nth(LONGEST_DESCRIPTION).map_or(note, |(end, _)| &note[..end])
}

impl Failure {
    fn number(&self) -> Option<u64> {
        let code = self.error_code.as_ref().or(self.code.as_ref())?;
        code.as_u64().or_else(|| code.as_str()?.parse().ok())
    }

    /// The refusal, in our words where the customer has decided.
    fn refusal(&self) -> ProviderRefusal {
        let code = match self.number() {
            Some(2002) => "user_cancelled".to_owned(),
            Some(number) => format!("ixopay_{number}"),
            None => "declined".to_owned(),
        };
        ProviderRefusal::new(&code, self.error_message.as_deref().or(self.message.as_deref()))
    }
}

impl Failures {
    /// The failure that says most: the first of the list, else the one beside it.
    fn first(&self) -> &Failure {
        self.errors.first().unwrap_or(&self.beside)
    }
}

impl Answer {
    /// What its code is worth; an answer without one leaves everything open.
    pub(super) fn meaning(&self) -> Meaning {
        self.failures.first().number().map_or(Meaning::Open, Meaning::of)
    }

    pub(super) fn refusal(&self) -> ProviderRefusal {
        self.failures.first().refusal()
    }
}

/// Where a transaction stands, whatever it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Success,
    Pending,
    Redirect,
    Refused(ProviderRefusal),
    /// Its time was over before anybody had paid.
    Expired,
}

impl Status {
    /// The status itself, if there is such a transaction.
    ///
    /// # Errors
    /// [`ProviderError::NoPayment`] when there is none, else trouble.
    pub(super) fn found(self) -> Result<Self> {
        if self.success {
            return Ok(self);
        }
        let number = self.failures.first().number();
        Err(match number.map_or(Meaning::Open, Meaning::of) {
            Meaning::NotFound => ProviderError::NoPayment("it knows no such transaction".into()),
            Meaning::NotNow => ProviderError::Unreachable(format!("it answers code {}", number.unwrap_or_default())),
            _ => ProviderError::Unreadable("it answers a status that is no success".into()),
        })
    }

    /// Where it stands.
    ///
    /// # Errors
    /// When that is none of the documented words.
    pub(super) fn standing(&self) -> Result<Standing> {
        let failure = self.failures.first();
        match self.transaction_status.as_deref() {
            Some("SUCCESS") => Ok(Standing::Success),
            Some("PENDING") => Ok(Standing::Pending),
            Some("REDIRECT") => Ok(Standing::Redirect),
            Some("CANCELLED") => {
                let detail = failure.error_message.as_deref().or(failure.message.as_deref());
                Ok(Standing::Refused(ProviderRefusal::new("user_cancelled", detail)))
            }
            Some("ERROR") if failure.number() == Some(2005) => Ok(Standing::Expired),
            Some("ERROR") => Ok(Standing::Refused(failure.refusal())),
            _ => Err(ProviderError::Unreadable("its transactionStatus is none that is known".into())),
        }
    }

    /// What it says of a customer's payment.
    ///
    /// # Errors
    /// When a field is missing or cannot be read.
    pub(super) fn report(&self) -> Result<PaymentReport> {
        let reference = self.merchant_transaction_id.clone().ok_or_else(|| unreadable("merchantTransactionId"))?;
        let (reserves, has_amount) = match self.kind().as_deref() {
            Some("DEBIT") => (false, true),
            Some("PREAUTHORIZE") => (true, true),
            Some("REGISTER") => (false, false),
            _ => return Err(unreadable("transactionType")),
        };
        let amount = has_amount.then(|| self.amount()).transpose()?;
        let status = match self.standing()? {
            Standing::Success if reserves => PaymentStatus::Authorised,
            Standing::Success => PaymentStatus::Paid,
            Standing::Pending => PaymentStatus::Pending,
            Standing::Redirect => PaymentStatus::Open,
            Standing::Refused(why) => PaymentStatus::Refused(why),
            Standing::Expired => PaymentStatus::Closed,
        };
        // What is done to it since is a transaction of its own, of which a callback tells.
        Ok(PaymentReport {
            reference,
            amount,
            status,
            operations: Vec::new(),
            instrument: self.instrument(),
            changes_until: None,
        })
    }

    /// What it says of a chargeback of this transaction, or of the reversal of one.
    ///
    /// # Errors
    /// [`ProviderError::NoPayment`] when it is none, or of another transaction; else when a field is missing or cannot be
    /// read, or it has not come about.
    pub(super) fn chargeback(&self, of: PaymentReference) -> Result<ReportedOperation> {
        let kind = match self.kind().as_deref() {
            Some("CHARGEBACK") => OperationKind::Chargeback,
            Some("CHARGEBACK-REVERSAL") => OperationKind::ChargebackReversal,
            _ => return Err(ProviderError::NoPayment("it is no chargeback".into())),
        };
        let data = self.chargeback_reversal_data.as_ref().or(self.chargeback_data.as_ref());
        let data = data.ok_or_else(|| unreadable("chargebackData"))?;
        if PaymentReference::parse(&data.original_merchant_transaction_id) != Some(of) {
            return Err(ProviderError::NoPayment("it is a chargeback of another transaction".into()));
        }
        if self.standing()? != Standing::Success {
            return Err(ProviderError::Unreadable("it is a chargeback that has not come about".into()));
        }
        let (id, amount) = (self.uuid.clone().unwrap_or_default(), Some(self.amount()?));
        Ok(ReportedOperation { id, kind, amount, reason: data.reason.clone().unwrap_or_default() })
    }

    /// What its customer has paid with, as far as it is a card or an account.
    fn instrument(&self) -> Option<Instrument> {
        let data = self.return_data.as_ref()?;
        let text = |name: &str| data[name].as_str().map(str::to_owned).filter(|text| !text.is_empty());
        let number = |name: &str| data[name].as_u64().or_else(|| data[name].as_str()?.parse().ok());
        match data["_TYPE"].as_str()? {
            "cardData" => {
                let expiry = number("expiryYear").zip(number("expiryMonth"));
                let expiry =
                    expiry.and_then(|(year, month)| CardExpiry::new(year.try_into().ok()?, month.try_into().ok()?));
                Some(Instrument::Card(Card {
                    brand: text("type").or_else(|| text("binBrand")),
                    holder: text("cardHolder"),
                    bin: text("binDigits").or_else(|| text("firstSixDigits")),
                    last_four: text("lastFourDigits"),
                    expiry,
                    fingerprint: text("fingerprint"),
                    three_d_secure: text("threeDSecure"),
                }))
            }
            "ibanData" => Some(Instrument::BankAccount(BankAccount {
                holder: text("accountOwner"),
                iban: text("iban"),
                bic: text("bic"),
                fingerprint: None,
            })),
            _ => None,
        }
    }

    fn amount(&self) -> Result<Amount> {
        let currency = self.currency.as_deref().and_then(|text| Currency::parse(text).ok());
        let currency = currency.ok_or_else(|| unreadable("currency"))?;
        let amount = self.amount.as_deref().and_then(|text| Amount::parse(text, currency).ok());
        amount.ok_or_else(|| unreadable("amount"))
    }

    /// Its type, in capitals: the documentation writes it so, and its example in small letters.
    fn kind(&self) -> Option<String> {
        self.transaction_type.as_deref().map(str::to_ascii_uppercase)
    }
}

fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unreadable(format!("its {what} is missing, or cannot be read"))
}

impl Callback {
    /// What it is about, by our reference; a chargeback by that of the transaction that it is of. `None` when it is not
    /// one of ours.
    pub(super) fn notified(self) -> Option<NotifiedPayment> {
        match self.chargeback_reversal_data.or(self.chargeback_data) {
            Some(data) => {
                let reference = PaymentReference::parse(&data.original_merchant_transaction_id)?;
                Some(NotifiedPayment { reference, operation: self.uuid })
            }
            None => PaymentReference::parse(&self.merchant_transaction_id).map(NotifiedPayment::from),
        }
    }
}
