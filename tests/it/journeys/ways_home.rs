//! Rules 7 and 12: every route that could lead a browser home asks which browser it is.
//!
//! The routes are those that the source declares: one that is added is walked here, or this fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use handback::keys::digest;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::TestGateway;
use crate::support::http::{HttpReply, query_value};
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::on_every_store;
use crate::support::token_io_client::{CALLBACK, TokenIoClient};
use crate::support::tpp::Tpp;

on_every_store![
    a_merchant_that_requires_the_same_browser_has_it_on_every_route,
    ten_minutes_after_the_hand_back_no_route_leads_home_without_the_cookie,
    a_wrong_cookie_leads_home_on_no_route,
    whoever_knows_a_state_alone_is_shown_no_link,
    a_link_does_nothing_on_the_pages_of_another_purpose,
];

/// What a route does for the browser that left, once its journey has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// It leads home.
    Home,
    /// It leads home into an app.
    App,
    /// It shows a page.
    Nowhere,
}
use Leads::{App, Home, Nowhere};

/// A route: the file and the text that declare it, whose journeys it is for, and a request to it.
type Route = (&'static str, &'static str, For, Leads, &'static str);

/// What a route is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Payments,
    Consents,
    /// Both, at the same address.
    Both,
    TokenIo,
    TokenRequests,
    TokenLinks,
    Ixopay,
}
use For::{Both, Consents, Ixopay, Payments, TokenIo, TokenLinks, TokenRequests};

const ROUTES: [Route; 40] = [
    ("web/pages/checkout.rs", "/payment", Payments, Nowhere, "GET /payment?link_id={link}"),
    ("web/pages/checkout.rs", "", Payments, Nowhere, "GET /payment?link_id={link}"),
    ("web/pages/checkout.rs", "/pay", Payments, Home, "POST /payment/pay?link_id={link}"),
    ("web/pages/checkout.rs", "/leaving", Payments, Nowhere, "GET /payment/leaving?link_id={link}"),
    ("web/pages/checkout.rs", "/cancel", Payments, Home, "POST /payment/cancel?link_id={link}"),
    ("web/pages/phone.rs", "/code", Payments, Home, "GET /payment/code?link_id={link}"),
    ("web/pages/phone.rs", "/code", Payments, Nowhere, "POST /payment/code?link_id={link}"),
    ("web/pages/phone.rs", "/phone", Payments, Nowhere, "GET /payment/phone?code={state}"),
    ("web/pages/phone.rs", "/phone", Payments, Nowhere, "POST /payment/phone?code={state}"),
    ("web/pages/phone.rs", "/phone/leaving", Payments, Nowhere, "GET /payment/phone/leaving?code={state}"),
    ("web/pages/phone.rs", "/phone/end", Payments, Nowhere, "GET /payment/phone/end?visit={state}"),
    ("web/pages/popup.rs", "/popup", Payments, Home, "GET /payment/popup?link_id={link}"),
    ("web/pages/link.rs", "/home", Payments, Home, "GET /payment/home?link_id={link}"),
    ("web/pages/link.rs", "/copy", Payments, Nowhere, "GET /payment/copy?link_id={link}"),
    ("web/pages/link.rs", "/qr.png", Payments, Nowhere, "GET /payment/qr.png?link_id={link}"),
    ("web/pages/app_page.rs", "/app", Payments, App, "GET /payment/app?link_id={link}"),
    ("web/pages/app_page.rs", "/app", Payments, App, "GET /payment/app?ticket={ticket}"),
    ("web/pages/consent.rs", "/consent", Consents, Nowhere, "GET /consent?link_id={link}"),
    ("web/pages/consent.rs", "", Consents, Nowhere, "GET /consent?link_id={link}"),
    ("web/pages/consent.rs", "/leaving", Consents, Nowhere, "GET /consent/leaving?link_id={link}"),
    (
        "web/pages/consent.rs",
        "/choose",
        Consents,
        Nowhere,
        "POST /consent/choose?link_id={link}&institution=mock-sandbox",
    ),
    ("web/pages/consent.rs", "/cancel", Consents, Home, "POST /consent/cancel?link_id={link}"),
    ("web/pages/link.rs", "/home", Consents, Home, "GET /consent/home?link_id={link}"),
    ("web/pages/link.rs", "/copy", Consents, Nowhere, "GET /consent/copy?link_id={link}"),
    ("web/pages/link.rs", "/qr.png", Consents, Nowhere, "GET /consent/qr.png?link_id={link}"),
    ("web/pages/app_page.rs", "/app", Consents, App, "GET /consent/app?link_id={link}"),
    ("web/pages/app_page.rs", "/app", Consents, App, "GET /consent/app?ticket={ticket}"),
    ("web/pages/returns/mod.rs", "/return/{provider}", Both, Home, "GET /return/sandbox?code=ok&state={state}"),
    ("web/pages/returns/mod.rs", "/return/{provider}", Both, Home, "POST /return/sandbox?code=ok&state={state}"),
    (
        "web/pages/returns/mod.rs",
        "/return/{provider}",
        Both,
        Home,
        "POST /return/sandbox?code=ok&state={state}&handback_posted_by=repost",
    ),
    (
        "web/pages/returns/mod.rs",
        "/return/{provider}/wait",
        Both,
        Home,
        "GET /return/sandbox/wait?state={state}&answer={answer}",
    ),
    ("web/token_io/session.rs", "/session/{id}", TokenIo, Home, "GET /token-io/session/{id}"),
    ("web/token_io/session.rs", "", TokenIo, Home, "GET /token-io/session/{id}?lang=en"),
    (
        "web/token_io/session.rs",
        "/choose",
        TokenIo,
        Home,
        "POST /token-io/session/{id}/choose?institution=mock-sandbox",
    ),
    ("web/token_io/session.rs", "/leaving", TokenIo, Home, "GET /token-io/session/{id}/leaving"),
    ("web/token_io/session.rs", "/cancel", TokenIo, Home, "POST /token-io/session/{id}/cancel"),
    ("web/token_io/session.rs", "/app/request-token/{id}", TokenRequests, Home, "GET /token-io/app/request-token/{id}"),
    ("web/token_io/session.rs", "/pay-by-link/{id}", TokenLinks, Home, "GET /token-io/pay-by-link/{id}"),
    ("web/ixopay/redirect.rs", "/{uuid}/{secret}", Ixopay, Nowhere, "GET {redirect}"),
    ("web/ixopay/redirect.rs", "/payment", Ixopay, Home, "GET /payment/home?link_id={link}"),
];

/// Files that send browsers on, and never home.
const NEVER_HOME: [&str; 10] = [
    "demo/mod.rs",
    "demo/without_browser.rs",
    "sandbox/mod.rs",
    "web/console/callbacks.rs",
    "web/console/openid.rs",
    "web/console/reply.rs",
    "web/pages/home.rs",
    "web/pages/sending.rs",
    "web/reply.rs",
    "web/pages/returns/visit.rs",
];

#[test]
fn every_route_that_sends_browsers_on_is_walked() {
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (path, text) in sources(&root, &root) {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let text = text.replace("PAYMENT_PAGE", "\"/payment\"").replace("CONSENT_PAGE", "\"/consent\"");
        let sends = ["see_other", "lead_home(", "home::ended(", "reply::send_to_provider(", "own_page("];
        let sends = sends.iter().any(|word| text.contains(word));
        let routes = ["route(\"", "resource(\"", "scope(\"", "other_address(\"", "page_at(\""];
        let routes = routes.iter().flat_map(|before| text.split(before).skip(1));
        let routes = routes.filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect();
        if (sends || path == "web/pages/returns/mod.rs") && !NEVER_HOME.contains(&path.as_str()) {
            declared.insert(path, routes);
        }
    }
    let mut walked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, route, ..) in ROUTES.iter().filter(|(_, route, what, ..)| *route != "/payment" || *what == Payments) {
        walked.entry((*file).to_owned()).or_default().insert((*route).to_owned());
    }
    assert_eq!(declared, walked);
}

fn sources(folder: &Path, root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path, root));
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let short = path.strip_prefix(root).expect("a source").to_str().expect("a name").to_owned();
            found.push((short, std::fs::read_to_string(&path).expect("a text")));
        }
    }
    found
}

/// An iPhone, so that an app's page is a page.
const PHONE: (&str, &str) = ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1");

/// What only the merchant's browser may see.
const MERCHANTS: [&str; 7] = [
    "https://shop.example",
    "com.example.shop:",
    "https://tpp-application.com",
    "com.example.tpp:",
    "https://tpp.com",
    "one-time-token=",
    "consent=ey",
];

/// A journey that has come home, in the browser that left.
struct Gone {
    what: For,
    leads: Leads,
    link: String,
    id: String,
    state: String,
    cookie: String,
    ticket: String,
    redirect: String,
}

impl Gone {
    /// Leaves by this request, and comes home with a yes.
    async fn by(gateway: &TestGateway, what: For, leads: Leads, link: &str, left: &HttpReply) -> Self {
        let cookie = left.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let state = query_value(&left.location(), "state");
        let back = format!("/return/sandbox?code=ok&state={state}");
        gateway.http.get_with(&back, &[("cookie", &cookie)]).await.location();
        let mut ticket = "no-ticket".to_owned();
        if leads == App {
            let scope = if what == Consents { "consent" } else { "payment" };
            let page = format!("/{scope}/app?link_id={link}");
            let page = gateway.http.get_with(&page, &[PHONE, ("cookie", &cookie)]).await.location();
            ticket = query_value(&page, "ticket");
        }
        let (link, id, redirect) = (link.to_owned(), String::new(), String::new());
        Self { what, leads, link, id, state, cookie, ticket, redirect }
    }

    fn request(&self, route: &str) -> (Method, String) {
        let answer = digest("answer", b"code\0ok");
        let answer = answer.as_bytes()[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let (method, page) = route.split_once(' ').expect("a method");
        let page = page.replace("{link}", &self.link).replace("{state}", &self.state).replace("{answer}", &answer);
        let page =
            page.replace("{ticket}", &self.ticket).replace("{id}", &self.id).replace("{redirect}", &self.redirect);
        (method.parse().expect("a method"), page)
    }

    /// All that a browser with this cookie gets to see that takes a route, and follows wherever we lead it.
    async fn sees(&self, gateway: &TestGateway, route: &str, cookie: Option<&str>) -> String {
        let (method, page) = self.request(route);
        let headers: Vec<_> = [Some(PHONE), cookie.map(|cookie| ("cookie", cookie))].into_iter().flatten().collect();
        let mut answer = if method == Method::POST {
            let (page, form) = page.split_once('?').unwrap_or((&page, ""));
            let form_type = ("content-type", "application/x-www-form-urlencoded");
            gateway.http.send(method, page, &[headers.as_slice(), &[form_type]].concat(), form.to_owned()).await
        } else {
            gateway.http.get_with(&page, &headers).await
        };
        let mut seen = String::new();
        for _ in 0..5 {
            assert!(answer.status < 500, "{route}: {}", answer.text());
            seen.push_str(&answer.text());
            let Some(to) = answer.headers.get("location") else { break };
            let to = to.to_str().expect("an address").to_owned();
            seen.push_str(&to);
            if !to.starts_with(gateway.http.base()) {
                break;
            }
            answer = gateway.http.get_with(&to, &headers).await;
        }
        seen
    }
}

#[track_caller]
fn sees_nothing_of_the_merchants(seen: &str, what: &str) {
    for secret in MERCHANTS.into_iter().chain(["/home?link_id="]) {
        assert!(!seen.contains(secret), "{what}: it is shown {secret}: {seen}");
    }
}

/// Journeys of every purpose and dialect that have come home, of merchants with this setting.
async fn gone(gateway: &TestGateway, same_browser: &str) -> Vec<Gone> {
    let setting = json!({ "same_browser": same_browser, "one_time_token": "on" });
    let mut gone = Vec::new();
    let merchant = gateway.merchant("Shop");
    merchant.choose(setting.clone()).await;
    for (callback, leads) in [("https://shop.example/cb", Home), ("com.example.shop://paid", App)] {
        let link = merchant.link_to(callback).await.text;
        let left = gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
        gone.push(Gone::by(gateway, Payments, leads, &link, &left).await);
    }
    let tpp = Tpp::of(gateway).await;
    tpp.merchant.choose(json!({ "same_browser": same_browser })).await;
    let app = json!({ "url": "https://tpp-application.com/open", "ios": "com.example.tpp://agreed" });
    tpp.merchant.save_as(app).await;
    for (callback, leads) in [("https://tpp-application.com/", Home), ("https://tpp-application.com/open", App)] {
        for one_time_token in [false, true] {
            let asked = tpp.ask(json!({ "callback": callback, "oneTimeToken": one_time_token })).await;
            let out = asked.data["authorisationUrl"].as_str().expect("an address");
            let left = gateway.http.get(out).await;
            gone.push(Gone::by(gateway, Consents, leads, &query_value(out, "link_id"), &left).await);
        }
    }
    let member = TokenIoClient::of(gateway).await;
    member.merchant.choose(setting.clone()).await;
    let payment = member.ask(json!({ "flowType": "FULL_HOSTED_PAGES", "bankId": null })).await.id;
    let request = member.post("/token-requests", &token_request()).await.is(200).json();
    let pay_by_link = member.post("/v2/payment-links", &payment_link()).await.is(200).json();
    let text = |id: &Value| id.as_str().expect("an id").to_owned();
    for (what, id) in [
        (TokenIo, payment),
        (TokenRequests, text(&request["tokenRequest"]["id"])),
        (TokenLinks, text(&pay_by_link["paymentLink"]["id"])),
    ] {
        let page = format!("/token-io/session/{id}/choose");
        let left = gateway.http.submit(&page, &[("institution", "modelo-sandbox")]).await;
        gone.push(Gone { id, ..Gone::by(gateway, what, Home, "no-link", &left).await });
    }
    let client = Client::of(gateway);
    client.merchant.choose(json!({ "same_browser": same_browser })).await;
    let begun = client.begin("debit", &debit("m-1", json!({ "successUrl": "https://shop.example/ok" }))).await;
    let link = link_of(&begun);
    let left = gateway.http.submit("/payment/pay", &[("link_id", &link)]).await;
    let redirect = begun["redirectUrl"].as_str().expect("an address").to_owned();
    gone.push(Gone { redirect, ..Gone::by(gateway, Ixopay, Home, &link, &left).await });
    gone
}

fn token_request() -> Value {
    json!({
        "requestPayload": {
            "refId": "zg5hs9eamvk4ouggg9", "to": {}, "redirectUrl": "https://tpp.com/redirect", "description": "Order 7",
            "transferBody": { "currency": "EUR", "lifetimeAmount": "10.23", "instructions": { "transferDestinations": [
                { "sepa": { "iban": "GB29NWBK60161331926819" }, "customerData": { "legalNames": ["Customer Inc."] } },
            ] } },
        },
        "requestOptions": { "from": {} },
    })
}

fn payment_link() -> Value {
    json!({ "paymentTemplate": {
        "amount": { "currency": "EUR", "value": "10.00" }, "localInstrument": "SEPA", "refId": "COFFEESHOP123",
        "creditor": { "name": "Customer Inc.", "iban": "GB29NWBK60161331926819" }, "callbackUrl": CALLBACK,
    } })
}

/// The routes on which a journey can be asked for.
fn routes(gone: &Gone) -> impl Iterator<Item = (Leads, &'static str)> {
    let own = move |what: For| what == gone.what || (what == Both);
    let there = |route: &str| gone.leads == App || !route.contains("{ticket}");
    let link = |route: &str| gone.link != "no-link" || !route.contains("{link}");
    ROUTES.iter().filter(move |(_, _, what, _, route)| own(*what) && there(route) && link(route)).map(
        move |(_, _, _, leads, route)| {
            // Each redirect home of one that opens an app leads to the page that does.
            (if gone.leads == Home && *leads == App { Home } else { *leads }, *route)
        },
    )
}

async fn leads_the_one_that_left_home(gateway: &TestGateway, gone: &Gone) {
    for (leads, route) in routes(gone) {
        let seen = gone.sees(gateway, route, Some(&gone.cookie)).await;
        let home = MERCHANTS.iter().any(|response_digest| seen.contains(response_digest));
        // A ticket has a time of its own.
        let expected = leads != Nowhere && !(route.contains("{ticket}") && seen.contains("This page has expired"));
        assert!(home || !expected, "{route}: {seen}");
    }
}

async fn a_merchant_that_requires_the_same_browser_has_it_on_every_route(gateway: TestGateway) {
    for gone in gone(&gateway, "required").await {
        for (_, route) in routes(&gone) {
            sees_nothing_of_the_merchants(&gone.sees(&gateway, route, None).await, route);
        }
        leads_the_one_that_left_home(&gateway, &gone).await;
    }
}

async fn ten_minutes_after_the_hand_back_no_route_leads_home_without_the_cookie(gateway: TestGateway) {
    let all = gone(&gateway, "checked").await;
    for gone in &all {
        let seen = gone.sees(&gateway, "GET /return/sandbox?code=ok&state={state}", None).await;
        assert!(
            MERCHANTS.iter().any(|response_digest| seen.contains(response_digest)),
            "the first hand-back needs no cookie: {seen}"
        );
    }
    gateway.wait(Duration::from_secs(601));
    for gone in &all {
        for (_, route) in routes(gone) {
            sees_nothing_of_the_merchants(&gone.sees(&gateway, route, None).await, route);
        }
        let replay = gone.sees(&gateway, "GET /return/sandbox?code=ok&state={state}", None).await;
        assert!(replay.contains("Open the app or the shop where you started"), "{replay}");
        assert!(!replay.contains(&gone.link), "{replay}");
        leads_the_one_that_left_home(&gateway, gone).await;
    }
}

async fn a_wrong_cookie_leads_home_on_no_route(gateway: TestGateway) {
    for gone in gone(&gateway, "checked").await {
        let (name, right) = gone.cookie.split_once('=').expect("a cookie");
        for wrong in ["", "x", &right[1..], &format!("{right}0"), &right.to_uppercase()] {
            let cookie = format!("{name}={wrong}");
            for (_, route) in routes(&gone) {
                sees_nothing_of_the_merchants(&gone.sees(&gateway, route, Some(&cookie)).await, route);
            }
        }
    }
}

async fn whoever_knows_a_state_alone_is_shown_no_link(gateway: TestGateway) {
    for gone in gone(&gateway, "checked").await {
        for answer in ["error=x", "error=access_denied", "code=anything", "", "code=fail:x", "error=server_error"] {
            for route in ["GET /return/sandbox?{}&state={state}", "POST /return/sandbox?{}&state={state}"] {
                let route = route.replace("{}", answer);
                let stranger = gone.sees(&gateway, &route, None).await;
                sees_nothing_of_the_merchants(&stranger, &route);
                assert!(!stranger.contains(&gone.link), "{route}: {stranger}");
                // The browser that left is led on, as often as it likes.
                let own = gone.sees(&gateway, &route, Some(&gone.cookie)).await;
                assert!(
                    MERCHANTS.iter().chain(&["/home?link_id="]).any(|response_digest| own.contains(response_digest)),
                    "{route}: {own}"
                );
                // A ticket holds the time.
                let again = gone.sees(&gateway, &route, Some(&gone.cookie)).await;
                assert!(gone.leads == App || again == own, "{route}: {again}");
                sees_nothing_of_the_merchants(&gone.sees(&gateway, &route, None).await, &route);
            }
        }
    }
}

async fn a_link_does_nothing_on_the_pages_of_another_purpose(gateway: TestGateway) {
    for gone in gone(&gateway, "checked").await.iter().filter(|gone| [Payments, Consents].contains(&gone.what)) {
        let (other, own) = if gone.what == Payments { (Consents, "payment") } else { (Payments, "consent") };
        for (.., route) in ROUTES.iter().filter(|(_, _, what, _, route)| *what == other && route.contains("{link}")) {
            let (method, page) = gone.request(route);
            let (page, form) = page.split_once('?').expect("a query");
            let headers = [PHONE, ("cookie", &gone.cookie), ("content-type", "application/x-www-form-urlencoded")];
            let answer = if method == Method::POST {
                gateway.http.send(method, page, &headers, form.to_owned()).await
            } else {
                gateway.http.get_with(&format!("{page}?{form}"), &headers).await
            };
            assert_eq!(answer.location(), format!("{}/{own}?link_id={}", gateway.http.base(), gone.link), "{route}");
        }
        if gone.leads == App {
            let ticket = ROUTES.iter().find(|(_, _, what, _, route)| *what == other && route.contains("{ticket}"));
            let (_, page) = gone.request(ticket.expect("a route").4);
            gateway.http.get_with(&page, &[PHONE, ("cookie", &gone.cookie)]).await.is(404);
        }
    }
}
