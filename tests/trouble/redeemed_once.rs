//! One-time tokens: one of all who redeem one gets it, and whoever got it and lost the answer gets it again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use crate::parts::{local, node_on};
use crate::proxy::Proxy;
use crate::shop::{Shop, read};
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// How many nodes there are.
const NODES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_who_redeem_a_token_at_once_one_is_granted() {
    let (rounds, callers) = (Size::of([3, 10, 100]), Size::of([300, 2_000, 10_000]));
    let fault = format!("{callers} redeem it at once, over {NODES} nodes, {rounds} rounds");
    let row = Row::begin("a token is redeemed once", fault);
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let redis = RedisServer::start();
    let nodes: Vec<_> = (0..NODES).map(|_| node_on(redis.address(), &[("BODY_TIMEOUT", "60s")])).collect();
    let (shop, mut again) = (Shop::of(&nodes[0]), 0);
    for round in 0..rounds {
        let (_, token) = shop.paid().await;
        let barrier = Arc::new(Barrier::new(callers));
        let calls: Vec<_> = (0..callers)
            .map(|caller| {
                let (node, key) = (shop.at(nodes[caller % NODES].port()), format!("r{round}-{caller}"));
                tokio::spawn(all_at_once(node, token.clone(), key, Arc::clone(&barrier)))
            })
            .collect();
        let (mut granted, mut spent) = (0, 0);
        for call in calls {
            let (status, repeats) = call.await.expect("a caller");
            again += repeats;
            match status {
                200 => granted += 1,
                410 => spent += 1,
                other => panic!("round {round}: somebody was answered {other}"),
            }
        }
        assert_eq!((granted, spent), (1, callers - 1), "round {round}");
    }
    row.holds(&format!(
        "{rounds} of {rounds} tokens went to one, {} calls were told that it is spent; {again} times somebody asked again",
        rounds * (callers - 1)
    ));
}

/// Sends all of a request but its last byte, waits for the others, and sends that. Who is told that nobody knows asks
/// again, with the same key. Answers the status, and how often it asked again.
async fn all_at_once(node: Shop, token: String, key: String, barrier: Arc<Barrier>) -> (u16, usize) {
    let request = node.redemption(&token, Some(&key));
    let mut stream = TcpStream::connect(("127.0.0.1", node.port)).await.expect("a connection");
    let (most, last) = request.as_bytes().split_at(request.len() - 1);
    stream.write_all(most).await.expect("sent");
    barrier.wait().await;
    stream.write_all(last).await.expect("sent");
    let (mut status, mut again) = (read(&mut stream, Instant::now()).await.expect("an answer").status, 0);
    while status == 503 && again < 100 {
        again += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
        status = node.redeem(&token, Some(&key)).await.expect("an answer").status;
    }
    (status, again)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_loses_no_token() {
    let tokens = Size::of([40, 300, 1_000]);
    let row = Row::begin(
        "a lost answer loses no token",
        "Redis's reply is lost after it has done it, and then the HTTP answer",
    );
    let redis = RedisServer::start();
    let before_redis = Proxy::before(redis.address());
    let node = node_on(local(before_redis.port()), &[]);
    let before_node = Proxy::before(local(node.port()));
    let shop = Shop::of(&node);
    let (app, mut delivered) = (shop.at(before_node.port()), 0);
    for number in 0..tokens {
        let (pay_id, token) = shop.paid().await;
        let (own, other) = (format!("own-{number}"), format!("other-{number}"));
        before_redis.lose_reply_with(b"GRANTED");
        before_node.lose_reply_with(b"\"redeemed_at\"");
        let lost = app.redeem(&token, Some(&own)).await;
        assert!(lost.is_err() && before_redis.has_lost() && before_node.has_lost(), "token {number}: {lost:?}");
        for key in [Some(&*other), None] {
            let answer = app.redeem(&token, key).await.expect("an answer");
            assert_eq!(answer.status, 410, "token {number} went to another: {}", answer.body);
        }
        let answer = app.redeem(&token, Some(&own)).await.expect("an answer");
        assert_eq!((answer.status, &answer.json()["pay_id"]), (200, &serde_json::json!(pay_id)), "token {number}");
        delivered += 1;
    }
    row.holds(&format!("{delivered} of {tokens} delivered to who asked again with the same key, 0 to another"));
}
