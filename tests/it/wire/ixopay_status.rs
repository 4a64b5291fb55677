//! IXOPAY's status: where a transaction stands, and how often one may ask (contracts/ixopay.md, sections 1 and 6).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::HttpReply;
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::on_every_store;

on_every_store![
    the_status_is_found_both_ways,
    a_transaction_whose_time_is_over_has_expired_however_it_is_named,
    a_transaction_is_asked_for_ten_times_a_minute_however_it_is_named,
    a_user_asks_sixty_times_a_minute,
];

async fn the_status_is_found_both_ways(gateway: TestGateway) {
    let (client, other) = (Client::of(&gateway), Client::of(&gateway));
    let more = json!({ "amount": "9.9", "merchantMetaData": "a/b", "extraData": { "own": "7" } });
    let opened = client.begin("debit", &debit("order 7/8", more)).await;
    let status = client.status(&opened["uuid"]).await;
    let expected = json!({
        "success": true, "transactionStatus": "REDIRECT", "uuid": opened["uuid"],
        "merchantTransactionId": "order 7/8", "purchaseId": opened["purchaseId"], "transactionType": "DEBIT",
        "paymentMethod": "Creditcard", "amount": "9.9", "currency": "EUR", "merchantMetaData": "a/b",
        "extraData": { "own": "7" },
    });
    assert_eq!(status, expected);
    let own = "/status//getByMerchantTransactionId/order%207%2F8";
    assert_eq!(client.call(Method::GET, own, "").await.is(200).json(), expected);
    assert_eq!(client.call(Method::GET, &format!("{own}?includeTracing=true"), "").await.is(200).json(), expected);
    gateway.http.pay(&link_of(&opened), "code=ok").await.location();
    assert_eq!(client.call(Method::GET, own, "").await.is(200).json()["transactionStatus"], "SUCCESS");
    let uuid = opened["uuid"].as_str().unwrap();
    let made_up = format!("{}{}", &uuid[..19], if uuid.ends_with('0') { "1" } else { "0" });
    for (who, path) in [
        (&other, format!("/status//getByUuid/{uuid}")),
        (&other, own.to_owned()),
        (&client, format!("/status//getByUuid/{made_up}")),
        (&client, "/status//getByUuid/x".into()),
        (&client, "/status//getByMerchantTransactionId/x".into()),
    ] {
        let unknown = who.call(Method::GET, &path, "").await.is(200).text();
        assert_eq!(unknown, r#"{"success":false,"errorMessage":"Transaction not found","errorCode":8001}"#, "{path}");
    }
}

async fn a_transaction_whose_time_is_over_has_expired_however_it_is_named(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let by_uuid = client.begin("debit", &debit("1", json!({}))).await["uuid"].clone();
    client.begin("debit", &debit("2", json!({}))).await;
    // Before anybody has swept.
    gateway.wait(Duration::from_hours(25));
    let (one, two) = tokio::join!(client.status(&by_uuid), async {
        client.call(Method::GET, "/status//getByMerchantTransactionId/2", "").await.is(200).json()
    });
    for status in [one, two] {
        let said = (&status["transactionStatus"], &status["errors"][0]["errorCode"]);
        assert_eq!(said, (&json!("ERROR"), &json!(2005)), "{status}");
    }
}

/// One question too many, with what it is answered.
fn refused(answer: HttpReply, limit: u32) -> u64 {
    let answer = answer.is(429);
    let expected = r#"{"success":false,"errorMessage":"Too many requests","errorCode":1009}"#;
    assert_eq!(answer.text(), expected);
    let headers = (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"));
    assert_eq!(headers, (limit.to_string(), "0".into()));
    answer.header("retry-after").parse().unwrap()
}

async fn a_transaction_is_asked_for_ten_times_a_minute_however_it_is_named(gateway: TestGateway) {
    let client = Client::of(&gateway);
    let uuid = client.begin("debit", &debit("7", json!({}))).await["uuid"].clone();
    let other = client.begin("debit", &debit("8", json!({}))).await["uuid"].clone();
    let named =
        [format!("/status//getByUuid/{}", uuid.as_str().unwrap()), "/status//getByMerchantTransactionId/7".to_owned()];
    gateway.clock.stop();
    for path in named.iter().cycle().take(10) {
        client.call(Method::GET, path, "").await.is(200);
        gateway.wait(Duration::from_secs(1));
    }
    for path in &named {
        assert_eq!(refused(client.call(Method::GET, path, "").await, 10), 50, "until the first is a minute old");
    }
    client.status(&other).await;
    gateway.wait(Duration::from_secs(49));
    assert_eq!(refused(client.call(Method::GET, &named[0], "").await, 10), 1);
    gateway.wait(Duration::from_secs(1));
    client.call(Method::GET, &named[0], "").await.is(200);
    assert_eq!(refused(client.call(Method::GET, &named[1], "").await, 10), 1, "one has gone, and one has come");
}

async fn a_user_asks_sixty_times_a_minute(gateway: TestGateway) {
    let (client, other) = (Client::of(&gateway), Client::of(&gateway));
    gateway.clock.stop();
    let ask = async |client: &Client, id: u32| {
        client.call(Method::GET, &format!("/status//getByMerchantTransactionId/{id}"), "").await
    };
    for id in 0..60 {
        assert_eq!(ask(&client, id).await.is(200).json()["errorCode"], 8001, "questions about nothing count");
    }
    assert_eq!(refused(ask(&client, 60).await, 60), 60);
    ask(&other, 60).await.is(200);
}
