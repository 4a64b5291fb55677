//! `createLink` and `createSplitLink`, read.

use super::notice::{FIELD, Form};
use super::split;
use crate::dialect::fields::Fields;
use crate::domain::callback::Item;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{Cancel, Checkout, Purpose, Wanted};
use crate::domain::money::{Amount, Currency};
use crate::domain::terms::{ExtraOutcomes, OneTime};
use crate::domain::wish::{Asked, Wish};

/// The longest text of a field that is kept as it is, in bytes.
const MAX_TEXT: usize = 255;

/// The field with the payment endpoints, and the longest list of them, in bytes.
const ENDPOINT: &str = "payment_endpoint";
const MAX_ENDPOINT: usize = 4096;

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
pub fn read_wish(fields: &Fields, kind: Kind) -> Result<Wish, Invalid> {
    let amount = read_amount(fields)?;
    let note = text(fields, "recipient_note")?.unwrap_or_default();
    let mut extras = kept(fields)?;
    if kind == Kind::Split {
        extras.extend(split::read(fields, amount)?);
    }
    Ok(Wish {
        purpose: Purpose::Checkout(Checkout {
            wanted: Wanted::Payment(amount),
            institution: None,
            note,
            cancel: read_cancel(fields)?,
        }),
        extras,
        callback: read_callback(fields)?,
        endpoints: read_endpoints(fields)?,
        one_time_token: fields.flag("one_time_token")?.map(|on| if on { OneTime::On } else { OneTime::Off }),
        extra_outcomes: fields
            .flag("extra_outcomes")?
            .map(|on| if on { ExtraOutcomes::On } else { ExtraOutcomes::Off }),
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

fn read_endpoints(fields: &Fields) -> Result<Asked, Invalid> {
    let asked = text_of(fields, ENDPOINT, MAX_ENDPOINT)?.filter(|asked| !asked.is_empty());
    Ok(asked.map_or(Asked::Nothing, Asked::Text))
}

fn read_callback(fields: &Fields) -> Result<Asked, Invalid> {
    match fields.text("callback_url") {
        None => Ok(Asked::Nothing),
        Some(array) if array.starts_with('[') => read_array(array),
        Some(text) => Ok(Asked::Text(text.to_owned())),
    }
}

/// A JSON array of URLs, names and indices, in which commas are nobody's problem.
fn read_array(array: &str) -> Result<Asked, Invalid> {
    let refused = || Invalid::new("callback_url", "is not an array of indices, names and URLs");
    let items: Vec<serde_json::Value> = serde_json::from_str(array).map_err(|_| refused())?;
    if items.is_empty() {
        return Err(Invalid::new("callback_url", "is an empty array").hint("leave the field out instead"));
    }
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let read = match item {
            serde_json::Value::Number(number) => number.as_u64().and_then(|n| usize::try_from(n).ok()).map(Item::Index),
            serde_json::Value::String(text) => Some(read_item(text)),
            _ => None,
        };
        read.ok_or_else(|| refused().at(format!("callback_url item {}", index + 1)))
    });
    Ok(Asked::Items(items.collect::<Result<_, _>>()?))
}

fn read_item(text: String) -> Item {
    match text.parse() {
        Ok(index) if text.bytes().all(|b| b.is_ascii_digit()) => Item::Index(index),
        _ if text.contains(':') || text.is_empty() => Item::Url(text),
        _ => Item::Name(text),
    }
}

/// The fields that are only given back, or that another room will use.
fn kept(fields: &Fields) -> Result<Vec<(String, String)>, Invalid> {
    let mut extras = Vec::new();
    for (name, longest) in [(ENDPOINT, MAX_ENDPOINT), (FIELD, MAX_TEXT), ("bank_statement_description", MAX_TEXT)] {
        let value = text_of(fields, name, longest)?.filter(|value| !value.is_empty());
        extras.extend(value.map(|value| (name.to_owned(), value)));
    }
    if let Some((_, form)) = extras.iter().find(|(name, _)| name == FIELD) {
        Form::parse(form)?;
    }
    for name in ["bank_transfer", "is_qr_link"] {
        extras.extend(fields.flag(name)?.filter(|on| *on).map(|_| (name.to_owned(), "true".to_owned())));
    }
    if fields.flag("is_encryption")?.unwrap_or(false)
        || fields.text("encryption_key").is_some_and(|key| !key.is_empty())
    {
        return Err(Invalid::new("is_encryption", "is not offered by this gateway yet")
            .hint("leave is_encryption and encryption_key out"));
    }
    Ok(extras)
}

fn text(fields: &Fields, name: &'static str) -> Result<Option<String>, Invalid> {
    text_of(fields, name, MAX_TEXT)
}

fn text_of(fields: &Fields, name: &'static str, longest: usize) -> Result<Option<String>, Invalid> {
    match fields.text(name) {
        Some(text) if text.len() > longest => Err(Invalid::new(name, format!("is longer than {longest} bytes"))),
        Some(text) if text.chars().any(char::is_control) => Err(Invalid::new(name, "holds a control character")),
        text => Ok(text.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Wish, Invalid> {
        read_wish(&Fields::from_json(json.as_bytes()).unwrap(), Kind::Basic)
    }

    #[test]
    fn a_number_and_a_text_are_the_same_amount() {
        assert_eq!(read(r#"{"amount": 25.10}"#).unwrap(), read(r#"{"amount": "25.1"}"#).unwrap());
        assert_eq!(read(r#"{"recipient_note": "x"}"#).unwrap_err().rule(), "Amount is required");
        for bad in ["0", "-1", "1e3", "0.001", "true", "[1]"] {
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
        let callback = |json: &str| read(json).map(|wish| wish.callback);
        assert_eq!(callback(r#"{"amount":1}"#).unwrap(), Asked::Nothing);
        assert_eq!(callback(r#"{"amount":1,"callback_url":0}"#).unwrap(), Asked::Text("0".into()));
        assert_eq!(
            callback(r#"{"amount":1,"callback_url":["https://a.example/x,y", 1, "0", "shop"]}"#).unwrap(),
            Asked::Items(vec![
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
    fn what_is_not_offered_is_refused_and_not_ignored() {
        assert!(read(r#"{"amount":1,"is_encryption":"true","encryption_key":"k"}"#).is_err());
        assert!(read(r#"{"amount":1,"is_encryption":"false"}"#).is_ok());
        assert!(read(&format!(r#"{{"amount":1,"recipient_note":"{}"}}"#, "x".repeat(256))).is_err());
    }
}
