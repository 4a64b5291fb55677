//! `/v1/profile/people`: named, given another role, and named no more.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

const PATH: &str = "/profile/people";

on_every_store![people_are_named_changed_and_named_no_more];

async fn people_are_named_changed_and_named_no_more(gateway: TestGateway) {
    let [merchant, other] = ["Shop", "Other"].map(|name| gateway.merchant(name));
    assert_eq!(merchant.look(PATH).await.is(200).json(), json!({ "people": [] }));
    for (email, role) in [("Ada@Shop.example", "read"), ("bob@shop.example", "admin"), ("ada@shop.example", "support")]
    {
        let named = merchant.v1(Method::POST, PATH, &json!({ "email": email, "role": role })).await.is(201).json();
        assert_eq!(named, json!({ "email": email.to_lowercase(), "role": role }));
    }
    let people = json!([
        { "email": "ada@shop.example", "role": "support" }, { "email": "bob@shop.example", "role": "admin" },
    ]);
    assert_eq!(merchant.look(PATH).await.json(), json!({ "people": people }));
    assert_eq!(other.look(PATH).await.json(), json!({ "people": [] }));
    for (body, field) in [
        (json!({ "email": "ada", "role": "read" }), "email"),
        (json!({ "email": "ada@shop.example", "role": "owner" }), "role"),
    ] {
        let refused = merchant.v1(Method::POST, PATH, &body).await.is(422).json();
        assert_eq!(refused["field"], field, "{refused}");
    }
    let bob = format!("{PATH}/bob@shop.example");
    other.v1(Method::DELETE, &bob, &Value::Null).await.is(404);
    merchant.v1(Method::DELETE, &bob, &Value::Null).await.is(204);
    merchant.v1(Method::DELETE, &bob, &Value::Null).await.is(404);
    assert_eq!(merchant.look(PATH).await.json()["people"].as_array().map(Vec::len), Some(1));
}
