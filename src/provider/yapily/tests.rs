//! What is sent, and what answers say, by the examples of Yapily's document (contracts/yapily.md).

use serde_json::{Value, json};

use super::wire::idempotency_id;
use super::*;
use crate::clock::TestClock;
use crate::domain::{CountryCode, Currency, PayeeAccount};
use crate::provider::{AccountSettings, Carried};

fn config(account: PayeeAccount) -> YapilyConfig {
    YapilyConfig {
        account: AccountSettings {
            name: "modelo".into(),
            label: "Modelo".into(),
            mode: Mode::Test,
            currencies: Vec::new(),
            merchants: Vec::new(),
            ask_schedule: AskSchedule::default(),
        },
        url: "https://api.yapily.com".parse().unwrap(),
        application_id: "application".into(),
        application_secret: Secret::new("secret"),
        institution: "modelo-sandbox".into(),
        payee: "BILLS COFFEE LTD".into(),
        payee_account: account,
        country: Some(CountryCode::parse("GB").unwrap()),
    }
}

fn reference() -> PaymentReference {
    PaymentReference::parse("166185898881043-1").unwrap()
}

#[test]
fn what_is_paid_is_written_with_all_its_decimals_and_an_id_of_letters_and_digits() {
    let config = config(PayeeAccount::uk("999999", "99999999").unwrap());
    let amount = Amount::parse("8.7", Currency::GBP).unwrap();
    let request = PaymentRequest::new(&config, reference(), ("Two-tickets".into(), amount)).unwrap();
    let text = serde_json::to_string(&request).unwrap();
    assert!(text.contains(r#""amount":{"amount":8.70,"currency":"GBP"}"#), "{text}");
    let mut written: Value = serde_json::from_str(&text).unwrap();
    written.as_object_mut().unwrap().remove("amount");
    let account = json!([{ "type": "SORT_CODE", "identification": "999999" },
        { "type": "ACCOUNT_NUMBER", "identification": "99999999" }]);
    let payee =
        json!({ "name": "BILLS COFFEE LTD", "accountIdentifications": account, "address": { "country": "GB" } });
    let expected = json!({ "paymentIdempotencyId": "166185898881043v1", "type": "DOMESTIC_PAYMENT",
        "reference": "Two-tickets", "payee": payee });
    assert_eq!(written, expected);
}

#[test]
fn a_consent_says_how_far_its_customer_is_with_an_envelope_or_without() {
    let agreed = |status: &str| {
        let consent = json!({ "id": "c-1", "status": status, "consentToken": "t", "state": "s" });
        let bare: Enveloped<Consent> = serde_json::from_value(consent.clone()).unwrap();
        let enveloped: Enveloped<Consent> = serde_json::from_value(json!({ "meta": {}, "data": consent })).unwrap();
        let (bare, enveloped) = (bare.open().agreed(), enveloped.open().agreed());
        assert_eq!(bare, enveloped);
        bare
    };
    assert_eq!(agreed("AWAITING_AUTHORIZATION"), Some(Agreed::NotYet));
    assert_eq!(agreed("AUTHORIZED"), Some(Agreed::Yes(Some(Secret::new("t")))));
    let Some(Agreed::No(refused)) = agreed("REJECTED") else { panic!() };
    assert!(refused.is_customers_refusal());
    let Some(Agreed::No(failed)) = agreed("FAILED") else { panic!() };
    assert!(!failed.is_customers_refusal());
    for status in ["EXPIRED", "REVOKED", "INVALID"] {
        assert_eq!(agreed(status), Some(Agreed::Over), "{status}");
    }
    // Also one by which somebody else has ordered.
    for status in ["CONSUMED", "AWAITING_PRE_AUTHORIZATION", "SOMETHING_NEW", ""] {
        assert_eq!(agreed(status), None, "{status}");
    }
}

fn payment(changes: &Value) -> Payment {
    let mut payment = json!({ "id": "pv3-1", "paymentIdempotencyId": "166185898881043v1", "status": "COMPLETED",
        "amount": 8.70, "currency": "GBP", "amountDetails": { "amount": 8.70, "currency": "GBP" } });
    payment.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_str(&payment.to_string()).unwrap()
}

#[test]
fn a_payment_says_whose_it_is_how_much_it_is_and_where_it_stands() {
    assert_eq!(idempotency_id(reference()), "166185898881043v1");
    let own = reference().to_string();
    assert_eq!(payment(&json!({})).reference(reference()), own);
    // The document's sample of a payment in euros has none.
    assert_eq!(payment(&json!({ "paymentIdempotencyId": null })).reference(reference()), own);
    assert_eq!(payment(&json!({ "paymentIdempotencyId": "other" })).reference(reference()), "other");
    let amount = |changes: Value| payment(&changes).amount().map(|amount| (amount.minor(), amount.currency()));
    assert_eq!(amount(json!({})), Ok((870, Currency::GBP)));
    assert_eq!(amount(json!({ "amountDetails": { "amount": 1, "currency": "EUR" } })), Ok((100, Currency::EUR)));
    assert_eq!(amount(json!({ "amountDetails": null })), Ok((870, Currency::GBP)));
    for unreadable in [
        json!({ "amountDetails": { "amount": "8.70", "currency": "GBP" } }),
        json!({ "amountDetails": { "amount": 8.701, "currency": "GBP" } }),
        json!({ "amountDetails": { "amount": 8.70, "currency": "POUND" } }),
        json!({ "amountDetails": null, "amount": null }),
    ] {
        assert!(amount(unreadable.clone()).is_err(), "{unreadable}");
    }
    let standing = |status: &str| payment(&json!({ "status": status })).standing();
    assert_eq!(standing("PENDING"), Some(Standing::Pending));
    assert_eq!(standing("COMPLETED_SETTLEMENT_IN_PROCESS"), Some(Standing::Pending));
    assert_eq!(standing("COMPLETED"), Some(Standing::Completed));
    assert!(matches!(standing("FAILED"), Some(Standing::Not(_))));
    assert!(matches!(standing("DECLINED"), Some(Standing::Not(_))));
    for status in ["UNKNOWN", "EXPIRED", "ACTIVE", "INACTIVE", "", "SOMETHING_NEW"] {
        assert_eq!(standing(status), None, "{status}: nobody is told an ending by it");
    }
}

#[test]
fn what_cannot_be_part_of_an_address_is_no_id() {
    assert!(is_id("pv3-a6ac6528-e8c8-44eb-b6f9-8521963518dc"));
    let long = "a".repeat(201);
    for other in ["", ".", "..", "a b", "a\nb", "ü", long.as_str()] {
        assert!(!is_id(other), "{other}");
    }
    // Banks make them as they like.
    for odd in ["a/b", "a?b", "a#b", "a%2fb", "a+b=", "/", "./.."] {
        assert!(is_id(odd), "{odd}");
    }
}

#[test]
fn a_browser_brings_a_one_time_token_or_nothing_that_counts() {
    let clock = Arc::<TestClock>::default();
    let client = Client::builder().without_guard().build().unwrap();
    let provider = Yapily::new(config(PayeeAccount::iban("DE89370400440532013000").unwrap()), client, clock);
    let read = |query: &str| {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        AuthorizationResponse::read(Carried::Query, pairs).and_then(|answer| provider.read_return(&answer))
    };
    let brought =
        read("state=s&one-time-token=t&application-user-id=u&user-uuid=v&institution=modelo-sandbox").unwrap();
    assert_eq!(brought.state.as_deref(), Some("s"));
    assert_eq!(brought.kind, ResponseKind::Code(Evidence::of("t")));
    // Nothing of a refusal is signed: the consent is asked about.
    for query in ["state=s&error=access_denied&error-source=user", "state=s", "state=s&one-time-token=", "consent=c"] {
        assert_eq!(read(query).unwrap().kind, ResponseKind::Returned, "{query}");
    }
    assert!(read("state=s&one-time-token=a&one-time-token=b").is_err());
}
