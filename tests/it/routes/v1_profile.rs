//! `/v1/profile`: callbacks in stable slots, and settings.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::kind_of;
use crate::support::on_every_store;

on_every_store![
    callbacks_are_added_listed_replaced_and_deleted,
    the_other_ways_of_a_callback_are_shown_as_they_were_saved,
    a_callback_says_which_dialects_cannot_use_it,
    what_is_no_callback_is_refused_with_its_field,
    there_are_a_hundred_slots_for_callbacks,
    settings_are_chosen_one_by_one,
    settings_keep_their_bounds,
    a_profile_is_its_own_merchants_alone,
];

async fn callbacks_are_added_listed_replaced_and_deleted(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let profile = merchant.look("/profile").await.is(200).json();
    assert_eq!((&profile["merchant_id"], &profile["name"]), (&json!(merchant.id), &json!("Shop")));
    assert_eq!(profile["callbacks"], json!([]));
    let body = json!({ "url": "https://shop.example/cb", "name": "main", "params_in": "fragment" });
    let added = merchant.v1(Method::POST, "/profile/callbacks", &body).await.is(201);
    assert_eq!(added.header("content-location"), "/v1/profile/callbacks/0");
    let expected = json!({
        "index": 0, "url": "https://shop.example/cb", "name": "main", "params_in": "fragment", "on_request": false, "watched": false, "unusable_in": []
    });
    assert_eq!(added.json(), expected);
    assert_eq!(merchant.look("/profile/callbacks/0").await.is(200).json(), expected);
    assert_eq!(merchant.look("/profile/callbacks").await.is(200).json(), json!({ "callbacks": [expected] }));
    assert_eq!(merchant.look("/profile").await.is(200).json()["callbacks"], json!([expected]));
    let replaced = json!({ "url": "https://shop.example/other" });
    let replaced = merchant.v1(Method::PUT, "/profile/callbacks/0", &replaced).await.is(200).json();
    assert_eq!(
        replaced,
        json!({ "index": 0, "url": "https://shop.example/other", "params_in": "query", "on_request": false, "watched": false, "unusable_in": [] })
    );
    merchant.v1(Method::PUT, "/profile/callbacks/1", &json!({ "url": "https://shop.example/x" })).await.is(404);
    let deleted = merchant.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(204);
    assert!(deleted.body.is_empty());
    for (method, path) in [
        (Method::DELETE, "/profile/callbacks/0"),
        (Method::GET, "/profile/callbacks/0"),
        (Method::GET, "/profile/callbacks/99999999999999999999"),
        (Method::GET, "/profile/callbacks/x"),
        (Method::DELETE, "/profile/callbacks/-1"),
    ] {
        let refused = merchant.v1(method, path, &Value::Null).await.is(404);
        assert_eq!(refused.header("content-type"), "application/problem+json", "{path}");
    }
}

async fn the_other_ways_of_a_callback_are_shown_as_they_were_saved(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let full = json!({
        "url": "com.example.shop://paid", "name": "app", "params_in": "query", "web": "https://shop.example/web?a=%2F",
        "ios": "https://app.shop.example/", "android": "com.example.android:/paid", "android_package": "com.example.shop",
        "fallback": "https://shop.example/no-app#top", "app_links": "page", "on_request": true,
    });
    let mut expected = full.clone();
    expected["index"] = json!(0);
    expected["watched"] = json!(false);
    expected["unusable_in"] = json!([]);
    assert_eq!(merchant.v1(Method::POST, "/profile/callbacks", &full).await.is(201).json(), expected);
    assert_eq!(merchant.look("/profile/callbacks/0").await.is(200).json(), expected);
    assert_eq!(merchant.look("/profile").await.is(200).json()["callbacks"], json!([expected]));
    let replaced = json!({ "url": "com.example.shop://paid", "app_links": "direct" });
    let replaced = merchant.v1(Method::PUT, "/profile/callbacks/0", &replaced).await.is(200).json();
    assert_eq!(
        replaced,
        json!({
            "index": 0, "url": "com.example.shop://paid", "params_in": "query", "on_request": false, "watched": false,
            "app_links": "direct", "unusable_in": []
        }),
        "what is left out is dropped"
    );
}

async fn a_callback_says_which_dialects_cannot_use_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "url": "https://shop.example/cb?status=mine" });
    let saved = merchant.v1(Method::POST, "/profile/callbacks", &body).await.is(201).json();
    assert_eq!(saved["unusable_in"][0]["dialect"], "secpaid");
    assert!(saved["unusable_in"][0]["reason"].as_str().unwrap().contains("status"), "{saved}");
    assert!(merchant.refusal(&json!("0")).await.contains("already holds the parameter status"));
    let by_default = merchant.secpaid("createLink", &json!({ "amount": 1 })).await.is(400).json();
    assert!(by_default["ResponseMsg"].as_str().unwrap().contains("saved callback 0"), "{by_default}");
    // Elsewhere the same name is nobody's concern.
    let body = json!({ "url": "https://shop.example/?status=mine#/pay", "params_in": "fragment" });
    let saved = merchant.v1(Method::POST, "/profile/callbacks", &body).await.is(201).json();
    assert_eq!(saved["unusable_in"], json!([]));
}

async fn what_is_no_callback_is_refused_with_its_field(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let url = "https://shop.example/cb";
    for (body, status, field) in [
        (json!({ "url": "http://shop.example/" }), 422, "url"),
        (json!({ "url": "" }), 422, "url"),
        (json!({ "url": url, "name": "0" }), 422, "name"),
        (json!({ "url": url, "name": "UPPER" }), 422, "name"),
        (json!({ "url": url, "params_in": "body" }), 422, "params_in"),
        (json!({ "url": url, "web": url }), 422, "web"),
        (json!({ "url": url, "ios": "myapp://x" }), 422, "ios"),
        (json!({ "url": url, "ios": "" }), 422, "ios"),
        (json!({ "url": url, "android": "intent://x#Intent;end" }), 422, "android"),
        (json!({ "url": url, "android": "com.example.app:/x", "android_package": "x;end" }), 422, "android_package"),
        (json!({ "url": url, "ios": "com.example.app:/x", "fallback": "http://shop.example/" }), 422, "fallback"),
        (json!({ "url": url, "app_links": "page" }), 422, "app_links"),
        (json!({ "url": "com.example.app:/x", "app_links": "never" }), 422, "app_links"),
        (json!({ "url": url, "ios": 7 }), 400, "ios"),
        (json!({}), 400, "url"),
        (json!({ "url": 7 }), 400, "url"),
        (json!({ "url": url, "surprise": 1 }), 400, "surprise"),
        (json!("x"), 400, "body"),
    ] {
        for (method, path) in [(Method::POST, "/profile/callbacks"), (Method::PUT, "/profile/callbacks/0")] {
            let refused = merchant.v1(method, path, &body).await.is(status);
            assert_eq!(refused.header("content-type"), "application/problem+json");
            let problem = refused.json();
            assert_eq!((&problem["field"], &problem["status"]), (&json!(field), &json!(status)), "{body}");
        }
    }
    assert_eq!(merchant.look("/profile/callbacks").await.json(), json!({ "callbacks": [] }));
}

async fn there_are_a_hundred_slots_for_callbacks(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for n in 0..100 {
        assert_eq!(merchant.save(&format!("https://shop.example/{n}")).await, n);
    }
    let refused =
        merchant.v1(Method::POST, "/profile/callbacks", &json!({ "url": "https://shop.example/" })).await.is(422);
    refused.says("100 slots");
    assert_eq!(merchant.link_to("99").await.data["callback_url"], "https://shop.example/99");
}

async fn settings_are_chosen_one_by_one(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let defaults = json!({
        "one_time_token": "off", "extra_outcomes": "off", "one_off_urls": "allowed", "same_browser": "checked",
        "app_links": "page", "when_late": "wait", "signed_returns": "off", "one_time_token_life_seconds": 300,
        "journey_life_seconds": 86_400, "answers_to": "gateway", "signed_calls": "checked", "notice_type": "",
        "provider": "", "late_payments": "keep", "language": "", "support_url": "", "legal_url": "",
        "popup_origin": "", "color": "", "logo_url": "",
    });
    assert_eq!(merchant.look("/profile/settings").await.is(200).json(), defaults);
    let mut expected = defaults;
    for (name, value) in [
        ("one_time_token", json!("on")),
        ("extra_outcomes", json!("on")),
        ("one_off_urls", json!("saved_only")),
        ("same_browser", json!("required")),
        ("app_links", json!("direct")),
        ("when_late", json!("hand_back")),
        ("signed_returns", json!("ed25519")),
        ("one_time_token_life_seconds", json!(10)),
        ("journey_life_seconds", json!(60)),
        ("answers_to", json!("app")),
        ("signed_calls", json!("required")),
        ("notice_type", json!("application/json; charset=utf-8")),
        ("language", json!("pt-BR")),
        ("support_url", json!("https://shop.example/help")),
        ("legal_url", json!("https://shop.example/legal")),
        ("popup_origin", json!("https://shop.example")),
        ("color", json!("#0b5f5a")),
    ] {
        expected[name] = value.clone();
        let chosen = merchant.v1(Method::PATCH, "/profile/settings", &json!({ name: value })).await.is(200);
        assert_eq!(chosen.json(), expected);
    }
    assert_eq!(merchant.look("/profile/settings").await.is(200).json(), expected);
    assert_eq!(merchant.look("/profile").await.is(200).json()["settings"], expected);
    merchant.v1(Method::PATCH, "/profile/settings", &json!({})).await.is(200);
}

async fn settings_keep_their_bounds(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let before = merchant.look("/profile/settings").await.json();
    for (body, status) in [
        (json!({ "one_time_token": "perhaps" }), 422),
        (json!({ "signed_returns": "on" }), 422),
        (json!({ "one_time_token": "on", "app_links": "never" }), 422),
        (json!({ "one_time_token_life_seconds": 9 }), 422),
        (json!({ "one_time_token_life_seconds": 86_401 }), 422),
        (json!({ "journey_life_seconds": 59 }), 422),
        (json!({ "journey_life_seconds": 2_592_001 }), 422),
        (json!({ "journey_life_seconds": -1 }), 400),
        (json!({ "journey_life_seconds": 60.5 }), 400),
        (json!({ "language": "de_DE" }), 422),
        (json!({ "support_url": "http://shop.example/help" }), 422),
        (json!({ "legal_url": "mailto:us@shop.example" }), 422),
        (json!({ "popup_origin": "https://shop.example/" }), 422),
        (json!({ "popup_origin": "*" }), 422),
        (json!({ "color": "teal" }), 422),
        (json!({ "logo_url": "http://shop.example/logo.png" }), 422),
        (json!({ "one_time_token": true }), 400),
        (json!({ "one_time_tokens": "on" }), 400),
        (json!([]), 400),
    ] {
        let refused = merchant.v1(Method::PATCH, "/profile/settings", &body).await.is(status).json();
        assert_eq!(kind_of(&refused), "invalid", "{body}");
    }
    assert_eq!(merchant.look("/profile/settings").await.json(), before, "all or nothing");
    merchant.choose(json!({ "one_time_token_life_seconds": 86_400, "journey_life_seconds": 2_592_000 })).await;
}

async fn a_profile_is_its_own_merchants_alone(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    merchant.save_as(json!({ "url": "https://shop.example/cb", "name": "main" })).await;
    other.look("/profile/callbacks/0").await.is(404);
    other.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(404);
    assert_eq!(other.save_as(json!({ "url": "https://other.example/", "name": "main" })).await, 0);
    assert_eq!(merchant.link_to("main").await.data["callback_url"], "https://shop.example/cb");
}
