//! How soon a gateway answers after it was started, and how much memory it has while nobody asks.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::direct::{Direct, Portion, Standing};
use crate::fill;
use crate::load::flood;
use crate::load::gateway_process::{GatewayProcess, quiet_port};
use crate::load::loaded_gateway::take_return;
use crate::sizes::Place;
use handback::clock::{Clock as _, SystemClock};

/// How often it is started again.
const STARTS: usize = 20;

/// How long it is left alone before its memory is read, and how many customers return in between.
const IDLE: Duration = Duration::from_mins(1);
const RETURNS: usize = 5_000;

pub async fn measure() {
    println!(
        "| store | first start | started again, the middle of {STARTS} and the slowest | idle, of that anonymous \
         | idle after {RETURNS} returns, of that anonymous |\n| --- | --- | --- | --- | --- |"
    );
    for name in ["embedded", "redis"] {
        let place = Place::new(name);
        let first = start(&place);
        let mut again: Vec<_> = (0..STARTS).map(|_| start(&place)).collect();
        again.sort_unstable();
        let engine = place.engine().await;
        let merchant = fill::merchant(&engine).await.merchant;
        let direct = Direct::like_the_engine(&engine, &merchant, vec![merchant.id]).await;
        let now = SystemClock.now();
        let (standing, life) = (Standing::Away, Duration::from_hours(1));
        let portion = Portion { journeys: RETURNS, standing, opened: (now, now), life, states: RETURNS };
        let states = direct.fill(portion).await;
        drop((direct, engine));
        let (gateway, _) = place.gateway();
        tokio::time::sleep(IDLE).await;
        let idle = memory(&gateway);
        let to = gateway.base()["http://".len()..].parse().expect("an address");
        flood(to, states.iter().map(|state| take_return(state, "paid")).collect()).await;
        tokio::time::sleep(IDLE).await;
        let afterwards = memory(&gateway);
        let [first, middle, slowest] = [first, again[STARTS / 2], again[STARTS - 1]].map(|took| took.as_millis());
        println!("| {name} | {first} ms | {middle} ms, {slowest} ms | {idle} | {afterwards} |");
    }
}

/// Starts a gateway, and answers how long it took until it had answered a request; then kills it.
fn start(place: &Place) -> Duration {
    let port = quiet_port();
    let variables = place.settings().map(|(name, value)| (format!("HANDBACK_{name}"), value));
    let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(variables).env("HANDBACK_LISTEN", format!("127.0.0.1:{port}"));
    let began = Instant::now();
    let mut gateway = Running(command.spawn().expect("a gateway"));
    while !answers(port) {
        assert!(gateway.0.try_wait().expect("a process").is_none(), "the gateway has ended");
        assert!(began.elapsed() < Duration::from_secs(30), "the gateway does not answer");
        std::thread::sleep(Duration::from_micros(200));
    }
    began.elapsed()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.0 200"))
}

/// What it has in memory, and how much of that is its own, in megabytes.
fn memory(gateway: &GatewayProcess) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid())).expect("a process");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB"));
        line.and_then(|kilobytes| kilobytes.trim().parse::<f64>().ok()).expect("a figure") / 1024.0
    };
    format!("{:.1} MB, {:.1} MB", of("VmRSS:"), of("RssAnon:"))
}
