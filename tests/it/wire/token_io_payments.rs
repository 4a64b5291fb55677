//! Token.io's payments: asked for, read, paid, and home again (contracts, sections 2 to 7).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::on_every_store;
use crate::support::token_io_client::{Asked, CALLBACK, TokenIoClient, request};

on_every_store![
    a_payment_is_asked_for_and_its_customer_comes_home,
    the_way_home_keeps_the_callback_as_it_is,
    every_end_has_its_status,
    a_payment_that_nobody_agrees_to_has_failed_in_the_end,
    what_a_client_leaves_out_is_not_missed,
    a_list_shows_what_was_asked_for,
    the_same_call_again_is_the_same_payment,
];

async fn a_payment_is_asked_for_and_its_customer_comes_home(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({})).await;
    assert_eq!(asked.status(), "INITIATION_PENDING_REDIRECT_AUTH", "{}", asked.payment);
    assert!(asked.redirect_url().starts_with(&format!("{}/sandbox/authorise?", gateway.http.base())));
    assert_eq!(asked.payment["initiation"], request(json!({}))["initiation"], "it is an echo");
    assert_eq!(asked.payment["memberId"], json!(member.id));
    assert!(asked.id.starts_with("pm2:") && asked.id.matches(':').count() == 2, "{}", asked.id);
    for name in ["createdDateTime", "updatedDateTime"] {
        let text = asked.payment[name].as_str().expect("a moment");
        assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.', "{name} {text}");
    }
    assert_eq!(member.payment(&asked.id).await, asked.payment, "it reads as it was answered");

    let back = asked.back("code=ok");
    let home = gateway.http.back(&back).await.location();
    let (id, of) = (&asked.id, &member.id);
    assert_eq!(home, format!("{CALLBACK}?member-id={of}&payment-id={id}&state=6242e45e-3063-4c42-8376"));
    let paid = member.payment(&asked.id).await;
    assert_eq!(paid["status"], "INITIATION_COMPLETED", "{paid}");
    assert_eq!((&paid["authentication"], &paid["errorInfo"]), (&Value::Null, &Value::Null));
    for _ in 0..3 {
        assert_eq!(gateway.http.back(&back).await.location(), home, "the same return, the same bytes");
    }
    let escaped = asked.id.replace(':', "%3A");
    assert_eq!(member.get(&format!("/v2/payments/{escaped}")).await.is(200).json()["payment"], paid);
}

async fn the_way_home_keeps_the_callback_as_it_is(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for (callback, state, expected) in [
        (
            "https://tpp.com/cb?own=1",
            json!("a b&c=d+e:f"),
            "https://tpp.com/cb?own=1&{ids}&state=a%20b%26c%3Dd%2Be%3Af",
        ),
        ("https://tpp.com/cb?own=1&", json!("s"), "https://tpp.com/cb?own=1&{ids}&state=s"),
        ("https://tpp.com/cb#part", Value::Null, "https://tpp.com/cb?{ids}#part"),
        ("https://tpp.com/cb", json!(""), "https://tpp.com/cb?{ids}"),
    ] {
        let asked = member.ask(json!({ "callbackUrl": callback, "callbackState": state })).await;
        let home = gateway.http.back(&asked.back("code=ok")).await.location();
        let ids = format!("member-id={}&payment-id={}", member.id, asked.id);
        assert_eq!(home, expected.replace("{ids}", &ids));
    }
}

async fn every_end_has_its_status(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    for (answer, status, http, external) in [
        ("error=access_denied", "INITIATION_DECLINED", 403, true),
        ("error=server_error", "INITIATION_REJECTED", 400, true),
        ("code=fail:insufficient_funds", "INITIATION_REJECTED_INSUFFICIENT_FUNDS", 400, true),
        ("code=fail:access_denied", "INITIATION_DECLINED", 403, true),
        ("code=fail:temporarily_unavailable", "INITIATION_FAILED", 503, true),
    ] {
        let asked = member.ask(json!({})).await;
        let home = gateway.http.back(&asked.back(answer)).await.location();
        assert!(home.starts_with(&format!("{CALLBACK}?member-id=")), "{answer}: {home}");
        assert!(!home.contains("error"), "a callback says nothing of the end: {home}");
        let payment = member.payment(&asked.id).await;
        assert_eq!(payment["status"], status, "{answer}");
        let info = &payment["errorInfo"];
        assert_eq!(
            (&info["httpErrorCode"], &info["tokenExternalError"]),
            (&json!(http), &json!(external)),
            "{payment}"
        );
        assert_eq!(info["message"], payment["statusReasonInformation"]);
    }
}

async fn a_payment_that_nobody_agrees_to_has_failed_in_the_end(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({})).await;
    gateway.wait(Duration::from_hours(25));
    let ended = member.payment(&asked.id).await;
    assert_eq!(ended["status"], "INITIATION_FAILED", "{ended}");
    assert_eq!(ended["errorInfo"]["tokenExternalError"], json!(false));
    // Proof supersedes: the customer was only slow to come home.
    gateway.http.back(&asked.back("code=ok")).await;
    assert_eq!(member.status(&asked.id).await, "INITIATION_COMPLETED");
}

async fn what_a_client_leaves_out_is_not_missed(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    // Hyperswitch: the least there is, and the body in the token, its members sorted.
    let body = r#"{"initiation":{"refId":"pay_1","remittanceInformationPrimary":"Order 1","amount":{"value":"1.00","currency":"GBP"},"localInstrument":"FASTER_PAYMENTS","creditor":{"name":"Shop","sortCode":"123456","accountNumber":"12345678"},"callbackUrl":"https://shop.example/return","flowType":"FULL_HOSTED_PAGES"}}"#;
    let sorted = serde_json::from_str::<Value>(body).expect("JSON").to_string();
    let token = member.token(&Method::POST, "/v2/payments", &sorted, &URL_SAFE_NO_PAD.encode(&sorted));
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = gateway.http.send(Method::POST, "/token-io/v2/payments", &headers, body).await.is(200);
    let asked = Asked::read(&answer.json());
    assert_eq!(asked.status(), "INITIATION_PENDING_REDIRECT_HP");
    assert_eq!(asked.redirect_url(), format!("{}/token-io/session/{}", gateway.http.base(), asked.id));
    // The vendor's own browser tests: no flowType.
    let asked = member.ask(json!({ "flowType": null })).await;
    assert_eq!(asked.status(), "INITIATION_PENDING_REDIRECT_AUTH");
    assert_eq!(asked.payment["initiation"]["flowType"], "API_ONLY", "what the answer needs is there");
}

async fn a_list_shows_what_was_asked_for(gateway: TestGateway) {
    let (member, other) = (TokenIoClient::of(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(member.ask(json!({ "refId": format!("ref-{number}") })).await.id);
        gateway.wait(Duration::from_secs(1));
    }
    other.ask(json!({})).await;
    member.merchant.link_to("https://shop.example/cb").await;
    ids.reverse();
    let listed = |query: String| {
        let member = member.clone();
        async move {
            let body = member.get(&format!("/v2/payments?{query}")).await.is(200).json();
            let ids =
                body["payments"].as_array().expect("a list").iter().map(|one| one["id"].as_str().unwrap().to_owned());
            (ids.collect::<Vec<_>>(), body["pageInfo"].clone())
        }
    };
    let (page, info) = listed("limit=2".into()).await;
    assert_eq!((page.as_slice(), &info["limit"], &info["haveMore"]), (&ids[..2], &json!(2), &json!(true)));
    let text = |value: &Value| value.as_str().expect("a place").to_owned();
    let (first, next) = (text(&info["offset"]), text(&info["nextOffset"]));
    let again = listed(format!("limit=2&offset={first}")).await;
    assert_eq!((again.0.as_slice(), &again.1["nextOffset"]), (&ids[..2], &info["nextOffset"]), "the first page again");
    let (page, info) = listed(format!("limit=200&offset={next}")).await;
    assert_eq!((page.as_slice(), info), (&ids[2..], json!({ "limit": 200, "offset": next, "haveMore": false })));
    assert_eq!(listed("limit=9&refIds=ref-4&refIds=ref-0".into()).await.0, [ids[0].clone(), ids[4].clone()]);
    assert_eq!(listed(format!("limit=9&ids={}&ids={}", ids[3], ids[1])).await.0, [ids[1].clone(), ids[3].clone()]);
    assert_eq!(listed(format!("limit=9&ids={}&invertIds=true", ids[0])).await.0, ids[1..]);
    assert_eq!(listed("limit=9&statuses=INITIATION_COMPLETED".into()).await.0, [""; 0]);
    assert_eq!(listed("limit=9&statuses=INITIATION_COMPLETED&invertStatuses=true".into()).await.0, ids);
    let created = member.payment(&ids[2]).await["createdDateTime"].as_str().unwrap().to_owned();
    assert_eq!(listed(format!("limit=9&createdAfter={created}")).await.0, ids[..2], "after, not at");
    assert_eq!(listed(format!("limit=9&createdBefore={created}")).await.0, ids[3..]);
    let partial = member.get("/v2/payments?limit=2&partial=true").await.is(200).json();
    let status = "INITIATION_PENDING_REDIRECT_AUTH";
    assert_eq!(partial["payments"], json!([{ "id": ids[0], "status": status }, { "id": ids[1], "status": status }]));
    let body = member.get(&format!("/v2/payments?limit=9&ids={}", ids[0])).await.json();
    assert_eq!(body["payments"][0], member.payment(&ids[0]).await, "a list says what one payment says");
    let refused = member.get("/v2/payments").await.is(400).json();
    assert_eq!(
        (&refused["error"]["errorCode"], &refused["error"]["paths"]),
        (&json!("Field.Expected"), &json!(["limit"]))
    );
}

async fn the_same_call_again_is_the_same_payment(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let again = [("idempotency-key", "k-1")];
    let ask = |body: Value| {
        let member = member.clone();
        async move { member.call_with(Method::POST, "/v2/payments", &again, &body).await }
    };
    let first = Asked::read(&ask(request(json!({}))).await.is(200).json());
    assert_eq!(Asked::read(&ask(request(json!({}))).await.is(200).json()).payment, first.payment);
    let refused = ask(request(json!({ "refId": "another" }))).await.is(400).json();
    assert_eq!(refused["error"]["errorCode"], "Field.NotUnique");
    assert_ne!(member.ask(json!({})).await.id, first.id, "the same refId asks for another payment");
}

/// The return's budget as it is by default: control of the browser is given back at once.
#[tokio::test]
async fn a_browser_goes_home_before_the_bank_has_answered() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let member = TokenIoClient::of(&gateway).await;
    let asked = member.ask(json!({})).await;
    let back = asked.back("code=slow:4000");
    let home = gateway.http.back(&back).await;
    assert!(home.location().starts_with(&format!("{CALLBACK}?member-id=")));
    let waiting = member.payment(&asked.id).await;
    assert_eq!(waiting["status"], "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION");
    let path = format!("/v2/payments/{}", asked.id);
    let patient = member.call_with(Method::GET, &path, &[("request-timeout", "20")], &Value::Null).await.is(200);
    assert_eq!(patient.json()["payment"]["status"], "INITIATION_COMPLETED", "it waits for the bank");
    assert_eq!(gateway.http.back(&back).await.location(), home.location());
    eventually("it stays so", || async { member.status(&asked.id).await == "INITIATION_COMPLETED" }).await;
}
