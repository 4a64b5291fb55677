//! A store that answers and does not write: nothing is said to be done that is not written, `/health` says why, and
//! service resumes by itself.

#[allow(dead_code, reason = "a fixture for others, too")]
#[path = "../../src/store/redis/tests/fixture_of_cluster.rs"]
mod fixture_of_cluster;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::gateway_process::{GatewayProcess, PROGRAM, quiet_port};
use crate::support::http::{Http, HttpReply};
use crate::support::redis::{self as fixture, RedisServer};
use crate::support::small_disk;
use fixture_of_cluster::RedisCluster;

/// A gateway under a fault, as its operator, a load balancer and a merchant's app see it.
struct Watched {
    http: Http,
    operator: String,
    key: String,
}

impl Watched {
    /// How it is: whether it is ready, and what `/health` says of a check.
    async fn check(&self, name: &str) -> (Value, Value) {
        let look = async || {
            let ready = self.http.get("/readyz").await.json()["status"].clone();
            (ready, self.http.get(&format!("http://{}/health", self.operator)).await)
        };
        let (mut ready, mut health) = look().await;
        if health.json()["readiness"] != ready {
            // The node has looked again between the two.
            (ready, health) = look().await;
        }
        let said = health.json();
        let check = said["checks"][name].clone();
        assert_eq!(said["readiness"], ready);
        assert!(health.status == if said["status"] == "ok" { 200 } else { 503 }, "{said}");
        (ready, check)
    }

    async fn is_troubled(&self, name: &str, ready: &str, words: &str) {
        eventually(&format!("{words} is said, and {ready}"), || async {
            let (readiness, check) = self.check(name).await;
            let trouble = check["trouble"].as_str().unwrap_or_default();
            readiness == ready && check["ok"] == false && trouble.contains(words)
        })
        .await;
    }

    async fn is_well(&self, name: &str) {
        let well = || async { self.check(name).await == (json!("ready"), json!({ "ok": true })) };
        eventually("all is well again", well).await;
    }

    /// Opens a payment link, and answers its id if that was acknowledged.
    async fn open(&self) -> Option<String> {
        let headers = [("token", self.key.as_str())];
        let fields = [("amount", "25.00"), ("recipient_note", "Order"), ("callback_url", "https://shop.example/paid")];
        let answer = self.http.submit_with("/secpaid/api/v2/createLink", &fields, &headers).await;
        if answer.status == 200 {
            return Some(answer.json()["data"]["id"].to_string());
        }
        answer.is(503);
        None
    }

    async fn journey(&self, id: &str) -> HttpReply {
        let bearer = format!("Bearer {}", self.key);
        self.http.get_with(&format!("/v1/journeys/{id}"), &[("authorization", &bearer)]).await
    }

    /// Opens links until one is refused, and then all that was acknowledged is there.
    async fn opens_until_it_is_refused(&self) {
        let mut acknowledged = Vec::new();
        while let Some(id) = self.open().await {
            acknowledged.push(id);
            assert!(acknowledged.len() < 5_000, "it was never refused");
        }
        for id in acknowledged {
            self.journey(&id).await.is(200);
        }
    }

    async fn opens_again(&self) {
        eventually("links are opened again", || async { self.open().await.is_some() }).await;
    }
}

/// A gateway on this Redis, or on one of its own.
async fn on_redis(redis: Option<&RedisServer>) -> (TestGateway, Watched) {
    on(redis.map(RedisServer::url).as_deref()).await
}

/// A gateway on this store, or on a Redis of its own.
async fn on(store: Option<&str>) -> (TestGateway, Watched) {
    let operator = format!("127.0.0.1:{}", quiet_port());
    let mut env = vec![("HANDBACK_METRICS_LISTEN", operator.as_str())];
    env.extend(store.map(|url| ("HANDBACK_STORE", url)));
    let kind = if store.is_some() { StoreKind::Embedded } else { StoreKind::Redis };
    let mut gateway = TestGateway::open_with(kind, &env).await;
    gateway.expect_errors();
    let (http, key) = (gateway.http.clone(), gateway.merchant("Shop").key);
    (gateway, Watched { http, operator, key })
}

#[tokio::test]
async fn a_full_memory_of_redis_is_said_and_passes() {
    let (mut gateway, watched) = on_redis(None).await;
    watched.opens_again().await;
    gateway.redis().ask("CONFIG SET maxmemory 1");
    assert_eq!(watched.open().await, None);
    watched.is_troubled("store", "ready", "memory full").await;
    gateway.redis().ask("CONFIG SET maxmemory 0");
    watched.opens_again().await;
    watched.is_well("store").await;
}

#[tokio::test]
async fn a_redis_that_becomes_a_replica_is_said_and_passes() {
    let (mut gateway, watched) = on_redis(None).await;
    gateway.redis().ask(&format!("REPLICAOF 127.0.0.1 {}", quiet_port()));
    assert_eq!(watched.open().await, None);
    watched.is_troubled("store", "store read-only", "read-only").await;
    gateway.redis().ask("REPLICAOF NO ONE");
    watched.opens_again().await;
    watched.is_well("store").await;
}

/// Of one shard nobody is left; then of all.
#[tokio::test]
async fn a_node_stays_ready_while_one_master_works() {
    let mut cluster = RedisCluster::start();
    for node in &cluster.nodes {
        assert!(node.ask("CONFIG SET cluster-require-full-coverage no").contains("OK"));
    }
    let (_gateway, watched) = on(Some(&cluster.url())).await;
    watched.is_well("store").await;
    let dead = cluster.nodes[0].address().to_string();
    // Its replica goes first, so that nobody takes its place.
    for at in [3, 0] {
        cluster.nodes[at].kill();
    }
    watched.is_troubled("store", "ready", &format!("the master at {dead}, which has")).await;
    for at in [4, 5, 1, 2] {
        cluster.nodes[at].kill();
    }
    watched.is_troubled("store", "store away", "cannot be reached").await;
    for node in &mut cluster.nodes {
        node.restart();
    }
    watched.is_well("store").await;
    watched.opens_again().await;
}

#[tokio::test]
#[ignore = "mounts a small disk: scripts/test runs it where the system allows that, and says so where not"]
async fn a_full_disk_under_redis_is_said_and_passes() {
    let redis =
        RedisServer::start_by(|folder| small_disk::command("redis-server", folder), &["--appendfsync", "everysec"]);
    let (_gateway, watched) = on_redis(Some(&redis)).await;
    watched.opens_again().await;
    let filler = small_disk::fill(redis.pid(), redis.folder());
    watched.opens_until_it_is_refused().await;
    watched.is_troubled("store", "ready", "disk full").await;
    std::fs::remove_file(filler).unwrap();
    watched.opens_again().await;
    watched.is_well("store").await;
}

#[tokio::test]
#[ignore = "mounts a small disk: scripts/test runs it where the system allows that, and says so where not"]
async fn a_full_disk_under_the_embedded_store_is_said_and_passes() {
    let operator = format!("127.0.0.1:{}", quiet_port());
    let settings = [("LOG", "error"), ("WORKERS", "2"), ("METRICS_LISTEN", operator.as_str())];
    let gateway = GatewayProcess::start_by(|data| small_disk::command(PROGRAM, data), &settings);
    let (http, key) = (Http::to(&gateway.base()), gateway.demo_key());
    let watched = Watched { http, operator, key };
    watched.opens_again().await;
    let filler = small_disk::fill(gateway.pid(), &gateway.data());
    watched.opens_until_it_is_refused().await;
    watched.is_troubled("store", "ready", "disk full").await;
    std::fs::remove_file(filler).unwrap();
    watched.opens_again().await;
    watched.is_well("store").await;
}

#[tokio::test]
async fn clocks_that_are_apart_are_said() {
    let (gateway, watched) = on_redis(None).await;
    watched.check("clock").await;
    gateway.clock.stop();
    tokio::time::sleep(Duration::from_secs(2)).await;
    watched.is_troubled("clock", "ready", "ahead of this machine's").await;
    let metrics = watched.http.get(&format!("http://{}/metrics", watched.operator)).await.text();
    let skew = metrics.lines().find_map(|line| line.strip_prefix("handback_store_clock_skew_seconds "));
    assert!(skew.is_some_and(|skew| skew.parse::<f64>().unwrap() > 1.0), "{skew:?}");
}
