//! Test and live: a merchant for tests reaches what is for tests alone, and a live one never reaches that.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::PaymentEngine;
use crate::support::tpp::Tpp;

/// A gateway with the sandbox, a payment engine and banks of either mode.
async fn gateway_of_both(engine: &PaymentEngine) -> TestGateway {
    let bank = |id: &str, environment: &str| {
        format!(
            "[[institution]]\nid = '{id}'\nname = '{id}'\ncountries = ['GB']\nenvironment = '{environment}'\n\
             features = ['ACCOUNTS']\n[institution.bank]\nkind = 'oidc'\nissuer = 'https://{id}.example'\n\
             client_id = 'us'\nclient_secret = 's'\n"
        )
    };
    let live = engine.file("").replace("mode = 'test'", "mode = 'live'");
    let file = format!("sandbox.enabled = true\n{live}{}{}", bank("real", "live"), bank("practice", "sandbox"));
    TestGateway::open_own(StoreKind::Embedded, &file).await
}

async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = merchant.v1(Method::POST, "/journeys", &body).await;
    if answer.status == 201 { answer.json() } else { answer.is(422).json() }
}

#[tokio::test]
async fn a_payment_goes_to_a_provider_of_its_merchants_mode() {
    let engine = PaymentEngine::start();
    let gateway = gateway_of_both(&engine).await;
    let (test, live) = (gateway.merchant_of("test", "Trial"), gateway.merchant_of("live", "Shop"));
    assert!(test.key.starts_with("hbt_") && live.key.starts_with("hbk_"), "{} {}", test.key, live.key);
    for (merchant, mode, own, other) in [(&test, "test", "sandbox", "engine"), (&live, "live", "engine", "sandbox")] {
        assert_eq!(merchant.look("/profile").await.is(200).json()["mode"], json!(mode));
        let open = opened(merchant, json!({})).await;
        assert_eq!((&open["provider"], &open["mode"]), (&json!(own), &json!(mode)));
        assert_eq!(opened(merchant, json!({ "provider": own })).await["provider"], json!(own));
        let refused = opened(merchant, json!({ "provider": other })).await;
        assert_eq!(refused["field"], json!("provider"), "{refused}");
        assert_eq!(refused["hint"], json!(format!("expected one of {own}")), "{refused}");
    }
    // An id of the other mode is nobody's, and neither is a key whose mode was changed by hand.
    let id = opened(&test, json!({})).await["journey_id"].as_str().unwrap().to_owned();
    live.look(&format!("/journeys/{id}")).await.is(404);
    let turned = MerchantClient { key: test.key.replace("hbt_", "hbk_"), ..test.clone() };
    turned.look("/profile").await.is(401);
    let listed = gateway.command(&["merchant", "list"]);
    assert!(listed.contains("  test  Trial") && listed.contains("  live  Shop"), "{listed}");
}

#[tokio::test]
async fn customers_are_asked_at_banks_of_the_mode_alone() {
    let engine = PaymentEngine::start();
    let gateway = gateway_of_both(&engine).await;
    for (mode, own, other) in [("test", "practice", "real"), ("live", "real", "practice")] {
        let tpp = Tpp::calling_as(gateway.merchant_of(mode, "Shop")).await;
        let listed = tpp.get("/institutions").await.is(200).json();
        let ids: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&own) && !ids.contains(&other), "{mode}: {ids:?}");
        assert_eq!(ids.contains(&"modelo-sandbox"), mode == "test", "{ids:?}");
        tpp.get(&format!("/institutions/{other}")).await.is(404);
        let body = json!({ "applicationUserId": "ada", "institutionId": other, "callback": "https://shop.example/cb" });
        let refused = tpp.post("/account-auth-requests", &body).await.is(400).json();
        assert!(refused["error"]["message"].as_str().unwrap().contains("no institution"), "{refused}");
        let hosted = json!({ "applicationUserId": "ada", "redirectUrl": "https://shop.example/cb",
            "institutionIdentifiers": { "institutionCountryCode": "GB", "institutionId": other } });
        tpp.post("/hosted/consent-requests", &hosted).await.is(400);
    }
}

#[tokio::test]
async fn a_merchant_is_for_tests_where_the_sandbox_is_on_unless_it_is_said() {
    let add = |gateway: &TestGateway| {
        let added = gateway.command(&["merchant", "add", "--json", "--name", "Shop"]);
        serde_json::from_str::<Value>(&added).unwrap()["mode"].clone()
    };
    let demo = TestGateway::open(StoreKind::Embedded).await;
    assert_eq!(add(&demo), json!("test"));
    let own = TestGateway::open_own(StoreKind::Embedded, "").await;
    assert_eq!(add(&own), json!("live"));
    let refused =
        own.merchant("Trial").v1(Method::POST, "/journeys", &json!({ "amount": "1.00", "currency": "EUR" })).await;
    assert!(refused.is(422).json()["hint"].as_str().unwrap().contains("for tests"));
    let wrong = own.refused_command(&["merchant", "add", "--mode", "prod", "--name", "Shop"]);
    assert!(wrong.contains("is neither test nor live"), "{wrong}");
}
