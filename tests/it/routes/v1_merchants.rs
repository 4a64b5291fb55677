//! `/v1/merchants`: the operator looks after merchants by API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::HttpReply;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

/// The operator's key.
const OPERATOR: &str = "the-operator-of-merchants-has-it";

on_every_store![
    with &[("HANDBACK_OPERATOR_KEY", super::OPERATOR)];
    a_merchant_is_added_renamed_shut_out_and_erased,
    an_addition_is_made_once_for_its_key,
    merchants_are_listed_in_pages,
    nobody_else_may_ask,
];

fn operator(gateway: &TestGateway) -> MerchantClient {
    MerchantClient {
        http: gateway.http.clone(),
        id: String::new(),
        key: OPERATOR.into(),
        signing_secret: String::new(),
    }
}

fn client(gateway: &TestGateway, added: &Value) -> MerchantClient {
    MerchantClient::new(gateway.http.clone(), added)
}

async fn add(operator: &MerchantClient, key: &str, body: Value) -> HttpReply {
    operator.v1_with(Method::POST, "/merchants", &[("idempotency-key", key)], &body).await
}

async fn a_merchant_is_added_renamed_shut_out_and_erased(gateway: TestGateway) {
    let operator = operator(&gateway);
    let added = operator.v1(Method::POST, "/merchants", &json!({ "name": "Shop" })).await.is(201).json();
    // Where the sandbox is on.
    assert_eq!((&added["mode"], &added["disabled"]), (&json!("test"), &json!(false)));
    let shop = client(&gateway, &added);
    assert_eq!(shop.look("/profile").await.is(200).json()["name"], json!("Shop"));
    let link = shop.link_to("https://shop.example/cb").await;
    let path = format!("/merchants/{}", added["short_id"].as_str().unwrap());
    let changed = operator.v1(Method::PATCH, &path, &json!({ "name": "Corner shop" })).await.is(200).json();
    assert_eq!((&changed["name"], changed.get("api_key")), (&json!("Corner shop"), None));
    let key = operator.v1(Method::POST, &format!("{path}/keys"), &json!({ "name": "till 2" })).await.is(201).json();
    let till = MerchantClient { key: key["api_key"].as_str().unwrap().to_owned(), ..shop.clone() };
    till.look("/profile").await.is(200);
    let active = operator.v1(Method::DELETE, &path, &Value::Null).await.is(422).json();
    assert_eq!(active["field"], json!("merchant"), "{active}");
    operator.v1(Method::PATCH, &path, &json!({ "disabled": true })).await.is(200);
    shop.look("/profile").await.is(403);
    let under_way = operator.v1(Method::DELETE, &path, &Value::Null).await.is(422).json();
    assert!(under_way["rule"].as_str().unwrap().contains("under way"), "{under_way}");
    operator.v1(Method::PATCH, &path, &json!({ "disabled": false })).await.is(200);
    shop.secpaid("deleteLink", &json!({ "pay_id": link.id })).await.is(200);
    let both = json!({ "disabled": true, "name": "Gone shop" });
    assert_eq!(operator.v1(Method::PATCH, &path, &both).await.is(200).json()["name"], json!("Gone shop"));
    let erased = operator.v1(Method::DELETE, &path, &Value::Null).await.is(200).json();
    assert_eq!(erased, json!({ "journeys": 1, "users": 0 }));
    for method in [Method::GET, Method::DELETE] {
        operator.v1(method, &path, &Value::Null).await.is(404);
    }
    operator.v1(Method::PATCH, &path, &json!({ "disabled": true })).await.is(404);
    operator.v1(Method::POST, &format!("{path}/keys"), &json!({ "name": "x" })).await.is(404);
}

async fn an_addition_is_made_once_for_its_key(gateway: TestGateway) {
    let operator = operator(&gateway);
    let first = add(&operator, "shop-1", json!({ "name": "Shop", "mode": "live" })).await.is(201).json();
    assert!(first["api_key"].as_str().unwrap().starts_with("hbk_"), "{first}");
    let again = add(&operator, "shop-1", json!({ "name": "Shop", "mode": "live" })).await.is(200).json();
    assert_eq!(
        (&again["merchant_id"], again.get("api_key"), again.get("signing_secret")),
        (&first["merchant_id"], None, None)
    );
    add(&operator, "shop-1", json!({ "name": "Shop", "mode": "test" })).await.is(409);
    // The key is still the same merchant's when the store has forgotten it.
    gateway.wait(std::time::Duration::from_hours(48));
    add(&operator, "shop-1", json!({ "name": "Shop", "mode": "test" })).await.is(409);
    let late = add(&operator, "shop-1", json!({ "name": "Shop", "mode": "live" })).await.is(200).json();
    assert_eq!(late["merchant_id"], first["merchant_id"]);
    let other = add(&operator, "shop-2", json!({ "name": "Shop" })).await.is(201).json();
    assert_ne!(other["merchant_id"], first["merchant_id"]);
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(81) }), "name"),
        (json!({ "name": "Shop", "mode": "prod" }), "mode"),
    ] {
        let refused = add(&operator, "shop-3", body).await.is(422).json();
        assert_eq!(refused["field"], json!(field), "{refused}");
    }
    // What was refused has used nothing up.
    add(&operator, "shop-3", json!({ "name": "Third" })).await.is(201);
}

async fn merchants_are_listed_in_pages(gateway: TestGateway) {
    let operator = operator(&gateway);
    for name in ["One", "Two", "Three"] {
        operator.v1(Method::POST, "/merchants", &json!({ "name": name })).await.is(201);
        gateway.wait(std::time::Duration::from_millis(5));
    }
    let (mut names, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = operator.look(&format!("/merchants{query}")).await.is(200).json();
        names.extend(page["merchants"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&after={next}");
    }
    // The demo has one of its own.
    assert_eq!(names, ["Demo shop", "One", "Two", "Three"]);
    // A place is that of a merchant, and goes with it.
    let first = operator.look("/merchants?limit=2").await.json();
    let path = format!("/merchants/{}", first["merchants"][1]["short_id"].as_str().unwrap());
    operator.v1(Method::PATCH, &path, &json!({ "disabled": true })).await.is(200);
    operator.v1(Method::DELETE, &path, &Value::Null).await.is(200);
    let behind = format!("/merchants?after={}", first["next"].as_str().unwrap());
    assert_eq!(operator.look(&behind).await.is(422).json()["field"], json!("after"));
    assert_eq!(operator.look("/merchants?after=x").await.is(422).json()["field"], json!("after"));
}

async fn nobody_else_may_ask(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let path = format!("/merchants/{}", shop.id);
    for (method, path) in [
        (Method::GET, "/merchants"),
        (Method::POST, "/merchants"),
        (Method::GET, &path),
        (Method::PATCH, &path),
        (Method::DELETE, &path),
        (Method::POST, &format!("{path}/keys")),
    ] {
        let body = json!({ "name": "Mine" });
        shop.v1(method.clone(), path, &body).await.is(403);
        let nobody = MerchantClient { key: "hbt_nobody".into(), ..shop.clone() };
        nobody.v1(method, path, &body).await.is(401);
    }
    assert_eq!(shop.look("/profile").await.is(200).json()["name"], json!("Shop"));
}
