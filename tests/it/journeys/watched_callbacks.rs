//! Watched callbacks: customers of one that is down get our page with a button, decided once and for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::receiver::{Receiver, Reply};

on_every_store![customers_of_a_callback_that_is_down_get_a_page_with_a_button];

/// A shop whose answer can be changed.
struct Shop {
    status: Arc<AtomicU16>,
    receiver: Receiver,
}

impl Shop {
    fn open() -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let answer = Arc::clone(&status);
        Self { status, receiver: Receiver::answering(move |_, _| Reply::Status(answer.load(SeqCst))) }
    }

    /// From now on it answers this, and the gateway has looked so often.
    async fn answers(&self, gateway: &TestGateway, status: u16, looks: usize) {
        self.status.store(status, SeqCst);
        for _ in 0..looks {
            let before = self.receiver.count();
            gateway.clock.advance(Duration::from_mins(1));
            until("a look", async || self.receiver.count() > before).await;
        }
    }
}

/// Waits for what comes about by itself.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {what}");
}

async fn is_down(merchant: &MerchantClient) -> bool {
    merchant.look("/profile/callbacks/0").await.is(200).json()["down_since"].is_string()
}

async fn watch(merchant: &MerchantClient, url: &str) {
    merchant.v1(Method::POST, "/profile/callbacks", &json!({ "url": url, "watched": true })).await.is(201);
}

async fn customers_of_a_callback_that_is_down_get_a_page_with_a_button(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let shop = Shop::open();
    watch(&merchant, &shop.receiver.url("/cb?own=1")).await;
    let before = merchant.link(json!({})).await;
    let redirect = gateway.http.pay(&before.text, "code=ok").await.location();
    assert!(redirect.starts_with(&shop.receiver.url("/cb?own=1&")), "{redirect}");
    shop.answers(&gateway, 503, 2).await;
    shop.answers(&gateway, 200, 1).await;
    shop.answers(&gateway, 503, 2).await;
    assert!(!is_down(&merchant).await, "not three in a row");
    shop.answers(&gateway, 500, 1).await;
    until("down", async || is_down(&merchant).await).await;

    let link = merchant.link(json!({})).await;
    let page = gateway.http.pay(&link.text, "code=ok").await.location();
    assert!(page.contains("/payment?link_id=") && !page.contains("one-time-token"), "{page}");
    let shown = gateway.http.get(&page).await.is(200).text();
    assert!(shown.contains("did not answer a moment ago") && !shown.contains("one-time-token"), "{shown}");
    let button =
        shown.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|url| url.contains("/payment/home"));
    let home = gateway.http.get(button.unwrap()).await.location();
    assert!(home.starts_with(&shop.receiver.url("/cb?own=1&")) && home.contains("status=success"), "{home}");

    // What was decided stays: for the one who went before, and for the one who got the page.
    shop.answers(&gateway, 404, 1).await;
    until("up", async || !is_down(&merchant).await).await;
    assert_eq!(gateway.http.get(button.unwrap()).await.location(), home);
    let shown = gateway.http.get(&page).await.is(200).text();
    assert!(!shown.contains("did not answer"), "it answers again: {shown}");
    let after = merchant.link(json!({})).await;
    let redirect = gateway.http.pay(&after.text, "code=ok").await.location();
    assert!(redirect.starts_with(&shop.receiver.url("/cb")), "{redirect}");
    let told = merchant.look("/events").await.is(200).json();
    let down: Vec<_> = told["events"].as_array().unwrap().iter().filter(|e| e["type"] == "callback.down").collect();
    assert_eq!(down.len(), 1, "{told}");
    assert_eq!(down[0]["data"]["callback"], shop.receiver.url("/cb"));
    assert_eq!(down[0]["data"]["pay_id"], query_value(&home, "pay_id"));
}

#[tokio::test]
async fn the_same_return_leads_to_the_same_page_for_good() {
    let gateway = TestGateway::open(crate::support::gateway::StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let shop = Shop::open();
    watch(&merchant, &shop.receiver.url("/cb")).await;
    shop.answers(&gateway, 503, 3).await;
    until("down", async || is_down(&merchant).await).await;
    let link = merchant.link(json!({})).await;
    let back = gateway.http.leave(&link.text).await.with("code=ok");
    let page = gateway.http.back(&back).await.location();
    assert!(page.contains("/payment?link_id="), "{page}");
    shop.answers(&gateway, 200, 1).await;
    until("up", async || !is_down(&merchant).await).await;
    for _ in 0..3 {
        assert_eq!(gateway.http.back(&back).await.location(), page);
    }
    let cancelled = merchant.link(json!({})).await;
    shop.answers(&gateway, 503, 3).await;
    until("down", async || is_down(&merchant).await).await;
    let page = gateway.http.submit("/payment/cancel", &[("link_id", &cancelled.text)]).await.location();
    assert!(page.contains("/payment?link_id="), "a customer who presses Cancel gets the page, too: {page}");
}

#[tokio::test]
async fn the_callback_of_a_merchant_that_is_shut_out_rests_until_it_is_let_in_again() {
    let gateway = TestGateway::open(crate::support::gateway::StoreKind::Embedded).await;
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let (shop, others) = (Shop::open(), Shop::open());
    watch(&merchant, &shop.receiver.url("/cb")).await;
    watch(&other, &others.receiver.url("/cb")).await;
    shop.answers(&gateway, 503, 1).await;
    gateway.command(&["merchant", "disable", "--merchant", &merchant.id]);
    others.answers(&gateway, 200, 1).await;
    let looked = shop.receiver.count();
    others.answers(&gateway, 200, 3).await;
    assert_eq!(shop.receiver.count(), looked, "nobody looks at what belongs to nobody's customers");
    gateway.command(&["merchant", "enable", "--merchant", &merchant.id]);
    shop.answers(&gateway, 503, 3).await;
    until("down", async || is_down(&merchant).await).await;
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused() {
    let gateway = TestGateway::open(crate::support::gateway::StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let refused = async |url: &str| {
        let saved = json!({ "url": url, "watched": true });
        let refused = merchant.v1(Method::POST, "/profile/callbacks", &saved).await.is(422).json();
        (refused["field"].clone(), refused["rule"].as_str().unwrap().to_owned())
    };
    for (url, rule) in [("com.example.shop://paid", "app link"), ("https://10.0.0.1/cb", "private")] {
        let (field, said) = refused(url).await;
        assert!(field == json!("watched") && said.contains(rule), "{url}: {said}");
    }
    for number in 0..10 {
        watch(&merchant, &format!("https://shop.example/{number}")).await;
    }
    assert!(refused("https://shop.example/10").await.1.contains("one too many"));
    let saved: Value = json!({ "url": "https://shop.example/9?x", "watched": true });
    merchant.v1(Method::PUT, "/profile/callbacks/9", &saved).await.is(200);
}

#[tokio::test]
async fn a_customer_whose_bank_is_late_gets_the_button_and_the_outcome_changes_nothing() {
    let kind = crate::support::gateway::StoreKind::Embedded;
    let gateway = TestGateway::open_with(kind, &[("HANDBACK_RETURN_BUDGET", "500ms")]).await;
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "one_time_token": "on", "when_late": "hand_back" })).await;
    let shop = Shop::open();
    watch(&merchant, &shop.receiver.url("/cb")).await;
    shop.answers(&gateway, 503, 3).await;
    until("down", async || is_down(&merchant).await).await;
    let link = merchant.link(json!({})).await;
    let back = gateway.http.leave(&link.text).await.with("code=slow:4000");
    let page = gateway.http.back(&back).await.location();
    assert!(page.contains("/payment?link_id="), "{page}");
    let shown = gateway.http.get(&page).await.is(200).text();
    assert!(shown.contains("Your bank has not confirmed yet") && shown.contains("did not answer"), "{shown}");
    let home = format!("/payment/home?link_id={}", link.text);
    let early = gateway.http.get(&home).await.location();
    assert!(early.contains("one-time-token=") && !early.contains("status="), "{early}");
    until("paid", async || gateway.http.get(&page).await.is(200).text().contains("Payment complete")).await;
    assert_eq!(gateway.http.back(&back).await.location(), page, "the same return leads to the same page");
    let paid = gateway.http.get(&home).await.location();
    assert!(paid.contains("status=success"), "{paid}");
    assert_eq!(query_value(&paid, "one-time-token"), query_value(&early, "one-time-token"));
}
