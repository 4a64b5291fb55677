//! The visit begins with the call, and not with a browser: the bank is late, away, or the node is.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handback::clock::Clock as _;
use handback::domain::journey::Journey;
use handback::engine::{JourneyFilter, derive, sweep, use_cases};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::custom_gateway::{CustomGateway, ProviderBehaviour};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::{HttpReply, query_value};
use crate::support::token_io_client::{CALLBACK, TokenIoClient, request};

fn late(visits_after: Duration) -> ProviderBehaviour {
    ProviderBehaviour { visits_after, ..ProviderBehaviour::plain("late") }
}

/// Calls with the Basic key, and waits for so many seconds.
async fn call(gateway: &CustomGateway, method: Method, path: &str, (seconds, body): (&str, &Value)) -> HttpReply {
    let basic = format!("Basic {}", STANDARD.encode(gateway.api_key.reveal()));
    let headers = [("authorization", basic.as_str()), ("request-timeout", seconds)];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    gateway.http.send(method, &format!("/token-io{path}"), &headers, body).await
}

/// Asks for a payment at the late bank, and waits for so many seconds.
async fn asked(gateway: &CustomGateway, seconds: &str) -> Value {
    let body = request(json!({ "bankId": "of-late" }));
    let answer = call(gateway, Method::POST, "/v2/payments", (seconds, &body)).await.is(200);
    answer.json()["payment"].clone()
}

async fn payment(gateway: &CustomGateway, id: &Value, seconds: &str) -> Value {
    let path = format!("/v2/payments/{}", id.as_str().expect("an id"));
    call(gateway, Method::GET, &path, (seconds, &Value::Null)).await.is(200).json()["payment"].clone()
}

async fn journey(gateway: &CustomGateway) -> Journey {
    use_cases::list::journeys(&gateway.engine, gateway.merchant.id, JourneyFilter::All, None, 1)
        .await
        .expect("a store")
        .remove(0)
}

#[tokio::test]
async fn a_late_bank_is_not_waited_for_longer_than_the_caller_will() {
    let gateway = CustomGateway::open(&[late(Duration::from_secs(2))]).await;
    let pending = asked(&gateway, "0").await;
    assert_eq!((&pending["status"], pending.get("authentication")), (&json!("INITIATION_PENDING"), None));
    let ready = payment(&gateway, &pending["id"], "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH", "a call that waits is told when it changes");
    assert!(ready["updatedDateTime"].as_str() > ready["createdDateTime"].as_str(), "{ready}");
    let state = query_value(ready["authentication"]["redirectUrl"].as_str().expect("a way"), "state");
    let home = gateway.http.get(&format!("/return/late?code=ok&state={state}")).await.location();
    assert!(home.starts_with(CALLBACK), "{home}");
    assert_eq!(payment(&gateway, &pending["id"], "0").await["status"], "INITIATION_COMPLETED");
}

#[tokio::test]
async fn a_bank_that_answers_in_time_is_in_the_first_answer() {
    let gateway = CustomGateway::open(&[late(Duration::from_millis(300))]).await;
    let ready = asked(&gateway, "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH");
    let record = format!("{:?}", journey(&gateway).await);
    assert!(!record.contains("authorise"), "what a bank gave us is sealed: {record}");
}

#[tokio::test]
async fn a_bank_that_cannot_be_reached_has_failed_the_payment() {
    let gateway =
        CustomGateway::open(&[ProviderBehaviour { reachable: false, ..ProviderBehaviour::plain("late") }]).await;
    let failed = asked(&gateway, "30").await;
    assert_eq!(failed["status"], "INITIATION_FAILED", "{failed}");
    let info = &failed["errorInfo"];
    assert_eq!((&info["httpErrorCode"], &info["tokenExternalError"]), (&json!(503), &json!(true)), "{failed}");
    assert_eq!(payment(&gateway, &failed["id"], "0").await, failed);
}

#[tokio::test]
async fn another_node_asks_when_the_one_that_did_is_gone() {
    let gateway = CustomGateway::open(&[late(Duration::from_secs(30))]).await;
    let pending = asked(&gateway, "0").await;
    eventually("the bank is being asked", || async { journey(&gateway).await.revision() == 2 }).await;
    // The node dies while the bank thinks. What it has promised stands in the store.
    let next = gateway.next(&[ProviderBehaviour::plain("late")]);
    assert_eq!(sweep::sweep(&next.engine).await.expect("a store"), 0, "not while the first one may still be there");
    assert_eq!(payment(&next, &pending["id"], "0").await, pending);
    next.clock.advance(Journey::ASKING);
    assert_eq!(sweep::sweep(&next.engine).await.expect("a store"), 1);
    let ready = payment(&next, &pending["id"], "20").await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH");
    let state = query_value(ready["authentication"]["redirectUrl"].as_str().expect("a way"), "state");
    let home = next.http.get(&format!("/return/late?code=ok&state={state}")).await.location();
    assert!(home.starts_with(CALLBACK), "{home}");
    assert_eq!(sweep::sweep(&next.engine).await.expect("a store"), 0, "nothing is left to do");
}

#[tokio::test]
async fn a_payment_whose_node_died_before_it_asked_is_asked_for_too() {
    let gateway = CustomGateway::open(&[]).await;
    let (body, now) = (request(json!({})).to_string(), gateway.clock.now());
    let open_request = handback::dialect::token_io::PaymentRequest::read(body.as_bytes(), now);
    let open_request = open_request.expect("a request").open_request(None);
    let opened = use_cases::open::open(&gateway.engine, &gateway.merchant, "token_io", &open_request, None)
        .await
        .expect("a payment");
    assert_eq!((opened.revision(), opened.visits().len()), (1, 1), "its departure is written with it");
    assert_eq!(sweep::sweep(&gateway.engine).await.expect("a store"), 1);
    eventually("its way is known", || async {
        let now = gateway.now(&opened).await;
        derive::provider_redirect(&gateway.engine.deps, &now)
            .expect("a key")
            .is_some_and(|way| way.contains("/sandbox/authorise?"))
    })
    .await;
}

#[tokio::test]
async fn a_way_that_nobody_has_said_before_the_payment_ended_is_not_asked_for_any_more() {
    let gateway = CustomGateway::open(&[late(Duration::from_secs(30))]).await;
    let pending = asked(&gateway, "0").await;
    let next = gateway.next(&[ProviderBehaviour::plain("late")]);
    next.clock.advance(Duration::from_hours(25));
    sweep::sweep(&next.engine).await.expect("a store");
    let ended = payment(&next, &pending["id"], "0").await;
    assert_eq!(ended["status"], "INITIATION_FAILED", "{ended}");
    assert_eq!(journey(&next).await.asked_ahead(), None);
}

/// The vendor's worked example, second for second: a call waits ten, and the bank takes fifteen.
#[tokio::test]
async fn a_bank_that_takes_longer_than_the_request_timeout_is_told_of_later() {
    let mut gateway = TestGateway::open(StoreKind::Embedded).await;
    // A 504 is logged like every other answer of the kind.
    gateway.expect_errors();
    let member = TokenIoClient::of(&gateway).await;
    let slow = |note: &str| request(json!({ "remittanceInformationPrimary": note }));
    let (body, other) = (slow("slow:15000"), slow("slow:15000:Order"));
    let walk = async {
        let timeout = [("request-timeout", "10")];
        let pending = member.call_with(Method::POST, "/v2/payments", &timeout, &body).await.is(200).json();
        assert_eq!(pending["payment"]["status"], "INITIATION_PENDING", "{pending}");
        let path = format!("/v2/payments/{}", pending["payment"]["id"].as_str().expect("an id"));
        let timeout = [("request-timeout", "20")];
        let ready = member.call_with(Method::GET, &path, &timeout, &Value::Null).await.is(200).json();
        ready["payment"].clone()
    };
    // Without the header the call itself fails, and the payment goes on.
    let impatient = async { member.post("/v2/payments", &other).await.is(504).json() };
    // So it is when an app hands a bank's answer over, and the bank takes its time.
    let app = TokenIoClient::named(&gateway, "App").await;
    app.merchant.save(CALLBACK).await;
    app.merchant.choose(json!({ "answers_to": "app" })).await;
    let asked = app.ask(json!({})).await;
    let query = json!({ "query": asked.back("code=slow:14000") });
    let handed_over = async { app.post("/callback/initiation", &query).await.is(504).json() };
    let (ready, late, answer) = futures_util::future::join3(walk, impatient, handed_over).await;
    assert_eq!(answer["error"]["paymentId"], json!(asked.id), "{answer}");
    eventually("it is paid", || async { app.status(&asked.id).await == "INITIATION_COMPLETED" }).await;
    assert_eq!(ready["status"], "INITIATION_PENDING_REDIRECT_AUTH", "{ready}");
    let way = ready["authentication"]["redirectUrl"].as_str().expect("a way");
    gateway.http.get(way).await.is(200).says("slow:15000");
    assert_eq!(late["error"]["errorCode"], "DEADLINE_EXCEEDED", "{late}");
    let id = late["error"]["paymentId"].as_str().expect("it names the payment");
    eventually("it goes on", || async { member.status(id).await == "INITIATION_PENDING_REDIRECT_AUTH" }).await;
}

/// Also where a browser waits, and not a call.
#[tokio::test]
async fn every_dialect_can_play_a_bank_that_is_slow_to_begin() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let member = TokenIoClient::of(&gateway).await;
    let link = member.merchant.link(json!({ "recipient_note": "slow:700" })).await;
    let late = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await.is(200);
    late.says("Taking you to your bank");
    let leaving = format!("/payment/leaving?link_id={}", link.text);
    eventually("the bank has begun", || async { gateway.http.get(&leaving).await.status == 303 }).await;
    let hosted =
        member.ask(json!({ "flowType": "FULL_HOSTED_PAGES", "remittanceInformationPrimary": "slow:700:x" })).await;
    let choose = format!("/token-io/session/{}/choose", hosted.id);
    let late = gateway.http.submit(&choose, &[("institution", "modelo-sandbox")]).await.is(200);
    late.says("Taking you to your bank");
}
