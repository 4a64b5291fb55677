//! Any dialect over any provider: each pair is walked, and the table in docs/PROVIDERS.md is what was found.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::query_value;
use crate::support::ixopay::{Client, debit, link_of};
use crate::support::ixopay_connector::{Connector, SHARED_SECRET, call_back};
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::PaymentEngine;
use crate::support::receiver::{Receiver, Reply};
use crate::support::token_io_client::TokenIoClient;
use crate::support::token_io_host::TokenIoHost;
use crate::support::yapily_host::YapilyHost;

/// The dialects in which payments can be opened; Token.io's name a bank, which here is the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Front {
    SecPaid,
    Ixopay,
    TokenIo,
    Own,
}

/// Who takes the money.
enum Till {
    Sandbox,
    Http(PaymentEngine),
    Ixopay(Connector),
    TokenIo(TokenIoHost),
    Yapily(YapilyHost),
}

impl Till {
    /// What it is called in the gateway's file; `None` of the sandbox.
    const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Sandbox => None,
            Self::Http(_) => Some("engine"),
            Self::Ixopay(_) => Some("cards"),
            Self::TokenIo(_) => Some("transfer"),
            Self::Yapily(_) => Some("open-banking"),
        }
    }
}

/// What stands in the table where a provider has no such thing.
const NOTHING: &str = "–";

/// What a customer does, or what becomes of the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Paid,
    Refused,
    Failed,
    Expired,
    NeverReturned,
    /// Paid, and taken back later.
    ChargedBack,
}

const ENDS: [End; 6] = [End::Paid, End::Refused, End::Failed, End::Expired, End::NeverReturned, End::ChargedBack];

/// A payment that was opened.
struct Opened {
    link: String,
    pay_id: String,
}

/// A merchant whose server is called, before one kind of provider.
struct Pair {
    gateway: TestGateway,
    till: Till,
    client: Client,
    member: TokenIoClient,
    server: Receiver,
    front: Front,
    count: usize,
}

impl Pair {
    async fn of(front: Front, till: Till) -> Self {
        let file = match &till {
            Till::Sandbox => "sandbox.enabled = true\negress.allow = ['127.0.0.0/8']\n".to_owned(),
            Till::Http(engine) => engine.file(""),
            Till::Ixopay(connector) => connector.file(),
            Till::TokenIo(host) => host.file(""),
            Till::Yapily(host) => host.file(""),
        };
        let file = match till.name() {
            Some(name) => format!("{file}[[institution]]\nid = 'bank'\nname = 'Bank'\nbank = '{name}'\n"),
            None => file,
        };
        let gateway = TestGateway::open_own(StoreKind::Embedded, &file).await;
        let client = Client::of(&gateway);
        client.merchant.choose(json!({ "extra_outcomes": "on" })).await;
        let server = Receiver::answering(|_, _| Reply::Saying(200, "OK"));
        let member = TokenIoClient::of_shop(&gateway, client.merchant.clone()).await;
        member.listen(&server.url("/member")).await;
        Self { gateway, till, client, member, server, front, count: 0 }
    }

    fn shop(&self) -> &MerchantClient {
        &self.client.merchant
    }

    /// Opens a payment of 25 EUR, which the sandbox plays by its note where its customer never returns.
    async fn open(&mut self, end: End) -> Opened {
        self.count += 1;
        let note = match end {
            End::NeverReturned => "asked:1000:paid",
            End::ChargedBack => "asked:5000:charged_back",
            _ => "order 7",
        };
        match self.front {
            Front::SecPaid => {
                let fields = json!({ "callback_url": "https://shop.example/cb", "recipient_note": note,
                    "payment_endpoint": self.server.url("/told?s={status}") });
                let link = self.shop().link(fields).await;
                Opened { link: link.text, pay_id: link.id }
            }
            Front::Own => {
                let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb",
                    "note": note, "endpoints": [self.server.url("/hook")] });
                let journey = self.shop().v1(Method::POST, "/journeys", &body).await.is(201).json();
                let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
                Opened { link, pay_id: journey["pay_id"].as_str().unwrap().to_owned() }
            }
            Front::TokenIo => {
                let amount = json!({ "value": "25.00", "currency": "EUR" });
                let bank = if self.till.name().is_some() { "bank" } else { "modelo-sandbox" };
                let creditor = json!({ "iban": "GB29NWBK60161331926819", "name": "Shop" });
                let changes = json!({ "amount": amount, "bankId": bank, "creditor": creditor,
                    "remittanceInformationPrimary": note, "refId": format!("order{}", self.count) });
                let asked = self.member.ask(changes).await;
                let listed = self.shop().look("/journeys?limit=1").await.json()["journeys"][0].clone();
                Opened { link: asked.redirect_url(), pay_id: listed["pay_id"].as_str().unwrap().to_owned() }
            }
            Front::Ixopay => {
                let more = json!({ "amount": "25.00", "description": note, "callbackUrl": self.server.url("/cb"),
                    "successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no",
                    "errorUrl": "https://shop.example/error" });
                let answer = self.client.begin("debit", &debit(&format!("order-{}", self.count), more)).await;
                let listed = self.shop().look("/journeys?limit=1").await.json()["journeys"][0].clone();
                Opened { link: link_of(&answer), pay_id: listed["pay_id"].as_str().unwrap().to_owned() }
            }
        }
    }

    /// Has a payment end so.
    async fn bring_about(&self, opened: &Opened, end: End) {
        let http = &self.gateway.http;
        let reference = format!("{}-1", opened.pay_id);
        if let Till::Sandbox = self.till {
            if self.front == Front::TokenIo {
                return self.at_the_sandbox(&opened.link, end).await;
            }
            match end {
                End::Paid => drop(http.pay(&opened.link, "code=ok").await.location()),
                End::Refused => drop(http.pay(&opened.link, "error=access_denied").await.location()),
                End::Failed => drop(http.pay(&opened.link, "error=server_error").await.location()),
                End::Expired => self.gateway.wait(Duration::from_hours(25)),
                End::NeverReturned | End::ChargedBack => {
                    http.leave(&opened.link).await;
                    self.gateway.wait(Duration::from_secs(8));
                }
            }
            return;
        }
        if self.front != Front::TokenIo {
            http.submit("/payment/pay", &[("link_id", &opened.link)]).await.location();
        }
        let return_url = match &self.till {
            Till::Sandbox => return,
            Till::Http(engine) => self.at_an_engine(engine, &reference, end).await,
            Till::Ixopay(connector) => self.at_a_connector(connector, &reference, end).await,
            Till::TokenIo(host) => self.at_token_io(host, &reference, end).await,
            Till::Yapily(host) => self.at_yapily(host, &reference, end),
        };
        if [End::Paid, End::Refused, End::Failed, End::ChargedBack].contains(&end) {
            http.get(&return_url).await.location();
        }
    }

    /// What becomes of a payment whose customer the member has sent to the sandbox bank itself.
    async fn at_the_sandbox(&self, page: &str, end: End) {
        let back = async |answer: &str| {
            self.gateway.http.back(&format!("{answer}&state={}", query_value(page, "state"))).await.location()
        };
        match end {
            End::Paid => drop(back("code=ok").await),
            End::Refused => drop(back("error=access_denied").await),
            End::Failed => drop(back("error=server_error").await),
            End::Expired => self.gateway.wait(Duration::from_hours(25)),
            End::NeverReturned | End::ChargedBack => self.gateway.wait(Duration::from_secs(8)),
        }
    }

    /// What becomes of a payment at its provider; answers where its customer comes back to.
    async fn at_an_engine(&self, engine: &PaymentEngine, reference: &str, end: End) -> String {
        match end {
            End::Paid | End::NeverReturned => engine.pay(reference),
            End::ChargedBack => {
                engine.pay(reference);
                engine.change(reference, &json!({ "changes_until": "2100-01-01T00:00:00Z" }));
            }
            End::Refused => {
                let refusal = json!({ "code": "user_cancelled", "detail": "No." });
                engine.change(reference, &json!({ "status": "refused", "refusal": refusal }));
            }
            End::Failed => engine.refuse(reference),
            End::Expired => self.gateway.wait(Duration::from_hours(25)),
        }
        if end == End::NeverReturned {
            engine.notify(&self.gateway, reference).await.is(204);
        }
        engine.payment(reference)["return_url"].as_str().unwrap().to_owned()
    }

    async fn at_a_connector(&self, connector: &Connector, reference: &str, end: End) -> String {
        match end {
            End::Paid | End::NeverReturned | End::ChargedBack => connector.succeed(reference),
            End::Refused => connector.change(reference, &json!({ "transactionStatus": "CANCELLED" })),
            End::Failed => {
                connector.change(reference, &json!({ "transactionStatus": "ERROR", "code": "2003" }));
            }
            End::Expired => {
                connector.change(reference, &json!({ "transactionStatus": "ERROR", "code": "2005" }));
                self.gateway.wait(Duration::from_hours(25));
            }
        }
        if end == End::NeverReturned {
            connector.call_back(&self.gateway, reference, SHARED_SECRET).await.is(200);
        }
        connector.transaction(reference)["successUrl"].as_str().unwrap().to_owned()
    }

    async fn at_token_io(&self, host: &TokenIoHost, reference: &str, end: End) -> String {
        match end {
            End::Paid | End::NeverReturned | End::ChargedBack => host.succeed(reference),
            End::Refused => host.change(reference, &json!({ "status": "INITIATION_DECLINED" })),
            End::Failed => host.refuse(reference),
            End::Expired => {
                host.change(reference, &json!({ "status": "INITIATION_EXPIRED" }));
                self.gateway.wait(Duration::from_hours(25));
            }
        }
        if end == End::NeverReturned {
            host.webhook(&self.gateway.http, "/notify/transfer", reference).await.is(200);
        }
        host.way_back(reference)
    }

    fn at_yapily(&self, host: &YapilyHost, reference: &str, end: End) -> String {
        let page = host.page_of(reference);
        match end {
            End::Paid | End::ChargedBack => host.agree(&page),
            End::Refused => host.refuse(&page, ["access_denied", "user"]),
            End::Failed => host.refuse(&page, ["institution_server_error", "institution"]),
            End::Expired => {
                self.gateway.wait(Duration::from_hours(25));
                String::new()
            }
            // It tells of nothing: the schedule asks.
            End::NeverReturned => {
                host.agree(&page);
                self.gateway.wait(Duration::from_secs(8));
                String::new()
            }
        }
    }

    /// What the merchant's server was sent, in its dialect's words, behind the first `before`.
    fn told(&self, before: usize) -> Vec<String> {
        let word = |told: &crate::support::receiver::Received| match self.front {
            Front::SecPaid => query_value(&self.server.url(&told.target), "s"),
            Front::Own => serde_json::from_str::<Value>(&told.body).unwrap()["type"].as_str().unwrap().to_owned(),
            Front::TokenIo => {
                let body: Value = serde_json::from_str(&told.body).unwrap();
                body["payment"]["status"].as_str().unwrap().to_owned()
            }
            Front::Ixopay => {
                let body: Value = serde_json::from_str(&told.body).unwrap();
                let code = body["code"].as_str().map_or_else(String::new, |code| format!(" {code}"));
                let kind = body["transactionType"]
                    .as_str()
                    .filter(|kind| *kind == "CHARGEBACK")
                    .map(|kind| format!("{kind} "));
                format!("{}{}{code}", kind.unwrap_or_default(), body["result"].as_str().unwrap())
            }
        };
        self.server.received().iter().skip(before).map(word).collect()
    }

    /// Walks to an end, and answers what the merchant was sent of it.
    async fn walk(&mut self, end: End) -> (Opened, String) {
        let before = self.server.count();
        let opened = self.open(end).await;
        self.bring_about(&opened, end).await;
        let decided = |told: &str| !told.contains("PENDING") && told != "INITIATION_PROCESSING";
        eventually(&format!("{:?} is told of {end:?}", self.front), async || {
            self.told(before).iter().any(|told| decided(told))
        })
        .await;
        let told: Vec<String> = self.told(before).into_iter().filter(|told| decided(told)).collect();
        assert_eq!(told.len(), 1, "{:?} {end:?}: {told:?}", self.front);
        let told = if end == End::ChargedBack { self.charge_back(&opened).await } else { format!("`{}`", told[0]) };
        (opened, told)
    }

    /// Has a payment taken back that was made, and answers what the merchant was sent of that.
    async fn charge_back(&self, opened: &Opened) -> String {
        let (before, reference) = (self.server.count(), format!("{}-1", opened.pay_id));
        match &self.till {
            Till::Sandbox => self.gateway.wait(Duration::from_secs(4)),
            Till::Http(engine) => {
                let taken = json!([{ "id": "dp_1", "kind": "chargeback", "amount": "25.00", "reason": "fraudulent" }]);
                engine.change(&reference, &json!({ "operations": taken }));
                engine.notify(&self.gateway, &reference).await.is(204);
            }
            Till::Ixopay(connector) => {
                let callback = connector.charge_back(&reference, &format!("cb{}", opened.pay_id), None).to_string();
                let url = connector.transaction(&reference)["callbackUrl"].as_str().unwrap().to_owned();
                call_back(&self.gateway, &url, &callback, SHARED_SECRET).await.is(200);
            }
            Till::TokenIo(_) => return NOTHING.to_owned(),
            Till::Yapily(host) => {
                host.change(&reference.replace('-', "v"), &json!({ "status": "FAILED" }));
                self.gateway.wait(Duration::from_hours(27));
            }
        }
        eventually("it is charged back", async || {
            self.shop().journey(&opened.pay_id).await["charged_back"] == json!("25.00")
        })
        .await;
        if let Front::SecPaid | Front::TokenIo = self.front {
            return "by `/v1`".to_owned();
        }
        eventually("the chargeback is told", async || !self.told(before).is_empty()).await;
        format!("`{}`", self.told(before).pop().unwrap())
    }

    /// Gives 5 EUR back of a payment that was made, in the dialect's own words or, where it has none, in ours.
    async fn refund(&self, opened: &Opened) -> String {
        let before = self.server.count();
        let refunded = if self.front == Front::Ixopay {
            let paid = self.shop().journey(&opened.pay_id).await;
            let uuid =
                self.client.call(Method::GET, "/status//getByMerchantTransactionId/order-1", "").await.is(200).json();
            assert_eq!(paid["status"], json!("paid"));
            let more =
                json!({ "amount": "5.00", "referenceUuid": uuid["uuid"], "callbackUrl": self.server.url("/cb") });
            let begun = self.client.begin("refund", &debit("refund-1", more)).await;
            if let Till::TokenIo(_) | Till::Yapily(_) = self.till {
                assert_eq!(begun["returnType"], json!("ERROR"), "{begun}");
                return NOTHING.to_owned();
            }
            eventually("the refund is told", async || !self.told(before).is_empty()).await;
            return format!("`{}`", self.told(before).pop().unwrap());
        } else {
            let path = format!("/journeys/{}/refunds", opened.pay_id);
            let key = [("idempotency-key", "r-1")];
            self.shop().v1_with(Method::POST, &path, &key, &json!({ "amount": "5.00" })).await.is(201).json()
        };
        let is_possible = !matches!(self.till, Till::TokenIo(_) | Till::Yapily(_));
        let ends = if is_possible { "paid" } else { "failed" };
        eventually("the refund has ended", async || {
            self.shop().journey(refunded["pay_id"].as_str().unwrap()).await["status"] == ends
        })
        .await;
        if !is_possible {
            return NOTHING.to_owned();
        }
        if let Front::SecPaid | Front::TokenIo = self.front {
            return "by `/v1`".to_owned();
        }
        eventually("the refund is told", async || !self.told(before).is_empty()).await;
        format!("`{}`", self.told(before).pop().unwrap())
    }
}

#[tokio::test]
async fn the_table_of_dialects_and_kinds_is_what_was_found() {
    let mut rows = Vec::new();
    let fronts = [
        (Front::SecPaid, "SecPaid"),
        (Front::Ixopay, "IXOPAY"),
        (Front::TokenIo, "Token.io"),
        (Front::Own, "Handback"),
    ];
    for (front, name) in fronts {
        for (till, kind) in [
            (Till::Sandbox, "sandbox bank"),
            (Till::Http(PaymentEngine::start()), "`http`"),
            (Till::Ixopay(Connector::start()), "`ixopay`"),
            (Till::TokenIo(TokenIoHost::start()), "`token_io`"),
            (Till::Yapily(YapilyHost::start()), "`yapily`"),
        ] {
            let mut pair = Pair::of(front, till).await;
            let mut cells = Vec::new();
            let mut first = None;
            for end in ENDS {
                let (opened, told) = pair.walk(end).await;
                cells.push(told);
                first = first.or(Some(opened));
            }
            cells.push(pair.refund(&first.unwrap()).await);
            rows.push(format!("| {name} | {kind} | {} |", cells.join(" | ")));
        }
    }
    let found = rows.join("\n");
    let document = include_str!("../../../docs/PROVIDERS.md");
    assert!(document.contains(&found), "docs/PROVIDERS.md must have this table:\n{found}");
}
