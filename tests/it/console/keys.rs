//! Keys in the console: replaced with an overlap, and the public ones.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, between};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::Http;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;

const KEYS: &str = "/console/keys";

/// Whose key this is, as a client.
fn client(http: &Http, merchant: &str, key: &str) -> MerchantClient {
    MerchantClient::new(http.clone(), &json!({ "merchant_id": merchant, "api_key": key }))
}

on_every_store![a_key_is_replaced_with_an_overlap, what_commands_change_stands_in_the_audit_log];

async fn a_key_is_replaced_with_an_overlap(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let number = merchant.key[4..8].to_owned();
    let made = browser.submit(KEYS, "/console/keys/rotate", &[("number", &number)]).await.is(200).text();
    let key = between(&made, "<code class=\"copy\">", "</code>");
    assert!(made.contains("The old key is valid until"), "{made}");
    let (old, new) = (client(&gateway.http, &merchant.id, &merchant.key), client(&gateway.http, &merchant.id, key));
    for one in [&old, &new] {
        one.look("/profile").await.is(200);
    }
    let page = browser.page(KEYS).await;
    assert!(page.contains(">ends <time") && !page.contains(key), "{page}");
    gateway.wait(Duration::from_hours(25));
    old.look("/profile").await.is(401);
    new.look("/profile").await.is(200);
    let log = new.look("/audit").await.is(200).text();
    assert!(log.contains("key.rotated") && !log.contains(key), "{log}");
}

#[tokio::test]
async fn public_keys_are_shown_replaced_registered_and_removed() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let page = browser.page(KEYS).await;
    let returns = merchant.look("/returns/keys").await.is(200).json();
    assert!(page.contains(returns["ed25519"][0]["public"].as_str().unwrap()), "{page}");
    assert!(!page.contains(returns["hmac"][0]["secret"].as_str().unwrap()), "a secret is not shown");
    let signing = async || merchant.look("/profile").await.is(200).json()["token_io"]["webhook_public_keys"].clone();
    let before = signing().await;
    assert!(page.contains(before[0]["key"].as_str().unwrap()) && page.contains("signs now"), "{page}");
    browser.submit(KEYS, "/console/keys/webhook", &[]).await.location();
    let (page, after) = (browser.page(KEYS).await, signing().await);
    assert_eq!(after[0]["key"], before[0]["key"]);
    assert!(page.contains(after[1]["key"].as_str().unwrap()), "{page}");
    assert!(page.contains("signs until <time") && page.contains("signs from <time"), "{page}");
    browser
        .submit(KEYS, "/console/keys/webhook", &[])
        .await
        .is(422)
        .says("while the overlap of the last rotation lasts");

    let wrong = [("id", "till"), ("key", "none")];
    browser.submit(KEYS, "/console/keys/public", &wrong).await.is(422).says("value=\"till\"");
    let good = [("id", "till"), ("key", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")];
    browser.submit(KEYS, "/console/keys/public", &good).await.location();
    let listed = merchant.look("/profile/public-keys").await.is(200).json();
    assert_eq!(listed["public_keys"][0]["id"], "till");
    browser.page(KEYS).await.contains("BEGIN PUBLIC KEY").then_some(()).expect("the key is shown");
    browser.submit(KEYS, "/console/keys/public/remove", &[("id", "till")]).await.location();
    assert_eq!(merchant.look("/profile/public-keys").await.is(200).json()["public_keys"], json!([]));
    let log = merchant.look("/audit").await.is(200).text();
    for action in ["webhook_key.rotated", "public_key.added", "public_key.removed"] {
        assert!(log.contains(action), "{action}: {log}");
    }
}

async fn what_commands_change_stands_in_the_audit_log(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    gateway.command(&["merchant", "rename", "--merchant", &merchant.id, "--name", "Stall"]);
    gateway.command(&["merchant", "add-key", "--merchant", &merchant.id, "--name", "till 2"]);
    gateway.command(&["merchant", "keys", "--merchant", &merchant.id]);
    gateway.refused_command(&["merchant", "revoke-key", "--merchant", &merchant.id, "--key", "0000"]);
    let log = merchant.look("/audit").await.is(200).json();
    let told = |entry: &serde_json::Value| {
        ["who", "action", "object"].map(|field| entry[field].as_str().unwrap().to_owned()).join(": ")
    };
    let told: Vec<String> = log["entries"].as_array().unwrap().iter().map(told).collect();
    let expected = ["merchant add-key till 2", "merchant rename Stall"];
    assert_eq!(told, expected.map(|object| format!("command line: command.run: {object}")));
    gateway.command(&["merchant", "disable", "--merchant", &merchant.id]);
    let operator = Browser::by_link(&gateway.http, gateway.command(&["console", "link", "--operator"]).trim()).await;
    let log = operator.page("/console/audit").await;
    for object in ["merchant add Shop".to_owned(), format!("merchant disable {}", merchant.id)] {
        assert!(log.contains(&object), "{object}: {log}");
    }
}

#[tokio::test]
async fn where_token_io_sends_webhooks_is_a_change_of_the_set_up() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    member.listen("https://shop.example/hook").await;
    member.call(Method::PUT, "/webhook/config", &json!({ "config": { "url": "none" } })).await.is(400);
    let log = member.merchant.look("/audit").await.is(200).json();
    let entry = &log["entries"][0];
    assert_eq!((&entry["action"], &entry["object"]), (&json!("api.called"), &json!("PUT /token-io/webhook/config")));
    assert_eq!(entry["who"], format!("public key {}", member.key));
    assert_ne!(log["entries"][1]["object"], entry["object"], "a call that is refused changes nothing: {log}");
}
