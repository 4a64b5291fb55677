//! The main road: a link, the checkout page, the bank, and home.

use crate::support::house::House;
use crate::support::on_every_store;

on_every_store![a_payment_comes_home_with_three_parameters_in_this_order];

async fn a_payment_comes_home_with_three_parameters_in_this_order(house: House) {
    let shop = house.shop("Corner shop");
    let link = shop.link_to("https://shop.example/paid?order=7").await;
    let page = house.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.says("Corner shop").says("25.00 EUR").says("name=\"link_id\"");
    let trip = house.http.leave(&link.text).await;
    let home = house.http.back(&trip.with("code=ok")).await.location();
    assert_eq!(home, format!("https://shop.example/paid?order=7&{}", shop.query(&link, "&status=success")));
    assert_eq!(shop.status(&link).await, "paid");
}
