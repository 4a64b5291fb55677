//! A bank answers behind a `#`: one of our pages reads it and posts it, and no redirect carries it on.

use handback::domain::consent::Kind;
use handback::domain::open_request::RequestedCallbacks;
use handback::domain::outcome::Outcome;
use handback::web::views::assets;

use crate::support::custom_gateway::{CustomGateway, ProviderBehaviour};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{HttpReply, query_value};

const READ: (&str, &str) = ("handback_posted_by", "fragment");

async fn gateway() -> CustomGateway {
    CustomGateway::open(&[ProviderBehaviour { fragment: true, ..ProviderBehaviour::plain("hybrid") }]).await
}

/// A consent whose customer is at the bank: the journey, and its state.
async fn away(gateway: &CustomGateway) -> (handback::domain::journey::Journey, String) {
    let callback = RequestedCallbacks::Text("https://shop.example/cb".into());
    let journey = gateway.consent(Kind::Accounts, Some("of-hybrid"), callback).await;
    let bank = gateway.http.get(&format!("/consent?link_id={}", gateway.link(&journey))).await.location();
    (journey, query_value(&bank, "state"))
}

fn is_the_page(page: &HttpReply) {
    assert!(!page.has("location") && !page.has("set-cookie"));
    assert_eq!(page.header("cache-control"), "no-store");
    let page = page.clone().is(200).says("action=\"/return/hybrid\"").says("method=\"post\"").says("<noscript>");
    page.says(&assets::FRAGMENT_RETURN.url).says("name=\"handback_posted_by\" value=\"fragment\"");
}

#[tokio::test]
async fn a_bare_return_is_answered_by_the_page_that_reads_the_fragment() {
    let gateway = gateway().await;
    for page in ["/return/hybrid", "/return/hybrid?"] {
        is_the_page(&gateway.http.get(page).await);
    }
    for header in [("sec-purpose", "prefetch"), ("x-moz", "prefetch")] {
        gateway.http.get_with("/return/hybrid", &[header]).await.is(204);
    }
}

#[tokio::test]
async fn what_the_page_posts_comes_home() {
    let gateway = gateway().await;
    let (journey, state) = away(&gateway).await;
    let fields = [READ, ("code", "o k"), ("state", &state), ("id_token", "a.b.c"), ("session_state", "x")];
    let home = gateway.http.submit("/return/hybrid", &fields).await.location();
    assert!(home.starts_with("https://shop.example/cb?") && !home.contains('#'), "{home}");
    for _ in 0..8 {
        assert_eq!(gateway.http.submit("/return/hybrid", &fields).await.location(), home);
    }
    let concluded = gateway.now(&journey).await;
    assert_eq!(concluded.final_outcome().map(|final_outcome| final_outcome.outcome), Some(Outcome::Authorised));
}

#[tokio::test]
async fn an_empty_fragment_is_a_page_that_says_so_and_changes_nothing() {
    let gateway = gateway().await;
    let (journey, state) = away(&gateway).await;
    for fields in [vec![READ], vec![READ, READ], vec![READ, ("state", &state), ("state", &state)]] {
        let refused = gateway.http.submit("/return/hybrid", &fields).await.is(400);
        assert!(!refused.has("location"));
        refused.says("We could not read this request");
    }
    let both = gateway.http.submit(&format!("/return/hybrid?state={state}"), &[READ, ("code", "ok")]).await;
    both.is(400);
    assert_eq!(gateway.now(&journey).await.final_outcome(), None);
}

/// A query may come with a fragment, which a redirect would carry to the merchant.
#[tokio::test]
async fn a_query_of_such_a_bank_is_refused() {
    let gateway = gateway().await;
    let (journey, state) = away(&gateway).await;
    for answer in ["code=ok", "error=access_denied"] {
        let refused = gateway.http.get(&format!("/return/hybrid?{answer}&state={state}")).await.is(400);
        assert!(!refused.has("location"));
        refused.says("We could not read this request");
    }
    assert_eq!(gateway.now(&journey).await.final_outcome(), None);
}

#[tokio::test]
async fn a_bank_that_answers_in_queries_has_no_such_page() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for page in ["/return/sandbox", "/return/sandbox?", "/return/nobody"] {
        let refused = gateway.http.get(page).await.is(400);
        assert!(!refused.has("location"));
        refused.never_says("<script").says("We could not read this request");
    }
}
