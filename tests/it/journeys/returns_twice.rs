//! Rule 3: the same return, a thousand times, gives the same `Location` bytes.

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{Http, SentOut};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;

on_every_store![
    a_payment_comes_home_alike_a_thousand_times,
    a_refusal_comes_home_alike_however_often,
    a_failure_leads_back_to_the_checkout_alike_even_after_the_payment,
    an_approval_after_a_decline_concludes_as_paid_and_each_keeps_its_own_bytes,
    a_refusal_that_changed_nothing_keeps_its_bytes_too,
    a_code_that_the_bank_refused_late_keeps_its_bytes_too,
    thirty_two_identical_returns_at_once_come_home_alike,
    thirty_two_different_codes_at_once_conclude_once,
    replays_outlive_a_restart,
];

/// Comes back with the same answer this often, sixteen browsers at a time, and holds every `Location` against the
/// first.
async fn replay(http: &Http, sent_out: &SentOut, answer: &str, times: usize) -> String {
    let first = http.back_in_it(sent_out, answer).await.location();
    for _ in 0..times.div_ceil(16) {
        let again = (0..16).map(|_| http.back_in_it(sent_out, answer));
        for answer in futures_util::future::join_all(again).await {
            assert_eq!(answer.location(), first);
        }
    }
    first
}

async fn a_payment_comes_home_alike_a_thousand_times(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let open_request =
        json!({ "callback_url": "https://shop.example/cb,https://hook.example/cb", "one_time_token": true });
    let link = merchant.link(open_request).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let home = replay(&gateway.http, &sent_out, "code=ok", 1000).await;
    let token = one_time_token(&home);
    let expected = merchant.query(&link, &format!("&status=success&one-time-token={token}"));
    assert_eq!(home, format!("https://shop.example/cb?{expected}"));
    let journey = merchant.journey(&link.id).await;
    assert_eq!(events(&journey, "concluded"), 1, "{journey}");
    assert_eq!(journey["deliveries"].as_array().map(Vec::len), Some(1), "{journey}");
    merchant.redeem(&token).await.is(200);
    merchant.redeem(&token).await.is(410);
    assert_eq!(gateway.http.back(&sent_out.with("code=ok")).await.location(), home);
}

async fn a_refusal_comes_home_alike_however_often(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for answer in ["error=access_denied", "code=fail:access_denied", "error=login_required", "error=user_cancelled"] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let home = replay(&gateway.http, &sent_out, answer, 64).await;
        assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=cancel")), "{answer}");
        assert_eq!(events(&merchant.journey(&link.id).await, "concluded"), 1);
    }
}

async fn a_failure_leads_back_to_the_checkout_alike_even_after_the_payment(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for answer in ["error=server_error", "code=fail:insufficient_funds"] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let checkout = replay(&gateway.http, &sent_out, answer, 64).await;
        assert_eq!(Value::from(checkout.clone()), link.data["pay_link"]);
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        assert!(home.starts_with("https://shop.example/cb?"), "{home}");
        assert_eq!(replay(&gateway.http, &sent_out, answer, 16).await, checkout);
    }
}

async fn an_approval_after_a_decline_concludes_as_paid_and_each_keeps_its_own_bytes(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (link, sent_out) = away(&gateway, &merchant, json!({ "one_time_token": true })).await;
    let cancelled = replay(&gateway.http, &sent_out, "error=access_denied", 16).await;
    assert!(cancelled.contains("&status=cancel&"), "{cancelled}");
    assert_eq!(merchant.status(&link).await, "cancelled");
    let paid = replay(&gateway.http, &sent_out, "code=ok", 16).await;
    assert!(paid.contains("&status=success&"), "{paid}");
    assert_eq!(merchant.status(&link).await, "paid");
    assert_eq!(replay(&gateway.http, &sent_out, "error=access_denied", 16).await, cancelled);
    assert_eq!(replay(&gateway.http, &sent_out, "code=ok", 16).await, paid);
    assert_ne!(one_time_token(&paid), one_time_token(&cancelled));
    assert_eq!(merchant.redeem(&one_time_token(&paid)).await.is(200).json()["status"], "paid");
}

async fn a_refusal_that_changed_nothing_keeps_its_bytes_too(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, sent_out) = away(&gateway, &merchant, json!({})).await;
    gateway.http.back(&sent_out.with("error=access_denied")).await.location();
    let second = replay(&gateway.http, &sent_out, "error=server_error", 16).await;
    gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert_eq!(replay(&gateway.http, &sent_out, "error=server_error", 16).await, second);
}

async fn a_code_that_the_bank_refused_late_keeps_its_bytes_too(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, sent_out) = away(&gateway, &merchant, json!({})).await;
    gateway.http.back(&sent_out.with("error=access_denied")).await.location();
    let second = replay(&gateway.http, &sent_out, "code=fail:access_denied", 16).await;
    gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert_eq!(replay(&gateway.http, &sent_out, "code=fail:access_denied", 16).await, second);
}

async fn thirty_two_identical_returns_at_once_come_home_alike(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for answer in ["code=ok", "error=access_denied", "error=server_error", "code=fail:server_error", "code=slow:30"] {
        let (link, sent_out) = away(&gateway, &merchant, json!({ "one_time_token": true })).await;
        let queries: Vec<String> = (0..32).map(|_| sent_out.with(answer)).collect();
        let answers = futures_util::future::join_all(queries.iter().map(|query| gateway.http.back(query))).await;
        let mut homes: Vec<String> = answers.iter().map(|answer| answer.location()).collect();
        homes.dedup();
        assert_eq!(homes.len(), 1, "{answer}: {homes:?}");
        let journey = merchant.journey(&link.id).await;
        assert!(events(&journey, "concluded") <= 1 && events(&journey, "failed") <= 1, "{journey}");
    }
}

async fn thirty_two_different_codes_at_once_conclude_once(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (link, sent_out) = away(&gateway, &merchant, json!({ "one_time_token": true })).await;
    let codes: Vec<String> = (0..32).map(|n| format!("code=ok{n}")).collect();
    let answers =
        futures_util::future::join_all(codes.iter().map(|code| gateway.http.back_in_it(&sent_out, code))).await;
    let mut homes: Vec<String> = answers.iter().map(|answer| answer.location()).collect();
    homes.dedup();
    assert_eq!(homes.len(), 1, "{homes:?}");
    assert_eq!(events(&merchant.journey(&link.id).await, "concluded"), 1);
}

async fn replays_outlive_a_restart(mut gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (_, paid) = away(&gateway, &merchant, json!({ "one_time_token": true })).await;
    let (_, declined) = away(&gateway, &merchant, json!({})).await;
    let (_, failed) = away(&gateway, &merchant, json!({})).await;
    let cases = [(paid, "code=ok"), (declined, "error=access_denied"), (failed, "error=server_error")];
    let mut before = Vec::new();
    for (sent_out, answer) in &cases {
        before.push(replay(&gateway.http, sent_out, answer, 1).await);
    }
    gateway.restart().await;
    for ((sent_out, answer), home) in cases.iter().zip(before) {
        assert_eq!(replay(&gateway.http, sent_out, answer, 1).await, home);
    }
}

async fn away(gateway: &TestGateway, merchant: &MerchantClient, mut open_request: Value) -> (Link, SentOut) {
    open_request["callback_url"] = json!("https://shop.example/cb");
    let link = merchant.link(open_request).await;
    let sent_out = gateway.http.leave(&link.text).await;
    (link, sent_out)
}

fn one_time_token(home: &str) -> String {
    crate::support::http::query_value(home, "one-time-token")
}

fn events(journey: &Value, name: &str) -> usize {
    journey["timeline"].as_array().expect("a timeline").iter().filter(|event| event["event"] == name).count()
}
