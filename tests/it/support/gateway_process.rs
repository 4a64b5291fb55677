//! The real binary as a process of its own, which can be killed and comes back at the same address on the same data.
//!
//! Its data, and what it prints, lie in a folder below the target folder, on whatever disk that is.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long it may take to answer for the first time.
const STARTUP: Duration = Duration::from_secs(30);

/// The program itself.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_handback");

/// A gateway, with its folder.
pub struct GatewayProcess {
    child: Child,
    port: u16,
    folder: TempDir,
    settings: Vec<(String, String)>,
    program: Program,
}

fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The program, for an embedded store in this folder.
type Program = fn(&Path) -> Command;

impl GatewayProcess {
    /// Starts one with these settings (without `HANDBACK_`), on an embedded store of its own unless they name another,
    /// and waits until it answers.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_by(|_| Command::new(PROGRAM), settings)
    }

    /// Starts one as [`GatewayProcess::start`] does, with this configuration file.
    pub fn start_with(file: &str, settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        let path = folder.path().join("handback.toml");
        std::fs::write(&path, file).unwrap();
        let path = [("CONFIG", path.to_str().unwrap())];
        let settings: Vec<_> = settings.iter().copied().chain(path).collect();
        Self::start_in(folder, |_| Command::new(PROGRAM), &settings)
    }

    /// Starts one as [`GatewayProcess::start`] does, by another command that leads to [`PROGRAM`].
    pub fn start_by(program: Program, settings: &[(&str, &str)]) -> Self {
        Self::start_in(folder(), program, settings)
    }

    fn start_in(folder: TempDir, program: Program, settings: &[(&str, &str)]) -> Self {
        let port = quiet_port();
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| (format!("HANDBACK_{name}"), (*value).to_owned())).collect();
        let child = launch(&folder, port, &settings, program);
        let mut gateway = Self { child, port, folder, settings, program };
        for _ in 0..10 {
            if gateway.answers() {
                return gateway;
            }
            // Somebody was quicker to take the port.
            gateway.port = quiet_port();
            gateway.child = launch(&gateway.folder, gateway.port, &gateway.settings, program);
        }
        panic!("the gateway did not start on any of ten ports: {}", gateway.log());
    }

    /// Its address.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The folder of its embedded store.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("handback-data")
    }

    /// Adds a merchant beside the server that runs, and answers its id and its API key.
    pub fn add_merchant(&self) -> (String, String) {
        let mut add = command(&self.folder, self.port, &self.settings, self.program);
        let added = add
            .args(["merchant", "add", "--mode", "test", "--name", "Shop", "--json"])
            .stdout(Stdio::piped())
            .output()
            .unwrap();
        assert!(added.status.success(), "merchant add: {}", self.log());
        let papers: serde_json::Value = serde_json::from_slice(&added.stdout).unwrap();
        let text = |name: &str| papers[name].as_str().unwrap().to_owned();
        (text("merchant_id"), text("api_key"))
    }

    /// Opens a payment link.
    pub fn open_link(&self, key: &str) {
        let body = "amount=25.00&recipient_note=Order&callback_url=https://shop.example/paid";
        let length = body.len();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        write!(
            stream,
            "POST /secpaid/api/v2/createLink HTTP/1.0\r\ntoken: {key}\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    }

    /// Changes one of its settings, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        let name = format!("HANDBACK_{name}");
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
    }

    /// Waits until it has logged this.
    pub fn await_log(&self, text: &str) {
        let deadline = Instant::now() + STARTUP;
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "{text:?} was never logged: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM), and waits until it has gone home.
    pub fn stop(&mut self) {
        self.ask_to_stop();
        self.await_end();
    }

    /// Asks it to stop (SIGTERM).
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "kill failed");
    }

    /// Waits until it has gone home.
    pub fn await_end(&mut self) {
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "it did not go home by itself: {ended}, {}", self.log());
    }

    /// Starts it again, and waits until it answers.
    pub fn restart(&mut self) {
        self.child = launch(&self.folder, self.port, &self.settings, self.program);
        assert!(self.answers(), "the gateway did not start again at its address: {}", self.log());
    }

    /// Waits until this very process has said that it listens, and is well. `false` when it ended instead.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + STARTUP;
        while !(self.said().contains("listens on") && self.is_well()) {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "the gateway does not answer: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    fn is_well(&self) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.0 200"))
    }

    /// The API key of the demo's merchant, as it is printed at the first start.
    pub fn demo_key(&self) -> String {
        let said = self.said();
        let key = said.lines().find_map(|line| line.trim().strip_prefix("api_key"));
        key.unwrap_or_else(|| panic!("no api_key in {said}")).trim().to_owned()
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    /// What it has logged, since it was started for the first time.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(folder: &TempDir, port: u16, settings: &[(String, String)], program: Program) -> Child {
    let said = File::create(folder.path().join("said")).unwrap();
    command(folder, port, settings, program).stdout(said).spawn().unwrap()
}

fn command(folder: &TempDir, port: u16, settings: &[(String, String)], program: Program) -> Command {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let data = folder.path().join("handback-data");
    let mut command = program(&data);
    command.current_dir(folder.path()).stdin(Stdio::null()).stderr(log);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HANDBACK_")) {
        command.env_remove(name);
    }
    command.env("HANDBACK_LISTEN", format!("127.0.0.1:{port}")).env("HANDBACK_LAME_DUCK", "0s");
    command.envs(settings.iter().cloned());
    command
}

/// A free port below those that the system hands out by itself: while the gateway is down, nobody else gets its
/// address.
pub fn quiet_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 11_000).unwrap();
    loop {
        let port = 20_000 + (own + NEXT.fetch_add(1, Ordering::SeqCst)) % 11_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
