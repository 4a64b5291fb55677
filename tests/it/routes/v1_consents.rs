//! `/v1/introspect`, `/v1/consents` and the published keys: what the operator's own API asks.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, query_value};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::tpp::{Asked, Tpp};

/// The operator's key.
const OPERATOR: &str = "operator-0123456789abcdef-operator";
/// The key that it replaces, and that is still valid.
const REPLACED: &str = "operator-before-that-9876543210fedcba";
const OPERATORS: &str = "operator-0123456789abcdef-operator, operator-before-that-9876543210fedcba";
const DAY: Duration = Duration::from_secs(24 * 3600);

on_every_store![
    with &[("HANDBACK_OPERATOR_KEY", super::OPERATORS)];
    a_token_in_force_says_what_it_is_for,
    a_token_that_is_not_in_force_says_nothing,
    what_was_given_stays_in_force_while_it_is_asked_for_again,
    the_banks_tokens_are_the_operators_alone,
    a_payment_is_consumed_once_and_for_ever,
    a_consent_token_is_verified_with_the_published_key,
];

async fn call(gateway: &TestGateway, key: &str, method: Method, page: &str, body: &str) -> HttpReply {
    let bearer = format!("Bearer {key}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    gateway.http.send(method, page, &[("authorization", &bearer), form], body.to_owned()).await
}

async fn introspect(gateway: &TestGateway, key: &str, token: &str) -> Value {
    let form = serde_urlencoded::to_string([("token", token), ("token_type_hint", "access_token")]).unwrap();
    let answer = call(gateway, key, Method::POST, "/v1/introspect", &form).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

/// Sends the customer of a consent home, and answers the consent token that the callback carries.
async fn given(gateway: &TestGateway, asked: &Asked) -> String {
    query_value(&gateway.http.back(&asked.back("code=ok")).await.location(), "consent")
}

async fn bank_tokens(gateway: &TestGateway, key: &str, id: &str) -> HttpReply {
    call(gateway, key, Method::GET, &format!("/v1/consents/{id}/bank-tokens"), "").await
}

async fn consume(gateway: &TestGateway, key: &str, id: &str) -> HttpReply {
    call(gateway, key, Method::POST, &format!("/v1/consents/{id}/consume"), "").await
}

async fn a_token_in_force_says_what_it_is_for(gateway: TestGateway) {
    let (tpp, other) = (Tpp::of(&gateway).await, gateway.merchant("Other"));
    let asked = tpp.ask(json!({})).await;
    let token = given(&gateway, &asked).await;
    let own = introspect(&gateway, &tpp.merchant.key, &token).await;
    for operator in [OPERATOR, REPLACED] {
        assert_eq!(introspect(&gateway, operator, &token).await, own, "the operator sees what the merchant sees");
    }
    assert_eq!(introspect(&gateway, &other.key, &token).await, json!({ "active": false }));
    let consent = tpp.consent(&asked.id).await;
    let scope: Vec<&str> = consent["featureScope"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    assert!(!scope.is_empty());
    let (iat, exp) = (own["iat"].as_u64().unwrap(), own["exp"].as_u64().unwrap());
    assert_eq!(exp - iat, 90 * 24 * 3600);
    let expected = json!({
        "active": true, "scope": scope.join(" "), "client_id": tpp.merchant.id, "sub": consent["userUuid"],
        "token_type": "consent", "iat": iat, "exp": exp, "iss": gateway.http.base(), "consent_id": asked.id,
        "institution": "modelo-sandbox", "status": "authorised", "application_user_id": "john.doe@company.com",
    });
    assert_eq!(own, expected);
    let nobody = gateway.http.submit("/v1/introspect", &[("token", &token)]).await.is(401);
    nobody.never_says("modelo");
    for (body, status) in [("", 400), ("token=", 400), ("token=x&token=y", 400), ("tok=x", 400)] {
        call(&gateway, OPERATOR, Method::POST, "/v1/introspect", body).await.is(status).says("token");
    }
    call(&gateway, OPERATOR, Method::GET, &format!("/v1/introspect?token={token}"), "").await.is(405);
}

async fn a_token_that_is_not_in_force_says_nothing(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let inactive = json!({ "active": false });
    let asked = tpp.ask(json!({})).await;
    let token = given(&gateway, &asked).await;
    let (head, tail) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    for wrong in ["x", "a.b.c", &forged, &token[1..], &tpp.merchant.key, OPERATOR] {
        assert_eq!(introspect(&gateway, OPERATOR, wrong).await, inactive, "{wrong}");
    }
    assert_eq!(introspect(&gateway, OPERATOR, &token).await["active"], true);
    tpp.call(Method::DELETE, &format!("/consents/{}", asked.id), &Value::Null).await.is(200);
    assert_eq!(introspect(&gateway, OPERATOR, &token).await, inactive, "it is revoked");
    bank_tokens(&gateway, OPERATOR, &asked.id).await.is(410).says("revoked");
    let short = tpp.ask(json!({ "accountRequest": null })).await;
    let token = given(&gateway, &short).await;
    gateway.wait(89 * DAY);
    assert_eq!(introspect(&gateway, OPERATOR, &token).await["active"], true);
    gateway.wait(DAY);
    assert_eq!(introspect(&gateway, OPERATOR, &token).await, inactive, "its time is over");
    bank_tokens(&gateway, OPERATOR, &short.id).await.is(410).says("expired");
}

async fn what_was_given_stays_in_force_while_it_is_asked_for_again(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let token = given(&gateway, &asked).await;
    gateway.wait(90 * DAY - Duration::from_secs(60));
    tpp.ask_again(&token).await.is(201);
    let active = introspect(&gateway, OPERATOR, &token).await;
    assert_eq!((&active["active"], &active["status"]), (&json!(true), &json!("awaited_again")));
    bank_tokens(&gateway, OPERATOR, &asked.id).await.is(200).says("access_token");
    gateway.wait(Duration::from_secs(61));
    assert_eq!(introspect(&gateway, OPERATOR, &token).await, json!({ "active": false }), "its time is over");
    bank_tokens(&gateway, OPERATOR, &asked.id).await.is(409).says("awaited_again");
}

async fn the_banks_tokens_are_the_operators_alone(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let early = bank_tokens(&gateway, OPERATOR, &asked.id).await.is(409).json();
    assert_eq!(early["consent_status"], "awaited");
    let token = given(&gateway, &asked).await;
    let answer = bank_tokens(&gateway, OPERATOR, &asked.id).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let expected = json!({
        "consent_id": asked.id, "institution": "modelo-sandbox",
        "tokens": { "access_token": "sandbox", "token_type": "Bearer" },
    });
    assert_eq!(answer.json(), expected);
    bank_tokens(&gateway, &tpp.merchant.key, &asked.id).await.is(403).never_says("access_token");
    bank_tokens(&gateway, &token, &asked.id).await.is(401).never_says("access_token");
    bank_tokens(&gateway, &OPERATOR[1..], &asked.id).await.is(401);
    bank_tokens(&gateway, &OPERATOR.to_uppercase(), &asked.id).await.is(401);
    gateway.http.get(&format!("/v1/consents/{}/bank-tokens", asked.id)).await.is(401);
    // A checkout's number is no consent's id, nor is its journey's.
    let link = tpp.merchant.link(json!({})).await;
    let journey = tpp.merchant.journey(&link.id).await["journey_id"].as_str().unwrap().to_owned();
    for unknown in [journey.as_str(), &link.id, "2d5c3632-1729-4a5e-bc69-c7fa1cbba815", "x", "%00"] {
        bank_tokens(&gateway, OPERATOR, unknown).await.is(404);
        consume(&gateway, OPERATOR, unknown).await.is(404);
    }
    let refused = tpp.ask(json!({})).await;
    gateway.http.back(&refused.back("error=access_denied")).await.location();
    bank_tokens(&gateway, OPERATOR, &refused.id).await.is(410);
}

async fn a_payment_is_consumed_once_and_for_ever(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask_payment(json!({})).await;
    assert_eq!(consume(&gateway, OPERATOR, &asked.id).await.is(409).json()["consent_status"], "awaited");
    let token = given(&gateway, &asked).await;
    assert_eq!(introspect(&gateway, OPERATOR, &token).await["status"], "authorised");
    consume(&gateway, &tpp.merchant.key, &asked.id).await.is(403);
    consume(&gateway, "nobody", &asked.id).await.is(401);
    assert_eq!(tpp.consent(&asked.id).await["status"], "AUTHORIZED");
    let first = consume(&gateway, OPERATOR, &asked.id).await.is(200).json();
    assert_eq!((&first["status"], &first["consent_id"]), (&json!("consumed"), &json!(asked.id)));
    assert!(first["consumed_at"].is_string(), "{first}");
    gateway.wait(Duration::from_secs(60));
    assert_eq!(consume(&gateway, OPERATOR, &asked.id).await.is(200).json(), first);
    assert_eq!(tpp.consent(&asked.id).await["status"], "CONSUMED");
    assert_eq!(introspect(&gateway, OPERATOR, &token).await, json!({ "active": false }));
    // The bank is still asked what became of the payment.
    bank_tokens(&gateway, OPERATOR, &asked.id).await.is(200);
    let account = tpp.ask(json!({})).await;
    given(&gateway, &account).await;
    assert_eq!(consume(&gateway, OPERATOR, &account.id).await.is(409).json()["consent_status"], "authorised");
}

async fn a_consent_token_is_verified_with_the_published_key(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let token = given(&gateway, &asked).await;
    let answer = gateway.http.get("/.well-known/jwks.json").await.is(200);
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let published = answer.json();
    assert!(published["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()), "{published}");
    let keys: JwkSet = serde_json::from_value(published).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
    assert_eq!((&claims["CONSENT"], &claims["INSTITUTION"]), (&json!(asked.id), &json!("modelo-sandbox")));
    assert_eq!(claims["USER"], asked.data["userUuid"]);
}

#[tokio::test]
async fn without_an_operators_key_nobody_is_the_operator() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let tpp = Tpp::of(&gateway).await;
    let asked = tpp.ask(json!({})).await;
    let token = given(&gateway, &asked).await;
    assert_eq!(introspect(&gateway, &tpp.merchant.key, &token).await["active"], true);
    for key in ["", OPERATOR, "none"] {
        bank_tokens(&gateway, key, &asked.id).await.is(401);
        call(&gateway, key, Method::POST, "/v1/introspect", "token=x").await.is(401);
    }
    bank_tokens(&gateway, &tpp.merchant.key, &asked.id).await.is(403);
    let nobody = MerchantClient { key: OPERATOR.into(), ..tpp.merchant };
    nobody.look("/profile").await.is(401);
}
