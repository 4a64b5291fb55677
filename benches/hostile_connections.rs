//! Clients that hold connections: how soon they are closed, what honest requests notice, and what memory is given back.
//!
//! `cargo bench --bench hostile_connections -- [seconds]` starts the real binary twice: with 1,024 open files, for
//! 1,100 connections, and with 4,096, for three times the connections that it then lets in. Each client behaves badly
//! in one of eight ways, in turn; another asks honestly, ten times a second. Memory is read before, at its most, and so
//! many seconds (60 unless said otherwise) after the last one was closed.

#![allow(missing_docs, clippy::allow_attributes, reason = "a bench has no readers but people")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that falls over has spoken")]
#![allow(clippy::disallowed_methods, reason = "a bench measures how long something really took")]

use std::collections::HashSet;
use std::fs::read_to_string;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Who is not closed after so long never is.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

fn main() {
    let rest = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    println!("`cargo bench --bench hostile_connections -- {rest}`\n");
    println!(
        "| open files | let in | bad clients | closed within | honest answers | slowest | anonymous memory before, most, {rest} s later |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (files, clients) in [(1024, 1_100), (4096, 3 * 3_276)] {
        attack(files, clients, Duration::from_secs(rest));
    }
}

/// What each kind of client sends at once, and then every half second.
fn kinds() -> [(Vec<u8>, &'static [u8]); 8] {
    let head = |line: &str, more: &str| format!("{line} HTTP/1.1\r\nhost: x\r\n{more}\r\n");
    let chunked = "transfer-encoding: chunked\r\n";
    [
        (Vec::new(), b""),
        (b"GET / HTTP/1.1\r\nx: ".to_vec(), b"y"),
        ((head("GET /readyz", "") + "GET / HTTP/1.1\r\nx: ").into_bytes(), b"y"),
        (head("POST /nope", chunked).into_bytes(), b"1\r\na\r\n"),
        (head("POST /return/sandbox", chunked).into_bytes(), b""),
        (head("POST /return/sandbox", "content-length: 9\r\n").into_bytes(), b""),
        (head("GET /v1/openapi.json", "").repeat(400).into_bytes(), b""),
        (head("GET /v1/openapi.json", "").into_bytes(), b""),
    ]
}

fn attack(files: u64, clients: usize, rest: Duration) {
    let gateway = Gateway::start(files);
    let before = gateway.memory();
    let over = Arc::new(AtomicBool::new(false));
    let honest = {
        let (to, over) = (gateway.at, Arc::clone(&over));
        std::thread::spawn(move || ask_honestly(to, &over))
    };
    let (kinds, began, mut most) = (kinds(), Instant::now(), before);
    let mut open: Vec<(TcpStream, usize)> = Vec::new();
    for number in 0..clients {
        let Ok(mut client) = TcpStream::connect(gateway.at) else { continue };
        client.set_nonblocking(true).unwrap();
        let _ = client.write(&kinds[number % kinds.len()].0);
        open.push((client, number % kinds.len()));
    }
    let ports: HashSet<u16> = open.iter().map(|(client, _)| client.local_addr().unwrap().port()).collect();
    let closed = loop {
        for (client, kind) in &mut open {
            let _ = client.write(kinds[*kind].1);
        }
        most = most.max(gateway.memory());
        let held = gateway.held(&ports);
        if held == 0 {
            break began.elapsed();
        }
        assert!(began.elapsed() < LONGEST_WAIT, "{held} clients were not closed");
        std::thread::sleep(Duration::from_millis(500));
    };
    std::thread::sleep(rest);
    over.store(true, Ordering::Relaxed);
    let (answers, asked, slowest) = honest.join().unwrap();
    println!(
        "| {files} | {} | {} | {:.0} s | {answers} of {asked} | {:.1} s | {before}, {most}, {} MB |",
        gateway.lets_in,
        ports.len(),
        closed.as_secs_f64(),
        slowest.as_secs_f64(),
        gateway.memory(),
    );
}

/// Asks until it is over: answers that came, questions, and the longest that one took.
fn ask_honestly(to: SocketAddr, over: &AtomicBool) -> (usize, usize, Duration) {
    let (mut answers, mut asked, mut slowest) = (0, 0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let ask = || {
            let mut stream = TcpStream::connect(to)?;
            stream.set_read_timeout(Some(Duration::from_mins(1)))?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer)
        };
        asked += 1;
        answers += usize::from(ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")));
        slowest = slowest.max(began.elapsed());
        std::thread::sleep(Duration::from_millis(100));
    }
    (answers, asked, slowest)
}

/// The real binary, under a limit of open files.
struct Gateway {
    child: Child,
    at: SocketAddr,
    lets_in: String,
    _folder: tempfile::TempDir,
}

impl Gateway {
    fn start(files: u64) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {files} && exec \"$0\""), env!("CARGO_BIN_EXE_handback")])
            .env_clear()
            .envs([("HANDBACK_LISTEN", "127.0.0.1:0"), ("HANDBACK_LOG", "warn")])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("connections: at most") && lines.read_line(&mut said).unwrap() > 0 {}
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let after = |text: &str| {
            let rest = said.split_once(text).unwrap_or_else(|| panic!("{said}")).1;
            rest.split(|c: char| c == ',' || c.is_whitespace()).next().unwrap_or_default().to_owned()
        };
        let (at, lets_in) = (after("listens on ").parse().unwrap(), after("connections: at most "));
        Self { child, at, lets_in, _folder: folder }
    }

    /// Anonymous resident memory, in MB: what is mapped from the binary is not the clients'.
    fn memory(&self) -> u64 {
        let status = read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
    }

    /// How many of these ports it holds a connection to. One that nobody has accepted yet counts too; an orphan of the
    /// system's, which has no inode, is nobody's once it was let in.
    fn held(&self, ports: &HashSet<u16>) -> usize {
        let table = read_to_string("/proc/net/tcp").unwrap();
        let port_of = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap_or_default(), 16).ok();
        let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
        let ours = rows.filter(|row| port_of(row[1]) == Some(self.at.port()));
        // 01 is ESTABLISHED, 08 is CLOSE_WAIT: neither end has been closed by us.
        let open = ours.filter(|row| row[9] != "0" || ["01", "08"].contains(&row[3]));
        open.filter(|row| port_of(row[2]).is_some_and(|port| ports.contains(&port))).count()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
