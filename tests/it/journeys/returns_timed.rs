//! `Server-Timing` on a return says where the time went.

use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::HttpReply;

/// The spans of an answer in milliseconds: the store's, the bank's, and all of it.
#[track_caller]
fn spans(answer: &HttpReply) -> [f64; 3] {
    let header = answer.header("server-timing");
    let mut parts = header.split(", ");
    let spans = ["store", "bank", "total"].map(|name| {
        let part = parts.next().and_then(|part| part.strip_prefix(&format!("{name};dur="))).unwrap_or_default();
        assert_eq!(part.split('.').nth(1).map(str::len), Some(1), "{header}");
        part.parse::<f64>().unwrap_or_else(|error| panic!("{header}: {error}"))
    });
    assert_eq!(parts.next(), None, "{header}");
    let [store, bank, total] = spans;
    assert!(store + bank <= total + 0.2, "{header}");
    spans
}

#[tokio::test]
async fn a_slow_bank_shows_as_the_banks_time_and_nobody_elses() {
    let gateway = TestGateway::open(StoreKind::Redis).await;
    let merchant = gateway.merchant("Shop");
    for answer in ["code=slow:300", "code=slow:300:fail:server_error"] {
        let link = merchant.link_to("https://shop.example/cb").await;
        let sent_out = gateway.http.leave(&link.text).await;
        let sent = gateway.http.back(&sent_out.with(answer)).await;
        sent.location();
        let [store, bank, total] = spans(&sent);
        assert!((300.0..1500.0).contains(&bank) && total >= bank, "{bank} of {total}");
        assert!(store > 0.0 && store < 300.0, "{store}");
        // A replay asks nobody.
        let [_, bank, _] = spans(&gateway.http.back(&sent_out.with(answer)).await);
        assert!(bank == 0.0, "{bank}");
    }
}

#[tokio::test]
async fn a_bank_that_is_late_shows_as_the_banks_time_too() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let page = gateway.http.pay(&link.text, "code=slow:5000").await.is(200);
    let [_, bank, total] = spans(&page);
    assert!(bank >= 50.0 && total >= bank, "{bank} of {total}");
    let text = page.text();
    let next = text.split("url=").nth(1).and_then(|rest| rest.split('"').next()).expect("a refresh");
    let [_, bank, _] = spans(&gateway.http.get(&next.replace("&#38;", "&")).await.is(200));
    assert!(bank >= 50.0, "{bank}");
}

#[tokio::test]
async fn every_return_says_it_whatever_becomes_of_it() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let unknown = gateway.http.back("code=x&state=00000000000000000000000000000000").await.is(404);
    let unreadable = gateway.http.back("").await.is(400);
    let twice = gateway.http.submit("/return/sandbox", &[("code", "a"), ("code", "b")]).await.is(400);
    let refused = gateway.http.back(&sent_out.with("error=access_denied")).await;
    for answer in [unknown, unreadable, twice, refused] {
        let [_, bank, _] = spans(&answer);
        assert!(bank == 0.0, "{bank}");
        for secret in ["sandbox", &sent_out.state] {
            assert!(!answer.header("server-timing").contains(secret));
        }
    }
    assert!(!gateway.http.get(&format!("/payment?link_id={}", link.text)).await.has("server-timing"));
}
