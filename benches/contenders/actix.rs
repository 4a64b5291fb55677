//! The ceiling: actix-web with one worker and one connection of redis-rs, which asks what a return of the gateway asks
//! of Redis, and does nothing else.
//!
//! `PORT`, `REDIS_PORT`, and `EXCHANGES`, a file that `prepare` wrote.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{Data, Query, get};
use actix_web::{App, HttpResponse, HttpServer};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Cmd, ConnectionInfo, IntoConnectionInfo as _, Value};
use serde::Deserialize;
use tokio::sync::OnceCell;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

struct Contender {
    exchanges: Vec<u8>,
    /// Where in them each state's exchange begins.
    at: HashMap<String, usize>,
    redis: ConnectionInfo,
    connection: OnceCell<MultiplexedConnection>,
}

#[derive(Deserialize)]
struct Brought {
    state: String,
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let variable = |name| std::env::var(name).expect(name);
    let port = variable("PORT").parse().expect("a port");
    let exchanges = std::fs::read(variable("EXCHANGES"))?;
    let redis = format!("redis://127.0.0.1:{}/0", variable("REDIS_PORT")).into_connection_info().expect("Redis");
    let redis = redis.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let at = index(&exchanges);
    let contender = Data::from(Arc::new(Contender { exchanges, at, redis, connection: OnceCell::new() }));
    HttpServer::new(move || App::new().app_data(contender.clone()).route("/return/sandbox", get().to(take_return)))
        .workers(1)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}

fn index(exchanges: &[u8]) -> HashMap<String, usize> {
    let (mut index, mut at) = (HashMap::new(), 0);
    while at < exchanges.len() {
        let length = u32::from_be_bytes(exchanges[at..at + 4].try_into().expect("four bytes"));
        let mut exchange = Reader(&exchanges[at + 4..]);
        index.insert(String::from_utf8_lossy(exchange.text()).into_owned(), at + 4);
        at += 4 + usize::try_from(length).expect("a length");
    }
    index
}

async fn take_return(contender: Data<Contender>, brought: Query<Brought>) -> HttpResponse {
    let Some(at) = contender.at.get(&brought.state) else { return HttpResponse::NotFound().finish() };
    let mut exchange = Reader(&contender.exchanges[*at..]);
    let (_, location, commands) = (exchange.text(), exchange.text(), exchange.number());
    let mut connection = contender.connection.get_or_init(|| connect(&contender.redis)).await.clone();
    let mut last = Value::Nil;
    for _ in 0..commands {
        let mut command = Cmd::new();
        for _ in 0..exchange.number() {
            command.arg(exchange.text());
        }
        match command.query_async(&mut connection).await {
            Ok(Value::Nil) | Err(_) => return HttpResponse::InternalServerError().finish(),
            Ok(value) => last = value,
        }
    }
    if last != Value::Int(1) {
        return HttpResponse::InternalServerError().finish();
    }
    HttpResponse::SeeOther().insert_header((LOCATION, location)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

async fn connect(redis: &ConnectionInfo) -> MultiplexedConnection {
    let client = redis::Client::open(redis.clone()).expect("a client");
    client.get_multiplexed_async_connection().await.expect("Redis")
}

/// Reads what an exchange consists of, from its beginning.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> usize {
        let (number, rest) = self.0.split_first_chunk().expect("a number");
        self.0 = rest;
        usize::from(u16::from_be_bytes(*number))
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.number();
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        text
    }
}
