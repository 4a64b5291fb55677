//! Webhook endpoints and deliveries in the console.

use serde_json::json;

use super::browser::{Browser, between};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::receiver::Receiver;

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
    let rotated = browser.submit("/console/webhooks", "/console/webhooks/secret", &[]).await.is(200).text();
    assert!(rotated.contains("whsec_") && !rotated.contains(&merchant.signing_secret), "{rotated}");
    browser.submit("/console/webhooks", "/console/webhooks/0/delete", &[]).await.location();
    let log = browser.page("/console/audit").await;
    for action in
        ["endpoint.added", "endpoint.changed", "endpoint.deleted", "delivery.replayed", "signing_secret.rotated"]
    {
        assert!(log.contains(action), "{action}: {log}");
    }
    assert!(!log.contains("whsec_"));
}
