//! The stream that the HTTP server reads and writes: a connection, within its budget.

use std::task::{Context, Poll};
use std::{io::Result, pin::Pin};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Connection;

/// A connection as a stream.
pub struct GuardedStream(Connection);

impl GuardedStream {
    /// The stream of a connection.
    pub const fn of(connection: Connection) -> Self {
        Self(connection)
    }

    /// Its connection.
    pub const fn connection(&self) -> &Connection {
        &self.0
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.0.poll_read(cx, buffer)
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.note_flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.poll_shutdown(cx)
    }
}
