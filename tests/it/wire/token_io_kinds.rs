//! Token.io's published SDK in front of a provider of each kind: it asks, its customer pays there, and it verifies the way
//! home.

use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;
use crate::support::sdk::Sdk;
use crate::support::till::Till;
use crate::support::token_io_client::{TokenIoClient, request};

#[tokio::test]
async fn the_sdk_is_paid_at_each_kind_of_provider() {
    for till in Till::of_each_kind() {
        let bank = format!("[[institution]]\nid = 'bank'\nname = 'Bank'\nbank = '{}'\n", till.name());
        // Whom the SDK asks to pay.
        let file = till.file("").replace("payee = 'Shop'", "payee = 'Customer Inc.'") + &bank;
        let gateway = TestGateway::open_own(StoreKind::Embedded, &file).await;
        let member = TokenIoClient::of(&gateway).await;
        let sdk = Sdk::of(&gateway, &member.id);
        let order = json!({ "amount": "10.23", "currency": "EUR", "redirectUrl": "https://tpp.com/redirect",
            "csrf": "of the session", "state": { "order": "7" }, "description": "Order-7" });
        let stored = sdk.run("store", order);
        let (id, page) = (stored["request"]["id"].as_str().unwrap(), stored["url"].as_str().unwrap());
        gateway.http.get(page).await.is(200).says("10.23 EUR").says("Customer Inc.").says("Bank");
        let choose = format!("/token-io/session/{id}/choose");
        let left = gateway.http.submit(&choose, &[("institution", "bank")]).await.location();
        assert!(left.starts_with("http://127.0.0.1:9/"), "{}: {left}", till.kind());
        let listed = member.merchant.look("/journeys?limit=1").await.json()["journeys"][0].clone();
        let way_home = till.pay(&format!("{}-1", listed["pay_id"].as_str().unwrap()));
        let home = gateway.http.get(&way_home).await.location();
        let verified = sdk.run("callback", json!({ "url": home, "csrf": "of the session" }));
        assert_eq!(verified["innerState"], json!({ "order": "7" }), "{}", till.kind());
        assert_eq!(query_value(&home, "transfer-status"), "SUCCESS");
        let result = sdk.run("result", json!({ "id": id }));
        assert_eq!((&result["status"], &result["bankId"]), (&json!("PROCESSED"), &json!("bank")), "{}", till.kind());
    }
}

#[tokio::test]
async fn a_provider_that_is_there_for_others_is_no_bank_of_a_member() {
    let [till, ..] = Till::of_each_kind();
    let bank = format!(
        "merchants = ['7Vx6d5sDxjWNhQ5cUDWd7c']\n[[institution]]\nid = 'bank'\nname = 'Bank'\nbank = '{}'\n",
        till.name()
    );
    let gateway = TestGateway::open_own(StoreKind::Embedded, &till.file(&bank)).await;
    let member = TokenIoClient::of(&gateway).await;
    let asked = request(json!({ "bankId": "bank" }));
    assert!(member.post("/v2/payments", &asked).await.is(400).text().contains("bank"));
    // Nor is it one among which its customers choose.
    let hosted = request(json!({ "bankId": null, "flowType": "FULL_HOSTED_PAGES" }));
    member.post("/v2/payments", &hosted).await.is(400);
}
