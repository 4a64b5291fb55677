//! A merchant's server: it writes down what it is sent, and answers as it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut, KeyIvInit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    /// The path and the query.
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    /// The delivery that it is a try at.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").expect("an id")
    }

    /// What is in an encrypted body, as the receivers of SecPaid's documents read it: AES-256-CBC, and the first half
    /// of the key as the initialisation vector.
    #[track_caller]
    pub fn opened(&self, key: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "nothing beside the data: {body}");
        let sealed = STANDARD.decode(body["data"].as_str().expect("a text")).expect("base64");
        let cipher = Decryptor::<Aes256>::new_from_slices(key.as_bytes(), &key.as_bytes()[..16]).expect("a key");
        let plain = cipher.decrypt_padded_vec_mut::<Pkcs7>(&sealed).expect("the right key");
        String::from_utf8(plain).expect("text")
    }
}

/// How a receiver answers the request of this number, from 0.
pub type Answers = Box<dyn Fn(usize, &Received) -> Reply + Send + Sync>;

/// An answer.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// This status, with this body.
    Saying(u16, &'static str),
    /// This status, with these lines in its head.
    Headed(u16, &'static str),
    /// This status, after this time.
    Slow(u16, Duration),
    /// This status, and how many seconds to wait.
    Later(u16, u64),
    /// None: the connection is closed after the request was read.
    Hangup,
    /// None, for this time.
    Hang(Duration),
}

/// A receiver on a port and a thread of its own, which last as long as the tests.
#[derive(Clone)]
pub struct Receiver {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Begins to listen.
    pub fn answering(answers: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::answering_at(0, answers)
    }

    /// Begins to listen at this port.
    pub fn answering_at(port: u16, answers: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).expect("a port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let port = listener.local_addr().expect("an address").port();
        let (received, answers) = (Arc::<Mutex<Vec<Received>>>::default(), Arc::new(Box::new(answers) as Answers));
        let handle = Self { port, received: Arc::clone(&received) };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let (received, answers) = (Arc::clone(&received), Arc::clone(&answers));
                    tokio::spawn(async move { serve(stream, &received, &answers).await });
                }
            });
        });
        handle
    }

    /// One that always answers with this status.
    pub fn saying(status: u16) -> Self {
        Self::answering(move |_, _| Reply::Status(status))
    }

    /// The URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("requests").clone()
    }

    /// How much has come so far.
    pub fn count(&self) -> usize {
        self.received.lock().expect("requests").len()
    }
}

async fn serve(mut stream: TcpStream, all: &Mutex<Vec<Received>>, answers: &Answers) {
    while let Some(received) = read(&mut stream).await {
        let number = {
            let mut all = all.lock().expect("requests");
            all.push(received.clone());
            all.len() - 1
        };
        let (status, more, body) = match answers(number, &received) {
            Reply::Status(status) => (status, String::new(), ""),
            Reply::Saying(status, body) => (status, String::new(), body),
            Reply::Headed(status, lines) => (status, lines.to_owned(), ""),
            Reply::Later(status, seconds) => (status, format!("retry-after: {seconds}\r\n"), ""),
            Reply::Slow(status, span) => {
                tokio::time::sleep(span).await;
                (status, String::new(), "")
            }
            Reply::Hangup => return,
            Reply::Hang(span) => {
                tokio::time::sleep(span).await;
                return;
            }
        };
        let answer = format!("HTTP/1.1 {status} So\r\n{more}content-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: HashMap<_, _> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Received { method, target, headers, body: String::from_utf8(body).expect("text") })
}
