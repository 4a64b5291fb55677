//! Clients that hold connections in each way that the connection budget knows, while somebody asks honestly.

use std::collections::HashSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::parts::{memory_of, quantile};
use crate::shop::get;
use crate::support::gateway_process::GatewayProcess;
use crate::table::{Row, Size};

/// The most that a client can hold a connection (`src/listener/budget.rs`), and what a busy machine adds.
const BUDGET: Duration = Duration::from_secs(17 + 4);
/// How long 99 in a hundred honest requests may take, by the size: in a quick run much else may go on.
const HONEST: [u64; 3] = [1_000, 100, 100];

/// A way to be a nuisance: what it is called, what it sends at once, and then every half second.
type Kind = (&'static str, Vec<u8>, &'static [u8]);

fn kinds() -> Vec<Kind> {
    let head = |line: &str, more: &str| format!("{line} HTTP/1.1\r\nhost: x\r\n{more}\r\n").into_bytes();
    let chunked = "transfer-encoding: chunked\r\n";
    vec![
        ("says nothing", Vec::new(), b""),
        ("drips a head", b"GET / HTTP/1.1\r\nx: ".to_vec(), b"y"),
        ("drips a second head", [head("GET /readyz", ""), b"GET / HTTP/1.1\r\nx: ".to_vec()].concat(), b"y"),
        ("drips a body that nobody reads", head("POST /nope", chunked), b"1\r\na\r\n"),
        ("never begins its chunks", head("POST /return/sandbox", chunked), b""),
        ("never sends its body", head("POST /return/sandbox", "content-length: 9\r\n"), b""),
        ("takes no answers", head("GET /v1/openapi.json", "").repeat(400), b""),
        ("takes no answer", head("GET /v1/openapi.json", ""), b""),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hold_connections_hold_up_nobody() {
    let sockets = Size::of([400, 1_000, 1_000]);
    let fault = format!("{sockets} connections of clients of eight bad kinds");
    let row = Row::begin("a hostile client holds up nobody", fault);
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let node = GatewayProcess::start(&[("LOG", "error"), ("WORKERS", "2")]);
    let (over, before) = (Arc::new(AtomicBool::new(false)), memory_of(node.pid()));
    let honest = tokio::spawn(ask_honestly(node.port(), Arc::clone(&over)));
    let kinds = kinds();
    // Long: a thousand of each kind, one kind after the other; else all together.
    let waves: Vec<Vec<Kind>> = if Size::of_this_run() == Size::Long {
        kinds.into_iter().map(|kind| vec![kind]).collect()
    } else {
        vec![kinds]
    };
    let (mut slowest, mut most) = (Duration::ZERO, before);
    for wave in waves {
        let names: Vec<_> = wave.iter().map(|(name, ..)| *name).collect();
        let (closed, memory) = attack(&node, &wave, sockets).await;
        assert!(closed < BUDGET, "{names:?}: only closed after {closed:?}");
        (slowest, most) = (slowest.max(closed), most.max(memory));
    }
    over.store(true, Ordering::SeqCst);
    let mut times = honest.await.expect("an honest client");
    let (asked, typical, worst) = (times.len(), quantile(&mut times, 990), quantile(&mut times, 1000));
    assert!(typical < Duration::from_millis(Size::of(HONEST)), "honest requests took {typical:?} to {worst:?}");
    row.holds(&format!(
        "all closed within {:.0} s; {asked} honest requests, 99 of 100 within {} ms, all within {} ms; memory {before:.0}, \
         at its most {most:.0} MB",
        slowest.as_secs_f64(),
        typical.as_millis(),
        worst.as_millis()
    ));
}

/// How long it takes until all are closed, and the most memory meanwhile.
async fn attack(node: &GatewayProcess, kinds: &[Kind], sockets: usize) -> (Duration, f64) {
    let (began, mut most) = (Instant::now(), 0.0_f64);
    let mut open = Vec::new();
    for number in 0..sockets {
        let mut client = TcpStream::connect(("127.0.0.1", node.port())).expect("a connection");
        client.set_nonblocking(true).unwrap();
        let _ = client.write(&kinds[number % kinds.len()].1);
        open.push((client, number % kinds.len()));
        if number % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let ports: HashSet<u16> = open.iter().map(|(client, _)| client.local_addr().unwrap().port()).collect();
    loop {
        for (client, kind) in &mut open {
            let _ = client.write(kinds[*kind].2);
        }
        most = most.max(memory_of(node.pid()));
        if held(node.port(), &ports) == 0 {
            return (began.elapsed(), most);
        }
        assert!(began.elapsed() < 3 * BUDGET, "some are never closed");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// How many connections to these ports the program holds: an orphan of the system's has no inode any more.
fn held(port: u16, ports: &HashSet<u16>) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port_of = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap_or_default(), 16).ok();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let ours =
        rows.filter(|row| port_of(row[1]) == Some(port) && port_of(row[2]).is_some_and(|it| ports.contains(&it)));
    ours.filter(|row| row[9] != "0" || ["01", "08"].contains(&row[3])).count()
}

async fn ask_honestly(port: u16, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut times = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let answer = get(port, "/readyz").await.expect("an honest request was not answered");
        assert_eq!(answer.status, 200);
        times.push(answer.took);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    times
}
