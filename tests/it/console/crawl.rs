//! Each role follows every link that it is shown: none is refused, none ends, nothing of another merchant is there, and
//! what the role may see is all found.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use super::every_route::{OPEN, OPERATORS, PARTS, Route, declared, furnished, needed};
use crate::support::crawler::{Crawler, Visited, forms, is_page, leads_on};
use crate::support::http::HttpReply;

/// What stands in the other merchant's callback, note, account and keys.
const OTHERS: &str = "somebody-else";

fn has_headers(address: &str, reply: &HttpReply) {
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{address}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{address}");
    assert_eq!(reply.header("cache-control"), "no-store", "{address}");
    if is_page(reply) {
        let policy = reply.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part) && !policy.contains("unsafe"), "{address}: {policy}");
        }
    }
}

fn is_of_console(visited: &Visited) -> bool {
    visited.step.path().starts_with("/console")
}

/// The declared route that a path belongs to.
fn route_of<'a>(routes: &'a [Route], path: &str) -> Option<&'a Route> {
    let fits = |route: &&Route| {
        let (own, asked) = (route.path.split('/'), path.split('/'));
        own.clone().count() == asked.clone().count()
            && own.zip(asked).all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    // A route in words goes before one with a parameter.
    routes.iter().filter(fits).min_by_key(|route| route.path.matches('{').count())
}

/// Crawls as this role of this merchant (2 is an admin's rank), and answers the routes that were found.
async fn crawled(browser: &Browser, rank: u8) -> BTreeSet<String> {
    let routes = declared();
    let mut crawler = Crawler::reader(browser.http(), &browser.cookie);
    let visited = crawler.crawl("/console").await;
    for Visited { step, reply } in visited.iter().filter(|visited| is_of_console(visited)) {
        let (address, text) = (&step.address, reply.text());
        has_headers(address, reply);
        assert!([200, 303].contains(&reply.status), "a page leads to {address}: {} {text}", reply.status);
        assert!(!text.contains(OTHERS), "{address} shows what is another merchant's: {text}");
        if is_page(reply) {
            assert!(leads_on(&text), "{address} leads nowhere: {text}");
        }
        for form in forms(&text).into_iter().filter(|form| form.method == Method::POST) {
            let path = form.action.split('?').next().unwrap();
            let route = route_of(&routes, path).unwrap_or_else(|| panic!("{address} sends to {path}"));
            assert!(needed(route) <= rank, "{address} shows a form that this role may not send: {path}");
        }
    }
    // What it leads to beside the console is there, too.
    for Visited { step, reply } in visited.iter().filter(|visited| !is_of_console(visited)) {
        assert!([200, 303].contains(&reply.status), "the console leads to {}: {}", step.address, reply.status);
    }
    let found = visited
        .iter()
        .filter(|visited| is_of_console(visited))
        .filter_map(|visited| route_of(&routes, visited.step.path()));
    found.map(|route| route.path.clone()).collect()
}

/// The pages of one kind of console that whoever has this rank may open.
fn may_open(is_operators: bool, rank: u8) -> BTreeSet<String> {
    let of_this_kind = |route: &Route| {
        let is_own = if is_operators { OPERATORS.contains(&route.path.as_str()) } else { !route.is_one_of(&OPERATORS) };
        is_own || route.is_one_of(&["/console/sessions", "/console/audit", "/console"])
    };
    let is_form = |route: &Route| route.path.ends_with("/new") || route.path.ends_with("/edit");
    let routes = declared().into_iter().filter(|route| route.takes("GET") && of_this_kind(route));
    let routes = routes.filter(|route| !route.is_one_of(&OPEN) && !route.is_one_of(&PARTS));
    routes.filter(|route| !is_form(route) || needed(route) <= rank).map(|route| route.path).collect()
}

#[tokio::test]
async fn each_role_finds_all_that_it_may_see_and_nothing_else() {
    let (gateway, merchant, _) = furnished().await;
    merchant.link(json!({})).await;
    let other = gateway.merchant(OTHERS);
    other.save("https://shop.example/somebody-else").await;
    other.link(json!({ "recipient_note": OTHERS })).await;
    for (rank, role) in [(0, "read"), (1, "support"), (2, "admin")] {
        let browser = Browser::of(&gateway, &merchant.id, role).await;
        let found = crawled(&browser, rank).await;
        let lost: Vec<_> = may_open(false, rank).difference(&found).cloned().collect();
        assert!(lost.is_empty(), "{role} is led to no {lost:?}");
        let more: Vec<_> = found.difference(&may_open(false, rank)).cloned().collect();
        assert!(more.is_empty(), "{role} is led to {more:?}");
    }
}

#[tokio::test]
async fn the_operator_finds_its_own_pages_and_no_merchants() {
    let (gateway, _, _) = furnished().await;
    let found = crawled(&Browser::operators(&gateway).await, 2).await;
    assert_eq!(found, may_open(true, 2));
}
