//! `/v1/profile/endpoints`: payment endpoints in stable slots.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;

on_every_store![
    endpoints_are_added_listed_replaced_and_deleted,
    a_key_comes_in_and_never_out_again,
    what_is_no_endpoint_is_refused_with_its_field,
    there_are_a_hundred_slots,
    the_same_key_and_body_save_the_same_endpoint,
    no_edit_is_lost_to_another,
    endpoints_are_their_own_merchants_alone,
    a_journey_and_a_preview_show_who_is_told,
];

/// Every event, and those that are no refusal.
const ALL: [&str; 7] = ["pending", "paid", "authorised", "done", "cancelled", "failed", "expired"];
const SUCCESS: [&str; 4] = ["pending", "paid", "authorised", "done"];

const KEY: &str = "0123456789abcdefFEDCBA9876543210";

async fn save(merchant: &MerchantClient, endpoint: Value) -> Value {
    merchant.v1(Method::POST, "/profile/endpoints", &endpoint).await.is(201).json()
}

async fn endpoints_are_added_listed_replaced_and_deleted(mut gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    assert_eq!(merchant.look("/profile").await.is(200).json()["endpoints"], json!([]));
    let body =
        json!({ "url": "https://shop.example/paid?s={status}", "form": "form", "notify_on": ["paid", "expired"] });
    let added = merchant.v1(Method::POST, "/profile/endpoints", &body).await.is(201);
    assert_eq!(added.header("content-location"), "/v1/profile/endpoints/0");
    let mut expected = body;
    expected["index"] = json!(0);
    expected["encrypted"] = json!(false);
    assert_eq!(added.json(), expected);
    assert_eq!(save(&merchant, json!({ "url": "https://shop.example/2" })).await["index"], 1);
    gateway.restart().await;
    let merchant = MerchantClient { http: gateway.http.clone(), ..merchant };
    assert_eq!(merchant.look("/profile/endpoints/0").await.is(200).json(), expected);
    let plain =
        json!({ "index": 1, "url": "https://shop.example/2", "form": "nested", "notify_on": ALL, "encrypted": false });
    let all = json!([expected, plain]);
    assert_eq!(merchant.look("/profile/endpoints").await.is(200).json(), json!({ "endpoints": all }));
    assert_eq!(merchant.look("/profile").await.is(200).json()["endpoints"], all);
    assert_eq!(
        merchant.look("/profile/callbacks").await.is(200).json(),
        json!({ "callbacks": [] }),
        "each has its own"
    );

    let path = "/profile/endpoints/0";
    let replaced = merchant.v1(Method::PUT, path, &json!({ "url": "https://shop.example/other" })).await.is(200).json();
    let expected = json!({
        "index": 0, "url": "https://shop.example/other", "form": "nested", "notify_on": ALL, "encrypted": false
    });
    assert_eq!(replaced, expected, "what is left out is back to its default");
    merchant.v1(Method::PUT, "/profile/endpoints/2", &json!({ "url": "https://shop.example/x" })).await.is(404);
    assert!(merchant.v1(Method::DELETE, path, &Value::Null).await.is(204).body.is_empty());
    assert_eq!(
        merchant.look("/profile/endpoints").await.is(200).json(),
        json!({ "endpoints": [plain] }),
        "nobody moves"
    );
    assert_eq!(save(&merchant, json!({ "url": "https://shop.example/3" })).await["index"], 2, "a hole is not filled");
    for (method, path) in [
        (Method::DELETE, path),
        (Method::GET, path),
        (Method::GET, "/profile/endpoints/99999999999999999999"),
        (Method::GET, "/profile/endpoints/x"),
        (Method::DELETE, "/profile/endpoints/-1"),
    ] {
        let refused = merchant.v1(method, path, &Value::Null).await.is(404);
        assert_eq!(refused.header("content-type"), "application/problem+json", "{path}");
    }
    merchant.v1(Method::PUT, path, &json!({ "url": "https://shop.example/again" })).await.is(200);
    merchant.v1(Method::PATCH, path, &json!({})).await.is(405);
}

async fn a_key_comes_in_and_never_out_again(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let body = json!({ "url": "https://shop.example/paid", "encryption_key": KEY });
    let added = merchant.v1(Method::POST, "/profile/endpoints", &body).await.is(201).never_says(KEY);
    assert_eq!(added.json()["encrypted"], true);
    let link = merchant.link(json!({})).await;
    let own = merchant.link(json!({ "is_encryption": true, "encryption_key": KEY })).await;
    for path in [
        "/profile".to_owned(),
        "/profile/endpoints".to_owned(),
        "/profile/endpoints/0".to_owned(),
        format!("/journeys/{}", link.id),
        format!("/journeys/{}", own.id),
    ] {
        let shown = merchant.look(&path).await.is(200).never_says(KEY);
        shown.says("\"encrypted\":true");
    }
    for link in [&link, &own] {
        assert!(!link.data.to_string().contains(KEY), "{}", link.data);
    }
    let replaced =
        merchant.v1(Method::PUT, "/profile/endpoints/0", &json!({ "url": "https://shop.example/paid" })).await;
    assert_eq!(replaced.is(200).json()["encrypted"], false, "a PUT replaces the whole entry, its key too");
    let frozen = merchant.journey(&link.id).await;
    assert_eq!(frozen["callbacks"]["endpoints"][0]["encrypted"], true, "running journeys keep theirs: {frozen}");
}

async fn what_is_no_endpoint_is_refused_with_its_field(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let url = "https://shop.example/paid";
    for (body, status, field) in [
        (json!({ "url": "http://shop.example/" }), 422, "url"),
        (json!({ "url": "com.example.shop://paid" }), 422, "url"),
        (json!({ "url": "" }), 422, "url"),
        (json!({ "url": format!("https://shop.example/{}", "a".repeat(2048)) }), 422, "url"),
        (json!({ "url": url, "form": "xml" }), 422, "form"),
        (json!({ "url": url, "form": "" }), 422, "form"),
        (json!({ "url": url, "notify_on": ["never"] }), 422, "notify_on"),
        (json!({ "url": url, "notify_on": [] }), 422, "notify_on"),
        (json!({ "url": url, "notify_on": "paid" }), 400, "notify_on"),
        (json!({ "url": url, "encryption_key": "short" }), 422, "encryption_key"),
        (json!({ "url": url, "encryption_key": "" }), 422, "encryption_key"),
        (json!({ "url": url, "encryption_key": format!("{KEY}0") }), 422, "encryption_key"),
        (json!({ "url": url, "encryption_key": "é".repeat(16) }), 422, "encryption_key"),
        (json!({ "url": url, "encrypted": true }), 400, "encrypted"),
        (json!({ "url": url, "name": "main" }), 400, "name"),
        (json!({ "url": 7 }), 400, "url"),
        (json!({}), 400, "url"),
    ] {
        for (method, path) in [(Method::POST, "/profile/endpoints"), (Method::PUT, "/profile/endpoints/0")] {
            let problem = merchant.v1(method, path, &body).await.is(status).json();
            assert_eq!((&problem["field"], &problem["status"]), (&json!(field), &json!(status)), "{body}");
            let key = body["encryption_key"].as_str().filter(|key| !key.is_empty());
            assert!(key.is_none_or(|key| !problem.to_string().contains(key)), "{problem}");
        }
    }
    assert_eq!(merchant.look("/profile/endpoints").await.json(), json!({ "endpoints": [] }));
}

async fn there_are_a_hundred_slots(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for n in 0..100 {
        assert_eq!(save(&merchant, json!({ "url": format!("https://shop.example/{n}") })).await["index"], n);
    }
    merchant.v1(Method::DELETE, "/profile/endpoints/7", &Value::Null).await.is(204);
    let refused =
        merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": "https://shop.example/" })).await.is(422);
    refused.says("100 slots");
    let link = merchant.link(json!({ "payment_endpoint": "99" })).await;
    assert_eq!(link.data["paymentEndpoint"], "https://shop.example/99");
}

async fn the_same_key_and_body_save_the_same_endpoint(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let key = [("idempotency-key", "first")];
    let body = json!({ "url": "https://shop.example/paid", "encryption_key": KEY });
    let add = |body: Value| {
        let merchant = merchant.clone();
        async move { merchant.v1_with(Method::POST, "/profile/endpoints", &key, &body).await }
    };
    let first = add(body.clone()).await.is(201).json();
    let again = futures_util::future::join_all((0..8).map(|_| add(body.clone()))).await;
    for answer in again {
        assert_eq!(answer.is(201).json(), first);
    }
    assert_eq!(merchant.look("/profile/endpoints").await.json()["endpoints"].as_array().map(Vec::len), Some(1));
    add(json!({ "url": "https://shop.example/other" })).await.is(409);
    // A key counts for each route apart.
    let callback = json!({ "url": "https://shop.example/paid" });
    merchant.v1_with(Method::POST, "/profile/callbacks", &key, &callback).await.is(201);
}

async fn no_edit_is_lost_to_another(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let adds = (0..8).map(|n| {
        let merchant = merchant.clone();
        async move {
            let url = format!("https://shop.example/{n}");
            let endpoint = save(&merchant, json!({ "url": url })).await["index"].as_u64().unwrap();
            (endpoint, merchant.save(&url).await)
        }
    });
    let (mut endpoints, mut callbacks): (Vec<_>, Vec<_>) =
        futures_util::future::join_all(adds).await.into_iter().unzip();
    endpoints.sort_unstable();
    callbacks.sort_unstable();
    assert_eq!((endpoints, callbacks), ((0..8).collect(), (0..8).collect()));
}

async fn endpoints_are_their_own_merchants_alone(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    save(&merchant, json!({ "url": "https://shop.example/paid" })).await;
    other.look("/profile/endpoints/0").await.is(404);
    other.v1(Method::DELETE, "/profile/endpoints/0", &Value::Null).await.is(404);
    let refused = other.secpaid("createLink", &json!({ "amount": 25, "payment_endpoint": "0" })).await.is(400).json();
    let message = refused["ResponseMsg"].as_str().unwrap();
    assert!(message.starts_with("payment_endpoint: names the saved endpoint 0"), "{message}");
    assert_eq!(other.link(json!({})).await.data["paymentEndpoint"], "");
    assert_eq!(merchant.link(json!({})).await.data["paymentEndpoint"], "https://shop.example/paid");
}

async fn a_journey_and_a_preview_show_who_is_told(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    save(&merchant, json!({ "url": "https://shop.example/0", "form": "brackets", "encryption_key": KEY })).await;
    save(&merchant, json!({ "url": "https://shop.example/1", "notify_on": SUCCESS })).await;
    let of_slot = |index: usize, form: &str, events: &[&str], encrypted: bool| {
        let url = format!("https://shop.example/{index}");
        json!({ "index": index, "url": url, "form": form, "notify_on": events, "encrypted": encrypted })
    };
    let url = "https://own.example/";
    for (open_request, expected) in [
        (json!({}), json!([of_slot(0, "brackets", &ALL, true)])),
        (json!({ "payment_endpoint": "1" }), json!([of_slot(1, "nested", &SUCCESS, false)])),
        (
            json!({ "payment_endpoint": ["https://own.example/", 1], "payment_endpoint_form": "form" }),
            json!([
                { "url": url, "form": "form", "notify_on": ALL, "encrypted": false },
                of_slot(1, "form", &SUCCESS, false),
            ]),
        ),
        (
            json!({ "payment_endpoint": "0,1", "payment_endpoint_on_cancel": false, "is_encryption": false }),
            json!([of_slot(0, "brackets", &SUCCESS, false), of_slot(1, "nested", &SUCCESS, false)]),
        ),
        (json!({ "payment_endpoint": url }), json!([{ "url": url, "notify_on": ALL, "encrypted": false }])),
    ] {
        let link = merchant.link(open_request.clone()).await;
        assert_eq!(merchant.journey(&link.id).await["callbacks"]["endpoints"], expected, "{open_request}");
        let shown = merchant.v1(Method::POST, "/preview", &open_request).await.is(200).json();
        assert_eq!(shown["endpoints"], expected, "{open_request}");
    }
    let open_request = json!({ "payment_endpoint": "0,1", "is_encryption": true });
    let refused = merchant.v1(Method::POST, "/preview", &open_request).await.is(422).json();
    assert_eq!((&refused["field"], &refused["item"]), (&json!("payment_endpoint item 2"), &json!(2)), "{refused}");
}
