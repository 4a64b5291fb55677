//! One connection that speaks as much HTTP/1.1 as a load generator needs, and costs next to nothing.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, made again whenever the other side has closed it.
pub struct Wire {
    to: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Where it leads.
    pub location: Option<String>,
    /// Its body.
    pub body: String,
}

impl Wire {
    /// A connection that is made when it is needed.
    pub const fn to(to: SocketAddr) -> Self {
        Self { to, stream: None, buffer: Vec::new() }
    }

    /// Sends a request and reads its reply.
    pub async fn ask(&mut self, request: &[u8]) -> Reply {
        if let Some(stream) = self.stream.take() {
            // The other side may have closed it in the meantime; then there is nothing to read.
            if let Ok(reply) = self.exchange(stream, request).await {
                return reply;
            }
        }
        let stream = TcpStream::connect(self.to).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        self.exchange(stream, request).await.expect("a reply")
    }

    async fn exchange(&mut self, mut stream: TcpStream, request: &[u8]) -> io::Result<Reply> {
        stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            }
        };
        let whole = head.len() + 4 + header(&head, "content-length").map_or(0, |length| length.parse().unwrap_or(0));
        while self.buffer.len() < whole {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !header(&head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some(stream);
        }
        Ok(Reply {
            status: head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0),
            location: header(&head, "location").map(str::to_owned),
            body: String::from_utf8_lossy(&self.buffer[head.len() + 4..whole]).into_owned(),
        })
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
