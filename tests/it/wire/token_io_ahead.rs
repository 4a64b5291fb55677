//! The departure begins with the call, and not with a browser: the bank is late, away, or the node is.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handback::domain::journey::Journey;
use handback::engine::Which;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::annex::{Annex, Manners};
use crate::support::house::eventually;
use crate::support::http::{Answer, query_value};
use crate::support::member::{CALLBACK, request};

fn late(departs_after: Duration) -> Manners {
    Manners { departs_after, ..Manners::plain("late") }
}

/// Calls with the Basic key, and waits for so many seconds.
async fn call(annex: &Annex, method: Method, path: &str, (seconds, body): (&str, &Value)) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(annex.api_key.reveal()));
    let headers = [("authorization", basic.as_str()), ("request-timeout", seconds)];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    annex.http.send(method, &format!("/token-io{path}"), &headers, body).await
}

/// Asks for a payment at the late bank, and waits for so many seconds.
async fn asked(annex: &Annex, seconds: &str) -> Value {
    let body = request(json!({ "bankId": "of-late" }));
    let answer = call(annex, Method::POST, "/v2/payments", (seconds, &body)).await.is(200);
    answer.json()["payment"].clone()
}

async fn payment(annex: &Annex, id: &Value, seconds: &str) -> Value {
    let path = format!("/v2/payments/{}", id.as_str().expect("an id"));
    call(annex, Method::GET, &path, (seconds, &Value::Null)).await.is(200).json()["payment"].clone()
}

async fn journey(annex: &Annex) -> Journey {
    annex.engine.journeys(annex.merchant.id, Which::All, None, 1).await.expect("a store").remove(0)
}

#[tokio::test]
async fn a_late_bank_is_not_waited_for_longer_than_the_caller_will() {
    let annex = Annex::open(&[late(Duration::from_secs(2))]).await;
    let pending = asked(&annex, "0").await;
    assert_eq!((&pending["status"], pending.get("authentication")), (&json!("INITIATION_PENDING"), None));
    let ready = payment(&annex, &pending["id"], "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH", "a call that waits is told when it changes");
    assert!(ready["updatedDateTime"].as_str() > ready["createdDateTime"].as_str(), "{ready}");
    let state = query_value(ready["authentication"]["redirectUrl"].as_str().expect("a way"), "state");
    let home = annex.http.get(&format!("/return/late?code=ok&state={state}")).await.location();
    assert!(home.starts_with(CALLBACK), "{home}");
    assert_eq!(payment(&annex, &pending["id"], "0").await["status"], "INITIATION_COMPLETED");
}

#[tokio::test]
async fn a_bank_that_answers_in_time_is_in_the_first_answer() {
    let annex = Annex::open(&[late(Duration::from_millis(300))]).await;
    let ready = asked(&annex, "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH");
    let record = format!("{:?}", journey(&annex).await);
    assert!(!record.contains("authorise"), "what a bank gave us is sealed: {record}");
}

#[tokio::test]
async fn a_bank_that_cannot_be_reached_has_failed_the_payment() {
    let annex = Annex::open(&[Manners { reachable: false, ..Manners::plain("late") }]).await;
    let failed = asked(&annex, "30").await;
    assert_eq!(failed["status"], "INITIATION_FAILED", "{failed}");
    let info = &failed["errorInfo"];
    assert_eq!((&info["httpErrorCode"], &info["tokenExternalError"]), (&json!(503), &json!(true)), "{failed}");
    assert_eq!(payment(&annex, &failed["id"], "0").await, failed);
}

#[tokio::test]
async fn another_node_asks_when_the_one_that_did_is_gone() {
    let annex = Annex::open(&[late(Duration::from_secs(30))]).await;
    let pending = asked(&annex, "0").await;
    eventually("the bank is being asked", || async { journey(&annex).await.revision() == 2 }).await;
    // The node dies while the bank thinks. What it has promised stands in the store.
    let next = annex.next(&[Manners::plain("late")]);
    assert_eq!(next.engine.sweep().await.expect("a store"), 0, "not while the first one may still be there");
    assert_eq!(payment(&next, &pending["id"], "0").await, pending);
    next.clock.advance(Journey::ASKING);
    assert_eq!(next.engine.sweep().await.expect("a store"), 1);
    let ready = payment(&next, &pending["id"], "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH");
    let state = query_value(ready["authentication"]["redirectUrl"].as_str().expect("a way"), "state");
    let home = next.http.get(&format!("/return/late?code=ok&state={state}")).await.location();
    assert!(home.starts_with(CALLBACK), "{home}");
    assert_eq!(next.engine.sweep().await.expect("a store"), 0, "nothing is left to do");
}

#[tokio::test]
async fn a_payment_whose_node_died_before_it_asked_is_asked_for_too() {
    let annex = Annex::open(&[]).await;
    let wish = handback::dialect::token_io::PaymentRequest::read(request(json!({})).to_string().as_bytes());
    let wish = wish.expect("a request").wish(None);
    let opened = annex.engine.open(&annex.merchant, "token_io", &wish, None).await.expect("a payment");
    assert_eq!((opened.revision(), opened.departures().len()), (1, 1), "its departure is written with it");
    assert_eq!(annex.engine.sweep().await.expect("a store"), 1);
    eventually("its way is known", || async {
        let now = annex.now(&opened).await;
        annex.engine.known_way(&now).expect("a key").is_some_and(|way| way.contains("/sandbox/authorise?"))
    })
    .await;
}

#[tokio::test]
async fn a_way_that_nobody_has_said_before_the_payment_ended_is_not_asked_for_any_more() {
    let annex = Annex::open(&[late(Duration::from_secs(30))]).await;
    let pending = asked(&annex, "0").await;
    let next = annex.next(&[Manners::plain("late")]);
    next.clock.advance(Duration::from_hours(25));
    next.engine.sweep().await.expect("a store");
    let ended = payment(&next, &pending["id"], "0").await;
    assert_eq!(ended["status"], "INITIATION_FAILED", "{ended}");
    assert_eq!(journey(&next).await.asked_ahead(), None);
}
