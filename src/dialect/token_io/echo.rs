//! What a call sent, as its answers say it again: lenient in, strict out.
//!
//! A caller may leave out a field that answers have, send `null` for one that it has not, or write a flag or a number
//! as its language does. Other readers of the answer know only the vendor's schema. So what is kept is completed to
//! that.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Flow, checked::read_ref_id};
use crate::dialect::{Object, Pairs};
use crate::domain::Invalid;

/// The fields that are `true` or `false`.
const FLAGS: [&str; 4] =
    ["confirmFunds", "returnRefundAccount", "disableFutureDatedPaymentConversion", "returnTokenizedAccount"];

/// An initiation, which was sent as `raw`.
///
/// # Errors
/// When a flag is neither `true` nor `false`.
pub(super) fn initiation(sent: &Object, raw: &str, flow: Flow) -> Result<String, Invalid> {
    let mut members = own(sent, raw)?;
    put(&mut members, "flowType", &flow);
    Ok(object(members))
}

/// The template of a payment link, which was sent as `raw`.
///
/// # Errors
/// When a flag is neither `true` nor `false`.
pub(super) fn template(sent: &Object, raw: &str) -> Result<String, Invalid> {
    own(sent, raw).map(object)
}

fn own(sent: &Object, raw: &str) -> Result<Members, Invalid> {
    let mut members = members(raw);
    for name in FLAGS {
        if let Some(flag) = sent.flag(name)? {
            put(&mut members, name, &flag);
        }
    }
    put(&mut members, "refId", &read_ref_id(sent, usize::MAX)?);
    Ok(members)
}

type Members = Vec<(String, Box<RawValue>)>;

fn put(members: &mut Members, name: &str, value: &impl Serialize) {
    let Ok(value) = to_raw_value(value) else { return };
    match members.iter_mut().find(|(own, _)| own == name) {
        Some((_, own)) => *own = value,
        None => members.push((name.to_owned(), value)),
    }
}

/// The members of an object, without those that are `null` or an empty text, which is as good as absent, at any depth.
fn members(raw: &str) -> Members {
    let Ok(Pairs(members)) = serde_json::from_str::<Pairs>(raw) else { return Vec::new() };
    let kept = members.into_iter().filter(|(_, value)| !matches!(value.get(), "null" | "\"\""));
    kept.filter_map(|(name, value)| Some((name, RawValue::from_string(strict(value.get())).ok()?))).collect()
}

fn strict(raw: &str) -> String {
    if raw.starts_with('{') { object(members(raw)) } else { super::canonical::compact(raw) }
}

fn object(members: Members) -> String {
    serde_json::to_string(&Pairs(members)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(raw: &str, flow: Flow) -> String {
        initiation(&Object::of_body(raw.as_bytes()).unwrap(), raw, flow).unwrap()
    }

    #[test]
    fn what_a_caller_writes_loosely_is_answered_as_the_schema_has_it() {
        for (sent, answered) in [
            (
                r#"{ "refId": "a", "amount": { "value": "1.50" } }"#,
                r#"{"refId":"a","amount":{"value":"1.50"},"flowType":"API_ONLY"}"#,
            ),
            (r#"{"refId":7,"flowType":""}"#, r#"{"refId":"7","flowType":"API_ONLY"}"#),
            (
                r#"{"refId":"a","debtor":null,"risk":{"a":null,"b":[ 1 ]}}"#,
                r#"{"refId":"a","risk":{"b":[1]},"flowType":"API_ONLY"}"#,
            ),
            (r#"{"refId":"a","chargeBearer":"","confirmFunds":""}"#, r#"{"refId":"a","flowType":"API_ONLY"}"#),
        ] {
            assert_eq!(said(sent, Flow::ApiOnly), answered);
        }
        for name in FLAGS {
            let answered = said(
                &format!(r#"{{"refId":"a","flowType":"FULL_HOSTED_PAGES","{name}":"true"}}"#),
                Flow::FullHostedPages,
            );
            assert_eq!(answered, format!(r#"{{"refId":"a","flowType":"FULL_HOSTED_PAGES","{name}":true}}"#));
        }
    }
}
