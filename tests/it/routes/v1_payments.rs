//! `POST /v1/journeys`: a payment in Handback's own words, from its opening to its refund.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::{HttpReply, kind_of};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::payment_engine::{Fault, PaymentEngine};
use crate::support::receiver::Receiver;

on_every_store![
    a_payment_is_opened_paid_and_told_in_its_own_words,
    the_same_key_opens_one_payment,
    a_refusal_names_its_field,
    a_payment_is_cancelled_until_it_is_paid,
    journeys_are_found_by_what_they_are,
];

fn ticket(more: &Value) -> Value {
    let mut body = json!({ "amount": "25.00", "currency": "EUR", "reference": "order-7", "note": "Two tickets" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn opened(merchant: &MerchantClient, more: Value) -> Value {
    let opened = merchant.v1(Method::POST, "/journeys", &ticket(&more)).await.is(201);
    let journey = opened.json();
    assert_eq!(opened.header("content-location"), format!("/v1/journeys/{}", journey["journey_id"].as_str().unwrap()));
    journey
}

/// Pays at the sandbox, and answers where the browser is led.
async fn paid(gateway: &TestGateway, journey: &Value, answer: &str) -> String {
    let link = crate::support::http::query_value(journey["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.pay(&link, answer).await.location()
}

async fn a_payment_is_opened_paid_and_told_in_its_own_words(gateway: TestGateway) {
    let (merchant, server) = (gateway.merchant("Shop"), Receiver::saying(200));
    let metadata = json!({ "cart": "81", "visitor": "a-1" });
    let more = json!({ "callback": "https://shop.example/cb?own=1", "endpoints": [server.url("/hook")], "metadata": metadata });
    let open = opened(&merchant, more.clone()).await;
    for (name, value) in [
        ("status", json!("open")),
        ("dialect", json!("handback")),
        ("amount", json!("25.00")),
        ("reference", json!("order-7")),
        ("note", json!("Two tickets")),
        ("metadata", metadata.clone()),
        ("provider", json!("sandbox")),
    ] {
        assert_eq!(open[name], value, "{name}");
    }
    let id = open["journey_id"].as_str().unwrap();
    let home = paid(&gateway, &open, "code=ok").await;
    assert_eq!(home, format!("https://shop.example/cb?own=1&journey_id={id}&status=paid"));
    // It was said before.
    let outcomes = &open["callbacks"]["outcomes"];
    assert_eq!(outcomes["paid"], json!(home));
    let others =
        ["cancelled", "failed", "expired"].map(|status| home.replace("status=paid", &format!("status={status}")));
    assert_eq!(
        [&outcomes["cancelled"], &outcomes["failed"], &outcomes["expired"]],
        others.each_ref().map(|url| json!(url)).each_ref()
    );
    let apart = json!({ "callback": { "success": "https://shop.example/ok", "cancelled": "https://shop.example/no" } });
    let apart = opened(&merchant, apart).await;
    let urls = apart["callbacks"]["outcomes"].as_object().unwrap();
    assert_eq!(urls.keys().collect::<Vec<_>>(), ["cancelled", "paid"]);
    assert_eq!(paid(&gateway, &apart, "error=access_denied").await.split("&error").next(), urls["cancelled"].as_str());
    assert_eq!(opened(&merchant, json!({ "capture": "manual", "callback": "https://shop.example/cb" })).await["callbacks"]["outcomes"].get("paid"), None);
    eventually("the webhook has come", async || server.count() == 1).await;
    let told: Value = serde_json::from_str(&server.received()[0].body).unwrap();
    assert_eq!(told["type"], json!("journey.paid"));
    for (name, value) in [
        ("journey_id", json!(id)),
        ("status", json!("paid")),
        ("amount", json!("25.00")),
        ("currency", json!("EUR")),
        ("reference", json!("order-7")),
        ("metadata", metadata),
    ] {
        assert_eq!(told["data"][name], value, "{name}");
    }
    assert_eq!(merchant.journey(id).await["status"], json!("paid"));
    // Another one is refused, with the bank's word for it, and a token for whoever wants one.
    let open = opened(&merchant, json!({ "callback": "https://shop.example/cb", "one_time_token": true })).await;
    let home = paid(&gateway, &open, "error=server_error").await;
    let id = open["journey_id"].as_str().unwrap();
    let begin = format!("https://shop.example/cb?journey_id={id}&status=failed&error=server_error&one_time_token=");
    assert!(home.starts_with(&begin), "{home}");
    let token = crate::support::http::query_value(&home, "one_time_token");
    assert_eq!(merchant.redeem(&token).await.is(200).json()["status"], json!("failed"));
}

async fn the_same_key_opens_one_payment(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let key = [("idempotency-key", "k-1")];
    let open = async |body: &Value| merchant.v1_with(Method::POST, "/journeys", &key, body).await;
    let first = open(&ticket(&json!({}))).await.is(201).json();
    assert_eq!(open(&ticket(&json!({}))).await.is(201).json(), first);
    open(&ticket(&json!({ "amount": "26.00" }))).await.is(409);
    let page = merchant.look("/journeys").await.is(200).json();
    assert_eq!(page["journeys"].as_array().map(Vec::len), Some(1));
}

async fn a_refusal_names_its_field(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let long = "x".repeat(256);
    let many: Value = (0..21).map(|n| (format!("k{n}"), json!(""))).collect::<serde_json::Map<_, _>>().into();
    for (more, field) in [
        (json!({ "amount": 25 }), "amount"),
        (json!({ "amount": "25.001" }), "amount"),
        (json!({ "amount": "0" }), "amount"),
        (json!({ "amount": "-1" }), "amount"),
        (json!({ "currency": "EURO" }), "currency"),
        (json!({ "currency": "eur" }), "currency"),
        (json!({ "currency": null }), "currency"),
        (json!({ "reference": long }), "reference"),
        (json!({ "note": "\u{202e}" }), "note"),
        (json!({ "capture": "later" }), "capture"),
        (json!({ "callback": "nobody" }), "callback"),
        (json!({ "callback": 7 }), "callback"),
        (json!({ "callback": ["https://shop.example/a", 7] }), "callback item 2"),
        (json!({ "callback": { "pending": "https://shop.example/a" } }), "callback.pending"),
        (json!({ "callback": "https://shop.example/cb?status=1" }), "callback"),
        (json!({ "callback": { "success": "https://shop.example/a?status=1" } }), "callback.success"),
        (json!({ "callback": { "failed": "shop.example" } }), "callback.failed"),
        (json!({ "provider": "nobody" }), "provider"),
        (json!({ "attach": "nobody" }), "attach"),
        (json!({ "attach": "sandbox" }), "attach"),
        (json!({ "attach": "sandbox", "provider": "sandbox" }), "attach"),
        (json!({ "endpoints": 3 }), "endpoints"),
        (json!({ "endpoints": [] }), "endpoints"),
        (json!({ "expires_in": 1 }), "expires_in"),
        (json!({ "metadata": { "a b": "" } }), "metadata"),
        (json!({ "metadata": { "a": "x".repeat(501) } }), "metadata.a"),
        (json!({ "metadata": many }), "metadata"),
        (json!({ "display": "frame" }), "display"),
        (json!({ "display": "popup" }), "display"),
        (json!({ "surprise": 1 }), "surprise"),
    ] {
        let refused = merchant.v1(Method::POST, "/journeys", &ticket(&more)).await;
        assert!([400, 422].contains(&refused.status), "{more}: {}", refused.text());
        let problem = refused.json();
        assert_eq!(problem["field"], json!(field), "{more}: {problem}");
    }
    let page = merchant.look("/journeys").await.is(200).json();
    assert_eq!(page["journeys"], json!([]), "nothing was opened");
}

async fn a_payment_is_cancelled_until_it_is_paid(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let open = opened(&merchant, json!({ "callback": "https://shop.example/cb" })).await;
    let path = format!("/journeys/{}/cancel", open["pay_id"].as_str().unwrap());
    other.v1(Method::POST, &path, &Value::Null).await.is(404);
    for _ in 0..2 {
        assert_eq!(merchant.v1(Method::POST, &path, &Value::Null).await.is(200).json()["status"], json!("cancelled"));
    }
    let open = opened(&merchant, json!({ "callback": "https://shop.example/cb" })).await;
    paid(&gateway, &open, "code=ok").await;
    let path = format!("/journeys/{}/cancel", open["journey_id"].as_str().unwrap());
    let problem = merchant.v1(Method::POST, &path, &Value::Null).await.is(409).json();
    assert_eq!(problem["rule"], json!("has ended as paid"));
    merchant.v1(Method::POST, "/journeys/1/cancel", &Value::Null).await.is(404);
}

async fn refuses_other_filters(merchant: &MerchantClient) {
    for (query, field) in [
        ("status=lost", "status"),
        ("returned=1", "returned"),
        ("amount=7", "amount"),
        ("metadata=7", "metadata"),
        ("metadata[]=7", "metadata[]"),
        ("metadata[a]=7&metadata[a]=7", "metadata[a]"),
        ("note[a]=7", "note[a]"),
        ("opened_from=today", "opened_from"),
        ("opened_before=2026-01-01", "opened_before"),
    ] {
        let problem = merchant.look(&format!("/journeys?{query}")).await.is(422).json();
        assert_eq!(problem["field"], json!(field));
    }
}

async fn journeys_are_found_by_what_they_are(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut ids = Vec::new();
    for (cart, note) in ["asked:0:paid", "asked:9000000:paid", "plain", "asked:0:paid"].into_iter().enumerate() {
        let metadata = json!({ "cart": cart.to_string(), "shop": "north" });
        let more = json!({ "note": note, "callback": "https://shop.example/cb", "metadata": metadata });
        let open = opened(&merchant, more).await;
        assert!(open["qr_code"].as_str().unwrap().starts_with("data:image/png;base64,"), "{open}");
        let link = crate::support::http::query_value(open["pay_link"].as_str().unwrap(), "link_id");
        if note != "plain" {
            gateway.http.leave(&link).await;
        }
        ids.push(open["pay_id"].clone());
    }
    gateway.wait(Duration::from_secs(6));
    let found = async |query: &str| {
        let page = merchant.look(&format!("/journeys?{query}")).await.is(200).json();
        page["journeys"].as_array().unwrap().iter().map(|journey| journey["pay_id"].clone()).collect::<Vec<_>>()
    };
    eventually("two are paid", async || found("status=paid").await.len() == 2).await;
    assert_eq!(found("status=paid&returned=false").await, [ids[3].clone(), ids[0].clone()], "newest first");
    assert_eq!(found("returned=true").await, Vec::<Value>::new());
    assert_eq!(found("note=asked:0:paid&limit=1").await, [ids[3].clone()]);
    assert_eq!(found("status=away").await, [ids[1].clone()]);
    assert_eq!(found("status=open&provider=sandbox").await, [ids[2].clone()]);
    assert_eq!(found("provider=nobody").await, Vec::<Value>::new());
    assert_eq!((found("reference=order-7").await.len(), found("reference=order-8").await.len()), (4, 0));
    assert_eq!(found("metadata[cart]=1").await, [ids[1].clone()]);
    assert_eq!(found("metadata%5Bcart%5D=1&metadata[shop]=south").await, Vec::<Value>::new(), "all count");
    assert_eq!(found("metadata[other]=1").await, Vec::<Value>::new());
    let first = merchant.journey(ids[0].as_str().unwrap()).await;
    let (since, opened_at) = ("opened_from=2026-01-01T00:00:00Z", first["opened_at"].as_str().unwrap());
    assert_eq!(found(since).await.len(), 4);
    assert_eq!(
        found(&format!("{since}&opened_before={opened_at}")).await,
        Vec::<Value>::new(),
        "it is not before itself"
    );
    assert_eq!(
        found(&format!("opened_from={opened_at}&metadata[cart]=0")).await,
        [ids[0].clone()],
        "it is since itself"
    );
    assert_eq!(found("opened_before=2026-01-01T00:00:00Z").await, Vec::<Value>::new());
    let listed = merchant.look("/journeys?limit=1").await.json()["journeys"][0].clone();
    assert_eq!((listed.get("qr_code"), first["qr_code"].is_string()), (None, true), "lists have none");
    refuses_other_filters(&merchant).await;
}

#[tokio::test]
async fn money_is_captured_released_and_given_back() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let (merchant, server) = (gateway.merchant("Shop"), Receiver::saying(200));
    let reserved = opened(&merchant, json!({ "capture": "manual", "endpoints": [server.url("/hook")] })).await;
    let link = crate::support::http::query_value(reserved["pay_link"].as_str().unwrap(), "link_id");
    gateway.http.submit("/payment/pay", &[("link_id", &link)]).await.is(303);
    let reference = engine.references().remove(0);
    engine.change(&reference, &json!({ "status": "authorised" }));
    engine.notify(&gateway, &reference).await.is(204);
    let id = reserved["pay_id"].as_str().unwrap().to_owned();
    eventually("it is set aside", async || merchant.journey(&id).await["status"] == "authorised").await;
    let order = async |of: &str, what: &str, key: &str, body: Value| {
        let headers = [("idempotency-key", key)];
        merchant.v1_with(Method::POST, &format!("/journeys/{of}/{what}"), &headers, &body).await
    };
    let captured = order(&id, "captures", "c-1", json!({ "amount": "10.00" })).await.is(201).json();
    assert_eq!((&captured["status"], &captured["operation"]), (&json!("paid"), &json!("capture")));
    assert_eq!((&captured["of"], &captured["amount"]), (&json!(id), &json!("10.00")));
    let again = order(&id, "captures", "c-1", json!({ "amount": "10.00" })).await.is(201).json();
    assert_eq!(again["pay_id"], captured["pay_id"], "the same order");
    let too_much = order(&id, "captures", "c-2", json!({ "amount": "15.01" })).await.is(201).json();
    assert_eq!(too_much["status"], json!("failed"), "more than is left");
    let refunded = order(captured["pay_id"].as_str().unwrap(), "refunds", "r-1", json!({})).await.is(201).json();
    assert_eq!((&refunded["status"], &refunded["amount"]), (&json!("paid"), &json!("10.00")), "all that is left");
    let again = order(captured["pay_id"].as_str().unwrap(), "refunds", "r-1", json!({})).await.is(201).json();
    assert_eq!(again["pay_id"], refunded["pay_id"], "the same order, although nothing is left");
    let sums = async |id: &str| {
        let journey = merchant.journey(id).await;
        [journey["captured"].clone(), journey["refunded"].clone()]
    };
    assert_eq!(sums(&id).await, [json!("10.00"), Value::Null], "what was too much does not count");
    assert_eq!(sums(captured["pay_id"].as_str().unwrap()).await, [Value::Null, json!("10.00")]);
    let released = order(&id, "voids", "v-1", json!({ "note": "done" })).await.is(201).json();
    assert_eq!(released["status"], json!("paid"));
    let problem = merchant.v1(Method::POST, &format!("/journeys/{id}/captures"), &json!({})).await.is(422).json();
    assert_eq!(problem["field"], json!("Idempotency-Key"));
    let problem = order(&id, "refunds", "r-2", json!({})).await.is(422).json();
    assert_eq!(problem["field"], json!("id"), "what was set aside is not refunded");
    let problem = order(captured["pay_id"].as_str().unwrap(), "refunds", "r-3", json!({})).await.is(422).json();
    assert_eq!(problem["rule"], json!("names a journey of which no refund is left"));
    let done = [("payment.capture", "10.00"), ("payment.refund", "10.00"), ("payment.void", "")];
    let mut operations = engine.operations();
    operations.sort();
    assert_eq!(operations, done.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
    let told = || {
        let bodies = server.received().into_iter().map(|told| serde_json::from_str::<Value>(&told.body).unwrap());
        bodies.map(|body| format!("{} {}", body["type"], body["data"]["operation"])).collect::<Vec<_>>()
    };
    eventually("all is told", async || told().len() == 5).await;
    let mut told = told();
    told.sort();
    let expected = [
        "\"journey.authorised\" null",
        "\"operation.failed\" \"capture\"",
        "\"operation.paid\" \"capture\"",
        "\"operation.paid\" \"refund\"",
        "\"operation.paid\" \"void\"",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_app_attaches_the_payment_that_it_has_created_itself() {
    let engine = PaymentEngine::start();
    let mut gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    gateway.expect_errors();
    let (merchant, server) = (gateway.merchant("Shop"), Receiver::saying(200));
    let open = async || {
        let endpoints = json!([server.url("/hook")]);
        opened(&merchant, json!({ "attach": "engine", "callback": "https://shop.example/cb", "endpoints": endpoints }))
            .await
    };
    let attach = async |journey: &Value, reference: &str| attached(&merchant, journey, reference).await;
    let journey = open().await;
    let (given, id) = (&journey["attach"], journey["pay_id"].as_str().unwrap());
    assert_eq!(given["reference"], json!(format!("{id}-1")));
    assert_eq!(given["notification_url"], json!(format!("{}/notify/engine", gateway.http.base())));
    assert_eq!((&journey["status"], engine.asked("payment.create")), (&json!("away"), 0));
    assert_eq!(journey.get("pay_link"), None, "the app sends its customer itself");
    // Nobody can be asked yet: a browser that comes back waits, and a notification changes nothing.
    let return_url = given["return_url"].as_str().unwrap();
    gateway.http.get(return_url).await.is(200);
    engine.notify(&gateway, &format!("{id}-1")).await.is(204);
    gateway.wait(Duration::from_mins(10));
    // The app has created it with its provider's own kit, and says so.
    let reference = engine.create_by_the_app(given["reference"].as_str().unwrap(), "25.00");
    attach(&journey, &reference).await.is(200);
    assert_eq!(attach(&journey, &reference).await.is(200).json()["payment"]["reference"], json!(reference));
    assert_eq!(attach(&journey, "p-other").await.is(409).json()["field"], json!("reference"));
    let other = open().await;
    let problem = attach(&other, &reference).await.is(422).json();
    assert_eq!(problem["rule"], json!("names a payment that does not have the reference of this journey"));
    assert_eq!(attach(&other, "p-nobody").await.is(422).json()["field"], json!("reference"));
    engine.misbehave(Fault::Broken);
    assert_eq!(kind_of(&attach(&other, &reference).await.is(503).json()), "provider-away");
    engine.misbehave(Fault::None);
    engine.pay(&format!("{id}-1"));
    eventually("the customer is led home", async || gateway.http.get(return_url).await.status == 303).await;
    let home = gateway.http.get(return_url).await.location();
    let own = journey["journey_id"].as_str().unwrap();
    assert_eq!(home, format!("https://shop.example/cb?journey_id={own}&status=paid"));
    eventually("the webhook has come", async || server.count() == 1).await;
    // One whose customer never comes back, and one that is never attached.
    let never = open().await;
    let id = never["pay_id"].as_str().unwrap();
    let reference = engine.create_by_the_app(&format!("{id}-1"), "25.00");
    attach(&never, &reference).await.is(200);
    engine.pay(&format!("{id}-1"));
    gateway.wait(Duration::from_secs(40));
    eventually("it is paid", async || merchant.journey(id).await["status"] == "paid").await;
    gateway.wait(Duration::from_hours(25));
    let lost = other["pay_id"].as_str().unwrap();
    eventually("it expires", async || merchant.journey(lost).await["status"] == "expired").await;
    assert_eq!(engine.asked("payment.create"), 0, "nothing is created for an app");
    let plain = opened(&merchant, json!({})).await;
    assert_eq!(attach(&plain, "p").await.is(409).json()["field"], json!("id"));
}

/// Binds the payment `reference` to a journey.
async fn attached(merchant: &MerchantClient, journey: &Value, reference: &str) -> HttpReply {
    let path = format!("/journeys/{}/attach", journey["pay_id"].as_str().unwrap());
    merchant.v1(Method::POST, &path, &json!({ "reference": reference })).await
}

#[tokio::test]
async fn a_browser_without_a_cookie_of_ours_goes_home_after_ten_seconds_while_nothing_is_known() {
    let engine = PaymentEngine::start();
    let gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    let merchant = gateway.merchant("Shop");
    let waits = opened(&merchant, json!({ "attach": "engine", "callback": "https://shop.example/cb" })).await;
    let id = waits["pay_id"].as_str().unwrap();
    let reference = engine.create_by_the_app(&format!("{id}-1"), "25.00");
    attached(&merchant, &waits, &reference).await.is(200);
    let page = gateway.http.get(waits["attach"]["return_url"].as_str().unwrap()).await.is(200).text();
    let wait = &page[page.find("/return/engine/wait?").unwrap()..];
    let wait = wait[..wait.find('"').unwrap()].replace("&#38;", "&");
    gateway.wait(Duration::from_secs(11));
    let own = waits["journey_id"].as_str().unwrap();
    let home = gateway.http.get(&wait).await.location();
    assert_eq!(home, format!("https://shop.example/cb?journey_id={own}"));
}

#[tokio::test]
async fn an_attached_payment_over_another_amount_is_a_mismatch() {
    let engine = PaymentEngine::start();
    let mut gateway = TestGateway::open_own(StoreKind::Embedded, &engine.file("")).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let journey = opened(&merchant, json!({ "attach": "engine" })).await;
    let id = journey["pay_id"].as_str().unwrap();
    let reference = engine.create_by_the_app(&format!("{id}-1"), "2.50");
    engine.pay(&format!("{id}-1"));
    let path = format!("/journeys/{id}/attach");
    merchant.v1(Method::POST, &path, &json!({ "reference": reference })).await.is(200);
    let standing = async || merchant.journey(id).await["payment"]["standing"].clone();
    eventually("the mismatch is found", async || standing().await == "mismatch").await;
    assert_eq!(merchant.journey(id).await["status"], json!("away"));
    merchant.choose(json!({ "same_browser": "required" })).await;
    let refused = merchant.v1(Method::POST, "/journeys", &ticket(&json!({ "attach": "engine" }))).await.is(422).json();
    assert_eq!(refused["field"], json!("attach"));
}
