//! Token.io's lists, page by page, while what they list changes (contracts/token-io.md, section 2).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;

on_every_store![
    a_list_that_changes_between_its_pages_neither_skips_nor_repeats,
    links_that_end_between_two_pages_leave_no_gap,
    lists_of_our_own_api_go_on_where_they_stopped_whatever_comes_between,
];

/// The ids of one page, and where the next one begins.
async fn page(member: &TokenIoClient, list: &str, query: &str) -> (Vec<String>, Option<String>) {
    let body = member.get(&format!("/v2/{list}?{query}")).await.is(200).json();
    let rows = body[if list == "payments" { "payments" } else { "paymentLinks" }].as_array().expect("a list").clone();
    let next = body["pageInfo"]["nextOffset"].as_str().filter(|_| body["pageInfo"]["haveMore"] == json!(true));
    (rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect(), next.map(str::to_owned))
}

async fn a_list_that_changes_between_its_pages_neither_skips_nor_repeats(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let mut asked = Vec::new();
    // All in one millisecond: the order of their ids decides.
    for number in 0..7 {
        asked.push(member.ask(json!({ "refId": format!("r{number}"), "onBehalfOfId": "T" })).await);
    }
    let query = "limit=3&onBehalfOfId=T&statuses=INITIATION_PENDING_REDIRECT_AUTH";
    let (first, next) = page(&member, "payments", query).await;
    // Those of the first page are paid, and a new one comes.
    for paid in asked.iter().filter(|one| first.contains(&one.id)) {
        gateway.http.back(&paid.back("code=yes")).await.location();
    }
    gateway.wait(std::time::Duration::from_millis(5));
    member.ask(json!({ "refId": "new", "onBehalfOfId": "T" })).await;
    let (second, more) = page(&member, "payments", &format!("{query}&offset={}", next.expect("more"))).await;
    let (third, end) = page(&member, "payments", &format!("{query}&offset={}", more.expect("more"))).await;
    assert_eq!((first.len(), second.len(), third.len(), end), (3, 3, 1, None));
    let mut seen = [first, second, third].concat();
    let mut all: Vec<String> = asked.into_iter().map(|one| one.id).collect();
    seen.sort();
    all.sort();
    assert_eq!(seen, all, "each that matched throughout, once");
}

async fn links_that_end_between_two_pages_leave_no_gap(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let mut all = Vec::new();
    for number in 0..6 {
        let link = member.post("/v2/payment-links", &link(&format!("R{number}"))).await.is(200).json();
        all.push(link["paymentLink"]["id"].as_str().expect("an id").to_owned());
    }
    let query = "limit=3&statuses=LINK_ACTIVE";
    let (first, next) = page(&member, "payment-links", query).await;
    for id in &first {
        member.call(Method::DELETE, &format!("/v2/payment-links/{id}"), &Value::Null).await.is(200);
    }
    let (second, end) = page(&member, "payment-links", &format!("{query}&offset={}", next.expect("more"))).await;
    let mut seen = [first, second].concat();
    seen.sort();
    all.sort();
    assert_eq!((seen, end), (all, None));
}

async fn lists_of_our_own_api_go_on_where_they_stopped_whatever_comes_between(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let callback = json!({ "callback_url": "https://a.example/hook" });
    for (list, id) in [("journeys", "journey_id"), ("jobs", "id")] {
        let (mut all, mut seen, mut after) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..5 {
            all.push(merchant.v1(Method::POST, "/jobs", &callback).await.is(202).json()["id"].clone());
        }
        while seen.len() < 5 {
            let page = merchant.look(&format!("/{list}?limit=2{after}")).await.is(200).json();
            let rows = page[list].as_array().expect("a list");
            seen.extend(rows.iter().map(|row| row[id].clone()));
            after = page["next"].as_str().map_or_else(String::new, |next| format!("&after={next}"));
            // One comes, and one that was shown ends.
            gateway.wait(std::time::Duration::from_millis(5));
            merchant.v1(Method::POST, "/jobs", &callback).await.is(202);
            let ended = seen.last().and_then(Value::as_str).expect("an id");
            merchant.v1(Method::DELETE, &format!("/jobs/{ended}"), &Value::Null).await;
        }
        for one in all {
            assert_eq!(seen.iter().filter(|own| **own == one).count(), 1, "{list}");
        }
    }
}

fn link(ref_id: &str) -> Value {
    json!({ "paymentTemplate": {
        "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": ref_id,
        "creditor": { "name": "Shop", "iban": "GB29NWBK60161331926819" }, "callbackUrl": "https://tpp.com/callback",
    } })
}

/// A customer who is at the bank may still pay: until then nobody says that the link is over for good.
#[tokio::test]
async fn a_link_whose_customer_is_at_the_bank_is_not_ended_before_that_is_known() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let member = TokenIoClient::of(&gateway).await;
    let opened = member.post("/v2/payment-links", &link("COFFEE")).await.is(200).json()["paymentLink"].clone();
    let id = opened["id"].as_str().expect("an id");
    let session = format!("/token-io/session/{id}/choose");
    let left = gateway.http.submit(&session, &[("institution", "modelo-sandbox")]).await.location();
    let path = format!("/v2/payment-links/{id}");
    let refused = member.call(Method::DELETE, &path, &Value::Null).await.is(409).json();
    assert!(refused["error"]["message"].as_str().unwrap().contains("has left for the bank"), "{refused}");
    assert_eq!(member.get(&path).await.is(200).json()["paymentLink"]["status"], "LINK_ACTIVE");
    let merchant = &member.merchant;
    let secpaid = merchant.link(json!({})).await;
    let sent_out = gateway.http.leave(&secpaid.text).await;
    let deleted = merchant.secpaid("deleteLink", &json!({ "id": secpaid.id })).await.is(409).json();
    assert!(deleted["ResponseMsg"].as_str().unwrap().contains("has left for the bank"), "{deleted}");

    // Nor one whose customer is back, while the bank is asked what came of it.
    merchant.choose(json!({ "when_late": "hand_back" })).await;
    let early = merchant.link(json!({ "one_time_token": true })).await;
    gateway.http.pay(&early.text, "code=slow:4000").await;
    merchant.secpaid("deleteLink", &json!({ "id": early.id })).await.is(409);
    eventually("it is paid", || async { merchant.status(&early).await == "paid" }).await;

    gateway.http.back(&format!("code=ok&state={}", query_value(&left, "state"))).await.location();
    let used = member.call(Method::DELETE, &path, &Value::Null).await.is(409).json();
    assert!(used["error"]["message"].as_str().unwrap().contains("USAGE_LIMIT_REACHED"), "{used}");
    // A customer who does not come back for long is not waited for.
    gateway.wait(std::time::Duration::from_mins(40));
    merchant.secpaid("deleteLink", &json!({ "id": secpaid.id })).await.is(200);
    gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert_eq!(merchant.status(&secpaid).await, "paid", "and proof still counts");
}
