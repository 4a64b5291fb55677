//! The bank's no: the customer's own decision comes home, trouble leads back to the checkout.

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;

on_every_store![
    a_decline_at_the_bank_is_a_cancellation,
    trouble_at_the_bank_leads_back_to_the_checkout_and_the_next_try_pays,
    a_payment_can_come_under_the_first_state_after_all,
    a_merchant_that_wants_to_hear_of_failures_does,
    a_link_that_wants_to_hear_of_failures_does,
    a_banks_hostile_words_stay_inside_their_parameter,
    fifty_tries_are_enough,
    the_longest_refusal_fits_the_longest_callback,
];

async fn a_decline_at_the_bank_is_a_cancellation(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for answer in ["error=access_denied", "error=user_cancelled", "code=fail:access_denied"] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let home = gateway.http.pay(&link.text, answer).await.location();
        assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=cancel")), "{answer}");
        assert_eq!(merchant.status(&link).await, "cancelled");
    }
}

async fn trouble_at_the_bank_leads_back_to_the_checkout_and_the_next_try_pays(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (answer, reason) in [
        ("error=server_error", "not available"),
        ("error=temporarily_unavailable", "not available"),
        ("code=fail:insufficient_funds", "not enough money"),
        ("error=made_up", "did not accept"),
        ("error=unauthorized_client", "There is a problem with this shop’s connection to the bank"),
        ("code=fail:invalid_client", "There is a problem with this shop’s connection to the bank"),
    ] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let first = gateway.http.leave(&link.text).await;
        let back = gateway.http.back(&first.with(answer)).await.location();
        assert_eq!(json!(back), link.data["pay_link"]);
        let page = gateway.http.get(&back).await.is(200).says(reason).says("Try again").says("/payment/cancel");
        page.says("role=\"alert\"");
        assert_eq!(merchant.status(&link).await, "open");
        let second = gateway.http.leave(&link.text).await;
        assert_ne!(second.state, first.state);
        assert_ne!(second.cookie, first.cookie);
        let home = gateway.http.back(&second.with("code=ok")).await.location();
        assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success")));
        assert_eq!(merchant.status(&link).await, "paid");
    }
}

async fn a_payment_can_come_under_the_first_state_after_all(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let first = gateway.http.leave(&link.text).await;
    gateway.http.back(&first.with("error=server_error")).await.location();
    gateway.http.leave(&link.text).await;
    let home = gateway.http.back(&first.with("code=ok")).await.location();
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success")));
}

async fn a_merchant_that_wants_to_hear_of_failures_does(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "extra_outcomes": "on", "one_time_token": "on" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let answer = "error=server_error&error_description=The+core+is+down%21";
    let home = gateway.http.pay(&link.text, answer).await.location();
    let told = "&status=failed&error=server_error&error_description=The%20core%20is%20down%21&one-time-token=";
    let token = query_value(&home, "one-time-token");
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, &format!("{told}{token}"))));
    assert_eq!(merchant.status(&link).await, "failed");
    assert_eq!(merchant.redeem(&token).await.is(200).json()["status"], "failed");
    gateway.http.get(link.data["pay_link"].as_str().unwrap()).await.is(200).says("Payment failed");
    // The customer's own no stays a cancellation, without an error.
    let link = merchant.link_to("https://shop.example/cb").await;
    let home = gateway.http.pay(&link.text, "error=access_denied&error_description=no").await.location();
    assert!(home.contains("&status=cancel&one-time-token="), "{home}");
}

async fn a_link_that_wants_to_hear_of_failures_does(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb", "extra_outcomes": "true" })).await;
    let home = gateway.http.pay(&link.text, "error=invalid_scope").await.location();
    let told = merchant.query(&link, "&status=failed&error=invalid_scope");
    assert_eq!(home, format!("https://shop.example/cb?{told}"));
}

async fn a_banks_hostile_words_stay_inside_their_parameter(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "extra_outcomes": "on" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let hostile =
        "error=x%26status%3Dsuccess%0d%0aLocation%3A%20https%3A//evil.example&error_description=%23%3F%3Cb%3E";
    let home = gateway.http.pay(&link.text, hostile).await.location();
    assert!(
        home.starts_with(&format!("https://shop.example/cb?{}", merchant.query(&link, "&status=failed&error=x%26")))
    );
    let url = url::Url::parse(&home).unwrap();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["pay_id", "user_id", "status", "error", "error_description"], "{home}");
    assert_eq!(url.fragment(), None);
    assert_eq!(query_value(&home, "error_description"), "#?<b>");
}

async fn fifty_tries_are_enough(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let mut states = std::collections::HashSet::new();
    for _ in 0..50 {
        let sent_out = gateway.http.leave(&link.text).await;
        assert!(states.insert(sent_out.state.clone()));
        gateway.http.back(&sent_out.with("error=server_error")).await.location();
    }
    let pressed = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.is(429);
    assert!(!pressed.has("set-cookie") && !pressed.has("location"));
    pressed.says("Too many tries");
    assert_eq!(merchant.status(&link).await, "open");
}

/// A bank's words may be anything, and the callback as long as it may be: the customer comes home all the same.
async fn the_longest_refusal_fits_the_longest_callback(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut length = 2048;
    let link = loop {
        let url = format!("https://shop.example/{}", "a".repeat(length));
        let body = json!({ "amount": 1, "callback_url": url, "extra_outcomes": true, "one_time_token": true });
        let answer = merchant.secpaid("createLink", &body).await;
        if answer.status == 200 {
            break crate::support::merchant_client::Link::read(&answer.json());
        }
        length -= 1;
    };
    let sent_out = gateway.http.leave(&link.text).await;
    let query = sent_out.with(&format!("error={}&error_description={}", "%26".repeat(64), "%C3%A9".repeat(200)));
    let home = gateway.http.back(&query).await.location();
    assert!(home.len() <= 2048 && home.contains("&status=failed&error=%26"), "{} bytes", home.len());
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);
}
