//! Requests that nobody would send, made from such as somebody does: each is answered, never by a 500, and nothing is
//! logged as a fault of ours.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::shop::{Answer, Shop, get, read};
use crate::support::gateway_process::GatewayProcess;
use crate::table::{Row, Size, seed};

/// How many send at a time.
const SENDERS: u64 = 4;

/// What has broken something once; each is sent in every run.
const REGRESSIONS: [&[u8]; 0] = [];

/// What is spliced in.
const PIECES: [&str; 24] = [
    "\u{0}",
    "%00",
    "%",
    "%zz",
    "\u{202e}",
    "😀",
    "\u{fffd}",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "[",
    "]}",
    "null",
    "-1",
    "1e309",
    "99999999999999999999",
    "0.1",
    "&&",
    "==",
    "?",
    "#",
    "{pay_id}",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_answered_by_a_fault_of_ours() {
    let count = Size::of([4_000, 60_000, 2_000_000]);
    let seed = seed();
    println!("\nthe seed of these requests: TROUBLE_SEED={seed}");
    let row =
        Row::begin("no request breaks anything", format!("{count} requests made from good ones (TROUBLE_SEED={seed})"));
    let node = GatewayProcess::start(&[("LOG", "warn"), ("WORKERS", "2")]);
    let shop = Shop::of(&node);
    let good = good_requests(&shop).await;
    for request in REGRESSIONS {
        is_answered(node.port(), request).await;
    }
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| tokio::spawn(send_many(node.port(), good.clone(), seed ^ sender, count / SENDERS)))
        .collect();
    let (mut accepted, mut refused) = (0, 0);
    for sender in senders {
        let (some, others) = sender.await.expect("a sender");
        (accepted, refused) = (accepted + some, refused + others);
    }
    assert_eq!(get(node.port(), "/readyz").await.expect("an answer").status, 200);
    let log = node.log();
    let fault = log.lines().find(|line| line.contains("ERROR") || line.contains("panicked"));
    assert!(fault.is_none(), "TROUBLE_SEED={seed}: {fault:?}");
    assert!(accepted > 0 && refused > 0, "all were alike");
    row.holds(&format!(
        "each answered or its connection closed, {refused} refused, {accepted} taken; no 500, no fault in the log"
    ));
}

async fn send_many(port: u16, good: Vec<String>, seed: u64, count: u64) -> (u64, u64) {
    let (mut chance, mut accepted, mut refused) = (StdRng::seed_from_u64(seed), 0, 0);
    for _ in 0..count {
        let request = changed(good.choose(&mut chance).expect("requests").as_bytes(), &mut chance);
        match is_answered(port, &request).await {
            Some(answer) if answer.status < 400 => accepted += 1,
            _ => refused += 1,
        }
    }
    (accepted, refused)
}

/// Sends it, and nothing after it; answers what came, unless the connection was closed without a word.
async fn is_answered(port: u16, request: &[u8]) -> Option<Answer> {
    let text = || String::from_utf8_lossy(request).into_owned();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    // It may be closed while we are at it.
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), read(&mut stream, std::time::Instant::now()));
    let answer = answer.await.unwrap_or_else(|_| panic!("it was not answered: {}", text())).ok()?;
    assert!(answer.status < 500 || answer.status == 501 || answer.status == 505, "{}: {}", answer.status, text());
    Some(answer)
}

/// A request with some of its bytes changed, taken out, doubled, or with something put in, and a length that fits.
fn changed(request: &[u8], chance: &mut StdRng) -> Vec<u8> {
    let head = request.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let line = request.iter().position(|byte| *byte == b'\r').expect("a line");
    let (mut target, mut body) = (request[..line].to_vec(), request[head..].to_vec());
    for _ in 0..chance.random_range(1..4) {
        if body.is_empty() || chance.random_ratio(1, 3) {
            change(&mut target, chance);
        } else {
            change(&mut body, chance);
        }
    }
    let headers = String::from_utf8_lossy(&request[line..head]);
    let headers = headers.lines().filter(|line| !line.is_empty() && !line.starts_with("content-length"));
    let headers: String = headers.map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    [&target[..], b"\r\n", headers.as_bytes(), format!("content-length: {length}\r\n\r\n").as_bytes(), &body].concat()
}

fn change(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let at = chance.random_range(0..=bytes.len());
    let to = chance.random_range(at..=bytes.len().min(at + 12));
    match chance.random_range(0..5) {
        0 if at < bytes.len() => bytes[at] = chance.random(),
        1 => drop(bytes.drain(at..to)),
        2 => {
            let piece = bytes[at..to].to_vec();
            bytes.splice(at..at, piece);
        }
        3 => bytes.truncate(at.max(1)),
        _ => {
            let piece = PIECES.choose(chance).expect("pieces");
            bytes.splice(at..to, piece.bytes());
        }
    }
}

/// What apps, browsers and providers send.
async fn good_requests(shop: &Shop) -> Vec<String> {
    let (_, link) = shop.open().await;
    let visit = shop.send_out().await;
    let (_, token) = shop.paid().await;
    let key = &shop.key;
    let post = |path: &str, body: String| {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.0\r\nhost: x\r\ntoken: {key}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let urls = json!(["https://shop.example/a?b={pay_id}", "com.example.app:/back", "https://shop.example/told#x"]);
    let open = json!({ "amount": "25.00", "currency": "EUR", "callback": "https://shop.example/back", "metadata": { "a": "b" } });
    let job =
        json!({ "callback_url": "https://shop.example/job", "headers": { "x-a": "b" }, "body": { "id": "{id}" } });
    let link_body = json!({ "amount": 25, "callback_url": urls[0], "recipient_note": "Order", "one_time_token": true });
    vec![
        post("/secpaid/api/v2/createLink", link_body.to_string()),
        post("/v1/journeys", open.to_string()),
        post("/v1/jobs", job.to_string()),
        post("/v1/preview", json!({ "callback": urls }).to_string()),
        post("/v1/profile/callbacks", json!({ "url": urls[0] }).to_string()),
        post("/v1/profile/settings", json!({ "one_time_token": "on" }).to_string()).replacen("POST", "PATCH", 1),
        post("/v1/one-time-tokens/redeem", json!({ "one_time_token": token }).to_string()),
        post("/v1/returns/verify", json!({ "url": "https://shop.example/back?pay_id=1&hb_signature=00" }).to_string()),
        post("/notify/sandbox", json!({ "type": "payment.updated", "data": { "reference": "1-1" } }).to_string()),
        crate::shop::form("/payment/pay", &format!("link_id={link}")),
        crate::shop::form("/return/sandbox", visit.back.split_once('?').expect("a query").1),
        format!("GET {} HTTP/1.0\r\nhost: x\r\n\r\n", visit.back),
        format!("GET /payment?link_id={link} HTTP/1.0\r\nhost: x\r\n\r\n"),
        format!("GET /v1/journeys?limit=5&status=paid HTTP/1.0\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n"),
    ]
}
