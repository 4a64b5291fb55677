//! A merchant that is renamed, shut out, let in again, and erased.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::doors;
use crate::support::gateway::{TestGateway, eventually};
use crate::support::merchant_client::MerchantClient;
use crate::support::on_every_store;
use crate::support::receiver::Receiver;
use crate::support::token_io_client::TokenIoClient;
use crate::support::tpp::Tpp;

on_every_store![
    a_merchant_that_is_shut_out_is_refused_at_every_door_and_its_customers_go_home,
    a_merchant_is_erased_with_what_is_its_own_when_nobody_is_under_way,
    a_renamed_merchant_has_its_new_name_on_new_pages,
];

fn administer(gateway: &TestGateway, verb: &str, merchant: &MerchantClient) -> String {
    gateway.command(&["merchant", verb, "--merchant", &merchant.id])
}

async fn a_merchant_that_is_shut_out_is_refused_at_every_door_and_its_customers_go_home(gateway: TestGateway) {
    let (member, receiver) = (TokenIoClient::of(&gateway).await, Receiver::saying(204));
    let merchant = &member.merchant;
    let fields = json!({ "callback_url": "https://shop.example/cb", "payment_endpoint": receiver.url("/paid") });
    let link = merchant.link(fields).await;
    administer(&gateway, "disable", merchant);
    for (door, answer) in doors::knock(&gateway.http, &merchant.id, &merchant.key).await {
        assert_eq!(answer.status, 403, "{door}: {}", answer.text());
        assert!(answer.text().contains("disabled"), "{door}: {}", answer.text());
    }
    member.get("/v2/payments?limit=1").await.is(403).says("disabled");
    // Only a caller that has its key learns that.
    let (start, last) = merchant.key.split_at(merchant.key.len() - 1);
    let wrong = format!("{start}{}", if last == "0" { "1" } else { "0" });
    doors::open(&gateway.http, &merchant.id, &wrong, false).await;
    assert!(gateway.command(&["merchant", "list"]).contains("(disabled)"));

    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    assert!(home.starts_with("https://shop.example/cb?"), "{home}");
    eventually("its server is told", || async { receiver.count() == 1 }).await;
    administer(&gateway, "enable", merchant);
    doors::open(&gateway.http, &merchant.id, &merchant.key, true).await;
    assert_eq!(merchant.status(&link).await, "paid");
}

/// What `handback merchant erase` says when it is refused.
fn refused(gateway: &TestGateway, arguments: &[&str]) -> String {
    gateway.refused_command(&[&["merchant", "erase"], arguments].concat())
}

async fn a_merchant_is_erased_with_what_is_its_own_when_nobody_is_under_way(gateway: TestGateway) {
    let (tpp, stays) = (Tpp::of(&gateway).await, gateway.merchant("Stays"));
    let (merchant, kept) = (&tpp.merchant, stays.link(json!({})).await);
    let paid = merchant.link(json!({})).await;
    gateway.http.pay(&paid.text, "code=ok").await;
    let user = tpp.post("/users", &json!({ "applicationUserId": "ada" })).await.is(201).json()["uuid"].clone();
    let under_way = merchant.link(json!({})).await;

    assert!(refused(&gateway, &["--merchant", &merchant.id]).contains("--yes"));
    let erase = ["--merchant", merchant.id.as_str(), "--yes"];
    assert!(refused(&gateway, &erase).contains("disable it first"));
    administer(&gateway, "disable", merchant);
    assert!(refused(&gateway, &erase).contains("1 journey under way"));
    assert_eq!(gateway.http.get(&format!("/payment?link_id={}", under_way.text)).await.status, 200);
    administer(&gateway, "enable", merchant);
    merchant.secpaid("deleteLink", &json!({ "link_id": under_way.text })).await.is(200);
    administer(&gateway, "disable", merchant);
    let said = gateway.command(&["merchant", "erase", "--merchant", &merchant.id, "--yes"]);
    assert!(said.contains("2 journeys, 1 user"), "{said}");

    doors::open(&gateway.http, &merchant.id, &merchant.key, false).await;
    for link in [&paid, &under_way] {
        gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(404);
    }
    assert!(!gateway.command(&["merchant", "list"]).contains(&merchant.id));
    assert!(refused(&gateway, &erase).contains("there is no merchant of this id"));
    assert!(user.is_string());
    assert_eq!(stays.status(&kept).await, "open");
}

async fn a_renamed_merchant_has_its_new_name_on_new_pages(gateway: TestGateway) {
    let merchant = gateway.merchant("Old name");
    let before = merchant.link(json!({})).await;
    gateway.command(&["merchant", "rename", "--merchant", &merchant.id, "--name", "New name"]);
    let after = merchant.link(json!({})).await;
    let page = async |text: &str| gateway.http.get(&format!("/payment?link_id={text}")).await.is(200).text().clone();
    assert!(page(&before.text).await.contains("Old name"), "a running journey keeps the name that its customer saw");
    assert!(page(&after.text).await.contains("New name"));
    assert_eq!(merchant.look("/profile").await.is(200).json()["name"], "New name");
    let nobody = gateway.refused_command(&["merchant", "rename", "--merchant", &merchant.id, "--name", " "]);
    assert!(nobody.contains("name: is blank"), "{nobody}");
    let gone = merchant.v1(Method::GET, "/profile/none", &Value::Null).await;
    assert_eq!(gone.status, 404);
}
