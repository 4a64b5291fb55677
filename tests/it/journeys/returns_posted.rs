//! A bank's page posts its answer (OAuth 2.0 Form Post Response Mode): everything as with a query, and nothing in an
//! address.

use std::time::Duration;

use handback::web::views::assets;
use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::{Http, HttpReply, SentOut};
use crate::support::on_every_store;

on_every_store![
    a_posted_answer_comes_home_as_a_query_does,
    a_posted_answer_in_two_places_or_twice_is_refused,
    what_is_no_form_is_no_answer,
    a_required_cookie_is_fetched_by_posting_once_more,
    a_wait_that_nobody_was_given_leads_nowhere,
];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Posts this answer with this state, and these headers besides.
async fn post(http: &Http, sent_out: &SentOut, answer: &str, headers: &[(&str, &str)]) -> HttpReply {
    let headers = [&[FORM], headers].concat();
    http.send(reqwest::Method::POST, "/return/sandbox", &headers, sent_out.with(answer)).await
}

async fn a_posted_answer_comes_home_as_a_query_does(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    for answer in ["code=o+k", "error=access_denied", "error=server_error&error_description=a%0d%0ab"] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let home = post(&gateway.http, &sent_out, answer, &[]).await;
        assert_eq!(home.header("cache-control"), "no-store");
        assert_eq!(home.header("referrer-policy"), "no-referrer");
        let home = home.location();
        for _ in 0..8 {
            assert_eq!(post(&gateway.http, &sent_out, answer, &[]).await.location(), home);
            assert_eq!(gateway.http.back(&sent_out.with(answer)).await.location(), home, "{answer}");
        }
    }
}

async fn a_posted_answer_in_two_places_or_twice_is_refused(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let state = sent_out.with("code=ok");
    for (query, body) in [
        (state.as_str(), state.as_str()),
        (state.as_str(), ""),
        ("code=ok", sent_out.with("").trim_start_matches('&')),
        ("x", &state),
        ("", &sent_out.with("code=ok&code=ok")),
        ("", &sent_out.with("code=ok&error=access_denied")),
        ("", &sent_out.with("state=x&code=ok")),
        ("", &sent_out.with("handback_posted_by=bank&code=ok")),
        ("", &sent_out.with("handback_posted_by=repost&handback_posted_by=repost&code=ok")),
        ("", "handback_posted_by=repost&code=ok"),
        ("", "handback_posted_by=repost"),
    ] {
        let page = format!("/return/sandbox{}{query}", if query.is_empty() { "" } else { "?" });
        let refused = gateway.http.send(reqwest::Method::POST, &page, &[FORM], body.to_owned()).await.is(400);
        assert!(!refused.has("location"), "{query} {body}");
        refused.says("We could not read this request");
    }
    // The browser that left may be known by a cookie that only our own site sees.
    for body in ["code=ok", ""] {
        let page = gateway.http.send(reqwest::Method::POST, "/return/sandbox", &[FORM], body.to_owned()).await.is(200);
        assert!(!page.has("location"));
        page.says(&assets::REPOST.url).never_says("link_id");
    }
    assert_eq!(merchant.status(&link).await, "away");
}

async fn what_is_no_form_is_no_answer(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let large = sent_out.with(&format!("x={}&code=ok", "x".repeat(64 * 1024)));
    let json = json!({ "code": "ok", "state": sent_out.state }).to_string();
    for (kind, body, status) in [
        ("application/json", json, 415),
        ("multipart/form-data; boundary=x", sent_out.with("code=ok"), 415),
        ("text/plain", sent_out.with("code=ok"), 415),
        (FORM.1, large, 413),
    ] {
        let headers = [("content-type", kind)];
        let refused = gateway.http.send(reqwest::Method::POST, "/return/sandbox", &headers, body).await.is(status);
        assert!(!refused.has("location"));
        refused.says("We could not read this request");
    }
    assert_eq!(merchant.status(&link).await, "away");
}

/// A form from another site carries no Lax cookie: one of our pages posts it once more.
async fn a_required_cookie_is_fetched_by_posting_once_more(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    merchant.choose(json!({ "same_browser": "required" })).await;
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let answer = "code=o%22k&theirs=%3Cb%3E";
    let page = post(&gateway.http, &sent_out, answer, &[]).await.is(200);
    assert!(!page.has("location"));
    let page = page.says("action=\"/return/sandbox\"").says("value=\"o&#34;k\"").says(&assets::REPOST.url);
    page.says(&format!("name=\"state\" value=\"{}\"", sent_out.state)).says("name=\"theirs\" value=\"&#60;b&#62;\"");
    assert_eq!(merchant.status(&link).await, "away");

    let again = format!("handback_posted_by=repost&{answer}");
    post(&gateway.http, &sent_out, &again, &[]).await.is(403).says("another browser");
    assert_eq!(merchant.status(&link).await, "away");
    let home = post(&gateway.http, &sent_out, &again, &[("cookie", &sent_out.cookie)]).await.location();
    assert!(home.ends_with("&status=success"), "{home}");
    // A browser that brings it at once is not sent round.
    assert_eq!(post(&gateway.http, &sent_out, answer, &[("cookie", &sent_out.cookie)]).await.location(), home);
}

#[tokio::test]
async fn a_page_that_waits_knows_no_code() {
    for kind in [StoreKind::Embedded, StoreKind::Redis] {
        let gateway = TestGateway::open_with(kind, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
        let merchant = gateway.merchant("Shop");
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let (code, answer) = ("slow:1500", "code=slow:1500&iss=secret");
        for page in [post(&gateway.http, &sent_out, answer, &[]).await, gateway.http.back(&sent_out.with(answer)).await]
        {
            assert!(page.took < Duration::from_millis(1400), "{:?}", page.took);
            let page = page.is(200).never_says(code).never_says("secret").says("One moment");
            let next = refresh(&page);
            assert!(next.starts_with(&format!("/return/sandbox/wait?state={}&answer=", sent_out.state)), "{next}");
            let again = gateway.http.get(&next).await.is(200);
            assert_eq!(refresh(&again), next);
        }
        let next = refresh(&post(&gateway.http, &sent_out, answer, &[]).await);
        eventually("the bank answers", || async { gateway.http.get(&next).await.status == 303 }).await;
        let home = gateway.http.get(&next).await.location();
        assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=success")));
        assert_eq!(post(&gateway.http, &sent_out, answer, &[]).await.location(), home);
        assert_eq!(gateway.http.back(&sent_out.with(answer)).await.location(), home);
    }
}

async fn a_wait_that_nobody_was_given_leads_nowhere(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let wait = |state: &str, answer: &str| format!("/return/sandbox/wait?state={state}&answer={answer}");
    for (state, answer, status) in [
        ("00000000000000000000000000000000", "0123456789abcdef", 404),
        ("x", "0123456789abcdef", 404),
        (sent_out.state.as_str(), "0123", 400),
        (sent_out.state.as_str(), "+123456789abcdef", 400),
        (sent_out.state.as_str(), "", 400),
    ] {
        assert!(!gateway.http.get(&wait(state, answer)).await.is(status).has("location"), "{state} {answer}");
    }
    for page in ["/return/sandbox/wait", "/return/sandbox/wait?state=x", "/return/sandbox/wait?answer=0123456789abcdef"]
    {
        gateway.http.get(page).await.is(400);
    }
    // An answer that never came is nobody's redirect home, also after another one has come.
    let made_up = wait(&sent_out.state, "0123456789abcdef");
    assert!(!gateway.http.get(&made_up).await.is(400).has("location"));
    assert_eq!(merchant.status(&link).await, "away");
    gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(!gateway.http.get(&made_up).await.is(400).has("location"));
}

#[tokio::test]
async fn a_posted_answer_outlives_the_stores_absence() {
    let mut gateway = TestGateway::open(StoreKind::Redis).await;
    gateway.expect_errors();
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    gateway.redis().pause();
    let page = post(&gateway.http, &sent_out, "code=ok", &[]).await.is(503);
    assert_eq!(page.header("retry-after"), "2");
    assert!(!page.text().contains("http-equiv"), "a refresh would come without the code");
    let page = page.says("name=\"code\" value=\"ok\"").says("data-after=\"2\"").says("value=\"repost\"");
    page.says(&format!("value=\"{}\"", sent_out.state));
    gateway.redis().resume();
    eventually("it is posted", || async {
        post(&gateway.http, &sent_out, "code=ok&handback_posted_by=repost", &[]).await.status == 303
    })
    .await;
    assert_eq!(merchant.status(&link).await, "paid");
}

/// Where a page goes by itself.
fn refresh(page: &HttpReply) -> String {
    let text = page.text();
    let next = text.split("http-equiv=\"refresh\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    let next = next.and_then(|next| next.split_once(";url=")).unwrap_or_else(|| panic!("no refresh: {text}"));
    next.1.replace("&#38;", "&")
}
