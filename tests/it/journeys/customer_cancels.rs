//! The customer's own no.

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![
    a_press_on_cancel_comes_home_as_cancel_every_time,
    a_cancel_after_payment_comes_home_as_paid,
    a_payment_proven_after_a_cancel_supersedes_it,
    a_link_that_forbids_it_cannot_be_cancelled,
];

async fn a_press_on_cancel_comes_home_as_cancel_every_time(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb?a=1#top").await;
    gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200).says("action=\"/payment/cancel\"");
    let expected = format!("https://shop.example/cb?a=1&{}#top", merchant.query(&link, "&status=cancel"));
    for _ in 0..3 {
        let home = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
        assert_eq!(home, expected);
    }
    assert_eq!(merchant.status(&link).await, "cancelled");
    let pressed = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await;
    assert_eq!(pressed.location(), expected);
    assert!(!pressed.has("set-cookie"));
    let journey = merchant.journey(&link.id).await;
    let concluded = journey["timeline"].as_array().unwrap().iter().find(|event| event["event"] == "concluded").unwrap();
    assert_eq!((&concluded["outcome"], &concluded["by"]), (&json!("cancelled"), &json!("customer")));
}

async fn a_cancel_after_payment_comes_home_as_paid(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let paid = gateway.http.pay(&link.text, "code=ok").await.location();
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await;
    assert_eq!(cancelled.location(), paid);
    assert!(paid.ends_with("&status=success"));
    assert_eq!(merchant.status(&link).await, "paid");
}

async fn a_payment_proven_after_a_cancel_supersedes_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb,https://hook.example/n").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    assert!(cancelled.ends_with("&status=cancel"));
    let paid = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(paid.ends_with("&status=success"), "{paid}");
    let journey = merchant.journey(&link.id).await;
    assert_eq!(journey["status"], "paid");
    assert_eq!(journey["deliveries"].as_array().map(Vec::len), Some(2), "each outcome is delivered: {journey}");
    // And an error that comes after that changes nothing any more.
    assert_eq!(gateway.http.back_in_it(&sent_out, "error=access_denied").await.location(), paid);
    assert_eq!(merchant.status(&link).await, "paid");
}

async fn a_link_that_forbids_it_cannot_be_cancelled(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for forbidding in [json!({ "cancellable": false }), json!({ "is_cancellation": "No" })] {
        let link = merchant.link(forbidding).await;
        let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
        page.never_says("/payment/cancel");
        let pressed = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.is(403);
        assert!(!pressed.has("location"));
        assert_eq!(merchant.status(&link).await, "open");
    }
}
