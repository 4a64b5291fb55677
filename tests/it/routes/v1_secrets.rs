//! `/v1/profile/keys` and the rotations: a merchant replaces its secrets by itself.

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::doors;
use crate::support::gateway::{TestGateway, eventually};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::tpp::basic;

on_every_store![
    keys_are_named_listed_and_revoked,
    a_key_says_when_it_was_last_used_to_the_hour,
    a_replaced_key_opens_every_door_until_its_overlap_is_over,
    what_cannot_be_rotated_is_refused_with_its_field,
    user_and_password_fit_into_one_line_of_base64,
    one_command_hands_over_what_a_client_of_each_dialect_wants,
];

const KEYS: &str = "/profile/keys";

async fn listed(merchant: &MerchantClient) -> Vec<Value> {
    merchant.look(KEYS).await.is(200).json()["keys"].as_array().expect("a list").clone()
}

/// The names of a merchant's keys.
async fn names(merchant: &MerchantClient) -> Vec<String> {
    listed(merchant).await.iter().map(|key| key["name"].as_str().expect("a name").to_owned()).collect()
}

async fn added(merchant: &MerchantClient, name: &str) -> MerchantClient {
    let added = merchant.v1(Method::POST, KEYS, &json!({ "name": name })).await.is(201);
    assert_eq!(added.header("cache-control"), "no-store");
    with_key(merchant, &added.json())
}

fn with_key(merchant: &MerchantClient, answer: &Value) -> MerchantClient {
    let key = answer["api_key"].as_str().unwrap_or_else(|| panic!("no key: {answer}"));
    assert_eq!(&key[4..8], answer["number"], "the number stands in the key");
    MerchantClient { key: key.to_owned(), ..merchant.clone() }
}

fn number(merchant: &MerchantClient) -> &str {
    &merchant.key[4..8]
}

async fn keys_are_named_listed_and_revoked(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    assert_eq!(names(&merchant).await, ["first"]);
    let till = added(&merchant, " till 2 ").await;
    assert_eq!(names(&till).await, ["first", "till 2"]);
    for own in [&merchant, &till] {
        doors::open(&gateway.http, &own.id, &own.key, true).await;
    }
    let of = |merchant: &MerchantClient| format!("{KEYS}/{}", number(merchant));
    other.v1(Method::DELETE, &of(&till), &Value::Null).await.is(404);
    merchant.v1(Method::DELETE, &of(&till), &Value::Null).await.is(204);
    merchant.v1(Method::DELETE, &of(&till), &Value::Null).await.is(404);
    doors::open(&gateway.http, &till.id, &till.key, false).await;
    doors::open(&gateway.http, &merchant.id, &merchant.key, true).await;
    let last = merchant.v1(Method::DELETE, &of(&merchant), &Value::Null).await.is(422).json();
    assert_eq!((&last["field"], &last["rule"]), (&json!("key"), &json!("is the last one")));
    // By command the same.
    let json = gateway.command(&["merchant", "add-key", "--merchant", &merchant.id, "--name", "ops", "--json"]);
    let ops = with_key(&merchant, &serde_json::from_str(&json).expect("JSON"));
    gateway.command(&["merchant", "revoke-key", "--merchant", &merchant.id, "--key", number(&merchant)]);
    doors::open(&gateway.http, &merchant.id, &merchant.key, false).await;
    assert_eq!(names(&ops).await, ["ops"]);
}

async fn a_key_says_when_it_was_last_used_to_the_hour(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let till = added(&merchant, "till").await;
    let uses = async || {
        let keys = listed(&merchant).await;
        keys.iter().map(|key| key["last_used_at"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    eventually("the first key's use is noted", || async { uses().await[0].is_some() }).await;
    let before = uses().await;
    assert_eq!(before[1], None, "the other was never used");
    assert!(before[0].as_ref().is_some_and(|at| at.ends_with(":00:00.000Z")), "{before:?}");
    gateway.wait(Duration::from_hours(2));
    till.look("/profile").await.is(200);
    eventually("both uses are noted", || async {
        let after = uses().await;
        after[0] > before[0] && after[1] == after[0]
    })
    .await;
    let shown = gateway.command(&["merchant", "keys", "--merchant", &merchant.id]);
    assert_eq!(shown.matches("last used").count(), 2, "{shown}");
}

async fn a_replaced_key_opens_every_door_until_its_overlap_is_over(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let rotate = format!("{KEYS}/{}/rotate", number(&merchant));
    let rotated = merchant.v1(Method::POST, &rotate, &json!({ "overlap_seconds": 3600 })).await.is(201).json();
    assert!(rotated["previous_ends_at"].is_string(), "{rotated}");
    let renewed = with_key(&merchant, &rotated);
    for own in [&merchant, &renewed] {
        doors::open(&gateway.http, &own.id, &own.key, true).await;
    }
    assert_eq!(names(&merchant).await, ["first", "first"], "the new one has the name of the old one");
    gateway.wait(Duration::from_hours(1));
    doors::open(&gateway.http, &merchant.id, &merchant.key, false).await;
    doors::open(&gateway.http, &renewed.id, &renewed.key, true).await;
    assert_eq!(listed(&renewed).await.len(), 1);

    // By command, and at once where it has leaked.
    let command = ["merchant", "rotate-key", "--json", "--merchant", &merchant.id, "--overlap", "0s"];
    let json: Value = serde_json::from_str(&gateway.command(&command)).expect("JSON");
    assert_eq!(json["previous_ends_at"], Value::Null);
    doors::open(&gateway.http, &renewed.id, &renewed.key, false).await;
    doors::open(&gateway.http, &merchant.id, &with_key(&merchant, &json).key, true).await;
}

async fn what_cannot_be_rotated_is_refused_with_its_field(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (key, day) = (format!("{KEYS}/{}/rotate", number(&merchant)), json!({ "overlap_seconds": 86400 }));
    for path in [key.as_str(), "/profile/signing-secret/rotate", "/profile/webhook-key/rotate"] {
        let long = merchant.v1(Method::POST, path, &json!({ "overlap_seconds": 90 * 86400 + 1 })).await.is(422).json();
        assert_eq!((&long["field"], &long["rule"]), (&json!("overlap_seconds"), &json!("is too long")), "{path}");
    }
    for path in ["/profile/signing-secret/rotate", "/profile/webhook-key/rotate"] {
        merchant.v1(Method::POST, path, &day).await.is(201);
        merchant.v1(Method::POST, path, &day).await.is(422).says("the overlap of the last rotation lasts");
        merchant.v1(Method::POST, path, &json!({ "overlap_seconds": 0 })).await.is(201);
        merchant.v1(Method::POST, path, &day).await.is(201);
    }
    merchant.v1(Method::POST, &format!("{KEYS}/none/rotate"), &day).await.is(404);
    for name in ["", " ", &"x".repeat(41), "a\u{202e}b"] {
        let refused = merchant.v1(Method::POST, KEYS, &json!({ "name": name })).await.is(422).json();
        assert_eq!(refused["field"], "name", "{refused}");
    }
    for number in 2..=20 {
        added(&merchant, &format!("key {number}")).await;
    }
    merchant.v1(Method::POST, KEYS, &json!({ "name": "one more" })).await.is(422).says("there may be 20");
    assert_eq!(listed(&merchant).await.len(), 20);
}

/// GNU base64 begins a new line after 76 characters, and a header with a line feed in it is no header.
async fn user_and_password_fit_into_one_line_of_base64(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let printed = gateway.command(&["merchant", "list", "--json"]);
    let merchants: Value = serde_json::from_str(&printed).expect("JSON");
    let own = merchants.as_array().expect("a list").iter().find(|own| own["merchant_id"] == json!(merchant.id));
    let user = own.expect("the shop")["short_id"].as_str().expect("a text").to_owned();
    let both = format!("{user}:{}", merchant.key);
    assert!(both.len() <= 57, "{} bytes", both.len());
    let line = Command::new("sh").args(["-c", "echo -n \"$ME\" | base64"]).env("ME", &both).output().expect("a shell");
    let line = String::from_utf8(line.stdout).expect("text");
    let line = line.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "{line}");
    assert_eq!(format!("Basic {line}"), basic(&user, &merchant.key));
    // Both forms of the id are the same merchant's, wherever one stands.
    for (named, credentials) in [(&user, &user), (&user, &merchant.id), (&merchant.id, &user)] {
        let page = format!("/ixopay/api/v3/status/{named}/getByUuid/none");
        let basic = basic(credentials, &merchant.key);
        assert_eq!(gateway.http.get_with(&page, &[("authorization", basic.as_str())]).await.status, 200, "{named}");
    }
    doors::open(&gateway.http, &user, &merchant.key, true).await;
    assert_eq!(merchant.look("/profile").await.is(200).json()["short_id"], json!(user));
}

async fn one_command_hands_over_what_a_client_of_each_dialect_wants(gateway: TestGateway) {
    let added = gateway.command(&["merchant", "add", "--json", "--name", "Shop"]);
    let all: Value = serde_json::from_str(&added).expect("JSON");
    let text = |dialect: &str, name: &str| {
        all[dialect][name].as_str().unwrap_or_else(|| panic!("no {dialect}.{name}: {all}")).to_owned()
    };
    let get = async |url: String, header: (&str, &str)| gateway.http.get_with(&url, &[header]).await.status;
    let basic = |dialect: &str| basic(&text(dialect, "user"), &text(dialect, "password"));
    assert_eq!(text("ixopay", "shared_secret"), all["signing_secret"].as_str().expect("a secret"));
    assert_eq!(text("secpaid", "webhook_secret"), all["signing_secret"].as_str().expect("a secret"));

    let authorization = text("api", "authorization");
    assert_eq!(get(text("api", "base_url") + "/profile", ("authorization", &authorization)).await, 200);
    let page = text("secpaid", "base_url") + "/api/v2/getMyUnusedLinks";
    let token = text("secpaid", "token");
    gateway
        .http
        .send(Method::POST, &page, &[("token", &token), ("content-type", "application/json")], "{}")
        .await
        .is(200);
    assert_eq!(get(text("yapily", "base_url") + "/institutions", ("authorization", &basic("yapily"))).await, 200);
    let page = format!("{}/api/v3/status/{}/getByUuid/none", text("ixopay", "base_url"), text("ixopay", "connector"));
    assert_eq!(get(page, ("authorization", &basic("ixopay"))).await, 200);
    let authorization = text("token_io", "authorization");
    let page = text("token_io", "base_url") + "/v2/payments?limit=1";
    assert_eq!(get(page, ("authorization", &authorization)).await, 200);
    let shown =
        MerchantClient::new(gateway.http.clone(), &all).look("/profile").await.is(200).json()["token_io"].clone();
    for name in ["member_id", "webhook_public_key", "base_url"] {
        assert_eq!(shown[name], json!(text("token_io", name)), "{name}");
    }
    // For people the same, a line each.
    let lines = gateway.command(&["merchant", "add", "--name", "Shop"]);
    for (dialect, name) in
        [("secpaid", "token"), ("yapily", "user"), ("ixopay", "shared_secret"), ("token_io", "webhook_public_key")]
    {
        assert!(lines.contains(&format!("{dialect}.{name} ")), "{lines}");
    }
}
