//! Token.io's webhooks: signed, in order, and tried again as documented (contracts, section 8).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};
use crate::support::token_io_client::{TokenIoClient, request};

/// The waits before each try after the first, in minutes: 10, 30, 70, 150 … after the first one, and 72 hours in the
/// end.
const WAITS: [u64; 9] = [10, 20, 40, 80, 160, 320, 640, 1280, 1770];

on_every_store![
    every_change_is_told_in_its_order_and_signed,
    what_is_not_acknowledged_is_tried_again_as_the_table_says,
    running_payments_keep_the_webhook_they_were_asked_for_with,
];

/// Checks the signature over the raw body as a client does, and answers the body.
#[track_caller]
fn verified(received: &Received, key: &str) -> Value {
    assert_eq!((received.method.as_str(), received.headers["content-type"].as_str()), ("POST", "application/json"));
    assert_eq!(received.headers["token-event"], "PAYMENT_STATUS_CHANGED");
    assert!(!received.headers.contains_key("webhook-signature"), "{:?}", received.headers);
    let (signature, body) = (&received.headers["token-signature"], received.body.as_bytes());
    assert!(!signature.contains('='));
    let bytes = URL_SAFE_NO_PAD.decode(key).expect("43 characters of base64url");
    let key = DecodingKey::from_ed_der(&bytes);
    let is_good = |body: &[u8]| crypto::verify(signature, body, &key, Algorithm::EdDSA).expect("a signature");
    assert!(is_good(body), "{}", received.body);
    assert!(!is_good(&[body, b" "].concat()), "an altered body is refused");
    serde_json::from_str(&received.body).expect("JSON")
}

/// The statuses that a receiver was sent for this payment, in order.
fn told(receiver: &Receiver, member: &TokenIoClient, id: &str) -> Vec<String> {
    let bodies = receiver.received().into_iter().map(|received| verified(&received, &member.webhook_key));
    let own = bodies.filter(|body| body["payment"]["id"] == id);
    own.map(|body| body["payment"]["status"].as_str().expect("a status").to_owned()).collect()
}

async fn every_change_is_told_in_its_order_and_signed(gateway: TestGateway) {
    let (member, receiver) = (TokenIoClient::of(&gateway).await, Receiver::saying(200));
    // The SDK's own signature, and the members in an order of their own.
    let body = json!({ "config": { "url": receiver.url("/hook"), "type": ["PAYMENT_STATUS_CHANGED"] } }).to_string();
    let header = member.of_sdk(&Method::PUT, "/webhook/config", &body);
    let headers = [("authorization", header.as_str()), ("content-type", "application/json")];
    let put = gateway.http.send(Method::PUT, "/token-io/webhook/config", &headers, body.clone()).await.is(200);
    assert_eq!(put.json(), json!({}));
    let shown = member.get("/webhook/config").await.is(200).json();
    assert_eq!(shown, serde_json::from_str::<Value>(&body).unwrap());

    let asked = member.ask(json!({})).await;
    let expected = ["INITIATION_PENDING", "INITIATION_PENDING_REDIRECT_AUTH"];
    eventually("both are told", || async { receiver.count() == 2 }).await;
    assert_eq!(told(&receiver, &member, &asked.id), expected);
    gateway.http.back(&asked.back("code=ok")).await;
    eventually("the end is told", || async { receiver.count() == 3 }).await;
    assert_eq!(told(&receiver, &member, &asked.id)[2], "INITIATION_COMPLETED");

    let bodies: Vec<_> = receiver.received().iter().map(|one| verified(one, &member.webhook_key)).collect();
    let last = &bodies[2];
    let mut names: Vec<_> = last.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["eventType", "id", "payment"]);
    assert_eq!(
        (&last["eventType"], &last["payment"]),
        (&json!("PAYMENT_STATUS_CHANGED"), &member.payment(&asked.id).await)
    );
    let mut ids: Vec<_> = bodies.iter().map(|body| body["id"].as_str().expect("a text")).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each event has an id of its own");
    assert!(bodies.iter().all(|body| body["payment"].get("authentication").is_none()), "the way is sealed");

    let hosted = member.ask(json!({ "flowType": "FULL_HOSTED_PAGES" })).await;
    eventually("it is told", || async { receiver.count() == 4 }).await;
    assert_eq!(told(&receiver, &member, &hosted.id), ["INITIATION_PENDING_REDIRECT_HP"]);
}

async fn what_is_not_acknowledged_is_tried_again_as_the_table_says(gateway: TestGateway) {
    // 204 and 302 are no 200, and 410 shuts nothing.
    let replies = [500, 204, 302, 410, 404, 503, 500, 500, 500, 201];
    let receiver = Receiver::answering(move |n, _| Reply::Status(replies[n.min(9)]));
    let member = TokenIoClient::of(&gateway).await;
    member.listen(&receiver.url("/hook")).await;
    // It does not expire in between, which would be an event.
    member.merchant.choose(json!({ "journey_life_seconds": 720 * 3600 })).await;
    let asked = member.ask(json!({ "flowType": "FULL_HOSTED_PAGES" })).await;
    let number = member.merchant.look("/journeys").await.is(200).json()["journeys"][0]["pay_id"].to_string();
    let number = number.trim_matches('"').to_owned();
    let delivery = || async { member.merchant.journey(&number).await["deliveries"][0].clone() };
    for (tries, wait) in (1..).zip(WAITS) {
        eventually(&format!("{tries} tries are made"), || async { delivery().await["tries"] == tries }).await;
        assert_eq!((delivery().await["state"].clone(), receiver.count()), (json!("failing"), tries));
        let minutes = Duration::from_mins(wait);
        gateway.wait(minutes * 8 / 10);
        // What was not due a moment ago is looked at again before it is.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(receiver.count(), tries, "not before it is due");
        gateway.wait(minutes * 3 / 10 + Duration::from_mins(1));
    }
    eventually("it rests", || async { delivery().await["state"] == "dead" }).await;
    assert_eq!(receiver.count(), 10);
    let bodies: Vec<_> = receiver.received().into_iter().map(|received| received.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "every try says the same");
    assert_eq!(told(&receiver, &member, &asked.id)[0], "INITIATION_PENDING_REDIRECT_HP");
}

async fn running_payments_keep_the_webhook_they_were_asked_for_with(gateway: TestGateway) {
    let (member, first, second) = (TokenIoClient::of(&gateway).await, Receiver::saying(200), Receiver::saying(200));
    member.get("/webhook/config").await.is(404);
    // A place of its own is no one-off URL.
    member.merchant.save("https://tpp.com/").await;
    member.listen(&first.url("/hook")).await;
    let asked = member.ask(json!({})).await;
    eventually("its first changes are told", || async { first.count() == 2 }).await;
    member.listen(&second.url("/hook")).await;
    gateway.http.back(&asked.back("code=ok")).await;
    eventually("the end is told", || async { first.count() == 3 }).await;
    assert_eq!(second.count(), 0);
    assert_eq!(member.call(Method::DELETE, "/webhook/config", &Value::Null).await.is(200).json(), json!({}));
    member.get("/webhook/config").await.is(404);
    let quiet = member.ask(json!({})).await;
    gateway.http.back(&quiet.back("code=ok")).await;
    let body = json!({ "config": { "type": ["REFUND_STATUS_CHANGED"], "url": second.url("/hook") } });
    member.call(Method::PUT, "/webhook/config", &body).await.is(200);
    let other = member.ask(json!({})).await;
    gateway.http.back(&other.back("code=ok")).await;
    eventually("both are paid", || async {
        member.status(&quiet.id).await == "INITIATION_COMPLETED"
            && member.status(&other.id).await == "INITIATION_COMPLETED"
    })
    .await;
    assert_eq!((first.count(), second.count()), (3, 0), "nobody wants to hear of payments");
}

#[tokio::test]
async fn a_late_bank_is_told_of_too() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let (member, receiver) = (TokenIoClient::of(&gateway).await, Receiver::saying(200));
    member.listen(&receiver.url("/hook")).await;
    let asked = member.ask(json!({})).await;
    eventually("its first changes are told", || async { receiver.count() == 2 }).await;
    gateway.http.back(&asked.back("code=slow:2000")).await;
    eventually("the end is told", || async { receiver.count() == 4 }).await;
    let expected = [
        "INITIATION_PENDING",
        "INITIATION_PENDING_REDIRECT_AUTH",
        "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION",
        "INITIATION_COMPLETED",
    ];
    assert_eq!(told(&receiver, &member, &asked.id), expected);
}

#[tokio::test]
async fn a_configuration_that_breaks_a_rule_is_refused() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    for (config, code, path) in [
        (json!({}), "Field.Expected", "config.type"),
        (json!({ "type": [], "url": "https://a.example/" }), "Field.Expected", "config.type"),
        (json!({ "type": ["PAYMENT_STATUS_CHANGED"] }), "Field.Expected", "config.url"),
        (json!({ "type": ["X"], "url": "https://a.example/" }), "Field.Invalid", "config.type[0]"),
        (
            json!({ "type": ["PAYMENT_STATUS_CHANGED"], "url": "http://a.example/" }),
            "Field.InvalidFormat",
            "config.url",
        ),
        (json!({ "type": ["PAYMENT_STATUS_CHANGED"], "url": "my.app://a/" }), "Field.InvalidFormat", "config.url"),
    ] {
        let body = json!({ "config": config });
        let error = member.call(Method::PUT, "/webhook/config", &body).await.is(400).json()["error"].clone();
        assert_eq!((&error["errorCode"], &error["paths"]), (&json!(code), &json!([path])), "{error}");
    }
    member.get("/webhook/config").await.is(404);
    // With saved callbacks only, the webhook is one of those places, and a callback must be.
    member.merchant.choose(json!({ "one_off_urls": "saved_only" })).await;
    member.listen("https://tpp.com/hook").await;
    let error = member.post("/v2/payments", &request(json!({}))).await.is(400).json()["error"].clone();
    assert_eq!(error["paths"], json!(["initiation.callbackUrl"]), "{error}");
}
