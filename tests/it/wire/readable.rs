//! Text that people see or compare has one rule, in every dialect and in the profile.

use handback::domain::merchant::MerchantName;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::ixopay::{Client, debit};
use crate::support::token_io_client::{TokenIoClient, request};
use crate::support::tpp::{Tpp, account_request, payment_request};

/// What nobody can see, and how a refusal names it.
const MISLEADING: [(&str, &str); 5] = [
    ("Order\u{200b}7", "U+200B"),
    ("Order\u{202e}7", "U+202E"),
    ("\u{feff}Order 7", "U+FEFF"),
    ("Or\u{200d}der 7", "U+200D"),
    ("Order\u{7}7", "U+0007"),
];

/// What scripts and emoji are written with.
const READABLE: &str = "می\u{200c}خواهم 👩\u{200d}💻 ❤\u{fe0f}";

#[tokio::test]
async fn a_links_note_and_its_statement_say_what_can_be_seen() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    for (text, named) in MISLEADING {
        for field in ["recipient_note", "bank_statement_description"] {
            let body = json!({ "amount": 1, field: text });
            let refused = merchant.secpaid("createLink", &body).await.is(400).json();
            let message = refused["ResponseMsg"].as_str().unwrap();
            assert!(message.starts_with(&format!("{field}: ")) && message.contains(named), "{message}");
        }
        let recipients = json!([{ "token": text, "share": 10 }]);
        let refused =
            merchant.secpaid("createSplitLink", &json!({ "amount": 1, "recipients": recipients })).await.is(400);
        assert_eq!(refused.json()["ResponseMsg"], "Invalid recipient token at index 0");
        let preview = json!({ "recipient_note": text });
        let refused = merchant.v1(reqwest::Method::POST, "/preview", &preview).await.is(422).json();
        assert_eq!(refused["field"], "recipient_note", "{refused}");
    }
    let link = merchant.link(json!({ "recipient_note": READABLE })).await;
    assert_eq!(link.data["recipient_note"], READABLE);
}

#[tokio::test]
async fn an_ixopay_transaction_is_named_and_described_by_what_can_be_seen() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let client = Client::of(&gateway);
    for (number, (text, named)) in MISLEADING.into_iter().enumerate() {
        let described = debit(&number.to_string(), json!({ "description": text }));
        for (field, body) in [("merchantTransactionId", debit(text, json!({}))), ("description", described)] {
            let refused = client.ask("debit", &body).await.is(422).json();
            let message = refused["errorMessage"].as_str().unwrap();
            assert!(message.contains(field) && message.contains(named), "{message}");
        }
    }
    // Lines of a description are shown as one, and what only a machine reads is kept as it is.
    let own = json!({ "description": "Order 7\r\nand 8", "merchantMetaData": "a\u{200b}b" });
    client.begin("debit", &debit("lines", own)).await;
    client.begin("debit", &debit(READABLE, json!({ "description": READABLE }))).await;
}

#[tokio::test]
async fn a_consents_user_its_payee_and_its_reference_can_be_seen() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let tpp = Tpp::of(&gateway).await;
    let payment = |pointer: &str, text: &str| {
        let mut payment = payment_request();
        *payment.pointer_mut(pointer).expect("a field") = json!(text);
        account_request(json!({ "paymentRequest": payment }))
    };
    for (text, named) in MISLEADING {
        for (path, body) in [
            ("/account-auth-requests", account_request(json!({ "applicationUserId": text }))),
            ("/payment-auth-requests", payment("/payee/name", text)),
            ("/payment-auth-requests", payment("/reference", text)),
            ("/users", json!({ "applicationUserId": text })),
        ] {
            let refused = tpp.post(path, &body).await.is(400).json();
            assert!(refused.to_string().contains(named), "{path} {body}: {refused}");
        }
    }
    let user = tpp.post("/users", &json!({ "applicationUserId": READABLE })).await.is(201).json();
    assert_eq!(user["applicationUserId"], READABLE);
}

#[tokio::test]
async fn a_token_io_payments_creditor_and_its_remittance_can_be_seen() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    for (text, named) in MISLEADING {
        let creditor = json!({ "iban": "GB29NWBK60161331926819", "name": text });
        for changes in [json!({ "remittanceInformationPrimary": text }), json!({ "creditor": creditor })] {
            let refused: Value = member.post("/v2/payments", &request(changes.clone())).await.is(400).json();
            assert!(refused.to_string().contains(named), "{changes}: {refused}");
        }
    }
}

#[test]
fn a_merchants_name_can_be_seen() {
    for (text, named) in MISLEADING {
        let refused = MerchantName::parse(text).unwrap_err();
        assert!(refused.rule().contains(named), "{refused}");
    }
    assert!(MerchantName::parse(READABLE).is_ok());
}
