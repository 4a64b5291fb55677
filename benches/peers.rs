//! A return beside what people would use instead: a handler of their own in Express on Redis, and, as the limit that
//! nothing on this machine exceeds, nginx with a fixed 302.
//!
//! `npm install --prefix benches/peers && cargo bench --bench peers -- [returns]` (10000 unless said otherwise); needs
//! `node`, `nginx` and `redis-server` on the `PATH`. All are asked by the same generator over 50 kept-alive
//! connections, three times, of which the middle one is shown; the Redis is as Handback's is (a file, synced every
//! second).

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]

mod load;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use load::loaded_gateway::{LoadedGateway, Store, request, take_return};
use load::redis::RedisServer;
use load::table::{HEAD, Measured};
use load::wire::Wire;
use load::{flood, generator};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How often each load is measured.
const ROUNDS: usize = 3;

/// A process that ends with the value that holds it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM, so that those who have children of their own take them along.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn main() {
    let returns = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let generator = generator();
    println!("`cargo bench --bench peers -- {returns}`\n\n{HEAD}");
    generator.block_on(nginx(returns));
    for store in [Store::Embedded, Store::Redis] {
        generator.block_on(handback(store, returns));
    }
    for workers in ["1", "2"] {
        generator.block_on(express(workers, returns));
    }
}

async fn nginx(returns: usize) {
    let (folder, port) = (TempDir::new().unwrap(), free_port());
    let config = format!(
        "worker_processes 2; daemon off; error_log stderr crit; pid {0}/pid; events {{ worker_connections 1024; }}
         http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
         uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; keepalive_requests 1000000;
         server {{ listen 127.0.0.1:{port}; return 302 https://shop.example/back?pay_id=1&status=success; }} }}",
        folder.path().display()
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let process = Process(Command::new("nginx").arg("-c").arg(&file).spawn().expect("nginx on the PATH"));
    let to = is_ready(port).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let requests = (0..returns).map(|n| take_return(&format!("{n:032x}"), "paid")).collect();
        rounds.push(Measured::of(&[family(process.0.id())], flood(to, requests)).await);
    }
    println!("{}", Measured::median(rounds).row("nginx, a fixed 302, 2 workers"));
}

async fn handback(store: Store, returns: usize) {
    let loaded = LoadedGateway::open(store, &[("KEEP_ALIVE", "5s"), ("LOG", "warn")]);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let requests = loaded.away(returns).await.iter().map(|state| take_return(state, "paid")).collect();
        rounds.push(Measured::of(&loaded.pids(), flood(loaded.to(), requests)).await);
        assert!(rounds.iter().all(|round| round.run().replies.iter().all(|reply| [200, 303].contains(&reply.status))));
    }
    println!("{}", Measured::median(rounds).row(format!("Handback, {}", store.name())));
}

async fn express(workers: &str, returns: usize) {
    let (redis, port) = (RedisServer::start_with(&["--appendfsync", "everysec"]), free_port());
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/server.js");
    let mut node = Command::new("node");
    node.arg(server).env("NODE_ENV", "production").env("PORT", port.to_string()).env("WORKERS", workers);
    node.env("REDIS_PORT", redis.address().port().to_string()).stdin(Stdio::null());
    let process = Process(node.spawn().expect("node on the PATH"));
    let to = is_ready(port).await;
    let redis_pid = u32::try_from(redis.info("process_id")).unwrap();
    let (mut rounds, pids) = (Vec::new(), [family(process.0.id()), vec![redis_pid]]);
    for round in 0..ROUNDS {
        let states: Vec<_> = (0..returns).map(|n| format!("{round}{n:031x}")).collect();
        store_sessions(redis.address(), &states).await;
        let requests = states.iter().map(|state| take_return(state, "paid")).collect();
        rounds.push(Measured::of(&pids, flood(to, requests)).await);
        assert!(rounds.iter().all(|round| round.run().replies.iter().all(|reply| reply.status == 302)));
    }
    println!("{}", Measured::median(rounds).row(format!("Express and ioredis, {workers} processes")));
}

/// What the peer's own createLink would have stored.
async fn store_sessions(redis: SocketAddr, states: &[String]) {
    let mut commands = String::new();
    for (n, state) in states.iter().enumerate() {
        let session = format!(
            r#"{{"pay_id":{n},"user_id":"c4f5ae08-5f0e-4a5c-9f0e-7c1f0f1f2a11","amount":"25.00","note":"order-{n}","callback":"https://shop.example/back?order={n}"}}"#
        );
        let key = format!("state:{state}");
        let _ = write!(commands, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n{session}\r\n", key.len(), session.len());
    }
    let mut stream = tokio::net::TcpStream::connect(redis).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut replies = vec![0; "+OK\r\n".len() * states.len()];
    let (sent, read) = tokio::join!(writing.write_all(commands.as_bytes()), reading.read_exact(&mut replies));
    assert!(sent.is_ok() && read.is_ok());
}

/// A process and its children.
fn family(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    [pid].into_iter().chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
}

async fn is_ready(port: u16) -> SocketAddr {
    let to: SocketAddr = (Ipv4Addr::LOCALHOST, port).into();
    for _ in 0..500 {
        if tokio::net::TcpStream::connect(to).await.is_ok() {
            Wire::to(to).ask(&request("GET /", "accept: text/html", "")).await;
            return to;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody listens on {to}");
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).unwrap().port()
}
