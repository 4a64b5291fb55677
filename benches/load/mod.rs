//! What the benches stand on: a load generator on the loopback, and a gateway that it can be turned on.
//!
//! The generator, the gateway and the Redis share the machine, as they are; so beside the rate, which depends on who
//! else is at work, stands the processor time that a request cost each of them, which depends on that far less.

#![allow(dead_code, reason = "not every bench needs every tool")]

#[path = "../../tests/it/support/gateway_process.rs"]
pub mod gateway_process;
#[path = "../../tests/it/support/redis.rs"]
pub mod redis;

pub mod consents;
pub mod cost;
pub mod loaded_gateway;
pub mod merchant_servers;
pub mod table;
pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use self::wire::{Reply, Wire};

/// How many connections there are.
pub const CONNECTIONS: usize = 50;

/// What came of a load.
pub struct Run {
    /// How long all of it took.
    pub took: Duration,
    /// How long each request took, in ascending order.
    pub waits: Vec<Duration>,
    /// The replies, in the order of the requests.
    pub replies: Vec<Reply>,
}

impl Run {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.took.as_secs_f64()
    }

    /// How long this share of the requests took at the most, in milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        self.waits[((self.waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
    }

    /// Falls over unless every reply has this status.
    pub fn expect(self, status: u16) -> Self {
        let other = self.replies.iter().find(|reply| reply.status != status);
        assert!(other.is_none(), "expected {status}: {other:?}");
        self
    }
}

/// Sends every request once, over as many connections as there are, each with one request under way.
pub async fn flood(to: SocketAddr, requests: Vec<Vec<u8>>) -> Run {
    flood_nodes(&[to], requests).await
}

/// [`flood`] of several nodes, which get equally many connections.
pub async fn flood_nodes(nodes: &[SocketAddr], requests: Vec<Vec<u8>>) -> Run {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let connection = |n| tokio::spawn(drain(nodes[n % nodes.len()], Arc::clone(&requests), Arc::clone(&next)));
    let mut done = Vec::with_capacity(requests.len());
    for connection in (0..CONNECTIONS).map(connection).collect::<Vec<_>>() {
        done.extend(connection.await.expect("a connection"));
    }
    collect(began.elapsed(), done)
}

/// Sends the requests one after the other at this pace, whether or not the ones before have been answered. A wait runs
/// from the moment when its request was due.
pub async fn drip(to: SocketAddr, requests: Vec<Vec<u8>>, every: Duration) -> Run {
    drip_nodes(&[to], requests, every).await
}

/// [`drip`] to several nodes in turn.
pub async fn drip_nodes(nodes: &[SocketAddr], requests: Vec<Vec<u8>>, every: Duration) -> Run {
    let began = Instant::now();
    let mut under_way = Vec::with_capacity(requests.len());
    for (index, request) in requests.into_iter().enumerate() {
        let due = began + every * u32::try_from(index).unwrap_or(u32::MAX);
        let to = nodes[index % nodes.len()];
        tokio::time::sleep_until(due.into()).await;
        under_way.push(tokio::spawn(async move {
            let reply = Wire::to(to).ask(&request).await;
            (index, due.elapsed(), reply)
        }));
    }
    let mut done = Vec::with_capacity(under_way.len());
    for reply in under_way {
        done.push(reply.await.expect("a request"));
    }
    collect(began.elapsed(), done)
}

async fn drain(to: SocketAddr, requests: Arc<Vec<Vec<u8>>>, next: Arc<AtomicUsize>) -> Vec<(usize, Duration, Reply)> {
    let (mut wire, mut done) = (Wire::to(to), Vec::new());
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = requests.get(index) else { return done };
        let began = Instant::now();
        let reply = wire.ask(request).await;
        done.push((index, began.elapsed(), reply));
    }
}

fn collect(took: Duration, mut done: Vec<(usize, Duration, Reply)>) -> Run {
    done.sort_unstable_by_key(|(index, ..)| *index);
    let mut waits: Vec<Duration> = done.iter().map(|(_, wait, _)| *wait).collect();
    waits.sort_unstable();
    Run { took, waits, replies: done.into_iter().map(|(.., reply)| reply).collect() }
}

/// A runtime of one thread for the generator: the machine's other core is for those that are measured.
pub fn generator() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
