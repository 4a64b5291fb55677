//! SecPaid's how-to pages (contracts/secpaid.md, [HC] and [HP]): every line that is added to `createLink`, and the
//! server that a customer comes home to.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{Server, folder, printed};
use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::merchant_client::{Link, MerchantClient};

/// The host in the vendor's lines.
const HOST: &str = "https://yourapp.com";

#[tokio::test]
async fn every_line_of_the_guides_does_what_it_says() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let saved = ["https://yourapp.com/first", "https://yourapp.com/second"];
    for url in saved {
        merchant.save(url).await;
        merchant.v1(reqwest::Method::POST, "/profile/endpoints", &json!({ "url": url })).await.is(201);
    }
    let (callback, endpoint) = ("callback_url=", "payment_endpoint=");
    let expected = [
        (callback, vec![saved[0]]),
        (callback, vec![saved[1]]),
        (callback, vec!["https://yourapp.com/checkout/callback"]),
        (callback, vec![saved[0], "https://yourapp.com/other-callback"]),
        (endpoint, vec![saved[0]]),
        (endpoint, vec![saved[1]]),
        (endpoint, vec!["https://yourapp.com/webhook/payment"]),
        (endpoint, vec![saved[0], "https://yourapp.com/other-webhook"]),
    ];
    let lines = fs::read_to_string(folder().join("secpaid/lines.txt")).expect("the lines");
    let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), expected.len());
    for (line, (field, urls)) in lines.into_iter().zip(expected) {
        assert!(line.contains(field), "{line}");
        let link = made(&gateway, &merchant, line);
        let journey = merchant.journey(&link.id).await;
        let told = if field == callback {
            link.data["callback_urls"].clone()
        } else {
            let endpoints = journey["callbacks"]["endpoints"].as_array().unwrap();
            endpoints.iter().map(|endpoint| endpoint["url"].clone()).collect()
        };
        assert_eq!(told, json!(urls), "{line}");
    }
    // A link that adds no line comes home to the first, and the second is called.
    assert_eq!(made(&gateway, &merchant, "").data["callback_urls"], json!(saved));
}

#[tokio::test]
async fn the_guides_express_handler_welcomes_who_has_paid_and_who_has_not() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let needs = "npm ci --prefix tests/banks && npm ci --prefix tests/seeds";
    let mut node = Command::new(folder().with_file_name("banks").join("node"));
    node.arg(folder().join("secpaid/server.mjs"));
    let server = Server::printing(node, needs);
    let lines = "--data-urlencode 'callback_url=https://yourapp.com/checkout/callback' \
                 --data-urlencode 'payment_endpoint=https://yourapp.com/webhook/payment'";
    let mut told = Vec::new();
    for (answer, says, status) in
        [("code=ok", "successful!", "success"), ("error=access_denied", "cancelled.", "cancel")]
    {
        let link = made(&gateway, &merchant, &lines.replace(HOST, &server.url("")));
        let home = gateway.http.pay(&link.text, answer).await.location();
        let page = gateway.http.get(&home).await.is(200);
        page.says(&format!("Payment {} of {} {says}", link.id, merchant.id));
        told.push((link.id.parse::<u64>().unwrap(), status));
        eventually("its endpoint was told", || async {
            gateway.http.get(&server.url("/events")).await.json() == json!(told)
        })
        .await;
    }
}

/// Makes a link by curl as the guides write it, with a line of theirs.
fn made(gateway: &TestGateway, merchant: &MerchantClient, line: &str) -> Link {
    let url = format!("{}/secpaid/api/v2/createLink", gateway.http.base());
    let script =
        format!("curl -s --noproxy '*' '{url}' --header \"token: $TOKEN\" --data-urlencode 'amount=25' {line}");
    let answer = printed(Command::new("bash").args(["-c", &script]).env("TOKEN", &merchant.key), "curl");
    let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{answer:?} ({error})"));
    Link::read(&answer)
}
