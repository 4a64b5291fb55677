//! The check-up of a saved callback, over `/v1`.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::{Receiver, Reply};

async fn check_up(merchant: &MerchantClient, index: usize) -> Value {
    let path = format!("/profile/callbacks/{index}/check-up");
    merchant.v1(Method::POST, &path, &Value::Null).await.is(200).json()
}

/// The grade and the sentence of what was found of a subject of a URL.
fn found<'a>(report: &'a Value, of: &str, subject: &str) -> (&'a str, &'a str) {
    let all = report["findings"].as_array().unwrap();
    let one = all.iter().find(|one| one["of"] == of && one["subject"] == subject);
    let one = one.unwrap_or_else(|| panic!("nothing of {of} {subject}: {report}"));
    (one["grade"].as_str().unwrap(), one["says"].as_str().unwrap())
}

#[tokio::test]
async fn a_check_up_says_what_a_customer_would_meet() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let shop = Receiver::answering(|_, received| match received.target.split('?').next() {
        Some("/sound") => Reply::Headed(200, "set-cookie: cart=1; SameSite=Lax\r\n"),
        Some("/strict") => Reply::Headed(200, "set-cookie: sid=1; SameSite=Strict\r\nset-cookie: b=2\r\n"),
        Some("/moved") => Reply::Headed(302, "location: /sound?a=1\r\n"),
        Some("/nowhere") => Reply::Status(303),
        Some("/slow") => Reply::Slow(200, Duration::from_millis(150)),
        Some("/broken") => Reply::Status(503),
        Some("/shut") => Reply::Hangup,
        _ => Reply::Status(404),
    });
    for (index, (path, subject, grade, said)) in [
        ("/sound", "answer", "sound", "answers 200"),
        ("/sound?x={status}", "cookies", "sound", "keeps its cookies"),
        ("/strict", "cookies", "trouble", "sid is SameSite=Strict"),
        ("/moved", "redirect", "remark", "/sound?a=1"),
        ("/nowhere", "redirect", "trouble", "does not say where to"),
        ("/slow", "speed", "remark", "ms to answer"),
        ("/broken", "answer", "trouble", "answers 503"),
        ("/shut", "answer", "trouble", "did not answer"),
        ("/missing", "answer", "trouble", "there is no page"),
    ]
    .into_iter()
    .enumerate()
    {
        merchant.save(&shop.url(path)).await;
        gateway.clock.advance(Duration::from_secs(1));
        let report = check_up(&merchant, index).await;
        let (own, says) = found(&report, "url", subject);
        assert!(own == grade && says.contains(said), "{path}: {report}");
        let worst = ["trouble", "remark", "sound"]
            .into_iter()
            .find(|one| report.to_string().contains(&format!(":\"{one}\",\"of\"")));
        assert_eq!(report["grade"], worst.unwrap(), "{report}");
    }
}

#[tokio::test]
async fn a_check_up_cannot_be_taken_for_a_customer_who_comes_home() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let shop = Receiver::saying(200);
    merchant.save(&shop.url("/paid/{pay_id}?order=7&how={status}")).await;
    check_up(&merchant, 0).await;
    let [asked] = &shop.received()[..] else { panic!("asked once") };
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/paid/check-up?order=7&how=check-up"));
    assert!(asked.headers["user-agent"].ends_with("(check-up)") && !asked.headers.contains_key("cookie"), "{asked:?}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let gateway = TestGateway::open_own(StoreKind::Embedded, "sandbox.enabled = true\n").await;
    let merchant = gateway.merchant("Shop");
    let shop = Receiver::saying(200);
    merchant.save("com.example.shop://paid").await;
    merchant.save(&shop.url("/paid")).await;
    let app = check_up(&merchant, 0).await;
    assert_eq!((found(&app, "url", "answer").0, app["findings"].as_array().map(Vec::len)), ("remark", Some(1)));
    gateway.clock.advance(Duration::from_secs(1));
    let inside = check_up(&merchant, 1).await;
    assert!(found(&inside, "url", "answer").1.contains("not asked"), "{inside}");
    assert_eq!(shop.count(), 0, "the guard lets nothing through");
    merchant.v1(Method::POST, "/profile/callbacks/9/check-up", &Value::Null).await.is(404);
    let other = gateway.merchant("Other");
    other.v1(Method::POST, "/profile/callbacks/0/check-up", &Value::Null).await.is(404);
}

#[tokio::test]
async fn check_ups_of_one_merchant_are_a_second_apart() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let shop = Receiver::saying(200);
    for merchant in [&merchant, &other] {
        merchant.save(&shop.url("/paid")).await;
    }
    let began = Instant::now();
    check_up(&merchant, 0).await;
    check_up(&merchant, 0).await;
    assert!(began.elapsed() >= Duration::from_secs(1), "the second waits for its turn");
    let ask = || merchant.v1(Method::POST, "/profile/callbacks/0/check-up", &json!(null));
    let all = futures_util::future::join_all((0..6).map(|_| ask())).await;
    let refused: Vec<_> = all.iter().filter(|answer| answer.status == 429).collect();
    assert!((2..=4).contains(&refused.len()), "the turns of three seconds are given out: {}", refused.len());
    assert!(refused[0].json()["type"].as_str().unwrap().ends_with("/problems/too-often"));
    check_up(&other, 0).await;
}
