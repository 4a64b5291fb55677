//! Answers, the status and callbacks, as the contract has them.

use super::callback::{CallbackEvent, body};
use super::*;
use crate::domain::{
    BankAccount, Card, CardExpiry, DialectData, Fact, Instrument, Journey, JourneyId, ProviderRefusal, Shard,
    UnixMillis,
};
use crate::store::laws::fixtures::{Draft, away, concluded};

const NOW: UnixMillis = UnixMillis::from_millis(1_778_150_000_000);

/// The names of the journey that every story here is about.
const UUID: &str = "5a5a5a5a5a5a3ad2d2d2";

fn journey(kept: Kept) -> Journey {
    let kept = Kept { merchant_transaction_id: Some("2019-09-02-0001".into()), ..kept };
    let draft = Draft::at(NOW).called(JourneyId::mint([0x5a; 16], Shard::of_byte(7)));
    draft.with(|opening| opening.dialect_data = kept.written()).journey()
}

/// What a call kept that has said everything that is given back.
fn all() -> Kept {
    Kept {
        amount: Some("25.0".into()),
        merchant_meta_data: Some("a\"b".into()),
        reference_uuid: Some("r".into()),
        extra_data: Some([("a".to_owned(), "b".to_owned())].into()),
        ..Kept::default()
    }
}

fn refused(code: &str, description: Option<&str>) -> Fact {
    Fact::refused(ProviderRefusal::new(code, description))
}

fn told(journey: &Journey) -> String {
    body(journey, CallbackEvent::Concluded(journey.final_outcome().unwrap())).unwrap()
}

#[test]
fn an_open_transaction_is_answered_with_where_to_go() {
    let url = "https://pay.example/ixopay/redirect/x/Y";
    let expected = format!(
        r#"{{"success":true,"uuid":"{UUID}","purchaseId":"20260507-{UUID}","returnType":"REDIRECT","redirectType":"fullpage","redirectUrl":"{url}","paymentMethod":"Creditcard"}}"#
    );
    let open = journey(Kept::default());
    assert_eq!(answer(&open, url).unwrap(), expected);
    assert_eq!(answer(&away(open, NOW).0, url).unwrap(), expected);
}

#[test]
fn a_decided_transaction_is_answered_without_an_address() {
    let paid = concluded(journey(Kept { extra_data: all().extra_data, ..Kept::default() }), &Fact::paid(), NOW).0;
    let expected = format!(
        r#"{{"success":true,"uuid":"{UUID}","purchaseId":"20260507-{UUID}","returnType":"FINISHED","paymentMethod":"Creditcard","extraData":{{"a":"b"}}}}"#
    );
    assert_eq!(answer(&paid, "x").unwrap(), expected);
    let failed = concluded(journey(Kept::default()), &refused("server_error", Some("Out to lunch.")), NOW).0;
    let expected = format!(
        r#"{{"success":false,"uuid":"{UUID}","purchaseId":"20260507-{UUID}","returnType":"ERROR","paymentMethod":"Creditcard","errors":[{{"errorMessage":"Transaction declined","errorCode":2003,"adapterMessage":"Out to lunch.","adapterCode":"server_error"}}]}}"#
    );
    assert_eq!(answer(&failed, "x").unwrap(), expected);
}

#[test]
fn a_status_names_the_transaction_and_where_it_stands() {
    let expected = format!(
        r#"{{"success":true,"transactionStatus":"REDIRECT","uuid":"{UUID}","merchantTransactionId":"2019-09-02-0001","purchaseId":"20260507-{UUID}","transactionType":"DEBIT","paymentMethod":"Creditcard","amount":"25.0","currency":"EUR","referenceUuid":"r","merchantMetaData":"a\"b","extraData":{{"a":"b"}}}}"#
    );
    assert_eq!(status(&journey(all())).unwrap(), expected);
    for (fact, word, code) in [
        (Fact::paid(), "SUCCESS", None),
        (refused("access_denied", None), "CANCELLED", Some(2002)),
        (Fact::pressed_cancel(), "CANCELLED", Some(2002)),
        (Fact::withdrawn(), "CANCELLED", Some(2012)),
        (refused("server_error", None), "ERROR", Some(2003)),
        (Fact::lapsed(), "ERROR", Some(2005)),
    ] {
        let json = status(&concluded(journey(Kept::default()), &fact, NOW).0).unwrap();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["transactionStatus"], word, "{fact:?}");
        assert_eq!(read["errors"][0]["errorCode"].as_u64(), code, "{fact:?}");
        assert_eq!(read["amount"], "25.00");
    }
}

#[test]
fn callbacks_are_the_contracts() {
    let rest = format!(
        r#""uuid":"{UUID}","merchantTransactionId":"2019-09-02-0001","purchaseId":"20260507-{UUID}","transactionType":"DEBIT","paymentMethod":"Creditcard","amount":"25.00","currency":"EUR""#
    );
    for (fact, start) in [
        (Fact::paid(), r#""result":"OK""#),
        (Fact::pressed_cancel(), r#""result":"ERROR","message":"User cancelled","code":"2002""#),
        (Fact::lapsed(), r#""result":"ERROR","message":"Transaction expired","code":"2005""#),
        (
            refused("card_stolen", Some("Transaction was rejected")),
            r#""result":"ERROR","message":"Transaction declined","code":"2003","adapterMessage":"Transaction was rejected","adapterCode":"card_stolen""#,
        ),
    ] {
        assert_eq!(told(&concluded(journey(Kept::default()), &fact, NOW).0), format!("{{{start},{rest}}}"));
    }
    let pending = body(&journey(Kept::default()), CallbackEvent::Pending(None)).unwrap();
    assert_eq!(pending, format!(r#"{{"result":"PENDING",{rest}}}"#));
}

#[test]
fn what_was_paid_with_is_the_return_data() {
    let card = Card {
        brand: Some("visa".into()),
        holder: Some("Ada".into()),
        bin: Some("41111111".into()),
        last_four: Some("1111".into()),
        expiry: CardExpiry::new(2031, 7),
        fingerprint: Some("f".into()),
        three_d_secure: Some("OFF".into()),
    };
    let account = BankAccount { iban: Some("DE89****3000".into()), ..BankAccount::default() };
    for (instrument, method, data) in [
        (
            Instrument::Card(card),
            "Creditcard",
            r#"{"_TYPE":"cardData","type":"visa","cardHolder":"Ada","expiryMonth":7,"expiryYear":2031,"binDigits":"41111111","firstSixDigits":"411111","lastFourDigits":"1111","fingerprint":"f","threeDSecure":"OFF"}"#,
        ),
        (Instrument::BankAccount(account), "PayByBank", r#"{"_TYPE":"ibanData","iban":"DE89****3000"}"#),
    ] {
        let paid = concluded(journey(Kept::default()), &Fact::paid().by(Some(instrument)), NOW).0;
        for json in [told(&paid), status(&paid).unwrap(), answer(&paid, "x").unwrap()] {
            assert!(json.contains(&format!(r#""paymentMethod":"{method}""#)), "{json}");
            assert!(json.contains(&format!(r#""returnData":{data}"#)), "{json}");
        }
        // What is sent again of the time before says what it said then.
        let before = body(&paid, CallbackEvent::Pending(None)).unwrap();
        assert_eq!(before, body(&journey(Kept::default()), CallbackEvent::Pending(None)).unwrap());
    }
}

#[test]
fn a_callback_gives_back_what_the_merchant_said() {
    let paid = told(&concluded(journey(all()), &Fact::paid(), NOW).0);
    let end = r#""referenceUuid":"r","merchantMetaData":"a\"b","extraData":{"a":"b"}}"#;
    assert!(paid.ends_with(end), "{paid}");
    let way_on = "https://pay.example/ixopay/redirect/x/Y";
    let pending = body(&journey(all()), CallbackEvent::Pending(Some(way_on))).unwrap();
    assert!(pending.ends_with(&format!(r#""extraData":{{"a":"b","continueUrl":"{way_on}"}}}}"#)), "{pending}");
    let pending = body(&journey(Kept::default()), CallbackEvent::Pending(Some(way_on))).unwrap();
    assert!(pending.ends_with(&format!(r#""extraData":{{"continueUrl":"{way_on}"}}}}"#)), "{pending}");
}

#[test]
fn a_chargeback_names_the_payment_that_it_takes_back() {
    let original = "d94c0d72f3a36e21f16e";
    let kept = Kept {
        transaction_type: Kind::Chargeback,
        reference_uuid: Some(original.into()),
        original_merchant_transaction_id: Some("order-7".into()),
        ..Kept::default()
    };
    let draft = Draft::at(NOW).called(JourneyId::mint([0x5a; 16], Shard::of_byte(7)));
    let draft = draft.with(|opening| opening.dialect_data = kept.written());
    let chargeback = concluded(draft.journey(), &Fact::paid(), NOW).0;
    let json = told(&chargeback);
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["merchantTransactionId"], format!("auto-{UUID}"));
    assert_eq!((&read["result"], &read["transactionType"]), (&"OK".into(), &"CHARGEBACK".into()));
    let end = format!(
        r#""chargebackData":{{"originalUuid":"{original}","originalMerchantTransactionId":"order-7","amount":"25.00","currency":"EUR","reason":"order 7","chargebackDateTime":"2026-05-07T10:33:20+00:00"}}}}"#
    );
    assert!(json.ends_with(&end), "{json}");
}

#[test]
fn what_is_kept_is_read_by_its_names() {
    let kept = r#"{"bodyHash":"md5","contentType":"text/json","extraData":{"a":"b"},"merchantTransactionId":"7","sandbox":"error","transactionType":"CHARGEBACK"}"#;
    let draft = Draft::at(NOW).with(|opening| opening.dialect_data = DialectData::new(kept));
    let expected = Kept {
        merchant_transaction_id: Some("7".into()),
        transaction_type: Kind::Chargeback,
        extra_data: all().extra_data,
        content_type: Some("text/json".into()),
        body_hash: Some(BodyHash::Md5),
        sandbox: Some("error".into()),
        ..Kept::default()
    };
    assert_eq!(Kept::of(&draft.journey()), expected);
}
