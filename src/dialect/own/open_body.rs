//! The bodies of `POST /v1/journeys` and of its operations.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{APPENDED, Kept};
use crate::domain::text::check_readable;
use crate::domain::{
    Amount, CallbackName, Cancel, Checkout, Currency, Expiry, ExtraOutcomes, Invalid, Item, Journey, LanguageTag,
    OneTime, OpenRequest, OperationKind, PaymentOperation, Placement, Purpose, RequestedCallbacks, RequestedProvider,
    Wanted, WebhookOptions,
};

/// The longest text of a field that is kept as it is, in characters.
const MAX_TEXT: usize = 255;

/// The most entries of `metadata`, the longest name and the longest text of one, in characters.
const METADATA: (usize, usize, usize) = (20, 40, 500);

/// The body of `POST /v1/journeys`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    /// The amount, in major units.
    pub amount: String,
    /// The amount's currency.
    pub currency: String,
    /// The merchant's own reference.
    #[serde(default)]
    pub reference: String,
    /// What the payment is for.
    #[serde(default)]
    pub note: String,
    /// When money that was set aside is collected.
    #[serde(default)]
    pub capture: Capture,
    /// Where it is paid: a provider's name, or a list among which the customer chooses.
    pub provider: Option<Value>,
    /// The provider at which the app creates the payment itself.
    pub attach: Option<String>,
    /// Where the browser comes back.
    pub callback: Option<Value>,
    /// Which servers are notified.
    pub endpoints: Option<Value>,
    /// How long the link waits for its customer, in seconds.
    pub expires_in: Option<u64>,
    /// In which language our pages are.
    pub language: Option<String>,
    /// In what our pages are shown.
    #[serde(default)]
    pub display: Display,
    /// Whether the callback gets a one-time token.
    pub one_time_token: Option<bool>,
    /// The merchant's own texts, by their names.
    pub metadata: Option<BTreeMap<String, String>>,
}

/// When money that was set aside is collected.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// At once.
    #[default]
    Automatic,
    /// When it is asked for.
    Manual,
}

/// In what our pages are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Display {
    /// In the customer's window.
    #[default]
    Page,
    /// In a window of their own, which the merchant's page opens.
    Popup,
}

impl OpenBody {
    /// Reads the fields.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn read(self) -> Result<OpenRequest, Invalid> {
        let amount = read_amount(&self.amount, &self.currency)?;
        let kept = Kept {
            reference: Some(read_text("reference", self.reference)?).filter(|reference| !reference.is_empty()),
            metadata: self.metadata.map(read_metadata).transpose()?,
        };
        let wanted = match self.capture {
            Capture::Automatic => Wanted::Payment(amount),
            Capture::Manual => Wanted::Reservation(amount),
        };
        let checkout = Checkout {
            wanted,
            institution: None,
            note: read_text("note", self.note)?,
            cancel: Cancel::Offered,
            payee: None,
            repeats: None,
        };
        Ok(OpenRequest {
            purpose: Purpose::Checkout(checkout),
            provider: read_provider(self.provider, self.attach)?,
            dialect_data: kept.written(),
            callback: self
                .callback
                .map_or(Ok(RequestedCallbacks::Nothing), |value| read_callback("callback", value))?,
            params_in: Placement::Query,
            endpoints: self
                .endpoints
                .map_or(Ok(RequestedCallbacks::Nothing), |value| read_items("endpoints", value))?,
            webhook_options: WebhookOptions::default(),
            one_time_token: self.one_time_token.map(|on| if on { OneTime::On } else { OneTime::Off }),
            extra_outcomes: Some(ExtraOutcomes::On),
            expiry: self.expires_in.map(|seconds| Expiry::within("expires_in", Duration::from_secs(seconds))),
            language: self.language.map(|tag| LanguageTag::parse(&tag)).transpose()?,
            in_popup: self.display == Display::Popup,
        })
    }
}

/// The body of a capture, a refund or a void.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationBody {
    /// The amount; without one, all that is left.
    pub amount: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub note: String,
}

impl OperationBody {
    /// Reads the fields, for an operation on this journey. Without an amount it is all that is left.
    ///
    /// # Errors
    /// When a field breaks a rule, or such an operation cannot be done to this journey.
    pub fn read(self, kind: OperationKind, original: &Journey) -> Result<OpenRequest, Invalid> {
        let note = read_text("note", self.note)?;
        let currency = original.opening().purpose.amount().map_or(Currency::EUR, Amount::currency);
        let asked = self.amount.map(|text| Amount::parse(&text, currency).map_err(|invalid| invalid.at("amount")));
        let asked = asked.transpose()?;
        let unsuitable = || Invalid::new("id", format!("names a journey that no {} can be of", kind.as_str()));
        let left = original.applicable(kind).ok_or_else(unsuitable)?;
        let amount = match (asked, left) {
            (Some(_), _) if kind == OperationKind::Void => {
                return Err(Invalid::new("amount", "has no use here").hint("a void releases all that is left"));
            }
            (_, _) if kind == OperationKind::Void => None,
            (Some(_), None) => return Err(unsuitable()),
            (None, Some(left)) if left.minor() == 0 => {
                return Err(Invalid::new("id", format!("names a journey of which no {} is left", kind.as_str())));
            }
            (asked, left) => asked.or(left),
        };
        Ok(operation(PaymentOperation { kind, amount, of: Some(original.pay_id()), note, reported_as: None }, original))
    }
}

/// A request to open this operation on a payment.
pub(super) fn operation(operation: PaymentOperation, payment: &Journey) -> OpenRequest {
    OpenRequest {
        dialect_data: Kept { metadata: None, ..Kept::of(payment) }.written(),
        // Whoever was to be notified of the payment, whatever the merchant has saved since.
        endpoints: RequestedCallbacks::OfPayment,
        webhook_options: WebhookOptions::default(),
        ..OpenRequest::plain(Purpose::Operation(operation))
    }
}

/// The provider: its name, or a list of names among which the customer chooses.
fn read_provider(provider: Option<Value>, attach: Option<String>) -> Result<Option<RequestedProvider>, Invalid> {
    let (field, expected) = ("provider", "expected a name, or a list of up to 8 names");
    let refused = |rule: &str| Invalid::new(field, rule).hint(expected);
    let names = match provider {
        None => Vec::new(),
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) if names.is_empty() => return Err(refused("is an empty list")),
        Some(Value::Array(names)) => {
            let texts = names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            texts.ok_or_else(|| refused("holds something that is not a name"))?
        }
        Some(_) => return Err(refused("is not what it may be")),
    };
    if names.len() > RequestedProvider::MOST {
        return Err(refused(&format!("has more than {} names", RequestedProvider::MOST)));
    }
    if (1..names.len()).any(|n| names[..n].contains(&names[n])) {
        return Err(refused("names a provider twice"));
    }
    let mut names = names.into_iter();
    match (names.next(), attach) {
        (None, None) => Ok(None),
        (Some(name), None) => Ok(Some(RequestedProvider { field, name, others: names.collect(), attaches: false })),
        (None, Some(name)) => Ok(Some(RequestedProvider { field: "attach", name, others: Vec::new(), attaches: true })),
        (Some(_), Some(_)) => {
            Err(Invalid::new("attach", "names a provider, too").hint("send attach or provider, not both"))
        }
    }
}

fn read_amount(amount: &str, currency: &str) -> Result<Amount, Invalid> {
    let currency = Currency::parse(currency).map_err(|invalid| invalid.at("currency"))?;
    Amount::parse(amount, currency).map_err(|invalid| invalid.at("amount"))
}

fn read_text(field: &str, text: String) -> Result<String, Invalid> {
    check_readable(field, &text)?;
    if text.chars().count() > MAX_TEXT {
        return Err(Invalid::new(field, format!("is longer than {MAX_TEXT} characters")));
    }
    Ok(text)
}

fn read_metadata(metadata: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Invalid> {
    let (most, longest_name, longest_text) = METADATA;
    if metadata.len() > most {
        return Err(Invalid::new("metadata", format!("has more than {most} entries")));
    }
    for (name, text) in &metadata {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > longest_name || !name.chars().all(is_name) {
            let hint = format!("expected 1 to {longest_name} of a-z, A-Z, 0-9, _, - and .");
            return Err(Invalid::new("metadata", "has a name that is not valid").hint(hint));
        }
        let field = format!("metadata.{name}");
        check_readable(&field, text)?;
        if text.chars().count() > longest_text {
            return Err(Invalid::new(field, format!("is longer than {longest_text} characters")));
        }
    }
    Ok(metadata)
}

/// A callback: an index, a name or a URL, a list of them, or a URL for each way in which the journey can end.
fn read_callback(field: &'static str, value: Value) -> Result<RequestedCallbacks, Invalid> {
    let Value::Object(members) = value else { return read_items(field, value) };
    let mut apart = [None, None, None];
    for (name, value) in members {
        let at = format!("{field}.{name}");
        let place = ["success", "cancelled", "failed"].iter().position(|own| *own == name);
        let expected = "expected success, cancelled and failed";
        let place = place.ok_or_else(|| Invalid::new(&*at, "is not a field").hint(expected))?;
        let Value::String(url) = value else { return Err(Invalid::new(at, "is not a URL")) };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let held = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| APPENDED.contains(&name.as_ref()));
        if let Some((name, _)) = held {
            return Err(Invalid::new(at, format!("holds the parameter {name}, which this gateway appends")));
        }
        apart[place] = Some(url);
    }
    let [success, cancelled, failed] = apart;
    Ok(RequestedCallbacks::Apart { success, cancelled, failed })
}

fn read_items(field: &'static str, value: Value) -> Result<RequestedCallbacks, Invalid> {
    const EXPECTED: &str = "expected an index, a name, a URL, or a list of them";
    let items = match value {
        Value::Array(items) if items.is_empty() => {
            return Err(Invalid::new(field, "is an empty list").hint("leave it out instead"));
        }
        Value::Array(items) => items,
        one => vec![one],
    };
    let items = items.into_iter().map(|item| match item {
        Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()).map(Item::Index),
        Value::String(name) if CallbackName::parse(&name).is_ok() => Some(Item::Name(name)),
        Value::String(url) => Some(Item::Url(url)),
        _ => None,
    });
    let items: Option<Vec<Item>> = items.collect();
    items.map(RequestedCallbacks::Items).ok_or_else(|| Invalid::new(field, "is not what it may be").hint(EXPECTED))
}

/// The body of `POST /v1/journeys/{id}/attach`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachBody {
    reference: String,
}

impl AttachBody {
    /// The provider's own reference of the payment that the app has created.
    ///
    /// # Errors
    /// When it is empty, too long or not readable.
    pub fn read(self) -> Result<String, Invalid> {
        let reference = read_text("reference", self.reference)?;
        if reference.trim().is_empty() {
            return Err(Invalid::new("reference", "is empty").hint("expected the provider's own reference"));
        }
        Ok(reference)
    }
}
