//! The body for a payment endpoint (contracts, section 7): three bodies, of which each endpoint and each link chooses
//! one.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::dialect::Pairs;
use crate::domain::{Amount, Invalid, Journey, WebhookEndpoint, WebhookPayload, words::words};

/// The field by which a link chooses the body.
pub(super) const FIELD: &str = "payment_endpoint_form";

/// The media type of bodies that are JSON.
pub(super) const JSON: &str = "application/json";

words! {
    /// The form of a webhook's body.
    #[derive(Default)]
    pub enum Form {
        /// Nested JSON, its status with a capital letter.
        #[default]
        Nested = "nested",
        /// JSON whose keys have brackets, its status in lower case.
        Brackets = "brackets",
        /// The keys of `Brackets`, form-urlencoded.
        Urlencoded = "form",
    }
}

impl Form {
    /// Reads a form's word: `nested`, `brackets` or `form`.
    ///
    /// # Errors
    /// When there is no such form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::of_word(text).ok_or_else(|| Invalid::new(FIELD, "is neither nested, brackets nor form"))
    }

    /// The form of an endpoint's body. What is going to be encrypted is JSON: there a form's keys have brackets
    /// too.
    fn of(endpoint: &WebhookEndpoint) -> Option<Self> {
        let own = if endpoint.form.is_empty() { Self::default() } else { Self::parse(&endpoint.form).ok()? };
        Some(if endpoint.cipher.is_some() && own == Self::Urlencoded { Self::Brackets } else { own })
    }
}

#[derive(Serialize)]
struct Nested<'a> {
    #[serde(rename = "ResponseCode")]
    code: u8,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    pay_id: u64,
    note: &'a str,
    amount: Box<RawValue>,
    user_id: String,
    status: String,
}

/// Writes a webhook with this status, in lower case. `None` when it cannot be written, which no journey and no endpoint
/// is known to do.
pub(super) fn webhook(endpoint: &WebhookEndpoint, journey: &Journey, status: &'static str) -> Option<WebhookPayload> {
    match Form::of(endpoint)? {
        Form::Nested => Some(WebhookPayload { content_type: JSON.into(), body: nested(journey, status).ok()? }),
        Form::Brackets => Some(WebhookPayload { content_type: JSON.into(), body: brackets(journey, status).ok()? }),
        Form::Urlencoded => {
            // SecPaid's own plugin reads `data[status]` whatever happened, and refuses a body without it.
            let body = serde_urlencoded::to_string(pairs(journey, "data[status]", status)).ok()?;
            Some(WebhookPayload { content_type: "application/x-www-form-urlencoded".into(), body })
        }
    }
}

fn nested(journey: &Journey, status: &str) -> serde_json::Result<String> {
    let (first, rest) = status.split_at(status.len().min(1));
    serde_json::to_string(&Nested {
        code: 1,
        data: Data {
            pay_id: journey.pay_id().number(),
            note: journey.opening().purpose.note(),
            amount: RawValue::from_string(amount(journey))?,
            user_id: journey.opening().merchant.to_string(),
            status: first.to_uppercase() + rest,
        },
    })
}

/// The bracket keys in the contract's order, with numbers as numbers.
fn brackets(journey: &Journey, status: &str) -> serde_json::Result<String> {
    // The contract's own sample of a cancellation has the capital letter.
    let name = if status == "success" { "data[status]" } else { "data[Status]" };
    let members = pairs(journey, name, status).into_iter().map(|(name, value)| {
        let is_number = matches!(name, "ResponseCode" | "data[pay_id]" | "data[amount]");
        let value = if is_number { RawValue::from_string(value) } else { to_raw_value(&value) };
        value.map(|value| (name.to_owned(), value))
    });
    serde_json::to_string(&Pairs(members.collect::<Result<_, _>>()?))
}

/// The bracket keys, the last one by its name, and their values.
fn pairs(journey: &Journey, name: &'static str, status: &str) -> [(&'static str, String); 5] {
    [
        ("ResponseCode", "1".to_owned()),
        ("data[pay_id]", journey.pay_id().to_string()),
        ("data[amount]", amount(journey)),
        ("data[user_id]", journey.opening().merchant.to_string()),
        (name, status.to_owned()),
    ]
}

fn amount(journey: &Journey) -> String {
    journey.opening().purpose.amount().map_or_else(|| "0".to_owned(), Amount::shortest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Sealed, UnixMillis};
    use crate::store::laws::fixtures::{Draft, entry};

    fn endpoint(form: &str) -> WebhookEndpoint {
        WebhookEndpoint { form: form.into(), ..WebhookEndpoint::at(entry("https://m.example/pay").url) }
    }

    fn body(endpoint: &WebhookEndpoint, status: &'static str) -> WebhookPayload {
        let journey = Draft::at(UnixMillis::from_millis(0)).noted("order \"7\"").journey();
        let mut webhook = webhook(endpoint, &journey, status).unwrap();
        let (pay_id, user_id) = (journey.pay_id().to_string(), journey.opening().merchant.to_string());
        webhook.body = webhook.body.replace(&pay_id, "PAY").replace(&user_id, "USER");
        webhook
    }

    #[test]
    fn each_body_is_the_contracts() {
        let nested = |status| {
            format!(
                r#"{{"ResponseCode":1,"data":{{"pay_id":PAY,"note":"order \"7\"","amount":25,"user_id":"USER","status":"{status}"}}}}"#
            )
        };
        let form = |status| {
            format!(
                "ResponseCode=1&data%5Bpay_id%5D=PAY&data%5Bamount%5D=25&data%5Buser_id%5D=USER&data%5Bstatus%5D={status}"
            )
        };
        for (word, status, expected) in [
            ("", "success", nested("Success")),
            ("nested", "cancel", nested("Cancel")),
            (
                "brackets",
                "success",
                r#"{"ResponseCode":1,"data[pay_id]":PAY,"data[amount]":25,"data[user_id]":"USER","data[status]":"success"}"#.into(),
            ),
            (
                "brackets",
                "cancel",
                r#"{"ResponseCode":1,"data[pay_id]":PAY,"data[amount]":25,"data[user_id]":"USER","data[Status]":"cancel"}"#.into(),
            ),
            ("form", "success", form("success")),
            ("form", "cancel", form("cancel")),
        ] {
            assert_eq!(body(&endpoint(word), status).body, expected);
        }
        assert_eq!(body(&endpoint("form"), "success").content_type, "application/x-www-form-urlencoded");
        assert!(Form::parse("xml").is_err());
        for form in [Form::Nested, Form::Brackets, Form::Urlencoded] {
            assert_eq!(Form::parse(form.as_str()).unwrap(), form);
        }
    }

    #[test]
    fn what_is_going_to_be_encrypted_is_json() {
        for (form, same) in [("", "nested"), ("brackets", "brackets"), ("form", "brackets")] {
            let encrypted = WebhookEndpoint { cipher: Some(Sealed::new(Vec::new())), ..endpoint(form) };
            assert_eq!(body(&encrypted, "cancel"), body(&endpoint(same), "cancel"));
        }
    }
}
