//! `createLink` and `createSplitLink`, read.

use std::time::Duration;

use super::cipher::{KEY, read_key};
use super::{Form, kept::Kept, known, split, webhook::FIELD};
use crate::dialect::Fields;
use crate::domain::text::check_readable;
use crate::domain::{
    Amount, CallbackName, Cancel, Checkout, Ciphering, Currency, Expiry, ExtraOutcomes, Invalid, Item, NotifyOn,
    OneTime, OpenRequest, Placement, Purpose, RequestedCallbacks, Wanted, WebhookOptions,
};

/// The longest text of a field that is kept as it is, in bytes.
const MAX_TEXT: usize = 255;

/// The field with the payment endpoints, and the longest list of them, in bytes.
const ENDPOINT: &str = "payment_endpoint";
const MAX_ENDPOINT: usize = 4096;

/// The field that says for how many seconds the link can be used.
const EXPIRES_IN: &str = "expires_in";

/// The field that says whether payment endpoints are notified of what was not paid.
const ON_CANCEL: &str = "payment_endpoint_on_cancel";

/// Which of the two calls it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `createLink`.
    Basic,
    /// `createSplitLink`.
    Split,
}

/// Reads the fields of `createLink` or `createSplitLink`.
///
/// # Errors
/// With the documented message where there is one, else with the field and the rule.
pub fn read_wish(fields: &Fields, kind: Kind) -> Result<OpenRequest, Invalid> {
    known::check(fields)?;
    let amount = read_amount(fields)?;
    let note = text(fields, "recipient_note")?.unwrap_or_default();
    let mut kept = kept(fields)?;
    if kind == Kind::Split {
        let (recipients, split_type) = split::read(fields, amount)?;
        (kept.recipients, kept.split_type) = (Some(recipients), Some(split_type));
    }
    Ok(OpenRequest {
        purpose: Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(amount),
            institution: None,
            note,
            cancel: read_cancel(fields)?,
            payee: None,
            repeats: None,
        }),
        provider: None,
        dialect_data: kept.written(),
        callback: read_callbacks("callback_url", fields.text("callback_url"))?,
        params_in: fields.text("params_in").map(Placement::parse).transpose()?.unwrap_or_default(),
        endpoints: read_callbacks(ENDPOINT, within(fields, ENDPOINT, MAX_ENDPOINT)?)?,
        webhook_options: read_webhook_options(fields)?,
        one_time_token: fields.flag("one_time_token")?.map(|on| if on { OneTime::On } else { OneTime::Off }),
        extra_outcomes: fields
            .flag("extra_outcomes")?
            .map(|on| if on { ExtraOutcomes::On } else { ExtraOutcomes::Off }),
        // A field of this gateway, because SecPaid has none.
        expiry: fields.number(EXPIRES_IN)?.map(|seconds| Expiry::within(EXPIRES_IN, Duration::from_secs(seconds))),
        language: None,
        in_popup: false,
    })
}

fn read_amount(fields: &Fields) -> Result<Amount, Invalid> {
    match fields.text("amount").map(str::trim) {
        None | Some("") => Err(Invalid::new("amount", "Amount is required")),
        Some(text) => Amount::parse(text, Currency::EUR),
    }
}

/// `cancellable`, or `is_cancellation` as the older pages call it; both default to yes.
fn read_cancel(fields: &Fields) -> Result<Cancel, Invalid> {
    match (fields.flag("cancellable")?, fields.flag("is_cancellation")?) {
        (Some(a), Some(b)) if a != b => Err(Invalid::new("is_cancellation", "contradicts cancellable")),
        (Some(false), _) | (_, Some(false)) => Ok(Cancel::Withheld),
        _ => Ok(Cancel::Offered),
    }
}

/// How payment endpoints are notified of this one link; what is not said is as each was saved.
fn read_webhook_options(fields: &Fields) -> Result<WebhookOptions, Invalid> {
    let form = fields.text(FIELD).map(Form::parse).transpose()?;
    Ok(WebhookOptions {
        form: form.map(|form| form.as_str().to_owned()),
        notify_on: fields.flag(ON_CANCEL)?.map(|on| if on { NotifyOn::ALL } else { NotifyOn::SUCCESS }),
        ciphering: read_ciphering(fields)?,
    })
}

fn read_ciphering(fields: &Fields) -> Result<Ciphering, Invalid> {
    match (fields.flag("is_encryption")?, fields.text(KEY)) {
        (Some(false), _) => Ok(Ciphering::Clear),
        (Some(true), Some(key)) => read_key(key).map(Ciphering::Key),
        (Some(true), None) => Ok(Ciphering::OwnKey),
        (None, None) => Ok(Ciphering::AsSaved),
        (None, Some(_)) => {
            Err(Invalid::new(KEY, "comes without is_encryption").hint("send is_encryption=true with it, or neither"))
        }
    }
}

fn read_callbacks(field: &str, asked: Option<&str>) -> Result<RequestedCallbacks, Invalid> {
    match asked {
        None => Ok(RequestedCallbacks::Nothing),
        Some(array) if array.starts_with('[') => read_array(field, array),
        Some(text) => Ok(RequestedCallbacks::Text(text.to_owned())),
    }
}

/// A JSON array of URLs, names and indices, in which commas are nobody's problem.
fn read_array(field: &str, array: &str) -> Result<RequestedCallbacks, Invalid> {
    let refused = || Invalid::new(field, "is not an array of indices, names and URLs");
    let items: Vec<serde_json::Value> = serde_json::from_str(array).map_err(|_| refused())?;
    if items.is_empty() {
        return Err(Invalid::new(field, "is an empty array").hint("leave the field out instead"));
    }
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let read = match item {
            serde_json::Value::Number(number) => number.as_u64().and_then(|n| usize::try_from(n).ok()).map(Item::Index),
            serde_json::Value::String(text) => Some(read_item(text)),
            _ => None,
        };
        read.ok_or_else(|| refused().at(format!("{field} item {}", index + 1)))
    });
    Ok(RequestedCallbacks::Items(items.collect::<Result<_, _>>()?))
}

fn read_item(text: String) -> Item {
    match text.parse() {
        Ok(index) if text.bytes().all(|b| b.is_ascii_digit()) => Item::Index(index),
        _ if CallbackName::parse(&text).is_ok() => Item::Name(text),
        _ => Item::Url(text),
    }
}

/// The fields that are only given back, or that other code reads later.
fn kept(fields: &Fields) -> Result<Kept, Invalid> {
    Ok(Kept {
        bank_statement_description: text(fields, "bank_statement_description")?,
        bank_transfer: fields.flag("bank_transfer")?.unwrap_or_default(),
        is_qr_link: fields.flag("is_qr_link")?.unwrap_or_default(),
        ..Kept::default()
    })
}

/// A text that people see or compare.
fn text(fields: &Fields, name: &'static str) -> Result<Option<String>, Invalid> {
    let text = within(fields, name, MAX_TEXT)?;
    text.map(|text| check_readable(name, text).map(|()| text.to_owned())).transpose()
}

fn within<'a>(fields: &'a Fields, name: &'static str, longest: usize) -> Result<Option<&'a str>, Invalid> {
    match fields.text(name) {
        Some(text) if text.len() > longest => Err(Invalid::new(name, format!("is longer than {longest} bytes"))),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<OpenRequest, Invalid> {
        read_wish(&Fields::from_json(json.as_bytes()).unwrap(), Kind::Basic)
    }

    #[test]
    fn a_number_and_a_text_are_the_same_amount() {
        assert_eq!(read(r#"{"amount": 25.10}"#).unwrap(), read(r#"{"amount": "25.1"}"#).unwrap());
        assert_eq!(read(r#"{"recipient_note": "x"}"#).unwrap_err().rule(), "Amount is required");
        for bad in ["0", "-1", "\"1e3\"", "0.001", "true", "[1]"] {
            assert!(read(&format!(r#"{{"amount": {bad}}}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn both_names_of_the_cancel_flag_are_read() {
        for (json, cancel) in [
            (r#"{"amount":1}"#, Cancel::Offered),
            (r#"{"amount":1,"cancellable":false}"#, Cancel::Withheld),
            (r#"{"amount":1,"cancellable":"false"}"#, Cancel::Withheld),
            (r#"{"amount":1,"is_cancellation":"No"}"#, Cancel::Withheld),
            (r#"{"amount":1,"is_cancellation":"Yes"}"#, Cancel::Offered),
        ] {
            assert_eq!(read(json).unwrap().purpose.cancel(), cancel, "{json}");
        }
        assert!(read(r#"{"amount":1,"cancellable":true,"is_cancellation":"No"}"#).is_err());
    }

    #[test]
    fn callbacks_come_as_text_or_as_an_array() {
        let callback = |json: &str| read(json).map(|open_request| open_request.callback);
        assert_eq!(callback(r#"{"amount":1}"#).unwrap(), RequestedCallbacks::Nothing);
        assert_eq!(callback(r#"{"amount":1,"callback_url":0}"#).unwrap(), RequestedCallbacks::Text("0".into()));
        assert_eq!(
            callback(r#"{"amount":1,"callback_url":["https://a.example/x,y", 1, "0", "shop"]}"#).unwrap(),
            RequestedCallbacks::Items(vec![
                Item::Url("https://a.example/x,y".into()),
                Item::Index(1),
                Item::Index(0),
                Item::Name("shop".into())
            ])
        );
        for bad in ["[]", "[true]", "[-1]", "[1.5]", "[[0]]"] {
            assert!(callback(&format!(r#"{{"amount":1,"callback_url":{bad}}}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_link_says_how_its_endpoints_are_told() {
        let webhook_options =
            |more: &str| read(&format!(r#"{{"amount":1{more}}}"#)).map(|open_request| open_request.webhook_options);
        assert_eq!(webhook_options("").unwrap(), WebhookOptions::default());
        assert_eq!(
            webhook_options(r#","payment_endpoint_form":"","encryption_key":"""#).unwrap(),
            WebhookOptions::default()
        );
        let form = WebhookOptions { form: Some("form".into()), ..WebhookOptions::default() };
        assert_eq!(webhook_options(r#","payment_endpoint_form":"form""#).unwrap(), form);
        for (flag, told) in [("false", NotifyOn::SUCCESS), ("\"No\"", NotifyOn::SUCCESS), ("true", NotifyOn::ALL)] {
            let expected = WebhookOptions { notify_on: Some(told), ..WebhookOptions::default() };
            assert_eq!(
                webhook_options(&format!(r#","payment_endpoint_on_cancel":{flag}"#)).unwrap(),
                expected,
                "{flag}"
            );
        }
        let key = r#","encryption_key":"0123456789abcdefFEDCBA9876543210""#;
        let own = Ciphering::Key(read_key("0123456789abcdefFEDCBA9876543210").unwrap());
        for (more, expected) in [
            (format!(r#","is_encryption":"Yes"{key}"#), own),
            (r#","is_encryption":true"#.into(), Ciphering::OwnKey),
            (format!(r#","is_encryption":"No"{key}"#), Ciphering::Clear),
        ] {
            assert_eq!(
                webhook_options(&more).unwrap(),
                WebhookOptions { ciphering: expected, ..WebhookOptions::default() },
                "{more}"
            );
        }
        for (more, field) in [
            (key, "encryption_key"),
            (r#","is_encryption":true,"encryption_key":"k""#, "encryption_key"),
            (r#","is_encryption":"perhaps""#, "is_encryption"),
            (r#","payment_endpoint_on_cancel":"perhaps""#, "payment_endpoint_on_cancel"),
            (r#","payment_endpoint_form":"xml""#, "payment_endpoint_form"),
        ] {
            assert_eq!(webhook_options(more).unwrap_err().field(), field, "{more}");
        }
    }

    #[test]
    fn payment_endpoints_come_as_text_or_as_an_array() {
        let endpoints = |json: &str| read(&format!(r#"{{"amount":1,"payment_endpoint":{json}}}"#)).map(|w| w.endpoints);
        assert_eq!(endpoints("\"\"").unwrap(), RequestedCallbacks::Nothing);
        assert_eq!(
            endpoints("\"0,https://a.example/\"").unwrap(),
            RequestedCallbacks::Text("0,https://a.example/".into())
        );
        let items = vec![Item::Url("https://a.example/x,y".into()), Item::Index(1)];
        assert_eq!(endpoints(r#"["https://a.example/x,y", 1]"#).unwrap(), RequestedCallbacks::Items(items));
        assert_eq!(endpoints("[0,true]").unwrap_err().field(), "payment_endpoint item 2");
        assert_eq!(endpoints("[]").unwrap_err().field(), "payment_endpoint");
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        assert!(read(&format!(r#"{{"amount":1,"recipient_note":"{}"}}"#, "x".repeat(256))).is_err());
    }
}
