//! Every route that the source declares, asked for by a stranger, by each role, by the other kind of console and by
//! another merchant.

use std::path::Path;

use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use crate::support::gateway::{StoreKind, TestGateway};

/// A route, as the source declares it.
#[derive(Debug)]
pub(super) struct Route {
    pub path: String,
    methods: String,
}

/// Routes that a browser needs no session for.
pub(super) const OPEN: [&str; 5] =
    ["/console/mail-link", "/console/sign-in", "/console/openid", "/console/openid/return", "/console/openid/choose"];

/// The routes of the operator's console.
pub(super) const OPERATORS: [&str; 5] = [
    "/console/merchants",
    "/console/merchants/link",
    "/console/merchants/standing",
    "/console/providers",
    "/console/node",
];

/// The routes of both kinds.
const BOTH: [&str; 5] =
    ["/console", "/console/sign-out", "/console/sessions", "/console/sessions/end", "/console/audit"];

/// What is no page of its own.
pub(super) const PARTS: [&str; 1] = ["/console/journeys/{journey}/live"];

/// The page that brings what is new by a script.
const LIVE: &str = "/console/journeys/{journey}";

/// What a reader may send.
const READERS: [&str; 1] = ["/console/sign-out"];

/// What support may send, and a reader may not.
const SUPPORTS: [&str; 8] = [
    "/console/callbacks/{index}/check-up",
    "/console/callbacks/{index}/test",
    "/console/journeys/new",
    "/console/journeys/{journey}/cancel",
    "/console/webhooks/replay",
    "/console/webhooks/replay-selected",
    "/console/webhooks/{index}/test",
    "/console/webhooks/deliveries/{delivery}/replay",
];

pub(super) fn declared() -> Vec<Route> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/console");
    let mut routes = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for call in source.split("page_at(").skip(1).filter(|call| call.trim_start().starts_with('"')) {
            let mut texts = call.split('"').skip(1).step_by(2);
            let (path, methods) = (texts.next().unwrap(), texts.next().unwrap());
            routes.push(Route { path: format!("/console{path}"), methods: methods.to_owned() });
        }
    }
    routes.sort_by(|a, b| a.path.cmp(&b.path));
    routes
}

impl Route {
    pub fn takes(&self, method: &str) -> bool {
        self.methods.split(", ").any(|own| own == method)
    }

    pub fn is_one_of(&self, paths: &[&str]) -> bool {
        paths.contains(&self.path.as_str())
    }

    /// Its address for something that is there.
    pub fn address(&self, journey: &str) -> String {
        let delivery = format!("{journey}_0_e0");
        self.path
            .replace("{account}", "acme")
            .replace("{index}", "0")
            .replace("{journey}", journey)
            .replace("{delivery}", &delivery)
    }

    fn has_object(&self) -> bool {
        self.path.contains('{')
    }
}

/// Which role may send the form of a route: 0 is a reader's, 1 support's, 2 an admin's.
pub(super) fn needed(route: &Route) -> u8 {
    if route.is_one_of(&READERS) { 0 } else { 2 - u8::from(route.is_one_of(&SUPPORTS)) }
}

/// A gateway with a merchant that has one of everything, and the id of its journey.
pub(super) async fn furnished() -> (TestGateway, crate::support::merchant_client::MerchantClient, String) {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    merchant.save("https://shop.example/cb").await;
    merchant.v1(Method::POST, "/profile/endpoints", &json!({ "url": "http://127.0.0.1:9/hook" })).await.is(201);
    let account = json!({ "name": "acme", "kind": "http", "url": "https://pay.example/x" });
    merchant.v1(Method::POST, "/provider-accounts", &account).await.is(201);
    let link = merchant.link(json!({})).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await;
    let journey = merchant.journey(&link.id).await["journey_id"].as_str().unwrap().to_owned();
    (gateway, merchant, journey)
}

#[tokio::test]
async fn a_stranger_sees_nothing_and_changes_nothing() {
    let (gateway, _, journey) = furnished().await;
    let routes = declared();
    assert!(routes.len() >= 30, "{routes:?}");
    for route in routes.iter().filter(|route| !route.is_one_of(&OPEN)) {
        let address = route.address(&journey);
        let forged = [("cookie", "__Host-hb-console=0123456789abcdefghijklmnopqrstuv")];
        if route.takes("GET") {
            for headers in [&[][..], &forged] {
                let page = gateway.http.get_with(&address, headers).await.is(403).text();
                assert!(page.contains("You are not signed in"), "{address}: {page}");
            }
        }
        if route.takes("POST") {
            gateway.http.submit(&address, &[("form_token", "x")]).await.is(403);
        }
    }
}

#[tokio::test]
async fn a_form_without_its_token_or_from_another_site_is_refused() {
    let (gateway, merchant, journey) = furnished().await;
    let consoles = [Browser::of(&gateway, &merchant.id, "admin").await, Browser::operators(&gateway).await];
    for browser in &consoles {
        let (token, others) = (browser.token().await, Browser::of(&gateway, &merchant.id, "admin").await.token().await);
        for route in declared().iter().filter(|route| route.takes("POST") && !route.is_one_of(&OPEN)) {
            let address = route.address(&journey);
            for fields in [&[][..], &[("form_token", "")], &[("form_token", others.as_str())]] {
                let page = browser.post(&address, fields).await.is(403).text();
                assert!(page.contains("The form did not come from a page of your session"), "{address}: {page}");
            }
            for site in ["cross-site", "same-site"] {
                let site = ("sec-fetch-site", site);
                browser.post_with(&address, &[("form_token", &token)], site).await.is(403);
            }
        }
        browser.page("/console/sessions").await;
    }
}

#[tokio::test]
async fn each_role_may_what_it_may() {
    let (gateway, merchant, journey) = furnished().await;
    for (role, rank) in [("read", 0), ("support", 1), ("admin", 2)] {
        let browser = Browser::of(&gateway, &merchant.id, role).await;
        let token = browser.token().await;
        for route in declared().iter().filter(|route| !route.is_one_of(&OPEN) && !route.is_one_of(&OPERATORS)) {
            let address = route.address(&journey);
            let needed = needed(route);
            // What a role may is tried elsewhere, each in its story.
            if route.takes("POST") && rank < needed {
                let page = browser.post(&address, &[("form_token", &token)]).await.is(403).text();
                assert!(page.contains("Your role does not allow this"), "{role} {address}: {page}");
            }
            if route.takes("GET") {
                // The page of a form alone is for those who may send it; a list is for everybody.
                let is_form = route.path.ends_with("/new") || route.path.ends_with("/edit");
                let expected = if is_form && rank < needed { 403 } else { 200 };
                browser.get(&address).await.is(expected);
            }
        }
    }
}

#[tokio::test]
async fn each_kind_of_console_has_its_own_pages() {
    let (gateway, merchant, journey) = furnished().await;
    let (own, operator) = (Browser::of(&gateway, &merchant.id, "admin").await, Browser::operators(&gateway).await);
    let tokens = [own.token().await, operator.token().await];
    for route in declared().iter().filter(|route| !route.is_one_of(&OPEN) && !route.is_one_of(&BOTH)) {
        let of_operator = route.is_one_of(&OPERATORS);
        let (stranger, token) = if of_operator { (&own, &tokens[0]) } else { (&operator, &tokens[1]) };
        let address = route.address(&journey);
        if route.takes("GET") {
            let page = stranger.get(&address).await.is(403).text();
            assert!(page.contains("not in your console"), "{address}: {page}");
        }
        if route.takes("POST") {
            // A form whose fields are missing is unreadable before anybody looks whose it is.
            let status = stranger.post(&address, &[("form_token", token)]).await.status;
            assert!([400, 403].contains(&status), "{address}: {status}");
        }
    }
}

#[tokio::test]
async fn another_merchant_finds_nothing_of_it() {
    let (gateway, _, journey) = furnished().await;
    let other = gateway.merchant("Other");
    let browser = Browser::of(&gateway, &other.id, "admin").await;
    let token = browser.token().await;
    for route in declared().iter().filter(|route| route.has_object()) {
        let address = route.address(&journey);
        if route.takes("GET") {
            browser.get(&address).await.is(404);
        }
        if route.takes("POST") {
            let status = browser.post(&address, &[("form_token", &token)]).await.status;
            assert!([400, 404].contains(&status), "{address}: {status}");
        }
    }
}

#[tokio::test]
async fn every_page_has_its_headers_and_a_way_on() {
    let (gateway, merchant, journey) = furnished().await;
    let (own, operator) = (Browser::of(&gateway, &merchant.id, "admin").await, Browser::operators(&gateway).await);
    for route in declared().iter().filter(|route| route.takes("GET") && !route.is_one_of(&OPEN)) {
        let browser = if route.is_one_of(&OPERATORS) { &operator } else { &own };
        let page = browser.get(&route.address(&journey)).await;
        let policy = page.header("cache-control");
        assert_eq!(policy, "no-store", "{route:?}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{route:?}");
        if page.status == 200 && !route.is_one_of(&PARTS) && page.header("content-type").starts_with("text/html") {
            let csp = page.header("content-security-policy");
            assert!(csp.starts_with("default-src 'none'") && csp.contains("form-action 'self'"), "{route:?}: {csp}");
            let html = page.text();
            assert_eq!((html.matches("<h1>").count(), html.contains("<nav")), (1, true), "{route:?}");
            let has_script = html.contains("<script") && !route.is_one_of(&[LIVE]);
            assert!(!has_script && !html.contains(" style="), "{route:?} has a script or a style");
        }
    }
}
