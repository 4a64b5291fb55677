//! A merchant that is renamed, shut out, let in again, and erased.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::doors;
use crate::support::house::{House, eventually};
use crate::support::member::Member;
use crate::support::on_every_store;
use crate::support::receiver::Receiver;
use crate::support::shop::Shop;
use crate::support::tpp::Tpp;

on_every_store![
    a_merchant_that_is_shut_out_is_refused_at_every_door_and_its_customers_go_home,
    a_merchant_is_erased_with_what_is_its_own_when_nobody_is_under_way,
    a_renamed_merchant_has_its_new_name_on_new_pages,
];

fn merchant(house: &House, verb: &str, shop: &Shop) -> String {
    house.command(&["merchant", verb, "--merchant", &shop.id])
}

async fn a_merchant_that_is_shut_out_is_refused_at_every_door_and_its_customers_go_home(house: House) {
    let (member, receiver) = (Member::of(&house).await, Receiver::saying(204));
    let shop = &member.shop;
    let fields = json!({ "callback_url": "https://shop.example/cb", "payment_endpoint": receiver.url("/paid") });
    let link = shop.link(fields).await;
    merchant(&house, "disable", shop);
    for (door, answer) in doors::knock(&house.http, &shop.id, &shop.key).await {
        assert_eq!(answer.status, 403, "{door}: {}", answer.text());
        assert!(answer.text().contains("disabled"), "{door}: {}", answer.text());
    }
    member.get("/v2/payments?limit=1").await.is(403).says("disabled");
    // Only who has its key learns that.
    let wrong = format!("{}0", &shop.key[..shop.key.len() - 1]).replace("00", "01");
    doors::open(&house.http, &shop.id, &wrong, false).await;
    assert!(house.command(&["merchant", "list"]).contains("(disabled)"));

    let home = house.http.pay(&link.text, "code=ok").await.location();
    assert!(home.starts_with("https://shop.example/cb?"), "{home}");
    eventually("its server is told", || async { receiver.count() == 1 }).await;
    merchant(&house, "enable", shop);
    doors::open(&house.http, &shop.id, &shop.key, true).await;
    assert_eq!(shop.status(&link).await, "paid");
}

/// What `handback merchant erase` says when it is refused.
fn refused(house: &House, arguments: &[&str]) -> String {
    house.refused_command(&[&["merchant", "erase"], arguments].concat())
}

async fn a_merchant_is_erased_with_what_is_its_own_when_nobody_is_under_way(house: House) {
    let (tpp, stays) = (Tpp::of(&house).await, house.shop("Stays"));
    let (shop, kept) = (&tpp.shop, stays.link(json!({})).await);
    let paid = shop.link(json!({})).await;
    house.http.pay(&paid.text, "code=ok").await;
    let user = tpp.post("/users", &json!({ "applicationUserId": "ada" })).await.is(201).json()["uuid"].clone();
    let under_way = shop.link(json!({})).await;

    assert!(refused(&house, &["--merchant", &shop.id]).contains("--yes"));
    let erase = ["--merchant", shop.id.as_str(), "--yes"];
    assert!(refused(&house, &erase).contains("disable it first"));
    merchant(&house, "disable", shop);
    assert!(refused(&house, &erase).contains("1 journey under way"));
    assert_eq!(house.http.get(&format!("/payment?link_id={}", under_way.text)).await.status, 200);
    merchant(&house, "enable", shop);
    shop.secpaid("deleteLink", &json!({ "link_id": under_way.text })).await.is(200);
    merchant(&house, "disable", shop);
    let said = house.command(&["merchant", "erase", "--merchant", &shop.id, "--yes"]);
    assert!(said.contains("2 journeys, 1 user"), "{said}");

    doors::open(&house.http, &shop.id, &shop.key, false).await;
    for link in [&paid, &under_way] {
        house.http.get(&format!("/payment?link_id={}", link.text)).await.is(404);
    }
    assert!(!house.command(&["merchant", "list"]).contains(&shop.id));
    assert!(refused(&house, &erase).contains("there is no merchant of this id"));
    assert!(user.is_string());
    assert_eq!(stays.status(&kept).await, "open");
}

async fn a_renamed_merchant_has_its_new_name_on_new_pages(house: House) {
    let shop = house.shop("Old name");
    let before = shop.link(json!({})).await;
    house.command(&["merchant", "rename", "--merchant", &shop.id, "--name", "New name"]);
    let after = shop.link(json!({})).await;
    let page = async |text: &str| house.http.get(&format!("/payment?link_id={text}")).await.is(200).text().clone();
    assert!(page(&before.text).await.contains("Old name"), "a running journey keeps the name that its customer saw");
    assert!(page(&after.text).await.contains("New name"));
    assert_eq!(shop.look("/profile").await.is(200).json()["name"], "New name");
    let nobody = house.refused_command(&["merchant", "rename", "--merchant", &shop.id, "--name", " "]);
    assert!(nobody.contains("name: is blank"), "{nobody}");
    let gone = shop.v1(Method::GET, "/profile/none", &Value::Null).await;
    assert_eq!(gone.status, 404);
}
