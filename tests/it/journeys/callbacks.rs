//! Rule 5: callbacks are resolved when the journey opens, and frozen in it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::query_value;
use crate::support::on_every_store;

on_every_store![
    edits_act_at_once_on_new_journeys_and_never_on_running_ones,
    settings_act_at_once_on_new_journeys_and_never_on_running_ones,
    a_deletion_leaves_a_hole_and_the_others_keep_their_index,
    a_name_stands_for_its_index,
    without_a_callback_every_saved_one_applies_but_those_on_request,
    a_saved_callback_that_no_link_can_use_is_named,
    a_link_says_where_parameters_go_in_a_url_of_its_own,
    without_any_callback_the_customer_sees_our_own_page,
    a_merchant_can_allow_saved_callbacks_only,
    parameters_go_into_the_fragment_where_asked,
    the_merchants_bytes_are_kept_verbatim,
    placeholders_are_filled_and_cannot_choose_a_place,
    the_others_of_a_list_are_kept_as_deliveries,
    an_array_says_what_a_list_cannot,
];

async fn edits_act_at_once_on_new_journeys_and_never_on_running_ones(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let [before, after] = ["https://before.example/cb", "https://after.example/cb"];
    assert_eq!(merchant.save(before).await, 0);
    let edited = merchant.link_to("0").await;
    let away = gateway.http.leave(&edited.text).await;
    merchant.v1(Method::PUT, "/profile/callbacks/0", &json!({ "url": after })).await.is(200);
    let new = merchant.link_to("0").await;
    assert_eq!(new.data["callback_url"], after);
    let deleted = merchant.link_to("0").await;
    merchant.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(204);
    let refusal = merchant.refusal(&json!("0")).await;
    assert!(refusal.contains("none at that index"), "{refusal}");
    let home = gateway.http.back(&away.with("code=ok")).await.location();
    assert_eq!(home, format!("{before}?{}", merchant.query(&edited, "&status=success")));
    for link in [new, deleted] {
        let home = gateway.http.pay(&link.text, "code=ok").await.location();
        assert_eq!(home, format!("{after}?{}", merchant.query(&link, "&status=success")));
    }
}

async fn settings_act_at_once_on_new_journeys_and_never_on_running_ones(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let running = merchant.link_to("https://shop.example/cb").await;
    merchant.choose(json!({ "extra_outcomes": "on", "one_time_token": "on", "same_browser": "required" })).await;
    let back = gateway.http.pay(&running.text, "error=server_error").await.location();
    assert_eq!(json!(back), running.data["pay_link"]);
    let home = gateway.http.pay(&running.text, "code=ok").await.location();
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&running, "&status=success")));
}

async fn a_deletion_leaves_a_hole_and_the_others_keep_their_index(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for n in 0..3 {
        assert_eq!(merchant.save(&format!("https://shop.example/{n}")).await, n);
    }
    merchant.v1(Method::DELETE, "/profile/callbacks/0", &Value::Null).await.is(204);
    assert_eq!(merchant.save("https://shop.example/3").await, 3);
    for n in [1, 2, 3] {
        let link = merchant.link_to(&n.to_string()).await;
        assert_eq!(link.data["callback_url"], format!("https://shop.example/{n}"));
    }
    assert!(merchant.refusal(&json!("0")).await.contains("none at that index"));
    let by_default = merchant.link(json!({})).await.data["callback_urls"].clone();
    assert_eq!(by_default, json!([1, 2, 3].map(|n| format!("https://shop.example/{n}"))), "the holes are left out");
    merchant.v1(Method::PUT, "/profile/callbacks/0", &json!({ "url": "https://shop.example/again" })).await.is(200);
    assert_eq!(merchant.link_to("0").await.data["callback_url"], "https://shop.example/again");
}

async fn a_name_stands_for_its_index(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/first").await;
    merchant.save_as(json!({ "url": "https://shop.example/second", "name": "backup" })).await;
    let link = merchant.link_to("backup,0").await;
    assert_eq!(link.data["callback_urls"], json!(["https://shop.example/second", "https://shop.example/first"]));
    assert!(merchant.refusal(&json!("backu")).await.contains("callback_url"));
    let taken = json!({ "url": "https://shop.example/third", "name": "backup" });
    let refused = merchant.v1(Method::POST, "/profile/callbacks", &taken).await.is(422).json();
    assert_eq!(refused["field"], "name");
}

async fn without_a_callback_every_saved_one_applies_but_those_on_request(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let urls = ["https://shop.example/only-named", "https://shop.example/first", "https://hook.example/second"];
    merchant.save_as(json!({ "url": urls[0], "name": "named", "on_request": true })).await;
    merchant.save_as(json!({ "url": urls[1] })).await;
    merchant.save_as(json!({ "url": "https://hook.example/hole" })).await;
    merchant.save_as(json!({ "url": urls[2], "params_in": "fragment" })).await;
    merchant.save_as(json!({ "url": "com.example.shop://paid" })).await;
    merchant.v1(Method::DELETE, "/profile/callbacks/2", &Value::Null).await.is(204);
    let link = merchant.link(json!({ "one_time_token": true })).await;
    assert_eq!(link.data["callback_urls"], json!(urls[1..]), "no server can open an app");
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let query = merchant.query(&link, "&status=success");
    assert!(home.starts_with(&format!("{}?{query}&one-time-token=", urls[1])), "{home}");
    let journey = merchant.journey(&link.id).await;
    let told: Vec<_> = journey["deliveries"].as_array().unwrap().iter().map(|told| &told["callback"]).collect();
    assert_eq!(told, [urls[2]]);
    assert_eq!(journey["callbacks"]["background"][0]["index"], 3, "indices do not move");
    assert_eq!(journey["callbacks"]["background"][0]["params_in"], "query", "no server sees a fragment");
    // The preview says the same.
    let preview = merchant.v1(Method::POST, "/preview", &json!({})).await.is(200).json();
    assert_eq!((&preview["destination"]["url"], &preview["background"][0]["url"]), (&json!(urls[1]), &json!(urls[2])));
    // A caller that names one gets it, by its index, its name or its URL.
    for named in [json!("0"), json!("named"), json!(urls[0]), json!([0])] {
        assert_eq!(merchant.link(json!({ "callback_url": named })).await.data["callback_urls"], json!([urls[0]]));
    }
    // Where none is left the customer ends on our page.
    for index in [1, 3, 4] {
        let saved = json!({ "url": "https://shop.example/cb", "on_request": true });
        merchant.v1(Method::PUT, &format!("/profile/callbacks/{index}"), &saved).await.is(200);
    }
    let link = merchant.link(json!({})).await;
    assert_eq!((&link.data["callback_url"], &link.data["callback_urls"]), (&json!(""), &json!([])));
    assert_eq!(json!(gateway.http.pay(&link.text, "code=ok").await.location()), link.data["pay_link"]);
}

async fn a_saved_callback_that_no_link_can_use_is_named(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/first").await;
    merchant.save("https://shop.example/?status=own").await;
    let refused = merchant.secpaid("createLink", &json!({ "amount": 1 })).await.is(400).json();
    let message = refused["ResponseMsg"].as_str().unwrap();
    assert!(message.starts_with("callback_url (saved callback 1): already holds the parameter status"), "{message}");
    assert!(message.contains("on_request"), "{message}");
    let saved = json!({ "url": "https://shop.example/?status=own", "on_request": true });
    merchant.v1(Method::PUT, "/profile/callbacks/1", &saved).await.is(200);
    assert_eq!(merchant.link(json!({})).await.data["callback_urls"], json!(["https://shop.example/first"]));
}

async fn a_link_says_where_parameters_go_in_a_url_of_its_own(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://hook.example/saved").await;
    let ask = |callback: Value| json!({ "callback_url": callback, "params_in": "fragment" });
    let link = merchant.link(ask(json!("https://spa.example/#/pay/complete"))).await;
    let query = merchant.query(&link, "&status=success");
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert_eq!(home, format!("https://spa.example/#/pay/complete?{query}"));
    // What is behind a `#` no server sees.
    let link = merchant.link(ask(json!(["https://spa.example/#/pay", 0, "https://hook.example/own"]))).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert!(home.starts_with("https://spa.example/#/pay?pay_id="), "{home}");
    for background in merchant.journey(&link.id).await["callbacks"]["background"].as_array().unwrap() {
        assert_eq!(background["params_in"], "query", "{background}");
    }
    let preview = merchant.v1(Method::POST, "/preview", &ask(json!("https://spa.example/#/pay"))).await.is(200).json();
    assert_eq!(preview["destination"]["params_in"], "fragment");
    for (fields, field) in [
        (json!({ "callback_url": "https://spa.example/#/pay", "params_in": "path" }), "params_in: "),
        (json!({ "callback_url": "0", "params_in": "fragment" }), "params_in: "),
        (json!({ "callback_url": "https://spa.example/", "paramsIn": "fragment" }), "paramsIn: "),
        (json!({ "callbackUrl": "https://spa.example/" }), "callbackUrl: "),
        (json!({ "callback_url": "https://spa.example/", "ios": "com.example.shop://paid" }), "ios: "),
    ] {
        let mut body = fields.clone();
        body["amount"] = json!(1);
        let refused = merchant.secpaid("createLink", &body).await.is(400).json();
        assert!(refused["ResponseMsg"].as_str().unwrap().starts_with(field), "{fields}: {refused}");
    }
}

async fn without_any_callback_the_customer_sees_our_own_page(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "one_time_token": true })).await;
    assert_eq!((&link.data["callback_url"], &link.data["callback_urls"]), (&json!(""), &json!([])));
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert_eq!(json!(home), link.data["pay_link"]);
    let page = gateway.http.get(&home).await.is(200).says("Payment complete").says("You can close this window");
    page.never_says("/payment/home");
}

async fn a_merchant_can_allow_saved_callbacks_only(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/saved").await;
    merchant.choose(json!({ "one_off_urls": "saved_only" })).await;
    let refusal = merchant.refusal(&json!("0,https://shop.example/one-off")).await;
    assert!(refusal.starts_with("callback_url item 2: ") && refusal.contains("saved callbacks only"), "{refusal}");
    let refusal = merchant.refusal(&json!(["https://shop.example/saved"])).await;
    assert!(refusal.contains("saved callbacks only"), "even one that is saved is named by its index: {refusal}");
    merchant.link_to("0").await;
    merchant.link(json!({})).await;
}

async fn parameters_go_into_the_fragment_where_asked(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (url, home) in [
        ("https://shop.example/app", "https://shop.example/app#"),
        ("https://shop.example/?v=2#/pay", "https://shop.example/?v=2#/pay?"),
        ("https://shop.example/#/pay?x=1&", "https://shop.example/#/pay?x=1&"),
    ] {
        let index = merchant.save_as(json!({ "url": url, "params_in": "fragment" })).await;
        let link = merchant.link(json!({ "callback_url": index, "one_time_token": true })).await;
        let location = gateway.http.pay(&link.text, "code=ok").await.location();
        let expected = format!("{home}{}", merchant.query(&link, "&status=success&one-time-token="));
        assert!(location.starts_with(&expected), "{location}");
    }
}

async fn the_merchants_bytes_are_kept_verbatim(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (url, home) in [
        ("https://shop.example", "https://shop.example?"),
        ("https://shop.example?", "https://shop.example?"),
        ("https://shop.example/a//b/;x=%2f%2F?q=%20+%26&&z", "https://shop.example/a//b/;x=%2f%2F?q=%20+%26&&z&"),
        ("https://shop.example/x,y?at=1,b", "https://shop.example/x,y?at=1,b&"),
        ("http://localhost:3000/cb?amp;=1&", "http://localhost:3000/cb?amp;=1&"),
        ("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/?"),
        ("https://shop.example/%7Btheirs%7D", "https://shop.example/%7Btheirs%7D?"),
    ] {
        let link = merchant.link_to(url).await;
        assert_eq!(link.data["callback_url"], url);
        let location = gateway.http.pay(&link.text, "code=ok").await.location();
        assert_eq!(location, format!("{home}{}", merchant.query(&link, "&status=success")));
    }
}

async fn placeholders_are_filled_and_cannot_choose_a_place(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let hostile = "../../x?status=success&pay_id=1#f é+%2e/{status}\\\"<";
    let encoded = "..%2F..%2Fx%3Fstatus%3Dsuccess%26pay_id%3D1%23f%20%C3%A9%2B%252e%2F%7Bstatus%7D%5C%22%3C";
    for (url, filled) in [
        ("https://shop.example/{pay_id}/{recipient_note}/{status}", "https://shop.example/PAY/NOTE/success?"),
        ("https://shop.example/?n={recipient_note}&u={user_id}", "https://shop.example/?n=NOTE&u=USER&"),
        ("https://shop.example/%7Bpay_id%7D#{recipient_note}", "https://shop.example/PAY?QUERY#NOTE"),
    ] {
        let link = merchant.link(json!({ "callback_url": url, "recipient_note": hostile })).await;
        let query = merchant.query(&link, "&status=success");
        let filled = filled.replace("PAY", &link.id).replace("USER", &merchant.id).replace("NOTE", encoded);
        let expected =
            if filled.contains("QUERY") { filled.replace("QUERY", &query) } else { format!("{filled}{query}") };
        assert_eq!(gateway.http.pay(&link.text, "code=ok").await.location(), expected);
    }
    // A value that would be a dot segment is refused before anybody leaves.
    let dotted =
        json!({ "amount": 1, "callback_url": "https://shop.example/a/{recipient_note}/b", "recipient_note": ".." });
    let refused = merchant.secpaid("createLink", &dotted).await.is(400).json();
    assert!(refused["ResponseMsg"].as_str().unwrap().contains("would change the path"), "{refused}");
    for placed in ["https://{user_id}.example/", "https://shop.example/{unknown}", "https://shop.example/{pay_id"] {
        merchant.refusal(&json!(placed)).await;
    }
}

async fn the_others_of_a_list_are_kept_as_deliveries(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://hook.example/saved").await;
    let list = "https://shop.example/cb, 0,https://hook.example/one-off";
    let link = merchant.link(json!({ "callback_url": list, "one_time_token": true })).await;
    let urls = ["https://shop.example/cb", "https://hook.example/saved", "https://hook.example/one-off"];
    assert_eq!(link.data["callback_urls"], json!(urls));
    let journey = merchant.journey(&link.id).await;
    assert_eq!(journey["callbacks"]["destination"]["url"], urls[0]);
    assert_eq!(journey["callbacks"]["background"][0]["index"], 0);
    assert_eq!(journey["deliveries"], json!([]), "nothing is delivered before there is an outcome");
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert!(home.starts_with("https://shop.example/cb?"), "{home}");
    let journey = merchant.journey(&link.id).await;
    let deliveries = journey["deliveries"].as_array().unwrap();
    let told: Vec<_> = deliveries.iter().map(|d| (d["callback"].clone(), d["ended_at"].clone())).collect();
    assert_eq!(told, [(json!(urls[1]), Value::Null), (json!(urls[2]), Value::Null)]);
    assert!(!journey.to_string().contains(&query_value(&home, "one-time-token")), "rule 6: without tokens");
}

async fn an_array_says_what_a_list_cannot(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/0").await;
    let link = merchant.link(json!({ "callback_url": ["https://shop.example/x,1", 0, "0"] })).await;
    let urls = json!(["https://shop.example/x,1", "https://shop.example/0", "https://shop.example/0"]);
    assert_eq!(link.data["callback_urls"], urls);
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert_eq!(home, format!("https://shop.example/x,1?{}", merchant.query(&link, "&status=success")));
}
