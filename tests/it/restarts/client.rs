//! A caller that counts what it loses. It asks nothing twice.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one answer may take: a connection that is begun while a node lets nobody else in begins again after a
/// second.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How a caller uses its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// One for each request.
    New,
    /// One for as many as it is kept for.
    Kept,
}

/// Why a request has no answer of use.
#[derive(Debug)]
pub enum Lost {
    /// Nobody was there to connect to: nothing was sent.
    Refused,
    /// It broke off, on a connection that was kept or a new one.
    Broken(#[allow(dead_code, reason = "it is printed")] String),
    /// It is not the answer that a working gateway gives.
    Status(#[allow(dead_code, reason = "it is printed")] u16),
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub closes: bool,
    pub body: String,
}

/// A caller.
pub struct Client {
    port: u16,
    connections: Connections,
    key: String,
    kept: Option<TcpStream>,
}

impl Client {
    pub fn new(port: u16, connections: Connections, key: &str) -> Self {
        Self { port, connections, key: key.to_owned(), kept: None }
    }

    /// Makes one request: one that opens a payment, or one that reads.
    pub async fn ask(&mut self, opens: bool) -> Result<(), Lost> {
        let answer = timeout(LONGEST_WAIT, self.exchange(opens)).await;
        let answer = answer.unwrap_or_else(|_| Err(Lost::Broken("no answer in time".into())))?;
        if answer.status == 200 { Ok(()) } else { Err(Lost::Status(answer.status)) }
    }

    async fn exchange(&mut self, opens: bool) -> Result<Answer, Lost> {
        let (mut stream, was_kept) = match self.kept.take() {
            Some(stream) => (stream, true),
            None => (self.connect().await?, false),
        };
        let broken = |error: std::io::Error| Lost::Broken(format!("{error}, kept: {was_kept}"));
        stream.write_all(self.request(opens).as_bytes()).await.map_err(broken)?;
        let answer = read_answer(&mut stream).await.map_err(broken)?;
        if !answer.closes && self.connections == Connections::Kept {
            self.kept = Some(stream);
        }
        Ok(answer)
    }

    async fn connect(&self) -> Result<TcpStream, Lost> {
        TcpStream::connect(("127.0.0.1", self.port)).await.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => Lost::Refused,
            _ => Lost::Broken(format!("{error}, connecting")),
        })
    }

    fn request(&self, opens: bool) -> String {
        let close = if self.connections == Connections::New { "connection: close\r\n" } else { "" };
        let head = format!("host: 127.0.0.1\r\nauthorization: Bearer {}\r\n{close}", self.key);
        if !opens {
            return format!("GET /v1/profile HTTP/1.1\r\n{head}\r\n");
        }
        let body = "amount=25.00&recipient_note=Order&callback_url=https://shop.example/paid";
        let (key, length) = (&self.key, body.len());
        format!(
            "POST /secpaid/api/v2/createLink HTTP/1.1\r\n{head}token: {key}\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}"
        )
    }
}

/// Reads one answer to its end, which its `Content-Length` says.
pub async fn read_answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            break (head, end + 4 + length.unwrap_or(0));
        }
        more(stream, &mut bytes).await?;
    };
    while bytes.len() < length {
        more(stream, &mut bytes).await?;
    }
    let body = bytes.split_off(bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default() + 4);
    Ok(Answer {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(),
        closes: head.lines().any(|line| line == "connection: close"),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    match stream.read_buf(bytes).await? {
        0 => Err(std::io::Error::new(ErrorKind::UnexpectedEof, format!("the end after {} bytes", bytes.len()))),
        _ => Ok(()),
    }
}
