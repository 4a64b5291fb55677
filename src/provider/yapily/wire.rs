//! The messages of Yapily's API for single payments, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_with::skip_serializing_none;

use super::settings::YapilyConfig;
use crate::domain::{Amount, Currency, Invalid, PayeeAccount, PaymentReference, ProviderRefusal, Secret};
use crate::provider::{ProviderError, Result};

/// The longest id that is believed to be one, in bytes: it stands in addresses.
const LONGEST_ID: usize = 200;

/// The longest reference that all banks take, in characters: the document has "less than 18" and "at most 18".
pub(super) const LONGEST_REFERENCE: usize = 17;

/// A call that asks for a customer's agreement (`PaymentAuthorisationRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorise<'a> {
    pub application_user_id: &'a str,
    pub institution_id: &'a str,
    pub callback: &'a str,
    pub one_time_token: bool,
    pub payment_request: PaymentRequest<'a>,
}

/// What is to be paid: the same when its customer is asked, and when it is ordered (`PaymentRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentRequest<'a> {
    payment_idempotency_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    reference: String,
    amount: Money,
    payee: Payee<'a>,
}

/// How much, as a number with all the decimals of its currency.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Money {
    amount: Box<RawValue>,
    currency: String,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payee<'a> {
    name: &'a str,
    account_identifications: Vec<Identification<'a>>,
    address: Option<Address<'a>>,
}

#[derive(Debug, Serialize)]
struct Identification<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    identification: &'a str,
}

#[derive(Debug, Serialize)]
struct Address<'a> {
    country: &'a str,
}

impl<'a> PaymentRequest<'a> {
    pub(super) fn new(
        config: &'a YapilyConfig,
        payment: PaymentReference,
        (reference, amount): (String, Amount),
    ) -> Result<Self> {
        let unwritable = |_| ProviderError::Unreachable("the call cannot be written".into());
        let account = match &config.payee_account {
            PayeeAccount::Iban(iban) => vec![Identification { kind: "IBAN", identification: iban }],
            PayeeAccount::Uk { sort_code, number } => vec![
                Identification { kind: "SORT_CODE", identification: sort_code },
                Identification { kind: "ACCOUNT_NUMBER", identification: number },
            ],
        };
        let currency = amount.currency().to_string();
        Ok(Self {
            payment_idempotency_id: idempotency_id(payment),
            kind: "DOMESTIC_PAYMENT",
            reference,
            amount: Money { amount: RawValue::from_string(amount.to_string()).map_err(unwritable)?, currency },
            payee: Payee {
                name: &config.payee,
                account_identifications: account,
                address: config.country.as_ref().map(|country| Address { country: country.as_str() }),
            },
        })
    }
}

/// Our reference in letters and digits alone, as `paymentIdempotencyId` must be: at most 19.
pub(super) fn idempotency_id(payment: PaymentReference) -> String {
    payment.to_string().replace('-', "v")
}

/// A call that exchanges what a browser brought.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exchange<'a> {
    pub one_time_token: &'a str,
}

/// An answer in its envelope.
#[derive(Debug, Deserialize)]
pub(super) struct Data<T> {
    pub data: T,
}

/// An answer that comes with an envelope, or without: consents do, by the call.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Enveloped<T> {
    In(Data<T>),
    Bare(T),
}

impl<T> Enveloped<T> {
    pub(super) fn open(self) -> T {
        match self {
            Self::In(Data { data }) | Self::Bare(data) => data,
        }
    }
}

/// What a customer is asked, and has answered, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    pub id: String,
    pub status: String,
    pub application_user_id: Option<String>,
    pub institution_consent_id: Option<String>,
    #[serde(default)]
    pub authorisation_url: Option<String>,
    #[serde(default)]
    consent_token: Option<String>,
}

/// How far its customer is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    /// Nothing was said yet.
    NotYet,
    /// They have agreed, which this token says; `None` where it is not shown.
    Yes(Option<Secret>),
    /// They, or their bank, have not.
    No(ProviderRefusal),
    /// Nobody can agree any more.
    Over,
}

impl Consent {
    /// How far its customer is. `None` where that cannot be told.
    pub(super) fn agreed(self) -> Option<Agreed> {
        let refused = |code| Some(Agreed::No(ProviderRefusal::new(code, None)));
        match self.status.as_str() {
            "AWAITING_AUTHORIZATION" => Some(Agreed::NotYet),
            "AUTHORIZED" => Some(Agreed::Yes(self.consent_token.map(Secret::new))),
            "REJECTED" => refused("access_denied"),
            "FAILED" => refused("failed"),
            "EXPIRED" | "REVOKED" | "INVALID" => Some(Agreed::Over),
            _ => None,
        }
    }
}

/// The payments of an answer about one.
#[derive(Debug, Deserialize)]
pub(super) struct Payments {
    pub payments: Vec<Payment>,
}

/// What an order has made, as far as it must be read.
#[derive(Debug, Deserialize)]
pub(super) struct Made {
    pub id: String,
}

/// A payment, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment {
    pub id: String,
    payment_idempotency_id: Option<String>,
    pub institution_consent_id: Option<String>,
    status: String,
    amount_details: Option<Money>,
    amount: Option<Box<RawValue>>,
    currency: Option<String>,
}

/// Where a payment stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The bank has not decided.
    Pending,
    /// The bank has accepted it.
    Completed,
    /// The bank has not, or no longer.
    Not(ProviderRefusal),
}

impl Payment {
    /// Whether it says under which reference it was ordered.
    pub(super) const fn names_itself(&self) -> bool {
        self.payment_idempotency_id.is_some()
    }

    /// The reference that it was ordered under: ours, where it says none or the one that ours was written as.
    pub(super) fn reference(&self, own: PaymentReference) -> String {
        match &self.payment_idempotency_id {
            Some(other) if *other != idempotency_id(own) => other.clone(),
            Some(_) | None => own.to_string(),
        }
    }

    /// How much it is over.
    pub(super) fn amount(&self) -> Result<Amount> {
        let unreadable = || ProviderError::Unreadable("its amount cannot be read".into());
        let read = |number: &RawValue, currency: &str| -> Result<Amount, Invalid> {
            Amount::parse(number.get(), Currency::parse(currency)?)
        };
        match (&self.amount_details, &self.amount, &self.currency) {
            (Some(money), _, _) => read(&money.amount, &money.currency),
            (None, Some(number), Some(currency)) => read(number, currency),
            (None, _, _) => return Err(unreadable()),
        }
        .map_err(|_| unreadable())
    }

    /// Where it stands. `None` where that cannot be told: new words may come at any time.
    pub(super) fn standing(&self) -> Option<Standing> {
        let refused = |code| Some(Standing::Not(ProviderRefusal::new(code, None)));
        match self.status.as_str() {
            "PENDING" | "COMPLETED_SETTLEMENT_IN_PROCESS" => Some(Standing::Pending),
            "COMPLETED" => Some(Standing::Completed),
            "FAILED" => refused("failed"),
            "DECLINED" => refused("declined"),
            _ => None,
        }
    }
}

/// A bank, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Institution {
    pub environment_type: Option<String>,
    #[serde(default)]
    pub features: Vec<String>,
}

/// Why a call was not done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    error: FailureBody,
}

#[derive(Debug, Default, Deserialize)]
struct FailureBody {
    status: Option<String>,
    message: Option<String>,
}

impl Failure {
    pub(super) fn refusal(&self) -> ProviderRefusal {
        let status = self.error.status.as_deref().map(|status| status.to_ascii_lowercase().replace(' ', "_"));
        let code = status.map_or("declined".to_owned(), |status| format!("yapily_{status}"));
        ProviderRefusal::new(&code, self.error.message.as_deref())
    }
}

/// Whether this may be the id of a consent or a payment: the part of an address, however it is escaped there.
pub(super) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) && !matches!(text, "." | "..")
}
