//! Payments at a provider of each kind but our own protocol's (`payments.rs`) under `kill -9` of the gateway: before and
//! after the provider has created one, before and after it has answered a question, after it has told of one, at Yapily also around the exchange
//! and the order, and at IXOPAY around a refund. No browser comes back but where a payment is ordered.
//!
//! `HANDBACK_KILLS=20 cargo test --test it kill::kinds -- --nocapture --test-threads 1` kills so often at each line.

use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

use super::{gateway_with, kill_at, load::runtime};
use crate::support::gateway_process::GatewayProcess;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::Trap;
use crate::support::redis::RedisServer;
use crate::support::till::Till;

/// How often it is killed at each line, unless `HANDBACK_KILLS` says otherwise.
const KILLS: usize = 1;
/// How many customers pay in each round.
const CUSTOMERS: usize = 3;
/// How long it may take until everything is known.
const LONGEST_WAIT: Duration = Duration::from_secs(150);

/// What the gateway does when it is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Creating,
    Asking,
    /// It has been told of a payment.
    Notified,
    /// A browser comes back, and the payment is ordered.
    Ordering,
    Refunding,
}

#[test]
fn payments_on_the_embedded_store_are_made_once_and_known_in_the_end() {
    the_gateway_is_killed_at_the_worst_lines(None);
}

#[test]
fn payments_on_redis_are_made_once_and_known_in_the_end() {
    the_gateway_is_killed_at_the_worst_lines(Some(RedisServer::start));
}

fn the_gateway_is_killed_at_the_worst_lines(redis: Option<fn() -> RedisServer>) {
    let kills = std::env::var("HANDBACK_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let runtime = runtime();
    for till in Till::of_each_kind().into_iter().filter(|till| !matches!(till, Till::Http(_))) {
        let redis = redis.map(|start| start());
        let store = redis.as_ref().map(RedisServer::url);
        let (mut scene, began) = (Scene::open(till, store.as_deref()), Instant::now());
        let lines = scene.lines();
        for (doing, trap) in (0..kills).flat_map(|_| &lines) {
            runtime.block_on(scene.round(*doing, *trap));
        }
        runtime.block_on(scene.agree());
        let (store, kind, took) = (redis.map_or("embedded", |_| "Redis"), scene.till.kind(), began.elapsed());
        let (all, made) = (kills * lines.len(), scene.till.created());
        println!("{store}, {kind}: {all} kills, {made} payments, {took:.0?}");
    }
}

/// A gateway, its shop and a provider.
struct Scene {
    gateway: GatewayProcess,
    till: Till,
    shop: MerchantClient,
    /// The numbers of the journeys whose customers were refused, of those who paid, and of refunds.
    refused: Vec<String>,
    paid: Vec<String>,
    refunds: Vec<String>,
}

impl Scene {
    fn open(till: Till, store: Option<&str>) -> Self {
        let (gateway, shop) = gateway_with(&till.file("ask_after = ['1s']\n"), store);
        Self { gateway, till, shop, refused: Vec::new(), paid: Vec::new(), refunds: Vec::new() }
    }

    /// Where it is killed: before and after each of these calls has done what it asks.
    fn lines(&self) -> Vec<(Doing, Trap)> {
        let [create, ask] = self.till.calls();
        let notified = self.till.notifies().then_some((Doing::Notified, Trap::before(ask)));
        let more = match &self.till {
            Till::Yapily(_) => vec![(Doing::Ordering, "exchange"), (Doing::Ordering, "pay")],
            Till::Ixopay(_) => vec![(Doing::Refunding, "refund")],
            Till::Http(_) | Till::TokenIo(_) => Vec::new(),
        };
        let calls = [(Doing::Creating, create), (Doing::Asking, ask)].into_iter().chain(more);
        calls
            .flat_map(|(doing, call)| [(doing, Trap::before(call)), (doing, Trap::after(call))])
            .chain(notified)
            .collect()
    }

    async fn round(&mut self, doing: Doing, trap: Trap) {
        let mut opened = Vec::new();
        for _ in 0..CUSTOMERS {
            let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
            let journey = self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
            let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
            opened.push((journey["pay_id"].as_str().unwrap().to_owned(), link));
        }
        if doing == Doing::Creating {
            let press = reqwest::Client::new().post(format!("{}/payment/pay", self.gateway.base()));
            self.killed_at(trap, Some(press.form(&[("link_id", &opened[0].1)]))).await;
        }
        // IXOPAY has created a payment whose page is known to nobody: its customer is told so in a minute.
        if trap.acts() && doing == Doing::Creating && matches!(self.till, Till::Ixopay(_)) {
            self.refused.push(opened.remove(0).0);
        }
        for (_, link) in &opened {
            let left = self.shop.http.submit("/payment/pay", &[("link_id", link)]).await;
            assert!(left.location().starts_with("http://127.0.0.1:9/"), "{trap:?}: {}", left.location());
        }
        if doing == Doing::Asking {
            self.decide(&opened);
            return self.killed_at(trap, None).await;
        }
        if let (Doing::Ordering, Till::Yapily(host)) = (doing, &self.till) {
            let way_home = host.agree(&host.page_of(&self.reference(&opened[1].0)));
            self.paid.push(opened.remove(1).0);
            let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
            self.killed_at(trap, Some(client.get(way_home))).await;
        }
        self.decide(&opened);
        if doing == Doing::Notified {
            let sprung = self.till.set(trap);
            self.till.notify(&self.shop.http, SystemClock.now(), &self.reference(&opened[1].0)).await;
            kill_at(&mut self.gateway, "after a notification", sprung).await;
        }
        if doing == Doing::Refunding {
            self.refund(trap, &opened[1].0).await;
        }
    }

    /// The references of the payments and refunds that there are at the provider.
    fn made(&self) -> Vec<String> {
        match &self.till {
            Till::Http(engine) => engine.references(),
            Till::Ixopay(connector) => connector.ids(),
            Till::TokenIo(host) => host.references(),
            Till::Yapily(host) => host.references(),
        }
    }

    /// The reference of the payment that the customer of a journey was sent to.
    fn reference(&self, pay_id: &str) -> String {
        let own = self.made().into_iter().filter(|made| made.starts_with(&format!("{pay_id}-"))).max();
        own.unwrap_or_else(|| format!("{pay_id}-1"))
    }

    /// The first customer is refused, the others pay.
    fn decide(&mut self, opened: &[(String, String)]) {
        for (number, (pay_id, _)) in opened.iter().enumerate() {
            let refuses = number == 0;
            self.till.decide(&self.reference(pay_id), refuses);
            if refuses { &mut self.refused } else { &mut self.paid }.push(pay_id.clone());
        }
    }

    /// Gives a payment back; whoever gets no answer asks again, with the same key.
    async fn refund(&mut self, trap: Trap, pay_id: &str) {
        self.until(pay_id, "paid").await;
        let key = [("idempotency-key", format!("refund-{pay_id}"))];
        let key: Vec<(&str, &str)> = key.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let path = format!("/journeys/{pay_id}/refunds");
        let sprung = self.till.set(trap);
        let order = async || self.shop.v1_with(Method::POST, &path, &key, &json!({ "amount": "5.00" })).await.is(201);
        // It is answered at once, and done behind.
        order().await;
        kill_at(&mut self.gateway, trap.kind(), sprung).await;
        let refund = order().await.json();
        self.refunds.push(refund["pay_id"].as_str().unwrap().to_owned());
    }

    /// Does what leads to the line, or leaves that to the schedule, and kills the gateway there.
    async fn killed_at(&mut self, trap: Trap, request: Option<reqwest::RequestBuilder>) {
        let sprung = self.till.set(trap);
        let lost = request.map(|request| tokio::spawn(request.send()));
        kill_at(&mut self.gateway, trap.kind(), sprung).await;
        if let Some(lost) = lost {
            // A return is answered in its budget, whatever the provider does.
            let answered = lost.await.unwrap().is_ok();
            assert!(!answered || matches!(self.till, Till::Yapily(_)), "{trap:?}: nobody was answered");
        }
    }

    async fn until(&self, pay_id: &str, expected: &str) {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let now: Value = self.shop.journey(pay_id).await;
            if now["status"] == json!(expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{} is not known to be {expected}: {now}", self.till.kind());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the merchant knows of every payment and refund, and holds that against the provider's books.
    async fn agree(&self) {
        for (all, end) in [(&self.paid, "paid"), (&self.refused, "failed"), (&self.refunds, "paid")] {
            for pay_id in all {
                self.until(pay_id, end).await;
            }
        }
        let mut made = self.made();
        let all = made.len();
        made.sort();
        made.dedup();
        let refused = if self.till.notifies() { self.refused.len() } else { 0 };
        let expected = self.paid.len() + refused + self.refunds.len();
        assert_eq!((made.len(), all), (expected, expected), "{}: each once", self.till.kind());
    }
}
