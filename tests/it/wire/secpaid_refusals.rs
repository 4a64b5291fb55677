//! What SecPaid's calls refuse, and in which words (contracts/secpaid.md, section 2; the issue's own for callbacks).

use reqwest::Method;
use serde_json::{Value, json};

use super::secpaid::call;
use crate::support::gateway::{StoreKind, TestGateway};

#[tokio::test]
async fn refusals_are_in_the_envelope_with_the_documented_words() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let page = "/secpaid/api/v2/createLink";
    let json = ("content-type", "application/json");
    let long = "x".repeat(10_000);
    for (token, message) in [
        (None, "Please enter token"),
        (Some(""), "Please enter token"),
        (Some("x"), "Incorrect token or missing token"),
        (Some(&merchant.key[..merchant.key.len() - 1]), "Incorrect token or missing token"),
        (Some(&long), "Incorrect token or missing token"),
    ] {
        let headers: Vec<_> = token.map(|token| ("token", token)).into_iter().chain([json]).collect();
        let refused = gateway.http.send(Method::POST, page, &headers, r#"{"amount":1}"#).await.is(401);
        let body = refused.json();
        assert_eq!(body["ResponseMsg"], message);
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["ResponseCode", "ResponseMsg", "Result", "ServerTime"]);
        assert_eq!((&body["ResponseCode"], &body["Result"]), (&json!(0), &json!("False")));
    }
    for body in [json!({}), json!({ "amount": "" }), json!({ "amount": null }), json!({ "recipient_note": "x" })] {
        assert_eq!(merchant.secpaid("createLink", &body).await.is(400).json()["ResponseMsg"], "Amount is required");
    }
    merchant.secpaid("createLink", &json!({ "amount": 1, "cancellable": true, "is_cancellation": "No" })).await.is(400);
    merchant.secpaid("createLink", &json!({ "amount": 1, "recipient_note": "x".repeat(256) })).await.is(400);
    let unsealed = json!({ "amount": 1, "is_encryption": "true", "payment_endpoint": "https://hook.example/" });
    let refused = merchant.secpaid("createLink", &unsealed).await.is(400).json();
    let message = refused["ResponseMsg"].as_str().unwrap();
    assert!(
        message.starts_with("payment_endpoint: has no encryption key of its own; send encryption_key"),
        "{message}"
    );
    merchant.secpaid("createLink", &json!({ "amount": 1, "encryption_key": "x".repeat(32) })).await.is(400);
    merchant.secpaid("createLink", &json!({ "amount": 1, "is_encryption": true, "encryption_key": "k" })).await.is(400);
    merchant.secpaid("createLink", &json!({ "amount": 1, "one_time_token": "perhaps" })).await.is(400);
    for (name, status) in [("noSuchCall", 404), ("createLink/", 404), ("", 404)] {
        assert_eq!(merchant.secpaid(name, &json!({})).await.is(status).json()["ResponseCode"], 0, "{name}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let refused = gateway.http.send(method, page, &[("token", &merchant.key)], "").await;
        assert!([404, 405].contains(&refused.status));
        assert_eq!(refused.json()["ResponseCode"], 0);
    }
}

/// Each with its item, a piece of the rule and a piece of the hint.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a row for each rule")]
async fn a_callback_that_breaks_a_rule_is_refused_with_item_rule_and_hint() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/0").await;
    let list = |second: &str| format!("0,{second}");
    let long = format!("https://shop.example/{}", "a".repeat(2028));
    for (bad, rule, hint) in [
        ("7", "none at that index", "GET /v1/profile/callbacks"),
        ("nonsense", "is not absolute", "https://"),
        ("//shop.example/cb", "is not absolute", "https://"),
        ("ftp://shop.example/cb", "neither https nor a reversed domain name", "com.example.app"),
        ("http://shop.example/cb", "plain http", "write https://shop.example/cb"),
        ("https://user:pw@shop.example/", "user name or password", ""),
        ("https://0x7f.1/", "rewritten", "127.0.0.1"),
        ("https:shop.example", "two slashes", "write https://shop.example"),
        ("https://shop.example\\@evil.example/", "holds \\ (U+005C)", "write https://shop.example/@evil.example/"),
        ("HTTPS://shop.example/x", "capital letters in its scheme", "write https://shop.example/x"),
        ("https://bücher.example/x", "U+00FC", "write https://xn--bcher-kva.example/x"),
        ("https://shop.example/grüße", "U+00FC", "write https://shop.example/gr%C3%BC%C3%9Fe"),
        ("https://shop.example/ok\u{a0}", "U+00A0", "leave it out: write https://shop.example/ok"),
        ("https://shop.example/ok\u{200b}", "U+200B", "leave it out: write https://shop.example/ok"),
        ("https://shop.example/i?a=1&amp;b=2", "holds &amp;", "write https://shop.example/i?a=1&b=2"),
        ("\"https://shop.example/ok\"", "U+0022", "leave it out: write https://shop.example/ok"),
        ("https://shop.example/ok.", "full stop", "leave it out: write https://shop.example/ok"),
        ("localhost:3000", "is not absolute", "write http://localhost:3000"),
        ("javascript:alert(1)", "never allowed", ""),
        ("https://shop.example/?pay_id=1", "already holds the parameter pay_id", "rename"),
        ("https://shop.example/?Status=1", "already holds the parameter status", "rename"),
        ("https://shop.example/?a=1&%73tatus=x", "already holds the parameter status", "rename"),
        ("https://shop.example/?USER.ID=x", "already holds the parameter user_id", "rename"),
        ("https://shop.example/?one-time-token=x", "already holds the parameter one-time-token", "rename"),
        ("https://shop.example/{order}", "unknown placeholder {order}", "{pay_id}"),
        ("https://{pay_id}.example/", "placeholder or a brace in the host", "after the host"),
        (&long, "more than 2048", ""),
    ] {
        let alone = merchant.refusal(&json!(bad)).await;
        assert!(alone.starts_with("callback_url: "), "{alone}");
        let second = merchant.refusal(&json!(list(bad))).await;
        assert!(second.starts_with("callback_url item 2: "), "{second}");
        for message in [&alone, &second] {
            assert!(message.contains(rule) && message.contains(hint), "{message}");
        }
        let array = merchant.refusal(&json!(["0", bad])).await;
        assert!(array.starts_with("callback_url item 2: "), "{array}");
        assert!(array.contains(rule) || array.contains("there is none"), "{array}");
    }
    for (bad, item, rule, hint) in [
        (" ", "callback_url: ", "blank", "leave the field out"),
        ("  ", "callback_url: ", "blank", "leave the field out"),
        ("0,,0", "callback_url item 2: ", "blank", "index, a name or a URL"),
        ("0,", "callback_url item 2: ", "blank", ""),
        (",0", "callback_url item 1: ", "blank", ""),
        ("0,https://shop.example/x,y", "callback_url item 2: ", "comma that could also separate", "%2C"),
        ("https://shop.example/p?sizes=38,0", "callback_url item 1: ", "comma behind it could be its own", "%2C"),
        (
            "https://shop.example/p?next=a,https://evil.example/",
            "callback_url item 1: ",
            "could be its own",
            "JSON array",
        ),
        ("0,https://shop.example/p?sizes=38,0", "callback_url item 2: ", "could be its own", "%2C"),
        ("0,com.example.shop://paid", "callback_url item 2: ", "app link", "only be the first"),
        ("0,1", "callback_url item 2: ", "none at that index", ""),
    ] {
        let refusal = merchant.refusal(&json!(bad)).await;
        assert!(refusal.starts_with(item) && refusal.contains(rule) && refusal.contains(hint), "{bad:?}: {refusal}");
    }
    assert_eq!(merchant.look("/journeys").await.json()["journeys"], json!([]), "nothing was created");
}

/// The longest outcome counts, not the shortest one.
#[tokio::test]
async fn a_callback_whose_final_url_would_be_too_long_is_refused_at_creation() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let sized = |length: usize| format!("https://shop.example/{}", "a".repeat(length - "https://shop.example/".len()));
    let home = {
        let link = merchant.link_to(&sized(100)).await;
        gateway.http.pay(&link.text, "code=ok").await.location().len() - 100
    };
    // A number has up to 16 digits; the longest there is must fit.
    let (most, slack) = (2048 - home, 16);
    let link = merchant.link_to(&sized(most - slack)).await;
    assert!(gateway.http.pay(&link.text, "code=ok").await.location().len() <= 2048);
    let refusal = merchant.refusal(&json!(sized(most + slack))).await;
    assert!(refusal.contains("more than 2048"), "{refusal}");
    // A link that wants failures and tokens has less room: their text counts too.
    let body =
        json!({ "amount": 1, "callback_url": sized(most - slack), "extra_outcomes": true, "one_time_token": true });
    let refused = merchant.secpaid("createLink", &body).await.is(400).json();
    assert!(refused["ResponseMsg"].as_str().unwrap().contains("more than 2048"), "{refused}");
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say_are_refused() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let json = "application/json";
    for (kind, body, status) in [
        (json, "{".to_owned(), 400),
        (json, "[1]".to_owned(), 400),
        (json, String::new(), 400),
        (json, r#"{"amount":1,"amount":2}"#.to_owned(), 400),
        (json, format!(r#"{{"amount":1,"x":{}}}"#, "[".repeat(30_000)), 400),
        (json, format!(r#"{{"amount":1,"callback_url":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000)), 400),
        ("application/x-www-form-urlencoded", "amount=1&amount=2".to_owned(), 400),
        ("multipart/form-data", "amount=1".to_owned(), 400),
        ("multipart/form-data; boundary=x", "--x\r\nbroken".to_owned(), 400),
        ("text/plain", "amount=1".to_owned(), 415),
        ("application/xml", "<amount>1</amount>".to_owned(), 415),
        (json, format!(r#"{{"amount":1,"x":"{}"}}"#, "x".repeat(70_000)), 413),
    ] {
        let refused = call(&merchant, "createLink", kind, body).await.is(status).json();
        assert_eq!(refused["ResponseCode"], 0, "{kind}");
    }
    let headers = [("token", merchant.key.as_str()), ("content-type", "application/json")];
    let not_utf8 = [br#"{"amount":1,"recipient_note":""#.as_slice(), &[0xff, 0xfe], br#""}"#].concat();
    let refused = gateway.http.send(Method::POST, "/secpaid/api/v2/createLink", &headers, not_utf8).await.is(400);
    assert_eq!(refused.json()["ResponseCode"], 0);
    let headers = [("token", merchant.key.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let not_utf8 =
        gateway.http.send(Method::POST, "/secpaid/api/v2/createLink", &headers, "amount=1&recipient_note=%ff");
    let answer = not_utf8.await;
    assert!([200, 400].contains(&answer.status) && !answer.text().contains('\u{0}'), "{}", answer.text());
    // Without a type, a body is what it looks like.
    for body in [r#" {"amount": 3}"#, "amount=3"] {
        let made =
            gateway.http.send(Method::POST, "/secpaid/api/v2/createLink", &[("token", &merchant.key)], body).await;
        assert_eq!(made.is(200).json()["data"]["amount"], Value::from(3));
    }
}
