//! How payments are written: each status, each webhook, and the redirect home.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Value, json};

use super::signatures::signing;
use crate::dialect::token_io::{PaymentRequest, Standing, TokenIo, member_id, payment, payment_id};
use crate::domain::dialect::{CallbackDialect as _, WebhookDialect as _};
use crate::domain::journey::Proof;
use crate::domain::journey::tests::{NOW, journey};
use crate::domain::{
    BegunVisit, Conclusion, Fact, HandBack, Journey, JourneyEvent, Opening, Posting, ProviderRefusal, ResponseId,
    Sealed, Secret, Target, UnixMillis, WebhookEndpoint, WebhookPayload,
};
use crate::store::laws::fixtures::entry;

const RESPONSE: ResponseId = ResponseId { visit: 0, response_digest: 7 };

/// The contract's payment, opened, with these fields of `initiation` changed.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn asked(changes: Value) -> Journey {
    let mut initiation = json!({
        "bankId": "ob-modelo", "refId": "9htio4a1sp2akdr1aa", "remittanceInformationPrimary": "Sweepco",
        "amount": { "value": "10.23", "currency": "EUR" }, "localInstrument": "SEPA",
        "creditor": { "iban": "GB29NWBK60161331926819", "name": "Customer Inc." },
        "callbackUrl": "https://tpp.com/callback", "callbackState": "6242e45e-3063-4c42-8376",
    });
    initiation.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let body = json!({ "initiation": initiation, "pispConsentAccepted": true }).to_string();
    let open_request = PaymentRequest::read(body.as_bytes(), NOW).unwrap().open_request(Some("https://tpp.com/hook"));
    let ahead = TokenIo.asks_provider_ahead(&open_request);
    let opened = journey().opening().clone();
    let opening = Opening {
        dialect: "token_io".into(),
        purpose: open_request.purpose,
        dialect_data: open_request.dialect_data,
        ..opened
    };
    let opened = Journey::open(opening);
    if ahead { opened.leaving_ahead() } else { opened }
}

fn api() -> Journey {
    asked(json!({ "flowType": "API_ONLY" }))
}

fn hosted() -> Journey {
    asked(json!({ "flowType": "FULL_HOSTED_PAGES" }))
}

fn at(seconds: u64) -> UnixMillis {
    NOW.plus(Duration::from_secs(seconds))
}

fn ready(journey: Journey) -> Journey {
    journey.ask_ahead(0, at(1)).unwrap().ready(0, Sealed::new(vec![1]), at(2)).unwrap()
}

fn returned(journey: Journey) -> Journey {
    journey.hold(RESPONSE, Sealed::new(vec![1]), at(9), at(3)).unwrap()
}

fn concluded(journey: Journey, fact: &Fact) -> Journey {
    match journey.conclude(fact, Some(RESPONSE), at(4)) {
        Conclusion::Concluded(journey, _) => journey,
        Conclusion::Stands(_) => panic!("{fact:?} concluded nothing"),
    }
}

fn status(journey: &Journey) -> &'static str {
    Standing::now(journey).status.as_str()
}

fn written(journey: &Journey, way: Option<&str>) -> Value {
    serde_json::to_value(payment(journey, Standing::now(journey), way)).unwrap()
}

fn refused(code: &str) -> Fact {
    Fact::refused(ProviderRefusal::new(code, Some("So the bank says.")))
}

#[test]
fn the_usual_path_has_its_statuses_in_order() {
    let journey = api();
    assert_eq!(status(&journey), "INITIATION_PENDING");
    let journey = journey.ask_ahead(0, at(1)).unwrap();
    assert_eq!(status(&journey), "INITIATION_PENDING");
    let journey = journey.ready(0, Sealed::new(vec![1]), at(2)).unwrap();
    assert_eq!(status(&journey), "INITIATION_PENDING_REDIRECT_AUTH");
    let journey = returned(journey);
    assert_eq!(status(&journey), "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION");
    let sent = journey.clone().send(RESPONSE, 1, at(4)).unwrap();
    assert_eq!(status(&sent), "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION");
    let held = Proof::Held { evidence: Sealed::new(vec![1]), until: at(9) };
    let frozen = ready(api()).hand_back_early(RESPONSE, held, at(3)).unwrap();
    assert_eq!(status(&frozen), "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION");
    assert_eq!(status(&concluded(journey, &Fact::paid())), "INITIATION_COMPLETED");
}

#[test]
fn a_payment_on_hosted_pages_waits_there_until_its_customer_comes_back() {
    let journey = hosted();
    assert_eq!(status(&journey), "INITIATION_PENDING_REDIRECT_HP");
    let BegunVisit::New(away, _) = journey.begin_visit(None, at(1)) else { panic!() };
    assert_eq!(status(&away), "INITIATION_PENDING_REDIRECT_HP");
    assert_eq!(status(&returned(away.clone())), "INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION");
    let again = away.fail(RESPONSE, ProviderRefusal::new("server_error", None), at(3)).unwrap();
    assert_eq!(status(&again), "INITIATION_PENDING_REDIRECT_HP", "its customer is at the page again");
}

#[test]
fn every_end_has_its_status() {
    for (fact, expected, code) in [
        (refused("access_denied"), "INITIATION_DECLINED", 403),
        (Fact::pressed_cancel(), "INITIATION_DECLINED", 403),
        (Fact::withdrawn(), "CANCELED", 403),
        (refused("server_error"), "INITIATION_REJECTED", 400),
        (refused("insufficient_funds"), "INITIATION_REJECTED_INSUFFICIENT_FUNDS", 400),
        (refused("temporarily_unavailable"), "INITIATION_FAILED", 503),
        (refused("answer_lost"), "INITIATION_NO_FINAL_STATUS_AVAILABLE", 504),
        (refused("answer_unreadable"), "INITIATION_NO_FINAL_STATUS_AVAILABLE", 504),
    ] {
        let journey = concluded(ready(api()), &fact);
        let payment = written(&journey, Some("https://bank.example/"));
        assert_eq!((&payment["status"], &payment["errorInfo"]["httpErrorCode"]), (&json!(expected), &json!(code)));
        assert!(payment.get("authentication").is_none(), "{expected} sends nobody anywhere");
        assert_eq!(payment["updatedDateTime"], "1970-01-01T00:16:44.000Z");
    }
    // A customer who never came back has not agreed in time; one who came back waits for the bank.
    let Conclusion::Concluded(lapsed, _) = ready(api()).conclude(&Fact::lapsed(), None, at(60)) else { panic!() };
    assert_eq!(status(&lapsed), "INITIATION_FAILED");
    let Conclusion::Concluded(lapsed, _) = returned(ready(api())).conclude(&Fact::lapsed(), None, at(60)) else {
        panic!()
    };
    assert_eq!(status(&lapsed), "INITIATION_EXPIRED");
}

#[test]
fn a_payment_is_written_as_the_contract_has_it() {
    let journey = ready(api());
    let payment = written(&journey, Some("https://bank.example/auth?x=1"));
    assert_eq!(
        payment,
        json!({
            "id": payment_id(*journey.id()), "memberId": member_id(journey.opening().merchant),
            "initiation": {
                "bankId": "ob-modelo", "refId": "9htio4a1sp2akdr1aa", "remittanceInformationPrimary": "Sweepco",
                "amount": { "value": "10.23", "currency": "EUR" }, "localInstrument": "SEPA",
                "creditor": { "iban": "GB29NWBK60161331926819", "name": "Customer Inc." },
                "callbackUrl": "https://tpp.com/callback", "callbackState": "6242e45e-3063-4c42-8376",
                "flowType": "API_ONLY",
            },
            "pispConsentAccepted": true, "status": "INITIATION_PENDING_REDIRECT_AUTH",
            "authentication": { "redirectUrl": "https://bank.example/auth?x=1" },
            "createdDateTime": "1970-01-01T00:16:40.000Z", "updatedDateTime": "1970-01-01T00:16:42.000Z",
        })
    );
    assert_eq!(written(&api(), None).get("authentication"), None);
}

fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint::at(entry("https://tpp.example/hook").url)
}

fn body(journey: &Journey, event: JourneyEvent) -> Value {
    serde_json::from_str(&TokenIo.webhook(&endpoint(), journey, event).unwrap().body).unwrap()
}

#[test]
fn a_notice_tells_what_was_news_however_far_the_payment_has_come() {
    let journey = concluded(returned(ready(api())), &refused("access_denied"));
    let Conclusion::Concluded(paid, _) = journey.conclude(&Fact::paid(), Some(RESPONSE), at(5)) else { panic!() };
    let all = [
        JourneyEvent::Opened,
        JourneyEvent::Ready(0),
        JourneyEvent::Returned(0),
        JourneyEvent::Concluded(0),
        JourneyEvent::Concluded(1),
    ];
    let told = all.map(|event| {
        let body = body(&paid, event);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        assert_eq!(text(&body["id"]), format!("{}_{event}", paid.id()));
        (text(&body["payment"]["status"]), text(&body["payment"]["updatedDateTime"]))
    });
    let expected = [
        ("INITIATION_PENDING", "1970-01-01T00:16:40.000Z"),
        ("INITIATION_PENDING_REDIRECT_AUTH", "1970-01-01T00:16:42.000Z"),
        ("INITIATION_PENDING_REDIRECT_AUTH_VERIFICATION", "1970-01-01T00:16:43.000Z"),
        ("INITIATION_DECLINED", "1970-01-01T00:16:44.000Z"),
        ("INITIATION_COMPLETED", "1970-01-01T00:16:45.000Z"),
    ];
    assert_eq!(told, expected.map(|(status, at)| (status.to_owned(), at.to_owned())));
    assert_eq!(body(&hosted(), JourneyEvent::Opened)["payment"]["status"], "INITIATION_PENDING_REDIRECT_HP");
    assert!(TokenIo.webhook(&endpoint(), &paid, JourneyEvent::Concluded(2)).is_none());
    assert!(all.iter().all(|event| TokenIo.notifies(&paid, *event, Target::WebhookEndpoint(0))));
    assert!(!TokenIo.notifies(&paid, JourneyEvent::Concluded(0), Target::Callback(0)));
}

#[test]
fn a_notice_is_signed_as_the_contracts_vector_is() {
    let body = r#"{"eventType":"PAYMENT_STATUS_CHANGED","payment":{"id":"pm2:24YYrAZ34sTo4A6C47rYandHke2L:2gFUX1NDgoi","memberId":"m:33V1ykzKwHbkWqt7fDz2WPPdH2Zt:5zKtXEAq","status":"INITIATION_COMPLETED"}}"#;
    let sign = |text: &[u8]| {
        let signature = crypto::sign(text, &signing(), Algorithm::EdDSA).unwrap();
        Some(URL_SAFE_NO_PAD.decode(signature).unwrap())
    };
    let secret = Secret::new("whsec_unused");
    let posting = Posting { id: "x", url: "https://tpp.com/hook", at: NOW, secrets: &[secret], webhook_key: &sign };
    let webhook = WebhookPayload { content_type: "application/json".into(), body: body.into() };
    let headers = TokenIo.sign(&api(), &webhook, &posting).unwrap();
    let expected = "qcC4v2-U60fLJy2nu1Ed5ENYfkoYoQs8BJHXxmI894qEZaUuZr1cMIvb7SbHumgey0v3OILTeJmu9-z4uOL9AA";
    let event = ("token-event", "PAYMENT_STATUS_CHANGED".to_owned());
    assert_eq!(headers, [event, ("token-signature", expected.to_owned())]);
    let key = DecodingKey::from_ed_components(super::PUBLIC_KEY).unwrap();
    assert!(crypto::verify(expected, body.as_bytes(), &key, Algorithm::EdDSA).unwrap());
}

#[test]
fn webhooks_are_tried_at_the_documented_times() {
    let waits = TokenIo.delivery_policy(Target::WebhookEndpoint(0)).schedule.waits().to_vec();
    let times: Vec<u64> = waits
        .iter()
        .scan(0, |at, wait| {
            Some({
                *at += wait.as_secs() / 60;
                *at
            })
        })
        .collect();
    assert_eq!(times, [0, 10, 30, 70, 150, 310, 630, 1270, 2550, 72 * 60]);
}

#[test]
fn the_way_home_has_its_parameters_in_order() {
    let home = |journey: &Journey| {
        let hand_back = HandBack { final_outcome: None, token: None, consent_token: None, signature: None };
        TokenIo.callback_params(journey, &hand_back).query()
    };
    let (api, hosted) = (api(), hosted());
    let ids = |journey: &Journey| (member_id(journey.opening().merchant), payment_id(*journey.id()));
    let (member, payment) = ids(&api);
    assert_eq!(home(&api), format!("member-id={member}&payment-id={payment}&state=6242e45e-3063-4c42-8376"));
    assert_eq!(home(&hosted), format!("payment-id={}&state=6242e45e-3063-4c42-8376", ids(&hosted).1));
    let stateless = asked(json!({ "callbackState": null }));
    assert_eq!(home(&stateless), format!("member-id={member}&payment-id={payment}"));
    assert!(TokenIo.hands_back_early(&api) && TokenIo.hands_back_early(&hosted));
    assert!(member.starts_with("m:") && payment.matches(':').count() == 2);
}
