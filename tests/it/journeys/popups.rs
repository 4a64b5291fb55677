//! A payment in a window of its own: the merchant's page is told by its exact origin, what its callback would have got.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![
    the_page_that_opened_it_is_told_what_the_callback_would_get,
    its_origin_is_frozen,
    it_needs_an_origin_and_a_callback,
    a_stranger_is_told_nothing,
];

async fn opened(shop: &MerchantClient, more: Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR", "display": "popup",
        "callback": "https://shop.example/paid?order=7", "one_time_token": true });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.v1(Method::POST, "/journeys", &body).await.is(201).json()
}

async fn shop(gateway: &TestGateway) -> MerchantClient {
    let shop = gateway.merchant("Shop");
    shop.choose(json!({ "popup_origin": "https://shop.example:8443", "signed_returns": "hmac" })).await;
    shop
}

/// The value of this attribute on a page.
fn attribute(page: &str, name: &str) -> String {
    let value = page.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {page}")).1;
    value.split('"').next().unwrap().replace("&#34;", "\"").replace("&amp;", "&").replace("&#38;", "&")
}

/// Pays, and answers where the return leads, with the cookie that it takes.
async fn paid(gateway: &TestGateway, journey: &Value) -> (String, String) {
    let left = gateway.http.leave(&query_value(journey["pay_link"].as_str().unwrap(), "link_id")).await;
    let to = gateway.http.back_in_it(&left, "code=ok").await.location();
    assert_eq!(gateway.http.back_in_it(&left, "code=ok").await.location(), to, "the same return, the same bytes");
    (to, left.cookie)
}

async fn the_page_that_opened_it_is_told_what_the_callback_would_get(gateway: TestGateway) {
    let shop = shop(&gateway).await;
    let (to, cookie) = paid(&gateway, &opened(&shop, json!({})).await).await;
    let cookie = [("cookie", cookie.as_str())];
    assert!(to.starts_with(&format!("{}/payment/popup?link_id=", gateway.http.base())), "{to}");
    let shown = gateway.http.get_with(&to, &cookie).await.location();
    assert!(shown.contains("/payment/popup?ticket="), "{shown}");
    let page = gateway.http.get_with(&shown, &cookie).await.is(200).says("You have paid 25.00 EUR");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(attribute(&page.text(), "data-origin"), "https://shop.example:8443");
    let home = attribute(&page.text(), "id=\"home\" href");
    let told: Value = serde_json::from_str(&attribute(&page.text(), "data-parameters")).unwrap();
    let query: Value = url::Url::parse(&home)
        .unwrap()
        .query_pairs()
        .filter(|(name, _)| name != "order")
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(told, query, "no more and no less than its callback would have got");
    assert_eq!(told["status"], json!("paid"));
    assert!(told["hb_signature"].is_string() && home.starts_with("https://shop.example/paid?order=7&"), "{home}");
    // A reload tells the same, and so does the link.
    assert_eq!(gateway.http.get_with(&shown, &cookie).await.text(), page.text());
    assert_eq!(shop.redeem(told["one_time_token"].as_str().unwrap()).await.is(200).json()["status"], json!("paid"));
    gateway.wait(Duration::from_secs(601));
    gateway.http.get_with(&shown, &cookie).await.is(410);
}

async fn its_origin_is_frozen(gateway: TestGateway) {
    let shop = shop(&gateway).await;
    let journey = opened(&shop, json!({})).await;
    shop.choose(json!({ "popup_origin": "https://other.example" })).await;
    let (to, cookie) = paid(&gateway, &journey).await;
    let shown = gateway.http.get_with(&to, &[("cookie", &cookie)]).await.location();
    let page = gateway.http.get_with(&shown, &[("cookie", &cookie)]).await.is(200).text();
    assert_eq!(attribute(&page, "data-origin"), "https://shop.example:8443");
    // What was not opened so leads home as ever.
    let (home, _) = paid(&gateway, &opened(&shop, json!({ "display": "page" })).await).await;
    assert!(home.starts_with("https://shop.example/paid?order=7&"), "{home}");
}

async fn it_needs_an_origin_and_a_callback(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut body =
        json!({ "amount": "25.00", "currency": "EUR", "display": "popup", "callback": "https://shop.example/cb" });
    let refused = merchant.v1(Method::POST, "/journeys", &body).await.is(422).json();
    assert_eq!(refused["field"], json!("display"), "{refused}");
    assert!(refused.to_string().contains("popup_origin"), "{refused}");
    merchant.choose(json!({ "popup_origin": "http://localhost:3000" })).await;
    body.as_object_mut().unwrap().remove("callback");
    let refused = merchant.v1(Method::POST, "/journeys", &body).await.is(422).json();
    assert_eq!(refused["field"], json!("display"), "{refused}");
    assert!(refused.to_string().contains("callback"), "{refused}");
}

async fn a_stranger_is_told_nothing(gateway: TestGateway) {
    let shop = shop(&gateway).await;
    let (to, cookie) = paid(&gateway, &opened(&shop, json!({})).await).await;
    let shown = gateway.http.get_with(&to, &[("cookie", &cookie)]).await.location();
    gateway.http.get_with(&shown, &[("sec-purpose", "prefetch")]).await.is(204);
    gateway.http.get("/payment/popup?ticket=x").await.is(404);
    let (name, _) = cookie.split_once('=').unwrap();
    for page in [&to, &shown] {
        let refused = gateway.http.get_with(page, &[("cookie", &format!("{name}=wrong"))]).await.is(403);
        assert!(!refused.text().contains("shop.example"), "{}", refused.text());
    }
    gateway.wait(Duration::from_secs(601));
    let late = gateway.http.get(&to).await.is(410).text();
    assert!(!late.contains("shop.example"), "{late}");
}
