//! `/v1/profile/public-keys`: registered, shown, and forgotten.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;
use crate::support::token_io_client::PUBLIC_KEY;

on_every_store![
    a_key_is_registered_shown_and_forgotten,
    what_is_no_key_is_refused_with_its_field,
    there_are_ten_at_most
];

const PATH: &str = "/profile/public-keys";

async fn a_key_is_registered_shown_and_forgotten(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    assert_eq!(merchant.look(PATH).await.is(200).json(), json!({ "public_keys": [] }));
    let added = merchant.v1(Method::POST, PATH, &json!({ "key": PUBLIC_KEY })).await.is(201).json();
    assert_eq!(added["id"], "If4x36FUomFia_hU", "{added}");
    assert!(added["pem"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let named = json!({ "key": added["pem"], "id": "1x7df4vuFUHYQCa7" });
    let named = merchant.v1(Method::POST, PATH, &named).await.is(201).json();
    assert_eq!(merchant.look(PATH).await.json(), json!({ "public_keys": [added, named] }));
    merchant.v1(Method::POST, PATH, &json!({ "key": PUBLIC_KEY })).await.is(201);
    assert_eq!(merchant.look(PATH).await.json()["public_keys"].as_array().map(Vec::len), Some(2), "once is enough");
    assert_eq!(other.look(PATH).await.json(), json!({ "public_keys": [] }));

    other.v1(Method::DELETE, &format!("{PATH}/1x7df4vuFUHYQCa7"), &Value::Null).await.is(404);
    merchant.v1(Method::DELETE, &format!("{PATH}/1x7df4vuFUHYQCa7"), &Value::Null).await.is(204);
    assert_eq!(merchant.look(PATH).await.json(), json!({ "public_keys": [added] }));

    let profile = merchant.look("/profile").await.is(200).json();
    let token_io = &profile["token_io"];
    assert_eq!(token_io["base_url"], json!(format!("{}/token-io", gateway.http.base())));
    assert_eq!(token_io["webhook_public_key"].as_str().map(str::len), Some(43));
    let same = other.look("/profile").await.is(200).json();
    assert_ne!(same["token_io"]["webhook_public_key"], token_io["webhook_public_key"], "each member has its own");
    assert_ne!(same["token_io"]["member_id"], token_io["member_id"]);
}

async fn what_is_no_key_is_refused_with_its_field(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (body, field) in [
        (json!({}), "key"),
        (json!({ "key": "AAAA" }), "key"),
        (json!({ "key": "-----BEGIN PRIVATE KEY-----" }), "key"),
        (json!({ "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }), "key"),
        (json!({ "key": PUBLIC_KEY, "id": "a b" }), "id"),
    ] {
        let refused = merchant.v1(Method::POST, PATH, &body).await.is(422).json();
        assert!(refused["detail"].as_str().unwrap().starts_with(field), "{refused}");
    }
    merchant.v1(Method::POST, PATH, &json!({ "key": PUBLIC_KEY, "id": "k" })).await.is(201);
    let other = json!({ "key": "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw", "id": "k" });
    merchant.v1(Method::POST, PATH, &other).await.is(422).says("another key");
}

async fn there_are_ten_at_most(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for number in 0..10 {
        let body = json!({ "key": PUBLIC_KEY, "id": format!("k{number}") });
        merchant.v1(Method::POST, PATH, &body).await.is(201);
    }
    merchant.v1(Method::POST, PATH, &json!({ "key": PUBLIC_KEY, "id": "k10" })).await.is(422).says("one too many");
    merchant.v1(Method::DELETE, &format!("{PATH}/k3"), &Value::Null).await.is(204);
    merchant.v1(Method::POST, PATH, &json!({ "key": PUBLIC_KEY, "id": "k10" })).await.is(201);
}
