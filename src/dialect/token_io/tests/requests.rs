//! `POST /v2/payments`: what is read, and what is refused with which code and path.

use serde_json::{Value, json};

use crate::dialect::token_io::{Flow, PaymentRequest, Rejection, TokenRequest};
use crate::domain::UnixMillis;

/// 2026-11-21T04:53:20Z.
const NOW: UnixMillis = UnixMillis::from_millis(1_795_236_800_000);

/// The contract's own request (section 5).
fn sent() -> Value {
    json!({ "initiation": {
        "bankId": "ob-modelo", "refId": "9htio4a1sp2akdr1aa", "remittanceInformationPrimary": "Sweepco",
        "amount": { "value": "10.23", "currency": "EUR" }, "localInstrument": "SEPA",
        "creditor": { "iban": "GB29NWBK60161331926819", "name": "Customer Inc." },
        "callbackUrl": "https://tpp.com/callback", "callbackState": "6242e45e-3063-4c42-8376", "flowType": "API_ONLY",
    } })
}

fn read(body: &Value) -> Result<PaymentRequest, Rejection> {
    PaymentRequest::read(body.to_string().as_bytes(), NOW)
}

/// The code and the path of a refusal.
fn refused(body: &Value) -> (String, String) {
    let rejection = read(body).expect_err("it was accepted");
    let failure = rejection.failure();
    (failure.error_code.unwrap().to_owned(), failure.paths.unwrap()[0].to_owned())
}

/// The contract's request, with this value at this place below `initiation`.
fn with(place: &str, value: Value) -> Value {
    let mut body = sent();
    *body["initiation"].pointer_mut(&format!("/{place}")).unwrap_or_else(|| panic!("no {place}")) = value;
    body
}

fn and(name: &str, value: Value) -> Value {
    let mut body = sent();
    body["initiation"][name] = value;
    body
}

fn without(name: &str) -> Value {
    let mut body = sent();
    body["initiation"].as_object_mut().unwrap().remove(name).unwrap();
    body
}

#[test]
fn the_contracts_request_is_read() {
    let request = read(&sent()).unwrap();
    let initiation = &request.initiation;
    assert_eq!((initiation.amount.minor(), initiation.amount.currency().as_str()), (1023, "EUR"));
    assert_eq!((initiation.bank.as_deref(), initiation.flow), (Some("ob-modelo"), Flow::ApiOnly));
    assert_eq!((initiation.ref_id.as_str(), initiation.remittance.as_str()), ("9htio4a1sp2akdr1aa", "Sweepco"));
    assert_eq!((initiation.creditor.as_str(), request.consented), ("Customer Inc.", false));
    assert_eq!(initiation.callback.as_deref(), Some("https://tpp.com/callback"));
    assert_eq!(initiation.state.as_deref(), Some("6242e45e-3063-4c42-8376"));
}

#[test]
fn what_clients_leave_out_is_not_missed() {
    // Hyperswitch: a hosted payment with the least there is.
    let least = json!({ "initiation": {
        "refId": "pay_1", "remittanceInformationPrimary": "Order 1", "amount": { "value": "1.00", "currency": "GBP" },
        "localInstrument": "FASTER_PAYMENTS",
        "creditor": { "name": "Shop", "sortCode": "123456", "accountNumber": "12345678" },
        "callbackUrl": "https://shop.example/return", "flowType": "FULL_HOSTED_PAGES",
    } });
    let read_back = read(&least).unwrap().initiation;
    assert_eq!((read_back.flow, read_back.bank, read_back.state), (Flow::FullHostedPages, None, None));
    // The vendor's own browser tests: no flowType.
    assert_eq!(read(&without("flowType")).unwrap().initiation.flow, Flow::ApiOnly);
    assert_eq!(read(&and("flowType", Value::Null)).unwrap().initiation.flow, Flow::ApiOnly);
    assert_eq!(read(&and("callbackState", json!(""))).unwrap().initiation.state, None);
    // A number would come back as one, and its clients expect a text.
    assert!(read(&with("amount/value", json!(10.5))).is_err());
}

#[test]
fn every_documented_field_is_accepted() {
    for (name, value) in [
        ("remittanceInformationSecondary", json!("x".repeat(140))),
        ("onBehalfOfId", json!("client-1")),
        ("executionDate", json!("2026-12-01")),
        ("confirmFunds", json!(true)),
        ("chargeBearer", json!("SLEV")),
        ("risk", json!({ "psuId": "1" })),
        ("externalPsuReference", json!("x".repeat(64))),
        ("debtor", json!({ "tokenizedAccountId": "t" })),
        ("debtor", json!({ "iban": "DE89370400440532013000", "name": "Payer" })),
        ("creditor", json!({ "name": "A", "bban": "1234", "clearingNumber": "56" })),
        ("creditor", json!({ "name": "A", "bankgiroNumber": "123-4567" })),
        ("creditor", json!({ "name": "A", "virtualAccountId": "va:1" })),
        ("creditor", json!({ "name": "A", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX" })),
        ("flowType", json!("EMBEDDED_HOSTED_PAGES")),
        ("callbackUrl", json!("http://localhost:8000/cb?own=1#x")),
    ] {
        let body = and(name, value);
        assert!(read(&body).is_ok(), "{body}: {:?}", read(&body));
    }
}

#[test]
fn a_missing_field_is_expected() {
    for name in
        ["bankId", "refId", "remittanceInformationPrimary", "amount", "localInstrument", "creditor", "callbackUrl"]
    {
        let (code, path) = refused(&without(name));
        assert_eq!((code.as_str(), path), ("Field.Expected", format!("initiation.{name}")));
    }
    for (body, path) in [
        (json!({}), "initiation"),
        (with("amount", json!({ "value": "1" })), "initiation.amount.currency"),
        (with("amount", json!({ "currency": "EUR" })), "initiation.amount.value"),
        (with("creditor", json!({ "iban": "DE89370400440532013000" })), "initiation.creditor.name"),
        (with("creditor", json!({ "name": "A" })), "initiation.creditor.iban"),
        (with("creditor", json!({ "name": "A", "sortCode": "123456" })), "initiation.creditor.accountNumber"),
        (and("debtor", json!({ "name": "A" })), "initiation.debtor.iban"),
        (with("refId", json!("")), "initiation.refId"),
    ] {
        assert_eq!(refused(&body), ("Field.Expected".into(), path.to_owned()));
    }
}

#[test]
fn a_field_of_another_form_is_refused() {
    for (place, value, path) in [
        ("refId", json!("x".repeat(19)), "refId"),
        ("remittanceInformationPrimary", json!("x".repeat(36)), "remittanceInformationPrimary"),
        ("amount/value", json!("10.00001"), "amount.value"),
        ("amount/value", json!("10.234"), "amount.value"),
        ("amount/value", json!("0"), "amount.value"),
        ("amount/value", json!("-1"), "amount.value"),
        ("amount/value", json!(true), "amount.value"),
        ("amount/currency", json!("eur"), "amount.currency"),
        ("amount/currency", json!("ZZZ"), "amount.currency"),
        ("creditor/iban", json!("GB29 NWBK"), "creditor.iban"),
        ("creditor", json!({ "name": "A", "sortCode": "12-34-56", "accountNumber": "1" }), "creditor.sortCode"),
        ("callbackUrl", json!("tpp.com/callback"), "callbackUrl"),
        ("callbackUrl", json!("myapp://back"), "callbackUrl"),
        ("callbackState", json!(7), "callbackState"),
    ] {
        assert_eq!(refused(&with(place, value)), ("Field.InvalidFormat".into(), format!("initiation.{path}")));
    }
    let long = "x".repeat(19);
    let mut faster = with("remittanceInformationPrimary", json!(long));
    faster["initiation"]["localInstrument"] = json!("FASTER_PAYMENTS");
    assert_eq!(refused(&faster).1, "initiation.remittanceInformationPrimary", "18 characters there");
    assert_eq!(refused(&and("executionDate", json!("1.12.2026"))).0, "Field.InvalidFormat");
    assert_eq!(refused(&and("remittanceInformationSecondary", json!("x".repeat(141)))).0, "Field.InvalidFormat");
    assert_eq!(
        refused(&and("risk", json!({ "a": "x".repeat(9000) }))),
        ("Field.InvalidFormat".into(), "initiation".into())
    );
}

#[test]
fn a_value_that_is_not_allowed_is_invalid() {
    for (body, path) in [
        (with("localInstrument", json!("CARRIER_PIGEON")), "localInstrument"),
        (with("flowType", json!("NONE")), "flowType"),
        (with("callbackUrl", json!("https://token.io/x")), "callbackUrl"),
        (with("callbackUrl", json!("https://app.Token.io./x")), "callbackUrl"),
        (and("chargeBearer", json!("ME")), "chargeBearer"),
        (and("vrpConsentId", json!("vc:1")), "vrpConsentId"),
    ] {
        assert_eq!(refused(&body), ("Field.Invalid".into(), format!("initiation.{path}")));
    }
    assert!(read(&with("callbackUrl", json!("https://nottoken.io/x"))).is_ok());
}

#[test]
fn a_card_number_is_kept_out() {
    for text in ["4242424242424242", "card 4242 4242 4242 4242!", "5555-5555-5555-4444", "378282246310005"] {
        assert_eq!(refused(&with("remittanceInformationPrimary", json!(text))).0, "PanDetected", "{text}");
    }
    for text in ["4242424242424243", "0000000000000000", "1234567890128", "Order 42424242"] {
        assert!(read(&with("remittanceInformationPrimary", json!(text))).is_ok(), "{text}");
    }
}

#[test]
fn the_initiation_is_kept_as_it_was_sent_but_for_the_spaces_and_its_flow() {
    let body = r#"{ "initiation": { "refId": "a \" b", "bankId":"b", "amount": {"value": "1.0", "currency": "EUR"},
        "remittanceInformationPrimary": "x\\", "localInstrument": "SEPA", "creditor": {"name": "A  B", "iban": "DE89370400440532013000"},
        "callbackUrl": "https://a.example/" } }"#;
    let kept = PaymentRequest::read(body.as_bytes(), NOW).unwrap().initiation.kept;
    assert_eq!(
        kept.get(),
        r#"{"refId":"a \" b","bankId":"b","amount":{"value":"1.0","currency":"EUR"},"remittanceInformationPrimary":"x\\","localInstrument":"SEPA","creditor":{"name":"A  B","iban":"DE89370400440532013000"},"callbackUrl":"https://a.example/","flowType":"API_ONLY"}"#
    );
}

#[test]
fn a_payment_goes_to_one_account() {
    let creditor = |account: Value| {
        let mut body = sent();
        body["initiation"]["creditor"] = account;
        body
    };
    let debtor = |account: Value| and("debtor", account);
    let iban = "GB29NWBK60161331926819";
    for account in [
        json!({ "name": "A", "iban": iban, "bic": "NWBKGB2L" }),
        json!({ "name": "A", "sortCode": "123456", "accountNumber": "12345678" }),
        json!({ "name": "A", "bban": "12345678", "clearingNumber": "1234" }),
        json!({ "name": "A", "iban": iban, "bankgiroNumber": null }),
    ] {
        assert!(read(&creditor(account.clone())).is_ok(), "{account}");
    }
    for (body, path) in [
        (creditor(json!({ "name": "A", "iban": iban, "accountNumber": "12345678" })), "creditor.accountNumber"),
        (creditor(json!({ "name": "A", "iban": iban, "bankgiroNumber": "5050-1055" })), "creditor.bankgiroNumber"),
        (creditor(json!({ "name": "A", "bban": "1", "virtualAccountId": "v" })), "creditor.virtualAccountId"),
        (debtor(json!({ "iban": iban, "plusgiroNumber": "12-3" })), "debtor.plusgiroNumber"),
        (debtor(json!({ "tokenizedAccountId": "t", "iban": iban })), "debtor.iban"),
    ] {
        assert_eq!(refused(&body), ("Field.Invalid".into(), format!("initiation.{path}")));
    }
}

#[test]
fn a_day_to_pay_on_lies_ahead() {
    for day in ["2026-11-20", "2026-11-21", "2027-01-01"] {
        assert!(read(&and("executionDate", json!(day))).is_ok(), "{day} is today somewhere, or is to come");
    }
    for (day, code) in [
        ("2001-01-01", "Field.Invalid"),
        ("2026-11-19", "Field.Invalid"),
        ("2026-02-30", "Field.InvalidFormat"),
        ("20261122", "Field.InvalidFormat"),
    ] {
        let path = "initiation.executionDate".to_owned();
        assert_eq!(refused(&and("executionDate", json!(day))), (code.into(), path), "{day}");
        let body = token_request(json!({ "executionDate": day }));
        let rejection = TokenRequest::read(body.to_string().as_bytes(), NOW).unwrap_err();
        let failure = rejection.failure();
        assert_eq!(
            (failure.error_code, failure.paths),
            (Some(code), Some(["requestPayload.transferBody.executionDate"])),
            "{day}"
        );
    }
    assert!(
        TokenRequest::read(token_request(json!({ "executionDate": "2026-11-21" })).to_string().as_bytes(), NOW).is_ok()
    );
}

/// A request of the first API, with these fields of its transfer.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn token_request(transfer: Value) -> Value {
    let mut body = json!({ "requestPayload": {
        "refId": "r", "redirectUrl": "https://tpp.com/callback",
        "transferBody": { "currency": "EUR", "lifetimeAmount": "1.00" },
    } });
    body["requestPayload"]["transferBody"].as_object_mut().unwrap().extend(transfer.as_object().unwrap().clone());
    body
}

#[test]
fn a_reference_that_is_a_whole_number_is_one() {
    let request = read(&with("refId", json!(7))).unwrap();
    assert_eq!(request.initiation.ref_id, "7");
    assert!(request.initiation.kept.get().contains(r#""refId":"7""#), "{}", request.initiation.kept.get());
    let mut body = token_request(json!({}));
    body["requestPayload"]["refId"] = json!(1_795_236_800);
    assert!(TokenRequest::read(body.to_string().as_bytes(), NOW).is_ok());
    for bad in [json!(-7), json!(1.5), json!(true), json!(["7"]), json!(1_234_567_890_123_456_789_u64)] {
        assert_eq!(refused(&with("refId", bad.clone())).1, "initiation.refId", "{bad}");
    }
}
