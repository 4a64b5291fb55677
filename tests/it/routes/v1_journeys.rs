//! `/v1/journeys`: a merchant's journeys, newest first, each with its timeline.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::ixopay::{self, debit};
use crate::support::on_every_store;
use crate::support::token_io_client::TokenIoClient;
use crate::support::tpp::Tpp;

on_every_store![
    journeys_come_in_pages_newest_first,
    a_journey_is_found_by_both_of_its_names,
    a_page_that_is_none_is_refused_as_a_problem,
    a_timeline_tells_what_happened_in_order,
    a_journey_is_found_by_what_its_merchant_calls_it_in_any_dialect,
];

async fn journeys_come_in_pages_newest_first(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let mut made = Vec::new();
    for n in 0..7 {
        made.insert(0, json!(merchant.link(json!({ "recipient_note": n.to_string() })).await.id));
        if n % 3 == 0 {
            gateway.wait(Duration::from_millis(10));
        }
    }
    let mut seen = Vec::new();
    let mut path = "/journeys?limit=3".to_owned();
    for _ in 0..4 {
        let page = merchant.look(&path).await.is(200).json();
        let journeys = page["journeys"].as_array().unwrap();
        assert!(journeys.len() <= 3);
        seen.extend(journeys.iter().map(|journey| (journey["opened_at"].clone(), journey["pay_id"].clone())));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/journeys?limit=3&after={next}");
    }
    assert!(seen.is_sorted_by(|a, b| a.0.as_str() >= b.0.as_str()), "newest first: {seen:?}");
    let mut ids: Vec<_> = seen.into_iter().map(|(_, id)| id.to_string()).collect();
    let mut expected: Vec<_> = made.iter().map(ToString::to_string).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected, "each of them once");
    let whole = merchant.look("/journeys").await.is(200).json();
    assert_eq!(whole["journeys"].as_array().map(Vec::len), Some(7));
    assert_eq!(whole["next"], json!(null));
}

async fn a_journey_is_found_by_both_of_its_names(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "recipient_note": "Order 7", "callback_url": "https://shop.example/cb" })).await;
    let journey = merchant.journey(&link.id).await;
    assert_eq!(merchant.journey(journey["journey_id"].as_str().unwrap()).await, journey);
    for (name, value) in [
        ("pay_id", json!(link.id)),
        ("dialect", json!("secpaid")),
        ("status", json!("open")),
        ("amount", json!("25.00")),
        ("currency", json!("EUR")),
        ("note", json!("Order 7")),
        ("pay_link", link.data["pay_link"].clone()),
        ("deliveries", json!([])),
    ] {
        assert_eq!(journey[name], value, "{name}");
    }
    let mut forged = journey["journey_id"].as_str().unwrap().to_owned();
    let last = if forged.ends_with('0') { "1" } else { "0" };
    forged.replace_range(35..36, last);
    for unknown in [forged.as_str(), "x", "1", "00000000-0000-0000-0000-000000000000", "%00", "9007199254740993"] {
        let refused = merchant.look(&format!("/journeys/{unknown}")).await;
        assert_eq!(refused.status, 404, "{unknown}");
        assert_eq!(refused.header("content-type"), "application/problem+json", "{unknown}");
    }
}

async fn a_page_that_is_none_is_refused_as_a_problem(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (query, field) in [("limit=0", "limit"), ("limit=201", "limit"), ("after=x", "after"), ("after=1-x", "after")] {
        let refused = merchant.look(&format!("/journeys?{query}")).await.is(422).json();
        assert_eq!(refused["field"], field, "{query}");
    }
    for query in ["limit=x", "limit=-1", "surprise=1", "limit=1&limit=2"] {
        let refused = merchant.look(&format!("/journeys?{query}")).await;
        assert!([400, 422].contains(&refused.status), "{query}: {}", refused.status);
        assert_eq!(refused.header("content-type"), "application/problem+json", "{query}");
        gateway.http.get(&format!("/v1/journeys?{query}")).await.is(401);
    }
}

async fn a_timeline_tells_what_happened_in_order(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.http.pay(&link.text, "error=server_error").await.location();
    gateway.wait(Duration::from_secs(1));
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.wait(Duration::from_secs(1));
    gateway.http.back(&sent_out.with("error=access_denied")).await.location();
    gateway.wait(Duration::from_secs(1));
    gateway.http.back(&sent_out.with("code=ok")).await.location();
    let journey = merchant.journey(&link.id).await;
    let told: Vec<_> = journey["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
            [text("event"), text("outcome"), text("by"), text("error")].join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "opened - - -",
            "left - - -",
            "returned - - -",
            "try_failed - - server_error",
            "left - - -",
            "returned - - -",
            "concluded cancelled bank access_denied",
            "handed_back - - -",
            "returned - - -",
            "concluded paid bank -",
            "handed_back - - -",
        ]
    );
    let times: Vec<_> = journey["timeline"].as_array().unwrap().iter().map(|event| event["at"].as_str()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

async fn a_journey_is_found_by_what_its_merchant_calls_it_in_any_dialect(gateway: TestGateway) {
    let shop = gateway.merchant("Shop");
    let cards = ixopay::Client { merchant: shop.clone(), ..ixopay::Client::of(&gateway) };
    cards
        .begin("debit", &debit("order-7", json!({ "merchantMetaData": "till 3", "extraData": { "cart": "81" } })))
        .await;
    let member = TokenIoClient::of_shop(&gateway, shop.clone()).await;
    member.ask(json!({ "refId": "order-8" })).await;
    let application = Tpp::calling_as(shop.clone()).await;
    application.ask_payment(json!({})).await;
    shop.link(json!({ "recipient_note": "order-9" })).await;
    let found = async |query: &str| {
        let list = shop.look(&format!("/journeys?{query}")).await.is(200).json();
        let told = list["journeys"].as_array().unwrap().iter();
        told.map(|journey| [&journey["dialect"], &journey["reference"]].map(|word| word.as_str().map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    let one = |dialect: &str, reference: &str| vec![[dialect, reference].map(|word| Some(word.to_owned()))];
    assert_eq!(found("reference=order-7").await, one("ixopay", "order-7"));
    assert_eq!(found("metadata[cart]=81").await, one("ixopay", "order-7"));
    assert_eq!(found("metadata[merchantMetaData]=till%203&reference=order-7").await, one("ixopay", "order-7"));
    assert_eq!(found("reference=order-8").await, one("token_io", "order-8"));
    let id = "1d54cf71bfe44b1b8e67247aed455d96";
    assert_eq!(found(&format!("reference={id}")).await, one("yapily", id));
    assert_eq!(
        found("reference=order-9").await,
        [] as [[Option<String>; 2]; 0],
        "SecPaid's words have no place for one"
    );
}
