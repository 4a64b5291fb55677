//! Payment endpoints at work: paused and resumed, with headers of their own, tried by a test webhook, and what they
//! were sent listed and sent again.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{TestGateway, eventually};
use crate::support::judge::signed_headers;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::receiver::{Receiver, Reply};

on_every_store![
    what_waits_for_a_paused_endpoint_is_not_lost,
    headers_of_its_own_go_with_every_attempt,
    a_test_webhook_is_sent_once_and_signed,
    what_was_received_is_listed_and_sent_again,
];

async fn post(merchant: &MerchantClient, path: &str) -> Value {
    merchant.v1(Method::POST, path, &Value::Null).await.is(200).json()
}

async fn save(merchant: &MerchantClient, endpoint: Value) {
    merchant.v1(Method::POST, "/profile/endpoints", &endpoint).await.is(201);
}

/// A payment that was cancelled: the id of its journey.
async fn cancelled(gateway: &TestGateway, merchant: &MerchantClient) -> String {
    let link = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await;
    link.id
}

async fn what_waits_for_a_paused_endpoint_is_not_lost(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::saying(204);
    save(&merchant, json!({ "url": receiver.url("/hook?key=1") })).await;
    assert_eq!(post(&merchant, "/profile/endpoints/0/pause").await["paused"], true);
    let mut journeys = Vec::new();
    for _ in 0..3 {
        journeys.push(cancelled(&gateway, &merchant).await);
        gateway.wait(Duration::from_secs(1));
    }
    let listed = merchant.look("/deliveries?state=waiting").await.is(200).json();
    let waiting = listed["deliveries"].as_array().unwrap().clone();
    assert_eq!(waiting.len(), 3, "{listed}");
    assert!(waiting.iter().all(|delivery| delivery["paused"] == true && delivery["tries"] == 0), "{listed}");
    // A change of the endpoint is no resumption.
    let changed = json!({ "url": receiver.url("/hook?key=2") });
    let replaced = merchant.v1(Method::PUT, "/profile/endpoints/0", &changed).await.is(200).json();
    assert_eq!(replaced["paused"], true, "{replaced}");
    // Longer than a delivery may wait for its receiver.
    for _ in 0..3 {
        gateway.wait(Duration::from_hours(4 * 24));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(receiver.count(), 0);
    assert!(post(&merchant, "/profile/endpoints/0/resume").await.get("paused").is_none());
    eventually("all were received", || async { receiver.count() >= 3 }).await;
    for id in &journeys {
        eventually("it stands as received", || async {
            merchant.journey(id).await["deliveries"][0]["state"] == "delivered"
        })
        .await;
        let delivery = merchant.journey(id).await["deliveries"][0].clone();
        assert_eq!(delivery["tries"], 1, "{delivery}");
    }
    merchant.v1(Method::POST, "/profile/endpoints/7/pause", &Value::Null).await.is(404);
    merchant.v1(Method::POST, "/profile/endpoints/7/resume", &Value::Null).await.is(404);
}

async fn headers_of_its_own_go_with_every_attempt(mut gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::saying(204);
    let url = receiver.url("/hook");
    let endpoint = json!({ "url": url, "headers": { "Authorization": "Bearer hush", "x-shop": "7" } });
    save(&merchant, endpoint).await;
    for path in ["/profile", "/profile/endpoints/0"] {
        merchant.look(path).await.is(200).never_says("hush").says("authorization");
    }
    gateway.restart().await;
    let merchant = MerchantClient { http: gateway.http.clone(), ..merchant };
    let journey = cancelled(&gateway, &merchant).await;
    merchant.look(&format!("/journeys/{journey}")).await.is(200).never_says("hush");
    eventually("it was received", || async { receiver.count() == 1 }).await;
    let sent = receiver.received().remove(0);
    assert_eq!((sent.headers["authorization"].as_str(), sent.headers["x-shop"].as_str()), ("Bearer hush", "7"));
    for (headers, field) in [
        (json!({ "webhook-id": "x" }), "headers.webhook-id"),
        (json!({ "Content-Type": "text/plain" }), "headers.content-type"),
        (json!({ "x-a": "1", "X-A": "2" }), "headers.x-a"),
        (json!({ "host": "x" }), "headers.host"),
    ] {
        let body = json!({ "url": url, "headers": headers });
        let refused = merchant.v1(Method::PUT, "/profile/endpoints/0", &body).await.is(422).json();
        assert_eq!(refused["field"], field, "{refused}");
    }
    // One without them goes without them, and so does a journey that was opened before.
    merchant.v1(Method::PUT, "/profile/endpoints/0", &json!({ "url": url })).await.is(200);
    let delivery = merchant.journey(&journey).await["deliveries"][0]["id"].as_str().unwrap().to_owned();
    post(&merchant, &format!("/deliveries/{delivery}/replay")).await;
    eventually("it was received again", || async { receiver.count() == 2 }).await;
    assert!(!receiver.received()[1].headers.contains_key("authorization"));
}

async fn a_test_webhook_is_sent_once_and_signed(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::answering(|n, _| if n == 0 { Reply::Saying(200, "got it") } else { Reply::Status(500) });
    save(&merchant, json!({ "url": receiver.url("/hook?key=hush"), "headers": { "x-shop": "7" } })).await;
    post(&merchant, "/profile/endpoints/0/pause").await;
    let tested = post(&merchant, "/profile/endpoints/0/test").await;
    assert_eq!(
        (&tested["received"], &tested["status"], &tested["answer"]),
        (&json!(true), &json!(200), &json!("got it"))
    );
    let sent = receiver.received().remove(0);
    assert_eq!(tested["id"], sent.id(), "the id is in the header");
    assert_eq!((sent.headers["x-shop"].as_str(), sent.target.as_str()), ("7", "/hook?key=hush"));
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["endpoint"]), (&json!("test"), &json!(receiver.url("/hook"))));
    Webhook::new(&merchant.signing_secret).unwrap().verify(sent.body.as_bytes(), &signed_headers(&sent)).unwrap();
    let failed = post(&merchant, "/profile/endpoints/0/test").await;
    assert_eq!((&failed["received"], &failed["status"]), (&json!(false), &json!(500)), "{failed}");
    assert_ne!(failed["id"], tested["id"]);
    gateway.wait(Duration::from_hours(24));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.count(), 2, "it is not sent again");
    assert_eq!(merchant.look("/deliveries?state=failing").await.json()["deliveries"], json!([]));
    merchant.v1(Method::POST, "/profile/endpoints/7/test", &Value::Null).await.is(404);
}

async fn what_was_received_is_listed_and_sent_again(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let receiver = Receiver::saying(204);
    save(&merchant, json!({ "url": receiver.url("/hook") })).await;
    let journeys = [cancelled(&gateway, &merchant).await, cancelled(&gateway, &merchant).await];
    let delivered = async || merchant.look("/deliveries?state=delivered").await.is(200).json();
    eventually("both are listed", || async { delivered().await["deliveries"].as_array().unwrap().len() == 2 }).await;
    let all = delivered().await;
    assert_eq!((&all["deliveries"][0]["pay_id"], &all["next"]), (&json!(journeys[1]), &Value::Null), "{all}");
    let first = merchant.look("/deliveries?state=delivered&limit=1").await.json();
    let after = first["next"].as_str().unwrap();
    let second = merchant.look(&format!("/deliveries?state=delivered&limit=1&after={after}")).await.json();
    assert_eq!(second["deliveries"][0]["pay_id"], json!(journeys[0]), "{second}");
    let ids: Vec<_> = all["deliveries"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let again =
        async |merchant: &MerchantClient, body: Value| merchant.v1(Method::POST, "/deliveries/replay", &body).await;
    let others = again(&other, json!({ "ids": ids })).await.is(200).json();
    assert_eq!(others, json!({ "replayed": 0, "has_more": false }), "they are not its own");
    let sent = again(&merchant, json!({ "ids": ids })).await.is(200).json();
    assert_eq!(sent, json!({ "replayed": 2, "has_more": false }));
    eventually("both came again", || async { receiver.count() == 4 }).await;
    let none = again(&merchant, json!({ "since": "2020-01-01T00:00:00Z" })).await.is(200).json();
    assert_eq!(none["replayed"], 0, "nothing was given up: {none}");
    for (body, field) in [
        (json!({}), "since"),
        (json!({ "ids": [] }), "ids"),
        (json!({ "ids": [ids[0], "x"] }), "ids item 2"),
        (json!({ "ids": ids, "since": "2020-01-01T00:00:00Z" }), "ids"),
        (json!({ "since": "yesterday" }), "since"),
    ] {
        let refused = again(&merchant, body).await.is(422).json();
        assert_eq!(refused["field"], field, "{refused}");
    }
    let refused = merchant.look("/deliveries?state=lost").await.is(422).json();
    assert_eq!(refused["field"], "state");
}
