//! The messages of Token.io's API, payments version 2, as JSON.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::domain::{Amount, Currency, PayeeAccount, PaymentReference, ProviderRefusal};
use crate::provider::{NotifiedPayment, PaymentReport, PaymentStatus, ProviderError, Result};

/// The longest id that is believed to be one, in bytes: it stands in addresses.
const LONGEST_ID: usize = 200;

/// A call that creates a payment.
#[derive(Debug, Serialize)]
pub(super) struct Create<'a> {
    pub initiation: Initiation<'a>,
}

/// What is to be paid.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Initiation<'a> {
    pub bank_id: Option<&'a str>,
    pub ref_id: &'a str,
    pub remittance_information_primary: &'a str,
    pub amount: Money,
    pub local_instrument: &'static str,
    pub creditor: Creditor<'a>,
    pub callback_url: &'a str,
    pub callback_state: &'a str,
    pub flow_type: &'static str,
    pub on_behalf_of_id: Option<&'a str>,
    /// A payment of today does not silently become one of tomorrow.
    pub disable_future_dated_payment_conversion: bool,
}

/// How much.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Money {
    pub value: String,
    pub currency: String,
}

/// Who is paid, and where.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Creditor<'a> {
    name: &'a str,
    iban: Option<&'a str>,
    sort_code: Option<&'a str>,
    account_number: Option<&'a str>,
}

impl<'a> Creditor<'a> {
    pub(super) fn new(name: &'a str, account: &'a PayeeAccount) -> Self {
        match account {
            PayeeAccount::Iban(iban) => Self { name, iban: Some(iban), sort_code: None, account_number: None },
            PayeeAccount::Uk { sort_code, number } => {
                Self { name, iban: None, sort_code: Some(sort_code), account_number: Some(number) }
            }
        }
    }
}

/// The answer about one payment.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    pub payment: Payment,
}

/// The answer about all payments of a reference.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    #[serde(default)]
    pub payments: Vec<Payment>,
}

/// A payment, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment {
    pub id: String,
    initiation: Echo,
    status: String,
    status_reason_information: Option<String>,
    bank_payment_status: Option<String>,
    bank_transaction_id: Option<String>,
    #[serde(default)]
    pub created_date_time: String,
    authentication: Option<Authentication>,
}

/// What was asked for, given back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Echo {
    ref_id: String,
    amount: Money,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    redirect_url: Option<String>,
}

/// What a webhook says, as far as it is read.
#[derive(Debug, Deserialize)]
pub(super) struct Webhook {
    payment: Option<NotifiedBody>,
}

#[derive(Debug, Deserialize)]
struct NotifiedBody {
    initiation: Option<NotifiedInitiation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotifiedInitiation {
    ref_id: Option<String>,
}

/// Why a call was not done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    error: FailureBody,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailureBody {
    error_code: Option<String>,
    message: Option<String>,
    #[serde(default)]
    paths: Vec<String>,
}

impl Failure {
    /// Whether it says that our reference was used before.
    pub(super) fn is_duplicate(&self) -> bool {
        self.error.error_code.as_deref() == Some("Field.NotUnique")
            && self.error.paths.iter().any(|path| path.ends_with("refId"))
    }

    pub(super) fn refusal(&self) -> ProviderRefusal {
        let code = self.error.error_code.as_deref().map_or("declined".to_owned(), |code| format!("token_io_{code}"));
        ProviderRefusal::new(&code, self.error.message.as_deref())
    }
}

impl Payment {
    /// Where its customer is sent, if there is such a place now.
    pub(super) fn page(&self) -> Option<&str> {
        self.authentication.as_ref()?.redirect_url.as_deref()
    }

    /// Whether its bank has not been asked yet.
    pub(super) fn awaits_bank(&self) -> bool {
        self.status == "INITIATION_PENDING"
    }

    /// Whether its id can be one.
    pub(super) fn has_id(&self) -> bool {
        is_id(&self.id)
    }

    /// What it says.
    ///
    /// # Errors
    /// When a field cannot be read, or the status is none that is documented.
    pub(super) fn report(&self) -> Result<PaymentReport> {
        let unreadable = |what: &str| ProviderError::Unreadable(format!("its {what} cannot be read"));
        let currency = Currency::parse(&self.initiation.amount.currency).map_err(|_| unreadable("currency"))?;
        let amount = Amount::parse(&self.initiation.amount.value, currency).map_err(|_| unreadable("amount"))?;
        let status = self.status().ok_or_else(|| unreadable("status"))?;
        let (reference, operations) = (self.initiation.ref_id.clone(), Vec::new());
        Ok(PaymentReport { reference, amount: Some(amount), status, operations, instrument: None, changes_until: None })
    }

    /// Whether its bank may have accepted it: all that it says of its status does, except for what precedes that or
    /// excludes it (ISO 20022, `ExternalPaymentTransactionStatus1Code`, also in words, as banks write it).
    fn may_be_accepted(&self) -> bool {
        const NOT_ACCEPTED: [&str; 7] =
            ["RCVD", "Received", "RJCT", "Rejected", "CANC", "Cancelled", "AwaitingAuthorisation"];
        let bank_says = self.bank_payment_status.as_deref().filter(|status| !status.is_empty());
        bank_says.is_some_and(|status| !NOT_ACCEPTED.contains(&status)) || self.bank_transaction_id.is_some()
    }

    fn status(&self) -> Option<PaymentStatus> {
        let why = self.status_reason_information.as_deref();
        let refused = |code| Some(PaymentStatus::Refused(ProviderRefusal::new(code, why)));
        match self.status.as_str() {
            "INITIATION_PENDING_REDIRECT_AUTH"
            | "INITIATION_PENDING_REDIRECT_HP"
            | "INITIATION_PENDING_REDIRECT_PBL"
            | "INITIATION_PENDING_EMBEDDED_AUTH" => Some(PaymentStatus::Open),
            "INITIATION_PENDING"
            | "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION"
            | "INITIATION_PENDING_EMBEDDED_AUTH_VERIFICATION"
            | "INITIATION_PENDING_DECOUPLED_AUTH"
            | "INITIATION_PENDING_REDEMPTION"
            | "INITIATION_PENDING_REDEMPTION_VERIFICATION"
            | "INITIATION_PROCESSING"
            // The bank does not say: nobody may be told that it was not paid.
            | "INITIATION_NO_FINAL_STATUS_AVAILABLE" => Some(PaymentStatus::Pending),
            // The bank has accepted it; whether it was settled is looked for in a settlement account alone.
            "INITIATION_COMPLETED" | "SETTLEMENT_IN_PROGRESS" | "SETTLEMENT_COMPLETED" | "SETTLEMENT_INCOMPLETE" => {
                Some(PaymentStatus::Paid)
            }
            "INITIATION_DECLINED" => refused("user_cancelled"),
            "INITIATION_REJECTED" => refused("rejected"),
            "INITIATION_REJECTED_INSUFFICIENT_FUNDS" => refused("insufficient_funds"),
            "INITIATION_FAILED" => refused("failed"),
            // Its bank had accepted it, and has not said what became of it: money may have moved.
            "INITIATION_EXPIRED" if self.may_be_accepted() => Some(PaymentStatus::Pending),
            "INITIATION_EXPIRED" | "CANCELED" => Some(PaymentStatus::Closed),
            _ => None,
        }
    }
}

/// Whether this may be what Token.io calls a payment.
pub(super) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'))
}

impl Webhook {
    /// What it is about, by our reference. `None` when that is not one of ours.
    pub(super) fn notified(self) -> Option<NotifiedPayment> {
        let reference = self.payment?.initiation?.ref_id?;
        PaymentReference::parse(&reference).map(NotifiedPayment::from)
    }
}
