//! One customer, two tabs, and a finger that presses twice.

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![
    a_second_press_on_pay_leaves_under_the_same_state,
    thirty_two_presses_at_once_leave_under_one_state,
    one_tab_cancels_while_the_other_pays,
    two_links_do_not_know_each_other,
];

async fn a_second_press_on_pay_leaves_under_the_same_state(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let first = gateway.http.leave(&link.text).await;
    let second = gateway.http.leave(&link.text).await;
    assert_eq!((&first.state, &first.cookie, &first.location), (&second.state, &second.cookie, &second.location));
    let journey = merchant.journey(&link.id).await;
    assert_eq!(journey["timeline"].as_array().unwrap().len(), 2, "opened, left once: {journey}");
    let home = gateway.http.back(&first.with("code=ok")).await.location();
    assert_eq!(gateway.http.back(&second.with("code=ok")).await.location(), home);
}

async fn thirty_two_presses_at_once_leave_under_one_state(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let trips = futures_util::future::join_all((0..32).map(|_| gateway.http.leave(&link.text))).await;
    assert!(trips.iter().all(|sent_out| sent_out.state == trips[0].state));
}

async fn one_tab_cancels_while_the_other_pays(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for _ in 0..8 {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let (query, form) = (sent_out.with("code=ok"), [("link_id", link.text.as_str())]);
        let (paid, other) = tokio::join!(gateway.http.back(&query), gateway.http.submit("/payment/cancel", &form));
        let (paid, other) = (paid.location(), other.location());
        assert!(paid.ends_with("&status=success"), "{paid}");
        assert!(other.ends_with("&status=cancel") || other == paid, "{other}");
        assert_eq!(merchant.status(&link).await, "paid");
        let again = gateway.http.submit("/payment/cancel", &form).await.location();
        assert_eq!(again, paid, "whoever asks now is told of the payment");
    }
}

async fn two_links_do_not_know_each_other(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (one, two) = (merchant.link_to("https://one.example/").await, merchant.link_to("https://two.example/").await);
    let (first, second) = (gateway.http.leave(&one.text).await, gateway.http.leave(&two.text).await);
    assert_ne!(first.cookie.split('=').next(), second.cookie.split('=').next(), "a cookie for each");
    let both = format!("{}; {}", first.cookie, second.cookie);
    let back =
        gateway.http.get_with(&format!("/return/sandbox?{}", second.with("code=ok")), &[("cookie", &both)]).await;
    assert!(back.location().starts_with("https://two.example/?"));
    let back = gateway.http.get_with(&format!("/return/sandbox?{}", first.with("code=ok")), &[("cookie", &both)]).await;
    assert!(back.location().starts_with("https://one.example/?"));
    assert_eq!(json!(merchant.status(&one).await), "paid");
}
