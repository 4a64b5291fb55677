//! One customer, two tabs, and a finger that presses twice.

use serde_json::json;

use crate::support::house::House;
use crate::support::on_every_store;

on_every_store![
    a_second_press_on_pay_leaves_under_the_same_state,
    thirty_two_presses_at_once_leave_under_one_state,
    one_tab_cancels_while_the_other_pays,
    two_links_do_not_know_each_other,
];

async fn a_second_press_on_pay_leaves_under_the_same_state(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let first = house.http.leave(&link.text).await;
    let second = house.http.leave(&link.text).await;
    assert_eq!((&first.state, &first.cookie, &first.location), (&second.state, &second.cookie, &second.location));
    let journey = shop.journey(&link.id).await;
    assert_eq!(journey["timeline"].as_array().unwrap().len(), 2, "opened, left once: {journey}");
    let home = house.http.back(&first.with("code=ok")).await.location();
    assert_eq!(house.http.back(&second.with("code=ok")).await.location(), home);
}

async fn thirty_two_presses_at_once_leave_under_one_state(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trips = futures_util::future::join_all((0..32).map(|_| house.http.leave(&link.text))).await;
    assert!(trips.iter().all(|trip| trip.state == trips[0].state));
}

async fn one_tab_cancels_while_the_other_pays(house: House) {
    let shop = house.shop("Shop");
    for _ in 0..8 {
        let link = shop.link_to("https://shop.example/cb").await;
        let trip = house.http.leave(&link.text).await;
        let (query, form) = (trip.with("code=ok"), [("link_id", link.text.as_str())]);
        let (paid, other) = tokio::join!(house.http.back(&query), house.http.submit("/payment/cancel", &form));
        let (paid, other) = (paid.location(), other.location());
        assert!(paid.ends_with("&status=success"), "{paid}");
        assert!(other.ends_with("&status=cancel") || other == paid, "{other}");
        assert_eq!(shop.status(&link).await, "paid");
        let again = house.http.submit("/payment/cancel", &form).await.location();
        assert_eq!(again, paid, "whoever asks now is told of the payment");
    }
}

async fn two_links_do_not_know_each_other(house: House) {
    let shop = house.shop("Shop");
    let (one, two) = (shop.link_to("https://one.example/").await, shop.link_to("https://two.example/").await);
    let (first, second) = (house.http.leave(&one.text).await, house.http.leave(&two.text).await);
    assert_ne!(first.cookie.split('=').next(), second.cookie.split('=').next(), "a cookie for each");
    let both = format!("{}; {}", first.cookie, second.cookie);
    let back = house.http.get_with(&format!("/return/sandbox?{}", second.with("code=ok")), &[("cookie", &both)]).await;
    assert!(back.location().starts_with("https://two.example/?"));
    let back = house.http.get_with(&format!("/return/sandbox?{}", first.with("code=ok")), &[("cookie", &both)]).await;
    assert!(back.location().starts_with("https://one.example/?"));
    assert_eq!(json!(shop.status(&one).await), "paid");
}
