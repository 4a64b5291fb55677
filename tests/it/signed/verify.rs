//! `POST /v1/returns/verify` and `GET /v1/returns/keys`.

use std::time::Duration;

use handback::keys::Keys;
use reqwest::Method;
use serde_json::{Value, json};

use super::{keys, merchant, paid, signature_of};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![
    what_we_sent_is_valid_and_nothing_else_is,
    a_callback_that_is_named_binds_in_place_of_the_addresss_own,
    the_tolerance_is_an_hour_unless_the_call_says_otherwise,
    a_merchants_signatures_are_its_own,
];

async fn verify(merchant: &MerchantClient, body: Value) -> Value {
    let answer = merchant.v1(Method::POST, "/returns/verify", &body).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[track_caller]
fn refused(answer: &Value, reason: &str) {
    assert_eq!((&answer["valid"], &answer["reason"]), (&json!(false), &json!(reason)), "{answer}");
    assert_eq!(answer.as_object().unwrap().len(), 3, "nothing else is told: {answer}");
}

async fn what_we_sent_is_valid_and_nothing_else_is(gateway: TestGateway) {
    for scheme in ["hmac", "ed25519"] {
        let merchant = merchant(&gateway, scheme).await;
        let home = paid(&gateway, &merchant, "https://shop.example/cb?order=7#top").await;
        let valid = verify(&merchant, json!({ "url": home })).await;
        assert_eq!((&valid["valid"], &valid["callback"]), (&json!(true), &json!("https://shop.example/cb?order=7")));
        assert_eq!(
            (&valid["parameters"]["status"], &valid["parameters"]["user_id"]),
            (&json!("success"), &json!(merchant.id))
        );
        assert!(valid["parameters"].get("hb_signature").is_none() && valid["signed_at"].is_string(), "{valid}");
        let no_fragment = home.trim_end_matches("#top");
        assert_eq!(verify(&merchant, json!({ "url": no_fragment })).await, valid, "a server sees no fragment");
        let shouted = home.replace("https://shop.example/", "HTTPS://Shop.Example:443/");
        assert_eq!(verify(&merchant, json!({ "url": shouted })).await, valid, "every browser takes it for the same");
        let signature = signature_of(&home);
        for (altered, reason) in [
            (home.replace("order=7", "order=8"), "mismatch"),
            (home.replace("shop.example", "evil.example"), "mismatch"),
            (home.replace("/cb", "/premium"), "mismatch"),
            (home.replace("status=success", "status=cancel"), "mismatch"),
            (home.replace("status=success&", ""), "mismatch"),
            (home.replace("?order=7", "?order=7&error=x"), "mismatch"),
            (home.replace("?order=7", "?order=7&new=1"), "mismatch"),
            (home.replace("status=success", "status=success&status=cancel"), "repeated"),
            (home.replace("#top", &format!("&hb_signature={signature}")), "repeated"),
            (home.replace(&signature, &format!("{signature}=")), "unreadable"),
            (home.replace(&signature, ""), "unreadable"),
            (home.replace(".k1", ".k2"), "unknown_key"),
            (home.replace(&format!("&hb_signature={signature}"), ""), "missing"),
            (String::new(), "missing"),
            ("%".repeat(1000), "missing"),
        ] {
            refused(&verify(&merchant, json!({ "url": altered })).await, reason);
        }
        let (head, tail) = home.split_once("&status=success").unwrap();
        let reordered = format!("{}{tail}", head.replace("?order=7", "?status=success&order=7"));
        assert_eq!(verify(&merchant, json!({ "url": reordered })).await["valid"], true);
    }
}

async fn a_callback_that_is_named_binds_in_place_of_the_addresss_own(gateway: TestGateway) {
    let merchant = merchant(&gateway, "hmac").await;
    let home = paid(&gateway, &merchant, "https://shop.example/cb?order=7").await;
    let query = home.split_once("order=7&").unwrap().1;
    for url in [home.clone(), format!("?{query}"), format!("https://shop.example/en/cb?lang=en&{query}&fbclid=x")] {
        let named = |callback: &str| json!({ "url": url, "callback": callback });
        assert_eq!(verify(&merchant, named("https://shop.example/cb?order=7#x")).await["valid"], true, "{url}");
        refused(&verify(&merchant, named("https://shop.example/cb?order=8")).await, "mismatch");
    }
    for (body, status) in [(json!({}), 400), (json!({ "url": 7 }), 400), (json!({ "url": "x", "sign": true }), 400)] {
        merchant.v1(Method::POST, "/returns/verify", &body).await.is(status);
    }
}

async fn the_tolerance_is_an_hour_unless_the_call_says_otherwise(gateway: TestGateway) {
    let merchant = merchant(&gateway, "hmac").await;
    let home = paid(&gateway, &merchant, "https://shop.example/cb").await;
    gateway.wait(Duration::from_secs(3500));
    assert_eq!(verify(&merchant, json!({ "url": home })).await["valid"], true);
    gateway.wait(Duration::from_secs(102));
    refused(&verify(&merchant, json!({ "url": home })).await, "too_old");
    refused(&verify(&merchant, json!({ "url": home, "tolerance_seconds": 3600 })).await, "too_old");
    let patient = json!({ "url": home, "tolerance_seconds": 86_400 });
    assert_eq!(verify(&merchant, patient).await["valid"], true);
    let forged = home.replace("success", "cancel");
    refused(&verify(&merchant, json!({ "url": forged })).await, "mismatch");
}

async fn a_merchants_signatures_are_its_own(gateway: TestGateway) {
    let other = gateway.merchant("Other");
    for scheme in ["hmac", "ed25519"] {
        let merchant = merchant(&gateway, scheme).await;
        let home = paid(&gateway, &merchant, "https://shop.example/cb").await;
        refused(&verify(&other, json!({ "url": home })).await, "mismatch");
        let (own, others) = (keys(&merchant).await, keys(&other).await);
        assert_eq!(own["ed25519"], others["ed25519"]);
        assert_ne!(own["hmac"][0]["secret"], others["hmac"][0]["secret"]);
        assert_eq!(own["merchant_id"], json!(merchant.id));
    }
    gateway.http.get("/v1/returns/keys").await.is(401).never_says("hbr_");
}

#[tokio::test]
async fn the_public_keys_are_where_everybody_finds_them() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let published = gateway.http.get("/.well-known/jwks.json").await.is(200).json();
    let published = published["keys"].as_array().unwrap();
    let ids: Vec<_> = published.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(ids, ["k1", "k1-return"], "an id names one key");
    let key = &published[1];
    assert_eq!(key["x"], keys(&merchant).await["ed25519"][0]["public"]);
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
}

#[tokio::test]
async fn a_preview_shows_an_address_as_long_as_the_real_one_that_nobody_can_use() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for scheme in ["hmac", "ed25519"] {
        let merchant = merchant(&gateway, scheme).await;
        let open_request = json!({ "callback_url": "https://shop.example/cb" });
        let shown = merchant.v1(Method::POST, "/preview", &open_request).await.is(200).json();
        let shown = shown["destination"]["outcomes"]["success"].as_str().unwrap().to_owned();
        let home = paid(&gateway, &merchant, "https://shop.example/cb").await;
        assert_eq!(signature_of(&shown).len(), signature_of(&home).len());
        refused(&verify(&merchant, json!({ "url": shown, "tolerance_seconds": 31_536_000 })).await, "unreadable");
    }
}

#[tokio::test]
async fn while_the_operator_rotates_both_keys_are_shown_and_the_current_one_signs() {
    let ring = [("k2", 4), ("k1", 3)].map(|(id, fill)| Keys::write_fresh(id, [fill; 32]).reveal().to_owned());
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_KEYS", &ring.join(","))]).await;
    let merchant = merchant(&gateway, "hmac").await;
    let shown = keys(&merchant).await;
    let ids = |kind: &str| shown[kind].as_array().unwrap().iter().map(|key| key["key"].clone()).collect::<Vec<_>>();
    assert_eq!(ids("hmac"), ["k2", "k1"]);
    assert_eq!(ids("ed25519"), ["k2-return", "k1-return"]);
    let home = paid(&gateway, &merchant, "https://shop.example/cb").await;
    assert_eq!(verify(&merchant, json!({ "url": home })).await["key"], "k2");
}
