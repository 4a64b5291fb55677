//! Rule 7: the return needs no cookie; one that is there has to be right, and a merchant can require it.

use serde_json::json;

use crate::support::house::House;
use crate::support::http::{Answer, Http, Trip};
use crate::support::on_every_store;

on_every_store![
    the_cookie_of_a_departure_is_locked_down,
    a_return_without_the_cookie_is_welcome,
    a_return_with_the_right_cookie_is_welcome,
    a_return_with_a_wrong_cookie_is_refused_and_changes_nothing,
    a_merchant_can_require_the_cookie,
];

async fn the_cookie_of_a_departure_is_locked_down(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let left = house.http.leave(&link.text).await.left;
    let cookie = left.header("set-cookie");
    let mut parts = cookie.split("; ");
    assert!(parts.next().unwrap().starts_with("__Host-hb-"), "{cookie}");
    let attributes: Vec<_> = parts.collect();
    for expected in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(attributes.contains(&expected), "{expected}: {cookie}");
    }
    assert!(!cookie.contains("Domain="), "{cookie}");
}

async fn a_return_without_the_cookie_is_welcome(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    back(&house.http, &trip, "theirs=1; __Host-hb-00000000=x").await.location();
}

async fn a_return_with_the_right_cookie_is_welcome(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    back(&house.http, &trip, &format!("a=b; {}; c=d", trip.cookie)).await.location();
}

async fn a_return_with_a_wrong_cookie_is_refused_and_changes_nothing(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    let name = trip.cookie.split('=').next().unwrap();
    let right = trip.cookie.split_once('=').unwrap().1;
    for wrong in ["", "x", &right[1..], &format!("{right}A"), &right.to_lowercase()] {
        let refused = back(&house.http, &trip, &format!("{name}={wrong}")).await.is(403);
        assert!(!refused.has("location"));
        refused.says("another browser");
    }
    assert_eq!(shop.status(&link).await, "away");
    house.http.back(&trip.with("code=ok")).await.location();
}

async fn a_merchant_can_require_the_cookie(house: House) {
    let shop = house.shop("Shop");
    shop.choose(json!({ "same_browser": "required" })).await;
    let link = shop.link_to("https://shop.example/cb").await;
    let trip = house.http.leave(&link.text).await;
    back(&house.http, &trip, "theirs=1").await.is(403);
    house.http.back(&trip.with("error=access_denied")).await.is(403);
    assert_eq!(shop.status(&link).await, "away");
    let home = back(&house.http, &trip, &trip.cookie).await.location();
    assert!(home.ends_with("&status=success"));
    house.http.back(&trip.with("code=ok")).await.is(403);
    assert_eq!(back(&house.http, &trip, &trip.cookie).await.location(), home);
}

async fn back(http: &Http, trip: &Trip, cookie: &str) -> Answer {
    http.get_with(&format!("/return/sandbox?{}", trip.with("code=ok")), &[("cookie", cookie)]).await
}
