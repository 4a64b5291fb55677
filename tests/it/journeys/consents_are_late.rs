//! The bank is slow: the customer is never kept, and the app is never given what is not proven.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::tpp::{CALLBACK, Tpp};

/// The return's budget as it is by default, and how long an answer inside it may take on a busy machine.
const BUDGET: (&str, &str) = ("HANDBACK_RETURN_BUDGET", "100ms");
const SOON: Duration = Duration::from_millis(1500);

async fn hasty(kind: StoreKind) -> (TestGateway, Tpp) {
    let gateway = TestGateway::open_with(kind, &[BUDGET]).await;
    let tpp = Tpp::of(&gateway).await;
    (gateway, tpp)
}

async fn a_one_time_token_goes_home_before_the_bank_has_answered(kind: StoreKind) {
    let (gateway, tpp) = hasty(kind).await;
    let asked = tpp.ask(json!({ "oneTimeToken": true })).await;
    let back = asked.back("code=slow:2500");
    let answer = gateway.http.back(&back).await;
    assert!(answer.took < SOON, "{:?}", answer.took);
    let home = answer.location();
    let token = query_value(&home, "one-time-token");
    let user = asked.data["userUuid"].as_str().unwrap();
    assert_eq!(
        home,
        format!(
            "{CALLBACK}?one-time-token={token}&application-user-id=john.doe%40company.com&user-uuid={user}\
             &institution=modelo-sandbox"
        )
    );
    let pending = tpp.exchange_with(&token, &[("request-timeout", "0")]).await.is(201).json();
    assert_eq!((&pending["id"], &pending["status"]), (&json!(asked.id), &json!("AWAITING_AUTHORIZATION")));
    assert!(pending.get("consentToken").is_none(), "{pending}");
    let consent = tpp.exchange(&token).await.is(201).json();
    assert_eq!(consent["status"], "AUTHORIZED");
    assert!(consent["consentToken"].is_string(), "{consent}");
    tpp.exchange(&token).await.is(403);
    assert_eq!(gateway.http.back(&back).await.location(), home);
}

async fn a_refusal_that_follows_is_what_the_exchange_says(kind: StoreKind) {
    let (gateway, tpp) = hasty(kind).await;
    for (error, status) in [("server_error", "FAILED"), ("access_denied", "REJECTED")] {
        let asked = tpp.ask(json!({ "oneTimeToken": true })).await;
        let home = gateway.http.back(&asked.back(&format!("code=slow:1500:fail:{error}"))).await.location();
        let consent = tpp.exchange(&query_value(&home, "one-time-token")).await.is(201).json();
        assert_eq!((&consent["id"], &consent["status"]), (&json!(asked.id), &json!(status)));
        assert!(consent.get("consentToken").is_none(), "{consent}");
    }
}

async fn a_consent_token_is_never_promised_before_it_is_proven(kind: StoreKind) {
    let (gateway, tpp) = hasty(kind).await;
    let asked = tpp.ask(json!({})).await;
    let back = asked.back("code=slow:1500");
    let page = gateway.http.back(&back).await.is(200);
    assert!(page.took < SOON && !page.has("location"));
    page.never_says("eyJ");
    assert_eq!(soon(&tpp, &asked.id, "0").await["status"], "AWAITING_AUTHORIZATION");
    // Reading the consent waits for the fact that is on its way.
    assert_eq!(soon(&tpp, &asked.id, "10").await["status"], "AUTHORIZED");
    eventually("the page moves on", || async { gateway.http.back(&back).await.status == 303 }).await;
    let home = gateway.http.back(&back).await.location();
    assert_eq!(query_value(&home, "consent"), tpp.consent(&asked.id).await["consentToken"].as_str().unwrap());
}

async fn soon(tpp: &Tpp, id: &str, patience: &str) -> Value {
    let headers = [("request-timeout", patience)];
    let answer = tpp.call_with(reqwest::Method::GET, &format!("/consents/{id}"), &headers, &Value::Null).await;
    answer.is(200).json()["data"].clone()
}

/// Runs the stories of this file on both stores; each opens a gateway of its own kind.
macro_rules! late_stories {
    ($($story:ident),+ $(,)?) => {
        mod embedded { $(#[tokio::test] async fn $story() { super::$story(super::StoreKind::Embedded).await; })+ }
        mod redis { $(#[tokio::test] async fn $story() { super::$story(super::StoreKind::Redis).await; })+ }
    };
}

late_stories![
    a_one_time_token_goes_home_before_the_bank_has_answered,
    a_refusal_that_follows_is_what_the_exchange_says,
    a_consent_token_is_never_promised_before_it_is_proven,
];
