//! Where a signature stands, and that it never changes.

use std::time::Duration;

use serde_json::json;

use super::{keys, paid, seconds, shop, signature_of, split};
use crate::support::house::{House, eventually};
use crate::support::http::query_value;
use crate::support::member::{self, Member};
use crate::support::on_every_store;
use crate::support::receiver::Receiver;
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

async fn nothing_is_signed_unless_a_merchant_has_asked_for_it(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb?hb_signature=own").await;
    let home = house.http.pay(&link.text, "code=ok").await.location();
    let expected = format!("https://shop.example/cb?hb_signature=own&{}", shop.query(&link, "&status=success"));
    assert_eq!(home, expected);
    assert_eq!(keys(&shop).await["signed_returns"], "off");
}

async fn the_signature_is_the_last_parameter_of_ours_wherever_they_go(house: House) {
    let shop = shop(&house, "hmac").await;
    shop.save_as(json!({ "url": "https://shop.example/x?a=1#/pay", "params_in": "fragment", "name": "spa" })).await;
    for (callback, before, after) in [
        ("https://shop.example/cb?own=1#top", "https://shop.example/cb?own=1&", "#top"),
        ("spa", "https://shop.example/x?a=1#/pay?", ""),
        ("https://shop.example", "https://shop.example?", ""),
    ] {
        let link = shop.link(json!({ "callback_url": callback, "one_time_token": true })).await;
        let home = house.http.pay(&link.text, "code=ok").await.location();
        let start = format!("{before}{}&one-time-token=ott_", shop.query(&link, "&status=success"));
        assert!(home.starts_with(&start), "{home}");
        let (_, signature) = split(&home);
        let parts: Vec<&str> = signature.split('.').collect();
        assert_eq!((parts[0], parts[2], parts[3].len()), ("v1", "k1", 43), "{home}");
        assert!(home.ends_with(&format!("&hb_signature={signature}{after}")), "{home}");
    }
}

async fn the_same_return_has_the_same_signature_for_ever(mut house: House) {
    for scheme in ["hmac", "ed25519"] {
        let shop = shop(&house, scheme).await;
        let link = shop.link_to("https://shop.example/cb").await;
        let trip = house.http.leave(&link.text).await;
        let home = house.http.back(&trip.with("code=ok")).await.location();
        house.wait(Duration::from_secs(90));
        for _ in 0..5 {
            assert_eq!(house.http.back(&trip.with("code=ok")).await.location(), home);
        }
        house.restart().await;
        assert_eq!(house.http.back(&trip.with("code=ok")).await.location(), home);
        let page = house.http.get(&format!("/payment/home?link_id={}", link.text)).await;
        assert_eq!(page.location(), home);
    }
}

async fn a_journey_keeps_what_was_chosen_when_it_opened(house: House) {
    let shop = shop(&house, "ed25519").await;
    let link = shop.link_to("https://shop.example/cb").await;
    shop.choose(json!({ "signed_returns": "off" })).await;
    let home = house.http.pay(&link.text, "code=ok").await.location();
    let signature = signature_of(&home);
    assert!(signature.starts_with("v1a.") && signature.contains(".k1-return."), "{home}");
    assert_eq!(signature.split('.').nth(3).unwrap().len(), 86);
    assert!(!paid(&house, &shop, "https://shop.example/cb").await.contains("hb_signature"));
}

async fn a_callback_that_holds_the_name_is_refused_where_it_would_be_signed(house: House) {
    let shop = house.shop("Shop");
    let url = "https://shop.example/cb?HB.Signature=own";
    let saved = json!({ "url": url });
    let view = shop.v1(reqwest::Method::POST, "/profile/callbacks", &saved).await.is(201).json();
    assert_eq!(view["unusable_in"], json!([]));
    shop.choose(json!({ "signed_returns": "hmac" })).await;
    let view = shop.look("/profile/callbacks/0").await.json();
    for unusable in view["unusable_in"].as_array().unwrap() {
        assert!(unusable["reason"].as_str().unwrap().contains("hb_signature"), "{view}");
    }
    assert!(!view["unusable_in"].as_array().unwrap().is_empty());
    for callback in [json!("0"), json!(url), json!("https://shop.example/?hb_signature")] {
        let refused = shop.refusal(&callback).await;
        assert!(refused.contains("already holds the parameter hb_signature"), "{refused}");
    }
    let long = format!("https://shop.example/{}", "a".repeat(1900));
    assert!(shop.refusal(&json!(long)).await.contains("2048"), "the signature counts");
}

async fn a_background_callback_is_signed_like_the_browsers(house: House) {
    let (shop, receiver) = (shop(&house, "hmac").await, Receiver::saying(200));
    let list = json!(["https://shop.example/cb", receiver.url("/n?own=1")]);
    let link = shop.link(json!({ "callback_url": list, "one_time_token": true })).await;
    let home = house.http.pay(&link.text, "code=ok").await.location();
    eventually("it is told", || async { receiver.count() == 1 }).await;
    let told = receiver.url(&receiver.received()[0].target);
    let (before, signature) = split(&told);
    assert_eq!(before, receiver.url(&format!("/n?own=1&{}", shop.query(&link, "&status=success"))));
    assert_ne!(signature, signature_of(&home), "it is bound to its own callback");
    assert_eq!(seconds(&signature), seconds(&signature_of(&home)));
    let verified = shop.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": told })).await.is(200).json();
    assert_eq!((&verified["valid"], &verified["parameters"]["pay_id"]), (&json!(true), &json!(link.id)));
}

async fn a_consent_comes_home_signed(house: House) {
    let tpp = Tpp::of(&house).await;
    tpp.shop.choose(json!({ "signed_returns": "ed25519" })).await;
    for (answer, one_time_token) in [("code=ok", false), ("code=ok", true), ("error=access_denied", false)] {
        let asked = tpp.ask(json!({ "callback": format!("{CALLBACK}?own=1"), "oneTimeToken": one_time_token })).await;
        let home = house.http.back(&asked.back(answer)).await.location();
        let (before, _) = split(&home);
        assert!(before.starts_with(&format!("{CALLBACK}?own=1&")), "{home}");
        let verified = tpp.shop.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": home })).await.is(200);
        let verified = verified.json();
        assert_eq!((&verified["valid"], &verified["key"]), (&json!(true), &json!("k1-return")), "{verified}");
        assert_eq!(verified["parameters"]["user-uuid"], asked.data["userUuid"]);
        assert_eq!(verified["callback"], format!("{CALLBACK}?own=1"));
    }
}

async fn a_payment_of_token_io_comes_home_signed(house: House) {
    let member = Member::of(&house).await;
    member.shop.choose(json!({ "signed_returns": "hmac" })).await;
    let callback = format!("{}?own=1", member::CALLBACK);
    for answer in ["code=ok", "error=access_denied"] {
        let asked = member.ask(json!({ "callbackUrl": callback })).await;
        let home = house.http.back(&asked.back(answer)).await.location();
        let (before, _) = split(&home);
        let state = "6242e45e-3063-4c42-8376";
        assert_eq!(before, format!("{callback}&member-id={}&payment-id={}&state={state}", member.id, asked.id));
        let verified = member.shop.v1(reqwest::Method::POST, "/returns/verify", &json!({ "url": home })).await.is(200);
        let verified = verified.json();
        assert_eq!((&verified["valid"], &verified["callback"]), (&json!(true), &json!(callback)), "{verified}");
        let named = json!({ "member-id": member.id, "payment-id": asked.id, "state": state });
        assert_eq!(verified["parameters"], named, "whatever came of it");
    }
}

/// The first API's callback says much more than the second's, and its own signature covers what it says.
async fn a_token_request_is_signed_in_its_own_way_alone(house: House) {
    let member = Member::of(&house).await;
    member.shop.choose(json!({ "signed_returns": "ed25519" })).await;
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
        let left = house.http.submit(&session, &[("institution", "modelo-sandbox")]).await.location();
        let home = house.http.back(&format!("{answer}&state={}", query_value(&left, "state"))).await.location();
        assert!(home.starts_with(&format!("{url}&request-id=rq:")), "{home}");
        assert_eq!(home.matches("hb_signature").count(), 1, "{home}");
        assert_eq!(home.contains("&signature="), is_paid, "{home}");
    }
}
