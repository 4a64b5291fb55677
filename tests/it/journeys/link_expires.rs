//! Time runs out, by the test's clock.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::on_every_store;

const DAY: Duration = Duration::from_hours(24);

on_every_store![
    a_link_expires_after_a_day_and_says_so,
    a_merchant_that_wants_to_hear_of_expiry_does,
    a_payment_proven_after_expiry_supersedes_it,
    a_journey_of_a_bank_that_never_returns_expires_by_itself,
    a_merchant_chooses_how_long_its_links_live,
];

async fn a_link_expires_after_a_day_and_says_so(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.wait(Duration::from_mins(24 * 60 - 1));
    gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200).says("/payment/pay");
    gateway.wait(Duration::from_mins(1));
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.says("Link expired").says("/payment/home").never_says("/payment/pay");
    assert_eq!(merchant.status(&link).await, "expired");
    let unused = merchant.secpaid("getMyUnusedLinks", &json!({})).await.is(200).json();
    assert_eq!(unused["data"], json!([]));
    // A merchant that did not ask for expiries gets `cancel`: nobody paid.
    let home = format!("https://shop.example/cb?{}", merchant.query(&link, "&status=cancel"));
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);
    assert_eq!(gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.location(), home);
    assert_eq!(gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location(), home);
    assert_eq!(merchant.status(&link).await, "expired");
}

async fn a_merchant_that_wants_to_hear_of_expiry_does(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let open_request =
        json!({ "callback_url": "https://shop.example/cb", "extra_outcomes": true, "one_time_token": true });
    let link = merchant.link(open_request).await;
    gateway.wait(DAY);
    let home = gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location();
    let token = query_value(&home, "one-time-token");
    let told = merchant.query(&link, &format!("&status=expired&one-time-token={token}"));
    assert_eq!(home, format!("https://shop.example/cb?{told}"));
    assert_eq!(merchant.redeem(&token).await.is(200).json()["status"], "expired");
}

async fn a_payment_proven_after_expiry_supersedes_it(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "one_time_token": true })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.wait(DAY + Duration::from_secs(1));
    eventually("it expires", || async { merchant.status(&link).await == "expired" }).await;
    let home = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(
        home.starts_with(&format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success&"))),
        "{home}"
    );
    assert_eq!(gateway.http.back(&sent_out.with("code=ok")).await.location(), home);
    let redeemed = merchant.redeem(&query_value(&home, "one-time-token")).await.is(200).json();
    assert_eq!(redeemed["status"], "paid");
    let rows = merchant.secpaid("getPayInTransactions", &json!({})).await.is(200).json();
    assert_eq!(rows["data"][0]["pay_id"], json!(link.id));
}

async fn a_journey_of_a_bank_that_never_returns_expires_by_itself(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb,https://hook.example/n").await;
    gateway.http.leave(&link.text).await;
    gateway.wait(DAY);
    // Nobody asks for its page: the gateway itself notices. The list shows what is stored and concludes nothing.
    eventually("the sweep concludes it", || async {
        merchant.look("/journeys").await.is(200).json()["journeys"][0]["status"] == "expired"
    })
    .await;
    assert_eq!(merchant.journey(&link.id).await["deliveries"].as_array().map(Vec::len), Some(1));
}

async fn a_merchant_chooses_how_long_its_links_live(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let before = merchant.link_to("https://shop.example/cb").await;
    merchant.choose(json!({ "journey_life_seconds": 60 })).await;
    let after = merchant.link_to("https://shop.example/cb").await;
    gateway.wait(Duration::from_secs(61));
    eventually("the short one expires", || async { merchant.status(&after).await == "expired" }).await;
    assert_eq!(merchant.status(&before).await, "open");
}
