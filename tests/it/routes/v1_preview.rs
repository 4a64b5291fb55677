//! `/v1/preview`: what it shows is what happens.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;

/// Replaces what differs between a preview and a journey: the number and the token.
fn without_own(url: &str, pay_id: &str) -> String {
    let token = url.split_once("one-time-token=").map_or("", |(_, rest)| rest.split(['&', '#']).next().unwrap());
    let url = if token.is_empty() { url.to_owned() } else { url.replace(token, "TOKEN") };
    url.replace(pay_id, "PAY_ID")
}

async fn happens(gateway: &TestGateway, merchant: &MerchantClient, open_request: &Value, outcome: &str) -> String {
    let link = merchant.link(open_request.clone()).await;
    let home = match outcome {
        "success" => gateway.http.pay(&link.text, "code=ok").await.location(),
        "cancel" => gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location(),
        "failed" => gateway.http.pay(&link.text, "error=server_error").await.location(),
        "expired" => {
            gateway.wait(std::time::Duration::from_hours(24));
            gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location()
        }
        other => panic!("{other} is no outcome"),
    };
    without_own(&home, &link.id)
}

#[tokio::test]
async fn each_outcome_comes_home_as_the_preview_has_shown_it() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/saved?a=1").await;
    merchant.save_as(json!({ "url": "https://shop.example/#/pay?x=1", "params_in": "fragment", "name": "spa" })).await;
    for extra in ["off", "on"] {
        merchant.choose(json!({ "extra_outcomes": extra })).await;
        for callback in
            ["0", "spa", "https://shop.example/{pay_id}/{recipient_note}?s={status}#top", "https://shop.example"]
        {
            for token in [false, true] {
                let open_request =
                    json!({ "callback_url": callback, "one_time_token": token, "recipient_note": "a b/é" });
                let shown = merchant.v1(Method::POST, "/preview", &open_request).await.is(200).json();
                let outcomes = shown["destination"]["outcomes"].as_object().unwrap();
                let expected = if extra == "on" { 4 } else { 2 };
                assert_eq!(outcomes.len(), expected, "{shown}");
                for (outcome, url) in outcomes {
                    let url = url.as_str().unwrap();
                    let pay_id = "9007199254740991";
                    assert!(url.contains(pay_id), "{url}");
                    assert_eq!(happens(&gateway, &merchant, &open_request, outcome).await, without_own(url, pay_id));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_preview_refuses_what_a_link_refuses_and_creates_nothing() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/saved").await;
    for bad in [
        json!("7"),
        json!("0,1"),
        json!("http://shop.example/"),
        json!(" "),
        json!("0,"),
        json!(["0", "x"]),
        json!("https://shop.example/?status=1"),
        json!(format!("https://shop.example/{}", "a".repeat(2000))),
    ] {
        let refused = merchant.v1(Method::POST, "/preview", &json!({ "callback_url": bad })).await.is(422).json();
        let message = refused["detail"].as_str().unwrap();
        assert_eq!(merchant.refusal(&bad).await, message);
    }
    let refused = merchant.v1(Method::POST, "/preview", &json!({ "callback_url": "0,7" })).await.is(422).json();
    assert_eq!((&refused["item"], &refused["field"]), (&json!(2), &json!("callback_url item 2")));
    assert!(refused["hint"].is_string() && refused["rule"].is_string(), "{refused}");
    merchant.v1(Method::POST, "/preview", &json!({ "dialect": "klingon" })).await.is(422);
    merchant.v1(Method::POST, "/preview", &json!({ "surprise": 1 })).await.is(400);
    assert_eq!(merchant.look("/journeys").await.json()["journeys"], json!([]));
}

#[tokio::test]
async fn a_preview_of_a_list_shows_that_the_others_get_no_token() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://hook.example/n").await;
    let open_request = json!({ "callback_url": "https://shop.example/cb,0", "one_time_token": true });
    let shown = merchant.v1(Method::POST, "/preview", &open_request).await.is(200).json();
    let success = shown["destination"]["outcomes"]["success"].as_str().unwrap();
    assert!(query_value(success, "one-time-token").starts_with("ott_"));
    let background = &shown["background"][0];
    assert_eq!((&background["index"], &background["url"]), (&json!(0), &json!("https://hook.example/n")));
    assert!(!background.to_string().contains("ott_"), "{background}");
    let longest =
        shown["destination"]["outcomes"].as_object().unwrap().values().map(|url| url.as_str().unwrap().len()).max();
    assert_eq!(shown["longest_bytes"].as_u64(), longest.map(|length| length as u64));
    // Nobody can use the token of a preview.
    merchant.redeem(&query_value(success, "one-time-token")).await.is(404);
}

#[tokio::test]
async fn a_preview_shows_what_each_device_is_given() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let callback = json!({
        "url": "https://shop.example/cb", "web": "https://shop.example/web", "ios": "https://app.shop.example/",
        "android": "com.example.shop://paid", "fallback": "https://shop.example/no-app-of-ours",
    });
    merchant.save_as(callback).await;
    let shown = merchant.v1(Method::POST, "/preview", &json!({ "callback_url": "0" })).await.is(200).json();
    let landing = &shown["destination"];
    assert_eq!(landing["ios"], "https://app.shop.example/");
    let query = |outcome: &str| format!("pay_id=9007199254740991&user_id={}&status={outcome}", merchant.id);
    let devices = landing["devices"].as_object().unwrap();
    assert_eq!(devices.len(), 4, "{landing}");
    for outcome in ["success", "cancel"] {
        let (query, web) = (query(outcome), format!("https://shop.example/web?{}", query(outcome)));
        let no_app = format!("https://shop.example/no-app-of-ours?{query}");
        let ios = format!("https://app.shop.example/?{query}");
        assert_eq!(devices["ios"][outcome], json!({ "opens": "app", "url": ios, "elsewhere": no_app }));
        assert_eq!(devices["mac_or_ipad"][outcome], json!({ "opens": "either", "url": ios, "elsewhere": web }));
        assert_eq!(devices["desktop"][outcome], json!({ "opens": "web", "url": web }));
        let android = &devices["android"][outcome];
        assert_eq!(android["attempt"], format!("com.example.shop://paid?{query}"));
        let intent = android["url"].as_str().unwrap();
        assert!(intent.starts_with(&format!("intent://paid?{query}#Intent;scheme=com.example.shop;S.")), "{intent}");
    }
    let longest = format!("https://shop.example/no-app-of-ours?{}", query("success")).len();
    assert_eq!(shown["longest_bytes"], longest);
    // A redirect that is the same for everybody is shown as one.
    let plain = merchant.v1(Method::POST, "/preview", &json!({ "callback_url": "https://shop.example/" })).await.json();
    assert!(plain["destination"].get("devices").is_none(), "{plain}");
    // It refuses what an opening refuses.
    let long = format!("com.example.shop://{}", "a".repeat(2020));
    merchant.save_as(json!({ "url": "https://shop.example/cb", "android": long })).await;
    let refused = merchant.v1(Method::POST, "/preview", &json!({ "callback_url": "1" })).await.is(422).json();
    assert_eq!(refused["field"], "callback_url");
    assert_eq!(refused["detail"], merchant.refusal(&json!("1")).await);
}
