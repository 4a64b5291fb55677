//! A provider of each kind, as a crowd of customers meets it.

use handback::domain::UnixMillis;
use serde_json::{Value, json};

use super::http::Http;
use super::ixopay_connector::{Connector, SHARED_SECRET};
use super::payment_engine::{PaymentEngine, Trap, notify_at};
use super::token_io_host::TokenIoHost;
use super::yapily_host::{Trouble, YapilyHost};

/// A provider.
pub enum Till {
    Http(PaymentEngine),
    Ixopay(Connector),
    TokenIo(TokenIoHost),
    Yapily(YapilyHost),
}

impl Till {
    pub fn of_each_kind() -> [Self; 4] {
        // What an order is answered that was sent before is not documented; here it is what it was the first time.
        let yapily = YapilyHost::start();
        yapily.misbehave(Trouble::Repeating);
        let http = Self::Http(PaymentEngine::start());
        [http, Self::Ixopay(Connector::start()), Self::TokenIo(TokenIoHost::start()), Self::Yapily(yapily)]
    }

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Ixopay(_) => "ixopay",
            Self::TokenIo(_) => "token_io",
            Self::Yapily(_) => "yapily",
        }
    }

    /// The configuration of a gateway with this provider, which is asked as fast as it can be.
    pub fn file(&self, more: &str) -> String {
        let fast = format!("asks_per_second = 1000\n{more}");
        match self {
            Self::Http(engine) => engine.file(&fast),
            Self::Ixopay(connector) => connector.file().replace("asks_per_second = 100\n", &fast),
            Self::TokenIo(host) => host.file("").replace("asks_per_second = 100\n", &fast),
            Self::Yapily(host) => host.file("").replace("asks_per_second = 100\n", &fast),
        }
    }

    /// What the customer of a payment decides.
    pub fn decide(&self, reference: &str, refuses: bool) {
        match self {
            Self::Http(engine) if refuses => engine.refuse(reference),
            Self::Http(engine) => engine.pay(reference),
            Self::Ixopay(connector) if refuses => {
                connector.change(reference, &json!({ "transactionStatus": "ERROR", "code": "2003" }));
            }
            Self::Ixopay(connector) => connector.succeed(reference),
            Self::TokenIo(host) if refuses => host.refuse(reference),
            Self::TokenIo(host) => host.succeed(reference),
            Self::Yapily(host) if refuses => {
                host.refuse(&host.page_of(reference), ["institution_server_error", "institution"]);
            }
            Self::Yapily(host) => drop(host.agree(&host.page_of(reference))),
        }
    }

    /// Has the customer of a payment pay, and answers where the browser is sent then.
    pub fn pay(&self, reference: &str) -> String {
        if let Self::Yapily(host) = self {
            return host.agree(&host.page_of(reference));
        }
        self.decide(reference, false);
        let text = |payment: &Value, name: &str| payment[name].as_str().expect("an address").to_owned();
        match self {
            Self::Http(engine) => text(&engine.payment(reference), "return_url"),
            Self::Ixopay(connector) => text(&connector.transaction(reference), "successUrl"),
            Self::TokenIo(host) => host.way_back(reference),
            Self::Yapily(_) => unreachable!("it is answered above"),
        }
    }

    /// What it is called in the file of a gateway.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "engine",
            Self::Ixopay(_) => "cards",
            Self::TokenIo(_) => "transfer",
            Self::Yapily(_) => "open-banking",
        }
    }

    /// Whether it tells of payments by itself.
    pub const fn notifies(&self) -> bool {
        !matches!(self, Self::Yapily(_))
    }

    /// Tells a gateway of a payment, at this time.
    pub async fn notify(&self, http: &Http, now: UnixMillis, reference: &str) {
        match self {
            Self::Http(_) => notify_at(http, now, reference).await.is(204),
            Self::Ixopay(connector) => connector.call_back_at(http, now, (reference, SHARED_SECRET)).await.is(200),
            Self::TokenIo(host) => host.webhook(http, "/notify/transfer", reference).await.is(200),
            Self::Yapily(_) => panic!("it tells of nothing"),
        };
    }

    /// How many payments it has created: at Yapily those that were made.
    pub fn created(&self) -> usize {
        match self {
            Self::Http(engine) => engine.references().len(),
            Self::Ixopay(connector) => connector.ids().len(),
            Self::TokenIo(host) => host.references().len(),
            Self::Yapily(host) => host.references().len(),
        }
    }

    /// Sets a trap; answers how one finds out that it has sprung.
    pub fn set(&self, trap: Trap) -> Box<dyn Fn() -> bool> {
        match self {
            Self::Http(engine) => Box::new(engine.set(trap)),
            Self::Ixopay(connector) => Box::new(connector.set(trap)),
            Self::TokenIo(host) => Box::new(host.set(trap)),
            Self::Yapily(host) => Box::new(host.set(trap)),
        }
    }

    /// The call that has a payment created, and the one that asks about it.
    pub const fn calls(&self) -> [&'static str; 2] {
        match self {
            Self::Http(_) => ["payment.create", "payment.get"],
            Self::Ixopay(_) => ["debit", "getByUuid"],
            Self::TokenIo(_) => ["POST /v2/payments", "GET /v2/payments/{id}"],
            Self::Yapily(_) => ["authorise", "details"],
        }
    }
}
