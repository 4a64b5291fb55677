//! Every kind of bank says yes and no, on both stores.

use reqwest::Method;
use serde_json::{Value, json};

use super::config::OPERATOR;
use super::way::{decided, gateway, home, open_with};
use crate::banks::customer::Decision;
use crate::banks::process::{Banks, KINDS};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;
use crate::support::tpp::{Asked, CALLBACK, Tpp, account_request, payment_request};

async fn as_operator(gateway: &TestGateway, method: Method, page: &str, body: &str) -> Value {
    let bearer = format!("Bearer {OPERATOR}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    gateway.http.send(method, page, &headers, body.to_owned()).await.is(200).json()
}

fn whose(asked: &Asked, kind: &str) -> String {
    let user = asked.data["userUuid"].as_str().expect("a user");
    format!("application-user-id=john.doe%40company.com&user-uuid={user}&institution={kind}")
}

async fn approves(gateway: &TestGateway, banks: &Banks, tpp: &Tpp, kind: &str) {
    let asked = tpp.ask(json!({ "institutionId": kind })).await;
    let landing = decided(gateway, banks, kind, &asked, Decision::Approve).await;
    assert!(landing.url.path().ends_with(&format!("/return/{kind}")), "{}", landing.url);
    let url = home(&gateway.http, &landing).await;
    let token = query_value(&url, "consent");
    assert_eq!(url, format!("{CALLBACK}?consent={token}&{}", whose(&asked, kind)));
    for _ in 0..3 {
        assert_eq!(home(&gateway.http, &landing).await, url, "{kind}");
    }
    let consent = tpp.consent(&asked.id).await;
    assert_eq!((&consent["status"], &consent["consentToken"]), (&json!("AUTHORIZED"), &json!(token)));
    let said = as_operator(gateway, Method::POST, "/v1/introspect", &format!("token={token}")).await;
    assert_eq!((&said["active"], &said["institution"]), (&json!(true), &json!(kind)));
    let page = format!("/v1/consents/{}/bank-tokens", asked.id);
    let tokens = as_operator(gateway, Method::GET, &page, "").await["tokens"].clone();
    assert!(tokens["access_token"].as_str().is_some_and(|token| !token.is_empty()), "{kind}");
    assert!(tokens["id_token"].is_string(), "{kind}");
}

async fn refuses(gateway: &TestGateway, banks: &Banks, tpp: &Tpp, kind: &str) {
    let asked = tpp.ask(json!({ "institutionId": kind })).await;
    let landing = decided(gateway, banks, kind, &asked, Decision::Deny).await;
    let url = home(&gateway.http, &landing).await;
    assert!(url.starts_with(&format!("{CALLBACK}?{}&error=access_denied", whose(&asked, kind))), "{url}");
    assert_eq!(home(&gateway.http, &landing).await, url, "{kind}");
    assert_eq!(tpp.consent(&asked.id).await["status"], "REJECTED", "{kind}");
}

async fn every_kind(store: StoreKind) {
    let (gateway, banks) = gateway(store).await;
    let tpp = Tpp::of(&gateway).await;
    for kind in KINDS {
        approves(&gateway, &banks, &tpp, kind).await;
        refuses(&gateway, &banks, &tpp, kind).await;
    }
}

#[tokio::test]
async fn every_kind_of_bank_on_the_embedded_store() {
    every_kind(StoreKind::Embedded).await;
}

#[tokio::test]
async fn every_kind_of_bank_on_redis() {
    every_kind(StoreKind::Redis).await;
}

/// Its code is worth something once only, so the store notes that the bank is asked: between look-up and conclusion.
#[tokio::test]
async fn a_return_from_a_bank_that_is_asked_once_takes_three_round_trips() {
    let banks = Banks::start("http://127.0.0.1:9");
    let gateway = open_with(StoreKind::Proxied, &banks, &[("HANDBACK_WORKERS", "1")]).await;
    let tpp = Tpp::of(&gateway).await;
    let mut least = usize::MAX;
    // The gateway sweeps every second over the same proxy, so a single count may be too high, never too low.
    for _ in 0..8 {
        let asked = tpp.ask(json!({ "institutionId": "plain" })).await;
        let landing = decided(&gateway, &banks, "plain", &asked, Decision::Approve).await;
        let before = gateway.proxy().round_trips();
        home(&gateway.http, &landing).await;
        least = least.min(gateway.proxy().round_trips() - before);
    }
    assert_eq!(least, 3);
}

/// Its features hold payments; but no bank of this kind is asked for one, so none can have been agreed to.
#[tokio::test]
async fn a_payment_is_refused_where_the_bank_would_not_hear_of_it() {
    let (gateway, banks) = gateway(StoreKind::Embedded).await;
    let tpp = Tpp::of(&gateway).await;
    for kind in ["plain", "par", "hybrid"] {
        let mut body = account_request(json!({ "institutionId": kind }));
        body["paymentRequest"] = payment_request();
        let refused = tpp.post("/payment-auth-requests", &body).await.is(424).json();
        let message = format!("The institution {kind} does not support CREATE_DOMESTIC_SINGLE_PAYMENT");
        assert_eq!(
            (&refused["error"]["source"], &refused["error"]["message"]),
            (&json!("INSTITUTION"), &json!(message))
        );
        let shown = tpp.get(&format!("/institutions/{kind}")).await.is(200).json();
        assert_eq!(shown["features"], json!(["ACCOUNTS", "ACCOUNT"]), "nothing is promised either");
        assert_eq!(banks.count(kind, "authorization") + banks.count(kind, "par"), 0);
    }
}

#[tokio::test]
async fn a_gateway_of_real_banks_takes_no_checkouts() {
    let (gateway, banks) = gateway(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let refused = merchant.refusal(&json!("https://shop.example/cb")).await;
    assert!(refused.contains("none of this gateway's takes payments"), "{refused}");
    assert!(gateway.command(&["check-config"]).contains("institution[0].bank.issuer"));
    let checked: Value = serde_json::from_str(&gateway.command(&["check-config", "--json"])).unwrap();
    assert_eq!(checked["settings"]["institution[0].bank.client_secret"]["value"], "given");
    let printed = checked.to_string();
    assert!(!printed.contains("PRIVATE KEY") && !printed.contains(OPERATOR), "{printed}");
    assert!(!printed.contains(banks.member("plain", "client_secret")), "{printed}");
}
