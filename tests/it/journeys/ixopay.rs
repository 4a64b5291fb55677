//! IXOPAY: the browser goes where the merchant said, and the callback tells what came of it (contracts/ixopay.md,
//! sections 7, 8 and 10).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay::{Client, Signing, debit, link_of};
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};

/// The waits after each failed try, in minutes.
const WAITS: [u64; 14] = [1, 5, 15, 60, 120, 180, 720, 1440, 1440, 1440, 1440, 1440, 1440, 1440];

on_every_store![
    the_callback_is_there_before_the_browser,
    each_end_has_an_address_of_its_own,
    without_addresses_the_journey_ends_on_our_page,
    only_200_with_ok_is_a_receipt,
    a_callback_is_tried_as_the_table_has_it,
    what_is_gone_for_others_is_tried_still,
    the_media_type_is_the_calls_or_the_merchants_choice,
    a_page_of_the_merchants_comes_first,
    the_address_of_a_customer_is_touched_by_a_customer_alone,
    the_test_bank_plays_what_needs_no_customer,
    a_payment_that_is_taken_back_is_told_twice,
];

/// A receiver that has what it is sent.
pub(super) fn acknowledging() -> Receiver {
    Receiver::answering(|_, _| Reply::Saying(200, "OK"))
}

/// A debit with an address for each end, below `https://m.example`, and this callback.
pub(super) fn debit_with(id: &str, callback: &str) -> Value {
    let addresses = json!({
        "successUrl": "https://m.example/ok?own=1", "cancelUrl": "https://m.example/no?own=2",
        "errorUrl": "https://m.example/error?own=3", "callbackUrl": callback,
    });
    debit(id, addresses)
}

/// Waits for so many callbacks, and answers them.
pub(super) async fn callbacks(receiver: &Receiver, count: usize) -> Vec<Received> {
    eventually(&format!("{count} callbacks have come"), || async { receiver.count() >= count }).await;
    receiver.received()
}

pub(super) fn body(callback: &Received) -> Value {
    serde_json::from_str(&callback.body).unwrap_or_else(|error| panic!("{error}: {}", callback.body))
}

async fn the_callback_is_there_before_the_browser(gateway: TestGateway) {
    for signing in [Signing::Md5, Signing::Sha512, Signing::Nothing] {
        let (client, receiver) = (Client::of(&gateway).signing(signing), acknowledging());
        let opened = client.begin("debit", &debit_with("2019-09-02-0001", &receiver.url("/cb?shop=1"))).await;
        let home = gateway.http.pay(&link_of(&opened), "code=ok").await.location();
        assert_eq!(home, "https://m.example/ok?own=1", "not a byte of ours");
        let told = receiver.received();
        assert_eq!(told.len(), 1, "before the browser");
        let callback = &told[0];
        assert_eq!((callback.method.as_str(), callback.target.as_str()), ("POST", "/cb?shop=1"));
        let uuid = opened["uuid"].as_str().unwrap();
        let expected = format!(
            r#"{{"result":"OK","uuid":"{uuid}","merchantTransactionId":"2019-09-02-0001","purchaseId":{},"transactionType":"DEBIT","paymentMethod":"Creditcard","amount":"9.99","currency":"EUR"}}"#,
            opened["purchaseId"]
        );
        assert_eq!(callback.body, expected);
        assert_eq!(callback.headers["content-type"], "application/json; charset=utf-8");
        assert!(callback.headers["date"].ends_with(" GMT"), "{callback:?}");
        let (own, other) = match signing {
            Signing::Md5 => (Signing::Md5, Signing::Sha512),
            Signing::Sha512 | Signing::Nothing => (Signing::Sha512, Signing::Md5),
        };
        assert!(client.has_signed(callback, own) && !client.has_signed(callback, other), "{signing:?}");
        assert!(!callback.headers.contains_key("authorization"));
    }
}

async fn each_end_has_an_address_of_its_own(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    for (number, (answer, home, result, code)) in [
        ("error=access_denied", "https://m.example/no?own=2", "ERROR", Some("2002")),
        ("error=server_error", "https://m.example/error?own=3", "ERROR", Some("2003")),
        ("code=fail:server_error", "https://m.example/error?own=3", "ERROR", Some("2003")),
        ("code=ok", "https://m.example/ok?own=1", "OK", None),
    ]
    .into_iter()
    .enumerate()
    {
        let opened = client.begin("debit", &debit_with(&number.to_string(), &receiver.url("/cb"))).await;
        assert_eq!(gateway.http.pay(&link_of(&opened), answer).await.location(), home, "{answer}");
        let told = body(&callbacks(&receiver, number + 1).await[number]);
        assert_eq!((&told["result"], told["code"].as_str()), (&json!(result), code), "{told}");
    }
    let opened = client.begin("debit", &debit_with("pressed", &receiver.url("/cb"))).await;
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link_of(&opened))]).await;
    assert_eq!(cancelled.location(), "https://m.example/no?own=2");
    assert_eq!(body(&callbacks(&receiver, 5).await[4])["code"], "2002");
    assert_eq!(client.status(&opened["uuid"]).await["transactionStatus"], "CANCELLED");
    let opened = client.begin("debit", &debit_with("late", &receiver.url("/cb"))).await;
    gateway.wait(Duration::from_hours(25));
    assert_eq!(body(&callbacks(&receiver, 6).await[5])["code"], "2005");
    assert_eq!(client.status(&opened["uuid"]).await["transactionStatus"], "ERROR");
}

async fn without_addresses_the_journey_ends_on_our_page(gateway: TestGateway) {
    let client = Client::of(&gateway);
    client.merchant.save("https://shop.example/saved").await;
    for (id, answer) in ["code=ok", "error=access_denied", "code=fail:server_error"].into_iter().enumerate() {
        let opened = client.begin("debit", &debit(&id.to_string(), json!({}))).await;
        let home = gateway.http.pay(&link_of(&opened), answer).await.location();
        assert_eq!(home, format!("{}/payment?link_id={}", gateway.http.base(), link_of(&opened)), "{answer}");
        gateway.http.get(&home).await.is(200).never_says("shop.example");
    }
}

/// The deliveries of the journey of this `uuid`, as the merchant sees them.
async fn deliveries(client: &Client, uuid: &Value) -> Vec<Value> {
    let pay_id = u128::from_str_radix(uuid.as_str().unwrap(), 16).unwrap() >> 27;
    client.merchant.journey(&pay_id.to_string()).await["deliveries"].as_array().unwrap().clone()
}

async fn stands(client: &Client, uuid: &Value, state: &str, tries: usize) {
    eventually(&format!("it is {state} after {tries} tries"), || async {
        let all = deliveries(client, uuid).await;
        all.len() == 1 && all[0]["state"] == state && all[0]["tries"] == tries
    })
    .await;
}

async fn only_200_with_ok_is_a_receipt(gateway: TestGateway) {
    let replies = [
        Reply::Saying(400, "OK"),
        Reply::Saying(200, "NOT OK"),
        Reply::Status(200),
        Reply::Saying(201, "OK"),
        Reply::Saying(410, "OK"),
        Reply::Saying(200, "OK"),
    ];
    let (client, receiver) = (Client::of(&gateway), Receiver::answering(move |number, _| replies[number.min(5)]));
    let opened = client.begin("debit", &debit_with("7", &receiver.url("/cb"))).await;
    gateway.http.pay(&link_of(&opened), "code=ok").await.location();
    for (tries, wait) in (1..6).zip(WAITS) {
        stands(&client, &opened["uuid"], "failing", tries).await;
        gateway.wait(Duration::from_secs(wait * 66 + 1));
    }
    stands(&client, &opened["uuid"], "delivered", 6).await;
    let told = receiver.received();
    assert!(told.iter().all(|callback| callback.body == told[0].body), "every try tells the same");
    assert!(told.iter().all(|callback| client.has_signed(callback, Signing::Md5)), "each is signed for its date");
}

async fn a_callback_is_tried_as_the_table_has_it(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), Receiver::saying(500));
    let opened = client.begin("debit", &debit_with("7", &receiver.url("/cb"))).await;
    gateway.http.pay(&link_of(&opened), "code=ok").await.location();
    for (tries, wait) in (1..).zip(WAITS) {
        stands(&client, &opened["uuid"], "failing", tries).await;
        let at = |name: &str, delivery: &Value| delivery[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let delivery = deliveries(&client, &opened["uuid"]).await[0].clone();
        let due = at("due_at", &delivery).as_second() - now(&gateway);
        let wait = i64::try_from(wait * 60).unwrap();
        // Some seconds may have passed since it was tried.
        assert!((wait - 20..=wait * 11 / 10 + 1).contains(&due), "try {tries}: in {due} s, not {wait}");
        gateway.wait(Duration::from_secs(u64::try_from(due).unwrap() + 1));
    }
    stands(&client, &opened["uuid"], "dead", 15).await;
}

/// To IXOPAY a 410 is an answer like any other, also where another dialect was answered one before.
async fn what_is_gone_for_others_is_tried_still(gateway: TestGateway) {
    let receiver = Receiver::answering(|number, _| Reply::Saying(if number == 0 { 410 } else { 200 }, "OK"));
    let client = Client::of(&gateway);
    let link = client.merchant.link(json!({ "payment_endpoint": receiver.url("/cb") })).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("it is gone", || async { client.merchant.journey(&link.id).await["deliveries"][0]["state"] == "gone" })
        .await;
    let opened = client.begin("debit", &debit_with("7", &receiver.url("/cb"))).await;
    gateway.http.pay(&link_of(&opened), "code=ok").await.location();
    stands(&client, &opened["uuid"], "delivered", 1).await;
    assert_eq!(receiver.count(), 2);
}

/// What time it is in a gateway, in seconds.
fn now(gateway: &TestGateway) -> i64 {
    use handback::clock::Clock as _;
    i64::try_from(gateway.clock.now().as_millis() / 1000).unwrap()
}

async fn the_media_type_is_the_calls_or_the_merchants_choice(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    let mut count = 0;
    for (chosen, expected) in [("", "application/json; charset=utf-8"), ("application/json", "application/json")] {
        if !chosen.is_empty() {
            client.merchant.choose(json!({ "notice_type": chosen })).await;
        }
        let opened = client.begin("debit", &debit_with(&format!("order {chosen}"), &receiver.url("/cb"))).await;
        gateway.http.pay(&link_of(&opened), "code=ok").await.location();
        count += 1;
        let callback = callbacks(&receiver, count).await[count - 1].clone();
        assert_eq!(callback.headers["content-type"], expected);
        assert!(client.has_signed(&callback, Signing::Md5));
    }
}

async fn a_page_of_the_merchants_comes_first(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    let mut asked = debit_with("7", &receiver.url("/cb"));
    asked["extraData"] = json!({ "own": "1", "intermediateUrl": "https://m.example/wait?shop=1" });
    let opened = client.begin("debit", &asked).await;
    let pending = body(&callbacks(&receiver, 1).await[0]);
    assert_eq!((&pending["result"], &pending["uuid"]), (&json!("PENDING"), &opened["uuid"]));
    assert_eq!(pending["extraData"]["own"], "1");
    let first = gateway.http.get(opened["redirectUrl"].as_str().unwrap()).await.location();
    assert!(first.starts_with("https://m.example/wait?shop=1&continueUrl="), "{first}");
    let way_on = query_value(&first, "continueUrl");
    assert_eq!(pending["extraData"]["continueUrl"], way_on, "the callback says the same");
    gateway.http.get(&way_on).await.is(200).says("9.99");
    assert_eq!(gateway.http.pay(&link_of(&opened), "code=ok").await.location(), "https://m.example/ok?own=1");
    assert_eq!(body(&callbacks(&receiver, 2).await[1])["result"], "OK");
    // Afterwards there is nothing to wait for.
    let again = gateway.http.get(opened["redirectUrl"].as_str().unwrap()).await.location();
    assert!(again.starts_with(gateway.http.base()), "{again}");
}

async fn the_address_of_a_customer_is_touched_by_a_customer_alone(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let (one, two) =
        (client.begin("debit", &debit("1", json!({}))).await, client.begin("debit", &debit("2", json!({}))).await);
    let address = one["redirectUrl"].as_str().unwrap();
    let before = client.status(&one["uuid"]).await;
    let head = gateway.http.send(Method::HEAD, address, &[], "").await.is(204);
    assert!(!head.has("location"));
    gateway.http.get_with(address, &[("sec-purpose", "prefetch")]).await.is(204);
    for _ in 0..2 {
        let checkout = gateway.http.get(address).await.location();
        assert_eq!(checkout, format!("{}/payment?link_id={}", gateway.http.base(), link_of(&one)));
    }
    assert_eq!(client.status(&one["uuid"]).await, before);
    let (uuid, other) = (one["uuid"].as_str().unwrap(), two["uuid"].as_str().unwrap());
    let changed = if address.ends_with('0') { "1" } else { "0" };
    for bad in [
        format!("{}{changed}", &address[..address.len() - 1]),
        address.replace(uuid, other),
        address.replace(uuid, &uuid[1..]),
        address.to_lowercase().replace(&uuid.to_uppercase(), uuid),
        format!("{address}/x"),
        address[..address.len() - 33].to_owned(),
    ] {
        if bad != address {
            let page = gateway.http.get(&bad).await.is(404);
            assert!(page.header("content-type").starts_with("text/html"), "{bad}");
        }
    }
    // A link of another dialect has no such address.
    let link = client.merchant.link_to("https://shop.example/cb").await;
    gateway.http.get(&format!("{}/payment?link_id={}", gateway.http.base(), link.text)).await.is(200);
}

/// A debit that the test bank plays so.
pub(super) fn played(word: &str, callback: &str) -> Value {
    let mut body = debit_with(word, callback);
    body["extraData"] = json!({ "overrideResult": word });
    body
}

async fn the_test_bank_plays_what_needs_no_customer(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    let url = receiver.url("/cb");
    for (word, return_type, status, told) in [
        ("success", "FINISHED", "SUCCESS", Some("OK")),
        ("error", "ERROR", "ERROR", Some("ERROR")),
        ("pending", "PENDING", "PENDING", None),
        ("pendingSuccess", "PENDING", "SUCCESS", Some("OK")),
        ("pendingError", "PENDING", "ERROR", Some("ERROR")),
    ] {
        let before = receiver.count();
        let answer = client.begin("debit", &played(word, &url)).await;
        assert_eq!((&answer["returnType"], answer.get("redirectUrl")), (&json!(return_type), None), "{word}");
        assert_eq!(answer["success"], json!(return_type != "ERROR"), "{word}");
        if let Some(told) = told {
            let callback = body(&callbacks(&receiver, before + 1).await[before]);
            assert_eq!((&callback["result"], &callback["merchantTransactionId"]), (&json!(told), &json!(word)));
        }
        assert_eq!(client.status(&answer["uuid"]).await["transactionStatus"], status, "{word}");
    }
    for (word, answer, home) in [
        ("redirectSuccess", "code=fail:server_error", "https://m.example/ok?own=1"),
        ("redirectError", "code=ok", "https://m.example/error?own=3"),
        ("redirectCancel", "code=ok", "https://m.example/no?own=2"),
        ("redirect", "code=ok", "https://m.example/ok?own=1"),
    ] {
        let opened = client.begin("debit", &played(word, &url)).await;
        assert_eq!(opened["returnType"], "REDIRECT", "{word}");
        assert_eq!(gateway.http.pay(&link_of(&opened), answer).await.location(), home, "{word}");
    }
    let by_amount = json!({ "amount": "3.61", "callbackUrl": url });
    assert_eq!(client.begin("debit", &debit("by amount", by_amount)).await["returnType"], "ERROR");
    let paid = client.begin("debit", &debit("paid", json!({ "extraData": { "overrideResult": "success" } }))).await;
    for (word, return_type) in [("pending", "PENDING"), ("error", "ERROR")] {
        let more = json!({ "referenceUuid": paid["uuid"], "extraData": { "overrideResult": word } });
        assert_eq!(client.begin("refund", &debit(&format!("refund {word}"), more)).await["returnType"], return_type);
    }
    let registered = json!({ "merchantTransactionId": "r", "extraData": { "overrideResult": "failed" } });
    assert_eq!(client.begin("register", &registered).await["returnType"], "ERROR");
}

async fn a_payment_that_is_taken_back_is_told_twice(gateway: TestGateway) {
    let (client, receiver) = (Client::of(&gateway), acknowledging());
    let paid = client.begin("debit", &played("successChargeback", &receiver.url("/cb"))).await;
    assert_eq!(paid["returnType"], "FINISHED");
    let told: Vec<_> = callbacks(&receiver, 2).await.iter().map(body).collect();
    let of =
        |kind: &str| told.iter().find(|told| told["transactionType"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!((&of("DEBIT")["result"], &of("DEBIT")["uuid"]), (&json!("OK"), &paid["uuid"]));
    let (back, data) = (of("CHARGEBACK"), &of("CHARGEBACK")["chargebackData"]);
    assert_eq!(back["merchantTransactionId"], format!("auto-{}", back["uuid"].as_str().unwrap()));
    assert_eq!((&back["result"], &data["originalUuid"]), (&json!("OK"), &paid["uuid"]));
    assert_eq!(data["originalMerchantTransactionId"], "successChargeback");
    assert_eq!((&data["amount"], &data["currency"]), (&json!("9.99"), &json!("EUR")));
    let status = client.status(&back["uuid"]).await;
    assert_eq!((&status["transactionType"], &status["referenceUuid"]), (&json!("CHARGEBACK"), &paid["uuid"]));
    let by_id = |id: &Value| format!("/status//getByMerchantTransactionId/{}", id.as_str().unwrap());
    let found = client.call(Method::GET, &by_id(&back["merchantTransactionId"]), "").await.is(200).json();
    assert_eq!(found, status, "by the id that it was given");
    let made_up = json!(format!("auto-{}", paid["uuid"].as_str().unwrap()));
    assert_eq!(client.call(Method::GET, &by_id(&made_up), "").await.is(200).json()["errorCode"], 8001);
}

/// The sharpest form of the promise: a customer who reads the merchant's page at once finds the callback there.
#[tokio::test]
async fn a_browser_is_kept_until_its_callback_has_been_answered() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let receiver = Receiver::answering(|_, _| Reply::Slow(200, Duration::from_millis(300)));
    let client = Client::of(&gateway);
    let opened = client.begin("debit", &debit_with("7", &receiver.url("/cb"))).await;
    let back = gateway.http.pay(&link_of(&opened), "code=ok").await;
    assert_eq!((back.location().as_str(), receiver.count()), ("https://m.example/ok?own=1", 1));
    assert!(back.took >= Duration::from_millis(300), "{:?}", back.took);
}
