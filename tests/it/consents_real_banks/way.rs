//! A customer's way: out of the app, to a bank, and home.

use std::time::{Duration, Instant};

use handback::provider::Carried;
use handback::web::views::assets;

use super::config;
use crate::banks::customer::{Customer, Decision, Landing};
use crate::banks::process::Banks;
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::http::{Http, HttpReply};
use crate::support::tpp::Asked;

/// How long a busy machine may take for one step.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A gateway whose institutions are the banks, and the banks.
pub async fn gateway(kind: StoreKind) -> (TestGateway, Banks) {
    let banks = Banks::start("http://127.0.0.1:9");
    let gateway = open(kind, &banks).await;
    (gateway, banks)
}

/// A gateway whose institutions are these banks.
pub async fn open(kind: StoreKind, banks: &Banks) -> TestGateway {
    open_with(kind, banks, &[]).await
}

/// A gateway whose institutions are these banks, with these variables besides.
pub async fn open_with(kind: StoreKind, banks: &Banks, env: &[(&str, &str)]) -> TestGateway {
    let gateway = TestGateway::open_own_with(kind, &config::file(banks), env).await;
    banks.answer_at(gateway.http.base());
    gateway
}

/// Sends the customer of a consent to its bank, who decides there: where the bank sends the browser.
pub async fn decided(gateway: &TestGateway, banks: &Banks, kind: &str, asked: &Asked, decision: Decision) -> Landing {
    let out = asked.data["authorisationUrl"].as_str().expect("an address");
    let bank = sent_on(async || gateway.http.get(out).await).await;
    at_bank(gateway, banks, kind, &bank, decision).await
}

/// The customer decides at the bank, at this address of its: where the bank sends the browser.
pub async fn at_bank(gateway: &TestGateway, banks: &Banks, kind: &str, bank: &str, decision: Decision) -> Landing {
    let mut customer = Customer::new(gateway.http.base(), banks.ca(kind).as_deref());
    customer.decide(bank, decision).await
}

/// Where the gateway sends the browser that the bank has sent back.
pub async fn home(http: &Http, landing: &Landing) -> String {
    sent_on(async || arrives(http, landing).await).await
}

/// A browser arrives: what the bank's last page makes it do, and what the gateway answers.
pub async fn arrives(http: &Http, landing: &Landing) -> HttpReply {
    let (carried, pairs) = landing.carried();
    let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut bare = landing.url.clone();
    bare.set_fragment(None);
    let answer = match carried {
        Carried::Form => {
            let page = http.submit(bare.as_str(), &pairs).await;
            // From another site no cookie came along: the page that answers posts once more, from ours.
            if page.status == 200 && page.text().contains("data-after=\"0\"") {
                pairs.push(("handback_posted_by", "repost"));
                http.submit(bare.as_str(), &pairs).await
            } else {
                page
            }
        }
        Carried::Fragment if bare.query().is_none() => {
            http.get(bare.as_str()).await.is(200).says(&assets::FRAGMENT_RETURN.url);
            pairs.push(("handback_posted_by", "fragment"));
            http.submit(bare.as_str(), &pairs).await
        }
        // What stands behind a # beside a query stays in the browser.
        Carried::Query | Carried::Fragment => http.get(bare.as_str()).await,
    };
    assert!(answer.status < 500, "{}: {}", answer.status, answer.text());
    answer
}

/// Asks again while the gateway shows a page that waits, as that page does by itself.
pub async fn sent_on(ask: impl AsyncFn() -> HttpReply) -> String {
    let deadline = Instant::now() + LONGEST_WAIT;
    loop {
        let answer = ask().await;
        if answer.status == 303 {
            return answer.location();
        }
        assert!(Instant::now() < deadline, "it waits for ever: {}", answer.text());
        let answer = answer.is(200);
        let moves_on = ["http-equiv=\"refresh\"", &*assets::REPOST.url].iter().any(|own| answer.text().contains(own));
        assert!(moves_on, "{}", answer.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
