//! Payments at an engine of the operator's that is killed itself (SIGKILL), with its books on disk: before and after it
//! has created a payment, said where one stands, and given one back. The gateway is not told, and asks again.
//!
//! `HANDBACK_KILLS=20 cargo test --test it kill::engine -- --nocapture --test-threads 1` kills so often at each line.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::{LONGEST_WAY, gateway_with, load::runtime};
use crate::support::engine_process::EngineProcess;
use crate::support::gateway_process::GatewayProcess;
use crate::support::http::query_value;
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::Trap;
use crate::support::redis::RedisServer;

/// How often it is killed at each line, unless `HANDBACK_KILLS` says otherwise.
const KILLS: usize = 1;
/// How long it may take until everything is known.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

const CREATE: &str = "payment.create";
const ASK: &str = "payment.get";
const REFUND: &str = "payment.refund";

#[test]
fn payments_on_the_embedded_store_outlast_their_engine() {
    the_engine_is_killed_at_the_worst_lines(None);
}

#[test]
fn payments_on_redis_outlast_their_engine() {
    let redis = RedisServer::start();
    the_engine_is_killed_at_the_worst_lines(Some(&redis.url()));
}

fn the_engine_is_killed_at_the_worst_lines(store: Option<&str>) {
    let kills = std::env::var("HANDBACK_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (runtime, mut scene, began) = (runtime(), Scene::open(store), Instant::now());
    for kind in (0..kills).flat_map(|_| [CREATE, ASK, REFUND]) {
        for trap in [Trap::before(kind), Trap::after(kind)] {
            runtime.block_on(scene.round(trap));
        }
    }
    runtime.block_on(scene.agree());
    let (store, took) = (store.map_or("embedded", |_| "Redis"), began.elapsed());
    let (payments, operations) = scene.engine.books();
    println!("{store}: {} kills, {} payments, {} refunds, {took:.0?}", kills * 6, payments.len(), operations.len());
}

/// A gateway, its shop and the engine.
struct Scene {
    engine: EngineProcess,
    /// It is asked for nothing itself.
    _gateway: GatewayProcess,
    shop: MerchantClient,
    /// The numbers of journeys, with what they must come to.
    ends: Vec<(String, &'static str)>,
    refunds: usize,
}

impl Scene {
    fn open(store: Option<&str>) -> Self {
        let engine = EngineProcess::start();
        let (gateway, shop) = gateway_with(&engine.file("ask_after = ['1s']\nasks_per_second = 1000\n"), store);
        Self { engine, _gateway: gateway, shop, ends: Vec::new(), refunds: 0 }
    }

    async fn round(&mut self, trap: Trap) {
        let (paid, refused) = (self.opened().await, self.opened().await);
        if trap.kind() == CREATE {
            self.engine.set(trap);
            // Whatever becomes of it: this customer presses again.
            let _ = tokio::join!(press(&self.shop, &paid.1), kill_when_sprung(&mut self.engine));
        }
        for (_, link) in [&paid, &refused] {
            let deadline = Instant::now() + LONGEST_WAIT;
            while press(&self.shop, link).await.is_none() {
                assert!(Instant::now() < deadline, "{trap:?}: nobody can pay");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        if trap.kind() == ASK {
            self.engine.set(trap);
        }
        for (pay_id, refuses) in [(&paid.0, false), (&refused.0, true)] {
            self.engine.decide(&format!("{pay_id}-1"), refuses);
        }
        if trap.kind() == ASK {
            kill_when_sprung(&mut self.engine).await;
        }
        if trap.kind() == REFUND {
            self.until(&paid.0, "paid").await;
            self.engine.set(trap);
            let (path, key) = (format!("/journeys/{}/refunds", paid.0), [("idempotency-key", "r-1")]);
            let body = json!({ "amount": "5.00" });
            let order = self.shop.v1_with(Method::POST, &path, &key, &body);
            let (ordered, ()) = tokio::join!(order, kill_when_sprung(&mut self.engine));
            let refund = ordered.is(201).json()["pay_id"].as_str().unwrap().to_owned();
            self.ends.push((refund, "paid"));
            self.refunds += 1;
        }
        self.ends.extend([(paid.0, "paid"), (refused.0, "failed")]);
    }

    /// Opens a journey; answers its number and its link.
    async fn opened(&self) -> (String, String) {
        let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
        let journey = self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
        let link = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
        (journey["pay_id"].as_str().unwrap().to_owned(), link)
    }

    async fn until(&self, pay_id: &str, expected: &str) {
        let deadline = Instant::now() + LONGEST_WAIT;
        while self.shop.journey(pay_id).await["status"] != json!(expected) {
            assert!(Instant::now() < deadline, "{pay_id} is not known to be {expected}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the merchant knows of everything, and holds that against the engine's books.
    async fn agree(&self) {
        for (pay_id, expected) in &self.ends {
            self.until(pay_id, expected).await;
        }
        let (payments, operations) = self.engine.books();
        assert_eq!(payments.len(), self.ends.len() - self.refunds, "one payment each");
        let refund = ("payment.refund".to_owned(), "5.00".to_owned());
        assert_eq!(operations, vec![refund; self.refunds], "each refund once");
    }
}

/// Where Pay leads, if it leads to the engine.
async fn press(shop: &MerchantClient, link: &str) -> Option<String> {
    let left = shop.http.submit("/payment/pay", &[("link_id", link)]).await;
    left.has("location").then(|| left.location()).filter(|to| to.starts_with("http://127.0.0.1:9/"))
}

/// Waits until the engine is where it is to be killed, and kills it there.
async fn kill_when_sprung(engine: &mut EngineProcess) {
    let deadline = Instant::now() + LONGEST_WAY;
    while !engine.has_sprung() {
        assert!(Instant::now() < deadline, "the engine was not asked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.kill();
}
