//! Webhooks before the reference libraries of Standard Webhooks: what a gateway sends they accept, and nothing else.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::judge::{Judge, Library, signed_headers};
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::Receiver;

/// The bodies that a payment endpoint can ask for.
const FORMS: [&str; 3] = ["nested", "brackets", "form"];
/// How far off a timestamp may be (Standard Webhooks, the reference libraries).
const TOLERANCE: Duration = Duration::from_mins(5);

#[tokio::test]
async fn the_rust_library_accepts_what_is_sent_and_nothing_else() {
    is_judged_by(Library::Rust).await;
}

#[tokio::test]
async fn the_javascript_library_accepts_what_is_sent_and_nothing_else() {
    is_judged_by(Library::JavaScript).await;
}

#[tokio::test]
async fn the_python_library_accepts_what_is_sent_and_nothing_else() {
    is_judged_by(Library::Python).await;
}

async fn is_judged_by(library: Library) {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let judge = Judge::start(library, &merchant.signing_secret);
    let stranger = Judge::start(library, &other.signing_secret);
    for form in FORMS {
        for answer in ["code=ok", "error=access_denied"] {
            let told = judge.url("/notice?order=7");
            assert_eq!(
                verdict(&gateway, &merchant, &told, form, answer).await,
                ("delivered".into(), 204),
                "{form} {answer}"
            );
        }
    }
    let told = stranger.url("/notice");
    assert_eq!(
        verdict(&gateway, &merchant, &told, "nested", "code=ok").await,
        ("failing".into(), 400),
        "another's secret"
    );
    forgeries_are_refused(&gateway, &merchant, &judge).await;
}

/// What becomes of a webhook in this form: its state, and the status that was answered.
async fn verdict(
    gateway: &TestGateway,
    merchant: &MerchantClient,
    told: &str,
    form: &str,
    answer: &str,
) -> (String, u64) {
    let fields = json!({ "payment_endpoint": told, "payment_endpoint_form": form, "recipient_note": "Größe 7 €" });
    let link = merchant.link(fields).await;
    gateway.http.pay(&link.text, answer).await.location();
    let delivery = || async { merchant.journey(&link.id).await["deliveries"][0].clone() };
    eventually("it was tried", || async { delivery().await["tries"] == 1 }).await;
    let delivery: Value = delivery().await;
    (delivery["state"].as_str().unwrap().to_owned(), delivery["attempts"][0]["status"].as_u64().unwrap())
}

/// Brings a server webhooks that somebody has tampered with, made from a real one.
async fn forgeries_are_refused(gateway: &TestGateway, merchant: &MerchantClient, judge: &Judge) {
    let witness = Receiver::saying(204);
    verdict(gateway, merchant, &witness.url("/notice"), "nested", "code=ok").await;
    let real = witness.received().pop().unwrap();
    let (headers, body) = (signed_headers(&real), real.body.as_str());
    let (id, own) = (real.id().to_owned(), Webhook::new(&merchant.signing_secret).unwrap());
    let sent_at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let sealed_at = |at: Duration| {
        let seconds = i64::try_from(at.as_secs()).unwrap();
        let signature = own.sign(&id, seconds, body.as_bytes()).unwrap();
        with(&with(&headers, "webhook-timestamp", &seconds.to_string()), "webhook-signature", &signature)
    };
    let minute = Duration::from_mins(1);
    let signature = &real.headers["webhook-signature"];
    let altered = body.replace("Success", "success");
    assert_ne!(altered, body);
    for (expected, headers, body, what) in [
        (204, headers.clone(), body, "the real one"),
        (204, headers.clone(), body, "the real one again"),
        (204, with(&headers, "webhook-signature", &format!("v1,AAAA {signature}")), body, "two keys at once"),
        (204, sealed_at(sent_at), body, "one that was signed anew"),
        (400, sealed_at(sent_at - TOLERANCE - minute), body, "an old one"),
        (400, sealed_at(sent_at + TOLERANCE + minute), body, "one from the future"),
        (400, headers.clone(), &altered, "another body"),
        (400, headers.clone(), "", "no body"),
        (400, with(&headers, "webhook-id", "another"), body, "another id"),
        (400, with(&headers, "webhook-timestamp", &(sent_at.as_secs() + 1).to_string()), body, "another time"),
        (400, with(&headers, "webhook-signature", "v1,AAAA"), body, "another signature"),
        (400, with(&headers, "webhook-signature", &signature.replace("v1,", "v2,")), body, "another version"),
        (400, HeaderMap::new(), body, "no headers"),
    ] {
        let mut pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        pairs.push(("content-type", "application/json"));
        let answer = gateway.http.send(Method::POST, &judge.url("/notice"), &pairs, body.to_owned()).await;
        assert_eq!(answer.status, expected, "{what}: {}", answer.text());
    }
}

fn with(headers: &HeaderMap, name: &'static str, value: &str) -> HeaderMap {
    let mut headers = headers.clone();
    headers.insert(name, value.parse().unwrap());
    headers
}
