//! IXOPAY, when the store is in trouble: a system error says that there is no transaction, so there must be none
//! (contracts/ixopay.md, section 5).

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::ixopay::{Client, debit};

#[tokio::test]
async fn a_store_that_is_away_is_system_maintenance() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let client = Client::of(&gateway);
    gateway.redis().kill();
    let away = client.ask("debit", &debit("7", json!({}))).await.is(503);
    assert_eq!(away.text(), r#"{"success":false,"errorMessage":"System maintenance","errorCode":1010}"#);
    assert!(away.has("retry-after"));
}

/// Makes a gateway's store refuse what this trigger stands on, until it is dropped.
fn refusing(gateway: &TestGateway, event: &str) -> Connection {
    let db = Connection::open(gateway.folder().join("data").join("handback.sqlite3")).unwrap();
    db.execute_batch(&format!("CREATE TRIGGER away BEFORE {event} BEGIN SELECT RAISE(ABORT, 'away'); END;")).unwrap();
    db
}

#[tokio::test]
async fn a_transaction_that_cannot_be_concluded_yet_is_pending() {
    let mut gateway = TestGateway::open(StoreKind::Embedded).await;
    gateway.expect_errors();
    let client = Client::of(&gateway);
    let db = refusing(&gateway, "UPDATE ON journeys");
    let asked = [
        ("payout", "payout", json!({})),
        ("debit", "played", json!({ "extraData": { "overrideResult": "success" } })),
        ("debit", "played later", json!({ "extraData": { "overrideResult": "pendingSuccess" } })),
    ];
    let asked = asked.map(|(kind, id, more)| (kind, debit(id, more)));
    join_all(asked.iter().map(async |(kind, body)| {
        let pending = client.begin(kind, body).await;
        let says = (&pending["success"], &pending["returnType"]);
        assert_eq!(says, (&json!(true), &json!("PENDING")), "{pending}");
        assert!(pending.get("redirectUrl").is_none(), "{pending}");
        assert_eq!(client.ask(kind, body).await.is(400).json()["errorCode"], 3004, "it is there");
    }))
    .await;
    db.execute_batch("DROP TRIGGER away").unwrap();
    eventually("what the bank said is written", || async {
        let listed = client.merchant.look("/journeys").await.is(200).json();
        let journeys = listed["journeys"].as_array().expect("a list");
        journeys.iter().filter(|journey| journey["status"] == "paid").count() >= 2
    })
    .await;
}

#[tokio::test]
async fn a_payment_is_answered_though_its_chargeback_cannot_be_written() {
    let mut gateway = TestGateway::open(StoreKind::Embedded).await;
    gateway.expect_errors();
    let client = Client::of(&gateway);
    let played = |id: &str| debit(id, json!({ "extraData": { "overrideResult": "successChargeback" } }));
    for (id, event) in [
        ("not opened", "INSERT ON journeys WHEN (SELECT count(*) FROM journeys) % 2 = 1"),
        ("not booked", "UPDATE ON journeys WHEN (SELECT count(*) FROM journeys) = 3"),
    ] {
        let db = refusing(&gateway, event);
        let paid = client.begin("debit", &played(id)).await;
        db.execute_batch("DROP TRIGGER away").unwrap();
        assert_eq!((&paid["success"], &paid["returnType"]), (&json!(true), &json!("FINISHED")), "{id}: {paid}");
        eventually("it is paid", || async { client.status(&paid["uuid"]).await["transactionStatus"] == "SUCCESS" })
            .await;
    }
}
