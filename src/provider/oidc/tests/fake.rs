//! A server that says what it is told to, and remembers what it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{collections::HashMap, net::Ipv4Addr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does when a path is asked for.
#[derive(Debug, Clone)]
pub(super) enum Play {
    /// Answers with this status and body.
    Say(u16, String),
    /// Promises more than it sends.
    Cut,
}

/// One request that came in.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    /// A field of its form.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(field, _)| field == name).map(|(_, value)| value.into_owned())
    }
}

#[derive(Clone)]
pub(super) struct Fake {
    base: String,
    plays: Arc<Mutex<HashMap<String, Play>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { base, plays: Arc::default(), asked: Arc::default(), connections: Arc::default() };
        let server = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                server.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        fake
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn play(&self, path: &str, play: Play) {
        self.plays.lock().unwrap().insert(path.into(), play);
    }

    /// What was asked of a path.
    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// How many connections have come in so far.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(asked) = read(&mut stream).await {
            let play = self.plays.lock().unwrap().get(&asked.path).cloned().unwrap_or(Play::Say(404, String::new()));
            self.asked.lock().unwrap().push(asked);
            let answer = match &play {
                Play::Say(status, body) => {
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                }
                Play::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"access_token\":\"a\"}".into(),
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            if matches!(play, Play::Cut) {
                return;
            }
        }
    }
}

/// One request; `None` when it is none.
async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut text = Vec::new();
    loop {
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
        let whole = String::from_utf8(text.clone()).ok()?;
        let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            let path = whole.split(' ').nth(1)?.to_owned();
            // The values of headers as they were sent: a credential has capital letters.
            let head = whole.split_once("\r\n\r\n")?.0.to_owned();
            return Some(Asked { path, head, body: body.to_owned() });
        }
    }
}
