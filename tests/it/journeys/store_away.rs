//! The store is away: it is said within a second, and service resumes within a second of its return.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::HttpReply;

/// "Within a second", and room for a busy test machine.
const SOON: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn a_store_that_was_killed_is_said_to_be_away_and_comes_back() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "one_time_token": true })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.redis().kill();
    said_to_be_away(&gateway, &sent_out.with("code=ok"), &link.text).await;
    let refused = merchant.secpaid("createLink", &json!({ "amount": 1 })).await.is(503);
    assert!(refused.took < SOON && refused.json()["ResponseCode"] == 0);
    gateway.redis().restart();
    let began = Instant::now();
    eventually("the return goes on", || async { gateway.http.back(&sent_out.with("code=ok")).await.status == 303 })
        .await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let home = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(home.contains("&status=success&"), "{home}");
    assert_eq!(merchant.status(&link).await, "paid");
    eventually("it says so", || async { gateway.http.get("/readyz").await.status == 200 }).await;
}

#[tokio::test]
async fn a_store_that_hangs_is_said_to_be_away_and_comes_back() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.redis().pause();
    said_to_be_away(&gateway, &sent_out.with("code=ok"), &link.text).await;
    gateway.redis().resume();
    let began = Instant::now();
    eventually("the return goes on", || async { gateway.http.back(&sent_out.with("code=ok")).await.status == 303 })
        .await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_that_went_silent_are_left_behind() {
    // One worker, so that one answer speaks for all connections.
    let mut gateway = TestGateway::open_with(StoreKind::Proxied, &[("HANDBACK_WORKERS", "1")]).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.proxy().swallow();
    let began = Instant::now();
    let page = format!("/payment?link_id={}", link.text);
    eventually("service resumes", || async { gateway.http.get(&page).await.status == 200 }).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    gateway.http.pay(&link.text, "code=ok").await.location();
}

/// A redemption of which nobody knows whether it happened says so, and the same key gets the outcome afterwards.
#[tokio::test]
async fn a_redemption_in_doubt_is_asked_again_with_the_same_key() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "one_time_token": true })).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let token = crate::support::http::query_value(&home, "one-time-token");
    let key = [("idempotency-key", "again")];
    gateway.redis().kill();
    let doubt = merchant.redeem_with(&token, &key).await.is(503);
    assert!(doubt.took < SOON, "{:?}", doubt.took);
    assert!(doubt.has("retry-after"));
    gateway.redis().restart();
    eventually("it is granted", || async { merchant.redeem_with(&token, &key).await.status == 200 }).await;
    // Each worker has its own connection, which is back when it is.
    eventually("it is spent", || async { merchant.redeem(&token).await.status == 410 }).await;
}

async fn said_to_be_away(gateway: &TestGateway, query: &str, link: &str) {
    let check = |answer: HttpReply| {
        let answer = answer.is(503);
        assert!(answer.took < SOON, "{:?}", answer.took);
        assert!(answer.has("retry-after"));
        assert!(!answer.has("location"));
        answer.says("http-equiv=\"refresh\"").says("Nothing is lost")
    };
    check(gateway.http.back(query).await);
    check(gateway.http.get(&format!("/payment?link_id={link}")).await);
    check(gateway.http.submit("/payment/pay", &[("link_id", link)]).await);
    check(gateway.http.submit("/payment/cancel", &[("link_id", link)]).await);
    let health = gateway.http.get("/readyz").await.is(503);
    assert!(health.took < SOON, "{:?}", health.took);
}

/// The page that answers a form cannot ask for itself again: that would be a GET of an address that has none.
#[tokio::test]
async fn a_form_that_met_no_store_leads_back_to_its_page() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.redis().kill();
    for form in ["/payment/pay", "/payment/cancel"] {
        let away = gateway.http.submit(form, &[("link_id", &link.text)]).await.is(503);
        away.says(&format!("content=\"2;url=/payment?link_id={}\"", link.text));
    }
}
