//! The main road: a link, the checkout page, the bank, and home.

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![a_payment_comes_home_with_three_parameters_in_this_order];

async fn a_payment_comes_home_with_three_parameters_in_this_order(gateway: TestGateway) {
    let merchant = gateway.merchant("Corner shop");
    let link = merchant.link_to("https://shop.example/paid?order=7").await;
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.says("Corner shop").says("25.00 EUR").says("name=\"link_id\"");
    let sent_out = gateway.http.leave(&link.text).await;
    let home = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert_eq!(home, format!("https://shop.example/paid?order=7&{}", merchant.query(&link, "&status=success")));
    assert_eq!(merchant.status(&link).await, "paid");
}
