//! DELIVER: what a browser may lose a server receives.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;
use crate::support::receiver::{Received, Receiver, Reply};

/// The schedule of Standard Webhooks: the waits after each failed try, in seconds.
const WAITS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

on_every_store![
    a_background_callback_is_told_once_what_the_browser_was,
    what_fails_is_tried_again_when_it_is_due,
    what_a_receiver_asks_for_is_waited_for,
    after_the_last_try_it_rests_until_it_is_replayed,
    a_merchant_sees_every_attempt_at_what_fails_and_nobody_else_does,
    what_is_gone_is_told_nothing_more_until_it_is_replayed,
    payment_endpoints_are_told_of_every_outcome_and_signed,
    each_link_chooses_the_body_of_its_notices,
    an_endpoint_that_hangs_delays_nobody_else,
    what_was_not_carried_when_a_gateway_stopped_the_next_one_carries,
];

/// A paid link to a page of the web, with these as background callbacks. Answers it, and the redirect home.
async fn paid(gateway: &TestGateway, merchant: &MerchantClient, told: &[String]) -> (Link, String) {
    let list: Vec<_> = std::iter::once("https://shop.example/cb".to_owned()).chain(told.iter().cloned()).collect();
    let link = merchant.link(json!({ "callback_url": list, "one_time_token": true })).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    (link, home)
}

async fn delivery(merchant: &MerchantClient, link: &Link) -> Value {
    merchant.journey(&link.id).await["deliveries"][0].clone()
}

async fn stands(merchant: &MerchantClient, link: &Link, state: &str, tries: usize) {
    eventually(&format!("it is {state} after {tries} tries"), || async {
        let delivery = delivery(merchant, link).await;
        delivery["state"] == state && delivery["tries"] == tries
    })
    .await;
}

async fn a_background_callback_is_told_once_what_the_browser_was(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::answering(|n, _| Reply::Status([200, 302][n % 2])));
    let told = [receiver.url("/n?own=1&"), receiver.url("/{pay_id}")];
    let (link, home) = paid(&gateway, &merchant, &told).await;
    let token = query_value(&home, "one-time-token");
    eventually("both are delivered", || async {
        let journey = merchant.journey(&link.id).await;
        journey["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["state"] == "delivered")
    })
    .await;
    let query = merchant.query(&link, "&status=success");
    let mut targets: Vec<_> = receiver.received().into_iter().map(|received| received.target).collect();
    targets.sort();
    assert_eq!(targets, [format!("/{}?{query}", link.id), format!("/n?own=1&{query}")]);
    assert!(home.contains(&query) && !targets.join(" ").contains(&token), "rule 6: without tokens");
    let journey = merchant.journey(&link.id).await;
    let known: Vec<_> = journey["deliveries"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap()).collect();
    for Received { method, body, headers, .. } in receiver.received() {
        assert_eq!((method.as_str(), body.as_str()), ("GET", ""));
        assert!(known.contains(&headers["webhook-id"].as_str()), "{headers:?}");
    }
    gateway.wait(Duration::from_hours(100));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(receiver.count(), 2, "once per outcome");
}

async fn what_fails_is_tried_again_when_it_is_due(gateway: TestGateway) {
    let replies = [Reply::Status(500), Reply::Hangup, Reply::Status(404), Reply::Status(204)];
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::answering(move |n, _| replies[n.min(3)]));
    let (link, _) = paid(&gateway, &merchant, &[receiver.url("/n")]).await;
    for (tries, wait, attempt_result) in [(1, 5, "status"), (2, 300, "unanswered"), (3, 1800, "status")] {
        stands(&merchant, &link, "failing", tries).await;
        assert_eq!(delivery(&merchant, &link).await["attempts"][tries - 1]["result"], attempt_result);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(receiver.count(), tries, "not before it is due");
        gateway.wait(Duration::from_secs(wait * 11 / 10 + 1));
    }
    stands(&merchant, &link, "delivered", 4).await;
    let delivery = delivery(&merchant, &link).await;
    assert_eq!((&delivery["attempts"][3]["status"], &delivery["kind"]), (&json!(204), &json!("callback")));
    let ids: Vec<_> = receiver.received().iter().map(|received| received.id().to_owned()).collect();
    assert_eq!(json!(ids), json!(vec![delivery["id"].clone(); 4]), "the id is the same every time");
}

async fn what_a_receiver_asks_for_is_waited_for(gateway: TestGateway) {
    let receiver = Receiver::answering(|n, _| if n == 0 { Reply::Later(503, 600) } else { Reply::Status(200) });
    let merchant = gateway.merchant("Shop");
    let (link, _) = paid(&gateway, &merchant, &[receiver.url("/n")]).await;
    stands(&merchant, &link, "failing", 1).await;
    gateway.wait(Duration::from_secs(500));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(receiver.count(), 1);
    gateway.wait(Duration::from_secs(101));
    stands(&merchant, &link, "delivered", 2).await;
}

async fn after_the_last_try_it_rests_until_it_is_replayed(gateway: TestGateway) {
    let receiver = Receiver::answering(|n, _| Reply::Status(if n < 10 { 500 } else { 200 }));
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let (link, _) = paid(&gateway, &merchant, &[receiver.url("/n")]).await;
    for (tries, wait) in (1..).zip(WAITS) {
        stands(&merchant, &link, "failing", tries).await;
        gateway.wait(Duration::from_secs(wait * 11 / 10 + 1));
    }
    stands(&merchant, &link, "dead", 10).await;
    let listed = merchant.look("/deliveries?state=dead").await.is(200).json();
    let letter = &listed["deliveries"][0];
    assert_eq!((letter["pay_id"].as_str(), &listed["next"]), (Some(&*link.id), &Value::Null), "{listed}");
    let known = ["kind", "callback", "state", "tries", "outcome"].map(|name| &letter[name]);
    let url = receiver.url("/n");
    let expected = [json!("callback"), json!(url), json!("dead"), json!(10), json!("paid")];
    assert_eq!(known, expected.each_ref());
    let last = &letter["last_attempt"];
    assert_eq!((&last["result"], &last["status"]), (&json!("status"), &json!(500)), "{letter}");
    assert!(letter["ended_at"].is_string() && letter["due_at"].is_null(), "{letter}");
    let path = format!("/deliveries/{}", letter["id"].as_str().unwrap());
    let one = merchant.look(&path).await.is(200).json();
    assert_eq!((&one["id"], one["attempts"].as_array().map(Vec::len)), (&letter["id"], Some(10)));
    assert_eq!(one["attempts"][9], *last, "a list has the last attempt, and the delivery all of them");

    assert_eq!(other.look("/deliveries").await.is(200).json()["deliveries"], json!([]));
    other.look(&path).await.is(404);
    other.v1(Method::POST, &format!("{path}/replay"), &Value::Null).await.is(404);
    // After so many failures its endpoint rests for some minutes.
    gateway.wait(Duration::from_mins(6));
    let replayed = merchant.v1(Method::POST, &format!("{path}/replay"), &Value::Null).await.is(200).json();
    assert_eq!((&replayed["id"], &replayed["state"]), (&letter["id"], &json!("waiting")));
    stands(&merchant, &link, "delivered", 1).await;
    assert_eq!(merchant.look("/deliveries").await.is(200).json()["deliveries"], json!([]));
    assert_eq!(receiver.count(), 11);
}

async fn a_merchant_sees_every_attempt_at_what_fails_and_nobody_else_does(gateway: TestGateway) {
    let page: &str = format!("hush {} end", "é".repeat(3000)).leak();
    let receiver = Receiver::answering(move |n, _| match n {
        0 => Reply::Saying(500, "own trouble: hush"),
        1 => Reply::Saying(502, page),
        2 => Reply::Hangup,
        _ => Reply::Saying(200, "fine"),
    });
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let (link, _) = paid(&gateway, &merchant, &[receiver.url("/n")]).await;
    for (tries, wait) in [(1, 5), (2, 300), (3, 1800)] {
        stands(&merchant, &link, "failing", tries).await;
        let failing = merchant.look("/deliveries?state=failing").await.is(200).json();
        assert_eq!(failing["deliveries"][0]["pay_id"].as_str(), Some(&*link.id), "{failing}");
        assert_eq!(failing["deliveries"][0]["last_attempt"], delivery(&merchant, &link).await["attempts"][tries - 1]);
        for nobody in ["/deliveries?state=waiting", "/deliveries?state=dead", "/deliveries"] {
            assert_eq!(merchant.look(nobody).await.is(200).json()["deliveries"], json!([]), "{nobody}");
        }
        assert_eq!(other.look("/deliveries?state=failing").await.is(200).json()["deliveries"], json!([]));
        gateway.wait(Duration::from_secs(wait * 11 / 10 + 1));
    }
    stands(&merchant, &link, "delivered", 4).await;
    let attempts = delivery(&merchant, &link).await["attempts"].as_array().unwrap().clone();
    let known: Vec<_> = attempts.iter().map(|one| (one["result"].clone(), one["status"].clone())).collect();
    let status = |status| (json!("status"), json!(status));
    assert_eq!(known, [status(500), status(502), (json!("unanswered"), Value::Null), status(200)]);
    assert_eq!((&attempts[0]["answer"], &attempts[3]["answer"]), (&json!("own trouble: hush"), &json!("fine")));
    let begun = attempts[1]["answer"].as_str().unwrap();
    assert!(begun.starts_with("hush éé") && begun.ends_with('é') && begun.len() <= 200, "{begun}");
    assert!(attempts[2]["answer"].is_null() && attempts[2]["reason"].is_string(), "{:?}", attempts[2]);
    let times: Vec<_> = attempts.iter().map(|one| one["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && attempts.iter().all(|one| one["duration_ms"].is_u64()), "{attempts:?}");
    let refused = merchant.look("/deliveries?state=sent").await.is(422).json();
    assert!(refused["field"] == "state" && refused.to_string().contains("failing"), "{refused}");
}

async fn what_is_gone_is_told_nothing_more_until_it_is_replayed(gateway: TestGateway) {
    let receiver = Receiver::answering(|n, _| Reply::Status(if n == 0 { 410 } else { 200 }));
    let merchant = gateway.merchant("Shop");
    let (first, _) = paid(&gateway, &merchant, &[receiver.url("/n?shop=1")]).await;
    stands(&merchant, &first, "gone", 1).await;
    let (second, _) = paid(&gateway, &merchant, &[receiver.url("/n?shop=2")]).await;
    stands(&merchant, &second, "gone", 0).await;
    assert_eq!(receiver.count(), 1, "the endpoint is disabled");
    let id = delivery(&merchant, &second).await["id"].as_str().unwrap().to_owned();
    merchant.v1(Method::POST, &format!("/deliveries/{id}/replay"), &Value::Null).await.is(200);
    stands(&merchant, &second, "delivered", 1).await;
    let (third, _) = paid(&gateway, &merchant, &[receiver.url("/n?shop=3")]).await;
    stands(&merchant, &third, "delivered", 1).await;
    assert_eq!(delivery(&merchant, &first).await["state"], "gone");
}

async fn payment_endpoints_are_told_of_every_outcome_and_signed(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let endpoint = receiver.url("/pay?for={pay_id}");
    let fields = json!({ "payment_endpoint": endpoint, "recipient_note": "order 7", "amount": "49.99" });
    for (answer, status, outcome) in [("code=ok", "Success", "paid"), ("error=access_denied", "Cancel", "cancelled")] {
        let link = merchant.link(fields.clone()).await;
        assert_eq!(link.data["paymentEndpoint"], endpoint);
        gateway.http.pay(&link.text, answer).await.location();
        stands(&merchant, &link, "delivered", 1).await;
        assert_eq!(delivery(&merchant, &link).await["kind"], "payment_endpoint");
        assert_eq!(merchant.status(&link).await, outcome);
        let told = receiver.received().pop().unwrap();
        assert_eq!((told.method.as_str(), told.target), ("POST", format!("/pay?for={}", link.id)));
        assert_eq!(told.headers["content-type"], "application/json");
        let body: Value = serde_json::from_str(&told.body).unwrap();
        let data = json!({ "pay_id": link.id.parse::<u64>().unwrap(), "note": "order 7", "amount": 49.99,
            "user_id": merchant.id, "status": status });
        assert_eq!(body, json!({ "ResponseCode": 1, "data": data }));

        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let name = HeaderName::from_static(name);
            headers.insert(&name, HeaderValue::from_str(&told.headers[name.as_str()]).unwrap());
        }
        let reference = Webhook::new(&merchant.signing_secret).unwrap();
        reference.verify(told.body.as_bytes(), &headers).expect("a signature that the reference accepts");
        let altered = told.body.replace("49.99", "49.98");
        assert!(reference.verify(altered.as_bytes(), &headers).is_err());
        headers.insert("webhook-id", HeaderValue::from_static("another"));
        assert!(reference.verify(told.body.as_bytes(), &headers).is_err());
    }
}

async fn each_link_chooses_the_body_of_its_notices(gateway: TestGateway) {
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::saying(200));
    let list = format!("{},{}", receiver.url("/pay"), receiver.url("/saved"));
    let link = merchant.link(json!({ "payment_endpoint": list, "payment_endpoint_form": "form" })).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    eventually("both are told", || async { receiver.count() == 2 }).await;
    let mut told = receiver.received();
    told.sort_by(|a, b| a.target.cmp(&b.target));
    assert_eq!(told.iter().map(|told| told.target.as_str()).collect::<Vec<_>>(), ["/pay", "/saved"]);
    let fields =
        [("ResponseCode", "1"), ("data[pay_id]", &link.id), ("data[amount]", "25"), ("data[user_id]", &merchant.id)];
    for Received { body, headers, .. } in told {
        assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&body).unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [&fields[..], &[("data[status]", "success")]].concat());
    }
    for (fields, said) in [
        (json!({ "payment_endpoint": "9" }), "payment_endpoint: names the saved endpoint 9"),
        (json!({ "payment_endpoint": "com.example.app://x" }), "payment_endpoint: is an app link"),
        (json!({ "payment_endpoint": "https://a.example/,ftp://x/" }), "payment_endpoint item 2: "),
        (json!({ "payment_endpoint_form": "xml" }), "payment_endpoint_form: is neither"),
    ] {
        let mut body = json!({ "amount": 25 });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let refused = merchant.secpaid("createLink", &body).await.is(400).json();
        assert!(refused["ResponseMsg"].as_str().unwrap().starts_with(said), "{refused}");
    }
}

async fn an_endpoint_that_hangs_delays_nobody_else(gateway: TestGateway) {
    let (merchant, well) = (gateway.merchant("Shop"), Receiver::saying(200));
    let (hangs, mut stuck) = (Receiver::answering(|_, _| Reply::Hang(Duration::from_secs(30))), Vec::new());
    for _ in 0..12 {
        let told: Vec<_> = (0..4).map(|n| hangs.url(&format!("/{n}"))).collect();
        stuck.push(paid(&gateway, &merchant, &told).await.0);
    }
    eventually("some hang", || async { hangs.count() == 4 }).await;
    for _ in 0..5 {
        paid(&gateway, &merchant, &[well.url("/n")]).await;
    }
    eventually("the healthy ones are told", || async { well.count() == 5 }).await;
    for link in &stuck {
        let journey = merchant.journey(&link.id).await;
        assert!(journey["deliveries"].as_array().unwrap().iter().all(|delivery| delivery["tries"] == 0), "{journey}");
    }
    assert_eq!(hangs.count(), 4, "the others wait while these hang");
}

async fn what_was_not_carried_when_a_gateway_stopped_the_next_one_carries(mut gateway: TestGateway) {
    let slow =
        |n: usize, _: &Received| if n < 4 { Reply::Hang(Duration::from_millis(700)) } else { Reply::Status(200) };
    let (merchant, receiver) = (gateway.merchant("Shop"), Receiver::answering(slow));
    let mut links = Vec::new();
    for _ in 0..8 {
        links.push(paid(&gateway, &merchant, &[receiver.url("/n")]).await.0);
    }
    eventually("four are under way", || async { receiver.count() >= 4 }).await;
    gateway.restart().await;
    let merchant = MerchantClient { http: gateway.http.clone(), ..merchant };
    gateway.wait(Duration::from_secs(6));
    for link in &links {
        eventually("each is delivered", || async { delivery(&merchant, link).await["state"] == "delivered" }).await;
    }
    let mut tries: Vec<_> = Vec::new();
    for link in &links {
        tries.push(delivery(&merchant, link).await["tries"].as_u64().unwrap());
    }
    assert_eq!(
        tries.iter().sum::<u64>(),
        12,
        "the four that hung were finished, and none was tried in vain: {tries:?}"
    );
}
