//! A provider that is away, slow, mute or wrong, and notifications that are forged, while Redis and the node break as well:
//! nothing is created twice, and each payment ends as the provider has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use serde_json::json;
use standardwebhooks::Webhook;

use crate::parts::{local, node_on, until};
use crate::proxy::{Fault as LineFault, Proxy};
use crate::shop::{Shop, form, get, parameter, send};
use crate::support::gateway_process::GatewayProcess;
use crate::support::payment_engine::{Fault, PaymentEngine};
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// What a stranger signs notifications with.
const FORGED: &str = "whsec_Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_in_trouble_while_all_else_is_too() {
    let payments = Size::of([24, 200, 2_000]);
    let fault = "a provider away, mute, slow and forged, while Redis and the node break";
    let row = Row::begin("no payment ends wrong, none is made twice", fault);
    let engine = PaymentEngine::start();
    let (folder, redis) = (tempfile::tempdir().unwrap(), RedisServer::start());
    let proxy = Proxy::before(redis.address());
    let file = folder.path().join("handback.toml");
    std::fs::write(&file, engine.file("ask_after = ['1s']\nasks_per_second = 1000\n")).unwrap();
    let node = node_on(local(proxy.port()), &[("CONFIG", file.to_str().unwrap()), ("LOG", "error")]);
    let shop = Shop::of(&node);
    let mut journeys = Vec::new();
    for number in 0..payments {
        journeys.push(Journey::open(&shop, number).await);
    }
    let (over, forged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let flood = tokio::spawn(forge(node.port(), Arc::clone(&over), Arc::clone(&forged)));
    let chaos = std::thread::spawn({
        let (engine, over) = (engine.clone(), Arc::clone(&over));
        move || break_all(&engine, Parts { redis, proxy, node }, &over)
    });
    let payers: Vec<_> = journeys
        .chunks(journeys.len().div_ceil(8))
        .map(|share| tokio::spawn(pay_all(shop.clone(), engine.clone(), share.to_vec())))
        .collect();
    for payer in payers {
        payer.await.expect("a customer");
    }
    over.store(true, Ordering::SeqCst);
    let (_parts, faults) = chaos.join().expect("it breaks all");
    flood.await.expect("a stranger");
    for Journey { number, pay_id, .. } in &journeys {
        let expected = if is_refused(*number) { "failed" } else { "paid" };
        let ended = async || shop.knows(pay_id).await.is_ok_and(|it| it.is_some_and(|it| it["status"] == expected));
        until(&format!("{pay_id} is {expected}"), ended).await;
    }
    assert_eq!(engine.references().len(), payments, "one payment each");
    let refused = (0..payments).filter(|number| is_refused(*number)).count();
    assert_eq!((engine.with_status("paid"), engine.with_status("refused")), (payments - refused, refused));
    row.holds(&format!(
        "{payments} payments made once each, {} paid and {refused} refused as the provider has it, after {faults} faults and \
         {} forged notifications",
        payments - refused,
        forged.load(Ordering::SeqCst)
    ));
}

const fn is_refused(number: usize) -> bool {
    number.is_multiple_of(4)
}

/// A payment: which one, and its journey.
#[derive(Debug, Clone)]
struct Journey {
    number: usize,
    pay_id: String,
    link: String,
}

impl Journey {
    async fn open(shop: &Shop, number: usize) -> Self {
        let body = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/cb" }).to_string();
        let opened = shop.post("/v1/journeys", &[], &body).await.expect("an answer");
        assert_eq!(opened.status, 201, "{}", opened.body);
        let journey = opened.json();
        let link = parameter(journey["pay_link"].as_str().unwrap(), "link_id");
        Self { number, pay_id: journey["pay_id"].as_str().unwrap().to_owned(), link }
    }
}

/// Presses Pay until it leads to the provider, comes back with what nobody may believe, and then its customer decides.
async fn pay_all(shop: Shop, engine: PaymentEngine, journeys: Vec<Journey>) {
    for Journey { number, pay_id, link } in journeys {
        let request = form("/payment/pay", &format!("link_id={link}"));
        let deadline = Instant::now() + Duration::from_mins(2);
        while !leads_to_the_provider(shop.port, &request).await {
            assert!(Instant::now() < deadline, "{pay_id}: Pay never leads to the provider");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let reference = format!("{pay_id}-1");
        let back = engine.payment(&reference)["return_url"].as_str().expect("an address").to_owned();
        let path = back.replace(&format!("http://127.0.0.1:{}", shop.port), "");
        let mark = if path.contains('?') { '&' } else { '?' };
        if let Ok(early) = get(shop.port, &format!("{path}{mark}status=paid")).await {
            let home = early.location.unwrap_or_default();
            assert!(!home.contains("status=paid") && !home.contains("status=success"), "believed: {home}");
        }
        if is_refused(number) { engine.refuse(&reference) } else { engine.pay(&reference) }
    }
}

async fn leads_to_the_provider(port: u16, request: &str) -> bool {
    let left = send(port, request).await.ok().and_then(|answer| answer.location);
    left.is_some_and(|to| to.starts_with("http://127.0.0.1:9/pay/"))
}

/// What breaks.
struct Parts {
    redis: RedisServer,
    proxy: Proxy,
    node: GatewayProcess,
}

/// Breaks everything in turn until it is over, and mends it; answers how often.
fn break_all(engine: &PaymentEngine, mut parts: Parts, over: &AtomicBool) -> (Parts, usize) {
    let (mut faults, mut chance) = (0, rand::rng());
    let at_providers = [Fault::Mute, Fault::Broken, Fault::Slow, Fault::None];
    let on_lines = [LineFault::BlackHole, LineFault::HalfOpen, LineFault::Late(Duration::from_millis(300))];
    while !over.load(Ordering::SeqCst) {
        engine.misbehave(*at_providers.choose(&mut chance).expect("faults"));
        let span = Duration::from_millis(chance.random_range(100..900));
        match chance.random_range(0..4) {
            0 => {
                parts.redis.kill();
                std::thread::sleep(span);
                parts.redis.restart();
            }
            1 => {
                parts.node.kill();
                parts.node.restart();
            }
            2 => {
                parts.proxy.set(*on_lines.choose(&mut chance).expect("faults"));
                std::thread::sleep(span);
                parts.proxy.set(LineFault::None);
            }
            _ => std::thread::sleep(span),
        }
        faults += 1;
        // In between all is well, or nobody would ever pay.
        engine.misbehave(Fault::None);
        std::thread::sleep(Duration::from_millis(700));
    }
    (parts, faults)
}

/// Notifies of payments under a secret that nobody has, as fast as it goes.
async fn forge(port: u16, over: Arc<AtomicBool>, count: Arc<AtomicUsize>) {
    while !over.load(Ordering::SeqCst) {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let body = json!({ "type": "payment.updated", "data": { "reference": format!("{number}-1") } }).to_string();
        let signed = signed(&body);
        match post(port, &signed, &body).await {
            Ok(status) => assert!([401, 403, 503].contains(&status), "a forged notification was answered {status}"),
            // The node is away.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// The headers of a notification that a stranger has signed.
fn signed(body: &str) -> [(&'static str, String); 3] {
    let at = i64::try_from(SystemClock.now().as_millis() / 1000).expect("seconds");
    let signature = Webhook::new(FORGED).expect("a secret").sign("n-1", at, body.as_bytes()).expect("a signature");
    [("webhook-id", "n-1".to_owned()), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)]
}

async fn post(port: u16, headers: &[(&'static str, String); 3], body: &str) -> std::io::Result<u16> {
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let stranger = Shop { port, key: "nobody".to_owned() };
    Ok(stranger.post("/notify/engine", &headers, body).await?.status)
}
