//! The protocol: what is signed, what is believed of an answer, and what a notification must be. tests/it walks it over
//! a wire, before an engine that keeps books.

use serde_json::json;

use super::wire::{ONE_MORE_DAY, read};
use super::*;
use crate::clock::TestClock;
use crate::domain::provider_account::{engine_secrets, engine_url};
use crate::domain::{
    Amount, BankAccount, CardExpiry, Currency, Instrument, Mode, PaymentReference, Secret, UnixMillis,
};
use crate::provider::{AccountSettings, PaymentStatus};

const SECRET: &str = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
const NOW: UnixMillis = UnixMillis::from_millis(1_790_000_000_000);
const OTHER: &str = "whsec_YUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

fn provider(secrets: &str) -> HttpProvider {
    let account = AccountSettings {
        name: "acme".into(),
        label: "Acme".into(),
        mode: Mode::Live,
        currencies: vec![Currency::EUR],
        merchants: Vec::new(),
        ask_schedule: AskSchedule::default(),
    };
    let config = HttpConfig {
        account,
        url: engine_url("https://pay.example/ask").unwrap(),
        secrets: engine_secrets(&Secret::new(secrets)).unwrap(),
    };
    let client = Client::builder().without_guard().build().unwrap();
    HttpProvider::new(config, "https://us.example/notify/acme".into(), client, Arc::<TestClock>::default())
}

fn payment(more: &serde_json::Value) -> Result<PaymentReport> {
    report(more).map(|(report, _)| report)
}

fn report(more: &serde_json::Value) -> Result<(PaymentReport, Vec<&'static str>)> {
    let mut body = json!({ "id": "p1", "reference": "7-1", "amount": "25.00", "currency": "EUR", "status": "paid" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read::<PaymentBody>(body.to_string().as_bytes())?.report(NOW)
}

#[test]
fn a_payment_is_read_as_it_stands() {
    let report = payment(&json!({ "unknown": [1] })).unwrap();
    let amount = Amount::parse("25", Currency::EUR).unwrap();
    assert_eq!(
        report,
        PaymentReport {
            reference: "7-1".into(),
            amount: Some(amount),
            status: PaymentStatus::Paid,
            operations: Vec::new(),
            instrument: None,
            changes_until: None
        }
    );
    for (status, expected) in [
        ("open", PaymentStatus::Open),
        ("authorised", PaymentStatus::Authorised),
        ("closed", PaymentStatus::Closed),
        ("refused", PaymentStatus::Refused(ProviderRefusal::new("declined", None))),
    ] {
        assert_eq!(payment(&json!({ "status": status })).unwrap().status, expected, "{status}");
    }
    let named = payment(&json!({ "status": "refused", "refusal": { "code": "access_denied", "detail": "No." } }));
    let PaymentStatus::Refused(why) = named.unwrap().status else { panic!() };
    assert_eq!((why.code(), why.description(), why.is_customers_refusal()), ("access_denied", Some("No."), true));
    let yen = payment(&json!({ "amount": "500", "currency": "JPY" })).unwrap().amount.unwrap();
    assert_eq!((yen.minor(), yen.to_string()), (500, "500".to_owned()));
}

#[test]
fn what_cannot_be_read_is_neither_yes_nor_no() {
    for bad in [
        json!({ "status": "Paid" }),
        json!({ "status": "unknown" }),
        json!({ "status": 1 }),
        json!({ "amount": 25 }),
        json!({ "amount": "25.001" }),
        json!({ "amount": "-25" }),
        json!({ "amount": "25,00" }),
        json!({ "amount": "" }),
        json!({ "currency": "EURO" }),
        json!({ "currency": "" }),
        json!({ "id": "" }),
        json!({ "id": "x".repeat(256) }),
        json!({ "reference": null }),
        json!({ "refusal": "no" }),
    ] {
        assert!(matches!(payment(&bad), Err(ProviderError::Unreadable(_))), "{bad}");
    }
    for bad in ["", "[]", "null", "{", "\u{0}"] {
        assert!(matches!(read::<PaymentBody>(bad.as_bytes()), Err(ProviderError::Unreadable(_))), "{bad}");
    }
}

#[test]
fn a_member_that_cannot_be_read_makes_no_payment_unknown() {
    for (bad, member) in [
        (json!({ "changes_until": "tomorrow" }), "changes_until"),
        (json!({ "changes_until": "1960-01-01T00:00:00Z" }), "changes_until"),
        (json!({ "operations": [{ "id": "", "kind": "refund", "amount": "1.00" }] }), "operations"),
        (json!({ "operations": [{ "id": "x".repeat(256), "kind": "refund", "amount": "1.00" }] }), "operations"),
        (json!({ "operations": [{ "id": "o", "kind": "payout", "amount": "1.00" }] }), "operations"),
        (json!({ "operations": [{ "id": "o", "kind": "refund" }] }), "operations"),
        (json!({ "operations": [{ "id": "o", "kind": "refund", "amount": "1.001" }] }), "operations"),
        (json!({ "operations": [{ "id": "o", "kind": "void", "amount": "1.00" }] }), "operations"),
        (json!({ "operations": {} }), "operations"),
        (json!({ "operations": ["refund"] }), "operations"),
        (json!({ "instrument": "card" }), "instrument"),
        (json!({ "instrument": { "type": "card", "last_four": 1111 } }), "instrument"),
    ] {
        let mut paid = json!({ "status": "paid" });
        paid.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let (report, strange) = report(&paid).unwrap();
        assert_eq!((report.status, strange), (PaymentStatus::Paid, vec![member]), "{bad}");
        assert!(report.operations.is_empty() && report.instrument.is_none(), "{bad}");
        // What cannot be read today may be read tomorrow.
        let again = (member != "instrument").then(|| NOW.plus(ONE_MORE_DAY));
        assert_eq!(report.changes_until, again, "{bad}");
    }
    // The others of a list count.
    let mixed = json!({ "status": "paid", "operations": [{ "id": "a", "kind": "payout", "amount": "1" },
        { "id": "b", "kind": "refund", "amount": "1.00" }] });
    assert_eq!(report(&mixed).unwrap().0.operations.len(), 1);
    let later = json!({ "changes_until": "2126-12-24T18:00:00Z", "operations": {} });
    assert!(report(&later).unwrap().0.changes_until > Some(NOW.plus(2 * ONE_MORE_DAY)), "no sooner than it says");
}

#[test]
fn what_was_done_to_a_payment_is_read_with_it() {
    let done = json!({ "status": "paid", "changes_until": "2026-12-24T18:00:00.5+01:00", "operations": [
        { "id": "re_1", "kind": "refund", "amount": "5.00" },
        { "id": "dp_1", "kind": "chargeback", "amount": "25", "reason": "fraudulent" },
        { "id": "dp_1r", "kind": "chargeback_reversal", "amount": "25.00" },
        { "id": "c", "kind": "capture", "amount": "1.00" }, { "id": "v", "kind": "void" }] });
    let report = payment(&done).unwrap();
    assert_eq!(report.changes_until, Some(UnixMillis::from_millis(1_798_131_600_500)));
    let seen: Vec<_> = report
        .operations
        .iter()
        .map(|done| {
            (done.id.as_str(), done.kind.as_str(), done.amount.map(|amount| amount.to_string()), done.reason.as_str())
        })
        .collect();
    let euros = |text: &str| Some(text.to_owned());
    assert_eq!(
        seen,
        [
            ("re_1", "refund", euros("5.00"), ""),
            ("dp_1", "chargeback", euros("25.00"), "fraudulent"),
            ("dp_1r", "chargeback_reversal", euros("25.00"), ""),
            ("c", "capture", euros("1.00"), ""),
            ("v", "void", None, ""),
        ]
    );
}

#[test]
fn what_was_paid_with_is_read_as_far_as_it_is_known() {
    let read = |instrument: serde_json::Value| {
        payment(&json!({ "status": "paid", "instrument": instrument })).unwrap().instrument
    };
    let card =
        read(json!({ "type": "card", "brand": "visa", "bin": "41111111", "last_four": "1111", "expiry": "2031-07" }));
    let Some(Instrument::Card(card)) = card else { panic!("{card:?}") };
    assert_eq!((card.brand.as_deref(), card.bin.as_deref(), card.holder), (Some("visa"), Some("41111111"), None));
    assert_eq!(card.expiry, CardExpiry::new(2031, 7));
    let account = read(json!({ "type": "bank_account", "iban": "DE**3000", "bic": "COBADEFFXXX" }));
    let expected =
        BankAccount { iban: Some("DE**3000".into()), bic: Some("COBADEFFXXX".into()), ..BankAccount::default() };
    assert_eq!(account, Some(Instrument::BankAccount(expected)));
    for none in [json!(null), json!({ "type": "voucher", "code": "7" })] {
        assert_eq!(read(none.clone()), None, "{none}");
    }
}

#[test]
fn a_customer_is_sent_to_https_and_nowhere_else() {
    let page = |page: serde_json::Value, engine: &str| {
        let body = json!({ "id": "p", "reference": "7-1", "amount": "1", "currency": "EUR", "status": "open",
            "page_url": page });
        let payment: PaymentBody = read(body.to_string().as_bytes()).unwrap();
        payment.page(&engine_url(engine).unwrap())
    };
    assert_eq!(
        page(json!("https://pay.example/c/1?a=b#c"), "https://e.example/").unwrap(),
        "https://pay.example/c/1?a=b#c"
    );
    assert!(page(json!("http://localhost/c"), "http://127.0.0.1:9/").is_ok(), "an engine on this machine");
    for bad in [
        json!(null),
        json!(""),
        json!("/c/1"),
        json!("javascript:alert(1)"),
        json!("http://pay.example/"),
        json!("data:text/html,x"),
        json!("https:"),
        json!("app://pay"),
    ] {
        assert!(page(bad.clone(), "https://e.example/").is_err(), "{bad}");
    }
}

#[test]
fn only_422_refuses() {
    let problem = br#"{"code":"card_declined","detail":"No."}"#.to_vec();
    assert!(
        matches!(answered(StatusCode::UNPROCESSABLE_ENTITY, problem.clone()), Ok(Answered::Refused(why)) if why.code() == "card_declined")
    );
    assert!(answered(StatusCode::UNPROCESSABLE_ENTITY, b"{}".to_vec()).is_err(), "it must say why");
    for status in [200_u16, 201, 204] {
        assert!(matches!(answered(StatusCode::from_u16(status).unwrap(), problem.clone()), Ok(Answered::Object(_))));
    }
    for status in [301_u16, 400, 401, 404, 409, 410, 429, 500, 503] {
        let left_open = answered(StatusCode::from_u16(status).unwrap(), problem.clone());
        let is_unknown = matches!(left_open, Err(ProviderError::NoPayment(_)));
        assert!(left_open.is_err() && is_unknown == [404, 410].contains(&status), "{status}");
    }
}

#[test]
fn a_notification_is_signed_and_new_or_it_is_not_read() {
    let body = br#"{"type":"payment.updated","data":{"reference":"7-1"}}"#;
    let signed = signature(&Secret::new(OTHER), "n1", 1000, std::str::from_utf8(body).unwrap()).unwrap();
    let read = |secrets: &str, now, (id, at, signatures): (&str, &str, &str), body: &[u8]| {
        let given = [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signatures)];
        let header = |name: &str| given.iter().find(|(own, value)| *own == name && !value.is_empty()).map(|(_, v)| *v);
        provider(secrets).read_notification(&Notification { header: &header, body, now })
    };
    let ours = Ok(PaymentReference::parse("7-1").map(NotifiedPayment::from));
    let both = format!("{SECRET},{OTHER}");
    assert!(ours.as_ref().is_ok_and(Option::is_some));
    for (secrets, now) in [(OTHER, 1000), (both.as_str(), 1000), (OTHER, 1300), (OTHER, 700)] {
        assert_eq!(read(secrets, now, ("n1", "1000", &signed), body), ours, "{now}");
    }
    assert_eq!(read(OTHER, 1301, ("n1", "1000", &signed), body), Err(NotificationError::Outdated));
    assert_eq!(read(OTHER, 699, ("n1", "1000", &signed), body), Err(NotificationError::Outdated));
    for (secrets, head, body) in [
        (SECRET, ("n1", "1000", signed.as_str()), &body[..]),
        (OTHER, ("n2", "1000", signed.as_str()), body),
        (OTHER, ("n1", "1001", signed.as_str()), body),
        (OTHER, ("n1", "soon", signed.as_str()), body),
        (OTHER, ("", "1000", signed.as_str()), body),
        (OTHER, ("n1", "1000", ""), body),
        (OTHER, ("n1", "1000", signed.as_str()), &body[1..]),
    ] {
        assert_eq!(read(secrets, 1000, head, body), Err(NotificationError::Unsigned), "{head:?}");
    }
    for (text, expected) in [("{}", Err(NotificationError::Unreadable)), (r#"{"data":{"reference":"x"}}"#, Ok(None))] {
        let signed = signature(&Secret::new(OTHER), "n1", 1000, text).unwrap();
        assert_eq!(read(OTHER, 1000, ("n1", "1000", &signed), text.as_bytes()), expected);
    }
}

#[test]
fn addresses_and_secrets_are_what_they_must_be() {
    for good in ["https://pay.example/handback", "http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:1/"] {
        assert!(engine_url(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "pay.example",
        "http://pay.example/",
        "ftp://pay.example/",
        "https://u@pay.example/",
        "https://pay.example/?a",
        "https://pay.example/#a",
        "https://u:p@pay.example/",
    ] {
        let invalid = engine_url(bad).unwrap_err();
        assert!(invalid.hint_text().is_some(), "{bad}");
    }
    assert_eq!(engine_secrets(&Secret::new(format!("{SECRET}, {OTHER}"))).unwrap().len(), 2);
    for bad in ["", "whsec_", "whsec_AAAA", &SECRET[6..], &format!("{SECRET},"), &format!("{SECRET},{SECRET},{SECRET}")]
    {
        assert!(engine_secrets(&Secret::new(bad)).is_err(), "{bad}");
    }
}
