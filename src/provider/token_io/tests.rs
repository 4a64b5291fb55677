//! Signatures by the vectors of contracts/token-io.md, what statuses say, and what is believed of webhooks.

use ed25519_dalek::VerifyingKey;
use serde_json::{Value, json};

use super::wire::Payment;
use super::*;
use crate::clock::TestClock;
use crate::domain::provider_account::{PayeeAccount, Scheme, WebhookKey};
use crate::domain::{Amount, Currency, PaymentReference, Secret};
use crate::provider::{AccountSettings, NotifiedPayment};

/// The key of test 1 of RFC 8032, section 7.1, as PKCS #8 has it.
pub(super) const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const MEMBER: &str = "m:33V1ykzKwHbkWqt7fDz2WPPdH2Zt:5zKtXEAq";
const KEY_ID: &str = "1x7df4vuFUHYQCa7";

fn public() -> [u8; 32] {
    URL_SAFE_NO_PAD.decode(PUBLIC).unwrap().try_into().unwrap()
}

fn provider(webhook_key: Option<[u8; 32]>) -> TokenIo {
    let account = AccountSettings {
        name: "transfer".into(),
        label: "Bank transfer".into(),
        mode: Mode::Test,
        currencies: Vec::new(),
        merchants: Vec::new(),
        ask_schedule: AskSchedule::default(),
    };
    let config = TokenIoConfig {
        account,
        url: "https://api.sandbox.token.io".parse().unwrap(),
        member: MEMBER.into(),
        key_id: KEY_ID.into(),
        key: SigningKey::parse(&Secret::new(PEM)).unwrap(),
        webhook_key: webhook_key.map(WebhookKey::new),
        scheme: Scheme::Sepa,
        payee: "Customer Inc.".into(),
        payee_account: PayeeAccount::iban("DE89 3704 0044 0532 0130 00").unwrap(),
        bank: None,
        on_behalf_of: None,
    };
    TokenIo::new(config, Client::builder().without_guard().build().unwrap(), Arc::<TestClock>::default())
}

#[test]
fn a_call_is_signed_as_the_vectors_have_it() {
    let key = SigningKey::parse(&Secret::new(PEM)).unwrap();
    let header = SignedCall {
        exp: 1_586_297_344_787,
        mid: MEMBER,
        kid: KEY_ID,
        method: "POST",
        host: "api.token.io",
        path: "/v2/payments",
        query: None,
    };
    let read =
        SignedCall { method: "GET", path: "/v2/payments/pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi", ..header };
    for (header, body, signature) in [
        (
            header,
            &br#"{"initiation":{"refId":"9htio4a1sp2akdr1aa"}}"#[..],
            "qYPPqUciMKOoM2flRW3d-SY3-XRQ3AldrNmQ3Ju1MN87E91WMj8YhxiV7DJWuCRL8h5Khn0pjhpkGdklcUFuDg",
        ),
        (
            SignedCall { method: "GET", query: Some("limit=10&refIds=166185898881043-1"), ..header },
            b"",
            "2ubmdwUeZSLY95fiT2UkS8uyV1Fs-nXbEBfIL5SiK_CDkO-mC58OYyvKLnkNXc13fmKXy8zvuMtukCAeAx0hDg",
        ),
        (read, b"", "zd_EowKfF4ca_sNzKlNTalj_xNh5KembU3oTzwC9YhO9jaL6psM5FxtACFRCfiFgNzCALaxRTVvjRctkQ8g5Dg"),
    ] {
        let token = header.token(&key, body).unwrap();
        let (own, of_body) = token.reveal().split_once("..").unwrap();
        assert_eq!(of_body, signature);
        let own: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(own).unwrap()).unwrap();
        assert_eq!((&own["alg"], &own["kid"], own["query"].as_str()), (&json!("EdDSA"), &json!(KEY_ID), header.query));
    }
    let other = |bad: &str| SigningKey::parse(&Secret::new(bad)).err().map(|invalid| invalid.field().to_owned());
    for bad in ["", PUBLIC, "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"] {
        assert_eq!(other(bad).as_deref(), Some("private_key"), "{bad}");
    }
}

fn payment(more: &Value) -> Result<PaymentReport> {
    let mut body = json!({ "id": "pm2:a:b", "memberId": MEMBER, "status": "INITIATION_COMPLETED",
        "createdDateTime": "2026-04-05T17:02:11.954Z", "updatedDateTime": "2026-04-05T17:02:11.954Z",
        "initiation": { "refId": "7-1", "amount": { "value": "10.23", "currency": "EUR" }, "localInstrument": "SEPA" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value::<Payment>(body).map_err(|_| ProviderError::Unreadable(String::new()))?.report()
}

#[test]
fn a_status_says_where_a_payment_stands() {
    let report = payment(&json!({})).unwrap();
    assert_eq!((report.reference.as_str(), report.amount), ("7-1", Amount::parse("10.23", Currency::EUR).ok()));
    let refused = |code: &str, detail| PaymentStatus::Refused(ProviderRefusal::new(code, detail));
    for (status, expected) in [
        ("INITIATION_PENDING", PaymentStatus::Pending),
        ("INITIATION_PENDING_REDIRECT_AUTH", PaymentStatus::Open),
        ("INITIATION_PENDING_REDIRECT_HP", PaymentStatus::Open),
        ("INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION", PaymentStatus::Pending),
        ("INITIATION_PENDING_DECOUPLED_AUTH", PaymentStatus::Pending),
        ("INITIATION_PROCESSING", PaymentStatus::Pending),
        ("INITIATION_NO_FINAL_STATUS_AVAILABLE", PaymentStatus::Pending),
        ("INITIATION_COMPLETED", PaymentStatus::Paid),
        ("SETTLEMENT_IN_PROGRESS", PaymentStatus::Paid),
        ("SETTLEMENT_INCOMPLETE", PaymentStatus::Paid),
        ("INITIATION_DECLINED", refused("user_cancelled", None)),
        ("INITIATION_REJECTED_INSUFFICIENT_FUNDS", refused("insufficient_funds", None)),
        ("INITIATION_FAILED", refused("failed", None)),
        ("INITIATION_EXPIRED", PaymentStatus::Closed),
        ("CANCELED", PaymentStatus::Closed),
    ] {
        assert_eq!(payment(&json!({ "status": status })).unwrap().status, expected, "{status}");
    }
    // Its bank had it, and has not said what became of it.
    for unclear in ["ACCP", "PART", "AcceptedSettlementInProcess", "Pending"] {
        let unclear = json!({ "status": "INITIATION_EXPIRED", "bankPaymentStatus": unclear });
        assert_eq!(payment(&unclear).unwrap().status, PaymentStatus::Pending, "{unclear}");
    }
    for before in ["", "RCVD", "RJCT", "Rejected", "CANC", "AwaitingAuthorisation"] {
        let nobody = json!({ "status": "INITIATION_EXPIRED", "bankPaymentStatus": before });
        assert_eq!(payment(&nobody).unwrap().status, PaymentStatus::Closed, "{before}");
    }
    let why = json!({ "status": "INITIATION_REJECTED", "statusReasonInformation": "AM04" });
    assert_eq!(payment(&why).unwrap().status, refused("rejected", Some("AM04")));
    for bad in [
        json!({ "status": "INITIATION_ODD" }),
        json!({ "status": null }),
        json!({ "initiation": {} }),
        json!({ "initiation": { "refId": "7-1", "amount": { "value": 10.23, "currency": "EUR" } } }),
        json!({ "initiation": { "refId": "7-1", "amount": { "value": "10.231", "currency": "EUR" } } }),
        json!({ "initiation": { "refId": "7-1", "amount": { "value": "10.23", "currency": "EURO" } } }),
    ] {
        assert!(payment(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_webhook_is_signed_by_the_member_or_it_is_not_read() {
    let vector = r#"{"eventType":"PAYMENT_STATUS_CHANGED","payment":{"id":"pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi","memberId":"m:33V1ykzKwHbkWqt7fDz2WPPdH2Zt:5zKtXEAq","status":"INITIATION_COMPLETED"}}"#;
    let signature = "qcC4v2-U60fLJy2nu1Ed5ENYfkoYoQs8BJHXxmI894qEZaUuZr1cMIvb7SbHumgey0v3OILTeJmu9-z4uOL9AA";
    let read = |key, signature: &str, body: &str| {
        let header = |name: &str| (name == "token-signature" && !signature.is_empty()).then_some(signature);
        provider(key).read_notification(&Notification { header: &header, body: body.as_bytes(), now: 0 })
    };
    assert_eq!(read(Some(public()), signature, vector), Ok(None), "it names no reference of ours");
    assert_eq!(read(None, signature, vector), Err(NotificationError::NotSent));
    let other = VerifyingKey::from_bytes(&public()).unwrap().to_bytes().map(|byte| byte ^ 1);
    for (key, signature, body) in [
        (Some(public()), "", vector),
        (Some(public()), "AAAA", vector),
        (Some(public()), &signature[1..], vector),
        (Some(public()), signature, &vector[1..]),
        (Some(other), signature, vector),
    ] {
        assert_eq!(read(key, signature, body), Err(NotificationError::Unsigned), "{signature}");
    }
    let sign = |body: &str| {
        use ed25519_dalek::{Signer as _, SigningKey};
        let seed = data_encoding::HEXLOWER
            .decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .unwrap();
        let key = SigningKey::from_bytes(&seed.try_into().unwrap());
        URL_SAFE_NO_PAD.encode(key.sign(body.as_bytes()).to_bytes())
    };
    let own =
        r#"{"id":"e","eventType":"PAYMENT_STATUS_CHANGED","payment":{"initiation":{"refId":"166185898881043-1"}}}"#;
    let expected = PaymentReference::parse("166185898881043-1").map(NotifiedPayment::from);
    assert!(expected.is_some());
    for (body, expected) in [
        (own, Ok(expected)),
        (r#"{"payment":{"initiation":{"refId":"another"}}}"#, Ok(None)),
        ("{}", Ok(None)),
        ("[", Err(NotificationError::Unreadable)),
    ] {
        assert_eq!(read(Some(public()), &sign(body), body), expected, "{body}");
    }
}

#[test]
fn a_bank_statement_says_the_note_where_banks_take_it() {
    for (note, longest, expected) in [
        ("Order-7", 35, "Order-7"),
        ("Order-7", 6, "7-1"),
        ("Order 7", 35, "7-1"),
        ("", 35, "7-1"),
        ("Größe", 35, "7-1"),
        (" Order", 35, "7-1"),
        ("a&b", 35, "7-1"),
    ] {
        assert_eq!(remittance(note, "7-1", longest), expected, "{note}");
    }
}
