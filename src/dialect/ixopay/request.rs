//! The calls below `/transaction`, read: a transaction that is asked for (contracts/ixopay.md, section 4).
//!
//! Fields that mean nothing to a gateway that redirects are checked as far as they are documented, and then left alone:
//! who the customer is, what is in the basket, how a card is split.

use std::collections::BTreeMap;

use super::{Kept, Kind, LONGEST_URL, Reference, checked, simulator};
use crate::dialect::Object;
use crate::domain::{Amount, Currency, Invalid, LanguageTag, RepeatAgreement, text::check_readable};

/// The merchant's id of the transaction, and the `uuid` of the one before it.
const ID: &str = "merchantTransactionId";
const REFERENCE: &str = "referenceUuid";

/// The most members of `extraData`, and the longest of their names and values, in characters.
const MAX_EXTRA: usize = 64;
const MAX_EXTRA_NAME: usize = 64;
const MAX_EXTRA_VALUE: usize = 8192;

/// A transaction that a merchant asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What it is.
    pub kind: Kind,
    /// The merchant's own id of it: 1 to 50 characters, used once.
    pub id: String,
    /// How much.
    pub amount: Option<Amount>,
    /// What it is for, in characters that people can read; may be empty.
    pub description: String,
    /// The transaction before it, for the kinds that [follow](Kind::follows) one, and for what is repeated.
    pub reference: Option<Reference>,
    /// How its customer has agreed to it before, where it is repeated without the customer.
    pub agreed_as: Option<RepeatAgreement>,
    /// Where the browser goes on success, or while nothing is certain.
    pub success_url: Option<String>,
    /// Where the browser goes when its customer said no.
    pub cancel_url: Option<String>,
    /// Where the browser goes when it failed.
    pub error_url: Option<String>,
    /// Where its callbacks go.
    pub callback_url: Option<String>,
    /// The language of its customer.
    pub language: Option<LanguageTag>,
    /// What the journey keeps.
    pub kept: Kept,
}

impl Asked {
    /// Reads the body of a call.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule; the field is `body` when it is no JSON object at all.
    pub fn read(kind: Kind, body: &[u8]) -> Result<Self, Invalid> {
        let object = Object::of_body(body)?;
        let id = checked::needed(&object, ID, 50)?;
        let amount = read_amount(&object, kind)?;
        checked::all(&object, &checked::ALONGSIDE)?;
        refuse_later_capture(&object)?;
        refuse_card_number(&object)?;
        let url = |name| checked::text(&object, name, LONGEST_URL);
        let description = checked::text(&object, "description", 255)?.unwrap_or_default();
        // Shops send several lines; a page shows them as one.
        let description = description.replace(['\r', '\n', '\t'], " ");
        check_readable(ID, &id)?;
        check_readable("description", &description)?;
        Ok(Self {
            kind,
            amount: amount.as_ref().map(|(_, amount)| *amount),
            description,
            reference: read_reference(&object, kind)?,
            agreed_as: agreed_as(&object, kind),
            success_url: url("successUrl")?,
            cancel_url: url("cancelUrl")?,
            error_url: url("errorUrl")?,
            callback_url: url("callbackUrl")?.filter(|_| kind.takes_callback()),
            language: checked::text(&object, "language", 2)?.map(|tag| LanguageTag::parse(&tag)).transpose()?,
            kept: kept(&object, (kind, &id), amount)?,
            id,
        })
    }
}

/// What answers and callbacks give back, and what the sandbox bank gets.
fn kept(object: &Object, (kind, id): (Kind, &str), amount: Option<(String, Amount)>) -> Result<Kept, Invalid> {
    let merchant_meta_data = checked::text(object, "merchantMetaData", 255)?;
    let reference_uuid = checked::text(object, REFERENCE, 50)?;
    let extra = read_extra(object)?;
    let member = |name: &str| extra.get(name).map(String::as_str);
    let has_customer = kind.has_customer() && agreed_as(object, kind).is_none();
    let part = simulator::part(kind, member("overrideResult"), amount.as_ref().map(|(_, amount)| *amount))?;
    Ok(Kept {
        merchant_transaction_id: Some(id.to_owned()),
        transaction_type: kind,
        amount: amount.filter(|(sent, amount)| *sent != amount.to_string()).map(|(sent, _)| sent),
        merchant_meta_data,
        reference_uuid,
        intermediate_url: member("intermediateUrl").filter(|_| has_customer).map(str::to_owned),
        sandbox: part.or_else(|| unseen(object, kind)).map(str::to_owned),
        extra_data: Some(extra).filter(|extra| !extra.is_empty()),
        ..Kept::default()
    })
}

/// A capture that the gateway would make by itself: a merchant that counts on it would lose the money.
fn refuse_later_capture(object: &Object) -> Result<(), Invalid> {
    match object.raw("captureInMinutes") {
        None => Ok(()),
        Some(_) => Err(Invalid::new("captureInMinutes", "is not offered here").hint("capture it by a call of its own")),
    }
}

/// A card number is never taken: the customer types it at the provider's page.
fn refuse_card_number(object: &Object) -> Result<(), Invalid> {
    match object.raw("cardData") {
        None => Ok(()),
        Some(_) => Err(Invalid::new("cardData", "is not taken here").hint("send the customer to redirectUrl instead")),
    }
}

/// A payment that its customer is not there for is concluded by the test bank at once.
fn unseen(object: &Object, kind: Kind) -> Option<&'static str> {
    let indicator = object.text("transactionIndicator").ok()??;
    let absent = matches!(indicator.as_str(), "RECURRING" | "CARDONFILE-MERCHANT-INITIATED" | "MOTO");
    (absent && matches!(kind, Kind::Debit | Kind::Preauthorize)).then_some("success")
}

/// How its customer has agreed to a payment before that repeats another one.
fn agreed_as(object: &Object, kind: Kind) -> Option<RepeatAgreement> {
    let indicator = object.text("transactionIndicator").ok()??;
    let agreed_as = match indicator.as_str() {
        "RECURRING" => RepeatAgreement::Recurring,
        "CARDONFILE-MERCHANT-INITIATED" => RepeatAgreement::Unscheduled,
        _ => return None,
    };
    matches!(kind, Kind::Debit | Kind::Preauthorize).then_some(agreed_as)
}

/// The amount, and how it was sent. A registration has none, and a void may have one: it is about the whole anyway.
fn read_amount(object: &Object, kind: Kind) -> Result<Option<(String, Amount)>, Invalid> {
    if !kind.needs_amount() {
        return Ok(None);
    }
    let sent = checked::needed(object, "amount", 14)?;
    let (whole, decimals) = sent.split_once('.').map_or((sent.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 10) || !decimals.is_none_or(|decimals| digits(decimals, 3)) {
        let rule = "is not 1 to 10 digits, with or without a point and 1 to 3 decimals";
        return Err(Invalid::new("amount", rule).hint("expected a text as in \"9.99\""));
    }
    let currency = checked::needed(object, "currency", 255)?;
    let currency = Currency::parse(&currency)?;
    let amount = Amount::parse(&sent, currency)?;
    Ok(Some((sent, amount)))
}

fn read_reference(object: &Object, kind: Kind) -> Result<Option<Reference>, Invalid> {
    if !kind.follows() && agreed_as(object, kind).is_none() {
        return Ok(None);
    }
    let text = checked::needed(object, REFERENCE, 50)?;
    let unknown = || Invalid::new(REFERENCE, "names no transaction of yours").hint("expected the uuid of one");
    Reference::parse(&text).map(Some).ok_or_else(unknown)
}

/// The members of `extraData`. An empty list is as good as an empty object: PHP writes the one for the other.
fn read_extra(object: &Object) -> Result<BTreeMap<String, String>, Invalid> {
    let name = "extraData";
    if object.raw(name).is_some_and(|raw| raw.starts_with('[')) {
        return match object.length(name)? {
            Some(0) => Ok(BTreeMap::new()),
            _ => Err(Invalid::new(name, "is a list").hint("expected an object of texts")),
        };
    }
    let Some(extra) = object.object(name)? else { return Ok(BTreeMap::new()) };
    let names: Vec<&str> = extra.names().collect();
    if names.len() > MAX_EXTRA {
        return Err(Invalid::new(name, format!("has more than {MAX_EXTRA} members")));
    }
    if names.iter().any(|name| name.chars().count() > MAX_EXTRA_NAME) {
        return Err(Invalid::new(name, format!("has a name of more than {MAX_EXTRA_NAME} characters")));
    }
    let value = |name: &str| {
        let value = checked::text(&extra, name, MAX_EXTRA_VALUE)?.unwrap_or_default();
        Ok((name.to_owned(), value))
    };
    names.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIT: &str = r#"{"merchantTransactionId":"2019-09-02-0001","amount":"9.99","currency":"EUR"}"#;

    fn read(body: &str) -> Result<Asked, Invalid> {
        Asked::read(Kind::Debit, body.as_bytes())
    }

    /// The documented sample with one field more, or another one.
    fn with(field: &str) -> Result<Asked, Invalid> {
        read(&format!("{},{field}}}", DEBIT.trim_end_matches('}')))
    }

    #[test]
    fn the_contracts_sample_is_read() {
        let asked = read(DEBIT).unwrap();
        assert_eq!(asked.id, "2019-09-02-0001");
        assert_eq!(asked.amount.map(|amount| (amount.minor(), amount.currency())), Some((999, Currency::EUR)));
        assert_eq!(asked.callback_url, None);
        let kept = r#"{"merchantTransactionId":"2019-09-02-0001","transactionType":"DEBIT"}"#;
        assert_eq!(asked.kept.written().as_str(), kept);
    }

    #[test]
    fn php_escapes_its_slashes_and_writes_lists_for_empty_objects() {
        let asked = with(
            r#""successUrl":"https:\/\/m.example\/ok","callbackUrl":"https:\/\/m.example\/cb?shop=1","customer":[],"extraData":[],"items":{"a":{}},"withRegister":false"#,
        )
        .unwrap();
        assert_eq!(asked.success_url.as_deref(), Some("https://m.example/ok"));
        assert_eq!(asked.callback_url.as_deref(), Some("https://m.example/cb?shop=1"));
        assert_eq!(asked.kept.extra_data, None);
    }

    #[test]
    fn an_amount_is_kept_as_it_was_sent() {
        for (sent, currency, kept, minor) in [
            ("9.99", "EUR", None, 999),
            ("9.9", "EUR", Some("9.9"), 990),
            ("9", "EUR", Some("9"), 900),
            ("9.990", "EUR", Some("9.990"), 999),
            ("0009.99", "EUR", Some("0009.99"), 999),
            ("9999999999.99", "EUR", None, 999_999_999_999),
            ("1.234", "KWD", None, 1234),
            ("100", "JPY", None, 100),
            ("100.0", "JPY", Some("100.0"), 100),
        ] {
            let body = format!(r#"{{"merchantTransactionId":"1","amount":"{sent}","currency":"{currency}"}}"#);
            let asked = read(&body).unwrap();
            assert_eq!(asked.amount.map(Amount::minor), Some(minor), "{sent}");
            assert_eq!(asked.kept.amount.as_deref(), kept, "{sent}");
        }
        for bad in ["", "0", "0.00", "-1", "1e2", "1,00", ".5", "5.", "9.999", "1.0000", "12345678901", " 1", "٣"] {
            let body = format!(r#"{{"merchantTransactionId":"1","amount":"{bad}","currency":"EUR"}}"#);
            assert_eq!(read(&body).unwrap_err().field(), "amount", "{bad}");
        }
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (body, expected) in [
            (r#"{"amount":"9.99","currency":"EUR"}"#, "merchantTransactionId: is required"),
            (r#"{"merchantTransactionId":"","amount":"9.99","currency":"EUR"}"#, "merchantTransactionId: is required"),
            (r#"{"merchantTransactionId":"1","currency":"EUR"}"#, "amount: is required"),
            (r#"{"merchantTransactionId":"1","amount":9.99,"currency":"EUR"}"#, "amount: is not a text"),
            (r#"{"merchantTransactionId":"1","amount":"9.99"}"#, "currency: is required"),
            (
                r#"{"merchantTransactionId":"1","amount":"9.99","currency":"ABC"}"#,
                "currency: is not a currency of ISO 4217 that can be paid in; expected such as EUR",
            ),
        ] {
            assert_eq!(read(body).unwrap_err().to_string(), expected, "{body}");
        }
        let long = |count: usize| "x".repeat(count);
        for (field, place) in [
            (r#""currency":"eur""#, "body"),
            (&format!(r#""description":"{}""#, long(256)), "description"),
            (&format!(r#""merchantMetaData":"{}""#, long(256)), "merchantMetaData"),
            (&format!(r#""additionalId1":"{}""#, long(51)), "additionalId1"),
            (&format!(r#""referenceUuid":"{}""#, long(51)), "referenceUuid"),
            (&format!(r#""successUrl":"{}""#, long(4097)), "successUrl"),
            (&format!(r#""transactionToken":"{}""#, long(8193)), "transactionToken"),
            (r#""transactionIndicator":"OFTEN""#, "transactionIndicator"),
            (r#""language":"deu""#, "language"),
            (r#""language":"xx""#, "language"),
            (r#""captureInMinutes":5"#, "captureInMinutes"),
            (r#""cardData":{"pan":"4111111111111111"}"#, "cardData"),
            (r#""withRegister":"maybe""#, "withRegister"),
            (r#""customer":"Jo""#, "customer"),
            (r#""customer":[1]"#, "customer"),
            (r#""customer":{"gender":"X"}"#, "customer.gender"),
            (&format!(r#""customer":{{"firstName":"{}"}}"#, long(51)), "customer.firstName"),
            (&format!(r#""items":[{}]"#, ["{}"; 129].join(",")), "items"),
            (r#""extraData":["a"]"#, "extraData"),
            (r#""extraData":{"a":1}"#, "extraData.a"),
            (&format!(r#""extraData":{{"{}":"a"}}"#, long(65)), "extraData"),
            (&format!(r#""extraData":{{"a":"{}"}}"#, long(8193)), "extraData.a"),
            (r#""extraData":{"overrideResult":"x"}"#, "extraData.overrideResult"),
        ] {
            assert_eq!(with(field).unwrap_err().field(), place, "{field}");
        }
        let many: Vec<_> = (0..65).map(|number| format!(r#""k{number}":"v""#)).collect();
        assert_eq!(with(&format!(r#""extraData":{{{}}}"#, many.join(","))).unwrap_err().field(), "extraData");
        for bad in ["", "[]", "null", "{", r#"{"amount":"1","amount":"2"}"#] {
            assert_eq!(read(bad).unwrap_err().field(), "body", "{bad}");
        }
    }

    #[test]
    fn what_is_given_back_later_is_kept() {
        let asked = with(
            r#""merchantMetaData":"a\nb","referenceUuid":"x","description":"line\nline","extraData":{"b":"1","a":"é","intermediateUrl":"https://m.example/i","overrideResult":"redirectCancel"}"#,
        )
        .unwrap();
        assert_eq!(asked.description, "line line");
        assert_eq!(asked.kept.intermediate_url.as_deref(), Some("https://m.example/i"));
        assert_eq!(asked.kept.merchant_meta_data.as_deref(), Some("a\nb"));
        assert_eq!(asked.kept.reference_uuid.as_deref(), Some("x"));
        assert_eq!(asked.kept.sandbox.as_deref(), Some("redirectCancel"));
        let back = asked.kept.extra_data.unwrap();
        assert_eq!((back["a"].as_str(), back["b"].as_str()), ("é", "1"));
    }

    #[test]
    fn each_kind_has_fields_of_its_own() {
        let uuid = "0".repeat(20);
        for (kind, body, missing) in [
            (Kind::Register, r#"{"merchantTransactionId":"1"}"#.to_owned(), None),
            (Kind::Payout, r#"{"merchantTransactionId":"1","amount":"1","currency":"EUR"}"#.into(), None),
            (Kind::Payout, r#"{"merchantTransactionId":"1"}"#.into(), Some("amount")),
            (
                Kind::Refund,
                format!(r#"{{"merchantTransactionId":"1","amount":"1","currency":"EUR","referenceUuid":"{uuid}"}}"#),
                None,
            ),
            (
                Kind::Refund,
                r#"{"merchantTransactionId":"1","amount":"1","currency":"EUR"}"#.into(),
                Some("referenceUuid"),
            ),
            (
                Kind::Capture,
                r#"{"merchantTransactionId":"1","amount":"1","currency":"EUR","referenceUuid":"x"}"#.into(),
                Some("referenceUuid"),
            ),
            (Kind::Void, format!(r#"{{"merchantTransactionId":"1","referenceUuid":"{uuid}"}}"#), None),
            (Kind::Deregister, r#"{"merchantTransactionId":"1"}"#.into(), Some("referenceUuid")),
        ] {
            let read = Asked::read(kind, body.as_bytes());
            assert_eq!(read.as_ref().err().map(Invalid::field), missing, "{kind:?} {body}");
            let follows = read.is_ok_and(|asked| asked.reference.is_some());
            assert_eq!(follows, missing.is_none() && kind.follows(), "{kind:?}");
        }
        let body = r#"{"merchantTransactionId":"1","callbackUrl":"https://m.example/cb","referenceUuid":"00000000000000000000"}"#;
        let void = Asked::read(Kind::Void, body.as_bytes()).unwrap();
        assert_eq!(void.callback_url, None, "it has no such field");
    }

    #[test]
    fn a_payment_without_its_customer_is_the_test_banks_to_conclude() {
        for (indicator, part) in
            [("SINGLE", None), ("RECURRING", Some("success")), ("CARDONFILE", None), ("MOTO", Some("success"))]
        {
            let before = r#""referenceUuid":"00000000000000000000""#;
            let asked = with(&format!(r#""transactionIndicator":"{indicator}",{before}"#)).unwrap();
            assert_eq!(asked.kept.sandbox.as_deref(), part, "{indicator}");
        }
        let asked = with(r#""transactionIndicator":"MOTO","extraData":{"overrideResult":"error"}"#).unwrap();
        assert_eq!(asked.kept.sandbox.as_deref(), Some("error"));
        for indicator in ["RECURRING", "CARDONFILE-MERCHANT-INITIATED"] {
            let refused = with(&format!(r#""transactionIndicator":"{indicator}""#)).unwrap_err();
            assert_eq!(refused.field(), "referenceUuid", "it repeats another one");
        }
    }
}
