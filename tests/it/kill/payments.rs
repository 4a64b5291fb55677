//! Payments at a provider under `kill -9`, at the worst lines: while a payment is being created, before and after the
//! engine has done so; while it is being asked about; between a notification and the question; while refunding.
//!
//! The engine keeps books and insists that nothing is created twice. No browser comes back: what became of each payment
//! the gateway has to find out. Afterwards merchant and engine must agree, journey by journey.
//!
//! `HANDBACK_KILLS=20 cargo test --test it kill::payments -- --nocapture --test-threads 1` kills so often at each line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{gateway_with, kill_at, load::runtime};
use crate::support::gateway_process::GatewayProcess;
use crate::support::ixopay::{Client, Signing, debit, link_of};
use crate::support::payment_engine::{PaymentEngine, Trap, notify_at};
use crate::support::redis::RedisServer;

/// How often it is killed at each line, unless `HANDBACK_KILLS` says otherwise.
const KILLS: usize = 2;
/// How many customers pay in each round.
const CUSTOMERS: usize = 3;
/// How long it may take until everything is known.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where it is killed.
const LINES: [(&str, Option<Trap>); 7] = [
    ("before a payment is created", Some(Trap::before("payment.create"))),
    ("after a payment is created, unanswered", Some(Trap::after("payment.create"))),
    ("before a question is answered", Some(Trap::before("payment.get"))),
    ("after a question is answered, unheard", Some(Trap::after("payment.get"))),
    ("after a notification was accepted", None),
    ("before a refund is made", Some(Trap::before("payment.refund"))),
    ("after a refund is made, unanswered", Some(Trap::after("payment.refund"))),
];

#[test]
fn payments_on_the_embedded_store_are_made_once_and_known_in_the_end() {
    the_gateway_is_killed_at_the_worst_lines(None);
}

#[test]
fn payments_on_redis_are_made_once_and_known_in_the_end() {
    let redis = RedisServer::start();
    the_gateway_is_killed_at_the_worst_lines(Some(&redis.url()));
}

/// A gateway, its shop and the engine.
struct Scene {
    gateway: GatewayProcess,
    engine: PaymentEngine,
    client: Client,
    /// The payments that were opened: the answers to their debits.
    begun: Vec<Value>,
    /// The refunds that were ordered: what is refunded, and under which id.
    refunds: Vec<(Value, String)>,
}

fn the_gateway_is_killed_at_the_worst_lines(store: Option<&str>) {
    let kills = std::env::var("HANDBACK_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (runtime, mut scene, began) = (runtime(), Scene::open(store), Instant::now());
    for _ in 0..kills {
        for (line, trap) in LINES {
            runtime.block_on(scene.round(line, trap));
        }
    }
    runtime.block_on(scene.agree());
    let (made, refunded) = (scene.engine.references().len(), scene.engine.operations().len());
    let (store, took) = (store.unwrap_or("embedded"), began.elapsed());
    println!("{store}: {} kills, {made} payments, {refunded} refunds, {took:.0?}", kills * LINES.len());
}

impl Scene {
    fn open(store: Option<&str>) -> Self {
        let engine = PaymentEngine::start();
        let (gateway, merchant) = gateway_with(&engine.file("ask_after = ['1s']\nasks_per_second = 1000\n"), store);
        let client = Client { merchant, signing: Signing::Nothing, clock: Arc::default() };
        Self { gateway, engine, client, begun: Vec::new(), refunds: Vec::new() }
    }

    async fn round(&mut self, line: &str, trap: Option<Trap>) {
        let creates = trap.is_some_and(|trap| trap.kind() == "payment.create");
        let refunds = trap.is_some_and(|trap| trap.kind() == "payment.refund");
        let mut links = Vec::new();
        for _ in 0..CUSTOMERS {
            let urls = json!({ "successUrl": "https://shop.example/ok", "errorUrl": "https://shop.example/no" });
            let begun = self.client.begin("debit", &debit(&format!("order-{}", self.begun.len()), urls)).await;
            links.push(link_of(&begun));
            self.begun.push(begun);
        }
        if creates {
            self.killed_at(line, trap, &links[0], None).await;
        }
        for link in &links {
            let left = self.client.merchant.http.submit("/payment/pay", &[("link_id", link)]).await;
            assert!(left.location().starts_with("http://127.0.0.1:9/pay/"), "{line}: {}", left.location());
        }
        let open = self.engine.open();
        assert_eq!(open.len(), CUSTOMERS, "{line}");
        self.engine.refuse(&open[0]);
        open[1..].iter().for_each(|reference| self.engine.pay(reference));
        if refunds {
            let paid = self.paid().await;
            let id = format!("refund-{}", self.refunds.len());
            self.refunds.push((paid.clone(), id.clone()));
            let order = refund(&paid, &id);
            self.killed_at(line, trap, "", Some(&order)).await;
            // Whoever got no answer asks again, under the same id.
            self.client.ask("refund", &order).await;
        } else if !creates {
            self.killed_at(line, trap, &open[1], None).await;
        }
    }

    /// Does what leads to the line, and kills the gateway there.
    async fn killed_at(&mut self, line: &str, trap: Option<Trap>, of: &str, order: Option<&Value>) {
        let Some(trap) = trap else {
            notify_at(&self.client.merchant.http, SystemClock.now(), of).await.is(204);
            return kill_at(&mut self.gateway, line, || true).await;
        };
        let sprung = self.engine.set(trap);
        let client = reqwest::Client::new();
        let base = self.gateway.base();
        let lost = match (trap.kind(), order) {
            ("payment.create", _) => Some(client.post(format!("{base}/payment/pay")).form(&[("link_id", of)])),
            (_, Some(order)) => Some(self.client.request(&client, &base, "refund", order)),
            // The schedule asks.
            (_, None) => None,
        };
        let lost = lost.map(|request| tokio::spawn(request.send()));
        kill_at(&mut self.gateway, line, sprung).await;
        if let Some(lost) = lost {
            assert!(lost.await.unwrap().is_err(), "{line}: nobody was answered");
        }
    }

    /// A payment that the gateway knows is paid, and that nobody has refunded yet.
    async fn paid(&self) -> Value {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            for begun in self.begun.iter().rev() {
                let refunded = self.refunds.iter().any(|(paid, _)| paid["uuid"] == begun["uuid"]);
                if !refunded && self.status(begun).await == "paid" {
                    return begun.clone();
                }
            }
            assert!(Instant::now() < deadline, "nothing is paid");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn status(&self, begun: &Value) -> String {
        self.client.merchant.journey(&pay_id(begun)).await["status"].as_str().expect("a status").to_owned()
    }

    async fn journeys(&self) -> Vec<Value> {
        let (mut journeys, mut path) = (Vec::new(), "/journeys?limit=200".to_owned());
        loop {
            let page = self.client.merchant.look(&path).await.is(200).json();
            journeys.extend(page["journeys"].as_array().expect("journeys").clone());
            let Some(next) = page["next"].as_str() else { return journeys };
            path = format!("/journeys?limit=200&after={next}");
        }
    }

    /// Waits until the merchant knows of every payment and every refund, and holds that against the engine's books.
    async fn agree(&self) {
        let (deadline, all) = (Instant::now() + LONGEST_WAIT, self.begun.len() + self.refunds.len());
        let journeys = loop {
            let journeys = self.journeys().await;
            assert_eq!(journeys.len(), all, "each was opened once");
            let open = journeys.iter().find(|journey| journey["status"] == "open" || journey["status"] == "away");
            let Some(open) = open else { break journeys };
            assert!(Instant::now() < deadline, "nobody knows what became of {open}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let count = |is_payment, status| {
            let of = |journey: &&Value| journey["payment"]["reference"].is_string() == is_payment;
            journeys.iter().filter(of).filter(|journey| journey["status"] == status).count()
        };
        let books = (self.engine.with_status("paid"), self.engine.with_status("refused"));
        assert_eq!((count(true, "paid"), count(true, "failed")), books);
        assert_eq!(self.engine.references().len(), self.begun.len(), "one payment each");
        assert_eq!((count(false, "paid"), self.engine.operations().len()), (self.refunds.len(), self.refunds.len()));
    }
}

/// The number of a debit's journey, which its `uuid` begins with.
fn pay_id(begun: &Value) -> String {
    let uuid = begun["uuid"].as_str().expect("a uuid");
    (u128::from_str_radix(uuid, 16).expect("digits") >> 27).to_string()
}

fn refund(paid: &Value, id: &str) -> Value {
    debit(id, json!({ "referenceUuid": paid["uuid"] }))
}
