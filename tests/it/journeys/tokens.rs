//! One-time tokens: the proven outcome, once.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{kind_of, query_value};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;

on_every_store![
    a_token_tells_the_outcome_once,
    of_a_thousand_redeems_at_once_one_is_granted,
    the_same_key_and_body_are_answered_alike_for_a_day,
    of_sixty_four_redeems_under_one_key_all_are_granted_and_no_other,
    the_same_key_with_another_token_is_a_conflict,
    a_token_is_its_own_merchants_alone,
    an_expired_token_says_so_to_its_owner_alone,
    get_head_and_put_never_spend_a_token,
    what_is_no_token_is_unknown,
    links_and_merchants_choose_whether_there_is_one,
    the_timeline_says_when_it_was_redeemed,
];

async fn a_token_tells_the_outcome_once(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (link, token) = paid(&gateway, &merchant).await;
    let granted = merchant.redeem(&token).await.is(200);
    assert_eq!(granted.header("cache-control"), "no-store");
    let outcome = granted.json();
    let journey = merchant.journey(&link.id).await;
    let expected = [
        ("journey_id", journey["journey_id"].clone()),
        ("pay_id", json!(link.id)),
        ("user_id", json!(merchant.id)),
        ("status", json!("paid")),
        ("amount", json!("25.00")),
        ("currency", json!("EUR")),
        ("note", json!("order 7")),
        ("opened_at", journey["opened_at"].clone()),
    ];
    for (name, value) in expected {
        assert_eq!(outcome[name], value, "{name}");
    }
    assert!(outcome["concluded_at"].as_str() <= outcome["redeemed_at"].as_str(), "{outcome}");
    let gone = merchant.redeem(&token).await.is(410);
    assert_eq!(gone.header("content-type"), "application/problem+json");
    let gone = gone.json();
    assert_eq!((kind_of(&gone), &gone["spent_at"]), ("spent", &outcome["redeemed_at"]));
}

async fn of_a_thousand_redeems_at_once_one_is_granted(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, token) = paid(&gateway, &merchant).await;
    let answers = futures_util::future::join_all((0..1000).map(|_| merchant.redeem(&token))).await;
    let granted = answers.iter().filter(|answer| answer.status == 200).count();
    let spent = answers.iter().filter(|answer| answer.status == 410).count();
    assert_eq!((granted, spent), (1, 999));
}

async fn the_same_key_and_body_are_answered_alike_for_a_day(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, token) = paid(&gateway, &merchant).await;
    let key = [("idempotency-key", "redeem-1")];
    let first = merchant.redeem_with(&token, &key).await.is(200);
    gateway.wait(Duration::from_hours(23));
    for _ in 0..3 {
        assert_eq!(merchant.redeem_with(&token, &key).await.is(200).body, first.body);
    }
    merchant.redeem(&token).await.is(410);
    merchant.redeem_with(&token, &[("idempotency-key", "redeem-2")]).await.is(410);
}

async fn of_sixty_four_redeems_under_one_key_all_are_granted_and_no_other(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, token) = paid(&gateway, &merchant).await;
    let calls = (0..64).map(|n| {
        let key = if n % 2 == 0 { "even".to_owned() } else { format!("odd-{n}") };
        let (merchant, token) = (merchant.clone(), token.clone());
        async move { (n, merchant.redeem_with(&token, &[("idempotency-key", key.as_str())]).await) }
    });
    let answers = futures_util::future::join_all(calls).await;
    let granted: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 200).collect();
    let even = granted.iter().filter(|(n, _)| n % 2 == 0).count();
    // Either the shared key was first, and all its calls are granted, or one of the others was, alone.
    assert!((even == 32 && granted.len() == 32) || (even == 0 && granted.len() == 1), "{even} of {}", granted.len());
    assert!(granted.iter().all(|(_, answer)| answer.body == granted[0].1.body));
    assert!(answers.iter().all(|(_, answer)| [200, 410].contains(&answer.status)));
}

async fn the_same_key_with_another_token_is_a_conflict(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, first) = paid(&gateway, &merchant).await;
    let (_, second) = paid(&gateway, &merchant).await;
    let key = [("idempotency-key", "once")];
    merchant.redeem_with(&first, &key).await.is(200);
    let conflict = merchant.redeem_with(&second, &key).await.is(409).json();
    assert_eq!(kind_of(&conflict), "idempotency-key-reused");
    merchant.redeem(&second).await.is(200);
    // Another merchant's key of the same text is another key.
    let other = gateway.merchant("Other");
    let (_, third) = paid(&gateway, &other).await;
    other.redeem_with(&third, &key).await.is(200);
}

async fn a_token_is_its_own_merchants_alone(gateway: TestGateway) {
    let (merchant, thief) = (gateway.merchant("Shop"), gateway.merchant("Thief"));
    let (_, token) = paid(&gateway, &merchant).await;
    thief.redeem(&token).await.is(404);
    thief.redeem_with(&token, &[("idempotency-key", "mine")]).await.is(404);
    merchant.redeem(&token).await.is(200);
    let after = thief.redeem(&token).await.is(404).json();
    let never = thief.redeem(&format!("ott_{}", "0".repeat(37))).await.is(404).json();
    assert_eq!(after, never, "a spent one looks like one that never was");
}

async fn an_expired_token_says_so_to_its_owner_alone(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let (_, token) = paid(&gateway, &merchant).await;
    gateway.wait(Duration::from_secs(301));
    let gone = merchant.redeem(&token).await.is(410).json();
    assert_eq!(kind_of(&gone), "expired");
    assert!(gone["expired_at"].is_string(), "{gone}");
    other.redeem(&token).await.is(404);
    merchant.choose(json!({ "one_time_token_life_seconds": 3600 })).await;
    let (_, token) = paid(&gateway, &merchant).await;
    gateway.wait(Duration::from_mins(50));
    merchant.redeem(&token).await.is(200);
}

async fn get_head_and_put_never_spend_a_token(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, token) = paid(&gateway, &merchant).await;
    let body = json!({ "one_time_token": token });
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let path = format!("/one-time-tokens/redeem?one_time_token={token}");
        let refused = merchant.v1(method.clone(), &path, &body).await.is(405);
        assert_eq!(refused.header("allow"), "POST", "{method}");
    }
    merchant.redeem(&token).await.is(200);
}

async fn what_is_no_token_is_unknown(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, token) = paid(&gateway, &merchant).await;
    let other = if &token[4..5] == "0" { "1" } else { "0" };
    let other_journey = format!("ott_{other}{}", &token[5..]);
    let guessed = format!("{}{}", &token[..15], "0".repeat(26));
    for wrong in ["", "x", &token[..40], &format!("{token}0"), &token.to_uppercase(), &other_journey, &guessed, "ott_é"]
    {
        merchant.redeem(wrong).await.is(404);
    }
    for malformed in [json!({}), json!({ "one_time_token": 7 }), json!([]), json!({ "one_time_token": token, "x": 1 })]
    {
        merchant.v1(Method::POST, "/one-time-tokens/redeem", &malformed).await.is(400);
    }
    for key in ["", "a b", "é", &"k".repeat(256)] {
        let refused = merchant.redeem_with(&token, &[("idempotency-key", key)]).await.is(422).json();
        assert_eq!(refused["field"], "Idempotency-Key", "{key:?}");
    }
    for patience in ["x", "-1", "1.5", ""] {
        let refused = merchant.redeem_with(&token, &[("request-timeout", patience)]).await.is(422).json();
        assert_eq!(refused["field"], "request-timeout", "{patience:?}");
    }
    merchant.redeem_with(&token, &[("idempotency-key", &"k".repeat(255))]).await.is(200);
}

async fn links_and_merchants_choose_whether_there_is_one(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let has_token = |home: &str| home.contains("&one-time-token=");
    let pay = async |open_request: Value| {
        let link = merchant.link(open_request).await;
        gateway.http.pay(&link.text, "code=ok").await.location()
    };
    let to = "https://shop.example/cb";
    assert!(!has_token(&pay(json!({ "callback_url": to })).await));
    assert!(has_token(&pay(json!({ "callback_url": to, "one_time_token": "true" })).await));
    merchant.choose(json!({ "one_time_token": "on" })).await;
    assert!(has_token(&pay(json!({ "callback_url": to })).await));
    assert!(!has_token(&pay(json!({ "callback_url": to, "one_time_token": "No" })).await));
}

async fn the_timeline_says_when_it_was_redeemed(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (link, token) = paid(&gateway, &merchant).await;
    let redeemed = merchant.redeem(&token).await.is(200).json();
    let journey = merchant.journey(&link.id).await;
    let events: Vec<_> = journey["timeline"].as_array().unwrap().iter().map(|e| e["event"].clone()).collect();
    assert_eq!(events, ["opened", "left", "returned", "concluded", "handed_back", "redeemed"]);
    assert_eq!(journey["timeline"][5]["at"], redeemed["redeemed_at"]);
    assert!(!journey.to_string().contains(&token), "nobody reads a token off a timeline");
}

/// Redis has spent the token and nobody learns of it: the gateway asks again, and its caller alone is granted.
#[tokio::test]
async fn a_lost_reply_is_delivered_once_to_the_caller_that_lost_it() {
    let gateway = TestGateway::open(StoreKind::Proxied).await;
    let merchant = gateway.merchant("Shop");
    for key in [None, Some(("idempotency-key", "again"))] {
        let (_, token) = paid(&gateway, &merchant).await;
        gateway.proxy().drop_reply_with("GRANTED");
        merchant.redeem_with(&token, key.as_slice()).await.is(200);
        assert!(gateway.proxy().has_dropped(), "the reply was not dropped");
        merchant.redeem(&token).await.is(410);
        let other = merchant.redeem_with(&token, &[("idempotency-key", "other")]).await;
        assert!([409, 410].contains(&other.status), "{}", other.status);
    }
}

async fn paid(gateway: &TestGateway, merchant: &MerchantClient) -> (Link, String) {
    let open_request = json!({
        "callback_url": "https://shop.example/cb", "one_time_token": true, "recipient_note": "order 7"
    });
    let link = merchant.link(open_request).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let token = query_value(&home, "one-time-token");
    (link, token)
}
