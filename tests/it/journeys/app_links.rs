//! Callbacks into apps: a page with a real button, or straight on where the merchant says so.

use serde_json::json;

use crate::support::house::{House, StoreKind};
use crate::support::on_every_store;

on_every_store![
    an_app_is_opened_by_a_page_with_a_real_button,
    a_merchant_can_have_its_app_opened_directly,
    the_page_of_an_app_is_nobodys_before_there_is_an_outcome,
];

async fn an_app_is_opened_by_a_page_with_a_real_button(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("com.example.shop://paid?a=1&b=%22,https://hook.example/n").await;
    let trip = house.http.leave(&link.text).await;
    let page = house.http.back(&trip.with("code=ok")).await.location();
    assert_eq!(page, format!("{}/payment/app?link_id={}", house.http.base(), link.text));
    assert_eq!(house.http.back(&trip.with("code=ok")).await.location(), page);
    let app = format!("com.example.shop://paid?a=1&b=%22&{}", shop.query(&link, "&status=success"));
    let href = format!("href=\"{}\"", app.replace('&', "&#38;"));
    let html = house.http.get(&page).await.is(200);
    assert!(!html.has("location"));
    let html = html.says("id=\"open\"").says("You have paid 25.00 EUR to Shop");
    assert!(html.text().contains(&href) || html.text().contains(&href.replace("&#38;", "&amp;")), "{}", html.text());
    // Whoever opens the link again is led the same way.
    house.http.get(link.data["pay_link"].as_str().unwrap()).await.is(200).says("/payment/home");
    assert_eq!(house.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), page);
}

async fn a_merchant_can_have_its_app_opened_directly(house: House) {
    let shop = house.shop("Shop");
    shop.choose(json!({ "app_links": "direct" })).await;
    let link = shop.link_to("com.example.shop:/paid").await;
    let home = house.http.pay(&link.text, "error=access_denied").await.location();
    assert_eq!(home, format!("com.example.shop:/paid?{}", shop.query(&link, "&status=cancel")));
}

async fn the_page_of_an_app_is_nobodys_before_there_is_an_outcome(house: House) {
    let shop = house.shop("Shop");
    let link = shop.link_to("com.example.shop://paid").await;
    let page = format!("/payment/app?link_id={}", link.text);
    assert_eq!(json!(house.http.get(&page).await.location()), link.data["pay_link"]);
    let elsewhere = shop.link_to("https://shop.example/cb").await;
    let home = house.http.pay(&elsewhere.text, "code=ok").await.location();
    assert_eq!(house.http.get(&format!("/payment/app?link_id={}", elsewhere.text)).await.location(), home);
}

#[tokio::test]
async fn an_operator_can_list_schemes_that_are_no_reversed_domain() {
    let house = House::open_with(StoreKind::Embedded, &[("HANDBACK_APP_SCHEMES", "shopapp")]).await;
    let shop = house.shop("Shop");
    shop.link_to("shopapp://paid").await;
    let refusal = shop.refusal(&json!("otherapp://paid")).await;
    assert!(refusal.contains("neither https nor a reversed domain name"), "{refusal}");
}
