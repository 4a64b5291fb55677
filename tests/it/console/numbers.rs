//! A merchant's journeys, counted for its servers and for its people.

use reqwest::Method;
use serde_json::{Value, json};

use super::browser::Browser;
use crate::support::gateway::{TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::receiver::Receiver;

crate::support::on_every_store![numbers_are_counted_as_far_as_customers_came];

/// What a table of a page says at this row: its numbers.
fn row(page: &str, label: &str) -> Vec<String> {
    let row =
        page.split("<tr>").find(|row| row.contains(&format!(">{label}<"))).unwrap_or_else(|| panic!("{label}: {page}"));
    let cells = row.split("<td class=\"number\">").skip(1);
    cells.map(|cell| cell.split('<').next().unwrap().to_owned()).collect()
}

async fn numbers_are_counted_as_far_as_customers_came(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let receiver = Receiver::saying(500);
    merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": receiver.url("/hook") })).await.is(201);
    // One stays at the checkout, one at the bank; one fails, and two pay, of whom one's app redeems its token.
    let asked = json!({ "callback_url": "https://shop.example/cb", "one_time_token": true });
    let links = [(); 5].map(|()| merchant.link(asked.clone()));
    let [_, away, failed, paid, redeemed] = futures_util::future::join_all(links).await.try_into().ok().unwrap();
    gateway.http.leave(&away.text).await;
    gateway.http.pay(&failed.text, "error=server_error").await;
    gateway.http.pay(&paid.text, "code=ok").await.location();
    let home = gateway.http.pay(&redeemed.text, "code=ok").await.location();
    merchant.redeem(&query_value(&home, "one-time-token")).await.is(200);

    let counted = eventually_failing(&merchant).await;
    let steps = json!({ "opened": 5, "sent_out": 4, "returned": 3, "concluded": 2, "handed_back": 2, "redeemed": 1 });
    assert_eq!(counted["steps"], steps, "{counted}");
    assert_eq!((&counted["opened"], &counted["proven"]), (&json!(5), &json!(2)), "{counted}");
    let days = counted["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[29]["day"]), (30, &counted["to"]), "{counted}");
    assert_eq!((&days[29]["opened"], &days[29]["proven"], &days[28]["opened"]), (&json!(5), &json!(2), &json!(0)));
    assert_eq!((&counted["statuses"]["paid"], &counted["statuses"]["away"]), (&json!(2), &json!(1)), "{counted}");
    assert_eq!((&counted["paid_not_returned"], counted.get("sample")), (&json!(0), None), "{counted}");
    let times = &counted["open_to_home_ms"];
    assert!(times["p50"].as_u64().unwrap() <= times["p99"].as_u64().unwrap(), "{counted}");

    let browser = Browser::of(&gateway, &merchant.id, "read").await;
    let page = browser.page("/console/numbers").await;
    assert!(page.contains("5 journeys were opened, of which 2 are proven."), "{page}");
    assert_eq!(row(&page, counted["to"].as_str().unwrap()), [counted["to"].as_str().unwrap(), "5", "2"]);
    assert_eq!(row(&page, "paid"), ["2", "40.0 %"]);
    assert_eq!(row(&page, "returned"), ["3", "60.0 %"]);
    assert_eq!(row(&page, "token redeemed"), ["1", "20.0 %"]);
    assert!(page.contains(&receiver.url("/hook")) && page.contains("from open until home"), "{page}");
    other_days(&merchant, &browser, counted["to"].as_str().unwrap()).await;
}

/// The numbers when an endpoint has failed.
async fn eventually_failing(merchant: &MerchantClient) -> Value {
    let numbers = || async { merchant.look("/numbers").await.is(200).json() };
    eventually("the endpoint fails", || async { numbers().await["endpoints"][0]["failing"] == 2 }).await;
    numbers().await
}

async fn other_days(merchant: &MerchantClient, browser: &Browser, today: &str) {
    let one = merchant.look(&format!("/numbers?from={today}&to={today}")).await.is(200).json();
    assert_eq!((one["days"].as_array().unwrap().len(), &one["opened"]), (1, &json!(5)), "{one}");
    let before = merchant.look("/numbers?from=2020-01-01&to=2020-01-31").await.is(200).json();
    assert_eq!((&before["opened"], &before["steps"]["opened"]), (&json!(0), &json!(0)), "{before}");
    assert!(before.get("open_to_home_ms").is_none(), "{before}");
    assert!(browser.page("/console/numbers?from=2020-01-01&to=2020-01-31").await.contains("No journey that is kept"));
    for (query, field) in [
        ("from=2020-01-01&to=2020-04-02", "from"),
        ("from=2020-02-01&to=2020-01-31", "from"),
        ("from=2020-2-1", "from"),
        ("to=today", "to"),
    ] {
        assert_eq!(merchant.look(&format!("/numbers?{query}")).await.is(422).json()["field"], field, "{query}");
        let page = browser.get(&format!("/console/numbers?{query}")).await.is(422).text();
        assert!(page.contains(&format!("id=\"{field}-more\"")) && page.contains("name=\"to\""), "{page}");
    }
    merchant.look("/numbers?days=7").await.is(422);
}
