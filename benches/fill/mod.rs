//! Fills a gateway's store through its own engine, without HTTP: journeys whose customers are at the sandbox bank.

#![allow(dead_code, reason = "not every bench needs every tool")]

use std::sync::Arc;

use futures_util::future::try_join_all;
use handback::clock::{Clock, SystemClock};
use handback::config::Config;
use handback::domain::id::MerchantId;
use handback::domain::journey::{Cancel, Checkout, Journey, Purpose, Wanted};
use handback::domain::merchant::{Merchant, MerchantName};
use handback::domain::mode::Mode;
use handback::domain::money::{Amount, Currency};
use handback::domain::open_request::{OpenRequest, RequestedCallbacks};
use handback::domain::terms::OneTime;
use handback::engine::use_cases::{merchants, open, send_to_provider};
use handback::engine::{Engine, NewMerchant, SendRequest, SendResult, Sender, derive};
use handback::gateway::{self, StoreUse};
use tokio::time::Instant;
use url::Url;

/// How many journeys are opened at the same time.
pub const OPENERS: usize = 256;

/// The engine of the gateway that these variables configure.
pub async fn engine(variables: impl IntoIterator<Item = (String, String)>) -> Arc<Engine> {
    let config = Config::load(None, variables).expect("a configuration");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Arc::new(gateway::engine(&config, &clock, StoreUse::Create, &mut Vec::new()).await.expect("an engine"))
}

/// A new merchant.
pub async fn merchant(engine: &Engine) -> NewMerchant {
    merchants::add(engine, MerchantName::parse("Bench").expect("a name"), Mode::Test).await.expect("a merchant")
}

/// The ids of so many new merchants.
pub async fn merchants(engine: &Arc<Engine>, many: usize) -> Vec<MerchantId> {
    let adder = |first| {
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for _ in (first..many).step_by(OPENERS) {
                ids.push(merchant(&engine).await.merchant.id);
            }
            ids
        })
    };
    try_join_all((0..OPENERS).map(adder)).await.expect("merchants").into_iter().flatten().collect()
}

/// Opens so many journeys, shared out to these merchants, sends their customers to the bank, and answers their states.
pub async fn away(engine: &Arc<Engine>, merchants: Vec<Merchant>, journeys: usize) -> Vec<String> {
    let merchants = Arc::new(merchants);
    let opener = |first| {
        let (engine, merchants) = (Arc::clone(engine), Arc::clone(&merchants));
        tokio::spawn(async move {
            let mut states = Vec::new();
            for n in (first..journeys).step_by(OPENERS) {
                states.push(send_away(&engine, &merchants[n % merchants.len()], n).await);
            }
            states
        })
    };
    let all = try_join_all((0..OPENERS).map(opener)).await.expect("journeys");
    all.into_iter().flatten().collect()
}

/// Opens one journey: a checkout of one callback, with a one-time token.
pub async fn open_one(engine: &Engine, merchant: &Merchant, n: usize) -> Journey {
    let checkout = Checkout {
        wanted: Wanted::Payment(Amount::parse("25.00", Currency::EUR).expect("an amount")),
        institution: None,
        note: format!("order {n}"),
        cancel: Cancel::Offered,
        payee: None,
        repeats: None,
    };
    let request = OpenRequest {
        callback: RequestedCallbacks::Text(format!("https://shop.example/back?order={n}")),
        one_time_token: Some(OneTime::On),
        ..OpenRequest::plain(Purpose::Checkout(checkout))
    };
    open::open(engine, merchant, "secpaid", &request, None).await.expect("a journey")
}

async fn send_away(engine: &Arc<Engine>, merchant: &Merchant, n: usize) -> String {
    let journey = open_one(engine, merchant, n).await;
    let link = derive::link(&engine.deps, &journey).expect("a link");
    let request = SendRequest { sender: Sender::Link(&link), chosen: None, text: None, at: Instant::now() };
    let Ok(Some(SendResult::Sent(sent))) = send_to_provider::send_to_provider(engine, request).await else {
        panic!("a customer was not sent away")
    };
    let to = Url::parse(sent.redirect.as_str()).expect("a URL");
    to.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
}
