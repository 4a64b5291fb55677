//! A gateway on the calling thread, one connection to it, and what each request costs.

use std::sync::{Arc, Once};

use actix_web::dev::{Service as _, ServiceFactory as _};
use actix_web::rt::{System, SystemRunner};
use handback::clock::{Clock, SystemClock};
use handback::config::Config;
use handback::domain::merchant::MerchantName;
use handback::domain::mode::Mode;
use handback::engine::use_cases::merchants;
use handback::gateway::{self, StoreUse};
use handback::keys::Keys;
use handback::telemetry;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::redis::RedisServer;

/// How often other tasks get their turn after a response: what they do for the request is part of its cost.
const TURNS: usize = 16;

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// A figure for each of [`Cost::NAMES`].
    pub figures: [u64; 4],
}

impl Cost {
    /// How often memory is allocated, or allocated anew because it has become too small; how many bytes these
    /// allocations are of; how many commands Redis carries out, those inside scripts included; how many bytes it reads.
    pub const NAMES: [&str; 4] = ["allocations", "bytes allocated", "commands in Redis", "bytes sent to Redis"];

    /// A cost of these figures.
    pub const fn of(allocations: u64, bytes: u64, commands: u64, sent: u64) -> Self {
        Self { figures: [allocations, bytes, commands, sent] }
    }

    /// What remains when this is taken off.
    fn without(self, other: Self) -> Self {
        Self { figures: std::array::from_fn(|n| self.figures[n].saturating_sub(other.figures[n])) }
    }
}

/// A gateway with one merchant, and a client of it, on the thread that calls it.
pub struct MeasuredGateway {
    system: SystemRunner,
    client: TcpStream,
    /// What the client has read. It is as large as any response, so that the client allocates nothing.
    buffer: Vec<u8>,
    redis: Option<RedisServer>,
    /// What measuring costs by itself.
    nothing: Cost,
    _folder: TempDir,
    /// The API key of its merchant.
    pub api_key: String,
}

impl MeasuredGateway {
    /// One on a Redis of its own.
    pub fn on_redis() -> Self {
        Self::open(Some(RedisServer::start_with(&["--appendfsync", "everysec"])))
    }

    /// One on an embedded store.
    pub fn embedded() -> Self {
        Self::open(None)
    }

    fn open(redis: Option<RedisServer>) -> Self {
        log();
        let folder = TempDir::new().expect("a folder");
        let embedded = || format!("embedded:{}", folder.path().join("data").display());
        let store = redis.as_ref().map_or_else(embedded, RedisServer::url);
        let keys = Keys::write_fresh("k1", SystemClock.entropy());
        // A busy machine is not a slow bank, and the connection stays for the whole test.
        let settings =
            [("STORE", store.as_str()), ("KEYS", keys.reveal()), ("KEEP_ALIVE", "60s"), ("RETURN_BUDGET", "2s")];
        let settings = settings.map(|(name, value)| (format!("HANDBACK_{name}"), value.to_owned()));
        let config = Config::load(None, settings).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let system = System::new();
        let (client, api_key) = system.block_on(serve(&config));
        let (buffer, nothing) = (vec![0; 256 * 1024], Cost::of(0, 0, 0, 0));
        let mut gateway = Self { system, client, buffer, redis, nothing, _folder: folder, api_key };
        gateway.measure(&[]);
        gateway.nothing = gateway.measure(&[]).1;
        gateway
    }

    /// Sends a request, and answers the response and what it has cost, without what measuring costs.
    pub fn ask(&mut self, request: &[u8]) -> (String, Cost) {
        let (read, cost) = self.measure(request);
        (String::from_utf8_lossy(&self.buffer[..read]).into_owned(), cost.without(self.nothing))
    }

    /// Sends a request, or nothing where it is empty; answers the response's length, and what all of it has cost.
    fn measure(&mut self, request: &[u8]) -> (usize, Cost) {
        let (commands, sent) = self.counters();
        let (client, buffer, mut read) = (&mut self.client, &mut self.buffer, 0);
        let system = &self.system;
        let counted = allocation_counter::measure(|| read = system.block_on(exchange(client, buffer, request)));
        let (commands_then, sent_then) = self.counters();
        (read, Cost::of(counted.count_total, counted.bytes_total, commands_then - commands, sent_then - sent))
    }

    /// The commands that Redis has carried out, and the bytes that it has read. To ask for them counts, too.
    fn counters(&self) -> (u64, u64) {
        let info = |name| self.redis.as_ref().map_or(0, |redis| redis.info(name));
        (info("total_commands_processed"), info("total_net_input_bytes"))
    }
}

/// Logs as in production, to nowhere.
fn log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| telemetry::start_to(std::io::sink, "info").expect("a log"));
}

/// Serves one connection of a new gateway with a new merchant: answers its other end, and the merchant's API key.
async fn serve(config: &Config) -> (TcpStream, String) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let engine = gateway::engine(config, &clock, StoreUse::Create, &mut Vec::new()).await.expect("an engine");
    let new = merchants::add(&engine, MerchantName::parse("Corner shop").expect("a name"), Mode::Test)
        .await
        .expect("a merchant");
    let connections = gateway::connections(config, Arc::new(engine)).expect("a gateway");
    let connections = connections.new_service(()).await.expect("a service");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
    let (server, _) = listener.accept().await.expect("a connection");
    actix_web::rt::spawn(async move { drop(connections.call(server).await) });
    (client, new.api_key.reveal().to_owned())
}

/// Sends a request, if there is one, and reads its response into the buffer; answers the length.
async fn exchange(client: &mut TcpStream, buffer: &mut [u8], request: &[u8]) -> usize {
    client.write_all(request).await.expect("a connection");
    let mut read = 0;
    while !request.is_empty() && !is_whole(&buffer[..read]) {
        let more = client.read(&mut buffer[read..]).await.expect("a connection");
        assert!(more > 0, "the connection was closed within {:?}", String::from_utf8_lossy(&buffer[..read]));
        read += more;
    }
    settle().await;
    read
}

async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Whether all of a response is there. It allocates nothing.
fn is_whole(response: &[u8]) -> bool {
    let Some(end) = response.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&response[..end]).expect("a head in ASCII");
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(0, |(_, length)| length.parse().expect("a length"));
    response.len() >= end + 4 + length
}
