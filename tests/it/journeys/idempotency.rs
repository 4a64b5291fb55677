//! `Idempotency-Key`: the same call is the same call, for a day.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::kind_of;
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;

on_every_store![
    the_same_key_and_body_open_the_same_link,
    thirty_two_equal_calls_at_once_open_one_link,
    the_same_key_with_another_body_is_a_conflict,
    each_path_has_keys_of_its_own,
    the_same_link_is_answered_after_an_edit_that_would_refuse_it,
    the_same_key_and_body_save_the_same_callback,
    a_callback_with_a_name_is_saved_once_too,
    what_was_saved_and_deleted_since_is_answered_with_the_same_bytes,
    a_refusal_under_a_key_is_not_remembered_as_a_success,
    a_key_is_forgotten_after_a_day,
];

const KEY: [(&str, &str); 1] = [("idempotency-key", "order-7")];

async fn create(merchant: &MerchantClient, body: &Value) -> Link {
    Link::read(&merchant.secpaid_with("createLink", &KEY, body).await.is(200).json())
}

async fn the_same_key_and_body_open_the_same_link(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "amount": 25, "callback_url": "https://shop.example/cb" });
    let first = create(&merchant, &body).await;
    let again = create(&merchant, &body).await;
    assert_eq!(first.data, again.data);
    // The order of the fields and the form of the body are not the content.
    let form = [("token", merchant.key.as_str()), ("content-type", "application/x-www-form-urlencoded"), KEY[0]];
    let body = "callback_url=https%3A%2F%2Fshop.example%2Fcb&amount=25";
    let form = gateway.http.send(Method::POST, "/secpaid/api/v2/createLink", &form, body).await.is(200).json();
    assert_eq!(form["data"]["id"], first.data["id"]);
    // Rendered again, never a stored body: it says how the link stands now.
    gateway.http.pay(&first.text, "code=ok").await.location();
    let again = create(&merchant, &json!({ "amount": 25, "callback_url": "https://shop.example/cb" })).await;
    assert_eq!((&again.data["id"], &again.data["status"]), (&first.data["id"], &json!("Used")));
    let other = gateway.merchant("Other");
    assert_ne!(create(&other, &json!({ "amount": 25, "callback_url": "https://shop.example/cb" })).await.id, first.id);
}

async fn thirty_two_equal_calls_at_once_open_one_link(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "amount": 25 });
    let links = futures_util::future::join_all((0..32).map(|_| create(&merchant, &body))).await;
    assert!(links.iter().all(|link| link.data == links[0].data));
    let journeys = merchant.look("/journeys").await.is(200).json();
    assert_eq!(journeys["journeys"].as_array().map(Vec::len), Some(1));
}

async fn the_same_key_with_another_body_is_a_conflict(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    create(&merchant, &json!({ "amount": 25 })).await;
    for other in [json!({ "amount": 26 }), json!({ "amount": 25, "recipient_note": "x" }), json!({ "amount": 25.0 })] {
        let refused = merchant.secpaid_with("createLink", &KEY, &other).await.is(409).json();
        assert_eq!(refused["ResponseCode"], 0, "{refused}");
        assert!(refused["ResponseMsg"].as_str().unwrap().contains("Idempotency-Key"), "{refused}");
    }
}

async fn each_path_has_keys_of_its_own(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = create(&merchant, &json!({ "amount": 25 })).await;
    let split = json!({ "amount": 25, "recipients": [{ "token": "a", "share": 10 }] });
    let split = Link::read(&merchant.secpaid_with("createSplitLink", &KEY, &split).await.is(200).json());
    assert_ne!(split.data["id"], link.data["id"]);
    let callback = json!({ "url": "https://shop.example/cb" });
    merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &callback).await.is(201);
}

async fn the_same_link_is_answered_after_an_edit_that_would_refuse_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/cb").await;
    let body = json!({ "amount": 25, "callback_url": "0" });
    let first = create(&merchant, &body).await;
    merchant.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(204);
    assert_eq!(create(&merchant, &body).await.data, first.data);
}

async fn the_same_key_and_body_save_the_same_callback(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "url": "https://shop.example/cb" });
    let first = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(201);
    merchant.save("https://shop.example/between").await;
    let again = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("content-location"), "/v1/profile/callbacks/0");
    assert_eq!(merchant.look("/profile/callbacks").await.json()["callbacks"].as_array().map(Vec::len), Some(2));
    let other = json!({ "url": "https://shop.example/other" });
    let refused = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &other).await.is(409).json();
    assert_eq!(kind_of(&refused), "idempotency-key-reused");
}

async fn a_callback_with_a_name_is_saved_once_too(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "url": "https://shop.example/cb", "name": "main" });
    let first = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(201);
    let again = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(201);
    assert_eq!(again.body, first.body);
}

async fn what_was_saved_and_deleted_since_is_answered_with_the_same_bytes(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "url": "https://shop.example/cb" });
    for list in ["/profile/callbacks", "/profile/endpoints"] {
        let first = merchant.v1_with(Method::POST, list, &KEY, &body).await.is(201);
        let slot = format!("{list}/0");
        merchant.v1(Method::DELETE, &slot, &Value::Null).await.is(204);
        let again = merchant.v1_with(Method::POST, list, &KEY, &body).await.is(201);
        assert_eq!((&again.body, again.header("content-location")), (&first.body, first.header("content-location")));
        merchant.look(&slot).await.is(404);
    }
}

async fn a_refusal_under_a_key_is_not_remembered_as_a_success(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save_as(json!({ "url": "https://shop.example/first", "name": "main" })).await;
    let body = json!({ "url": "https://shop.example/second", "name": "main" });
    merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(422);
    merchant.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(204);
    for _ in 0..2 {
        let saved = merchant.v1_with(Method::POST, "/profile/callbacks", &KEY, &body).await.is(201).json();
        assert_eq!(saved["index"], 1);
        assert_eq!(merchant.look("/profile/callbacks/1").await.is(200).json(), saved);
    }
    // The same for a link.
    let body = json!({ "amount": 25, "callback_url": "2" });
    merchant.secpaid_with("createLink", &KEY, &body).await.is(400);
    merchant.save("https://shop.example/third").await;
    let link = create(&merchant, &body).await;
    assert_eq!(link.data["callback_url"], "https://shop.example/third");
    assert_eq!(create(&merchant, &body).await.data, link.data);
}

async fn a_key_is_forgotten_after_a_day(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "amount": 25 });
    let first = create(&merchant, &body).await;
    gateway.wait(Duration::from_hours(23));
    assert_eq!(create(&merchant, &body).await.id, first.id);
    gateway.wait(Duration::from_hours(2));
    assert_ne!(create(&merchant, &body).await.id, first.id);
}
