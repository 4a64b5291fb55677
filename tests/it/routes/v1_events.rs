//! `GET /v1/events`: whoever was away reads what has become of its journeys, in order.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::payment_engine::{Fault, PaymentEngine};
use crate::support::receiver::Receiver;

on_every_store![
    an_event_has_the_body_of_its_webhook,
    a_feed_is_read_in_parts_and_goes_on_where_it_ended,
    a_place_that_is_none_is_refused,
    trouble_with_an_endpoint_is_told_once_a_day,
];

async fn feed(merchant: &MerchantClient, query: &str) -> Value {
    merchant.look(&format!("/events{query}")).await.is(200).json()
}

fn events(feed: &Value) -> &[Value] {
    feed["events"].as_array().unwrap()
}

fn types(feed: &Value) -> Vec<&str> {
    events(feed).iter().map(|event| event["type"].as_str().unwrap()).collect()
}

async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    merchant.v1(Method::POST, "/journeys", &body).await.is(201).json()
}

async fn paid(gateway: &TestGateway, journey: &Value, answer: &str) {
    let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.pay(&link, answer).await.location();
}

async fn an_event_has_the_body_of_its_webhook(gateway: TestGateway) {
    let (shop, server) = (gateway.merchant("Shop"), Receiver::saying(200));
    let hook = json!({ "endpoints": [server.url("/hook")], "reference": "order-7", "metadata": { "cart": "81" } });
    let journey = opened(&shop, hook).await;
    paid(&gateway, &journey, "code=ok").await;
    eventually("the webhook has come", async || server.count() == 1).await;
    let told: Value = serde_json::from_str(&server.received()[0].body).unwrap();
    // Nothing is shown that something older could still come before.
    assert_eq!(feed(&shop, "").await, json!({ "events": [], "next": null, "has_more": false }));
    gateway.wait(Duration::from_secs(2));
    let read = feed(&shop, "").await;
    let mut event = events(&read)[0].clone();
    assert_eq!(event.as_object_mut().unwrap().remove("id"), Some(read["next"].clone()));
    assert_eq!(event, told);
    // An operation on it, a journey of another dialect, and one that nobody paid.
    let id = journey["journey_id"].as_str().unwrap();
    let refund = json!({ "amount": "5.00" });
    shop.v1_with(Method::POST, &format!("/journeys/{id}/refunds"), &[("idempotency-key", "r")], &refund).await.is(201);
    gateway.wait(Duration::from_secs(2));
    shop.choose(json!({ "extra_outcomes": "on" })).await;
    let link = shop.link_to("https://shop.example/cb").await;
    gateway.http.pay(&link.text, "error=access_denied").await.location();
    gateway.wait(Duration::from_secs(2));
    let late = opened(&shop, json!({ "expires_in": 60 })).await;
    gateway.wait(Duration::from_secs(70));
    eventually("it is over", async || shop.journey(late["journey_id"].as_str().unwrap()).await["status"] == "expired")
        .await;
    gateway.wait(Duration::from_secs(2));
    let rest = feed(&shop, &format!("?after={}", read["next"].as_str().unwrap())).await;
    assert_eq!(types(&rest), ["operation.paid", "journey.cancelled", "journey.expired"]);
    assert_eq!(events(&rest)[0]["data"]["of"], journey["pay_id"]);
    assert_eq!(events(&rest)[1]["data"]["pay_id"], json!(link.id));
    assert_eq!(feed(&gateway.merchant("Other"), "").await["events"], json!([]));
}

async fn a_feed_is_read_in_parts_and_goes_on_where_it_ended(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let mut all = Vec::new();
    for _ in 0..5 {
        let journey = opened(&shop, json!({})).await;
        let id = journey["journey_id"].as_str().unwrap().to_owned();
        shop.v1(Method::POST, &format!("/journeys/{id}/cancel"), &json!({})).await.is(200);
        gateway.wait(Duration::from_millis(5));
        all.push(id);
    }
    gateway.wait(Duration::from_secs(2));
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let part = feed(&shop, &query).await;
        seen.extend(events(&part).iter().map(|event| event["data"]["journey_id"].as_str().unwrap().to_owned()));
        query = format!("?limit=2&after={}", part["next"].as_str().unwrap());
        if part["has_more"] == json!(false) {
            break;
        }
    }
    assert_eq!(seen, all);
    let end = feed(&shop, &query).await;
    assert_eq!((end["events"].clone(), end["has_more"].clone()), (json!([]), json!(false)));
    assert!(query.ends_with(end["next"].as_str().unwrap()), "the place is kept: {end}");
}

async fn a_place_that_is_none_is_refused(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    for (query, field) in [
        ("?after=x", "after"),
        ("?after=1-2", "after"),
        ("?after=1-2-70000", "after"),
        ("?after=-1-2-3", "after"),
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?status=paid", "status"),
        ("?limit=1&limit=1", "limit"),
    ] {
        assert_eq!(shop.look(&format!("/events{query}")).await.is(422).json()["field"], json!(field), "{query}");
    }
}

async fn trouble_with_an_endpoint_is_told_once_a_day(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let (failing, gone) = (Receiver::saying(500), Receiver::saying(410));
    let told = async || {
        gateway.wait(Duration::from_secs(2));
        let read = feed(&shop, "?limit=200").await;
        let trouble = events(&read).iter().filter(|event| event["type"].as_str().unwrap().starts_with("endpoint."));
        let written = |event: &Value| (event["type"].clone(), event["data"]["endpoint"].clone());
        trouble.map(written).collect::<Vec<_>>()
    };
    let expected = |kind: &str, server: &Receiver| (json!(kind), json!(server.url("/hook")));
    for number in 1..=2 {
        let hooks = json!({ "endpoints": [failing.url(&format!("/hook?order={number}")), gone.url("/hook")] });
        let journey = opened(&shop, hooks).await;
        let id = journey["journey_id"].as_str().unwrap();
        shop.v1(Method::POST, &format!("/journeys/{id}/cancel"), &json!({})).await.is(200);
    }
    eventually("both were tried", async || failing.count() == 2 && gone.count() >= 1).await;
    let mut all = vec![expected("endpoint.disabled", &gone)];
    eventually("it is told", async || told().await.len() == all.len()).await;
    assert_eq!(told().await, all, "an endpoint that fails is given an hour");
    all.push(expected("endpoint.failing", &failing));
    let tries = failing.count();
    eventually("it is told", async || {
        gateway.wait(Duration::from_mins(5));
        told().await.len() == all.len()
    })
    .await;
    assert!(failing.count() > tries, "it was tried again");
    for _ in 0..10 {
        gateway.wait(Duration::from_mins(90));
        assert_eq!(told().await, all);
    }
}

#[tokio::test]
async fn a_mismatch_is_in_the_feed_while_it_is_one() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let mut gateway = gateway;
    gateway.expect_errors();
    let shop = gateway.merchant("Shop");
    let journey = opened(&shop, json!({})).await;
    let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
    let reference = format!("{}-1", journey["pay_id"].as_str().unwrap());
    engine.pay(&reference);
    engine.change(&reference, &json!({ "amount": "24.00" }));
    engine.notify(&gateway, &reference).await.is(204);
    let standing = async || shop.journey(journey["journey_id"].as_str().unwrap()).await["payment"]["standing"].clone();
    eventually("the mismatch is known", async || standing().await == json!("mismatch")).await;
    let listed = async |standing: &str| {
        let list = shop.look(&format!("/journeys?standing={standing}")).await.is(200).json();
        list["journeys"].as_array().unwrap().len()
    };
    assert_eq!((listed("mismatch").await, listed("open").await, listed("proven").await), (1, 0, 0));
    gateway.wait(Duration::from_secs(2));
    let read = feed(&shop, "").await;
    assert_eq!(types(&read), ["payment.mismatch"]);
    assert_eq!(events(&read)[0]["data"]["reported"], json!("24.00 EUR"));
    assert_eq!(events(&read)[0]["data"]["status"], json!("away"));
    engine.change(&reference, &json!({ "amount": "25.00" }));
    engine.notify(&gateway, &reference).await.is(204);
    eventually("it is paid", async || standing().await == json!("proven")).await;
    assert_eq!((listed("mismatch").await, listed("proven").await), (0, 1));
    assert_eq!(shop.look("/journeys?standing=paid").await.is(422).json()["field"], json!("standing"));
    gateway.wait(Duration::from_secs(2));
    assert_eq!(types(&feed(&shop, "").await), ["journey.paid"]);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_told_of_once_a_day() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let (shop, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let away = async |shop: &MerchantClient| {
        gateway.wait(Duration::from_secs(2));
        let read = feed(shop, "").await;
        events(&read).iter().filter(|event| event["type"] == json!("provider.away")).cloned().collect::<Vec<_>>()
    };
    let mut journeys = Vec::new();
    for _ in 0..2 {
        let journey = opened(&shop, json!({})).await;
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.location();
        journeys.push(journey["pay_id"].clone());
    }
    engine.misbehave(Fault::Broken);
    let asked = async |more: usize| {
        let before = engine.asked("payment.get");
        eventually("it was asked again", async || {
            gateway.wait(Duration::from_secs(20));
            engine.asked("payment.get") >= before + more
        })
        .await;
    };
    asked(1).await;
    assert_eq!(away(&shop).await, Vec::<Value>::new(), "it is given five minutes");
    eventually("it is told", async || {
        gateway.wait(Duration::from_secs(20));
        !away(&shop).await.is_empty()
    })
    .await;
    asked(6).await;
    let told = away(&shop).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["data"]["provider"], json!("engine"));
    assert!(journeys.contains(&told[0]["data"]["pay_id"]));
    assert_eq!(away(&other).await, Vec::<Value>::new(), "it has no payment there");
}
