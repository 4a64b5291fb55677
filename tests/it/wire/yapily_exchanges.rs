//! Yapily's exchanges: one-time tokens and codes (contracts/yapily.md, sections 4.6, 4.7 and 5.3).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{HttpReply, query_value};
use crate::support::on_every_store;
use crate::support::tpp::{Asked, CALLBACK, Tpp};

on_every_store![
    a_one_time_token_is_exchanged_for_a_bare_consent_once,
    of_a_thousand_exchanges_at_once_one_is_granted,
    a_one_time_token_is_its_own_merchants_and_its_own_times,
    the_same_key_is_answered_alike,
    an_app_that_takes_the_banks_answer_itself_brings_the_code,
    a_refused_code_is_the_institutions_word,
    a_code_that_is_refused_when_asked_again_is_refused,
    nobody_brings_a_code_for_what_is_not_theirs,
    yapilys_own_examples_finish_a_consent_without_credentials,
    an_open_exchange_never_tells_a_token_that_goes_elsewhere,
];

/// A consent whose one-time token its customer has brought home.
async fn brought_home(gateway: &TestGateway, tpp: &Tpp) -> (Asked, String) {
    let asked = tpp.ask(json!({ "oneTimeToken": true })).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    (asked, query_value(&home, "one-time-token"))
}

#[track_caller]
fn forbidden(answer: HttpReply) {
    let tracing_id = answer.header("yapily-tracing-id");
    let error = answer.is(403).json()["error"].clone();
    assert_eq!((&error["code"], &error["status"]), (&json!(403), &json!("FORBIDDEN")));
    assert_eq!(error["tracingId"], tracing_id);
    assert!(error["message"].is_string());
}

async fn a_one_time_token_is_exchanged_for_a_bare_consent_once(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (asked, token) = brought_home(&gateway, &tpp).await;
    let answer = tpp.exchange(&token).await.is(201);
    assert_eq!(answer.header("yapily-tracing-id").len(), 32);
    let consent = answer.json();
    assert!(consent.get("meta").is_none() && consent.get("data").is_none(), "{consent}");
    assert_eq!((&consent["id"], &consent["status"]), (&json!(asked.id), &json!("AUTHORIZED")));
    assert_eq!((&consent["state"], &consent["userUuid"]), (&asked.data["state"], &asked.data["userUuid"]));
    assert!(consent["authorizedAt"].is_string() && consent["consentToken"].is_string());
    assert_eq!(tpp.consent(&asked.id).await["consentToken"], consent["consentToken"], "signed once");
    forbidden(tpp.exchange(&token).await);
    for wrong in ["", "x", "eyJhbGciOiJIUzUxMiJ9.e30.x", &format!("ott_{}", "0".repeat(37))] {
        let refused = tpp.exchange(wrong).await;
        if wrong.is_empty() { drop(refused.is(400)) } else { forbidden(refused) }
    }
    tpp.post("/consent-one-time-token", &json!({ "oneTimeToken": 7 }))
        .await
        .is(400)
        .says("oneTimeToken: is not a text");
}

async fn of_a_thousand_exchanges_at_once_one_is_granted(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (_, token) = brought_home(&gateway, &tpp).await;
    let answers = futures_util::future::join_all((0..1000).map(|_| tpp.exchange(&token))).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(201), of(403)), (1, 999));
}

async fn a_one_time_token_is_its_own_merchants_and_its_own_times(gateway: TestGateway) {
    let (tpp, thief) = (Tpp::of(&gateway).await, Tpp::named(&gateway, "Thief").await);
    let (_, token) = brought_home(&gateway, &tpp).await;
    forbidden(thief.exchange(&token).await);
    tpp.exchange(&token).await.is(201);
    let (_, token) = brought_home(&gateway, &tpp).await;
    gateway.wait(Duration::from_secs(301));
    forbidden(tpp.exchange(&token).await);
    // A checkout's token is no consent's.
    let open_request = json!({ "callback_url": CALLBACK, "one_time_token": true });
    let link = tpp.merchant.link(open_request).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    forbidden(tpp.exchange(&query_value(&home, "one-time-token")).await);
}

async fn the_same_key_is_answered_alike(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (_, token) = brought_home(&gateway, &tpp).await;
    let key = [("idempotency-key", "exchange")];
    let first = tpp.exchange_with(&token, &key).await.is(201).json();
    let again = tpp.exchange_with(&token, &key).await.is(201).json();
    assert_eq!((&first["id"], &first["consentToken"]), (&again["id"], &again["consentToken"]));
    forbidden(tpp.exchange(&token).await);
    let (_, other) = brought_home(&gateway, &tpp).await;
    tpp.exchange_with(&other, &key).await.is(409);
    tpp.exchange_with(&other, &[("request-timeout", "soon")]).await.is(400).says("request-timeout: ");
}

async fn redirected(tpp: &Tpp) -> Asked {
    tpp.ask(json!({ "callback": null, "redirect": { "url": "https://tpp-application.com/answer" } })).await
}

async fn bring(tpp: &Tpp, asked: &Asked, code: &str) -> HttpReply {
    tpp.post("/consent-auth-code", &json!({ "authCode": code, "authState": asked.state })).await
}

async fn an_app_that_takes_the_banks_answer_itself_brings_the_code(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = redirected(&tpp).await;
    let consent = bring(&tpp, &asked, "ok").await.is(200).json();
    assert_eq!((&consent["id"], &consent["status"]), (&json!(asked.id), &json!("AUTHORIZED")));
    assert!(consent.get("data").is_none() && consent["consentToken"].is_string(), "{consent}");
    let again = bring(&tpp, &asked, "ok").await.is(200).json();
    assert_eq!(again["consentToken"], consent["consentToken"]);
    // The state that the API told is as good here, and nowhere else.
    let told = json!({ "authCode": "ok", "authState": asked.data["state"] });
    let again = tpp.post("/consent-auth-code", &told).await.is(200).json();
    assert_eq!(again["consentToken"], consent["consentToken"]);
    let other = tpp.ask(json!({})).await;
    let back = gateway.http.back(&format!("code=ok&state={}", other.data["state"].as_str().unwrap())).await;
    assert!(back.status == 404 && !back.has("location"), "{}", back.status);
    assert_eq!(tpp.consent(&other.id).await["status"], "AWAITING_AUTHORIZATION");
    assert_eq!(tpp.consent(&asked.id).await["consentToken"], consent["consentToken"]);
    for wrong in [
        json!({}),
        json!({ "authCode": "ok" }),
        json!({ "authState": asked.state }),
        json!({ "authCode": "", "authState": "x" }),
    ] {
        tpp.post("/consent-auth-code", &wrong).await.is(400);
    }
    // A bank that is slow: the call waits as long as it says, and may be made again.
    let asked = redirected(&tpp).await;
    let body = json!({ "authCode": "slow:1500", "authState": asked.state });
    let impatient = [("request-timeout", "0")];
    let pending = tpp.call_with(Method::POST, "/consent-auth-code", &impatient, &body).await.is(200).json();
    assert_eq!(pending["status"], "AWAITING_AUTHORIZATION");
    assert!(pending.get("consentToken").is_none(), "{pending}");
    assert_eq!(bring(&tpp, &asked, "slow:1500").await.is(200).json()["status"], "AUTHORIZED");
}

async fn a_code_that_is_refused_when_asked_again_is_refused(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for code in ["fail:access_denied", "fail:invalid_grant"] {
        let asked = redirected(&tpp).await;
        let given = bring(&tpp, &asked, "ok").await.is(200).json();
        let again = Asked::read(&tpp.ask_again(given["consentToken"].as_str().unwrap()).await.is(201).json()).await;
        for _ in 0..2 {
            bring(&tpp, &again, code).await.is(424).never_says("AUTHORIZED");
        }
        let after = tpp.consent(&asked.id).await;
        assert_eq!((&after["status"], &after["consentToken"]), (&json!("AUTHORIZED"), &given["consentToken"]));
    }
}

async fn a_refused_code_is_the_institutions_word(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for (code, error, source, status) in [
        ("fail:access_denied", "access_denied", "USER", "REJECTED"),
        ("fail:invalid_grant", "invalid_grant", "INSTITUTION", "FAILED"),
        ("fail:invalid_client", "configuration_error", "INSTITUTION", "FAILED"),
    ] {
        let asked = redirected(&tpp).await;
        for _ in 0..2 {
            let refused = bring(&tpp, &asked, code).await.is(424).json()["error"].clone();
            assert_eq!((&refused["status"], &refused["source"]), (&json!("FAILED_DEPENDENCY"), &json!(source)));
            assert!(refused["message"].as_str().unwrap().starts_with(&format!("{error}: ")), "{refused}");
            let said: Value =
                serde_json::from_str(refused["institutionError"]["errorMessage"].as_str().unwrap()).unwrap();
            assert_eq!(said["error"], code[5..]);
        }
        assert_eq!(tpp.consent(&asked.id).await["status"], status);
    }
}

async fn nobody_brings_a_code_for_what_is_not_theirs(gateway: TestGateway) {
    let (tpp, thief) = (Tpp::of(&gateway).await, Tpp::named(&gateway, "Thief").await);
    let asked = redirected(&tpp).await;
    forbidden(bring(&thief, &asked, "ok").await);
    let ours = tpp.ask(json!({})).await;
    forbidden(bring(&tpp, &ours, "ok").await);
    let unknown = Asked { state: "0".repeat(32), ..asked.clone() };
    forbidden(bring(&tpp, &unknown, "ok").await);
    for consent in [&asked, &ours] {
        assert_eq!(tpp.consent(&consent.id).await["status"], "AWAITING_AUTHORIZATION");
    }
    // One that was revoked meanwhile says so.
    tpp.call(Method::DELETE, &format!("/consents/{}", asked.id), &Value::Null).await.is(200);
    bring(&tpp, &asked, "ok").await.is(403).says("The consent status is [REVOKED]");
}

/// As `examples/python/main.py` of Yapily's `OpenAPI` repository does, its misspelt token included.
async fn open_exchange(gateway: &TestGateway, path: &str, state: &str, code: &str) -> HttpReply {
    let body = json!({ "code": code, "id_token": "FAKE_ID_TOKE", "state": state });
    let json = [("content-type", "application/json")];
    gateway.http.send(Method::POST, &format!("/yapily{path}"), &json, body.to_string()).await
}

async fn yapilys_own_examples_finish_a_consent_without_credentials(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for path in ["/exchange-code/", "/exchange-code"] {
        let asked = tpp.ask(json!({ "institutionId": "mock-sandbox", "callback": null })).await;
        let url = asked.data["authorisationUrl"].as_str().unwrap();
        let state = query_value(url, "state");
        let consent = open_exchange(&gateway, path, &state, "FAKE_CODE").await.is(200).json();
        assert_eq!((&consent["id"], &consent["status"]), (&json!(asked.id), &json!("AUTHORIZED")));
        assert_eq!(consent["consentToken"], tpp.consent(&asked.id).await["consentToken"]);
        assert!(consent["consentToken"].is_string(), "{consent}");
    }
    let asked = tpp.ask(json!({ "callback": null })).await;
    let refused = open_exchange(&gateway, "/exchange-code/", &asked.state, "fail:server_error").await.is(424).json();
    assert_eq!(refused["error"]["source"], "INSTITUTION");
    forbidden(open_exchange(&gateway, "/exchange-code/", &"0".repeat(32), "FAKE_CODE").await);
    let link = tpp.merchant.link_to(CALLBACK).await;
    let checkout = gateway.http.leave(&link.text).await;
    forbidden(open_exchange(&gateway, "/exchange-code/", &checkout.state, "FAKE_CODE").await);
    assert_eq!(tpp.merchant.status(&link).await, "away");
}

async fn an_open_exchange_never_tells_a_token_that_goes_elsewhere(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    // An app that takes the bank's answer itself brings it itself.
    let by_app = json!({ "callback": null, "redirect": { "url": "https://tpp-application.com/answer" } });
    let asked = tpp.ask(by_app).await;
    forbidden(open_exchange(&gateway, "/exchange-code/", &asked.state, "FAKE_CODE").await);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AWAITING_AUTHORIZATION");
    for changes in [json!({}), json!({ "oneTimeToken": true })] {
        let asked = tpp.ask(changes).await;
        let consent = open_exchange(&gateway, "/exchange-code/", &asked.state, "FAKE_CODE").await.is(200);
        assert!(!consent.text().contains("consentToken"), "{}", consent.text());
        assert_eq!(consent.json()["status"], "AUTHORIZED");
        assert!(tpp.consent(&asked.id).await["consentToken"].is_string());
    }
}
