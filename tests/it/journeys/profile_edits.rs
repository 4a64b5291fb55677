//! A profile that many edit at once.

use reqwest::Method;
use serde_json::json;

use crate::support::house::House;
use crate::support::on_every_store;

on_every_store![
    no_edit_is_lost_to_another,
    no_choice_is_lost_to_another,
    a_rotated_key_ends_at_once,
    what_was_acknowledged_survives_a_restart
];

async fn no_edit_is_lost_to_another(house: House) {
    let shop = house.shop("Shop");
    let adds = (0..8).map(|n| {
        let shop = shop.clone();
        async move { shop.save(&format!("https://shop.example/{n}")).await }
    });
    let mut indices = futures_util::future::join_all(adds).await;
    indices.sort_unstable();
    assert_eq!(indices, (0..8).collect::<Vec<u64>>());
    let callbacks = shop.look("/profile/callbacks").await.is(200).json();
    assert_eq!(callbacks["callbacks"].as_array().map(Vec::len), Some(8));
}

async fn no_choice_is_lost_to_another(house: House) {
    for _ in 0..10 {
        let shop = house.shop("Shop");
        futures_util::future::join(
            shop.choose(json!({ "one_time_token": "on" })),
            shop.choose(json!({ "extra_outcomes": "on" })),
        )
        .await;
        let settings = shop.look("/profile/settings").await.is(200).json();
        assert_eq!((&settings["one_time_token"], &settings["extra_outcomes"]), (&json!("on"), &json!("on")));
    }
}

async fn a_rotated_key_ends_at_once(house: House) {
    let shop = house.shop("Shop");
    let rotated = house.command(&["merchant", "rotate-key", "--json", "--overlap", "0s", "--merchant", &shop.id]);
    let rotated: serde_json::Value = serde_json::from_str(&rotated).unwrap();
    shop.look("/profile").await.is(401);
    let renewed = crate::support::shop::Shop::new(house.http.clone(), &rotated);
    assert_eq!(renewed.look("/profile").await.is(200).json()["name"], "Shop");
}

async fn what_was_acknowledged_survives_a_restart(mut house: House) {
    let shop = house.shop("Shop");
    shop.save_as(json!({ "url": "https://shop.example/cb", "name": "main" })).await;
    shop.choose(json!({ "one_time_token": "on", "journey_life_seconds": 7200 })).await;
    let open = shop.link_to("main").await;
    let away = shop.link_to("main").await;
    let trip = house.http.leave(&away.text).await;
    let paid = shop.link_to("main,https://hook.example/n").await;
    let home = house.http.pay(&paid.text, "code=ok").await.location();
    // The courier moves a delivery whenever it likes; that it is there is what was acknowledged.
    let unmoved = |mut journey: serde_json::Value| {
        let ids: Vec<_> = journey["deliveries"].as_array().unwrap().iter().map(|d| d["id"].clone()).collect();
        journey["deliveries"] = json!(ids);
        journey
    };
    let (profile, journey) = (shop.look("/profile").await.json(), unmoved(shop.journey(&paid.id).await));
    house.restart().await;
    assert_eq!(shop.look("/profile").await.is(200).json(), profile);
    assert_eq!(unmoved(shop.journey(&paid.id).await), journey);
    assert_eq!(shop.status(&open).await, "open");
    assert!(house.http.back(&trip.with("code=ok")).await.location().contains("&status=success&"));
    let token = crate::support::http::query_value(&home, "one-time-token");
    shop.redeem(&token).await.is(200);
    house.restart().await;
    shop.redeem(&token).await.is(410);
    shop.v1(Method::GET, "/profile", &serde_json::Value::Null).await.is(200);
}
