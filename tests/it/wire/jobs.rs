//! Any API with a callback: what is sent when it is done.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::kind_of;
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};

on_every_store![
    the_result_is_told_as_soon_as_it_is_posted,
    answers_show_the_result_but_neither_the_body_nor_what_headers_hold,
    what_is_sent_is_as_the_merchant_wrote_it,
    a_try_that_fails_is_followed_by_the_very_same,
    the_first_of_many_results_is_told_and_no_other,
    what_is_called_off_is_never_told,
    calling_off_and_finishing_at_once_come_to_one_end,
    what_runs_out_is_told_so,
    a_gateway_that_stops_forgets_nothing,
    a_saved_endpoint_that_is_not_there_is_none,
];

/// Opens a job, and answers its id.
async fn open(merchant: &MerchantClient, body: Value) -> String {
    let opened = merchant.v1(Method::POST, "/jobs", &body).await.is(202).json();
    opened["id"].as_str().expect("an id").to_owned()
}

async fn finish(merchant: &MerchantClient, id: &str, body: Value) -> Value {
    merchant.v1(Method::POST, &format!("/jobs/{id}/result"), &body).await.is(200).json()
}

async fn look(merchant: &MerchantClient, id: &str) -> Value {
    merchant.look(&format!("/jobs/{id}")).await.is(200).json()
}

/// Waits until its delivery is so, after so many tries.
async fn stands(merchant: &MerchantClient, id: &str, state: &str, tries: usize) -> Value {
    eventually(&format!("it is {state} after {tries} tries"), || async {
        let delivery = look(merchant, id).await["delivery"].clone();
        delivery["state"] == state && delivery["tries"] == tries
    })
    .await;
    look(merchant, id).await
}

/// The headers of Standard Webhooks, as the reference library verifies them.
#[track_caller]
fn verify(merchant: &MerchantClient, told: &Received) {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = HeaderValue::from_str(&told.headers[name]).unwrap();
        headers.insert(HeaderName::from_static(name), value);
    }
    let reference = Webhook::new(&merchant.signing_secret).unwrap();
    reference.verify(told.body.as_bytes(), &headers).expect("a signature that the reference accepts");
    assert!(reference.verify(format!("{} ", told.body).as_bytes(), &headers).is_err());
}

/// The signature that the reference library writes, whenever that was.
#[track_caller]
fn is_signed(merchant: &MerchantClient, told: &Received) {
    let at = told.headers["webhook-timestamp"].parse().unwrap();
    let signature = Webhook::new(&merchant.signing_secret).unwrap().sign(told.id(), at, told.body.as_bytes());
    assert_eq!(told.headers["webhook-signature"], signature.unwrap());
}

async fn the_result_is_told_as_soon_as_it_is_posted(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let url = receiver.url("/hook?own=1");
    let opened = merchant.v1(Method::POST, "/jobs", &json!({ "callback_url": url })).await.is(202);
    let id = opened.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(opened.header("content-location"), format!("/v1/jobs/{id}"));
    assert_eq!(opened.header("cache-control"), "no-store");
    let waiting = look(&merchant, &id).await;
    assert_eq!(waiting, opened.json());
    let known = ["status", "callback_url", "method", "headers", "ended_at", "result", "delivery"];
    let expected = [json!("waiting"), json!(url), json!("POST"), json!([]), Value::Null, Value::Null, Value::Null];
    assert_eq!(known.map(|name| &waiting[name]), expected.each_ref());
    assert_eq!(receiver.count(), 0);

    let finished = finish(&merchant, &id, json!({ "status": "done", "result": { "page": [1, 2] } })).await;
    assert_eq!((&finished["status"], &finished["result"]), (&json!("done"), &json!({ "page": [1, 2] })));
    assert_eq!(finished["delivery"]["kind"], "job");
    let delivered = stands(&merchant, &id, "delivered", 1).await;
    assert_eq!(delivered["delivery"]["attempts"][0]["status"], 200);
    let told = receiver.received().pop().unwrap();
    assert_eq!((told.method.as_str(), told.target.as_str()), ("POST", "/hook?own=1"));
    assert_eq!(told.headers["content-type"], "application/json");
    assert_eq!(told.body, format!(r#"{{"id":"{id}","status":"done","result":{{"page":[1,2]}}}}"#));
    assert_eq!((told.id(), told.headers["handback-status"].as_str()), (&*format!("{id}_0_e0"), "done"));
    verify(&merchant, &told);
    assert_eq!(receiver.count(), 1);
}

async fn answers_show_the_result_but_neither_the_body_nor_what_headers_hold(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let asked = json!({
        "callback_url": receiver.url("/hook"),
        "headers": { "authorization": "Bearer of-the-app" },
        "body": { "n": "kept-to-itself" },
    });
    let opened = merchant.v1(Method::POST, "/jobs", &asked).await.is(202).json();
    let id = opened["id"].as_str().unwrap().to_owned();
    let finished = finish(&merchant, &id, json!({ "status": "done", "result": { "pages": 12 } })).await;
    let shown = look(&merchant, &id).await;
    let listed = merchant.look("/jobs").await.is(200).json();
    for answer in [&opened, &finished, &shown, &listed] {
        let text = answer.to_string();
        assert!(text.contains("authorization"), "{text}");
        assert!(!text.contains("of-the-app") && !text.contains("kept-to-itself"), "{text}");
    }
    assert_eq!([&finished["result"], &shown["result"]], [&json!({ "pages": 12 }); 2]);
    assert_eq!(listed["jobs"][0].get("result"), None);
}

async fn what_is_sent_is_as_the_merchant_wrote_it(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(204));
    let own = json!({ "X-Order": "7", "Authorization": "Bearer of-the-app" });
    let xml = json!({ "Content-Type": "application/xml" });
    for (method, headers, body, end, (kind, sent)) in [
        (
            "POST",
            &own,
            json!({ "n": 1, "was": "{status}", "it": "{result}" }),
            "done",
            ("application/json", r#"{"it":{"a":1},"n":1,"was":"done"}"#),
        ),
        ("PUT", &own, json!("byte for {byte}"), "failed", ("text/plain; charset=utf-8", "byte for {byte}")),
        ("PATCH", &xml, json!("<done/>"), "done", ("application/xml", "<done/>")),
        ("GET", &own, Value::Null, "failed", ("", "")),
        ("DELETE", &own, Value::Null, "done", ("", "")),
    ] {
        let url = receiver.url("/{status}/x?for={pay_id}&of={user_id}");
        let asked = json!({ "callback_url": url, "method": method, "headers": headers, "body": body });
        let id = open(&merchant, asked).await;
        finish(&merchant, &id, json!({ "status": end, "result": { "a": 1 } })).await;
        let delivered = stands(&merchant, &id, "delivered", 1).await;
        let told = receiver.received().pop().unwrap();
        let number = merchant.journey(&id).await["pay_id"].as_str().unwrap().to_owned();
        assert_eq!(told.target, format!("/{end}/x?for={number}&of={}", merchant.id));
        assert_eq!((told.method.as_str(), told.body.as_str()), (method, sent));
        assert_eq!(told.headers.get("content-type").map_or("", String::as_str), kind);
        assert_eq!(told.headers["handback-status"], end);
        verify(&merchant, &told);
        if headers == &own {
            assert_eq!((&*told.headers["x-order"], &*told.headers["authorization"]), ("7", "Bearer of-the-app"));
            let mut names: Vec<_> = delivered["headers"].as_array().unwrap().iter().map(ToString::to_string).collect();
            names.sort();
            assert_eq!(names, ["\"authorization\"", "\"x-order\""]);
        }
        assert!(!delivered.to_string().contains("of-the-app"), "no answer shows a value");
    }
}

async fn a_try_that_fails_is_followed_by_the_very_same(gateway: TestGateway) {
    let receiver = Receiver::answering(|n, _| Reply::Status([500, 302, 200][n.min(2)]));
    let merchant = gateway.merchant("Shop");
    let asked = json!({ "callback_url": receiver.url("/hook"), "method": "PUT", "headers": { "x-a": "1" } });
    let id = open(&merchant, asked).await;
    finish(&merchant, &id, json!({ "status": "failed", "result": "no paper" })).await;
    stands(&merchant, &id, "failing", 1).await;
    gateway.wait(Duration::from_secs(6));
    let second = stands(&merchant, &id, "failing", 2).await;
    assert_eq!(second["delivery"]["attempts"][1]["status"], 302, "a redirect is no receipt, and is not followed");
    gateway.wait(Duration::from_secs(331));
    stands(&merchant, &id, "delivered", 3).await;
    let told = receiver.received();
    let first = &told[0];
    for each in &told {
        let same = |each: &Received| {
            (
                each.method.clone(),
                each.target.clone(),
                each.body.clone(),
                each.id().to_owned(),
                each.headers["x-a"].clone(),
            )
        };
        assert_eq!(same(each), same(first));
        is_signed(&merchant, each);
    }
    assert_ne!(told[0].headers["webhook-timestamp"], told[2].headers["webhook-timestamp"]);
}

async fn the_first_of_many_results_is_told_and_no_other(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let id = open(&merchant, json!({ "callback_url": receiver.url("/hook") })).await;
    let path = format!("/jobs/{id}/result");
    let bodies: Vec<_> = (0..12)
        .map(|n| {
            let status = ["done", "failed"][n % 2];
            json!({ "status": status, "result": n / 2 })
        })
        .collect();
    let all = bodies.iter().map(|body| merchant.v1(Method::POST, &path, body));
    let answers = futures_util::future::join_all(all).await;
    let won: Vec<_> = (0..12).filter(|n| answers[*n].status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 11);
    // The same again is the same; another is not, be it another status or another result.
    let (winner, other) = (&bodies[won[0]], &bodies[(won[0] + 2) % 12]);
    assert_eq!(finish(&merchant, &id, winner.clone()).await["result"], winner["result"]);
    let refused = merchant.v1(Method::POST, &path, other).await.is(409).json();
    assert_eq!((&refused["field"], kind_of(&refused)), (&json!("result"), "callback-ended"));
    let other = &bodies[(won[0] + 1) % 12];
    assert_eq!(merchant.v1(Method::POST, &path, other).await.is(409).json()["field"], "status");
    stands(&merchant, &id, "delivered", 1).await;
    let told: Value = serde_json::from_str(&receiver.received()[0].body).unwrap();
    assert_eq!(told, json!({ "id": id, "status": winner["status"], "result": winner["result"] }));
    assert_eq!(receiver.count(), 1);
}

async fn what_is_called_off_is_never_told(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let id = open(&merchant, json!({ "callback_url": receiver.url("/hook") })).await;
    let path = format!("/jobs/{id}");
    for _ in 0..2 {
        let cancelled = merchant.v1(Method::DELETE, &path, &Value::Null).await.is(200).json();
        assert_eq!((&cancelled["status"], cancelled.get("delivery")), (&json!("cancelled"), None));
    }
    let late = merchant.v1(Method::POST, &format!("{path}/result"), &json!({ "status": "done" })).await.is(409).json();
    assert_eq!(late["field"], "status");
    assert!(late["rule"].as_str().unwrap().contains("cancelled"), "{late}");
    // What was waited for is delivered, and cannot be called off any more.
    let other = open(&merchant, json!({ "callback_url": receiver.url("/other") })).await;
    finish(&merchant, &other, json!({ "status": "done" })).await;
    let refused = merchant.v1(Method::DELETE, &format!("/jobs/{other}"), &Value::Null).await.is(409).json();
    assert_eq!((&refused["field"], kind_of(&refused)), (&json!("id"), "callback-ended"));
    stands(&merchant, &other, "delivered", 1).await;
    gateway.wait(Duration::from_hours(25));
    assert_eq!(look(&merchant, &id).await["status"], "cancelled");
    assert_eq!(receiver.received().iter().map(|told| told.target.as_str()).collect::<Vec<_>>(), ["/other"]);
}

async fn calling_off_and_finishing_at_once_come_to_one_end(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let mut done = Vec::new();
    for n in 0..12 {
        let id = open(&merchant, json!({ "callback_url": receiver.url(&format!("/{n}")) })).await;
        let (path, body) = (format!("/jobs/{id}"), json!({ "status": "done" }));
        let result = format!("{path}/result");
        let (off, finished) =
            tokio::join!(merchant.v1(Method::DELETE, &path, &Value::Null), merchant.v1(Method::POST, &result, &body));
        assert_eq!([off.status, finished.status].iter().filter(|status| **status == 200).count(), 1);
        let status = look(&merchant, &id).await["status"].clone();
        assert_eq!(status == "done", finished.status == 200, "{status}");
        if status == "done" {
            stands(&merchant, &id, "delivered", 1).await;
            done.push(format!("/{n}"));
        }
    }
    let mut told: Vec<_> = receiver.received().into_iter().map(|told| told.target).collect();
    told.sort_by_key(|target| target[1..].parse::<u32>().unwrap());
    assert_eq!(told, done);
}

async fn what_runs_out_is_told_so(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let id = open(&merchant, json!({ "callback_url": receiver.url("/hook"), "expires_in": 60 })).await;
    gateway.wait(Duration::from_secs(61));
    let late = merchant.v1(Method::POST, &format!("/jobs/{id}/result"), &json!({ "status": "done" })).await;
    let late = late.is(409).json();
    assert!(late["rule"].as_str().unwrap().contains("expired"), "{late}");
    merchant.v1(Method::DELETE, &format!("/jobs/{id}"), &Value::Null).await.is(409);
    stands(&merchant, &id, "delivered", 1).await;
    assert_eq!(receiver.received()[0].body, format!(r#"{{"id":"{id}","status":"expired","result":null}}"#));
    // Also when nobody asks: the gateway looks after it.
    let id =
        open(&merchant, json!({ "callback_url": receiver.url("/alone"), "method": "GET", "expires_in": 60 })).await;
    gateway.wait(Duration::from_secs(61));
    eventually("it is told", || async { receiver.count() == 2 }).await;
    let told = receiver.received().pop().unwrap();
    assert_eq!((told.target.as_str(), told.headers["handback-status"].as_str()), ("/alone", "expired"));
    assert_eq!(look(&merchant, &id).await["status"], "expired");
}

async fn a_gateway_that_stops_forgets_nothing(mut gateway: TestGateway) {
    let (merchant, receiver) =
        (gateway.merchant("Shop"), Receiver::answering(|n, _| Reply::Status([500, 200][n.min(1)])));
    let asked =
        json!({ "callback_url": receiver.url("/hook"), "headers": { "x-a": "1" }, "body": { "r": "{result}" } });
    let [early, late] = [open(&merchant, asked.clone()).await, open(&merchant, asked).await];
    finish(&merchant, &early, json!({ "status": "done", "result": [1.50] })).await;
    stands(&merchant, &early, "failing", 1).await;
    gateway.restart().await;
    let merchant = MerchantClient { http: gateway.http.clone(), ..merchant };
    finish(&merchant, &late, json!({ "status": "done", "result": 2 })).await;
    stands(&merchant, &late, "delivered", 1).await;
    gateway.wait(Duration::from_secs(6));
    stands(&merchant, &early, "delivered", 2).await;
    let bodies: Vec<_> = receiver.received().into_iter().map(|told| (told.body, told.headers["x-a"].clone())).collect();
    let body = |text: &str| (text.to_owned(), "1".to_owned());
    assert_eq!(bodies, [body(r#"{"r":[1.5]}"#), body(r#"{"r":2}"#), body(r#"{"r":[1.5]}"#)]);
}

async fn a_saved_endpoint_that_is_not_there_is_none(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let asked = json!({ "callback_url": 0 });
    let refused = merchant.v1(Method::POST, "/jobs", &asked).await.is(422).json();
    assert_eq!(refused["field"], "callback_url");
    assert!(refused["rule"].as_str().unwrap().contains("saved endpoint 0"), "{refused}");
    // What SecPaid's webhooks are like there is none of its business.
    let receiver = Receiver::saying(200);
    let saved = json!({
        "url": receiver.url("/saved"), "form": "form", "notify_on": ["done"], "encryption_key": "k".repeat(32),
    });
    merchant.v1(Method::POST, "/profile/endpoints", &saved).await.is(201);
    let asked = json!({ "callback_url": 0, "body": { "order": "{status}" } });
    // That it wants successes alone is.
    let failed = open(&merchant, asked.clone()).await;
    finish(&merchant, &failed, json!({ "status": "failed" })).await;
    let ended = look(&merchant, &failed).await;
    assert_eq!((&ended["status"], ended.get("delivery")), (&json!("failed"), None), "{ended}");
    let id = open(&merchant, asked).await;
    finish(&merchant, &id, json!({ "status": "done" })).await;
    stands(&merchant, &id, "delivered", 1).await;
    let [told] = <[Received; 1]>::try_from(receiver.received()).unwrap();
    assert!(told.body.contains("\"order\":\"done\""), "{}", told.body);
    verify(&merchant, &told);
}

/// What the merchant keeps secret is nowhere to be read in what the gateway has written.
#[tokio::test]
async fn what_is_sent_is_sealed_where_it_is_kept() {
    let (gateway, receiver) = (TestGateway::open(StoreKind::Embedded).await, Receiver::saying(500));
    let merchant = gateway.merchant("Shop");
    let secret = "hush-9f3b1c";
    let asked = json!({ "callback_url": receiver.url("/hook"), "headers": { "authorization": secret },
        "body": { "password": secret } });
    let id = open(&merchant, asked).await;
    finish(&merchant, &id, json!({ "status": "done", "result": secret })).await;
    stands(&merchant, &id, "failing", 1).await;
    assert!(receiver.received()[0].body.contains(secret), "the receiver was told");
    let mut read = 0;
    for entry in std::fs::read_dir(gateway.folder().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        read += bytes.len();
    }
    assert!(read > 10_000, "{read} bytes");
}
