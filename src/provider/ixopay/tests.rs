//! The wire, by the vectors of the vendor's own client, and what answers are taken for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::signature::date;
use super::wire::{Answer, Meaning, Standing, Status};
use super::*;
use crate::clock::TestClock;
use crate::domain::{Amount, Card, CardExpiry, Currency, Instrument, Secret, UnixMillis};
use crate::provider::{AccountSettings, NotifiedPayment, PaymentStatus};

const SECRET: &str = "my-shared-secret";
const DATE_TEXT: &str = "Tue, 21 Jul 2020 13:15:03 GMT";
const DEBIT: &str = r#"{"merchantTransactionId":"2019-09-02-0001","amount":"9.99","currency":"EUR"}"#;
const CALLBACK: &str = r#"{"result":"OK","uuid":"d94c0d72f3a36e21f16e","merchantTransactionId":"2019-09-02-0001","purchaseId":"20190902-d94c0d72f3a36e21f16e","transactionType":"DEBIT","paymentMethod":"Creditcard","amount":"9.99","currency":"EUR"}"#;

/// Method, address, body, and the signature that php-ixopay 3.19.0 makes with SHA-512.
const VECTORS: [(&str, &str, &str, &str); 3] = [
    (
        "POST",
        "/api/v3/transaction/my-api-key/debit",
        DEBIT,
        "r5cibTZhTgZeplfGzcXjI/PXaz/uIr38SJkOLoFAUCkNP+pT0S4Y68lC/8t3UhxS24BiKpzGK3aYK2Zy8NA29g==",
    ),
    (
        "POST",
        "/callback?shop=1",
        CALLBACK,
        "D9RhnK4Ey/jdXSthkRGWCLlquOknJuc4r2Qe/57ycb93ZIYdjx0bM14/t5FKTL+GUqUWd9V5dtlH/GL1/5X4YQ==",
    ),
    (
        "GET",
        "/api/v3/status/my-api-key/getByUuid/d94c0d72f3a36e21f16e",
        "",
        "46giQG6gikarCLxUrUcy3Du9joJOVcbL0thEZdB/qriGHoGaY8+W6kr+5SRC2kNSK+hcEOcZwRekHUCkiT1Mpg==",
    ),
];

fn secrets() -> Vec<Secret> {
    vec![Secret::new("another"), Secret::new(SECRET)]
}

fn connector() -> Ixopay {
    let account = AccountSettings {
        name: "cards".into(),
        label: "Cards".into(),
        mode: Mode::Live,
        currencies: Vec::new(),
        merchants: Vec::new(),
        ask_schedule: AskSchedule::default(),
    };
    let config = IxopayConfig {
        account,
        url: "https://gateway.ixopay.com".parse().unwrap(),
        api_key: "my-api-key".into(),
        user: "user".into(),
        password: Secret::new("password"),
        secrets: secrets(),
    };
    let client = Client::builder().without_guard().build().unwrap();
    Ixopay::new(
        config,
        "https://us.example/callback?shop=1".into(),
        client,
        (Arc::<TestClock>::default(), Arc::default()),
    )
}

#[test]
fn a_signature_is_the_vendors_and_of_no_other_message() {
    for (method, uri, body, signature) in VECTORS {
        let signed = Signed { method, body: body.as_bytes(), content_type: JSON, date: DATE_TEXT, uri };
        assert_eq!(signed.sign(&Secret::new(SECRET)).as_deref(), Some(signature), "{uri}");
        assert!(signed.is_signed(&secrets(), signature));
        let other_body = format!("{body} ");
        for other in [
            Signed { method: "PUT", ..signed },
            Signed { body: other_body.as_bytes(), ..signed },
            Signed { content_type: "application/json", ..signed },
            Signed { date: "Tue, 21 Jul 2020 13:15:04 GMT", ..signed },
            Signed { uri: "/callback?shop=2", ..signed },
        ] {
            assert!(!other.is_signed(&secrets(), signature), "{other:?}");
        }
        assert!(!signed.is_signed(&[Secret::new("another")], signature));
        assert!(!signed.is_signed(&secrets(), "no base64"));
    }
}

/// Reads a callback with these headers, at this second.
fn notified(headers: &[(&str, &str)], body: &str, now: u64) -> Notified {
    let header = |name: &str| headers.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    connector().read_notification(&Notification { header: &header, body: body.as_bytes(), now })
}

#[test]
fn a_callback_is_read_when_it_is_signed_and_of_today() {
    let at = read_date(DATE_TEXT).unwrap();
    assert_eq!(at, 1_595_337_303);
    let (_, _, body, signature) = VECTORS[1];
    let good = [("content-type", JSON), ("date", DATE_TEXT), ("x-signature", signature)];
    // It is signed, and of nothing that was begun here.
    assert_eq!(notified(&good, body, at), Ok(None));
    for missing in 0..good.len() {
        let mut headers = good.to_vec();
        headers.remove(missing);
        assert_eq!(notified(&headers, body, at), Err(NotificationError::Unsigned), "{headers:?}");
    }
    // Where there is an X-Date, it is what was signed.
    let renewed = [good[0], ("date", "Tue, 21 Jul 2020 13:15:09 GMT"), good[2], ("x-date", DATE_TEXT)];
    assert_eq!(notified(&renewed, body, at), Ok(None));
    assert_eq!(notified(&good, &body.replace("9.99", "9.98"), at), Err(NotificationError::Unsigned));
    for (now, expected) in [
        (at + 86_400, Ok(None)),
        (at + 86_401, Err(NotificationError::Outdated)),
        (at - 86_401, Err(NotificationError::Outdated)),
    ] {
        assert_eq!(notified(&good, body, now), expected);
    }
    let own = r#"{"merchantTransactionId":"166185898881043-1","result":"OK"}"#;
    let ours = PaymentReference::parse("166185898881043-1").unwrap();
    let charged_back = r#"{"uuid":"cb1","merchantTransactionId":"auto-cb1","transactionType":"CHARGEBACK",
        "chargebackData":{"originalUuid":"u","originalMerchantTransactionId":"166185898881043-1"}}"#;
    let reversed = r#"{"uuid":"cb2","merchantTransactionId":"auto-cb2","transactionType":"CHARGEBACK-REVERSAL",
        "chargebackReversalData":{"chargebackUuid":"cb1","originalMerchantTransactionId":"166185898881043-1"}}"#;
    let elsewhere = r#"{"uuid":"cb3","merchantTransactionId":"166185898881043-1","chargebackData":{
        "originalMerchantTransactionId":"another-shop"}}"#;
    for (body, expected) in [
        (own, Ok(PaymentReference::parse("166185898881043-1").map(NotifiedPayment::from))),
        (charged_back, Ok(Some(NotifiedPayment { reference: ours, operation: Some("cb1".into()) }))),
        (reversed, Ok(Some(NotifiedPayment { reference: ours, operation: Some("cb2".into()) }))),
        (elsewhere, Ok(None)),
        ("{}", Err(NotificationError::Unreadable)),
        ("[]", Err(NotificationError::Unreadable)),
    ] {
        let signed = Signed {
            method: "POST",
            body: body.as_bytes(),
            content_type: JSON,
            date: DATE_TEXT,
            uri: "/callback?shop=1",
        };
        let signature = signed.sign(&Secret::new(SECRET)).unwrap();
        assert_eq!(notified(&[good[0], good[1], ("x-signature", &signature)], body, at), expected, "{body}");
    }
}

#[test]
fn a_date_is_written_as_it_is_read() {
    let at = UnixMillis::from_millis(1_595_337_303_999);
    assert_eq!(date(at), DATE_TEXT);
    assert_eq!(read_date("yesterday"), None);
    let utc = DATE_TEXT.replace("GMT", "UTC");
    assert!(utc.ends_with("UTC"), "{utc}");
    assert_eq!(read_date(&utc), read_date(DATE_TEXT));
}

fn read_status(more: &Value) -> Result<Status> {
    let mut body = json!({ "success": true, "transactionStatus": "SUCCESS", "uuid": "u1", "merchantTransactionId": "7-1",
        "purchaseId": "20260507-u1", "transactionType": "DEBIT", "paymentMethod": "Creditcard", "amount": "25.00",
        "currency": "EUR" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    serde_json::from_value::<Status>(body).unwrap().found()
}

fn status(more: &Value) -> Result<PaymentReport> {
    read_status(more)?.report()
}

#[test]
fn what_was_paid_with_is_read_from_the_return_data() {
    let read = |data: Value| status(&json!({ "returnData": data })).unwrap().instrument;
    let expected = Instrument::Card(Card {
        brand: Some("visa".into()),
        holder: Some("Ada Lovelace".into()),
        bin: Some("411111".into()),
        last_four: Some("1111".into()),
        expiry: CardExpiry::new(2031, 7),
        fingerprint: Some("9s92FBBvMuw7nn8t7ChHDRuFXSHA9EoQe9zHZ1p4Pqg".into()),
        three_d_secure: Some("OFF".into()),
    });
    let card = json!({ "_TYPE": "cardData", "type": "visa", "cardHolder": "Ada Lovelace", "expiryMonth": "07",
        "expiryYear": 2031, "firstSixDigits": "411111", "lastFourDigits": "1111", "threeDSecure": "OFF",
        "fingerprint": "9s92FBBvMuw7nn8t7ChHDRuFXSHA9EoQe9zHZ1p4Pqg", "binCountry": "AT" });
    assert_eq!(read(card), Some(expected));
    let account = json!({ "_TYPE": "ibanData", "accountOwner": "Ada", "iban": "AT61***5678", "bic": "GIBAATWW" });
    assert!(
        matches!(read(account), Some(Instrument::BankAccount(account)) if account.bic.as_deref() == Some("GIBAATWW"))
    );
    for none in [json!(null), json!([]), json!({}), json!({ "_TYPE": "walletData" }), json!("cardData")] {
        assert_eq!(read(none.clone()), None, "{none}");
    }
}

#[test]
fn a_chargeback_is_of_the_transaction_that_it_names() {
    let of = PaymentReference::parse("7-1").unwrap();
    let read = |more: Value| read_status(&more)?.chargeback(of);
    let data = json!({ "originalMerchantTransactionId": "7-1", "reason": "10.4 Fraud" });
    let charged_back = read(json!({ "transactionType": "CHARGEBACK", "chargebackData": data })).unwrap();
    let amount = Amount::parse("25", Currency::EUR).ok();
    let (id, reason) = ("u1".to_owned(), "10.4 Fraud".to_owned());
    assert_eq!(charged_back, ReportedOperation { id, kind: OperationKind::Chargeback, amount, reason });
    // Both objects may be there: the reversal's own counts.
    let other = json!({ "originalMerchantTransactionId": "8-1" });
    let both = json!({ "transactionType": "chargeback-reversal", "chargebackData": other,
        "chargebackReversalData": { "originalMerchantTransactionId": "7-1", "chargebackUuid": "u0" } });
    let reversal = read(both).unwrap();
    assert_eq!((reversal.kind, reversal.reason.as_str()), (OperationKind::ChargebackReversal, ""));
    for none in [
        json!({ "transactionType": "DEBIT", "chargebackData": data }),
        json!({ "transactionType": "CHARGEBACK", "chargebackData": other }),
    ] {
        assert!(matches!(read(none.clone()), Err(ProviderError::NoPayment(_))), "{none}");
    }
    for unclear in [
        json!({ "transactionType": "CHARGEBACK" }),
        json!({ "transactionType": "CHARGEBACK", "chargebackData": data, "transactionStatus": "PENDING" }),
        json!({ "transactionType": "CHARGEBACK", "chargebackData": data, "amount": null }),
    ] {
        assert!(matches!(read(unclear.clone()), Err(ProviderError::Unreadable(_))), "{unclear}");
    }
}

#[test]
fn a_status_says_where_a_payment_stands() {
    let report = status(&json!({})).unwrap();
    assert_eq!((report.reference.as_str(), report.amount), ("7-1", Amount::parse("25", Currency::EUR).ok()));
    let refused = |code: &str, detail| PaymentStatus::Refused(ProviderRefusal::new(code, detail));
    for (more, expected) in [
        (json!({}), PaymentStatus::Paid),
        (json!({ "transactionType": "debit" }), PaymentStatus::Paid),
        (json!({ "transactionType": "PREAUTHORIZE" }), PaymentStatus::Authorised),
        (json!({ "transactionStatus": "PENDING" }), PaymentStatus::Pending),
        (json!({ "transactionStatus": "REDIRECT" }), PaymentStatus::Open),
        (json!({ "transactionStatus": "CANCELLED" }), refused("user_cancelled", None)),
        (json!({ "transactionStatus": "ERROR" }), refused("declined", None)),
        (
            json!({ "transactionStatus": "ERROR", "message": "STOLEN_CARD", "code": "2016" }),
            refused("ixopay_2016", Some("STOLEN_CARD")),
        ),
        (
            json!({ "transactionStatus": "ERROR", "errors": [{ "errorMessage": "User cancelled", "errorCode": 2002 }] }),
            refused("user_cancelled", Some("User cancelled")),
        ),
        (json!({ "transactionStatus": "ERROR", "errors": [{ "errorCode": 2005 }] }), PaymentStatus::Closed),
    ] {
        assert_eq!(status(&more).unwrap().status, expected, "{more}");
    }
    for broken in [
        json!({ "transactionStatus": "ODD" }),
        json!({ "transactionStatus": null }),
        json!({ "transactionType": "CAPTURE" }),
        json!({ "transactionType": null }),
        json!({ "amount": "25.001" }),
        json!({ "amount": null }),
        json!({ "currency": "EURO" }),
        json!({ "merchantTransactionId": null }),
    ] {
        assert!(matches!(status(&broken), Err(ProviderError::Unreadable(_))), "{broken}");
    }
    let unknown = status(&json!({ "success": false, "errorMessage": "Transaction not found", "errorCode": 8001 }));
    assert!(matches!(unknown, Err(ProviderError::NoPayment(_))), "{unknown:?}");
    let busy = status(&json!({ "success": false, "errorCode": 1009 }));
    assert!(matches!(busy, Err(ProviderError::Unreachable(_))), "{busy:?}");
}

#[test]
fn an_error_is_worth_what_the_transaction_came_to() {
    for (body, expected) in [
        (json!({ "success": false, "errorCode": 3004 }), Meaning::Duplicate),
        (json!({ "success": false, "errorCode": 8001 }), Meaning::NotFound),
        (json!({ "success": false, "errorCode": 1002 }), Meaning::Refused),
        (json!({ "success": false, "errorCode": 1004 }), Meaning::NotNow),
        (json!({ "success": false, "errorCode": "1009" }), Meaning::NotNow),
        (json!({ "success": false, "errorCode": 1008 }), Meaning::Open),
        (json!({ "success": false, "errors": [{ "errorCode": 2003 }] }), Meaning::Refused),
        (json!({ "success": false }), Meaning::Open),
        (json!({ "success": false, "errorCode": true }), Meaning::Open),
    ] {
        assert_eq!(serde_json::from_value::<Answer>(body.clone()).unwrap().meaning(), expected, "{body}");
    }
    let cancelled = json!({ "success": true, "transactionStatus": "CANCELLED", "message": "no", "code": "2012" });
    let standing = serde_json::from_value::<Status>(cancelled).unwrap().standing().unwrap();
    assert_eq!(standing, Standing::Refused(ProviderRefusal::new("user_cancelled", Some("no"))));
}

#[test]
fn nothing_but_a_uuid_gets_into_an_address() {
    for good in ["d94c0d72f3a36e21f16e", "a-1"] {
        assert!(is_uuid(good), "{good}");
    }
    for bad in ["", "../x", "a/b", "a?b", "a b", "é", &"x".repeat(51)] {
        assert!(!is_uuid(bad), "{bad}");
    }
    assert!(payment_page("https://gateway.ixopay.com/redirect/1/2", &"https://a.example".parse().unwrap()).is_some());
    for bad in ["http://gateway.ixopay.com/x", "javascript:alert(1)", "/x", ""] {
        assert!(payment_page(bad, &"https://a.example".parse().unwrap()).is_none(), "{bad}");
    }
    assert_eq!(shortened(&"é".repeat(300)).chars().count(), 255);
}

#[test]
fn an_operation_that_may_have_been_done_stays_open() {
    for code in ["1000", "1001", "1003", "1008", "3001", "3005", "9999"] {
        let why = ProviderRefusal::new(&format!("ixopay_{code}"), Some("Timeout"));
        assert!(ProviderError::leaves_open(&not_done(why)), "{code}");
    }
    for code in ["ixopay_2003", "ixopay_1002", "user_cancelled", "declined"] {
        let why = ProviderRefusal::new(code, None);
        assert_eq!(not_done(why.clone()), why);
    }
}

#[test]
fn a_creation_is_lost_since_it_was_first_found_to_be() {
    let (lost, at) = (LostCreations::default(), UnixMillis::from_millis(1_000_000));
    let lost_for = |reference, after| lost.note(reference, at.plus(Duration::from_secs(after))).as_secs();
    assert_eq!(lost_for("1-1", 0), 0);
    assert_eq!(lost_for("1-1", 59), 59);
    assert_eq!(lost_for("2-1", 59), 0);
    assert_eq!((lost_for("1-1", 60), lost_for("2-1", 60)), (60, 1));
    assert_eq!(lost_for("1-1", 24 * 3600), 0, "it is remembered for a day");
}
