//! Signing in by a link that works once, sessions, and the audit log.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, between, cookie_of, once_of, press};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::query_value;
use crate::support::on_every_store;

/// The operator's key.
const OPERATOR_KEY: &str = "the-operator-of-merchants-has-it";

on_every_store![
    a_link_signs_in_once_and_looking_uses_nothing_up,
    a_session_ends_by_itself_and_by_hand,
    what_is_done_stands_in_the_audit_log,
    an_entry_is_shown_for_a_year,
];

async fn a_link_signs_in_once_and_looking_uses_nothing_up(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop & Söhne");
    let arguments = ["console", "link", "--merchant", &merchant.id, "--role", "support", "--name", "Ada"];
    let link = gateway.command(&arguments).trim().to_owned();
    for _ in 0..2 {
        let page = gateway.http.get(&link).await.is(200).text();
        assert!(page.contains("Shop &#38; Söhne") && page.contains("Ada") && page.contains("support"), "{page}");
        gateway.http.get_with(&link, &[("sec-purpose", "prefetch")]).await.is(204);
    }
    let text = query_value(&link, "link");
    let other_site = [("sec-fetch-site", "cross-site")];
    gateway.http.submit_with("/console/sign-in", &[("link", &text)], &other_site).await.is(403);
    // Only a browser that has opened the link itself.
    let other = gateway.command(&arguments).trim().to_owned();
    let others = cookie_of(&gateway.http.get(&other).await.is(200));
    for headers in [&[][..], &[("cookie", others.as_str())]] {
        let page = gateway.http.submit_with("/console/sign-in", &[("link", &text)], headers).await.is(403).text();
        assert!(page.contains("Open the sign-in link in this browser"), "{page}");
    }
    let signed_in = press(&gateway.http, &link, None).await;
    let cookie = signed_in.header("set-cookie");
    for part in ["__Host-hb-console=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    gateway.http.submit("/console/sign-in", &[("link", &text)]).await.is(410);
    gateway.http.get(&link).await.is(410);
    for bad in ["", "x", &text.replace(&text[40..41], if &text[40..41] == "0" { "1" } else { "0" })] {
        gateway.http.submit("/console/sign-in", &[("link", bad)]).await.is(410);
    }
    let late = gateway.command(&arguments).trim().to_owned();
    gateway.wait(Duration::from_secs(15 * 60 + 1));
    gateway.http.get(&late).await.is(410);
}

async fn a_session_ends_by_itself_and_by_hand(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let [admin, other, idle] = [(); 3].map(|()| Browser::of(&gateway, &merchant.id, "admin"));
    let (admin, other, idle) = (admin.await, other.await, idle.await);
    let page = admin.page("/console/sessions").await;
    assert_eq!(page.matches("<tr>").count(), 4, "a head and three sessions: {page}");
    // Of the two others one is ended by hand.
    let listed = between(&page, "name=\"session\" value=\"", "\"").to_owned();
    let ended = admin.submit("/console/sessions", "/console/sessions/end", &[("session", &listed)]).await;
    assert_eq!(admin.path(&ended), "/console/sessions");
    let left = [other.get("/console/sessions").await.status, idle.get("/console/sessions").await.status];
    assert!(left == [200, 403] || left == [403, 200], "{left:?}");
    let lasting = Browser::of(&gateway, &merchant.id, "read").await;
    for _ in 0..3 {
        gateway.wait(Duration::from_secs(50 * 60));
        admin.page("/console/sessions").await;
        lasting.page("/console/sessions").await;
    }
    for gone in [&other, &idle] {
        gone.get("/console/sessions").await.is(403);
    }
    let left = admin.submit("/console/sessions", "/console/sign-out", &[]).await.is(200);
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    admin.get("/console/sessions").await.is(403);
    // However much it is used: 12 hours.
    for _ in 3..14 {
        gateway.wait(Duration::from_secs(50 * 60));
        lasting.page("/console/sessions").await;
    }
    gateway.wait(Duration::from_secs(21 * 60));
    lasting.get("/console/sessions").await.is(403);
}

async fn what_is_done_stands_in_the_audit_log(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    let fields = [("url", "https://shop.example/cb"), ("name", "shop")];
    browser.submit("/console/callbacks/new", "/console/callbacks/new", &fields).await.location();
    let page = browser.page("/console/audit").await;
    assert!(page.contains("callback.added") && page.contains("session.began"), "{page}");
    let log = merchant.look("/audit").await.is(200).json();
    let actions: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["callback.added", "session.began"]);
    assert_eq!((&log["entries"][0]["who"], &log["entries"][0]["object"]), (&json!("admin"), &json!("0")));
    assert_eq!(log["next"], Value::Null);
    let first = merchant.look("/audit?limit=1").await.is(200).json();
    let next = first["next"].as_str().unwrap();
    let second = merchant.look(&format!("/audit?limit=1&after={next}")).await.is(200).json();
    assert_eq!(second["entries"][0]["action"], "session.began");
    let stranger = gateway.merchant("Other");
    assert_eq!(stranger.look("/audit").await.is(200).json()["entries"], json!([]));
}

#[tokio::test]
async fn what_the_api_changes_of_the_set_up_stands_in_the_audit_log() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_OPERATOR_KEY", OPERATOR_KEY)]).await;
    let merchant = gateway.merchant("Shop");
    merchant.v1(Method::PATCH, "/profile/settings", &json!({ "language": "-" })).await.is(422);
    merchant.look("/profile/settings").await.is(200);
    merchant.link_to("https://shop.example/cb").await;
    merchant.v1(Method::PATCH, "/profile/settings", &json!({ "language": "de" })).await.is(200);
    merchant.v1(Method::POST, "/profile/callbacks", &json!({ "url": "https://shop.example/cb" })).await.is(201);
    let log = merchant.look("/audit").await.is(200).json();
    let calls: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| entry["object"].clone()).collect();
    assert_eq!(calls, ["POST /v1/profile/callbacks", "PATCH /v1/profile/settings"], "{log}");
    let entry = &log["entries"][0];
    assert_eq!((&entry["action"], &entry["role"]), (&json!("api.called"), &json!("admin")));
    assert!(entry["who"].as_str().unwrap().starts_with("key "), "{entry}");

    let by_operator = async |method: Method, path: &str| {
        let key = format!("Bearer {OPERATOR_KEY}");
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        gateway.http.send(method, path, &headers, r#"{"name": "Ada", "role": "read"}"#).await
    };
    let made = format!("/v1/merchants/{}/console-link", merchant.id);
    by_operator(Method::POST, &made).await.is(201);
    let log = by_operator(Method::GET, "/v1/audit").await.is(200).json();
    let [entry, _added] = &log["entries"].as_array().unwrap()[..] else { panic!("{log}") };
    assert_eq!((&entry["who"], &entry["object"]), (&json!("operator's key"), &json!(format!("POST {made}"))));
}

/// Forms that are refused change nothing, and leave nothing in the log.
#[tokio::test]
async fn what_is_refused_leaves_no_entry_and_what_is_sent_twice_one() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    browser.submit("/console/callbacks/new", "/console/callbacks/new", &[("url", "no url")]).await.is(422);
    let token = browser.token().await;
    browser.post("/console/callbacks/9/delete", &[("form_token", &token)]).await.is(404);
    browser.post("/console/keys", &[("form_token", &token), ("name", "ops")]).await.is(400);
    let twice = async |page: &str, address: &str, fields: &[(&str, &str)]| {
        let once = once_of(between(&browser.page(page).await, &format!("action=\"{address}\""), "</form>"));
        let fields = [&[("form_token", token.as_str()), ("once", &once)], fields].concat();
        let ways = [browser.post(address, &fields).await.location(), browser.post(address, &fields).await.location()];
        assert_eq!(ways[0], ways[1], "{address}");
        let other = [&fields[..], &[("name", "other")]].concat();
        browser.post(address, &other).await.is(409);
    };
    let new = "/console/callbacks/new";
    twice(new, new, &[("url", "https://shop.example/cb")]).await;
    let new = "/console/webhooks/new";
    twice(new, new, &[("url", "https://shop.example/hook"), ("paid", "on")]).await;
    let page = "/console/callbacks/0";
    twice(page, &format!("{page}/test"), &[("amount", "1.00"), ("currency", "EUR")]).await;
    let log = merchant.look("/audit").await.is(200).json();
    let entries = log["entries"].as_array().unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["journey.test_opened", "endpoint.added", "callback.added", "session.began"]);
    let journeys = merchant.look("/journeys").await.is(200).json();
    assert_eq!(journeys["journeys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_address_tries_thirty_times_a_minute() {
    let env = [("HANDBACK_TRUSTED_PROXIES", "127.0.0.0/8")];
    let gateway = TestGateway::open_with(StoreKind::Embedded, &env).await;
    let from = async |address: &str| {
        gateway.http.submit_with("/console/sign-in", &[("link", "x")], &[("x-forwarded-for", address)]).await
    };
    for _ in 0..30 {
        from("192.0.2.1").await.is(410);
    }
    let refused = from("192.0.2.1").await.is(429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds) && refused.text().contains("Too many tries"), "{seconds}");
    from("192.0.2.2").await.is(410);
    gateway.wait(Duration::from_secs(seconds));
    from("192.0.2.1").await.is(410);
}

async fn an_entry_is_shown_for_a_year(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let shown = async || merchant.look("/audit").await.is(200).json()["entries"].as_array().unwrap().len();
    Browser::of(&gateway, &merchant.id, "read").await;
    for (days, expected) in [(0, 1), (365, 1), (2, 0)] {
        gateway.wait(Duration::from_hours(24 * days));
        assert_eq!(shown().await, expected, "{days} days later");
    }
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let [before, other] = [(); 2].map(|()| Browser::of(&gateway, &merchant.id, "admin"));
    let (before, other) = (before.await, other.await);
    let link = gateway.command(&["console", "link", "--merchant", &merchant.id, "--name", "Ada"]);
    press(&gateway.http, link.trim(), Some(&before.cookie)).await.location();
    before.get("/console/sessions").await.is(403);
    let page = other.page("/console/sessions").await;
    assert!(page.matches("<tr>").count() == 3 && page.contains("Ada (admin)"), "a head and two sessions: {page}");
}

#[tokio::test]
async fn a_console_that_browsers_cannot_stay_in_uses_no_link_up() {
    let env = [("HANDBACK_PUBLIC_URL", "http://pay.example")];
    let gateway = TestGateway::open_own_with(StoreKind::Embedded, "sandbox.enabled = true\n", &env).await;
    let merchant = gateway.merchant("Shop");
    let link = gateway.command(&["console", "link", "--merchant", &merchant.id]);
    let link = query_value(link.trim(), "link");
    // A link that is used up would be refused as such.
    for _ in 0..2 {
        let refused = gateway.http.submit("/console/sign-in", &[("link", &link)]).await.is(403).text();
        assert!(refused.contains("The console needs https"), "{refused}");
    }
    gateway.http.get(&format!("/console/sign-in?link={link}")).await.is(403);
}

#[tokio::test]
async fn a_disabled_merchant_is_shut_out_and_an_erased_one_is_gone() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let browser = Browser::of(&gateway, &merchant.id, "admin").await;
    gateway.command(&["merchant", "disable", "--merchant", &merchant.id]);
    let page = browser.get("/console/callbacks").await.is(403).text();
    assert!(page.contains("disabled"), "{page}");
    gateway.command(&["merchant", "erase", "--merchant", &merchant.id, "--yes"]);
    browser.get("/console/callbacks").await.is(403);
    let refused = gateway.refused_command(&["console", "link", "--merchant", &merchant.id]);
    assert!(refused.contains("no merchant"), "{refused}");
}

#[tokio::test]
async fn the_operator_makes_links_by_the_api_and_in_the_console() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_OPERATOR_KEY", OPERATOR_KEY)]).await;
    let merchant = gateway.merchant("Shop");
    let path = format!("/v1/merchants/{}/console-link", merchant.id);
    let bearer = format!("Bearer {OPERATOR_KEY}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({ "name": "Ada", "role": "read" }).to_string();
    let made = gateway.http.send(Method::POST, &path, &headers, body.clone()).await.is(201).json();
    let browser = Browser::by_link(&gateway.http, made["url"].as_str().unwrap()).await;
    assert!(browser.page("/console/callbacks").await.contains("Ada (read)"));
    let own = format!("Bearer {}", merchant.key);
    let headers = [("authorization", own.as_str()), ("content-type", "application/json")];
    gateway.http.send(Method::POST, &path, &headers, body).await.is(403);

    let operator = Browser::operators(&gateway).await;
    let fields = [("merchant", merchant.id.as_str()), ("name", "Grace"), ("role", "support")];
    let page = operator.submit("/console/merchants", "/console/merchants/link", &fields).await.is(200).text();
    let link = between(&page, "<code class=\"copy\">", "</code>").replace("&#38;", "&");
    let grace = Browser::by_link(&gateway.http, &link).await;
    assert!(grace.page("/console/callbacks").await.contains("Grace (support)"));
    operator.get("/console/callbacks").await.is(403);
    grace.get("/console/merchants").await.is(403);
    let (token, once) = (operator.token().await, once_of(&operator.page("/console/merchants").await));
    let fields = [("form_token", token.as_str()), ("once", &once), ("name", "New shop"), ("mode", "live")];
    let added = operator.post("/console/merchants", &fields).await.is(200).text();
    assert!(added.contains("hbk_") && added.contains("whsec_"), "{added}");
    let again = operator.post("/console/merchants", &fields).await.is(409).text();
    assert!(again.contains("This form was sent before") && !again.contains("hbk_"), "{again}");
    let list = operator.page("/console/merchants").await;
    assert_eq!(list.matches("<bdi>New shop</bdi>").count(), 1, "a double click is one merchant");
    let fields = [("name", ""), ("mode", "live")];
    let refused = operator.submit("/console/merchants", "/console/merchants", &fields).await.is(422).text();
    assert!(refused.contains("Name is blank") && refused.contains("<bdi>New shop</bdi>"), "{refused}");
    let log = operator.page("/console/audit").await;
    assert!(log.contains("merchant.added") && log.contains(&format!("{} support Grace", merchant.id)), "{log}");
    assert!(operator.page("/console/providers").await.contains("<code>sandbox</code>"));
    let node = operator.page("/console/node").await;
    assert!(node.contains("<dd>ready</dd>") && node.contains("embedded (SQLite)"), "{node}");
    assert!(node.contains("<td>courier</td><td><span class=\"badge good\">well</span>"), "{node}");
    let fields = [("merchant", merchant.id.as_str()), ("standing", "disabled")];
    operator.submit("/console/merchants", "/console/merchants/standing", &fields).await.location();
    grace.get("/console/callbacks").await.is(403);
}
