//! Saved callbacks in the console: what breaks a rule is said in place, and what a browser opens is what it will open.

use serde_json::json;

use super::browser::Browser;
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;

#[tokio::test]
async fn a_callback_is_saved_changed_and_deleted_and_keeps_its_index() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let new = "/console/callbacks/new";
    for (url, name, index) in [("https://shop.example/a", "first", 0), ("com.example.shop://paid", "", 1)] {
        let saved = browser.submit(new, new, &[("url", url), ("name", name)]).await;
        assert_eq!(browser.path(&saved), format!("/console/callbacks/{index}"));
    }
    let edit = "/console/callbacks/0/edit";
    let fields =
        [("url", "https://shop.example/b?x=1"), ("name", "first"), ("on_request", "on"), ("params_in", "fragment")];
    browser.submit(edit, edit, &fields).await.location();
    let page = browser.page(edit).await;
    for part in ["value=\"https://shop.example/b?x=1\"", "value=\"fragment\" selected", "value=\"on\" checked"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let saved = merchant.look("/profile/callbacks/0").await.is(200).json();
    assert_eq!((&saved["on_request"], &saved["params_in"]), (&json!(true), &json!("fragment")));
    browser.submit("/console/callbacks/0", "/console/callbacks/0/delete", &[]).await.location();
    browser.get("/console/callbacks/0").await.is(404);
    let list = browser.page("/console/callbacks").await;
    assert!(list.contains("com.example.shop://paid") && !list.contains("shop.example/b"), "{list}");
    let saved = browser.submit(new, new, &[("url", "https://shop.example/c")]).await;
    assert_eq!(browser.path(&saved), "/console/callbacks/2");
}

#[tokio::test]
async fn what_breaks_a_rule_is_said_in_place_and_nothing_is_lost() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let new = "/console/callbacks/new";
    for (url, name, said) in [
        ("shop.example/cb", "", "URL "),
        ("javascript:alert(1)", "", "URL "),
        ("https://shop.example/cb", "9 lives", "Name is not a callback name; expected a lower-case letter"),
        ("https://shop.example/\"><script>", "", "URL "),
    ] {
        let page = browser.submit(new, new, &[("url", url), ("name", name)]).await.is(422).text();
        assert!(page.contains("aria-invalid=\"true\"") && page.contains(said), "{url}: {page}");
        assert!(!page.contains("<script"), "{page}");
        let kept = url.replace('&', "&#38;").replace('"', "&#34;").replace('<', "&#60;").replace('>', "&#62;");
        assert!(page.contains(&format!("value=\"{kept}\"")), "{kept}: {page}");
    }
    assert_eq!(merchant.look("/profile/callbacks").await.is(200).json()["callbacks"], json!([]));
}

#[tokio::test]
async fn a_test_journey_comes_home_as_the_page_has_shown() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/cb?a=1").await;
    let browser = Browser::of(&gateway, &merchant.id, "support").await;
    let callback = "/console/callbacks/0";
    let page = browser.page(callback).await;
    for status in ["paid", "cancelled", "failed", "expired"] {
        assert!(page.contains(&format!("&#38;status={status}")), "{status}: {page}");
    }
    let shown =
        merchant.v1(reqwest::Method::POST, "/preview", &json!({ "callback_url": 0, "dialect": "handback" })).await;
    let outcomes = shown.is(200).json()["destination"]["outcomes"].clone();
    let paid = outcomes["paid"].as_str().unwrap();
    assert!(page.contains(&paid.replace('&', "&#38;")), "{paid}: {page}");
    let test = format!("{callback}/test");
    let checkout = browser.submit(callback, &test, &[("amount", "2.50"), ("currency", "EUR")]).await.location();
    let home = gateway.http.pay(&query_value(&checkout, "link_id"), "code=ok").await.location();
    let own = query_value(&home, "journey_id");
    assert_eq!(home.replace(&own, ""), paid.replace(&query_value(paid, "journey_id"), ""));
    for (amount, field) in [("x", "Amount"), ("1.00", "Currency")] {
        let refused =
            browser.submit(callback, &test, &[("amount", amount), ("currency", "euros")]).await.is(422).text();
        assert!(refused.contains("aria-invalid=\"true\"") && refused.contains("Currency"), "{field}: {refused}");
    }
}

#[tokio::test]
async fn every_platform_of_an_app_is_shown() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let callback = json!({
        "url": "https://shop.example/cb", "ios": "com.example.shop://paid", "android": "com.example.shop://paid",
        "android_package": "com.example.shop",
    });
    merchant.save_as(callback).await;
    let page = Browser::of(&gateway, &merchant.id, "read").await.page("/console/callbacks/0").await;
    for part in ["iPhone and iPad", "Android", "com.example.shop://paid?", "intent://"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("action=\"/console/callbacks"), "a reader changes nothing: {page}");
}

#[tokio::test]
async fn a_live_merchant_makes_no_test_journey() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let live = gateway.merchant_of("live", "Live shop");
    live.save("https://shop.example/cb").await;
    let browser = Browser::of(&gateway, &live.id, "admin").await;
    let page = browser.page("/console/callbacks/0").await;
    assert!(page.contains(">Live<") && !page.contains("/console/callbacks/0/test"), "{page}");
    let token = browser.token().await;
    let fields = [("form_token", token.as_str()), ("amount", "1.00"), ("currency", "EUR")];
    browser.post("/console/callbacks/0/test", &fields).await.is(404);
}
