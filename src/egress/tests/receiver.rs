//! A receiver on loopback that counts who comes in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{net::SocketAddr, sync::Arc};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a receiver does once a request's head is there.
#[derive(Clone)]
pub(super) enum Manner {
    /// Writes this, and closes.
    Says(Vec<u8>),
    /// Writes this, and then a piece every few milliseconds for ever.
    Drips(&'static [u8], &'static [u8]),
    /// Says nothing and keeps the connection.
    Silent,
}

pub(super) struct Receiver {
    at: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Receiver {
    /// Answers everybody 200 and `OK`.
    pub(super) async fn open(at: &str) -> Self {
        Self::with(at, Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK".to_vec()))
            .await
    }

    pub(super) async fn with(at: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let (at, accepted) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, manner.clone()));
            }
        });
        Self { at, accepted }
    }

    pub(super) fn port(&self) -> u16 {
        self.at.port()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// How many connections have come in so far. A caller that waits to be accepted is let in first.
    pub(super) async fn accepted(&self) -> usize {
        let before = self.accepted.load(Ordering::SeqCst);
        // The queue is first come, first served: when our own knock is counted, everybody before it is.
        let host = if self.at.ip().is_unspecified() { [127, 0, 0, 1].into() } else { self.at.ip() };
        drop(TcpStream::connect((host, self.at.port())).await.unwrap());
        while self.accepted.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
        self.accepted.fetch_sub(1, Ordering::SeqCst) - 1
    }
}

async fn serve(mut stream: TcpStream, manner: Manner) {
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
            _ => return,
        }
    }
    match manner {
        Manner::Says(bytes) => {
            stream.write_all(&bytes).await.ok();
            stream.shutdown().await.ok();
        }
        Manner::Drips(first, drop) => {
            let mut bytes = first;
            while stream.write_all(bytes).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                bytes = drop;
            }
        }
        Manner::Silent => std::future::pending().await,
    }
}
