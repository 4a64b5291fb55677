//! What Token.io's API refuses, and how it says so (contracts, sections 3 and 9).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::HttpReply;
use crate::support::token_io_client::{TokenIoClient, request};

async fn gateway() -> TestGateway {
    TestGateway::open(StoreKind::Embedded).await
}

/// Sends the contract's request with this header.
async fn with_header(gateway: &TestGateway, authorization: Option<&str>, body: &Value) -> HttpReply {
    let headers = authorization.map(|value| ("authorization", value));
    let headers: Vec<_> = headers.into_iter().chain([("content-type", "application/json")]).collect();
    gateway.http.send(Method::POST, "/token-io/v2/payments", &headers, body.to_string()).await
}

#[tokio::test]
async fn each_of_the_three_ways_to_call_is_accepted() {
    let gateway = gateway().await;
    let member = TokenIoClient::of(&gateway).await;
    let body = request(json!({}));
    let token = format!("Bearer {}", member.token(&Method::POST, "/v2/payments", &body.to_string(), ""));
    let sdk = member.of_sdk(&Method::POST, "/v2/payments", &body.to_string());
    for header in [token, sdk, member.basic()] {
        with_header(&gateway, Some(&header), &body).await.is(200);
    }
}

#[tokio::test]
async fn a_call_of_nobody_is_refused() {
    let gateway = gateway().await;
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let body = request(json!({}));
    let text = body.to_string();
    let token = |text: &str| format!("Bearer {}", member.token(&Method::POST, "/v2/payments", text, ""));
    let sdk = member.of_sdk(&Method::POST, "/v2/payments", &text);
    let mut refused = vec![
        None,
        Some("Basic aGJrX3g=".to_owned()),
        Some(format!("Bearer {}", member.merchant.key)),
        Some(token(&text.replace("10.23", "0.01"))),
        Some(format!("Bearer {}", member.token(&Method::PUT, "/v2/payments", &text, ""))),
        Some(format!("Bearer {}", member.token(&Method::POST, "/v2/payment", &text, ""))),
        Some(sdk.replace(&member.id, &member.id.replace(':', "-"))),
        Some(sdk.replace(&member.key, "unknown")),
        Some(member.of_sdk(&Method::POST, "/v2/payments", "{}")),
    ];
    // Keys that are registered here, for somebody else.
    refused.push(Some(sdk.replace(&member.id, &other.id)));
    refused.push(Some(sdk.replace(&member.id, &other.id).replace(&member.key, &other.key)));
    refused.push(Some(sdk.replace(&member.key, &other.key)));
    member.merchant.v1(Method::DELETE, &format!("/profile/public-keys/{}", member.key), &Value::Null).await.is(204);
    refused.push(Some(token(&text)));
    for header in refused {
        let answer = with_header(&gateway, header.as_deref(), &body).await.is(401);
        let (challenge, answer) = (answer.header("www-authenticate"), answer.json());
        assert_eq!(challenge, "Bearer realm=\"token-io\", Basic realm=\"token-io\"");
        let error = answer["error"].as_object().expect("an error");
        let mut names: Vec<_> = error.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["message", "tokenTraceId"], "{answer}");
        assert!(error["message"].as_str().unwrap().starts_with("Authorization: "), "{answer}");
    }
    let own = format!("Bearer {}", other.token(&Method::POST, "/v2/payments", &text, ""));
    with_header(&gateway, Some(&own), &body).await.is(200);
    gateway.wait(Duration::from_mins(11));
    with_header(&gateway, Some(&own), &body).await.is(401).says("is over");
}

/// Each member signs with a key of its own, and is known by it: nobody calls for another one.
#[tokio::test]
async fn a_member_cannot_call_for_another() {
    let gateway = gateway().await;
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    assert_ne!(member.key, other.key);
    let body = request(json!({}));
    let mut as_member = other.clone();
    as_member.id.clone_from(&member.id);
    let mut with_its_key = as_member.clone();
    with_its_key.key.clone_from(&member.key);
    for (liar, why) in [(&as_member, "has not registered"), (&with_its_key, "not this key's over this call")] {
        let token = format!("Bearer {}", liar.token(&Method::POST, "/v2/payments", &body.to_string(), ""));
        for header in [token, liar.of_sdk(&Method::POST, "/v2/payments", &body.to_string())] {
            with_header(&gateway, Some(&header), &body).await.is(401).says(why);
        }
    }
    // Under its own name it is whoever it is, with the same key.
    other.post("/v2/payments", &body).await.is(200);
}

#[tokio::test]
async fn a_member_can_insist_on_signatures() {
    let gateway = gateway().await;
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.choose(json!({ "signed_calls": "required" })).await;
    with_header(&gateway, Some(&member.basic()), &request(json!({}))).await.is(401).says("signed");
    member.ask(json!({})).await;
    // Then a signature covers the query as well; until then it may leave it out.
    let bearer = format!("Bearer {}", member.token(&Method::GET, "/v2/payments", "", ""));
    let list = async || gateway.http.get_with("/token-io/v2/payments?limit=1", &[("authorization", &bearer)]).await;
    list().await.is(401).says("has no query");
    member.get("/v2/payments?limit=1").await.is(200);
    member.merchant.choose(json!({ "signed_calls": "checked" })).await;
    list().await.is(200);
}

#[tokio::test]
async fn a_refusal_names_its_field_or_its_bank() {
    let gateway = gateway().await;
    let member = TokenIoClient::of(&gateway).await;
    for (changes, code, path) in [
        (json!({ "refId": null }), "Field.Expected", "initiation.refId"),
        (
            json!({ "amount": { "value": "10.234", "currency": "EUR" } }),
            "Field.InvalidFormat",
            "initiation.amount.value",
        ),
        (json!({ "localInstrument": "X" }), "Field.Invalid", "initiation.localInstrument"),
        (json!({ "callbackUrl": "https://app.token.io/" }), "Field.Invalid", "initiation.callbackUrl"),
        (json!({ "callbackUrl": "https://tpp.com/?Payment-Id=1" }), "Field.Invalid", "initiation.callbackUrl"),
        (json!({ "callbackUrl": "http://tpp.com/" }), "Field.Invalid", "initiation.callbackUrl"),
        (
            json!({ "remittanceInformationPrimary": "4242424242424242" }),
            "PanDetected",
            "initiation.remittanceInformationPrimary",
        ),
    ] {
        let error = member.post("/v2/payments", &request(changes)).await.is(400).json()["error"].clone();
        assert_eq!((&error["errorCode"], &error["paths"]), (&json!(code), &json!([path])), "{error}");
        assert!(error["message"].as_str().unwrap().starts_with(path), "{error}");
        assert_eq!(error["tokenTraceId"].as_str().map(str::len), Some(32));
    }
    let error = member.post("/v2/payments", &request(json!({ "bankId": "nowhere" }))).await.is(400).json();
    assert_eq!(error["error"]["errorCode"], "Bank.RegistrationNotFound");
    assert_eq!(error["error"]["bankId"], "nowhere");
}

#[tokio::test]
async fn what_is_somebody_elses_or_nothing_is_not_found() {
    let gateway = gateway().await;
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let asked = member.ask(json!({})).await;
    for (who, id) in
        [(&other, asked.id.as_str()), (&member, "pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi"), (&member, "x")]
    {
        let error = who.get(&format!("/v2/payments/{id}")).await.is(404).json()["error"].clone();
        assert_eq!((&error["errorCode"], &error["paymentId"]), (&json!("NOT_FOUND"), &json!(id)));
    }
    assert_eq!(
        member.call(Method::DELETE, "/v2/payments", &Value::Null).await.is(405).header("allow"),
        "GET, HEAD, POST"
    );
    member.get("/v3/payments").await.is(404);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_of_the_payment() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({})).await;
    gateway.redis().kill();
    let away = member.get(&format!("/v2/payments/{}", asked.id)).await.is(503);
    assert!(!away.header("retry-after").is_empty());
    let error = away.json()["error"].clone();
    assert_eq!((&error["errorCode"], &error["paymentId"]), (&json!("UNAVAILABLE"), &json!(asked.id)), "{error}");
}

#[tokio::test]
async fn what_is_not_there_names_a_payment_as_the_schema_has_it() {
    let gateway = gateway().await;
    let member = TokenIoClient::of(&gateway).await;
    for (path, named) in [
        ("/webhook/config", ""),
        ("/no-such-call", ""),
        ("/v2/payments/pm2:x:y", "pm2:x:y"),
        ("/v2/payment-links/pl-x", "pl-x"),
        ("/token-requests/rq:x:y/result", "rq:x:y"),
    ] {
        let refused = member.get(path).await.is(404).json();
        let error = &refused["error"];
        assert_eq!((&error["errorCode"], &error["paymentId"]), (&json!("NOT_FOUND"), &json!(named)), "{path}");
        assert!(error["message"].is_string() && error["tokenTraceId"].is_string(), "{refused}");
    }
    let unknown = member.post("/callback/initiation", &json!({ "query": "code=a&state=b" })).await.is(404).json();
    assert_eq!(unknown["error"]["paymentId"], json!(""));
}
