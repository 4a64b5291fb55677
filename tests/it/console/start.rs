//! A merchant's first minutes: each step is ticked off by fact, and from a sign-in link to a paid journey it is a few clicks.

use serde_json::json;

use super::browser::{Browser, between, once_of};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::Receiver;

/// Which steps are ticked off.
async fn done(browser: &Browser) -> Vec<bool> {
    let page = browser.page("/console").await;
    page.split("<li class=\"card\">").skip(1).map(|step| step.contains(">Done<")).collect()
}

#[tokio::test]
async fn each_step_is_ticked_off_when_it_has_happened() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    // A merchant is added with its first key.
    assert_eq!(done(&browser).await, [false, true, false, false, false]);
    let new = "/console/callbacks/new";
    browser.submit(new, new, &[("url", "https://shop.example/cb")]).await.location();
    assert_eq!(done(&browser).await, [true, true, false, false, false]);
    let receiver = Receiver::saying(204);
    let new = "/console/webhooks/new";
    browser.submit(new, new, &[("url", &receiver.url("/hook")), ("paid", "on")]).await.location();
    let test = [("amount", "1.00"), ("currency", "EUR")];
    let checkout = browser.submit("/console/callbacks/0", "/console/callbacks/0/test", &test).await.location();
    gateway.http.pay(&query_value(&checkout, "link_id"), "code=ok").await.location();
    eventually("the webhook is received", || async { done(&browser).await[3] }).await;
    assert_eq!(done(&browser).await, [true, true, true, true, false]);
    merchant.look("/journeys").await.is(200);
    eventually("the use of the key is noted", || async { done(&browser).await[4] }).await;
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_revoked() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let refused = browser.submit("/console/keys", "/console/keys", &[("name", " ")]).await.is(422).text();
    assert!(refused.contains("Name is blank"), "{refused}");
    let token = browser.token().await;
    let once = once_of(&browser.page("/console/keys").await);
    let fields = [("form_token", token.as_str()), ("once", &once), ("name", "till 2")];
    let made = browser.post("/console/keys", &fields).await.is(200).text();
    let again = browser.post("/console/keys", &fields).await.is(409).text();
    assert!(again.contains("This form was sent before") && !again.contains("hbk_"), "{again}");
    assert_eq!(
        browser.page("/console/keys").await.matches("<bdi>till 2</bdi>").count(),
        1,
        "a double click is one key"
    );
    let key = between(&made, "<code class=\"copy\">", "</code>");
    let secrets = json!({ "merchant_id": merchant.id, "api_key": key });
    let client = MerchantClient::new(gateway.http.clone(), &secrets);
    client.look("/profile").await.is(200);
    let page = browser.page("/console/keys").await;
    assert!(page.contains("till 2") && !page.contains(key), "{page}");
    let number = &key[4..8];
    browser.submit("/console/keys", "/console/keys/revoke", &[("number", number)]).await.location();
    client.look("/profile").await.is(401);
    let last = &merchant.key[4..8];
    let refused = browser.submit("/console/keys", "/console/keys/revoke", &[("number", last)]).await.is(422).text();
    assert!(refused.contains("is the last one"), "{refused}");
}

#[tokio::test]
async fn a_demo_signs_in_by_what_its_start_prints_and_pays_within_ten_clicks() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let list = gateway.command(&["merchant", "list", "--json"]);
    let demo = serde_json::from_str::<serde_json::Value>(&list).unwrap()[0]["merchant_id"].as_str().unwrap().to_owned();
    // 1: Sign in.
    let browser = Browser::of(&gateway, &demo, "admin").await;
    // 2: Callbacks. 3: Save a callback.
    assert!(browser.page("/console").await.contains("href=\"/console/callbacks\""));
    assert!(browser.page("/console/callbacks").await.contains("href=\"/console/callbacks/new\""));
    // 4: Save.
    let new = "/console/callbacks/new";
    let saved = browser.submit(new, new, &[("url", "http://127.0.0.1:9/own")]).await;
    let callback = browser.path(&saved);
    // 5: Make a test journey.
    let test = [("amount", "1.00"), ("currency", "EUR")];
    let checkout = browser.submit(&callback, &format!("{callback}/test"), &test).await.location();
    // 6: Pay. 7: Confirm at the bank.
    let home = gateway.http.pay(&query_value(&checkout, "link_id"), "code=ok").await.location();
    assert!(home.starts_with("http://127.0.0.1:9/own?journey_id=") && home.contains("status=paid"), "{home}");
}
