//! Webhook endpoints and deliveries in the console.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, between, once_of};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::receiver::{Receiver, Reply};

#[tokio::test]
async fn an_endpoint_is_saved_its_deliveries_are_seen_and_sent_again() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::saying(200);
    let hook = receiver.url("/hook");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let new = "/console/webhooks/new";
    let refused = browser.submit(new, new, &[("url", "nowhere"), ("paid", "on")]).await.is(422).text();
    assert!(refused.contains("aria-invalid=\"true\""), "{refused}");
    let refused = browser.submit(new, new, &[("url", &hook)]).await.is(422).text();
    assert!(refused.contains("Notify_on is empty"), "{refused}");
    browser.submit(new, new, &[("url", &hook), ("paid", "on"), ("cancelled", "on")]).await.location();
    let saved = merchant.look("/profile/endpoints/0").await.is(200).json();
    assert_eq!(saved["notify_on"], json!(["paid", "cancelled"]));
    let edit = "/console/webhooks/0/edit";
    assert_eq!(browser.page(edit).await.matches(" checked").count(), 2);
    browser.submit(edit, edit, &[("url", &hook), ("cancelled", "on")]).await.location();
    let link = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await;
    let journey = format!("/console/journeys/{}", link.id);
    eventually("the delivery is shown as received", || async { browser.page(&journey).await.contains(">delivered<") })
        .await;
    let page = browser.page(&journey).await;
    let delivery = format!("/console/webhooks/deliveries/{}", between(&page, "/console/webhooks/deliveries/", "\""));
    let shown = browser.page(&delivery).await;
    assert!(shown.contains("<td>200</td>") || shown.contains("<td>204</td>"), "{shown}");
    let before = receiver.count();
    let again = browser.submit(&delivery, &format!("{delivery}/replay"), &[]).await;
    assert_eq!(browser.path(&again), delivery);
    eventually("it is received again", || async { receiver.count() > before }).await;
    let (rotate, page) = ("/console/webhooks/secret", browser.page("/console/webhooks").await);
    let (token, once) = (browser.token().await, once_of(&page));
    let press = [("form_token", token.as_str()), ("once", &once)];
    let [first, second] = [browser.post(rotate, &press).await, browser.post(rotate, &press).await];
    let [first, second] = [first, second].map(|shown| between(&shown.is(200).text(), "copy\">", "<").to_owned());
    assert!(first.starts_with("whsec_") && first != merchant.signing_secret, "{first}");
    assert_eq!(second, first, "a double click shows the same secret");
    let refused = browser.submit("/console/webhooks", rotate, &[]).await.is(422).text();
    assert!(refused.contains("last rotation"), "{refused}");
    let another = Browser::of(&gateway, &merchant.id, "admin").await;
    let press = [("form_token", another.token().await), ("once", once)];
    let press = press.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert!(!another.post(rotate, &press).await.is(422).text().contains("whsec_"), "another session is not shown it");
    headers_a_pause_and_a_test(&browser, &receiver, &delivery).await;
    browser.submit("/console/webhooks", "/console/webhooks/0/delete", &[]).await.location();
    let log = browser.page("/console/audit").await;
    for action in [
        "endpoint.added",
        "endpoint.changed",
        "endpoint.paused",
        "endpoint.resumed",
        "endpoint.tested",
        "endpoint.deleted",
        "delivery.replayed",
        "deliveries.replayed",
        "signing_secret.rotated",
    ] {
        assert!(log.contains(action), "{action}: {log}");
    }
    assert!(!log.contains("whsec_"));
}

/// What an endpoint is given and has done to it, in its pages.
async fn headers_a_pause_and_a_test(browser: &Browser, receiver: &Receiver, delivery: &str) {
    let (list, edit, hook) = ("/console/webhooks", "/console/webhooks/0/edit", receiver.url("/hook"));
    let keep = [("url", hook.as_str()), ("cancelled", "on")];
    let refused = browser.submit(edit, edit, &[&keep[..], &[("headers", "x-key")]].concat()).await.is(422).text();
    assert!(refused.contains("Headers hold a line without a colon"), "{refused}");
    let refused = browser.submit(edit, edit, &[&keep[..], &[("headers", "x-new:")]].concat()).await.is(422).text();
    assert!(refused.contains("Headers.x-new has no value"), "{refused}");
    browser.submit(edit, edit, &[&keep[..], &[("headers", "X-Key: hush\r\n")]].concat()).await.location();
    let page = browser.page(edit).await;
    assert!(page.contains("x-key:") && !page.contains("hush"), "{page}");
    let more = "x-key:\r\nx-two: 2";
    browser.submit(edit, edit, &[&keep[..], &[("headers", more)]].concat()).await.location();
    browser.submit(list, "/console/webhooks/0/pause", &[]).await.location();
    assert!(browser.page(list).await.contains(">paused<"));
    let before = receiver.count();
    let tested = browser.submit(list, "/console/webhooks/0/test", &[]).await.is(200).text();
    assert!(tested.contains(">received<"), "{tested}");
    let test = receiver.received().pop().unwrap();
    assert_eq!((receiver.count(), &*test.headers["x-key"], &*test.headers["x-two"]), (before + 1, "hush", "2"));
    let (list_of, replay) = ("/console/webhooks/deliveries?state=delivered", "/console/webhooks/replay-selected");
    let id = delivery.rsplit('/').next().unwrap();
    browser.submit(list_of, replay, &[(id, "on")]).await.location();
    let waiting = browser.page("/console/webhooks/deliveries?state=waiting").await;
    assert!(waiting.contains(id) && waiting.contains(">paused<"), "{waiting}");
    browser.submit(list, "/console/webhooks/0/resume", &[]).await.location();
    eventually("it goes on", || async { receiver.count() == before + 2 }).await;
    eventually("the feed has it", || async {
        browser.page("/console/webhooks/events").await.contains("journey.cancelled")
    })
    .await;
    let later = browser.page("/console/webhooks/events?from=2999-01-01").await;
    assert!(later.contains("No event since then"), "{later}");
    browser.get("/console/webhooks/events?from=someday").await.is(422);
}

/// The pauses before the 2nd to the 10th try, in seconds.
const PAUSES: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

#[tokio::test]
async fn what_was_given_up_since_a_moment_is_sent_again_by_one_press() {
    let env = [("HANDBACK_OPERATOR_KEY", "the-operator-of-merchants-has-it")];
    let gateway = TestGateway::open_with(StoreKind::Embedded, &env).await;
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::answering(|n, _| Reply::Status(if n < 10 { 500 } else { 200 }));
    let link = merchant.link(json!({ "callback_url": ["https://shop.example/cb", receiver.url("/n")] })).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    let stands = async || merchant.journey(&link.id).await["deliveries"][0].clone();
    for (tries, pause) in (1..).zip(PAUSES) {
        eventually("a try has failed", || async { stands().await["tries"] == tries }).await;
        gateway.wait(Duration::from_secs(pause * 11 / 10 + 1));
    }
    eventually("it is given up", || async { stands().await["state"] == "dead" }).await;
    // After so many failures its endpoint rests for some minutes.
    gateway.wait(Duration::from_mins(6));
    // The command line does not know how late it is here.
    let path = format!("/v1/merchants/{}/console-link", merchant.id);
    let headers = [("authorization", "Bearer the-operator-of-merchants-has-it"), ("content-type", "application/json")];
    let body = json!({ "name": "Ada", "role": "support" }).to_string();
    let made = gateway.http.send(Method::POST, &path, &headers, body).await.is(201).json();
    let browser = Browser::by_link(&gateway.http, made["url"].as_str().unwrap()).await;
    let (dead, replay) = ("/console/webhooks/deliveries?state=dead", "/console/webhooks/replay");
    for (since, count) in [("2999-01-01T00:00", 0), ("2020-01-01T09:30", 1)] {
        let sent = browser.submit(dead, replay, &[("since", since)]).await;
        assert_eq!(browser.path(&sent), "/console/webhooks/deliveries?state=waiting", "no more are left");
        assert!(browser.page("/console/audit").await.contains(&format!("<code>{count} since {since}</code>")));
    }
    eventually("it is received", || async { stands().await["state"] == "delivered" }).await;
}
