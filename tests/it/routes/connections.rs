//! Connections: whatever a client sends or leaves out, it holds none for long, and honest requests go on meanwhile.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::gateway_process::quiet_port;

/// How long a client may hold a connection at the very most: the limits are a tenth of it, and this machine is busy.
const LONGEST_WAIT: Duration = Duration::from_secs(100);

/// How a client behaves badly.
struct Bad {
    name: &'static str,
    /// What it sends at once.
    sends: Vec<u8>,
    /// What it then goes on to send, piece by piece.
    drips: &'static str,
}

fn bad(name: &'static str, sends: impl Into<Vec<u8>>, drips: &'static str) -> Bad {
    Bad { name, sends: sends.into(), drips }
}

fn head(line: &str, more: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: x\r\n{more}\r\n")
}

/// Clients that hold a connection by a head, a body, or an answer that they do not read.
fn clients() -> Vec<Bad> {
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    let mut all = vec![
        bad("silent", "", ""),
        bad("a slow head", "GET / HTTP/1.1\r\nx: ", "y"),
        bad("a stalled head", "GET / HTTP/1.1\r\nhost: x\r\n", ""),
        bad("a stalled body of a known length", head("POST /return/sandbox", "content-length: 9\r\n"), ""),
        bad("a stalled body that nobody reads", head("GET /nope", "content-length: 9\r\n"), ""),
        bad("many requests, no answer read", head("GET /v1/openapi.json", "").repeat(400), ""),
        bad("many requests to a page, no answer read", head("GET /", "").repeat(400), ""),
    ];
    for (line, more) in [
        ("POST /nope", ""),
        ("GET /readyz", ""),
        ("GET /static/handback.css", ""),
        ("POST /return/sandbox", ""),
        ("POST /v1/preview", ""),
        ("POST /nope", "connection: close\r\n"),
    ] {
        let headers = format!("{CHUNKED}{more}");
        all.push(bad("a chunked body that never begins", head(line, &headers), ""));
        all.push(bad("a chunked body that never ends", head(line, &headers) + "5\r\na=b", ""));
        all.push(bad("a chunked body that goes on", head(line, &headers), "1\r\na\r\n"));
    }
    all
}

/// A client at work. Dropped, it stops.
struct Client {
    name: &'static str,
    /// Its own port, by which the system names its connection.
    port: u16,
    work: JoinHandle<()>,
}

impl Client {
    async fn start(to: &str, bad: Bad) -> Self {
        let mut stream = TcpStream::connect(to).await.unwrap();
        let port = stream.local_addr().unwrap().port();
        let work = tokio::spawn(async move {
            let _ = stream.write_all(&bad.sends).await;
            while !bad.drips.is_empty() && stream.write_all(bad.drips.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            // It keeps the connection, and reads nothing.
            std::future::pending::<()>().await;
        });
        Self { name: bad.name, port, work }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// The clients' ports to which this port's server still holds a descriptor: an orphan of the system's has no inode.
fn held(port: u16) -> Vec<u16> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port_of = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap_or_default(), 16).ok();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let open = rows.filter(|row| port_of(row[1]) == Some(port) && row[9] != "0");
    open.filter_map(|row| port_of(row[2])).collect()
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap()
}

/// Waits until the server has closed each of these connections, and asks honestly all the while.
async fn all_are_closed(gateway: &TestGateway, address: &str, clients: &[Client]) {
    let deadline = Instant::now() + LONGEST_WAIT;
    loop {
        gateway.http.get("/readyz").await.is(200);
        let held = held(port_of(address));
        let open: Vec<&str> = clients.iter().filter(|c| held.contains(&c.port)).map(|c| c.name).collect();
        if open.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still open after {LONGEST_WAIT:?}: {open:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn every_bad_client_is_closed(keep_alive: &str) {
    let listen = format!("127.0.0.1:{}", quiet_port());
    let settings =
        [("HANDBACK_KEEP_ALIVE", keep_alive), ("HANDBACK_METRICS_LISTEN", &listen), ("HANDBACK_BODY_TIMEOUT", "2s")];
    let mut gateway = TestGateway::open_with(StoreKind::Embedded, &settings).await;
    gateway.expect_errors();
    let public = gateway.http.base().trim_start_matches("http://").to_owned();
    let mut at_the_door = Vec::new();
    for bad in clients() {
        at_the_door.push(Client::start(&public, bad).await);
    }
    let first = head("GET /readyz", "");
    for (name, then, drips) in [
        ("a slow second head", "GET /readyz HTTP/1.1\r\nx: ", "y"),
        ("a second head that stalls", "GET /readyz HTTP/1.1\r\n", ""),
        ("a second body that never ends", &*head("POST /nope", "transfer-encoding: chunked\r\n"), "1\r\na\r\n"),
    ] {
        let mut sends = first.clone().into_bytes();
        sends.extend_from_slice(then.as_bytes());
        at_the_door.push(Client::start(&public, bad(name, sends, drips)).await);
    }
    let counters = [
        bad("silent at the counters", "", ""),
        bad("a body that never ends at the counters", head("GET /metrics", "transfer-encoding: chunked\r\n"), ""),
        bad("many requests to the counters", head("GET /metrics", "").repeat(400), ""),
    ];
    let mut at_the_counters = Vec::new();
    for bad in counters {
        at_the_counters.push(Client::start(&listen, bad).await);
    }
    all_are_closed(&gateway, &public, &at_the_door).await;
    all_are_closed(&gateway, &listen, &at_the_counters).await;
    let counted = gateway.http.get(&format!("http://{listen}/metrics")).await.is(200).text();
    for limit in ["head", "answer", "drain"] {
        let none = format!("handback_connections_cut_total{{limit=\"{limit}\"}} 0");
        // A small answer fits into the system's buffers, so that limit may not have been passed.
        assert!(limit == "answer" || !counted.lines().any(|line| line == none), "{none}");
    }
}

#[tokio::test]
async fn no_client_holds_a_connection_for_long() {
    every_bad_client_is_closed("off").await;
}

#[tokio::test]
async fn no_client_holds_a_kept_connection_for_long() {
    every_bad_client_is_closed("3s").await;
}

/// Reads to the end, and counts the answers.
async fn answers_to(address: &str, sent: &[u8]) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut read = Vec::new();
    let ended = tokio::time::timeout(LONGEST_WAIT, stream.read_to_end(&mut read)).await;
    assert!(ended.is_ok(), "the connection was left open");
    String::from_utf8_lossy(&read).matches("HTTP/1.1 200 OK").count()
}

#[tokio::test]
async fn with_keep_alive_off_one_answer_is_the_last() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    for page in ["GET /readyz", "GET /v1/openapi.json", "HEAD /", "GET /static/handback.css"] {
        assert_eq!(answers_to(&address, head(page, "").repeat(5).as_bytes()).await, 1, "{page}");
    }
}

#[tokio::test]
async fn a_kept_connection_answers_what_was_sent_ahead_one_by_one_until_it_is_closed() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_KEEP_ALIVE", "1s")]).await;
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    let (more, last) = (head("GET /v1/openapi.json", ""), head("GET /readyz", "connection: close\r\n"));
    assert_eq!(answers_to(&address, (more.repeat(40) + &last).as_bytes()).await, 41);
    // What says that it is the last is the last, whatever follows it; and so is one whose body was not read.
    assert_eq!(answers_to(&address, (more.repeat(2) + &last + &more).as_bytes()).await, 3);
    let unread = head("GET /readyz", "transfer-encoding: chunked\r\n") + "1\r\na\r\n0\r\n\r\n";
    assert_eq!(answers_to(&address, (more.clone() + &unread + &more).as_bytes()).await, 2);
    // A body that was read to its end lets its connection be kept.
    let body = "POST /v1/preview HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}".to_owned();
    assert_eq!(answers_to(&address, (body + &more + &last).as_bytes()).await, 2);
}

#[tokio::test]
async fn after_its_answer_nobody_uploads_for_long() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    for line in ["POST /nope", "GET /readyz", "POST /return/sandbox", "POST /v1/preview"] {
        for length in ["transfer-encoding: chunked\r\n", "content-length: 100000000000\r\n"] {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(head(line, length).as_bytes()).await.unwrap();
            let (chunk, mut sent) = ([b"10000\r\n".as_slice(), &vec![b'a'; 0x1_0000], b"\r\n"].concat(), 0);
            let upload = async {
                while stream.write_all(&chunk).await.is_ok() {
                    sent += chunk.len();
                }
            };
            tokio::time::timeout(LONGEST_WAIT, upload).await.expect("a connection that is broken off");
            // What is in the system's buffers is not read by anybody.
            assert!(sent < 64 * 1024 * 1024, "{line} {length}: {sent} bytes");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_read_reaches_its_client() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    for line in ["POST /nope", "GET /readyz", "POST /v1/profile"] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let body = "a".repeat(50_000);
        let request = head(line, &format!("content-length: {}\r\n", body.len())) + &body;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{line}: {answer:?}");
    }
}

/// Whether the server has ended a connection on which nothing was asked.
fn is_ended(stream: &TcpStream) -> bool {
    match stream.try_read(&mut [0; 64]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[tokio::test]
async fn one_address_has_its_share_of_connections_unless_it_is_a_proxy() {
    let share = ("HANDBACK_MAX_CONNECTIONS_PER_ADDRESS", "3");
    let limited = TestGateway::open_with(StoreKind::Embedded, &[share]).await;
    let address = limited.http.base().trim_start_matches("http://").to_owned();
    let mut five = Vec::new();
    for _ in 0..5 {
        five.push(TcpStream::connect(&address).await.unwrap());
    }
    let two_are_ended = || async { five.iter().filter(|stream| is_ended(stream)).count() == 2 };
    eventually("two of five are turned away", two_are_ended).await;
    drop(five);
    let asks_again = || async {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let _ = stream.write_all(head("GET /readyz", "").as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer.starts_with(b"HTTP/1.1 200")
    };
    eventually("a connection that ended makes room", asks_again).await;

    let trusting =
        TestGateway::open_with(StoreKind::Embedded, &[share, ("HANDBACK_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let address = trusting.http.base().trim_start_matches("http://").to_owned();
    let mut five = Vec::new();
    for _ in 0..5 {
        five.push(TcpStream::connect(&address).await.unwrap());
    }
    for stream in &mut five {
        stream.write_all(head("GET /readyz", "").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn a_full_gateway_says_so_and_lets_the_next_one_in_when_there_is_room() {
    let listen = format!("127.0.0.1:{}", quiet_port());
    let settings =
        [("HANDBACK_MAX_CONNECTIONS", "4"), ("HANDBACK_WORKERS", "1"), ("HANDBACK_METRICS_LISTEN", listen.as_str())];
    let gateway = TestGateway::open_with(StoreKind::Embedded, &settings).await;
    let health =
        || async { gateway.http.get(&format!("http://{listen}/health")).await.json()["checks"]["connections"].clone() };
    assert_eq!(health().await["ok"], true);
    let address = gateway.http.base().trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    eventually("it is said to be full", || async { health().await["ok"] == false }).await;
    assert_eq!(health().await["limit"], 4);
    // Others wait until the silent ones have had their time; a full node is ready.
    let (fifth, sixth) = tokio::join!(gateway.http.get("/readyz"), gateway.http.get("/readyz"));
    assert_eq!((fifth.is(200).status, sixth.is(200).status), (200, 200));
    eventually("there is room again", || async { health().await["ok"] == true }).await;
    let counted = gateway.http.get(&format!("http://{listen}/metrics")).await.is(200).text();
    let full = counted.lines().find_map(|line| line.strip_prefix("handback_connections_full_total "));
    assert!(full.is_some_and(|count| count != "0"), "{counted}");
    assert!(counted.lines().any(|line| line == "handback_connections_limit 4"), "{counted}");
}

/// Starts the real binary under a limit of open files, and answers what it printed and what the system says of it.
fn started_under(limit: &str) -> (String, String) {
    let folder = tempfile::TempDir::new().unwrap();
    let script = format!("{limit} && exec \"$0\"");
    let mut child = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_handback")])
        .env_clear()
        .envs([("HANDBACK_LISTEN", "127.0.0.1:0"), ("HANDBACK_WORKERS", "2")])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    while !said.contains("open files") && std::io::BufRead::read_line(&mut lines, &mut said).unwrap() > 0 {}
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    (said, limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default().to_owned())
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_goes_and_printed() {
    for (limit, files, connections) in
        [("ulimit -Sn 300 && ulimit -Hn 2000", 2000, 1600), ("ulimit -n 1024", 1024, 820)]
    {
        let (said, limits) = started_under(limit);
        assert!(said.contains(&format!("open files: at most {files}; connections: at most {connections}")), "{said}");
        let soft = limits.split_whitespace().nth(3).map(str::to_owned);
        assert_eq!(soft.as_deref(), Some(files.to_string().as_str()), "{limits}");
    }
}
