//! Token.io's first API before its published SDK: requests, the customer's redirect home, and the signature on it
//! (contracts/token-io.md, section 7).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, query_value};
use crate::support::on_every_store;
use crate::support::sdk::Sdk;
use crate::support::token_io_client::TokenIoClient;

on_every_store![
    the_sdk_verifies_the_way_home,
    a_failure_has_a_number_where_the_app_has_named_the_bank,
    an_app_with_pages_of_its_own_is_told_where_the_bank_is,
    a_day_after_its_end_a_request_is_its_members_alone,
    a_request_that_breaks_a_rule_is_refused,
    a_callback_that_a_reader_could_find_our_names_in_is_refused,
];

const REDIRECT_URL: &str = "https://tpp.com/redirect";

/// The request as the SDK builds it.
fn request(changes: &[(&str, Value)]) -> Value {
    let mut body = json!({
        "requestPayload": {
            "refId": "zg5hs9eamvk4ouggg9", "to": {}, "redirectUrl": REDIRECT_URL, "description": "Order 7",
            "callbackState": "%7B%22innerState%22%3A%22x%22%7D",
            "transferBody": { "currency": "EUR", "lifetimeAmount": "10.23", "instructions": { "transferDestinations": [
                { "sepa": { "iban": "GB29NWBK60161331926819" }, "customerData": { "legalNames": ["Customer Inc."] } },
            ] } },
        },
        "requestOptions": { "from": {} },
    });
    for (place, value) in changes {
        let (parent, name) = place.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    body
}

async fn ask(member: &TokenIoClient, changes: &[(&str, Value)]) -> Value {
    member.post("/token-requests", &request(changes)).await.is(200).json()["tokenRequest"].clone()
}

fn id(request: &Value) -> &str {
    request["id"].as_str().expect("an id")
}

/// Chooses a bank on the page at this address, and comes back with the bank's words.
async fn pay(gateway: &TestGateway, request: &str, answer: &str) -> HttpReply {
    let session = format!("/token-io/session/{request}/choose");
    let left = gateway.http.submit(&session, &[("institution", "modelo-sandbox")]).await.location();
    gateway.http.back(&format!("{answer}&state={}", query_value(&left, "state"))).await
}

async fn the_sdk_verifies_the_way_home(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let sdk = Sdk::of(&gateway, &member.id);
    let stored = sdk.run("store", json!({
        "amount": "10.23", "currency": "EUR", "redirectUrl": format!("{REDIRECT_URL}?own=1"), "csrf": "of the session",
        "state": { "order": "7 & +8", "é": "=?" }, "description": "Order 7",
    }));
    let (id, url) = (stored["request"]["id"].as_str().unwrap(), stored["url"].as_str().unwrap());
    assert!(id.starts_with("rq:") && id.ends_with(":5zKtXEAq"), "{id}");
    assert_eq!(url, format!("{}/token-io/app/request-token/{id}", gateway.http.base()));
    let read = sdk.run("retrieve", json!({ "id": id }));
    assert_eq!(read["tokenRequest"], stored["request"]);
    assert_eq!(sdk.run("result", json!({ "id": id }))["status"], "PENDING");

    gateway.http.get(url).await.is(200).says("10.23 EUR").says("Customer Inc.").says("Order 7").says("Modelo Sandbox");
    let home = pay(&gateway, id, "code=ok").await.location();
    assert!(
        home.starts_with(&format!("{REDIRECT_URL}?own=1&request-id={id}&request_id={id}&transfer-id=t:")),
        "{home}"
    );
    let verified = sdk.run("callback", json!({ "url": home, "csrf": "of the session" }));
    assert_eq!(verified["innerState"], json!({ "order": "7 & +8", "é": "=?" }));
    assert_eq!(verified["tokenId"].as_str().unwrap(), query_value(&home, "tokenId"));
    assert_eq!(query_value(&home, "token-id"), query_value(&home, "tokenId"));
    assert_eq!(query_value(&home, "transfer-status"), "SUCCESS");
    let result = sdk.run("result", json!({ "id": id }));
    assert_eq!((&result["status"], &result["bankId"]), (&json!("PROCESSED"), &json!("modelo-sandbox")));
    assert_eq!(result["tokenId"], verified["tokenId"]);
    assert_eq!(result["signature"], serde_json::from_str::<Value>(&query_value(&home, "signature")).unwrap());
    assert_eq!(member.get(&format!("/token-requests/{id}/result")).await.is(200).json(), result);

    // What somebody has altered does not verify.
    let token = verified["tokenId"].as_str().unwrap();
    for (from, to) in [(token, "tt:another:5zKtXEAq"), ("%2522order%2522", "%2522odder%2522")] {
        assert!(home.contains(from), "{home}");
        let error = sdk.fails("callback", json!({ "url": home.replace(from, to), "csrf": "of the session" }));
        assert!(error["error"].as_str().unwrap().contains("Invalid signature"), "{error}");
    }
    let error = sdk.fails("callback", json!({ "url": home, "csrf": "of another session" }));
    assert!(error["error"].as_str().unwrap().contains("Invalid CSRF token"), "{error}");
    // It is no payment of the second API.
    assert_eq!(member.get("/v2/payments?limit=9").await.is(200).json()["payments"], json!([]));
    let payment = id.replace("rq:", "pm2:").replace("5zKtXEAq", "2gFUX1NDgoi");
    member.get(&format!("/v2/payments/{payment}")).await.is(404);
}

async fn a_failure_has_a_number_where_the_app_has_named_the_bank(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for (answer, error, message) in [
        ("code=fail:temporarily_unavailable", "14", "The+sandbox+bank+was+asked+to+fail."),
        ("error=access_denied", "2", "The+bank+refused+the+payment"),
        ("error=server_error", "13", "The+bank+refused+the+payment"),
    ] {
        let asked = ask(&member, &[("/requestOptions/bankId", json!("modelo-sandbox"))]).await;
        let home = pay(&gateway, id(&asked), answer).await.location();
        let trace = query_value(&home, "trace-id");
        let ids = format!("request-id={0}&request_id={0}", id(&asked));
        assert_eq!(home, format!("{REDIRECT_URL}?{ids}&trace-id={trace}&error={error}&message={message}"));
        assert!(trace.len() >= 14 && trace.bytes().all(|b| b.is_ascii_alphanumeric()), "{trace}");
        let result = member.get(&format!("/token-requests/{}/result", id(&asked))).await.is(200).json();
        assert_eq!((&result["status"], &result["tokenId"]), (&json!("REJECTED"), &Value::Null));
    }
    let asked = ask(&member, &[]).await;
    let home = pay(&gateway, id(&asked), "error=server_error").await.location();
    let ids = format!("request-id={0}&request_id={0}", id(&asked));
    let message = "message=The%20bank%20refused%20the%20payment";
    assert_eq!(home, format!("{REDIRECT_URL}?{ids}&error=EXCEPTION_INITIATE_BANK_AUTH&{message}"));
    let sdk = Sdk::of(&gateway, &member.id);
    let error = sdk.fails("callback", json!({ "url": home }));
    assert!(error["error"].as_str().unwrap().contains("Error at bank: EXCEPTION_INITIATE_BANK_AUTH"), "{error}");
    // Nobody came, and nobody will.
    let asked = ask(&member, &[]).await;
    gateway.wait(Duration::from_hours(25));
    let result = member.get(&format!("/token-requests/{}/result", id(&asked))).await.is(200).json();
    assert_eq!(result["status"], "EXPIRED", "{result}");
}

async fn a_day_after_its_end_a_request_is_its_members_alone(gateway: TestGateway) {
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    for lapses in [false, true] {
        let asked = ask(&member, &[]).await;
        if lapses {
            // Nobody looks at it then: it has ended when its time was over.
            gateway.wait(Duration::from_hours(24));
        } else {
            pay(&gateway, id(&asked), "code=ok").await.is(303);
        }
        let paths = ["", "/result", "/token_request_result"];
        let paths = paths.map(|path| format!("/token-requests/{}{path}", id(&asked)));
        gateway.wait(Duration::from_hours(24) - Duration::from_mins(1));
        if !lapses {
            gateway.http.get(&format!("/token-io{}", paths[0])).await.is(200);
            gateway.http.get(&format!("/token-io{}", paths[1])).await.is(200).says("PROCESSED");
        }
        gateway.wait(Duration::from_mins(2));
        for path in &paths {
            let refused = gateway.http.get(&format!("/token-io{path}")).await.is(404);
            refused.never_says("10.23").never_says("tpp.com");
            other.get(path).await.is(404);
            gateway.http.get_with(&format!("/token-io{path}"), &[("authorization", "Basic eDp5")]).await.is(401);
            member.get(path).await.is(200);
        }
    }
}

async fn an_app_with_pages_of_its_own_is_told_where_the_bank_is(gateway: TestGateway) {
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let asked = ask(&member, &[("/requestOptions/bankId", json!("mock-sandbox"))]).await;
    let path = format!("/token-requests/{}/authorization", id(&asked));
    let told = member.post(&path, &json!({ "consentAccepted": true })).await.is(200).json();
    let redirect_url = told["redirectUrl"].as_str().unwrap();
    assert!(redirect_url.starts_with(&format!("{}/sandbox/authorise?", gateway.http.base())), "{redirect_url}");
    assert_eq!(member.post(&path, &json!({})).await.is(200).json(), told, "again it is the same");
    other.post(&path, &json!({})).await.is(404);
    let state = query_value(redirect_url, "state");
    let home = gateway.http.back(&format!("code=ok&state={state}")).await.location();
    assert!(home.starts_with(&format!("{REDIRECT_URL}?request-id={0}&request_id={0}&", id(&asked))), "{home}");
    member.post(&path, &json!({})).await.is(403);
    let open = ask(&member, &[]).await;
    let refused = member.post(&format!("/token-requests/{}/authorization", id(&open)), &json!({})).await.is(400).json();
    assert_eq!(refused["error"]["paths"], json!(["requestOptions.bankId"]));
}

async fn a_request_that_breaks_a_rule_is_refused(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for (place, value, code, path) in [
        ("/requestPayload/refId", Value::Null, "Field.Expected", "requestPayload.refId"),
        ("/requestPayload/refId", json!("x".repeat(36)), "Field.InvalidFormat", "requestPayload.refId"),
        ("/requestPayload/transferBody", Value::Null, "Field.Expected", "requestPayload.transferBody"),
        (
            "/requestPayload/transferBody/currency",
            json!("euro"),
            "Field.InvalidFormat",
            "requestPayload.transferBody.currency",
        ),
        (
            "/requestPayload/transferBody/lifetimeAmount",
            json!("-1"),
            "Field.InvalidFormat",
            "requestPayload.transferBody.lifetimeAmount",
        ),
        ("/requestPayload/redirectUrl", Value::Null, "Field.Expected", "requestPayload.redirectUrl"),
        ("/requestPayload/redirectUrl", json!("javascript:alert(1)"), "Field.Invalid", "requestPayload.redirectUrl"),
        (
            "/requestPayload/redirectUrl",
            json!("https://tpp.com/?TokenId=7"),
            "Field.Invalid",
            "requestPayload.redirectUrl",
        ),
        ("/requestPayload/to", json!({ "id": "m:another:5zKtXEAq" }), "Field.Invalid", "requestPayload.to.id"),
        ("/requestOptions/bankId", json!("no-such-bank"), "Field.Invalid", "requestOptions.bankId"),
    ] {
        let refused = member.post("/token-requests", &request(&[(place, value)])).await.is(400).json();
        assert_eq!(
            (&refused["error"]["errorCode"], &refused["error"]["paths"]),
            (&json!(code), &json!([path])),
            "{refused}"
        );
    }
    let unsigned = gateway.http.send(Method::POST, "/token-io/token-requests", &[], request(&[]).to_string()).await;
    unsigned.is(401);
    for path in [
        "/token-requests/rq:x:5zKtXEAq",
        "/members/m:x:5zKtXEAq",
        "/resolve-alias?alias.value=other.io",
        "/resolve-alias",
    ] {
        gateway.http.get(&format!("/token-io{path}")).await.is(404);
    }
}

async fn a_callback_that_a_reader_could_find_our_names_in_is_refused(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let refused = async |url: &str| {
        let asked = request(&[("/requestPayload/redirectUrl", json!(url))]);
        let refused = member.post("/token-requests", &asked).await.is(400).json()["error"].clone();
        assert_eq!(refused["paths"], json!(["requestPayload.redirectUrl"]), "{refused}");
        refused["message"].as_str().unwrap().to_owned()
    };
    for query in [
        "?tokenId[]=x",
        "?a=1;tokenId=x",
        "?%74okenId=x",
        "?%u0074okenId=x",
        "?TOKEN-ID=x",
        "?Signature",
        "?x=1&state=2",
    ] {
        let said = refused(&format!("{REDIRECT_URL}{query}")).await;
        assert!(said.contains("already holds the parameter"), "{query}: {said}");
    }
    // What the second API appends, the first does not.
    ask(&member, &[("/requestPayload/redirectUrl", json!(format!("{REDIRECT_URL}?payment-id=7#tokenId=x")))]).await;
    // Where a saved callback covers it, our names may go elsewhere.
    member.merchant.save_as(json!({ "url": "https://tpp.com/spa", "params_in": "fragment" })).await;
    let (other, ios) = ("https://tpp.com/app", "https://tpp.com/ios#?transfer-id=x");
    member.merchant.save_as(json!({ "url": other, "params_in": "fragment", "ios": ios })).await;
    member.merchant.choose(json!({ "answers_to": "app" })).await;
    let said = refused("https://tpp.com/spa#/?tokenId=x").await;
    assert!(said.contains("already holds the parameter tokenId"), "{said}");
    let said = refused(other).await;
    assert!(said.contains("has a URL for ios that already holds the parameter transfer-id"), "{said}");
    ask(&member, &[("/requestPayload/redirectUrl", json!("https://tpp.com/spa?tokenId=x"))]).await;
}

/// The SDK's other signed calls.
#[tokio::test]
async fn the_sdk_sets_up_a_webhook() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    let sdk = Sdk::of(&gateway, &member.id);
    let config = json!({ "type": ["PAYMENT_STATUS_CHANGED"], "url": "https://tpp.com/webhook" });
    sdk.run("setWebhook", json!({ "config": config }));
    assert_eq!(sdk.run("webhook", json!({})), config);
    sdk.run("deleteWebhook", json!({}));
    let stranger = Sdk::of(&gateway, "m:1111111111111111:5zKtXEAq");
    assert_eq!(stranger.fails("webhook", json!({}))["status"], 401);
}
