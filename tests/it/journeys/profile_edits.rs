//! A profile that many edit at once.

use reqwest::Method;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![
    no_edit_is_lost_to_another,
    no_choice_is_lost_to_another,
    a_rotated_key_ends_at_once,
    what_was_acknowledged_survives_a_restart
];

async fn no_edit_is_lost_to_another(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let adds = (0..8).map(|n| {
        let merchant = merchant.clone();
        async move { merchant.save(&format!("https://shop.example/{n}")).await }
    });
    let mut indices = futures_util::future::join_all(adds).await;
    indices.sort_unstable();
    assert_eq!(indices, (0..8).collect::<Vec<u64>>());
    let callbacks = merchant.look("/profile/callbacks").await.is(200).json();
    assert_eq!(callbacks["callbacks"].as_array().map(Vec::len), Some(8));
}

async fn no_choice_is_lost_to_another(gateway: TestGateway) {
    for _ in 0..10 {
        let merchant = gateway.merchant("Shop");
        futures_util::future::join(
            merchant.choose(json!({ "one_time_token": "on" })),
            merchant.choose(json!({ "extra_outcomes": "on" })),
        )
        .await;
        let settings = merchant.look("/profile/settings").await.is(200).json();
        assert_eq!((&settings["one_time_token"], &settings["extra_outcomes"]), (&json!("on"), &json!("on")));
    }
}

async fn a_rotated_key_ends_at_once(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let rotated = gateway.command(&["merchant", "rotate-key", "--json", "--overlap", "0s", "--merchant", &merchant.id]);
    let rotated: serde_json::Value = serde_json::from_str(&rotated).unwrap();
    merchant.look("/profile").await.is(401);
    let renewed = crate::support::merchant_client::MerchantClient::new(gateway.http.clone(), &rotated);
    assert_eq!(renewed.look("/profile").await.is(200).json()["name"], "Shop");
}

async fn what_was_acknowledged_survives_a_restart(mut gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save_as(json!({ "url": "https://shop.example/cb", "name": "main" })).await;
    merchant.choose(json!({ "one_time_token": "on", "journey_life_seconds": 7200 })).await;
    let open = merchant.link_to("main").await;
    let away = merchant.link_to("main").await;
    let sent_out = gateway.http.leave(&away.text).await;
    let paid = merchant.link_to("main,https://hook.example/n").await;
    let home = gateway.http.pay(&paid.text, "code=ok").await.location();
    // The courier moves a delivery whenever it likes; that it is there is what was acknowledged.
    let unmoved = |mut journey: serde_json::Value| {
        let ids: Vec<_> = journey["deliveries"].as_array().unwrap().iter().map(|d| d["id"].clone()).collect();
        journey["deliveries"] = json!(ids);
        journey
    };
    let (profile, journey) = (merchant.look("/profile").await.json(), unmoved(merchant.journey(&paid.id).await));
    gateway.restart().await;
    assert_eq!(merchant.look("/profile").await.is(200).json(), profile);
    assert_eq!(unmoved(merchant.journey(&paid.id).await), journey);
    assert_eq!(merchant.status(&open).await, "open");
    assert!(gateway.http.back(&sent_out.with("code=ok")).await.location().contains("&status=success&"));
    let token = crate::support::http::query_value(&home, "one-time-token");
    merchant.redeem(&token).await.is(200);
    gateway.restart().await;
    merchant.redeem(&token).await.is(410);
    merchant.v1(Method::GET, "/profile", &serde_json::Value::Null).await.is(200);
}
