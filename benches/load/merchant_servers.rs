//! Many merchants' servers, each on a port of its own, on one thread: they note when a delivery comes, and answer.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// What the servers have met.
#[derive(Default)]
struct Met {
    /// When each journey's delivery came first, by the server's place and the journey's number.
    arrivals: Mutex<HashMap<(usize, String), Instant>>,
    /// How many requests hang now, and the most that did.
    hanging: AtomicUsize,
    most_hanging: AtomicUsize,
}

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerBehaviour {
    /// Answers 200.
    Well,
    /// Answers 200, and closes the connection.
    Closes,
    /// Answers 200 after this time.
    Takes(Duration),
    /// Says nothing for this time, and hangs up.
    Hangs(Duration),
    /// What its path says: `/fail` is answered 500, `/busy` 503, `/slow` takes 3 s, `/hang` says nothing for 30 s, and
    /// any other is answered 200.
    AsAsked,
}

/// The servers.
pub struct MerchantServers {
    addresses: Vec<SocketAddr>,
    met: Arc<Met>,
    /// They end when this is dropped.
    _open: oneshot::Sender<()>,
}

impl MerchantServers {
    /// Opens a server for each behaviour; they end with this value.
    pub fn open(behaviour: Vec<ServerBehaviour>) -> Self {
        let listeners = behaviour.iter().map(|_| listener((Ipv4Addr::LOCALHOST, 0).into())).collect();
        Self::of(listeners, behaviour)
    }

    /// Opens as many servers as there are behaviours, all on one port, each on a loopback address of its own.
    pub fn crowd(behaviour: Vec<ServerBehaviour>) -> Self {
        let address = |n: usize| {
            let [_, _, high, low] = u32::try_from(n).expect("a number").to_be_bytes();
            Ipv4Addr::new(127, 1, high, low)
        };
        let first = listener((address(1), 0).into());
        let port = first.local_addr().expect("an address").port();
        let others = (2..=behaviour.len()).map(|n| listener((address(n), port).into()));
        Self::of([first].into_iter().chain(others).collect(), behaviour)
    }

    fn of(listeners: Vec<TcpListener>, behaviour: Vec<ServerBehaviour>) -> Self {
        let addresses = listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect();
        let met = Arc::new(Met::default());
        let noted = Arc::clone(&met);
        let (open, closed) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                for (place, (listener, behaviour)) in listeners.into_iter().zip(behaviour).enumerate() {
                    tokio::spawn(listen(listener, place, behaviour, Arc::clone(&noted)));
                }
                let _ = closed.await;
            });
        });
        Self { addresses, met, _open: open }
    }

    /// The port of the server in this place.
    pub fn port(&self, place: usize) -> u16 {
        self.addresses[place].port()
    }

    /// The URL of the server in this place.
    pub fn url(&self, place: usize) -> String {
        self.url_of(place, "/told")
    }

    /// The URL of this path there.
    pub fn url_of(&self, place: usize, path: &str) -> String {
        format!("http://{}{path}", self.addresses[place])
    }

    /// When the delivery of this journey came to the server in this place.
    pub fn arrival(&self, place: usize, pay_id: &str) -> Option<Instant> {
        self.met.arrivals.lock().expect("arrivals").get(&(place, pay_id.to_owned())).copied()
    }

    /// How many requests have hung at the same time, at the most.
    pub fn most_hanging(&self) -> usize {
        self.met.most_hanging.load(Ordering::Relaxed)
    }

    /// How many deliveries have come.
    pub fn count(&self) -> usize {
        self.met.arrivals.lock().expect("arrivals").len()
    }
}

fn listener(address: SocketAddr) -> TcpListener {
    let listener = TcpListener::bind(address).expect("a port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    listener
}

async fn listen(listener: TcpListener, place: usize, behaviour: ServerBehaviour, met: Arc<Met>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, place, behaviour, Arc::clone(&met)));
    }
}

async fn serve(mut stream: TcpStream, place: usize, behaviour: ServerBehaviour, met: Arc<Met>) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.windows(4).any(|four| four == b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        if let ServerBehaviour::Hangs(span) = behaviour {
            let now = met.hanging.fetch_add(1, Ordering::Relaxed) + 1;
            met.most_hanging.fetch_max(now, Ordering::Relaxed);
            // Until whoever waits has had enough.
            let _ = tokio::time::timeout(span, stream.read_buf(&mut head)).await;
            met.hanging.fetch_sub(1, Ordering::Relaxed);
            return Ok(());
        }
        let head = String::from_utf8_lossy(&head);
        let number =
            head.split_once("pay_id=").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect());
        met.arrivals.lock().expect("arrivals").entry((place, number.unwrap_or_default())).or_insert_with(Instant::now);
        let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
        let (status, span) = match (behaviour, path) {
            (ServerBehaviour::Takes(span), _) => ("200 OK", span),
            (ServerBehaviour::AsAsked, "/fail") => ("500 Oops", Duration::ZERO),
            (ServerBehaviour::AsAsked, "/busy") => ("503 Busy", Duration::ZERO),
            (ServerBehaviour::AsAsked, "/slow") => ("200 OK", Duration::from_secs(3)),
            (ServerBehaviour::AsAsked, "/hang") => ("200 OK", Duration::from_secs(30)),
            _ => ("200 OK", Duration::ZERO),
        };
        tokio::time::sleep(span).await;
        if behaviour == ServerBehaviour::Closes {
            return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
        stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
    }
}
