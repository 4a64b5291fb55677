//! SecPaid's lists and states (contracts/secpaid.md, sections 3 and 5).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::ixopay::{Client, Signing, debit, link_of};
use crate::support::merchant_client::{Link, MerchantClient};
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;

on_every_store![
    a_transaction_is_written_in_texts_alone,
    transactions_are_found_by_every_filter,
    a_link_that_nobody_paid_is_no_transaction,
    used_and_unused_links_are_told_apart_ten_at_a_time,
    a_link_is_deleted_once_and_never_after_its_end,
    what_was_opened_in_other_words_is_no_link,
    merchants_see_their_own_links_alone,
];

async fn paid(gateway: &TestGateway, merchant: &MerchantClient, fields: Value) -> Link {
    let link = merchant.link(fields).await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    link
}

async fn rows(merchant: &MerchantClient, call: &str, query: Value) -> Vec<Value> {
    let envelope = merchant.secpaid(call, &query).await.is(200).json();
    assert_eq!((&envelope["ResponseCode"], &envelope["Result"]), (&json!(1), &json!("True")));
    envelope["data"].as_array().expect("rows").clone()
}

async fn ids(merchant: &MerchantClient, call: &str, query: Value) -> Vec<String> {
    let id =
        |row: &Value| row.get("pay_id").map_or_else(|| row["id"].to_string(), |id| id.as_str().unwrap().to_owned());
    rows(merchant, call, query).await.iter().map(id).collect()
}

async fn a_transaction_is_written_in_texts_alone(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = paid(&gateway, &merchant, json!({ "amount": 88.19, "recipient_note": "Order 7" })).await;
    let envelope = merchant.secpaid("getPayInTransactions", &json!({})).await.is(200).json();
    assert_eq!(envelope["ResponseMsg"], "List retrived successfully");
    let row = &envelope["data"][0];
    for (name, value) in row.as_object().unwrap() {
        assert!(value.is_string() || (name == "payment_method" && value.is_null()), "{name}: {value}");
    }
    for (name, value) in [
        ("pay_id", link.id.as_str()),
        ("creator_id", &merchant.id),
        ("user_id", &merchant.id),
        ("amount", "88.19"),
        ("status", "Success"),
        ("recipient_note", "Order 7"),
        ("is_split_link", "false"),
        ("is_dispute", "false"),
        ("is_refund", "false"),
        ("transaction_type", "Basic"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    for name in ["transaction_id", "net_amount", "service_fee", "service_fee_psp", "payout_status", "created_at"] {
        assert!(row[name].is_string(), "{name}");
    }
    let split = json!({ "amount": 2, "recipients": [{ "token": "a", "share": 10 }] });
    let split = Link::read(&merchant.secpaid("createSplitLink", &split).await.is(200).json());
    gateway.http.pay(&split.text, "code=ok").await.location();
    let row = &rows(&merchant, "getPayInTransactions", json!({ "pay_id": split.id })).await[0];
    assert_eq!((&row["transaction_type"], &row["is_split_link"]), (&json!("Split"), &json!("true")));
}

async fn transactions_are_found_by_every_filter(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut links = Vec::new();
    for (amount, note) in [("10.00", "first Ä"), ("20.00", "second"), ("30.50", "third")] {
        links.push(paid(&gateway, &merchant, json!({ "amount": amount, "recipient_note": note })).await.id);
        gateway.wait(Duration::from_millis(5));
    }
    let find = async |query: Value| ids(&merchant, "getPayInTransactions", query).await;
    let [first, second, third] = [&links[0], &links[1], &links[2]].map(Clone::clone);
    let all = vec![third.clone(), second.clone(), first.clone()];
    let none: Vec<String> = Vec::new();
    assert_eq!(find(json!({})).await, all, "newest first");
    assert_eq!(find(json!({ "limit": 10000, "page": 1, "search": "", "date": "" })).await, all);
    assert_eq!(find(json!({ "limit": "2" })).await, all[..2]);
    assert_eq!(find(json!({ "limit": 2, "page": "2" })).await, all[2..]);
    assert_eq!(find(json!({ "limit": 2, "page": 3 })).await, none);
    assert_eq!(find(json!({ "search": "SECOND" })).await, [second.as_str()]);
    assert_eq!(find(json!({ "search": "30.50" })).await, [third.as_str()]);
    assert_eq!(find(json!({ "search": "ä" })).await, [first.as_str()]);
    assert_eq!(find(json!({ "search": "nothing of this" })).await, none);
    assert_eq!(find(json!({ "pay_id": second })).await, [second.as_str()]);
    assert_eq!(find(json!({ "pay_id": second.parse::<u64>().unwrap() })).await, [second.as_str()]);
    let found = rows(&merchant, "getPayInTransactions", json!({ "pay_id": first })).await;
    let day = found[0]["created_at"].as_str().unwrap()[..10].to_owned();
    assert_eq!(find(json!({ "search": found[0]["transaction_id"] })).await, [first.as_str()]);
    assert_eq!(find(json!({ "date": "2001-01-01" })).await, none);
    assert!(find(json!({ "date": day })).await.contains(&first));
    gateway.wait(Duration::from_hours(49));
    let fourth = paid(&gateway, &merchant, json!({})).await.id;
    assert_eq!(find(json!({ "since": 2 })).await, [fourth.as_str()]);
    assert_eq!(find(json!({ "since": 3 })).await.len(), 4);
    assert_eq!(find(json!({ "since": 0 })).await.len(), 4);
    for wrong in [
        json!({ "page": 0 }),
        json!({ "limit": 0 }),
        json!({ "limit": "x" }),
        json!({ "page": -1 }),
        json!({ "date": "20.11.2026" }),
        json!({ "date": "2026-02-30" }),
        json!({ "since": "x" }),
        json!({ "pay_id": "x" }),
    ] {
        merchant.secpaid("getPayInTransactions", &wrong).await.is(400);
    }
}

async fn a_link_that_nobody_paid_is_no_transaction(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let open = merchant.link(json!({})).await;
    let cancelled = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &cancelled.text)]).await.location();
    let failed = merchant.link(json!({ "extra_outcomes": true })).await;
    gateway.http.pay(&failed.text, "error=server_error").await.location();
    for link in [open, cancelled, failed] {
        assert_eq!(rows(&merchant, "getPayInTransactions", json!({ "pay_id": link.id })).await, Vec::<Value>::new());
    }
    assert_eq!(rows(&merchant, "getPayInTransactions", json!({})).await, Vec::<Value>::new());
}

async fn used_and_unused_links_are_told_apart_ten_at_a_time(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (mut used, mut unused) = (Vec::new(), Vec::new());
    for n in 0..12 {
        used.insert(0, paid(&gateway, &merchant, json!({ "recipient_note": format!("used {n}") })).await.id);
        unused.insert(0, merchant.link(json!({ "recipient_note": format!("unused {n}") })).await.id);
        gateway.wait(Duration::from_millis(5));
    }
    let cancelled = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &cancelled.text)]).await.location();
    assert_eq!(ids(&merchant, "getMyUsedLinks", json!({})).await, used[..10]);
    assert_eq!(ids(&merchant, "getMyUnusedLinks", json!({})).await, unused[..10]);
    assert_eq!(ids(&merchant, "getMyUsedLinks", json!({ "limit": 100 })).await, used);
    assert_eq!(ids(&merchant, "getMyUnusedLinks", json!({ "limit": 100 })).await, unused);
    assert_eq!(ids(&merchant, "getMyUnusedLinks", json!({ "page": 2 })).await, unused[10..]);
    assert_eq!(ids(&merchant, "getMyUsedLinks", json!({ "search": "used 11" })).await, used[..1]);
    let row = &rows(&merchant, "getMyUsedLinks", json!({ "limit": 1 })).await[0];
    assert_eq!((&row["status"], &row["user_id"]), (&json!("Used"), &json!(merchant.id)));
    let row = &rows(&merchant, "getMyUnusedLinks", json!({ "limit": 1 })).await[0];
    assert_eq!(row["status"], "Unused");
}

async fn a_link_is_deleted_once_and_never_after_its_end(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let message = async |query: Value, status: u16| {
        let answer = merchant.secpaid("deleteLink", &query).await.is(status).json();
        answer["ResponseMsg"].as_str().unwrap().to_owned()
    };
    for name in ["id", "linktopay_id", "pay_id"] {
        let link = merchant.link(json!({})).await;
        assert_eq!(message(json!({ name: link.id }), 200).await, "Link deleted successfully");
        assert_eq!(merchant.status(&link).await, "cancelled");
    }
    let link = merchant.link(json!({})).await;
    let deleted = merchant.secpaid("deleteLink", &json!({ "link_id": link.text })).await.is(200).json();
    assert_eq!((&deleted["data"]["status"], &deleted["data"]["id"]), (&json!("Deleted"), &link.data["id"]));
    let used = paid(&gateway, &merchant, json!({})).await;
    assert_eq!(message(json!({ "id": used.id }), 409).await, "This link is already used");
    assert_eq!(merchant.status(&used).await, "paid");
    let cancelled = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &cancelled.text)]).await.location();
    message(json!({ "id": cancelled.id }), 409).await;
    for unknown in [json!({ "id": 1 }), json!({ "id": "x" }), json!({ "id": "9007199254740993" })] {
        assert_eq!(message(unknown, 404).await, "Link not found");
    }
    message(json!({}), 400).await;
    message(json!({ "id": 1, "pay_id": 2 }), 400).await;
}

async fn what_was_opened_in_other_words_is_no_link(gateway: TestGateway) {
    let member = TokenIoClient::of(&gateway).await;
    let client = Client { merchant: member.merchant.clone(), signing: Signing::Md5, clock: Arc::clone(&gateway.clock) };
    let payment = member.ask(json!({})).await;
    let transaction = client.begin("debit", &debit("7", json!({}))).await;
    let listed = member.merchant.look("/journeys").await.is(200).json();
    let journeys = listed["journeys"].as_array().unwrap();
    assert_eq!(journeys.len(), 2, "{listed}");
    let link = link_of(&transaction);
    let named = journeys.iter().map(|journey| json!({ "pay_id": journey["pay_id"] }));
    for query in named.chain([json!({ "link_id": link })]) {
        let refused = member.merchant.secpaid("deleteLink", &query).await.is(404).json();
        assert_eq!(refused["ResponseMsg"], "Link not found", "{query}");
    }
    assert_eq!(member.payment(&payment.id).await["status"], payment.payment["status"]);
    assert_eq!(client.status(&transaction["uuid"]).await["transactionStatus"], "REDIRECT");
}

async fn merchants_see_their_own_links_alone(gateway: TestGateway) {
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Other"));
    let (open, used) = (merchant.link(json!({})).await, paid(&gateway, &merchant, json!({})).await);
    for call in ["getPayInTransactions", "getMyUsedLinks", "getMyUnusedLinks"] {
        assert_eq!(rows(&other, call, json!({})).await, Vec::<Value>::new());
        assert_eq!(rows(&other, call, json!({ "pay_id": used.id })).await, Vec::<Value>::new());
    }
    for query in [json!({ "id": open.id }), json!({ "link_id": open.text })] {
        assert_eq!(other.secpaid("deleteLink", &query).await.is(404).json()["ResponseMsg"], "Link not found");
    }
    other.look(&format!("/journeys/{}", open.id)).await.is(404);
    assert_eq!(other.look("/journeys").await.is(200).json()["journeys"], json!([]));
    assert_eq!(merchant.status(&open).await, "open");
}
