//! SIGTERM loses nothing: whoever was let in is answered, and behind a proxy nobody notices that nodes are restarted.

mod client;
mod proxies;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock};
use handback::keys::Keys;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::gateway_process::GatewayProcess;
use crate::support::redis::RedisServer;
use client::{Client, Connections, Lost, read_answer};
use proxies::Proxy;

/// How many requests are sent while nodes are restarted; `ROLLING_REQUESTS` says another number.
const REQUESTS: usize = 4_000;

/// How many callers there are.
const CALLERS: usize = 16;

/// How long a node is a lame duck here: as long as a proxy takes to see it.
const LAME_DUCK: &str = "1s";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_restarted_behind_nginx_and_no_request_fails() {
    nodes_are_restarted_behind(Proxy::nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_restarted_behind_haproxy_and_no_request_fails() {
    nodes_are_restarted_behind(Proxy::haproxy).await;
}

async fn nodes_are_restarted_behind(proxy: impl FnOnce([u16; 2]) -> Proxy) {
    let wanted = std::env::var("ROLLING_REQUESTS").map_or(REQUESTS, |number| number.parse().expect("a number"));
    let redis = RedisServer::start();
    let keys = Keys::write_fresh("k1", SystemClock.entropy());
    let store = redis.url();
    let settings = [
        ("STORE", store.as_str()),
        ("KEYS", keys.reveal()),
        ("LOG", "warn"),
        ("WORKERS", "2"),
        ("KEEP_ALIVE", "30s"),
        ("LAME_DUCK", LAME_DUCK),
    ];
    let mut nodes = [GatewayProcess::start(&settings), GatewayProcess::start(&settings)];
    let (_, key) = nodes[0].add_merchant();
    let proxy = proxy([nodes[0].port(), nodes[1].port()]);
    let (answered, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let connections = if number % 2 == 0 { Connections::Kept } else { Connections::New };
            let client = Client::new(proxy.port(), connections, &key);
            tokio::spawn(call(client, Arc::clone(&answered), Arc::clone(&done)))
        })
        .collect();
    let (began, sees_both) = (Instant::now(), proxy.sees_both());
    let restarts = tokio::task::spawn_blocking(move || {
        let mut restarts = 0;
        // Each of them once at the least, and as often as there is time for.
        while restarts < 2 || answered.load(SeqCst) < wanted {
            let node = &mut nodes[restarts % 2];
            node.stop();
            node.restart();
            restarts += 1;
            Proxy::await_both(sees_both);
        }
        done.store(true, SeqCst);
        // They outlive the last answers.
        (restarts, answered.load(SeqCst), nodes)
    });
    let (restarts, answered, _nodes) = restarts.await.unwrap();
    let mut lost = Vec::new();
    for caller in callers {
        lost.extend(caller.await.unwrap());
    }
    println!("{answered} requests in {:?}, {restarts} restarts, {} lost", began.elapsed(), lost.len());
    assert!(lost.is_empty(), "{} of {answered} requests were lost: {:?}", lost.len(), &lost[..lost.len().min(5)]);
}

async fn call(mut client: Client, answered: Arc<AtomicUsize>, done: Arc<AtomicBool>) -> Vec<Lost> {
    let mut lost = Vec::new();
    for number in 0_usize.. {
        if done.load(SeqCst) {
            break;
        }
        match client.ask(number.is_multiple_of(4)).await {
            Ok(()) => answered.fetch_add(1, SeqCst),
            Err(trouble) => {
                lost.push(trouble);
                0
            }
        };
    }
    lost
}

/// Without a proxy, and without time as a lame duck: whoever connects is answered, and nobody else is let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_let_in_is_answered() {
    let mut gateway = GatewayProcess::start(&[("LOG", "warn"), ("WORKERS", "2"), ("KEEP_ALIVE", "30s")]);
    let (_, key) = gateway.add_merchant();
    for _ in 0..3 {
        let port = gateway.port();
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let mut client = Client::new(port, Connections::New, &key);
                tokio::spawn(async move {
                    for number in 0_usize.. {
                        match client.ask(number.is_multiple_of(4)).await {
                            Ok(()) => {}
                            Err(Lost::Refused) => return number,
                            Err(lost) => panic!("request {number}: {lost:?}"),
                        }
                    }
                    0
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let gateway = &mut gateway;
        tokio::task::block_in_place(|| gateway.stop());
        let mut answered = 0;
        for caller in callers {
            answered += caller.await.unwrap();
        }
        assert!(answered > CALLERS, "there was no load: {answered}");
        tokio::task::block_in_place(|| gateway.restart());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lame_duck_says_so_and_serves_on_until_a_second_signal() {
    let settings = [("LOG", "info"), ("WORKERS", "1"), ("KEEP_ALIVE", "30s"), ("LAME_DUCK", "60s")];
    let mut gateway = GatewayProcess::start(&settings);
    let address = ("127.0.0.1", gateway.port());
    // It was asked in HTTP/1.0 whether it is there, and the first answer after one of those is the last on its connection.
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_answer(&mut first).await.unwrap();
    let (mut used, mut idle) = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
    for kept in [&mut used, &mut idle] {
        kept.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = read_answer(kept).await.unwrap();
        assert!(answer.status == 200 && !answer.closes, "{answer:?}");
    }
    gateway.ask_to_stop();
    let ready = || async {
        let mut new = TcpStream::connect(address).await.unwrap();
        new.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        read_answer(&mut new).await.unwrap()
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while ready().await.status != 503 {
        assert!(Instant::now() < deadline, "it never said that it stops");
    }
    let answer = ready().await;
    assert!(answer.closes && answer.body.contains("stopping"), "{answer:?}");
    used.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let answer = read_answer(&mut used).await.unwrap();
    assert!(answer.status == 200 && answer.closes, "{answer:?}");
    gateway.ask_to_stop();
    let began = Instant::now();
    tokio::task::block_in_place(|| gateway.await_end());
    assert!(began.elapsed() < Duration::from_secs(10), "it waited for an idle connection: {:?}", began.elapsed());
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0, "it was closed without a word");
}
