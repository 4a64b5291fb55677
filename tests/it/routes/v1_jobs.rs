//! `/v1/jobs`: what is refused, what the same call again is, and whose a job is.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![
    each_refusal_names_its_field_and_what_was_expected,
    a_body_has_its_limits,
    the_same_key_opens_the_same_callback,
    callbacks_come_in_pages_newest_first,
    a_callback_is_its_merchants_alone,
    a_callback_is_no_payment,
    a_merchant_of_saved_urls_alone_has_no_others,
];

const TO: &str = "https://receiver.example/hook";

async fn open(merchant: &MerchantClient, body: Value) -> Value {
    merchant.v1(Method::POST, "/jobs", &body).await.is(202).json()
}

async fn each_refusal_names_its_field_and_what_was_expected(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let many: serde_json::Map<_, _> = (0..21).map(|n| (format!("x-{n}"), json!("1"))).collect();
    for (body, field) in [
        (json!({}), "callback_url"),
        (json!({ "callback_url": "" }), "callback_url"),
        (json!({ "callback_url": "shop" }), "callback_url"),
        (json!({ "callback_url": "ftp://receiver.example/" }), "callback_url"),
        (json!({ "callback_url": "com.example.app://cb" }), "callback_url"),
        (json!({ "callback_url": "https://receiver.example/{result}" }), "callback_url"),
        (json!({ "callback_url": format!("https://receiver.example/{}", "x".repeat(3000)) }), "callback_url"),
        (json!({ "callback_url": 7 }), "callback_url"),
        (json!({ "callback_url": TO, "method": "HEAD" }), "method"),
        (json!({ "callback_url": TO, "headers": many }), "headers"),
        (json!({ "callback_url": TO, "headers": { "Host": "other.example" } }), "headers.host"),
        (json!({ "callback_url": TO, "headers": { "Webhook-Id": "1" } }), "headers.webhook-id"),
        (json!({ "callback_url": TO, "headers": { "x-a": "1\r\nx-b: 2" } }), "headers.x-a"),
        (json!({ "callback_url": TO, "method": "GET", "body": {} }), "body"),
        (json!({ "callback_url": TO, "expires_in": 1 }), "expires_in"),
    ] {
        let refused = merchant.v1(Method::POST, "/jobs", &body).await.is(422).json();
        assert_eq!(refused["field"], field, "{body}: {refused}");
        assert!(refused["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{refused}");
    }
    let id = open(&merchant, json!({ "callback_url": TO })).await["id"].as_str().unwrap().to_owned();
    for (body, field) in [(json!({}), "status"), (json!({ "status": "paid" }), "status")] {
        let refused = merchant.v1(Method::POST, &format!("/jobs/{id}/result"), &body).await.is(422).json();
        assert_eq!((&refused["field"], refused["hint"].is_string()), (&json!(field), true), "{refused}");
    }
    for path in ["/jobs?limit=0", "/jobs?after=x"] {
        merchant.look(path).await.is(422);
    }
    assert_eq!(merchant.look(&format!("/jobs/{id}")).await.is(200).json()["status"], "waiting");
}

async fn a_body_has_its_limits(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let most = "x".repeat(32 * 1024);
    let id = open(&merchant, json!({ "callback_url": TO, "body": most })).await["id"].as_str().unwrap().to_owned();
    let over = json!({ "callback_url": TO, "body": format!("{most}x") });
    assert_eq!(merchant.v1(Method::POST, "/jobs", &over).await.is(422).json()["field"], "body");
    let huge = json!({ "callback_url": TO, "body": most.repeat(3) });
    merchant.v1(Method::POST, "/jobs", &huge).await.is(413);
    let path = format!("/jobs/{id}/result");
    // Two of its bytes are quotes.
    let over = json!({ "status": "done", "result": &most[1..] });
    assert_eq!(merchant.v1(Method::POST, &path, &over).await.is(422).json()["field"], "result");
    let finished =
        merchant.v1(Method::POST, &path, &json!({ "status": "done", "result": &most[2..] })).await.is(200).json();
    assert_eq!(finished["result"], most[2..]);
    for bad in ["", "{", "[]", "null", "{\"callback_url\":1,\"callback_url\":2}", "{\"url\":\"x\"}"] {
        let headers = [("authorization", format!("Bearer {}", merchant.key))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        gateway.http.send(Method::POST, "/v1/jobs", &headers, bad.to_owned()).await.is(400);
    }
    let xml = [("content-type", "application/xml")];
    let bearer = format!("Bearer {}", merchant.key);
    let headers = [&xml[..], &[("authorization", bearer.as_str())]].concat();
    gateway.http.send(Method::POST, "/v1/jobs", &headers, "<a/>").await.is(415);
}

async fn the_same_key_opens_the_same_callback(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let key = [("idempotency-key", "order-7")];
    let body = json!({ "callback_url": TO, "headers": { "authorization": "hush" }, "body": { "n": 1 } });
    let all = (0..16).map(|_| merchant.v1_with(Method::POST, "/jobs", &key, &body));
    let all = futures_util::future::join_all(all).await;
    let first = all[0].json();
    assert!(all.iter().all(|answer| answer.status == 202 && answer.json() == first));
    let id = first["id"].as_str().unwrap();
    let other = json!({ "callback_url": TO, "headers": { "authorization": "hush" }, "body": { "n": 2 } });
    merchant.v1_with(Method::POST, "/jobs", &key, &other).await.is(409);
    assert_eq!(merchant.look("/jobs").await.is(200).json()["jobs"].as_array().map(Vec::len), Some(1));
    // It is answered as it stands now.
    merchant.v1(Method::DELETE, &format!("/jobs/{id}"), &Value::Null).await.is(200);
    let again = merchant.v1_with(Method::POST, "/jobs", &key, &body).await.is(202).json();
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("cancelled")));
    gateway.wait(Duration::from_hours(25));
    assert_ne!(merchant.v1_with(Method::POST, "/jobs", &key, &body).await.is(202).json()["id"], first["id"]);
}

async fn callbacks_come_in_pages_newest_first(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut made = Vec::new();
    for n in 0..7 {
        merchant.link(json!({})).await;
        made.insert(0, open(&merchant, json!({ "callback_url": format!("{TO}/{n}"), "body": "hush" })).await);
        gateway.wait(Duration::from_millis(10));
    }
    let (mut seen, mut path, mut pages) = (Vec::new(), "/jobs?limit=3".to_owned(), 0);
    loop {
        let page = merchant.look(&path).await.is(200).never_says("hush").json();
        let callbacks = page["jobs"].as_array().unwrap();
        assert!(callbacks.len() <= 3);
        seen.extend(callbacks.iter().cloned());
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/jobs?limit=3&after={next}");
    }
    assert_eq!((seen, pages), (made, 3), "the payments in between are no callbacks");
    gateway.wait(Duration::from_hours(24));
    let listed = merchant.look("/jobs").await.is(200).json();
    assert!(listed["jobs"].as_array().unwrap().iter().all(|callback| callback["status"] == "expired"));
}

async fn a_callback_is_its_merchants_alone(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let opened = open(&merchant, json!({ "callback_url": TO })).await;
    let id = opened["id"].as_str().unwrap();
    let pay_id = merchant.journey(id).await["pay_id"].as_str().unwrap().to_owned();
    let link = merchant.journey(&merchant.link(json!({})).await.id).await["journey_id"].as_str().unwrap().to_owned();
    for (merchant, id) in [(&other, id), (&merchant, &pay_id), (&merchant, &link), (&merchant, "x")] {
        let path = format!("/jobs/{id}");
        merchant.look(&path).await.is(404);
        merchant.v1(Method::DELETE, &path, &Value::Null).await.is(404);
        merchant.v1(Method::POST, &format!("{path}/result"), &json!({ "status": "done" })).await.is(404);
    }
    assert_eq!(other.look("/jobs").await.is(200).json()["jobs"], json!([]));
    assert_eq!(merchant.look(&format!("/jobs/{id}")).await.is(200).json(), opened);
}

async fn a_callback_is_no_payment(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "one_time_token": "on" })).await;
    let id = open(&merchant, json!({ "callback_url": TO })).await["id"].as_str().unwrap().to_owned();
    let journey = merchant.journey(&id).await;
    let pay_id = journey["pay_id"].as_str().unwrap();
    assert_eq!((&journey["dialect"], &journey["status"]), (&json!("callback"), &json!("open")));
    assert!(journey.get("pay_link").is_none() && journey.get("amount").is_none(), "{journey}");
    let listed = merchant.look("/journeys").await.is(200).json();
    assert_eq!(listed["journeys"][0]["journey_id"], json!(id));
    // No payment link can be made of it, and SecPaid's calls know nothing of it, before and after its end.
    let absent = || async {
        for call in ["getMyUnusedLinks", "getMyUsedLinks", "getPayInTransactions"] {
            assert_eq!(merchant.secpaid(call, &json!({})).await.is(200).json()["data"], json!([]), "{call}");
            let one = json!({ "pay_id": pay_id });
            assert_eq!(merchant.secpaid(call, &one).await.is(200).json()["data"], json!([]), "{call}");
        }
        merchant.secpaid("deleteLink", &json!({ "id": pay_id })).await.is(404);
    };
    absent().await;
    merchant.v1(Method::POST, &format!("/jobs/{id}/result"), &json!({ "status": "done" })).await.is(200);
    absent().await;
    let journey = merchant.journey(&id).await;
    assert_eq!(journey["status"], "done");
    let events: Vec<_> = journey["timeline"].as_array().unwrap().iter().map(|e| (&e["event"], &e["by"])).collect();
    assert_eq!(events, [(&json!("opened"), &Value::Null), (&json!("concluded"), &json!("merchant"))]);
}

async fn a_merchant_of_saved_urls_alone_has_no_others(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "one_off_urls": "saved_only" })).await;
    let refused = merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": TO })).await.is(422).json();
    assert_eq!(refused["field"], "callback_url");
    assert!(refused["hint"].as_str().unwrap().contains("saved payment endpoint"), "{refused}");
}
