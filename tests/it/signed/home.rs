//! Where a signature stands, and that it never changes.

use std::time::Duration;

use serde_json::json;

use super::{keys, merchant, paid, seconds, signature_of, split};
use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::receiver::Receiver;
use crate::support::token_io_client::{self, TokenIoClient};
use crate::support::tpp::{CALLBACK, Tpp};

on_every_store![
    nothing_is_signed_unless_a_merchant_has_asked_for_it,
    the_signature_is_the_last_parameter_of_ours_wherever_they_go,
    the_same_return_has_the_same_signature_for_ever,
    a_journey_keeps_what_was_chosen_when_it_opened,
    a_callback_that_holds_the_name_is_refused_where_it_would_be_signed,
    a_background_callback_is_signed_like_the_browsers,
    a_consent_comes_home_signed,
    a_payment_of_token_io_comes_home_signed,
    a_token_request_is_signed_in_its_own_way_alone,
];

async fn nothing_is_signed_unless_a_merchant_has_asked_for_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb?hb_signature=own").await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let expected = format!("https://shop.example/cb?hb_signature=own&{}", merchant.query(&link, "&status=success"));
    assert_eq!(home, expected);
    assert_eq!(keys(&merchant).await["signed_returns"], "off");
}

async fn the_signature_is_the_last_parameter_of_ours_wherever_they_go(gateway: TestGateway) {
    let merchant = merchant(&gateway, "hmac").await;
    merchant.save_as(json!({ "url": "https://shop.example/x?a=1#/pay", "params_in": "fragment", "name": "spa" })).await;
    for (callback, before, after) in [
        ("https://shop.example/cb?own=1#top", "https://shop.example/cb?own=1&", "#top"),
        ("spa", "https://shop.example/x?a=1#/pay?", ""),
        ("https://shop.example", "https://shop.example?", ""),
    ] {
        let link = merchant.link(json!({ "callback_url": callback, "one_time_token": true })).await;
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        let start = format!("{before}{}&one-time-token=ott_", merchant.query(&link, "&status=success"));
        assert!(home.starts_with(&start), "{home}");
        let (_, signature) = split(&home);
        let parts: Vec<&str> = signature.split('.').collect();
        assert_eq!((parts[0], parts[2], parts[3].len()), ("v1", "k1", 64), "{home}");
        assert!(home.ends_with(&format!("&hb_signature={signature}{after}")), "{home}");
    }
}

async fn the_same_return_has_the_same_signature_for_ever(mut gateway: TestGateway) {
    for scheme in ["hmac", "ed25519"] {
        let merchant = merchant(&gateway, scheme).await;
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let home = gateway.http.back(&sent_out.with("code=ok")).await.location();
        gateway.wait(Duration::from_secs(90));
        for _ in 0..5 {
            assert_eq!(gateway.http.back(&sent_out.with("code=ok")).await.location(), home);
        }
        gateway.restart().await;
        assert_eq!(gateway.http.back(&sent_out.with("code=ok")).await.location(), home);
        let page = gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await;
        assert_eq!(page.location(), home);
    }
}

async fn a_journey_keeps_what_was_chosen_when_it_opened(gateway: TestGateway) {
    let merchant = merchant(&gateway, "ed25519").await;
    let link = merchant.link_to("https://shop.example/cb").await;
    merchant.choose(json!({ "signed_returns": "off" })).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let signature = signature_of(&home);
    assert!(signature.starts_with("v1a.") && signature.contains(".k1-return."), "{home}");
    assert_eq!(signature.split('.').nth(3).unwrap().len(), 128);
    assert!(!paid(&gateway, &merchant, "https://shop.example/cb").await.contains("hb_signature"));
}

async fn a_callback_that_holds_the_name_is_refused_where_it_would_be_signed(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let url = "https://shop.example/cb?HB.Signature=own";
    let saved = json!({ "url": url });
    let view = merchant.v1(reqwest::Method::POST, "/profile/callbacks", &saved).await.is(201).json();
    assert_eq!(view["unusable_in"], json!([]));
    merchant.choose(json!({ "signed_returns": "hmac" })).await;
    let view = merchant.look("/profile/callbacks/0").await.json();
    for unusable in view["unusable_in"].as_array().unwrap() {
        assert!(unusable["reason"].as_str().unwrap().contains("hb_signature"), "{view}");
    }
    assert!(!view["unusable_in"].as_array().unwrap().is_empty());
    for callback in [json!("0"), json!(url), json!("https://shop.example/?hb_signature")] {
        let refused = merchant.refusal(&callback).await;
        assert!(refused.contains("already holds the parameter hb_signature"), "{refused}");
    }
    let long = format!("https://shop.example/{}", "a".repeat(1900));
    assert!(merchant.refusal(&json!(long)).await.contains("2048"), "the signature counts");
}

async fn a_background_callback_is_signed_like_the_browsers(gateway: TestGateway) {
    let (merchant, receiver) = (merchant(&gateway, "hmac").await, Receiver::saying(200));
    let list = json!(["https://shop.example/cb", receiver.url("/n?own=1")]);
    let link = merchant.link(json!({ "callback_url": list, "one_time_token": true })).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("it is told", || async { receiver.count() == 1 }).await;
    let told = receiver.url(&receiver.received()[0].target);
    let (before, signature) = split(&told);
    assert_eq!(before, receiver.url(&format!("/n?own=1&{}", merchant.query(&link, "&status=success"))));
    assert_ne!(signature, signature_of(&home), "it is bound to its own callback");
    assert_eq!(seconds(&signature), seconds(&signature_of(&home)));
    let verified = merchant.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": told })).await.is(200).json();
    assert_eq!((&verified["valid"], &verified["parameters"]["pay_id"]), (&json!(true), &json!(link.id)));
}

async fn a_consent_comes_home_signed(gateway: TestGateway) {
    let tpp = Tpp::of(&gateway).await;
    tpp.merchant.choose(json!({ "signed_returns": "ed25519" })).await;
    for (answer, one_time_token) in [("code=ok", false), ("code=ok", true), ("error=access_denied", false)] {
        let asked = tpp.ask(json!({ "callback": format!("{CALLBACK}?own=1"), "oneTimeToken": one_time_token })).await;
        let home = gateway.http.back(&asked.back(answer)).await.location();
        let (before, _) = split(&home);
        assert!(before.starts_with(&format!("{CALLBACK}?own=1&")), "{home}");
        let verified = tpp.merchant.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": home })).await.is(200);
        let verified = verified.json();
        assert_eq!((&verified["valid"], &verified["key"]), (&json!(true), &json!("k1-return")), "{verified}");
        assert_eq!(verified["parameters"]["user-uuid"], asked.data["userUuid"]);
        assert_eq!(verified["callback"], format!("{CALLBACK}?own=1"));
    }
}

async fn a_payment_of_token_io_comes_home_signed(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.choose(json!({ "signed_returns": "hmac" })).await;
    let callback = format!("{}?own=1", token_io_client::CALLBACK);
    for answer in ["code=ok", "error=access_denied"] {
        let asked = member.ask(json!({ "callbackUrl": callback })).await;
        let home = gateway.http.back(&asked.back(answer)).await.location();
        let (before, _) = split(&home);
        let state = "6242e45e-3063-4c42-8376";
        assert_eq!(before, format!("{callback}&member-id={}&payment-id={}&state={state}", member.id, asked.id));
        let verified =
            member.merchant.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": home })).await.is(200);
        let verified = verified.json();
        assert_eq!((&verified["valid"], &verified["callback"]), (&json!(true), &json!(callback)), "{verified}");
        let named = json!({ "member-id": member.id, "payment-id": asked.id, "state": state });
        assert_eq!(verified["parameters"], named, "whatever came of it");
    }
}

/// The first API's callback says much more than the second's, and its own signature covers what it says.
async fn a_token_request_is_signed_in_its_own_way_alone(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    member.merchant.choose(json!({ "signed_returns": "ed25519" })).await;
    let url = "https://tpp.com/redirect?hb_signature=own";
    let request = json!({
        "requestPayload": {
            "refId": "7", "redirectUrl": url, "callbackState": "x",
            "transferBody": { "currency": "EUR", "lifetimeAmount": "10.23" },
        },
        "requestOptions": { "bankId": "modelo-sandbox" },
    });
    for (answer, is_paid) in [("code=ok", true), ("error=access_denied", false)] {
        let asked = member.post("/token-requests", &request).await.is(200).json();
        let session = format!("/token-io/session/{}/choose", asked["tokenRequest"]["id"].as_str().unwrap());
        let left = gateway.http.submit(&session, &[("institution", "modelo-sandbox")]).await.location();
        let home = gateway.http.back(&format!("{answer}&state={}", query_value(&left, "state"))).await.location();
        assert!(home.starts_with(&format!("{url}&request-id=rq:")), "{home}");
        assert_eq!(home.matches("hb_signature").count(), 1, "{home}");
        assert_eq!(home.contains("&signature="), is_paid, "{home}");
    }
}
