//! A customer who follows every link and presses every button comes to customers' pages alone, and so does a stranger.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::crawler::{Crawler, Step, Visited, is_page, leads_on};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::ixopay::{self, debit};
use crate::support::token_io_client::TokenIoClient;
use crate::support::tpp::{Tpp, account_request};

/// Where a customer's pages stand; the test bank's are among them.
const CUSTOMERS: [&str; 7] =
    ["/payment", "/consent", "/return/", "/sandbox/authorise", "/token-io/session/", "/ixopay/redirect/", "/logo/"];

/// What a stranger is shown by a demo, besides.
const DEMOS: [&str; 4] = ["/", "/demo", "/display-parameters", "/v1/openapi.json"];

/// How many ways lead on from a page, at the most: the test bank's decisions.
const WAYS: usize = 6;

/// What pages say that lead nowhere: where to go on, or what to do.
const ENDS: [&str; 16] = [
    "Payment complete",
    "Go back to the device where you started",
    "The bank does not send you back",
    "Please continue in the browser you started in",
    "This code has been used before",
    "This code has expired",
    "This payment goes on on another device",
    "Too many tries",
    "Your bank’s answer has been received before",
    "Page not found",
    "This page has expired",
    "This payment is over",
    "We do not know this link",
    "We cannot match this answer",
    "We could not read this request",
    "What came back",
];

fn has_headers(Visited { step, reply }: &Visited) {
    let address = &step.address;
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{address}");
    assert!(!reply.has("access-control-allow-origin"), "{address}");
    if is_page(reply) || reply.has("location") {
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{address}");
        assert_eq!(reply.header("cache-control"), "no-store", "{address}");
    }
    if is_page(reply) {
        let policy = reply.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part) && !policy.contains("unsafe"), "{address}: {policy}");
        }
    }
}

/// Every page is one of these, has its headers and a way on, and says none of these secrets.
fn are_sound(visited: &[Visited], places: &[&str], secrets: &[&str]) {
    for one in visited {
        let (path, text) = (one.step.path(), one.reply.text());
        let is_of = |place: &&str| path == *place || (*place != "/" && path.starts_with(*place));
        assert!(places.iter().any(is_of), "a page leads to {}", one.step.address);
        assert!(one.reply.status < 500, "{}: {} {text}", one.step.address, one.reply.status);
        has_headers(one);
        let found: Vec<_> = secrets.iter().filter(|secret| text.contains(**secret)).collect();
        assert!(found.is_empty(), "{} shows {found:?}", one.step.address);
        if is_page(&one.reply) {
            let is_end = ENDS.iter().any(|words| text.contains(words));
            assert!(leads_on(&text) || is_end, "{} leads nowhere: {text}", one.step.address);
        }
    }
}

/// What merchants send their customers: a fresh one of each kind.
async fn begin(gateway: &TestGateway, (tpp, member): (&Tpp, &TokenIoClient), number: usize) -> Vec<String> {
    let merchant = &tpp.merchant;
    let mut addresses = Vec::new();
    for callback in ["https://shop.example/cb", "com.example.shop://paid"] {
        addresses.push(format!("/payment?link_id={}", merchant.link_to(callback).await.text));
    }
    let consent = tpp.post("/account-auth-requests", &account_request(json!({}))).await.is(201).json();
    addresses.push(consent["data"]["authorisationUrl"].as_str().unwrap().to_owned());
    let hosted = json!({
        "redirectUrl": "https://tpp-application.com/home", "applicationUserId": "ada",
        "institutionIdentifiers": { "institutionCountryCode": "GB" },
    });
    let hosted = tpp.post("/hosted/consent-requests", &hosted).await.is(201).json();
    addresses.push(hosted["data"]["hostedUrl"].as_str().unwrap().to_owned());
    let reference = format!("order-{number}");
    let asked = member.ask(json!({ "flowType": "FULL_HOSTED_PAGES", "bankId": null, "refId": reference })).await;
    addresses.push(asked.redirect_url());
    let client = ixopay::Client { merchant: merchant.clone(), ..ixopay::Client::of(gateway) };
    let urls = json!({ "successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no" });
    let answer = client.begin("debit", &debit(&reference, urls)).await;
    addresses.push(answer["redirectUrl"].as_str().unwrap().to_owned());
    let base = gateway.http.base();
    addresses.iter().map(|address| address.strip_prefix(base).unwrap_or(address).to_owned()).collect()
}

/// Every path of our own API.
async fn of_api(gateway: &TestGateway) -> Vec<(Method, String)> {
    let schema = gateway.http.get("/v1/openapi.json").await.is(200).json();
    let one = |(path, item): (&String, &Value)| {
        let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| item.get(method).is_some());
        let methods = methods.map(|method| method.to_uppercase().parse::<Method>().unwrap());
        methods.map(|method| (method, path.replace("{index}", "0").replace(['{', '}'], ""))).collect::<Vec<_>>()
    };
    let paths = schema["paths"].as_object().unwrap().iter();
    paths.filter(|(path, _)| path.starts_with("/v1/")).flat_map(one).collect()
}

#[tokio::test]
async fn a_customer_who_presses_everything_comes_to_customers_pages_alone() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let (merchant, other) = (gateway.merchant("Shop"), gateway.merchant("Somebody else"));
    merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": "http://127.0.0.1:9/hook" })).await.is(201);
    let others = other.link(json!({ "recipient_note": "Somebody else’s" })).await;
    let clients = (Tpp::calling_as(merchant.clone()).await, TokenIoClient::of(&gateway).await);
    let (mut visited, mut cookie) = (Vec::new(), String::new());
    for first in 0..WAYS {
        for address in begin(&gateway, (&clients.0, &clients.1), first).await {
            let mut customer = Crawler::pressing(&gateway.http, first);
            // Once it has ended, the link is opened again.
            visited.extend(customer.crawl(&address).await);
            visited.extend(customer.crawl(&address).await);
            cookie = Some(customer.cookie()).filter(|given| !given.is_empty()).unwrap_or(cookie);
        }
    }
    let secrets = [
        merchant.key.as_str(),
        &merchant.signing_secret,
        "127.0.0.1:9/hook",
        "Somebody else",
        &others.text,
        "/console",
    ];
    are_sound(&visited, &CUSTOMERS, &secrets);
    // It did walk the ways there are: to the bank, home, into an app, over to a phone, and away.
    let paths: BTreeSet<_> = visited.iter().map(|visited| visited.step.path()).collect();
    let walked = [
        "/payment/pay",
        "/payment/cancel",
        "/payment/code",
        "/payment/phone",
        "/payment/home",
        "/payment/app",
        "/payment/copy",
        "/consent",
        "/consent/choose",
        "/consent/cancel",
        "/return/sandbox",
        "/return/sandbox/wait",
        "/sandbox/authorise",
    ];
    let lost: Vec<_> = walked.into_iter().filter(|path| !paths.contains(path)).collect();
    assert!(lost.is_empty(), "nothing led to {lost:?}, only to {paths:?}");
    assert_is_let_in_nowhere(&gateway, &cookie).await;
}

/// Whoever has these cookies, and no more, is refused by each page of the console and each call of the API.
async fn assert_is_let_in_nowhere(gateway: &TestGateway, cookie: &str) {
    assert!(!cookie.is_empty());
    let headers = [("cookie", cookie)];
    for page in crate::console::pages_of_members() {
        gateway.http.get_with(&page, &headers).await.is(403);
    }
    let calls = of_api(gateway).await;
    assert!(calls.len() > 40, "{calls:?}");
    for (method, path) in calls.into_iter().filter(|(_, path)| path != "/v1/openapi.json") {
        let status = gateway.http.send(method.clone(), &path, &headers, "").await.status;
        assert_eq!(status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_stranger_comes_to_the_demo_alone() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let mut visited = Vec::new();
    // The demo is everybody's; what comes of its payments is a customer's.
    for first in 0..WAYS {
        visited.extend(Crawler::pressing(&gateway.http, first).crawl("/").await);
    }
    let places = [&DEMOS[..], &CUSTOMERS].concat();
    are_sound(&visited, &places, &[&merchant.key, &merchant.signing_secret, "Shop</bdi>"]);
    let paths: BTreeSet<_> = visited.iter().map(|visited| visited.step.path()).collect();
    let walked = [
        "/demo/pay",
        "/demo/call",
        "/demo/never-returns",
        "/display-parameters/redeem",
        "/payment",
        "/v1/openapi.json",
    ];
    let lost: Vec<_> = walked.into_iter().filter(|path| !paths.contains(path)).collect();
    assert!(lost.is_empty(), "nothing led to {lost:?}, only to {paths:?}");
}

#[tokio::test]
async fn a_stranger_at_an_operators_own_gateway_comes_to_its_front_alone() {
    let gateway = TestGateway::open_own(StoreKind::Embedded, "public_url = 'https://pay.example'\n").await;
    let visited = Crawler::pressing(&gateway.http, 0).crawl("/").await;
    are_sound(&visited, &["/", "/v1/openapi.json"], &[]);
    for page in ["/demo", "/sandbox/authorise", "/display-parameters"] {
        gateway.http.get(page).await.is(404);
    }
    assert_eq!(visited[0].step, Step::to("/"));
}
