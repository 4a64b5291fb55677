//! What a payment endpoint is told (contracts, section 7): three bodies, of which each link chooses one.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::link::extra;
use crate::domain::delivery::Notice;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::money::Amount;

/// The field that chooses the body.
pub(super) const FIELD: &str = "payment_endpoint_form";

const JSON: &str = "application/json";

/// The form of a notice's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nested JSON, its status with a capital letter.
    Nested,
    /// JSON whose keys have brackets, its status in lower case.
    Brackets,
    /// The same keys, form-urlencoded.
    Urlencoded,
}

impl Form {
    /// Reads a form's word.
    ///
    /// # Errors
    /// When there is no such form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "nested" => Ok(Self::Nested),
            "brackets" => Ok(Self::Brackets),
            "form" => Ok(Self::Urlencoded),
            _ => Err(Invalid::new(FIELD, "is neither nested, brackets nor form")),
        }
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

/// Writes a notice with this status, in lower case. `None` when it cannot be written, which no journey is known to do.
pub(super) fn notice(journey: &Journey, status: &'static str) -> Option<Notice> {
    match extra(journey, FIELD).map_or(Ok(Form::Nested), Form::parse).ok()? {
        Form::Nested => Some(Notice { content_type: JSON.into(), body: nested(journey, status).ok()? }),
        Form::Brackets => Some(Notice { content_type: JSON.into(), body: brackets(journey, status)? }),
        Form::Urlencoded => {
            let body = serde_urlencoded::to_string(pairs(journey, status)).ok()?;
            Some(Notice { content_type: "application/x-www-form-urlencoded".into(), body })
        }
    }
}

fn nested(journey: &Journey, status: &str) -> Result<String, serde_json::Error> {
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
fn brackets(journey: &Journey, status: &str) -> Option<String> {
    let members = pairs(journey, status).into_iter().map(|(name, value)| {
        let is_number = matches!(name, "ResponseCode" | "data[pay_id]" | "data[amount]");
        let value = if is_number { RawValue::from_string(value) } else { to_raw_value(&value) };
        Some(format!("{}:{}", serde_json::to_string(name).ok()?, value.ok()?))
    });
    Some(format!("{{{}}}", members.collect::<Option<Vec<_>>>()?.join(",")))
}

fn pairs(journey: &Journey, status: &str) -> [(&'static str, String); 5] {
    // The contract's own sample of a cancellation has the capital letter.
    let name = if status == "success" { "data[status]" } else { "data[Status]" };
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
    use crate::domain::moment::Moment;
    use crate::store::laws::cast::Draft;

    fn body(form: Option<&str>, status: &'static str) -> Notice {
        let extras = form.map(|form| (FIELD.to_owned(), form.to_owned()));
        let draft = Draft::at(Moment::from_millis(0)).noted("order \"7\"");
        let journey = draft.with(|opening| opening.extras = extras.into_iter().collect()).journey();
        let mut notice = notice(&journey, status).unwrap();
        let (pay_id, user_id) = (journey.pay_id().to_string(), journey.opening().merchant.to_string());
        notice.body = notice.body.replace(&pay_id, "PAY").replace(&user_id, "USER");
        notice
    }

    #[test]
    fn each_body_is_the_contracts() {
        let nested = |status| {
            format!(
                r#"{{"ResponseCode":1,"data":{{"pay_id":PAY,"note":"order \"7\"","amount":25,"user_id":"USER","status":"{status}"}}}}"#
            )
        };
        for (form, status, expected) in [
            (None, "success", nested("Success")),
            (Some("nested"), "cancel", nested("Cancel")),
            (
                Some("brackets"),
                "success",
                r#"{"ResponseCode":1,"data[pay_id]":PAY,"data[amount]":25,"data[user_id]":"USER","data[status]":"success"}"#.into(),
            ),
            (
                Some("brackets"),
                "cancel",
                r#"{"ResponseCode":1,"data[pay_id]":PAY,"data[amount]":25,"data[user_id]":"USER","data[Status]":"cancel"}"#.into(),
            ),
            (
                Some("form"),
                "success",
                "ResponseCode=1&data%5Bpay_id%5D=PAY&data%5Bamount%5D=25&data%5Buser_id%5D=USER&data%5Bstatus%5D=success".into(),
            ),
        ] {
            assert_eq!(body(form, status).body, expected);
        }
        assert_eq!(body(Some("form"), "success").content_type, "application/x-www-form-urlencoded");
        assert!(Form::parse("xml").is_err());
    }
}
