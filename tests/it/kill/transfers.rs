//! Payments at Token.io under `kill -9`, whose creation is not known to be idempotent: before and after it has created
//! one, before and after it has answered a question, and between a webhook and the question.
//!
//! `HANDBACK_KILLS=20 cargo test --test it kill::transfers -- --nocapture --test-threads 1` kills so often at each line.

use std::time::{Duration, Instant};

use handback::clock::SystemClock;
use handback::keys::Keys;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{kill_at, load::runtime};
use crate::support::gateway_process::GatewayProcess;
use crate::support::http::{Http, query_value};
use crate::support::merchant_client::MerchantClient;
use crate::support::payment_engine::Trap;
use crate::support::redis::RedisServer;
use crate::support::token_io_host::TokenIoHost;

/// How often it is killed at each line, unless `HANDBACK_KILLS` says otherwise.
const KILLS: usize = 1;
/// How many customers pay in each round.
const CUSTOMERS: usize = 3;
/// How long it may take until everything is known.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const CREATE: &str = "POST /v2/payments";
const ASK: &str = "GET /v2/payments/{id}";

/// Where it is killed.
const LINES: [(&str, Option<Trap>); 5] = [
    ("before a payment is created", Some(Trap::before(CREATE))),
    ("after a payment is created, unanswered", Some(Trap::after(CREATE))),
    ("before a question is answered", Some(Trap::before(ASK))),
    ("after a question is answered, unheard", Some(Trap::after(ASK))),
    ("after a webhook was accepted", None),
];

#[test]
fn transfers_on_the_embedded_store_are_made_once_and_known_in_the_end() {
    the_gateway_is_killed_at_the_worst_lines(None);
}

#[test]
fn transfers_on_redis_are_made_once_and_known_in_the_end() {
    let redis = RedisServer::start();
    the_gateway_is_killed_at_the_worst_lines(Some(&redis.url()));
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
    let (store, made, took) = (store.unwrap_or("embedded"), scene.host.references().len(), began.elapsed());
    println!("{store}: {} kills, {made} transfers, {took:.0?}", kills * LINES.len());
}

/// A gateway, its shop and Token.io.
struct Scene {
    gateway: GatewayProcess,
    host: TokenIoHost,
    shop: MerchantClient,
    /// The numbers of the journeys whose customers were refused, and of those who paid.
    refused: Vec<String>,
    paid: Vec<String>,
}

impl Scene {
    fn open(store: Option<&str>) -> Self {
        let (host, file) = (TokenIoHost::start(), NamedTempFile::new().unwrap());
        let text = host.file("ask_after = ['1s']\n");
        std::fs::write(file.path(), text).unwrap();
        let keys = Keys::write_fresh("k1", handback::clock::Clock::entropy(&SystemClock));
        let path = file.into_temp_path().keep().unwrap();
        let mut settings = vec![("WORKERS", "2"), ("LOG", "error"), ("KEYS", keys.reveal())];
        settings.extend([("CONFIG", path.to_str().unwrap()), ("RETURN_BUDGET", "2s")]);
        settings.extend(store.map(|store| ("STORE", store)));
        let gateway = GatewayProcess::start(&settings);
        let (id, key) = gateway.add_merchant();
        let shop = MerchantClient { http: Http::to(&gateway.base()), id, key, signing_secret: String::new() };
        Self { gateway, host, shop, refused: Vec::new(), paid: Vec::new() }
    }

    async fn round(&mut self, line: &str, trap: Option<Trap>) {
        let mut opened = Vec::new();
        for _ in 0..CUSTOMERS {
            let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" });
            let journey = self.shop.v1(Method::POST, "/journeys", &body).await.is(201).json();
            let address = query_value(journey["pay_link"].as_str().unwrap(), "link_id");
            opened.push((journey["pay_id"].as_str().unwrap().to_owned(), address));
        }
        let creates = trap.is_some_and(|trap| trap.kind() == CREATE);
        if creates {
            self.killed_at(line, trap, &opened[0].1).await;
        }
        for (_, address) in &opened {
            let left = self.shop.http.submit("/payment/pay", &[("link_id", address)]).await;
            assert!(left.location().starts_with("http://127.0.0.1:9/session/"), "{line}: {}", left.location());
        }
        for (number, (pay_id, _)) in opened.iter().enumerate() {
            let reference = format!("{pay_id}-1");
            if number == 0 {
                self.host.refuse(&reference);
            } else {
                self.host.succeed(&reference);
            }
            if number == 0 { &mut self.refused } else { &mut self.paid }.push(pay_id.clone());
        }
        if !creates {
            self.killed_at(line, trap, &format!("{}-1", opened[1].0)).await;
        }
    }

    /// Does what leads to the line, and kills the gateway there.
    async fn killed_at(&mut self, line: &str, trap: Option<Trap>, of: &str) {
        let Some(trap) = trap else {
            self.host.webhook(&self.shop.http, "/notify/transfer", of).await.is(200);
            return kill_at(&mut self.gateway, line, || true).await;
        };
        let sprung = self.host.set(trap);
        let pressed = reqwest::Client::new().post(format!("{}/payment/pay", self.gateway.base()));
        // The schedule asks.
        let lost = (trap.kind() == CREATE).then(|| tokio::spawn(pressed.form(&[("link_id", of)]).send()));
        kill_at(&mut self.gateway, line, sprung).await;
        if let Some(lost) = lost {
            assert!(lost.await.unwrap().is_err(), "{line}: nobody was answered");
        }
    }

    /// Waits until the merchant knows of every payment, and holds that against Token.io's books.
    async fn agree(&self) {
        let deadline = Instant::now() + LONGEST_WAIT;
        let ends = [(&self.paid, "paid"), (&self.refused, "failed")];
        for (pay_id, expected) in ends.into_iter().flat_map(|(all, end)| all.iter().map(move |one| (one, end))) {
            let known = async || self.shop.journey(pay_id).await;
            while known().await["status"] != json!(expected) {
                let now: Value = known().await;
                assert!(Instant::now() < deadline, "nobody knows what became of {now}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        let mut made = self.host.references();
        let all = made.len();
        made.sort();
        made.dedup();
        assert_eq!((made.len(), all), (self.paid.len() + self.refused.len(), made.len()), "one payment each");
    }
}
