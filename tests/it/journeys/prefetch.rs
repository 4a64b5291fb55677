//! Rule 9: HEAD, prefetch and link scanners consume nothing.

use reqwest::Method;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

const PREFETCHES: [(&str, &str); 6] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
    ("Purpose", "Prefetch"),
];

on_every_store![
    a_prefetched_return_touches_nothing,
    a_head_of_a_return_touches_nothing,
    a_prefetched_way_home_touches_nothing,
    a_prefetch_that_posts_touches_nothing,
    a_link_scanner_that_opens_the_checkout_changes_nothing,
];

async fn a_prefetched_return_touches_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let before = merchant.journey(&link.id).await;
    for header in PREFETCHES {
        for answer in ["code=ok", "error=access_denied", "error=server_error", ""] {
            let page = format!("/return/sandbox?{}", sent_out.with(answer));
            let nothing = gateway.http.get_with(&page, &[header]).await.is(204);
            assert!(!nothing.has("location") && !nothing.has("set-cookie"), "{header:?}");
            assert_eq!(nothing.header("cache-control"), "no-store");
        }
    }
    assert_eq!(merchant.journey(&link.id).await, before);
    // The state is unspent: an error under it still counts.
    assert!(gateway.http.back(&sent_out.with("error=access_denied")).await.location().ends_with("&status=cancel"));
}

async fn a_head_of_a_return_touches_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    for answer in ["code=ok", "error=access_denied"] {
        let page = format!("/return/sandbox?{}", sent_out.with(answer));
        let nothing = gateway.http.send(Method::HEAD, &page, &[], "").await.is(204);
        assert!(!nothing.has("location"));
    }
    assert_eq!(merchant.status(&link).await, "away");
    assert!(gateway.http.back(&sent_out.with("code=ok")).await.location().ends_with("&status=success"));
}

async fn a_prefetch_that_posts_touches_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    for header in PREFETCHES {
        let headers = [header, ("content-type", "application/x-www-form-urlencoded")];
        let body = sent_out.with("error=access_denied");
        let nothing = gateway.http.send(Method::POST, "/return/sandbox", &headers, body).await.is(204);
        assert!(!nothing.has("location"));
        let wait = format!("/return/sandbox/wait?state={}&answer=0123456789abcdef", sent_out.state);
        assert!(!gateway.http.get_with(&wait, &[header]).await.is(204).has("location"));
    }
    assert_eq!(merchant.status(&link).await, "away");
}

async fn a_prefetched_way_home_touches_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    gateway.http.pay(&link.text, "code=ok").await.location();
    let page = format!("/payment/home?link_id={}", link.text);
    assert!(!gateway.http.send(Method::HEAD, &page, &[], "").await.is(204).has("location"));
    for header in PREFETCHES {
        assert!(!gateway.http.get_with(&page, &[header]).await.is(204).has("location"));
    }
}

async fn a_link_scanner_that_opens_the_checkout_changes_nothing(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let before = merchant.journey(&link.id).await;
    let pages = ["", "/pay", "/leaving", "/cancel", "/home", "/app", "/qr.png"].map(|page| format!("/payment{page}"));
    for page in pages {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            gateway.http.send(method, &format!("{page}?link_id={}", link.text), &[], "").await;
        }
    }
    assert_eq!(merchant.journey(&link.id).await, before);
}
