//! Rule 4: the browser never waits for a bank.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;

/// The return's budget as it is by default. The bank takes far longer than the test allows itself for the answer.
const BUDGET: (&str, &str) = ("HANDBACK_RETURN_BUDGET", "100ms");
const SLOW: &str = "code=slow:2500";

/// How long an answer inside the budget may take on a busy machine: far less than the bank needs.
const SOON: Duration = Duration::from_millis(1500);

async fn hasty(kind: StoreKind) -> (TestGateway, MerchantClient) {
    let gateway = TestGateway::open_with(kind, &[BUDGET]).await;
    let merchant = gateway.merchant("Shop");
    (gateway, merchant)
}

async fn a_light_page_keeps_company_and_moves_on_by_itself(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let query = sent_out.with(SLOW);
    let page = gateway.http.back(&query).await.is(200);
    assert!(page.took < SOON, "{:?}", page.took);
    assert!(!page.has("location"));
    assert_eq!(page.header("cache-control"), "no-store");
    let page = page.says("http-equiv=\"refresh\"").says("One moment").says("25.00 EUR");
    assert!(page.body.len() < 15_000);
    assert_eq!(merchant.status(&link).await, "away");
    eventually("the bank answers", || async { gateway.http.back(&query).await.status == 303 }).await;
    let home = gateway.http.back(&query).await.location();
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success")));
    for _ in 0..20 {
        assert_eq!(gateway.http.back(&query).await.location(), home);
    }
    // The page's script cannot read a redirect: it is given the address that the browser goes to.
    let path = format!("/return/sandbox?{query}");
    let told = gateway.http.get_with(&path, &[("handback-waiting", "1")]).await.is(200);
    assert_eq!(told.header("location"), home);
    let journey = merchant.journey(&link.id).await;
    assert_eq!(journey["timeline"].as_array().unwrap().iter().filter(|e| e["event"] == "concluded").count(), 1);
}

async fn the_payment_is_concluded_even_when_the_customer_goes_away(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.http.pay(&link.text, "code=slow:600").await.is(200);
    eventually("it is paid", || async { merchant.status(&link).await == "paid" }).await;
}

async fn a_merchant_with_tokens_can_have_its_customer_back_at_once(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    merchant.choose(json!({ "one_time_token": "on", "when_late": "hand_back" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let query = sent_out.with(SLOW);
    let back = gateway.http.back(&query).await;
    assert!(back.took < SOON, "{:?}", back.took);
    let home = back.location();
    let token = query_value(&home, "one-time-token");
    let expected = merchant.query(&link, &format!("&one-time-token={token}"));
    assert_eq!(home, format!("https://shop.example/cb?{expected}"), "no status is reserved");

    let pending = merchant.redeem_with(&token, &[("request-timeout", "0")]).await.is(202);
    assert_eq!(pending.json(), json!({ "status": "pending" }));
    assert_eq!(merchant.status(&link).await, "away");
    assert_eq!(gateway.http.back(&query).await.location(), home);
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);

    // A caller that waits is answered as soon as it is known, and the bytes of the return stay as they were.
    let granted = merchant.redeem(&token).await.is(200).json();
    assert_eq!((&granted["status"], &granted["pay_id"]), (&json!("paid"), &json!(link.id)));
    merchant.redeem(&token).await.is(410);
    for _ in 0..5 {
        assert_eq!(gateway.http.back(&query).await.location(), home);
    }
    assert_eq!(merchant.status(&link).await, "paid");
}

async fn a_customer_who_is_home_already_can_neither_pay_again_nor_cancel(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    merchant.choose(json!({ "one_time_token": "on", "when_late": "hand_back" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let home = gateway.http.back(&sent_out.with("code=slow:60000")).await.location();
    for form in ["/payment/pay", "/payment/cancel"] {
        let pressed = gateway.http.submit(form, &[("link_id", &link.text)]).await;
        assert!(!pressed.has("set-cookie"));
        assert_eq!(pressed.location(), home);
    }
    assert_eq!(gateway.http.get(&format!("/payment?link_id={}", link.text)).await.location(), home);
    assert_eq!(merchant.status(&link).await, "away");
}

async fn a_refusal_that_follows_a_hand_back_is_what_the_token_says(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    merchant.choose(json!({ "one_time_token": "on", "when_late": "hand_back" })).await;
    for (error, status) in [("server_error", "failed"), ("access_denied", "cancelled")] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let query = sent_out.with(&format!("code=slow:1500:fail:{error}"));
        let home = gateway.http.back(&query).await.location();
        let token = query_value(&home, "one-time-token");
        assert_eq!(merchant.redeem(&token).await.is(200).json()["status"], status);
        assert_eq!(gateway.http.back(&query).await.location(), home);
    }
}

async fn without_a_token_or_a_callback_nobody_is_handed_back_early(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    merchant.choose(json!({ "when_late": "hand_back" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.http.pay(&link.text, SLOW).await.is(200).says("http-equiv=\"refresh\"");
    let link = merchant.link(json!({ "one_time_token": true })).await;
    gateway.http.pay(&link.text, SLOW).await.is(200).says("http-equiv=\"refresh\"");
}

async fn thirty_two_tabs_wait_for_one_exchange(kind: StoreKind) {
    let (gateway, merchant) = hasty(kind).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let query = sent_out.with("code=slow:700");
    let pages = futures_util::future::join_all((0..32).map(|_| gateway.http.back(&query))).await;
    assert!(pages.iter().all(|page| page.status == 200 && page.took < Duration::from_secs(3)));
    eventually("the bank answers", || async { gateway.http.back(&query).await.status == 303 }).await;
    let journey = merchant.journey(&link.id).await;
    assert_eq!(journey["timeline"].as_array().unwrap().iter().filter(|e| e["event"] == "concluded").count(), 1);
}

/// Runs the stories of this file on both stores; each opens a gateway of its own kind.
macro_rules! slow_stories {
    ($($story:ident),+ $(,)?) => {
        mod embedded { $(#[tokio::test] async fn $story() { super::$story(super::StoreKind::Embedded).await; })+ }
        mod redis { $(#[tokio::test] async fn $story() { super::$story(super::StoreKind::Redis).await; })+ }
    };
}

slow_stories![
    a_light_page_keeps_company_and_moves_on_by_itself,
    the_payment_is_concluded_even_when_the_customer_goes_away,
    a_merchant_with_tokens_can_have_its_customer_back_at_once,
    a_customer_who_is_home_already_can_neither_pay_again_nor_cancel,
    a_refusal_that_follows_a_hand_back_is_what_the_token_says,
    without_a_token_or_a_callback_nobody_is_handed_back_early,
    thirty_two_tabs_wait_for_one_exchange,
];
