//! "TPP handles callbacks": the bank answers the merchant's app, which hands the answer over (contracts/token-io.md,
//! sections 2 and 7).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::{HttpReply, query_value};
use crate::support::on_every_store;
use crate::support::token_io_client::{CALLBACK, TokenIoClient};
use crate::support::tpp::Tpp;

on_every_store![
    an_app_hands_the_banks_answer_over,
    a_refusal_of_the_bank_is_handed_over_too,
    an_answer_that_takes_longer_than_the_caller_waits_changes_the_payment_later,
    an_answer_is_for_its_member_and_its_payment_alone,
    an_app_that_knows_its_own_state_alone_hands_the_answer_over_where_that_is_unique,
    a_callback_that_takes_codes_has_to_be_saved,
    a_consents_code_is_not_taken_to_the_bank_here,
];

/// A member whose app takes the bank's answers itself.
async fn member(gateway: &TestGateway) -> TokenIoClient {
    let member = TokenIoClient::of(gateway).await;
    member.merchant.save(CALLBACK).await;
    member.merchant.choose(json!({ "answers_to": "app" })).await;
    member
}

async fn bring(member: &TokenIoClient, query: &str) -> HttpReply {
    member.post("/callback/initiation", &json!({ "query": query })).await
}

async fn an_app_hands_the_banks_answer_over(gateway: TestGateway) {
    let member = member(&gateway).await;
    let asked = member.ask(json!({ "callbackUrl": format!("{CALLBACK}?own=1") })).await;
    assert_eq!(query_value(&asked.redirect_url(), "redirect_uri"), format!("{CALLBACK}?own=1"));
    // The bank's page leads there, and nowhere else.
    let decided = [("decision", "approve"), ("redirect_uri", &format!("{CALLBACK}?own=1"))];
    let state = query_value(&asked.redirect_url(), "state");
    let signature = query_value(&asked.redirect_url(), "app_url_signature");
    let fields = [&decided[..], &[("state", &state), ("app_url_signature", &signature)]].concat();
    let home = gateway.http.submit("/sandbox/authorise", &fields).await.location();
    assert!(home.starts_with(&format!("{CALLBACK}?own=1&code=")), "{home}");
    assert_eq!(member.status(&asked.id).await, "INITIATION_PENDING_REDIRECT_AUTH");
    // Our own return address takes no such answer.
    gateway.http.back(&format!("code=ok&state={state}")).await.is(404);

    let (_, query) = home.split_once('?').unwrap();
    let brought = bring(&member, query).await.is(200).json();
    assert_eq!(brought["payment"]["id"], json!(asked.id));
    assert_eq!(brought["payment"]["status"], "INITIATION_COMPLETED", "{brought}");
    assert_eq!(brought["payment"]["initiation"]["callbackState"], "6242e45e-3063-4c42-8376");
    assert_eq!(brought.get("redirectUrl"), None);
    assert_eq!(bring(&member, query).await.is(200).json(), brought, "again it is the same");
    assert_eq!(member.payment(&asked.id).await, brought["payment"]);
}

async fn a_refusal_of_the_bank_is_handed_over_too(gateway: TestGateway) {
    let member = member(&gateway).await;
    let asked = member.ask(json!({})).await;
    let brought = bring(&member, &asked.back("error=access_denied")).await.is(200).json();
    assert_eq!(brought["payment"]["status"], "INITIATION_DECLINED");
    // A proof that comes later counts.
    let brought = bring(&member, &asked.back("code=ok")).await.is(200).json();
    assert_eq!(brought["payment"]["status"], "INITIATION_COMPLETED");
    let brought = bring(&member, &asked.back("error=server_error")).await.is(200).json();
    assert_eq!(brought["payment"]["status"], "INITIATION_COMPLETED", "and nothing supersedes it");
}

async fn an_answer_that_takes_longer_than_the_caller_waits_changes_the_payment_later(gateway: TestGateway) {
    let member = member(&gateway).await;
    let asked = member.ask(json!({})).await;
    let body = json!({ "query": asked.back("code=slow:3000") });
    let headers = [("request-timeout", "0")];
    let late = member.call_with(Method::POST, "/callback/initiation", &headers, &body).await.is(200).json();
    assert_eq!(late["payment"]["status"], "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION", "{late}");
    eventually("it is paid", || async { member.status(&asked.id).await == "INITIATION_COMPLETED" }).await;
    let refused = member.call_with(Method::POST, "/callback/initiation", &[("request-timeout", "soon")], &body).await;
    assert_eq!(refused.is(400).json()["error"]["paths"], json!(["request-timeout"]));
}

async fn an_answer_is_for_its_member_and_its_payment_alone(gateway: TestGateway) {
    let (member, other) = (member(&gateway).await, TokenIoClient::named(&gateway, "Other").await);
    let asked = member.ask(json!({})).await;
    for (who, query) in [
        (&other, asked.back("code=ok")),
        (&member, "code=ok&state=0123456789abcdef0123456789abcdef".to_owned()),
        (&other, "code=ok&state=6242e45e-3063-4c42-8376".to_owned()),
        (&member, "code=ok".to_owned()),
    ] {
        let refused = bring(who, &query).await.is(404).json();
        assert_eq!(refused["error"]["errorCode"], "NOT_FOUND", "{query}");
    }
    // A payment whose answer is ours to take is not finished by an app.
    let ours = other.ask(json!({})).await;
    bring(&other, &ours.back("code=ok")).await.is(404);
    for (body, path) in [
        (json!({}), "query"),
        (json!({ "query": "" }), "query"),
        (json!({ "query": asked.back("code=a&code=b") }), "query"),
        (json!({ "query": asked.back("code=a&error=b") }), "query"),
    ] {
        let refused = member.post("/callback/initiation", &body).await.is(400).json();
        assert_eq!(refused["error"]["paths"], json!([path]), "{body}");
    }
    let unsigned = json!({ "query": asked.back("code=ok") }).to_string();
    let headers = [("content-type", "application/json")];
    gateway.http.send(Method::POST, "/token-io/callback/initiation", &headers, unsigned).await.is(401);
    assert_eq!(member.status(&asked.id).await, "INITIATION_PENDING_REDIRECT_AUTH");
}

/// As the vendor's own browser tests do: what comes back as `state` is `callbackState` there.
async fn an_app_that_knows_its_own_state_alone_hands_the_answer_over_where_that_is_unique(gateway: TestGateway) {
    let member = member(&gateway).await;
    let asked = member.ask(json!({ "callbackState": "abc" })).await;
    let brought = bring(&member, "code=abc&state=abc").await.is(200).json();
    assert_eq!(
        (&brought["payment"]["id"], &brought["payment"]["status"]),
        (&json!(asked.id), &json!("INITIATION_COMPLETED"))
    );
    assert_eq!(bring(&member, "code=abc&state=abc").await.is(200).json(), brought, "again it is the same");
    // Another one that waits is meant, since the first has ended.
    let second = member.ask(json!({ "callbackState": "abc" })).await;
    let declined = bring(&member, "error=access_denied&state=abc").await.is(200).json();
    assert_eq!(
        (&declined["payment"]["id"], &declined["payment"]["status"]),
        (&json!(second.id), &json!("INITIATION_DECLINED"))
    );
    // Of two that wait, or two that have ended, nobody can say which is meant.
    bring(&member, "code=abc&state=abc").await.is(404);
    for _ in 0..2 {
        member.ask(json!({ "callbackState": "twice" })).await;
    }
    bring(&member, "code=x&state=twice").await.is(404);
    // It is the member's own, and of payments whose answers its app takes.
    let other = TokenIoClient::named(&gateway, "Other").await;
    member.ask(json!({ "callbackState": "mine" })).await;
    bring(&other, "code=x&state=mine").await.is(404);
    other.ask(json!({ "callbackState": "theirs" })).await;
    bring(&other, "code=x&state=theirs").await.is(404);
}

async fn a_callback_that_takes_codes_has_to_be_saved(gateway: TestGateway) {
    let member = member(&gateway).await;
    let body = crate::support::token_io_client::request(json!({ "callbackUrl": "https://elsewhere.example/cb" }));
    let refused = member.post("/v2/payments", &body).await.is(400).json();
    assert_eq!(refused["error"]["paths"], json!(["initiation.callbackUrl"]), "{refused}");
    member.merchant.choose(json!({ "same_browser": "required" })).await;
    let hosted = crate::support::token_io_client::request(json!({ "flowType": "FULL_HOSTED_PAGES" }));
    let refused = member.post("/v2/payments", &hosted).await.is(403).json();
    assert_eq!(refused["error"]["errorCode"], "PermissionDenied");
    assert_eq!(member.get("/v2/payments?limit=1").await.json()["payments"], Value::Array(Vec::new()));
}

/// It would be proven, and answered as if it were unknown.
async fn a_consents_code_is_not_taken_to_the_bank_here(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let redirect = json!({ "url": "https://tpp-application.com/answer" });
    let asked = tpp.ask(json!({ "callback": null, "redirect": redirect })).await;
    let basic = TokenIoClient::of_shop(&gateway, tpp.merchant.clone()).await.basic();
    let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
    let body = json!({ "query": asked.back("code=ok") }).to_string();
    gateway.http.send(Method::POST, "/token-io/callback/initiation", &headers, body).await.is(404);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AWAITING_AUTHORIZATION");
}
