//! A consent is asked for again: the same id and the same token, whatever the customer says this time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::tpp::{Asked, CALLBACK, Tpp};

on_every_store![
    a_consent_that_is_given_again_keeps_its_id_and_its_token,
    a_refusal_to_give_it_again_leaves_what_was_given,
    each_round_has_a_one_time_token_of_its_own,
    only_a_consent_that_was_given_is_asked_for_again,
];

async fn given(gateway: &TestGateway, tpp: &Tpp, changes: Value) -> (Asked, String) {
    let asked = tpp.ask(changes).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    (asked, home)
}

async fn token_of(tpp: &Tpp, asked: &Asked) -> String {
    tpp.consent(&asked.id).await["consentToken"].as_str().expect("a token").to_owned()
}

async fn a_consent_that_is_given_again_keeps_its_id_and_its_token(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (asked, first_home) = given(&gateway, &tpp, json!({})).await;
    let token = token_of(&tpp, &asked).await;
    let before = tpp.consent(&asked.id).await;
    gateway.wait(Duration::from_hours(20));
    let envelope = tpp.ask_again(&token).await.is(201).json();
    let again = Asked::read(&envelope).await;
    assert!(envelope["meta"]["tracingId"].is_string());
    assert_eq!((&again.data["id"], &again.data["status"]), (&json!(asked.id), &json!("AWAITING_RE_AUTHORIZATION")));
    assert_ne!(again.state, asked.state, "another departure");
    assert_eq!(query_value(again.data["authorisationUrl"].as_str().unwrap(), "state"), again.data["state"]);
    // Asking twice is asking once.
    assert_eq!(Asked::read(&tpp.ask_again(&token).await.is(201).json()).await.state, again.state);
    let home = gateway.http.back(&again.back("code=again")).await.location();
    assert_eq!(query_value(&home, "consent"), token, "the same bytes");
    assert_eq!(home, first_home);
    let after = tpp.consent(&asked.id).await;
    assert_eq!((&after["status"], &after["consentToken"]), (&json!("AUTHORIZED"), &json!(token)));
    assert!(after["expiresAt"].as_str() > before["expiresAt"].as_str(), "{after}");
    assert!(after["authorizedAt"].as_str() > before["authorizedAt"].as_str(), "{after}");
}

async fn a_refusal_to_give_it_again_leaves_what_was_given(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (asked, _) = given(&gateway, &tpp, json!({})).await;
    let token = token_of(&tpp, &asked).await;
    let again = Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    let home = gateway.http.back(&again.back("error=access_denied")).await.location();
    assert!(home.starts_with(CALLBACK) && home.contains("&error=access_denied&error-source=user&"), "{home}");
    assert!(!home.contains("consent="), "{home}");
    let after = tpp.consent(&asked.id).await;
    assert_eq!((&after["status"], &after["consentToken"]), (&json!("AUTHORIZED"), &json!(token)));
    // What was given is in force, and a caller that polls learns of the refusal as the callback did.
    let refusal = &after["authorisationError"];
    assert_eq!((&refusal["status"], &refusal["error"]), (&json!("REJECTED"), &json!("access_denied")));
    assert_eq!((&refusal["errorSource"], refusal["occurredAt"].is_string()), (&json!("user"), true));
    let again = Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    assert!(again.data.get("authorisationError").is_none(), "a new round begins without one");
    gateway.http.back(&again.back("error=server_error&error_description=out%20of%20order")).await.location();
    let failed = tpp.consent(&asked.id).await;
    let said = &failed["authorisationError"];
    assert_eq!((&failed["status"], &said["status"]), (&json!("AUTHORIZED"), &json!("FAILED")));
    assert_eq!((&said["error"], &said["errorDescription"]), (&json!("invalid_grant"), &json!("out of order")));
    let again = Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    gateway.http.back(&again.back("code=ok")).await.location();
    assert!(tpp.consent(&asked.id).await.get("authorisationError").is_none());
    // A first refusal is given in the same words, to hosted requests too.
    let first = tpp.ask(json!({})).await;
    gateway.http.back(&first.back("error=access_denied")).await.location();
    let refused = tpp.consent(&first.id).await;
    assert_eq!(
        (&refused["status"], &refused["authorisationError"]["status"]),
        (&json!("REJECTED"), &json!("REJECTED"))
    );
}

async fn each_round_has_a_one_time_token_of_its_own(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let (asked, home) = given(&gateway, &tpp, json!({ "oneTimeToken": true })).await;
    let first = query_value(&home, "one-time-token");
    let consent = tpp.exchange(&first).await.is(201).json();
    let token = consent["consentToken"].as_str().unwrap().to_owned();
    let again = Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    let home = gateway.http.back(&again.back("code=again")).await.location();
    let second = query_value(&home, "one-time-token");
    assert_ne!(first, second);
    assert_eq!(tpp.exchange(&second).await.is(201).json()["consentToken"], token);
    for spent in [&first, &second] {
        tpp.exchange(spent).await.is(403);
    }
    assert_eq!(tpp.consent(&asked.id).await["consentToken"], token);
}

async fn only_a_consent_that_was_given_is_asked_for_again(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    for (headers, status) in [(vec![], 400), (vec![("consent", "x")], 403), (vec![("consent", "a.b.c")], 403)] {
        let answer = tpp.call_with(reqwest::Method::PATCH, "/account-auth-requests", &headers, &Value::Null).await;
        answer.is(status);
    }
    // A token whose signature is somebody else's.
    let (asked, _) = given(&gateway, &tpp, json!({})).await;
    let token = token_of(&tpp, &asked).await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    tpp.ask_again(&format!("{signed}.{}", "A".repeat(86))).await.is(403);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
    // One that has run out may be asked for again.
    gateway.wait(Duration::from_hours(24 * 91));
    assert_eq!(tpp.consent(&asked.id).await["status"], "EXPIRED");
    let again = Asked::read(&tpp.ask_again(&token).await.is(201).json()).await;
    gateway.http.back(&again.back("code=ok")).await.location();
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
}
