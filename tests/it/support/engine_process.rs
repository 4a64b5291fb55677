//! A payment engine as a process of its own, whose books are a file: it can be killed, and comes back at the same address.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::gateway_process::quiet_port;
use super::payment_engine::{PaymentEngine, Trap, books_of, file_of};

const FOLDER: &str = "HANDBACK_TEST_ENGINE_FOLDER";
const PORT: &str = "HANDBACK_TEST_ENGINE_PORT";

/// How long it may take to listen.
const STARTUP: Duration = Duration::from_secs(30);

/// An engine, with its folder.
pub struct EngineProcess {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl EngineProcess {
    pub fn start() -> Self {
        let (folder, port) = (TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder"), quiet_port());
        let child = launch(&folder, port);
        let mut engine = Self { child, port, folder };
        engine.await_start();
        engine
    }

    fn await_start(&mut self) {
        let deadline = Instant::now() + STARTUP;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(self.child.try_wait().expect("a child").is_none(), "the engine has ended");
            assert!(Instant::now() < deadline, "the engine does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The configuration of a gateway with this provider.
    pub fn file(&self, more: &str) -> String {
        file_of(&format!("http://127.0.0.1:{}/ask", self.port), more)
    }

    /// Kills it (SIGKILL), and starts it again.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
        self.child = launch(&self.folder, self.port);
        self.await_start();
    }

    /// Sets a trap; [`EngineProcess::has_sprung`] says when it is time to kill it.
    pub fn set(&self, trap: Trap) {
        let when = if trap.acts() { "after" } else { "before" };
        // A file is there as a whole, or not at all.
        std::fs::write(self.folder.path().join("trap.new"), format!("{when} {}", trap.kind())).expect("written");
        std::fs::rename(self.folder.path().join("trap.new"), self.folder.path().join("trap")).expect("renamed");
    }

    pub fn has_sprung(&self) -> bool {
        !self.folder.path().join("trap").exists()
    }

    /// What the customer of a payment decides.
    pub fn decide(&self, reference: &str, refuses: bool) {
        let status = if refuses { "refused" } else { "paid" };
        std::fs::write(self.folder.path().join(reference), status).expect("written");
    }

    /// The references of its payments, and its operations.
    pub fn books(&self) -> (Vec<String>, Vec<(String, String)>) {
        books_of(self.folder.path())
    }
}

impl Drop for EngineProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts this program once more, as the engine.
fn launch(folder: &TempDir, port: u16) -> Child {
    let program = std::env::current_exe().expect("a program");
    let arguments =
        ["--ignored", "--exact", "support::engine_process::an_engine_that_is_killed", "--test-threads", "1"];
    Command::new(program)
        .args(arguments)
        .env(FOLDER, folder.path())
        .env(PORT, port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("started")
}

#[test]
#[ignore = "a child of kill::engine"]
fn an_engine_that_is_killed() {
    let (Some(folder), Ok(port)) = (std::env::var_os(FOLDER), std::env::var(PORT)) else {
        panic!("it is a child of kill::engine, which says where its books are");
    };
    let _engine = PaymentEngine::durable(folder.as_ref(), port.parse().expect("a port"));
    // Its parent kills it; where there is none any more, it ends by itself.
    std::thread::sleep(Duration::from_mins(30));
}
