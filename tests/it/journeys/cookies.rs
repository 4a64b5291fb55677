//! Rule 7: the return needs no cookie; one that is there must be right, and a merchant can require it.

use std::time::Duration;

use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::http::{Http, HttpReply, SentOut};
use crate::support::on_every_store;
use crate::support::tpp::Tpp;

on_every_store![
    the_cookie_of_a_visit_is_locked_down,
    a_return_without_the_cookie_is_welcome,
    a_return_with_the_right_cookie_is_welcome,
    a_return_with_a_wrong_cookie_is_refused_and_changes_nothing,
    a_merchant_can_require_the_cookie,
    where_the_cookie_is_required_only_the_browser_that_left_may_cancel,
    a_browser_holds_eight_of_our_cookies_at_the_most_and_the_oldest_go_first,
    a_payment_takes_the_cookies_of_older_visits_back,
    an_answer_that_decides_nothing_for_good_takes_no_cookie_back,
    whoever_is_recognised_is_never_left_without_a_way_on,
];

async fn the_cookie_of_a_visit_is_locked_down(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let left = gateway.http.leave(&link.text).await.left;
    let cookie = left.header("set-cookie");
    let mut parts = cookie.split("; ");
    assert!(parts.next().unwrap().starts_with("__Host-hb-"), "{cookie}");
    let attributes: Vec<_> = parts.collect();
    for expected in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(attributes.contains(&expected), "{expected}: {cookie}");
    }
    assert!(!cookie.contains("Domain="), "{cookie}");
}

async fn a_return_without_the_cookie_is_welcome(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    back(&gateway.http, &sent_out, "theirs=1; __Host-hb-00000000=x").await.location();
}

async fn a_return_with_the_right_cookie_is_welcome(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    back(&gateway.http, &sent_out, &format!("a=b; {}; c=d", sent_out.cookie)).await.location();
}

async fn a_return_with_a_wrong_cookie_is_refused_and_changes_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let name = sent_out.cookie.split('=').next().unwrap();
    let right = sent_out.cookie.split_once('=').unwrap().1;
    for wrong in ["", "x", &right[1..], &format!("{right}0"), &right.to_uppercase()] {
        let refused = back(&gateway.http, &sent_out, &format!("{name}={wrong}")).await.is(403);
        assert!(!refused.has("location"));
        refused.says("another browser");
    }
    assert_eq!(merchant.status(&link).await, "away");
    gateway.http.back(&sent_out.with("code=ok")).await.location();
}

async fn a_merchant_can_require_the_cookie(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "same_browser": "required" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    back(&gateway.http, &sent_out, "theirs=1").await.is(403);
    gateway.http.back(&sent_out.with("error=access_denied")).await.is(403);
    assert_eq!(merchant.status(&link).await, "away");
    let home = back(&gateway.http, &sent_out, &sent_out.cookie).await.location();
    assert!(home.ends_with("&status=success"));
    gateway.http.back(&sent_out.with("code=ok")).await.is(403);
    assert_eq!(back(&gateway.http, &sent_out, &sent_out.cookie).await.location(), home);
}

async fn back(http: &Http, sent_out: &SentOut, cookie: &str) -> HttpReply {
    http.get_with(&format!("/return/sandbox?{}", sent_out.with("code=ok")), &[("cookie", cookie)]).await
}

async fn where_the_cookie_is_required_only_the_browser_that_left_may_cancel(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "same_browser": "required" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    // Nobody has left yet: there is no other browser.
    let home = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    assert!(home.ends_with("&status=cancel"), "{home}");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.is(403).says("another browser");
    assert_eq!(merchant.status(&link).await, "away");
    let form = [("content-type", "application/x-www-form-urlencoded"), ("cookie", sent_out.cookie.as_str())];
    let body = format!("link_id={}", link.text);
    let home = gateway.http.send(reqwest::Method::POST, "/payment/cancel", &form, body).await.location();
    assert!(home.ends_with("&status=cancel"), "{home}");
    let tpp = Tpp::of(&gateway).await;
    tpp.merchant.choose(json!({ "same_browser": "required" })).await;
    let asked = tpp.ask(json!({})).await;
    let out = asked.data["authorisationUrl"].as_str().unwrap();
    gateway.http.get(out).await.location();
    let link = crate::support::http::query_value(out, "link_id");
    gateway.http.submit("/consent/cancel", &[("link_id", &link)]).await.is(403).says("another browser");
    assert_eq!(tpp.consent(&asked.id).await["status"], "AWAITING_AUTHORIZATION");
}

/// What a browser holds after this answer: cookies that are set are added, those without a life go.
fn held(mut jar: Vec<(String, String)>, answer: &HttpReply) -> Vec<(String, String)> {
    for cookie in answer.headers.get_all("set-cookie") {
        let (pair, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        jar.retain(|(own, _)| own != name);
        if !attributes.contains("Max-Age=0") {
            jar.push((name.to_owned(), value.to_owned()));
        }
    }
    jar
}

fn shown(jar: &[(String, String)]) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

async fn a_browser_holds_eight_of_our_cookies_at_the_most_and_the_oldest_go_first(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let (mut jar, mut names) = (vec![("theirs".to_owned(), "1".to_owned())], Vec::new());
    for _ in 0..12 {
        let link = merchant.link_to("https://shop.example/cb").await;
        let form = [("content-type", "application/x-www-form-urlencoded"), ("cookie", &shown(&jar))];
        let body = format!("link_id={}", link.text);
        let left = gateway.http.send(reqwest::Method::POST, "/payment/pay", &form, body).await;
        jar = held(jar, &left);
        names.push(jar.last().unwrap().0.clone());
        gateway.wait(Duration::from_secs(1));
        assert!(jar.len() <= 1 + 8, "{jar:?}");
    }
    let kept: Vec<_> = jar.iter().skip(1).map(|(name, _)| name.clone()).collect();
    assert_eq!(kept, names[4..], "the last eight");
    assert!(shown(&jar[1..]).len() < 700, "{} bytes", shown(&jar).len());
}

/// The life of the cookie of this name, if it is set.
fn life(answer: &HttpReply, name: &str) -> Option<u64> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.into_iter().find(|cookie| cookie.starts_with(&format!("{name}=")))?;
    Some(cookie.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap())
}

fn name(sent_out: &SentOut) -> &str {
    sent_out.cookie.split('=').next().unwrap()
}

async fn a_payment_takes_the_cookies_of_older_visits_back(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for (token_life, kept) in [(60, 600), (3600, 3600)] {
        merchant.choose(json!({ "one_time_token": "on", "one_time_token_life_seconds": token_life })).await;
        let link = merchant.link_to("https://shop.example/cb").await;
        let (older, other) = (gateway.http.leave(&link.text).await, merchant.link_to("https://shop.example/cb").await);
        gateway.http.back_in_it(&older, "error=server_error").await.location();
        let (newer, elsewhere) = (gateway.http.leave(&link.text).await, gateway.http.leave(&other.text).await);
        let all = format!("{}; {}; {}", older.cookie, newer.cookie, elsewhere.cookie);
        let back = back(&gateway.http, &newer, &all).await;
        let home = back.location();
        let lives = |left: Option<u64>, most: u64| left.is_some_and(|left| (most - 30..=most).contains(&left));
        assert_eq!(life(&back, name(&older)), Some(0));
        assert!(lives(life(&back, name(&newer)), kept), "{:?}", life(&back, name(&newer)));
        assert_eq!(life(&back, name(&elsewhere)), None, "another journey's");
        // A replay gives it no longer life.
        gateway.wait(Duration::from_secs(100));
        let again = gateway.http.back_in_it(&newer, "code=ok").await;
        assert_eq!(again.location(), home);
        assert!(lives(life(&again, name(&newer)), kept - 100), "{:?}", life(&again, name(&newer)));
    }
}

async fn an_answer_that_decides_nothing_for_good_takes_no_cookie_back(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "same_browser": "required" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    for answer in ["error=access_denied", "error=server_error"] {
        let declined = gateway.http.back_in_it(&sent_out, answer).await;
        assert!(declined.location().ends_with("&status=cancel") && !declined.has("set-cookie"), "{answer}");
    }
    // Back at the bank, and Approve after all.
    gateway.wait(Duration::from_hours(1));
    assert!(gateway.http.back_in_it(&sent_out, "code=ok").await.location().ends_with("&status=success"));
}

async fn whoever_is_recognised_is_never_left_without_a_way_on(gateway: TestGateway) {
    let (merchant, tpp) = (gateway.merchant("Shop"), Tpp::of(&gateway).await);
    let link = merchant.link_to("https://shop.example/cb").await;
    let paying = gateway.http.leave(&link.text).await;
    gateway.wait(Duration::from_secs(1));
    let asked = tpp.ask(json!({})).await;
    let out = asked.data["authorisationUrl"].as_str().unwrap();
    let agreeing = gateway.http.get(out).await.header("set-cookie").split(';').next().unwrap().to_owned();
    let to_payment = format!("/payment?link_id={}", link.text);
    let to_consent = format!("/consent?link_id={}", crate::support::http::query_value(out, "link_id"));
    let nothing = "00000000000000000000000000000000";
    for query in ["error=access_denied", "code=ok", "", "code=ok&code=ok&state=x", "code=ok&state=x"]
        .map(str::to_owned)
        .into_iter()
        .chain([
            format!("code=ok&state={nothing}"),
            format!("wait?state={nothing}&answer=0123456789abcdef"),
            "wait".into(),
        ])
    {
        let page = if query.starts_with("wait") {
            format!("/return/sandbox/{query}")
        } else {
            format!("/return/sandbox?{query}")
        };
        // Of two journeys the one that was left for last is meant.
        for (cookies, way) in [
            (paying.cookie.clone(), Some(&to_payment)),
            (agreeing.clone(), Some(&to_consent)),
            (format!("{agreeing}; {}", paying.cookie), Some(&to_consent)),
            (format!("{}A", paying.cookie), None),
            (String::new(), None),
        ] {
            let shown = gateway.http.get_with(&page, &[("cookie", &cookies)]).await;
            assert!([400, 404].contains(&shown.status) && !shown.has("location"), "{page}: {}", shown.status);
            match way {
                Some(way) => drop(shown.says(&format!("{}{way}", gateway.http.base())).says("Continue")),
                None => drop(shown.never_says("link_id")),
            }
        }
    }
    // What another bank is said to have answered is not for this one.
    gateway.http.get_with("/return/other?code=ok", &[("cookie", &paying.cookie)]).await.is(400).never_says("link_id");
    assert_eq!(merchant.status(&link).await, "away", "nothing has concluded");
    assert_eq!(tpp.consent(&asked.id).await["status"], "AWAITING_AUTHORIZATION");
}
