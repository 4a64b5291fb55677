//! What merchants' servers are sent in SecPaid's words: background callbacks and payment endpoints
//! (contracts/secpaid.md, sections 6 and 7).

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};

on_every_store![
    each_form_tells_of_success_and_of_cancel,
    endpoints_are_an_index_a_list_or_the_first_that_is_saved,
    what_names_no_endpoint_is_refused_by_item,
    an_endpoint_hears_of_success_alone_where_it_is_asked,
    a_payment_after_a_cancel_is_told_too,
    an_encrypted_body_is_opened_by_its_receiver,
    what_cannot_be_encrypted_is_never_sent_in_the_clear,
    servers_are_told_what_the_browser_is_and_no_token,
];

const KEY: &str = "0123456789abcdefFEDCBA9876543210";
const OTHER_KEY: &str = "~!@#$%^&*()_+{}|:<>?/.,;'[]-=`AZ";

async fn save(merchant: &MerchantClient, endpoint: Value) -> u64 {
    let saved = merchant.v1(Method::POST, "/profile/endpoints", &endpoint).await.is(201).json();
    saved["index"].as_u64().expect("an index")
}

/// Pays, or refuses to, and waits until everything has been delivered.
async fn conclude(gateway: &TestGateway, merchant: &MerchantClient, link: &Link, answer: &str) {
    gateway.http.pay(&link.text, answer).await.location();
    all_told(merchant, link).await;
}

async fn all_told(merchant: &MerchantClient, link: &Link) {
    eventually("everybody is told", || async {
        let journey = merchant.journey(&link.id).await;
        journey["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["state"] == "delivered")
    })
    .await;
}

/// What has come to a path, in its order.
fn at(receiver: &Receiver, path: &str) -> Vec<Received> {
    receiver.received().into_iter().filter(|told| told.target.split('?').next() == Some(path)).collect()
}

#[track_caller]
fn last(receiver: &Receiver, path: &str) -> Received {
    at(receiver, path).pop().unwrap_or_else(|| panic!("nothing came to {path}"))
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// PHP's `parse_str`, for names with at most one bracket.
fn parse_str(body: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(body).expect("a form");
    let mut all = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (name, value) in pairs {
        let (outer, inner) = name.split_once('[').unwrap_or((&name, ""));
        all.entry(outer.to_owned()).or_default().insert(inner.trim_end_matches(']').to_owned(), value);
    }
    all
}

/// The body of each form, for a link of 25 EUR with the note `order 7`.
fn expected(form: &str, merchant: &MerchantClient, link: &Link, status: &str) -> Value {
    let pay_id: u64 = link.id.parse().expect("a number");
    let capital = format!("{}{}", status[..1].to_uppercase(), &status[1..]);
    match form {
        "nested" => json!({ "ResponseCode": 1, "data": {
            "pay_id": pay_id, "note": "order 7", "amount": 25, "user_id": merchant.id, "status": capital,
        }}),
        "brackets" => {
            let name = if status == "success" { "data[status]" } else { "data[Status]" };
            json!({ "ResponseCode": 1, "data[pay_id]": pay_id, "data[amount]": 25, "data[user_id]": merchant.id, name: status })
        }
        _ => json!({ "ResponseCode": { "": "1" }, "data": {
            "pay_id": link.id, "amount": "25", "user_id": merchant.id, "status": status,
        }}),
    }
}

async fn each_form_tells_of_success_and_of_cancel(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    for form in ["nested", "brackets", "form"] {
        for (answer, status) in [("code=ok", "success"), ("error=access_denied", "cancel")] {
            let path = format!("/{form}/{status}");
            let link = merchant
                .link(json!({
                    "payment_endpoint": receiver.url(&path), "payment_endpoint_form": form, "recipient_note": "order 7",
                }))
                .await;
            conclude(&gateway, &merchant, &link, answer).await;
            let [told] = at(&receiver, &path).try_into().expect("one notice");
            assert_eq!(told.method, "POST");
            let body = if form == "form" {
                assert_eq!(told.headers["content-type"], "application/x-www-form-urlencoded");
                let read = parse_str(&told.body);
                // As the plugin for WooCommerce reads it: whatever happened, the status has this name.
                assert_eq!(read["data"]["status"].to_lowercase(), status);
                json!(read)
            } else {
                assert_eq!(told.headers["content-type"], "application/json");
                json_of(&told.body)
            };
            assert_eq!(body, expected(form, &merchant, &link, status), "{form} {status}");
            signed(&merchant, &told);
        }
    }
}

/// Checks a signature with the reference library.
#[track_caller]
fn signed(merchant: &MerchantClient, told: &Received) {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&told.headers[name]).expect("a header"));
    }
    let reference = Webhook::new(&merchant.signing_secret).expect("a secret");
    reference.verify(told.body.as_bytes(), &headers).expect("a signature over the bytes that were sent");
}

async fn endpoints_are_an_index_a_list_or_the_first_that_is_saved(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    save(&merchant, json!({ "url": receiver.url("/hole") })).await;
    save(&merchant, json!({ "url": receiver.url("/1"), "form": "form" })).await;
    save(&merchant, json!({ "url": receiver.url("/2?for={pay_id}"), "form": "brackets" })).await;
    merchant.v1(Method::DELETE, "/profile/endpoints/0", &Value::Null).await.is(204);
    let own = receiver.url("/own");
    let mut all = 0;
    for (asked, told) in [
        (json!({}), vec![("/1", "form")]),
        (json!({ "payment_endpoint": "" }), vec![("/1", "form")]),
        (json!({ "payment_endpoint": 2 }), vec![("/2", "brackets")]),
        (
            json!({ "payment_endpoint": format!("2,{own}, 1") }),
            vec![("/2", "brackets"), ("/own", "nested"), ("/1", "form")],
        ),
        (json!({ "payment_endpoint": [own, "1"] }), vec![("/own", "nested"), ("/1", "form")]),
        (
            json!({ "payment_endpoint": format!("1,2,{own}"), "payment_endpoint_form": "nested" }),
            vec![("/1", "nested"), ("/2", "nested"), ("/own", "nested")],
        ),
    ] {
        let mut fields = asked.clone();
        fields["recipient_note"] = json!("order 7");
        let link = merchant.link(fields).await;
        conclude(&gateway, &merchant, &link, "code=ok").await;
        for (path, form) in &told {
            let told = last(&receiver, path);
            let body = if *form == "form" { json!(parse_str(&told.body)) } else { json_of(&told.body) };
            assert_eq!(body, expected(form, &merchant, &link, "success"), "{asked} {path}");
            assert!(*path != "/2" || told.target == format!("/2?for={}", link.id), "{}", told.target);
        }
        all += told.len();
        let deliveries = merchant.journey(&link.id).await["deliveries"].clone();
        assert!(deliveries.as_array().unwrap().iter().all(|delivery| delivery["kind"] == "payment_endpoint"));
    }
    assert_eq!(receiver.count(), all, "nobody else, and nobody twice");
    // What was frozen stays: an edit is for new links.
    let link = merchant.link(json!({ "payment_endpoint": "1" })).await;
    merchant.v1(Method::PUT, "/profile/endpoints/1", &json!({ "url": receiver.url("/moved") })).await.is(200);
    conclude(&gateway, &merchant, &link, "code=ok").await;
    assert_eq!(
        (at(&receiver, "/moved").len(), parse_str(&last(&receiver, "/1").body)["data"]["pay_id"].clone()),
        (0, link.id)
    );
}

async fn what_names_no_endpoint_is_refused_by_item(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    save(&merchant, json!({ "url": "https://shop.example/0" })).await;
    save(&merchant, json!({ "url": "https://shop.example/1" })).await;
    merchant.v1(Method::DELETE, "/profile/endpoints/0", &Value::Null).await.is(204);
    for (asked, said) in [
        ("0", "payment_endpoint: names the saved endpoint 0, and there is none at that index"),
        ("1,9", "payment_endpoint item 2: names the saved endpoint 9"),
        ("main", "payment_endpoint: is not absolute"),
        ("com.example.shop://x", "payment_endpoint: is an app link"),
        ("1,http://shop.example/", "payment_endpoint item 2: "),
        ("[1,true]", "payment_endpoint item 2: is not an array"),
    ] {
        let refused = merchant.secpaid("createLink", &json!({ "amount": 25, "payment_endpoint": asked })).await.is(400);
        let message = refused.json()["ResponseMsg"].as_str().unwrap().to_owned();
        assert!(message.starts_with(said), "{asked}: {message}");
    }
    merchant.choose(json!({ "one_off_urls": "saved_only" })).await;
    merchant.link(json!({ "payment_endpoint": "1" })).await;
    merchant
        .secpaid("createLink", &json!({ "amount": 25, "payment_endpoint": "https://own.example/" }))
        .await
        .is(400)
        .says("/v1/profile/endpoints");
}

async fn an_endpoint_hears_of_success_alone_where_it_is_asked(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    save(&merchant, json!({ "url": receiver.url("/always") })).await;
    save(&merchant, json!({ "url": receiver.url("/on_success"), "notify_on": ["paid"] })).await;
    for (on_cancel, told_of_cancel) in [
        (json!(null), vec!["/always"]),
        (json!(false), vec![]),
        (json!("No"), vec![]),
        (json!(true), vec!["/always", "/on_success"]),
    ] {
        for (answer, told) in [("error=access_denied", told_of_cancel), ("code=ok", vec!["/always", "/on_success"])] {
            let before = receiver.count();
            let fields = json!({ "payment_endpoint": "0,1", "payment_endpoint_on_cancel": on_cancel });
            let link = merchant.link(fields).await;
            conclude(&gateway, &merchant, &link, answer).await;
            let mut targets: Vec<_> = receiver.received()[before..].iter().map(|told| told.target.clone()).collect();
            targets.sort();
            assert_eq!(targets, told, "{on_cancel} {answer}");
        }
    }
    // An endpoint may want what nobody has paid alone.
    let wanted = receiver.url("/cancels");
    let index = save(&merchant, json!({ "url": wanted, "notify_on": ["cancelled", "failed"] })).await;
    for (answer, count) in [("code=ok", 0), ("error=access_denied", 1)] {
        let link = merchant.link(json!({ "payment_endpoint": [0, index] })).await;
        conclude(&gateway, &merchant, &link, answer).await;
        assert_eq!(at(&receiver, "/cancels").len(), count, "{answer}");
    }
    // Failed and expired are no success either, where a merchant asked for them.
    let before = receiver.count();
    let fields = json!({ "payment_endpoint": "0,1", "extra_outcomes": true });
    let link = merchant.link(fields.clone()).await;
    conclude(&gateway, &merchant, &link, "error=server_error").await;
    assert_eq!(json_of(&last(&receiver, "/always").body)["data"]["status"], "Failed");
    let link = merchant.link(fields).await;
    gateway.wait(std::time::Duration::from_hours(25));
    gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location();
    all_told(&merchant, &link).await;
    assert_eq!(json_of(&last(&receiver, "/always").body)["data"]["status"], "Expired");
    assert_eq!(receiver.count() - before, 2);
}

async fn a_payment_after_a_cancel_is_told_too(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    save(&merchant, json!({ "url": receiver.url("/always") })).await;
    save(&merchant, json!({ "url": receiver.url("/on_success"), "notify_on": ["paid"] })).await;
    let link = merchant.link(json!({ "payment_endpoint": "0,1", "callback_url": "https://shop.example/cb" })).await;
    let sent_out = gateway.http.leave(&link.text).await;
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    assert!(cancelled.ends_with("&status=cancel"), "{cancelled}");
    all_told(&merchant, &link).await;
    let paid = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(paid.ends_with("&status=success"), "{paid}");
    all_told(&merchant, &link).await;
    // And nothing that comes later is delivered again.
    assert_eq!(gateway.http.back_in_it(&sent_out, "error=access_denied").await.location(), paid);
    let statuses = |path| -> Vec<Value> {
        at(&receiver, path).iter().map(|told| json_of(&told.body)["data"]["status"].clone()).collect()
    };
    assert_eq!(statuses("/always"), ["Cancel", "Success"]);
    assert_eq!(statuses("/on_success"), ["Success"]);
    let ids: Vec<_> = at(&receiver, "/always").iter().map(|told| told.id().to_owned()).collect();
    assert_ne!(ids[0], ids[1], "each outcome is news of its own");
    assert_eq!(merchant.journey(&link.id).await["deliveries"].as_array().map(Vec::len), Some(3));
    let rows = merchant.secpaid("getPayInTransactions", &json!({ "pay_id": link.id })).await.is(200).json();
    assert_eq!((rows["data"].as_array().map(Vec::len), &rows["data"][0]["status"]), (Some(1), &json!("Success")));
}

async fn an_encrypted_body_is_opened_by_its_receiver(mut gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    save(&merchant, json!({ "url": receiver.url("/saved"), "encryption_key": OTHER_KEY })).await;
    save(&merchant, json!({ "url": receiver.url("/form"), "form": "form", "encryption_key": OTHER_KEY })).await;
    save(&merchant, json!({ "url": receiver.url("/clear") })).await;
    gateway.restart().await;
    let merchant = MerchantClient { http: gateway.http.clone(), ..merchant };
    let own = json!({ "is_encryption": "true", "encryption_key": KEY, "payment_endpoint_form": "brackets" });
    let clear = json!({ "is_encryption": "No", "encryption_key": KEY });
    for (endpoints, more, told) in [
        ("0", json!({}), vec![("/saved", Some(OTHER_KEY), "nested")]),
        ("0", json!({ "is_encryption": "Yes" }), vec![("/saved", Some(OTHER_KEY), "nested")]),
        // An encrypted body is JSON, whatever it would have been.
        ("1,2", json!({}), vec![("/form", Some(OTHER_KEY), "brackets"), ("/clear", None, "nested")]),
        ("0,2", own, vec![("/saved", Some(KEY), "brackets"), ("/clear", Some(KEY), "brackets")]),
        ("0", clear, vec![("/saved", None, "nested")]),
    ] {
        for (answer, status) in [("code=ok", "success"), ("error=access_denied", "cancel")] {
            let mut fields = more.clone();
            fields["payment_endpoint"] = json!(endpoints);
            fields["recipient_note"] = json!("order 7");
            let link = merchant.link(fields).await;
            conclude(&gateway, &merchant, &link, answer).await;
            for (path, key, form) in &told {
                let told = last(&receiver, path);
                assert_eq!(told.headers["content-type"], "application/json");
                let body = key.map_or_else(|| told.body.clone(), |key| told.opened(key));
                assert_eq!(json_of(&body), expected(form, &merchant, &link, status), "{endpoints} {more} {path}");
                assert!(key.is_none() || !told.body.contains(&merchant.id), "{}", told.body);
                signed(&merchant, &told);
            }
        }
    }
}

async fn what_cannot_be_encrypted_is_never_sent_in_the_clear(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (fields, said) in [
        (
            json!({ "is_encryption": true, "payment_endpoint": "https://m.example/" }),
            "payment_endpoint: has no encryption key",
        ),
        (json!({ "is_encryption": true, "encryption_key": "short" }), "encryption_key: is no key"),
        (json!({ "is_encryption": true, "encryption_key": "é".repeat(16) }), "encryption_key: is no key"),
        (json!({ "encryption_key": KEY }), "encryption_key: comes without is_encryption"),
    ] {
        let mut body = json!({ "amount": 25 });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let refused = merchant.secpaid("createLink", &body).await.is(400).never_says(KEY).json();
        assert!(refused["ResponseMsg"].as_str().unwrap().starts_with(said), "{refused}");
    }
}

async fn servers_are_told_what_the_browser_is_and_no_token(gateway: TestGateway) {
    let (merchant, receiver) =
        (gateway.merchant("Shop"), Receiver::answering(|n, _| Reply::Status([200, 204, 302][n % 3])));
    let webhooks = Receiver::saying(200);
    for (answer, status) in [("code=ok", "success"), ("error=access_denied", "cancel")] {
        let told = [receiver.url("/a?own=1"), receiver.url("/{pay_id}/{status}"), receiver.url("/c#frag")];
        let list: Vec<_> = std::iter::once("https://shop.example/cb".to_owned()).chain(told).collect();
        let link = merchant
            .link(json!({
                "callback_url": list, "one_time_token": true,
                "payment_endpoint": webhooks.url("/pay?for={pay_id}&s={status}"),
            }))
            .await;
        let before = receiver.count();
        let home = gateway.http.pay(&link.text, answer).await.location();
        let token = query_value(&home, "one-time-token");
        all_told(&merchant, &link).await;
        let query = merchant.query(&link, &format!("&status={status}"));
        assert_eq!(home, format!("https://shop.example/cb?{query}&one-time-token={token}"));
        let mut targets: Vec<_> = receiver.received()[before..].iter().map(|told| told.target.clone()).collect();
        targets.sort();
        let mut expected =
            vec![format!("/a?own=1&{query}"), format!("/c?{query}"), format!("/{}/{status}?{query}", link.id)];
        expected.sort();
        assert_eq!(targets, expected);
        let webhook = last(&webhooks, "/pay");
        assert_eq!(webhook.target, format!("/pay?for={}&s={status}", link.id));
        for told in receiver.received()[before..].iter().chain([&webhook]) {
            let all = format!("{} {:?} {}", told.target, told.headers, told.body);
            assert!(!all.contains(&token) && !all.contains("one-time-token") && !all.contains("ott_"), "{all}");
        }
    }
}
