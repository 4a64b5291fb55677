//! When a journey expires, where its own call says so: as far ahead as the gateway keeps journeys, in each dialect's
//! word.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::on_every_store;
use crate::support::token_io_client::{CALLBACK, TokenIoClient};

on_every_store![
    a_call_says_how_long_its_journey_waits_whatever_the_settings_are,
    a_journey_of_ninety_days_is_there_on_the_last_of_them,
];

const DAY: Duration = Duration::from_hours(24);

/// A moment as Token.io's clients write one: so long from now.
fn moment(gateway: &TestGateway, ahead: Duration) -> String {
    use handback::clock::Clock as _;
    let millis = i64::try_from(gateway.clock.now().plus(ahead).as_millis()).unwrap();
    format!("{:.3}", jiff::Timestamp::from_millisecond(millis).unwrap())
}

fn link(expires_at: &str) -> Value {
    json!({
        "paymentTemplate": {
            "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEE",
            "creditor": { "name": "Shop", "iban": "GB29NWBK60161331926819" }, "callbackUrl": CALLBACK,
        },
        "linkConfig": { "maxUsageCount": 1, "expiresAt": expires_at },
    })
}

async fn a_call_says_how_long_its_journey_waits_whatever_the_settings_are(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let merchant = &member.merchant;
    merchant.choose(json!({ "journey_life_seconds": 60 })).await;
    let week = 7 * 24 * 3600;

    let secpaid = merchant.link(json!({ "expires_in": week })).await;
    let hour = merchant.link(json!({ "expires_in": "3600" })).await;
    let callback = json!({ "callback_url": "https://a.example/hook", "expires_in": week });
    let callback = merchant.v1(Method::POST, "/jobs", &callback).await.is(202).json();
    let expires_at = moment(&gateway, 7 * DAY);
    let token_io = member.post("/v2/payment-links", &link(&expires_at)).await.is(200).json()["paymentLink"].clone();
    assert_eq!(token_io["linkConfig"]["expiresAt"], json!(expires_at), "as it was asked for");
    let plain = merchant.link(json!({})).await;

    gateway.wait(Duration::from_mins(59));
    // The setting holds where a call says nothing.
    gateway.http.get(&format!("/payment?link_id={}", plain.text)).await.is(200).says("Link expired");
    gateway.http.get(&format!("/payment?link_id={}", hour.text)).await.is(200).says("/payment/pay");
    gateway.wait(7 * DAY - Duration::from_hours(2));
    for page in [format!("/payment?link_id={}", secpaid.text), token_io["url"].as_str().unwrap().to_owned()] {
        gateway.http.get(&page).await.is(200).says("Cancel");
    }
    let path = format!("/jobs/{}", callback["id"].as_str().unwrap());
    assert_eq!(merchant.look(&path).await.is(200).json()["status"], "waiting");
    gateway.wait(Duration::from_hours(2));
    gateway.http.get(&format!("/payment?link_id={}", secpaid.text)).await.is(200).says("Link expired");
    gateway.http.get(token_io["url"].as_str().unwrap()).await.is(410);
    assert_eq!(merchant.look(&path).await.is(200).json()["status"], "expired");
}

async fn a_journey_of_ninety_days_is_there_on_the_last_of_them(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let merchant = &member.merchant;
    let expires_at = moment(&gateway, 90 * DAY);
    let body = link(&expires_at);
    let key = [("idempotency-key", "k-90")];
    let ask = || async { member.call_with(Method::POST, "/v2/payment-links", &key, &body).await.is(200).json() };
    let opened = ask().await;
    let secpaid = merchant.link(json!({ "expires_in": 90 * 24 * 3600, "callback_url": CALLBACK })).await;
    let sent_out = gateway.http.leave(&secpaid.text).await;
    gateway.wait(90 * DAY - Duration::from_hours(1));
    assert_eq!(ask().await, opened, "the same call is still the same link");
    let url = opened["paymentLink"]["url"].as_str().unwrap();
    gateway.http.get(url).await.is(200).says("10.00 EUR");
    let id = opened["paymentLink"]["id"].as_str().unwrap();
    assert_eq!(member.get("/v2/payment-links?statuses=LINK_ACTIVE").await.json()["paymentLinks"][0]["id"], json!(id));
    assert!(
        gateway.http.back(&sent_out.with("code=ok")).await.location().starts_with(CALLBACK),
        "who left long ago comes home"
    );
    assert_eq!(merchant.status(&secpaid).await, "paid");
}

#[tokio::test]
async fn what_is_later_than_journeys_are_kept_is_refused_with_the_limit_in_the_dialects_own_error() {
    for (env, seconds, days) in [(&[][..], 7_776_000_u64, 90), (&[("HANDBACK_KEEP", "2d")][..], 172_800, 2)] {
        let gateway = TestGateway::open_with(StoreKind::Embedded, env).await;
        let member = TokenIoClient::of(&gateway).await;
        let merchant = &member.merchant;
        let expected = format!("{seconds} seconds");
        for (asked, rule) in [(seconds + 1, "is later than this gateway keeps a journey"), (59, "is too short")] {
            let secpaid =
                merchant.secpaid("createLink", &json!({ "amount": 25, "expires_in": asked })).await.is(400).json();
            let message = secpaid["ResponseMsg"].as_str().unwrap();
            assert!(
                message.contains("expires_in") && message.contains(rule) && message.contains(&expected),
                "{message}"
            );
            let callback = json!({ "callback_url": "https://a.example/hook", "expires_in": asked });
            let refused = merchant.v1(Method::POST, "/jobs", &callback).await.is(422);
            refused.says("expires_in").says(rule).says(&expected);
        }
        let words = json!({ "amount": 25, "expires_in": "soon" });
        merchant.secpaid("createLink", &words).await.is(400).says("expires_in");
        let late = moment(&gateway, Duration::from_secs(seconds + 60));
        for (at, rule) in [
            (
                late.as_str(),
                format!("is later than this gateway keeps a journey; expected at most {days} days from now"),
            ),
            ("2020-01-01T00:00:00Z", "is in the past".to_owned()),
        ] {
            let refused = member.post("/v2/payment-links", &link(at)).await.is(400).json();
            let error = &refused["error"];
            assert_eq!(
                (&error["errorCode"], &error["paths"]),
                (&json!("Field.Invalid"), &json!(["linkConfig.expiresAt"]))
            );
            assert!(error["message"].as_str().unwrap().contains(&rule), "{refused}");
        }
        merchant.link(json!({ "expires_in": seconds })).await;
    }
}
