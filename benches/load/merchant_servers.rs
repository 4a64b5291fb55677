//! Many merchants' servers, each on a port of its own, on one thread: they note when a delivery comes, and answer.

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// When each journey's delivery came first, by the server's place and the journey's number.
type Arrivals = Arc<Mutex<HashMap<(usize, String), Instant>>>;

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerBehaviour {
    /// Answers 200.
    Well,
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
    ports: Vec<u16>,
    arrivals: Arrivals,
}

impl MerchantServers {
    /// Opens a server for each behaviour; they last as long as the bench.
    pub fn open(behaviour: Vec<ServerBehaviour>) -> Self {
        let (arrivals, mut ports, mut listeners) = (Arrivals::default(), Vec::new(), Vec::new());
        for behaviour in behaviour {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.set_nonblocking(true).expect("a socket that does not block");
            ports.push(listener.local_addr().expect("an address").port());
            listeners.push((listener, behaviour));
        }
        let noted = Arc::clone(&arrivals);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                for (place, (listener, behaviour)) in listeners.into_iter().enumerate() {
                    tokio::spawn(listen(listener, place, behaviour, Arc::clone(&noted)));
                }
                std::future::pending::<()>().await;
            });
        });
        Self { ports, arrivals }
    }

    /// The URL of the server in this place.
    pub fn url(&self, place: usize) -> String {
        self.url_of(place, "/told")
    }

    /// The URL of this path there.
    pub fn url_of(&self, place: usize, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[place])
    }

    /// When the delivery of this journey came to the server in this place.
    pub fn arrival(&self, place: usize, pay_id: &str) -> Option<Instant> {
        self.arrivals.lock().expect("arrivals").get(&(place, pay_id.to_owned())).copied()
    }

    /// How many deliveries have come.
    pub fn count(&self) -> usize {
        self.arrivals.lock().expect("arrivals").len()
    }
}

async fn listen(listener: TcpListener, place: usize, behaviour: ServerBehaviour, arrivals: Arrivals) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, place, behaviour, Arc::clone(&arrivals)));
    }
}

async fn serve(mut stream: TcpStream, place: usize, behaviour: ServerBehaviour, arrivals: Arrivals) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.windows(4).any(|four| four == b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        if let ServerBehaviour::Hangs(span) = behaviour {
            tokio::time::sleep(span).await;
            return Ok(());
        }
        let head = String::from_utf8_lossy(&head);
        let number =
            head.split_once("pay_id=").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect());
        arrivals.lock().expect("arrivals").entry((place, number.unwrap_or_default())).or_insert_with(Instant::now);
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
        stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
    }
}
