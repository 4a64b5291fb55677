//! `TestGateway`: the real gateway, in this process, on a free port, with a chosen store and a clock that a test moves.
//!
//! A gateway runs on a thread of its own. When it is dropped it is stopped gracefully, and the test fails if anything
//! was logged at error level without having been announced by [`TestGateway::expect_errors`].

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use handback::clock::{Clock as _, SystemClock, TestClock};
use handback::config::Config;
use handback::gateway::Gateway;
use handback::keys::Keys;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::http::Http;
use super::merchant_client::MerchantClient;
use super::redis::{Proxy, RedisServer};
use super::watch;

/// How long a gateway may take to shut down.
const CLOSING: Duration = Duration::from_secs(12);

/// The budget of a return, unless a story is about it: a busy test machine is not a slow bank.
const UNHURRIED: (&str, &str) = ("HANDBACK_RETURN_BUDGET", "2s");

/// No time as a lame duck, unless a story is about it: nobody waits for that.
const AT_ONCE: (&str, &str) = ("HANDBACK_LAME_DUCK", "0s");

/// What a gateway keeps its journeys in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// SQLite, in a folder of its own.
    Embedded,
    /// A Redis of its own.
    Redis,
    /// A Redis of its own, behind a proxy that counts and misbehaves.
    Proxied,
}

/// A running gateway.
pub struct TestGateway {
    pub clock: Arc<TestClock>,
    pub http: Http,
    folder: TempDir,
    redis: Option<RedisServer>,
    proxy: Option<Proxy>,
    env: Vec<(String, String)>,
    file: Option<PathBuf>,
    running: Option<Running>,
    errors: Errors,
}

/// What a gateway may log at error level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errors {
    Unasked,
    Expected,
}

struct Running {
    thread: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    system: usize,
    port: u16,
}

impl TestGateway {
    /// A demo gateway: no configuration file, the sandbox bank, a demo merchant.
    pub async fn open(kind: StoreKind) -> Self {
        Self::open_with(kind, &[]).await
    }

    /// A demo gateway with these variables.
    pub async fn open_with(kind: StoreKind, env: &[(&str, &str)]) -> Self {
        Self::built(kind, env, None).await
    }

    /// An operator's own gateway: with a configuration file of this text.
    pub async fn open_own(kind: StoreKind, file: &str) -> Self {
        Self::open_own_with(kind, file, &[]).await
    }

    /// An operator's own gateway, with these variables besides.
    pub async fn open_own_with(kind: StoreKind, file: &str, env: &[(&str, &str)]) -> Self {
        Self::built(kind, env, Some(file)).await
    }

    async fn built(kind: StoreKind, env: &[(&str, &str)], file: Option<&str>) -> Self {
        watch::begin();
        let folder = TempDir::new().expect("a folder");
        let redis = (kind != StoreKind::Embedded).then(RedisServer::start);
        let proxy = redis.as_ref().filter(|_| kind == StoreKind::Proxied).map(Proxy::before);
        let store = match (&proxy, &redis) {
            (Some(proxy), _) => proxy.url(),
            (None, Some(redis)) => redis.url(),
            (None, None) => format!("embedded:{}", folder.path().join("data").display()),
        };
        let keys = Keys::write_fresh("k1", SystemClock.entropy());
        let own = [("HANDBACK_STORE", store.as_str()), ("HANDBACK_KEYS", keys.reveal()), ("HANDBACK_WORKERS", "2")];
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in [UNHURRIED, AT_ONCE].into_iter().chain(own).chain(env.iter().copied()) {
            all.retain(|(known, _)| known != name);
            all.push((name.to_owned(), value.to_owned()));
        }
        let file = file.map(|text| {
            let path = folder.path().join("handback.toml");
            std::fs::write(&path, text).expect("a configuration file");
            path
        });
        let mut gateway = Self {
            clock: Arc::default(),
            http: Http::to(""),
            folder,
            redis,
            proxy,
            env: all,
            file,
            running: None,
            errors: Errors::Unasked,
        };
        gateway.start(0).await;
        gateway
    }

    async fn start(&mut self, port: u16) {
        let listen = ("HANDBACK_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        let env: Vec<_> = self.env.iter().cloned().chain([listen]).collect();
        let config = Config::load(self.file.clone(), env).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let clock = Arc::clone(&self.clock);
        let (opened, opening) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let system = actix_web::rt::System::new();
            let number = actix_web::rt::System::current().id();
            system.block_on(async move {
                let gateway = Gateway::build(&config, clock).await.unwrap_or_else(|error| panic!("{error:#}"));
                let _ = opened.send((gateway.addr, number));
                gateway
                    .run_until(async { drop(stopped.await) }, std::future::pending())
                    .await
                    .expect("a gateway that runs until it is stopped");
            });
        });
        let (addr, system) = opening.await.expect("a gateway that opens");
        self.http = Http::to(&format!("http://{addr}"));
        self.running = Some(Running { thread, stop, system, port: addr.port() });
    }

    /// Stops the gateway, and builds it again on the same port with what its store has kept.
    pub async fn restart(&mut self) {
        let running = self.running.take().expect("a gateway that runs");
        let port = running.port;
        self.judge(close(running));
        self.start(port).await;
    }

    /// Adds a merchant for tests by the command line, as an operator does, while the gateway runs.
    pub fn merchant(&self, name: &str) -> MerchantClient {
        self.merchant_of("test", name)
    }

    /// Adds a merchant of this mode.
    pub fn merchant_of(&self, mode: &str, name: &str) -> MerchantClient {
        let added = self.command(&["merchant", "add", "--mode", mode, "--json", "--name", name]);
        let merchant = serde_json::from_str(&added).unwrap_or_else(|error| panic!("{error}: {added}"));
        MerchantClient::new(self.http.clone(), &merchant)
    }

    /// Runs `handback` with the configuration of this gateway, and answers what it printed.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs `handback` as [`TestGateway::command`] does, and answers why it failed.
    pub fn refused_command(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("text")
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
        let port = self.running.as_ref().map_or(0, |running| running.port);
        command.env_clear().envs(self.env.iter().cloned()).env("HANDBACK_LISTEN", format!("127.0.0.1:{port}"));
        command.current_dir(self.folder.path()).args(arguments);
        if let Some(file) = &self.file {
            command.arg("--config").arg(file);
        }
        let deadline = Instant::now() + CLOSING;
        loop {
            match command.output() {
                Ok(output) => break output,
                // Another build is just putting the binary in its place.
                Err(error) if Instant::now() < deadline => drop(error),
                Err(error) => panic!("{}: {error}", env!("CARGO_BIN_EXE_handback")),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Moves the clock.
    pub fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// From now on this gateway may log errors: the story is about trouble.
    pub fn expect_errors(&mut self) {
        self.errors = Errors::Expected;
    }

    /// Its Redis.
    pub fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("a gateway on Redis")
    }

    /// The proxy before its Redis.
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("a gateway behind a proxy")
    }

    /// A folder of this gateway's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn judge(&self, logged: Result<Vec<String>, String>) {
        match logged {
            Err(trouble) => fail(&trouble),
            Ok(lines) if !lines.is_empty() && self.errors == Errors::Unasked => {
                fail(&format!("the gateway logged errors:\n  {}", lines.join("\n  ")));
            }
            Ok(_) => {}
        }
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.judge(close(running));
        }
    }
}

/// Asks a gateway to stop, and answers what it has logged at error level.
fn close(running: Running) -> Result<Vec<String>, String> {
    let _ = running.stop.send(());
    let deadline = Instant::now() + CLOSING;
    while !running.thread.is_finished() {
        if Instant::now() > deadline {
            return Err("the gateway did not stop".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let ended = running.thread.join().map_err(|_| "the gateway fell over".to_owned());
    let lines = watch::take(running.system);
    ended.map(|()| lines)
}

/// Fails the test, unless it is failing already.
fn fail(why: &str) {
    assert!(std::thread::panicking(), "{why}");
    eprintln!("and {why}");
}

/// Waits until `is_so`, for as long as a condition may take on a busy machine.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it never came about that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
