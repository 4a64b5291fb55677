//! IXOPAY's calls (contracts/ixopay.md, sections 1, 2, 4 and 5).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::ixopay::{Client, debit, hashed, link_of};
use crate::support::on_every_store;
use crate::support::tpp::basic;

on_every_store![
    the_documented_debit_has_the_documented_answer,
    the_password_comes_plain_or_hashed,
    an_id_is_used_once,
    orders_without_a_customer_are_concluded_at_once,
    a_payment_is_repeated_that_has_succeeded_and_was_not_forgotten,
    what_cannot_be_done_to_a_transaction_fails,
    what_is_left_of_a_preauthorisation_is_released,
    urls_are_as_long_as_at_ixopay,
    refusals_have_the_documented_form,
    the_older_xml_api_is_not_here_and_the_manual_says_so,
];

/// The members of an object, in alphabetical order.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// A transaction of this kind that its customer has agreed to; its `uuid`.
async fn agreed(gateway: &TestGateway, client: &Client, kind: &str, body: &Value) -> Value {
    let opened = client.begin(kind, body).await;
    gateway.http.pay(&link_of(&opened), "code=ok").await.location();
    opened["uuid"].clone()
}

async fn the_documented_debit_has_the_documented_answer(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let more = json!({ "successUrl": "https://m.example/ok", "extraData": { "own": "7" }, "customer": [] });
    let answer = client.begin("debit", &debit("2019-09-02-0001", more)).await;
    let uuid = answer["uuid"].as_str().unwrap();
    assert!(uuid.len() == 20 && uuid.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{answer}");
    let purchase = answer["purchaseId"].as_str().unwrap().strip_suffix(uuid).expect("the uuid at its end");
    assert!(purchase.len() == 9 && purchase.ends_with('-') && purchase[..8].parse::<u32>().is_ok(), "{answer}");
    let url = answer["redirectUrl"].as_str().unwrap();
    let secret = url.strip_prefix(&format!("{}/ixopay/redirect/{uuid}/", gateway.http.base())).expect("its address");
    assert!(secret.len() == 32 && secret.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)), "{url}");
    assert_eq!(
        answer,
        json!({
            "success": true, "uuid": uuid, "purchaseId": format!("{purchase}{uuid}"), "returnType": "REDIRECT",
            "redirectType": "fullpage", "redirectUrl": url, "paymentMethod": "Creditcard", "extraData": { "own": "7" },
        })
    );
    for (kind, body) in [
        ("preauthorize", debit("2019-09-02-0002", json!({}))),
        ("register", json!({ "merchantTransactionId": "2019-09-02-0003" })),
    ] {
        assert_eq!(client.begin(kind, &body).await["returnType"], "REDIRECT", "{kind}");
    }
}

async fn the_password_comes_plain_or_hashed(gateway: TestGateway) {
    let (client, other) = (Client::of(&gateway), Client::of(&gateway));
    let (merchant, path) = (&client.merchant, format!("/ixopay/api/v3/transaction/{}/debit", client.merchant.id));
    let call = |path: String, user: String, password: String, id: usize| async move {
        let body = debit(&format!("order-{id}"), json!({})).to_string();
        let headers = [("authorization", basic(&user, &password)), ("content-type", "application/json".into())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        merchant.http.send(Method::POST, &path, &headers, body).await
    };
    for (id, password) in [merchant.key.clone(), hashed(&merchant.key)].into_iter().enumerate() {
        call(path.clone(), merchant.id.clone(), password, id).await.is(200);
    }
    let elsewhere = path.replace(&merchant.id, &other.merchant.id);
    for (path, user, password) in [
        (&path, &merchant.id, String::new()),
        (&path, &merchant.id, "password".into()),
        (&path, &merchant.id, other.merchant.key.clone()),
        (&path, &merchant.id, hashed(&other.merchant.key)),
        (&path, &merchant.id, hashed(&hashed(&merchant.key))),
        (&path, &other.merchant.id, merchant.key.clone()),
        (&path, &"x".into(), merchant.key.clone()),
        (&elsewhere, &merchant.id, merchant.key.clone()),
        (&elsewhere, &merchant.id, hashed(&merchant.key)),
    ] {
        let refused = call(path.clone(), user.clone(), password, 7).await.is(401);
        assert!(refused.header("www-authenticate").starts_with("Basic "));
        assert_eq!(members(&refused.json()), ["errorCode", "errorMessage", "success"]);
    }
    gateway.http.send(Method::POST, &path, &[], "{}").await.is(401);
}

async fn an_id_is_used_once(gateway: TestGateway) {
    let (client, other) = (Client::of(&gateway), Client::of(&gateway));
    client.begin("debit", &debit("20190823062178", json!({}))).await;
    for kind in ["debit", "preauthorize", "payout"] {
        let refused = client.ask(kind, &debit("20190823062178", json!({ "amount": "5" }))).await.is(400);
        let expected = r#"{"success":false,"errorMessage":"The transaction ID '20190823062178' already exists!","errorCode":3004}"#;
        assert_eq!(refused.text(), expected);
    }
    other.begin("debit", &debit("20190823062178", json!({}))).await;
    let body = debit("at once", json!({}));
    let answers = join_all((0..8).map(|_| client.ask("debit", &body))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(400)), (1, 7));
}

async fn orders_without_a_customer_are_concluded_at_once(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let paid = agreed(&gateway, &client, "debit", &debit("paid", json!({}))).await;
    let reserved = agreed(&gateway, &client, "preauthorize", &debit("reserved", json!({}))).await;
    let let_go = agreed(&gateway, &client, "preauthorize", &debit("let go", json!({}))).await;
    let registered = agreed(&gateway, &client, "register", &json!({ "merchantTransactionId": "registered" })).await;
    for (kind, body) in [
        ("payout", debit("payout", json!({}))),
        ("refund", debit("refund", json!({ "referenceUuid": paid, "amount": "4.00" }))),
        ("refund", debit("the rest", json!({ "referenceUuid": paid, "amount": "5.99" }))),
        ("capture", debit("capture", json!({ "referenceUuid": reserved }))),
        ("void", json!({ "merchantTransactionId": "void", "referenceUuid": let_go })),
        ("deregister", json!({ "merchantTransactionId": "deregister", "referenceUuid": registered })),
    ] {
        let done = client.begin(kind, &body).await;
        assert_eq!((&done["success"], &done["returnType"]), (&json!(true), &json!("FINISHED")), "{kind}: {done}");
        assert!(done.get("redirectUrl").is_none(), "{done}");
        let status = client.status(&done["uuid"]).await;
        assert_eq!(status["transactionStatus"], "SUCCESS", "{status}");
        assert_eq!(status["transactionType"], kind.to_uppercase(), "{status}");
        assert_eq!(status.get("referenceUuid"), body.get("referenceUuid"), "{status}");
    }
}

async fn a_payment_is_repeated_that_has_succeeded_and_was_not_forgotten(gateway: TestGateway) {
    let (client, other) = (Client::of(&gateway), Client::of(&gateway));
    let registered = agreed(&gateway, &client, "register", &json!({ "merchantTransactionId": "registered" })).await;
    let open = client.begin("debit", &debit("open", json!({}))).await["uuid"].clone();
    let again = |id: &str, reference: &Value| {
        let indicator = "CARDONFILE-MERCHANT-INITIATED";
        debit(id, json!({ "transactionIndicator": indicator, "referenceUuid": reference }))
    };
    let done = client.begin("debit", &again("first", &json!(registered))).await;
    assert_eq!(done["returnType"], "FINISHED", "{done}");
    let foreign = other.ask("debit", &again("foreign", &json!(registered))).await.is(422).json();
    assert!(foreign["errorMessage"].as_str().unwrap().contains("referenceUuid"), "{foreign}");
    client.ask("debit", &again("open again", &open)).await.is(422);
    client.ask("debit", &again("nobody's", &json!("00000000000000000000"))).await.is(422);
    client.begin("deregister", &json!({ "merchantTransactionId": "gone", "referenceUuid": registered })).await;
    client.ask("debit", &again("second", &json!(registered))).await.is(422);
}

async fn what_is_left_of_a_preauthorisation_is_released(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let body = |id: &str, amount: &str, reference: &Value| json!({ "merchantTransactionId": id, "amount": amount, "currency": "EUR", "referenceUuid": reference });
    let made = json!({ "amount": "10.00", "extraData": { "overrideResult": "success" } });
    let reserved = client.begin("preauthorize", &debit("reserved", made)).await["uuid"].clone();
    let captured = client.begin("capture", &body("part", "6.00", &reserved)).await["uuid"].clone();
    let released = json!({ "merchantTransactionId": "rest", "referenceUuid": reserved });
    assert_eq!(client.begin("void", &released).await["success"], true);
    for (kind, id) in [("capture", "more"), ("void", "again")] {
        let failed = client.begin(kind, &body(id, "1.00", &reserved)).await;
        assert_eq!(failed["errors"][0]["errorCode"], 1006, "{kind}: {failed}");
    }
    // What was captured stays so, and may be paid back.
    assert_eq!(client.begin("refund", &body("back", "6.00", &captured)).await["success"], true);
    // Where all of it was captured nothing is left to release.
    let made = json!({ "amount": "10.00", "extraData": { "overrideResult": "success" } });
    let reserved = client.begin("preauthorize", &debit("whole", made)).await["uuid"].clone();
    client.begin("capture", &body("all", "10.00", &reserved)).await;
    let failed = client.begin("void", &json!({ "merchantTransactionId": "none", "referenceUuid": reserved })).await;
    assert_eq!(failed["errors"][0]["errorCode"], 1006, "{failed}");
}

async fn urls_are_as_long_as_at_ixopay(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let sized = |length: usize| format!("https://m.example/{}", "x".repeat(length - "https://m.example/".len()));
    let fields = ["successUrl", "cancelUrl", "errorUrl", "callbackUrl"];
    let all = fields.map(|field| (field.to_owned(), json!(sized(4096))));
    let body = debit("long", Value::Object(all.into_iter().collect()));
    let opened = client.begin("debit", &body).await;
    let home = gateway.http.pay(&link_of(&opened), "error=access_denied").await.location();
    assert_eq!(home, sized(4096), "it is used unchanged");
    for field in fields {
        let refused = client.ask("debit", &debit(field, json!({ field: sized(4097) }))).await.is(422).json();
        let message = refused["errorMessage"].as_str().unwrap();
        assert!(message.contains(field) && message.contains("4096"), "{refused}");
    }
    // The merchant's own page needs room for the way on.
    let page = |length: usize| json!({ "extraData": { "intermediateUrl": sized(length) } });
    client.begin("debit", &debit("page", page(3800))).await;
    let refused = client.ask("debit", &debit("longer page", page(4096))).await.is(422).json();
    assert!(refused["errorMessage"].as_str().unwrap().contains("more than 4096"), "{refused}");
    // The limits of other dialects are their own.
    let refusal = client.merchant.refusal(&json!(sized(2049))).await;
    assert!(refusal.contains("more than 2048"), "{refusal}");
}

async fn what_cannot_be_done_to_a_transaction_fails(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let paid = agreed(&gateway, &client, "debit", &debit("paid", json!({}))).await;
    let reserved = agreed(&gateway, &client, "preauthorize", &debit("reserved", json!({}))).await;
    let open = client.begin("debit", &debit("open", json!({}))).await["uuid"].clone();
    client.begin("void", &json!({ "merchantTransactionId": "void", "referenceUuid": reserved })).await;
    for (number, (kind, reference, more)) in [
        ("refund", &paid, json!({ "amount": "10.00" })),
        ("refund", &paid, json!({ "currency": "CHF" })),
        ("capture", &paid, json!({})),
        ("void", &paid, json!({})),
        ("refund", &open, json!({})),
        ("capture", &reserved, json!({})),
        ("void", &reserved, json!({})),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = debit(&format!("odd-{number}"), more);
        body["referenceUuid"] = reference.clone();
        let failed = client.begin(kind, &body).await;
        let says = (&failed["success"], &failed["returnType"], &failed["errors"][0]["errorCode"]);
        assert_eq!(says, (&json!(false), &json!("ERROR"), &json!(1006)), "{kind}: {failed}");
        assert!(failed["uuid"].is_string() && failed["errors"][0]["adapterMessage"].is_string(), "{failed}");
        assert_eq!(client.status(&failed["uuid"]).await["transactionStatus"], "ERROR");
    }
    // Whatever has failed has taken nothing.
    client.begin("refund", &debit("all of it", json!({ "referenceUuid": paid }))).await;
    let other = Client::of(&gateway);
    for reference in [paid, json!("00000000000000000000"), json!("x")] {
        let body = debit("stranger", json!({ "referenceUuid": reference }));
        let refused = other.ask("refund", &body).await.is(422).json();
        assert_eq!(refused["errorCode"], 1002, "{refused}");
        assert!(refused["errorMessage"].as_str().unwrap().starts_with("referenceUuid: 'referenceUuid' "), "{refused}");
    }
}

async fn the_older_xml_api_is_not_here_and_the_manual_says_so(gateway: TestGateway) {
    let headers = [("content-type", "text/xml; charset=utf-8"), ("authorization", "Gateway x:y")];
    for path in ["/ixopay/transaction", "/ixopay/status", "/ixopay/xml/transaction"] {
        let refused = gateway.http.send(Method::POST, path, &headers, "<x/>").await.is(404).json();
        assert_eq!((&refused["success"], refused["errorCode"].is_i64()), (&json!(false), true), "{path}: {refused}");
    }
    let manual = include_str!("../../../docs/IXOPAY.md");
    let (first, differs) = manual.split_once("## What differs").expect("what differs");
    assert!(first.contains("XML API") && differs.contains("XML API"), "a promise names what it is not of");
}

async fn refusals_have_the_documented_form(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let refused = client.ask("debit", &json!({ "merchantTransactionId": "1", "currency": "EUR" })).await.is(422);
    let expected = r#"{"success":false,"errorMessage":"amount: 'amount' is required","errorCode":1002}"#;
    assert_eq!(refused.text(), expected);
    assert_eq!(
        (refused.header("content-type"), refused.header("cache-control")),
        ("application/json".into(), "no-store".into())
    );
    for (more, field) in [
        (json!({ "amount": "1.2345" }), "amount"),
        (json!({ "currency": "euro" }), "currency"),
        (json!({ "successUrl": "javascript:alert(1)" }), "successUrl"),
        (json!({ "cancelUrl": "ftp://m.example/" }), "cancelUrl"),
        (json!({ "errorUrl": "http://m.example/" }), "errorUrl"),
        (json!({ "callbackUrl": "com.example.app://cb" }), "callbackUrl"),
        (json!({ "customer": { "email": "x".repeat(256) } }), "customer.email"),
        (json!({ "extraData": { "intermediateUrl": "x" } }), "extraData.intermediateUrl"),
        (json!({ "extraData": { "intermediateUrl": "https://m.example/?of={pay_id}" } }), "extraData.intermediateUrl"),
        (json!({ "successUrl": "https://m.example/?of={uuid}" }), "successUrl"),
        (json!({ "extraData": { "overrideResult": "successError" } }), "extraData.overrideResult"),
    ] {
        let refused = client.ask("debit", &debit("1", more)).await.is(422).json();
        let name = field.rsplit('.').next().unwrap();
        let message = refused["errorMessage"].as_str().unwrap();
        assert!(message.starts_with(&format!("{field}: '{name}' ")), "{field}: {message}");
        assert_eq!((&refused["errorCode"], members(&refused).len()), (&json!(1002), 3), "{refused}");
    }
    for body in ["", "[]", "{", r#"{"amount":"1","amount":"2"}"#] {
        let refused = client.call(Method::POST, "/transaction//debit", body).await.is(400).json();
        assert_eq!(refused["errorCode"], 1005, "{body}: {refused}");
    }
    client.call(Method::POST, "/transaction//incrementalAuthorization", "{}").await.is(404);
    let wrong = client.call(Method::GET, "/transaction//debit", "").await.is(405);
    assert_eq!(wrong.header("allow"), "POST");
    let basic = basic(&client.merchant.id, &client.merchant.key);
    let headers = [("authorization", basic.as_str()), ("content-type", "text/plain")];
    let path = format!("/ixopay/api/v3/transaction/{}/debit", client.merchant.id);
    gateway.http.send(Method::POST, &path, &headers, "{}").await.is(415);
    // What was refused has not used its id.
    client.begin("debit", &debit("1", json!({}))).await;
}
