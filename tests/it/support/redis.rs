//! A real Redis for tests, and a proxy before it that misbehaves on request.
//!
//! The server listens on a free port of the loopback, keeps its data in a folder of its own, and ends with the value
//! that holds it. Without `redis-server` on the `PATH` a test fails and says so; it never passes by doing nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer for the first time.
const STARTUP: Duration = Duration::from_secs(20);

/// A Redis of our own, which writes to its file before it answers (`appendfsync always`): with `everysec` it answers
/// first while an fsync is under way, and a `kill -9` then takes what it held back.
pub struct RedisServer {
    child: Child,
    port: u16,
    folder: TempDir,
    options: Vec<String>,
    program: Program,
}

/// The program that serves data in this folder; its arguments are still to be given.
type Program = fn(&Path) -> Command;

impl RedisServer {
    /// Starts one and waits until it answers.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further options, such as `["--appendonly", "no"]`.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_by(|_| Command::new("redis-server"), options)
    }

    /// Starts one with further options, by another command.
    pub fn start_by(program: Program, options: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder for Redis");
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        for _ in 0..10 {
            let port = free_port();
            let mut child = spawn(port, &folder, &options, program);
            if is_ready(&mut child, port) {
                return Self { child, port, folder, options, program };
            }
        }
        panic!("redis-server did not start on any of ten ports");
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its data lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Stops it (SIGSTOP): its kernel still accepts, it never answers.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// Kills it (SIGKILL), as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("Redis is ours to kill");
        self.child.wait().expect("Redis is gone");
    }

    /// Whether it was killed, and has not been started again.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Starts it again on the same port, with what it had on disk.
    pub fn restart(&mut self) {
        self.child = spawn(self.port, &self.folder, &self.options, self.program);
        assert!(is_ready(&mut self.child, self.port), "redis-server did not start again on its port");
    }

    /// One command's reply, as far as one read takes it.
    pub fn ask(&self, command: &str) -> String {
        ask(self.address(), command).expect("Redis answers")
    }

    /// A number from `INFO`, such as `used_memory`.
    pub fn info(&self, name: &str) -> u64 {
        let info = self.ask("INFO");
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("{name} is not in INFO"))
    }

    /// A connection to it.
    pub fn connection(&self) -> redis::Connection {
        redis::Client::open(self.url()).and_then(|client| client.get_connection()).expect("Redis lets us in")
    }

    /// The value of one of the options that it was started with.
    pub fn option(&self, name: &str) -> &str {
        let at = self.options.iter().position(|option| option == name);
        at.and_then(|at| self.options.get(at + 1)).expect("the option was given")
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill {signal} failed");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on, each time another one. It is below those that the system gives to clients: between
/// this look and the start of a server nobody is given it.
pub fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let first = usize::try_from(std::process::id()).expect("a number") % 100 * 100;
    loop {
        let offset = (first + NEXT.fetch_add(1, Ordering::SeqCst)) % 10_000;
        let port = 20_000 + u16::try_from(offset).expect("a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

fn spawn(port: u16, folder: &TempDir, options: &[String], program: Program) -> Child {
    let port = port.to_string();
    let spawned = program(folder.path())
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
        .arg(folder.path())
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    spawned.unwrap_or_else(|error| {
        panic!("these tests need a Redis: redis-server must be on the PATH, 7.0 or newer ({error})")
    })
}

/// Waits until it is this very process that answers, not another one that was quicker to take the port.
fn is_ready(child: &mut Child, port: u16) -> bool {
    let own = format!("process_id:{}\r", child.id());
    let deadline = Instant::now() + STARTUP;
    while Instant::now() < deadline && child.try_wait().is_ok_and(|status| status.is_none()) {
        if ask((Ipv4Addr::LOCALHOST, port).into(), "INFO").is_ok_and(|info| info.contains(&own)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

fn ask(address: SocketAddr, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut reply = vec![0; 64 * 1024];
    let length = stream.read(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply[..length]).into_owned())
}

/// A proxy before a Redis.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

#[derive(Default)]
struct Shared {
    wires: Mutex<Vec<Arc<Wire>>>,
    replies_to_drop: AtomicUsize,
    unwanted: Mutex<Option<&'static str>>,
    round_trips: AtomicUsize,
    accepted: AtomicUsize,
    closed: AtomicBool,
}

impl Shared {
    fn is_unwanted(&self, reply: &[u8]) -> bool {
        let holds = |words: &mut &str| reply.windows(words.len()).any(|part| part == words.as_bytes());
        self.unwanted.lock().expect("the words").take_if(holds).is_some()
    }
}

struct Wire {
    client: TcpStream,
    server: TcpStream,
    swallows: AtomicBool,
    answered: AtomicBool,
}

impl Wire {
    fn cut(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

impl Proxy {
    /// Starts one before `server`.
    pub fn before(server: &RedisServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for the proxy");
        let port = listener.local_addr().expect("an address").port();
        let (shared, upstream) = (Arc::new(Shared::default()), server.address());
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.closed.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    join(client, upstream, &accepting);
                }
            }
        });
        Self { shared, port }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Closes the connection instead of relaying the next reply: Redis has done what it was asked, nobody learns of it.
    pub fn drop_next_reply(&self) {
        self.shared.replies_to_drop.fetch_add(1, Ordering::SeqCst);
    }

    /// Closes the connection instead of relaying the next reply that holds `words`.
    pub fn drop_reply_with(&self, words: &'static str) {
        *self.shared.unwanted.lock().expect("the words") = Some(words);
    }

    /// Whether the reply that [`Proxy::drop_reply_with`] spoke of has come, and was dropped.
    pub fn has_dropped(&self) -> bool {
        self.shared.unwanted.lock().expect("the words").is_none()
    }

    /// How many replies are still to be dropped.
    pub fn replies_to_drop(&self) -> usize {
        self.shared.replies_to_drop.load(Ordering::SeqCst)
    }

    /// Swallows everything on the connections that there are, both ways, without closing them. New ones work.
    pub fn swallow(&self) {
        for wire in self.shared.wires.lock().expect("the wires").iter() {
            wire.swallows.store(true, Ordering::SeqCst);
        }
    }

    /// Closes the connections that there are.
    pub fn cut(&self) {
        for wire in self.shared.wires.lock().expect("the wires").drain(..) {
            wire.cut();
        }
    }

    /// How often somebody has asked and waited for an answer, so far.
    pub fn round_trips(&self) -> usize {
        self.shared.round_trips.load(Ordering::SeqCst)
    }

    /// How many connections it has taken, so far.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the listener, so that it sees that it is closed.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn join(client: TcpStream, upstream: SocketAddr, shared: &Arc<Shared>) {
    shared.accepted.fetch_add(1, Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(upstream) else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let wire = Wire { client, server, swallows: AtomicBool::new(false), answered: AtomicBool::new(true) };
    let wire = Arc::new(wire);
    shared.wires.lock().expect("the wires").push(Arc::clone(&wire));
    let (asking, answering) = ((Arc::clone(&wire), Arc::clone(shared)), (wire, Arc::clone(shared)));
    std::thread::spawn(move || relay_requests(&asking.0, &asking.1));
    std::thread::spawn(move || relay_replies(&answering.0, &answering.1));
}

fn relay_requests(wire: &Wire, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = (&wire.client).read(&mut buffer) {
        if wire.swallows.load(Ordering::SeqCst) {
            continue;
        }
        if wire.answered.swap(false, Ordering::SeqCst) {
            shared.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        if (&wire.server).write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    wire.cut();
}

fn relay_replies(wire: &Wire, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = (&wire.server).read(&mut buffer) {
        if wire.swallows.load(Ordering::SeqCst) {
            continue;
        }
        let one_less = |left: usize| left.checked_sub(1);
        if shared.is_unwanted(&buffer[..length]) {
            break;
        }
        if shared.replies_to_drop.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            break;
        }
        wire.answered.store(true, Ordering::SeqCst);
        if (&wire.client).write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    wire.cut();
}
