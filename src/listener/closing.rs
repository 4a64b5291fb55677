//! The end of a listener, which loses no request: first every answer is its connection's last, then nobody new gets in,
//! and idle connections are closed.
//!
//! A socket that is closed while somebody connects to it, or while a request lies in it, resets that client. So
//! whoever closes it waits until those that have begun to connect are served, and no others can begin.

use std::{io::Result, net::TcpListener, time::Duration};

use mio::{Events, Interest, Poll, Token};
#[cfg(target_os = "linux")]
use socket2::{SockFilter, SockRef};
use tokio::sync::watch;
use tokio::time::Instant;

/// The one socket that is looked at.
const SOCKET: Token = Token(0);

/// For how long nobody may have waited until nobody else is expected to: longer than a client takes for the last
/// part of its handshake.
const QUIET: Duration = Duration::from_millis(100);

/// How far a listener has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It serves.
    #[default]
    Open,
    /// Every answer is the last on its connection.
    LastAnswers,
    /// Idle connections are closed, too.
    NoMoreRequests,
}

/// How far a listener has come with its end. Clones are of the same listener.
#[derive(Debug, Clone, Default)]
pub struct Closing(watch::Sender<Stage>);

impl Closing {
    /// Makes every answer from now on its connection's last.
    pub fn begin(&self) {
        self.reach(Stage::LastAnswers);
    }

    /// Closes idle connections, now and from now on.
    pub fn close_idle(&self) {
        self.reach(Stage::NoMoreRequests);
    }

    /// Whether it has begun.
    pub fn is_begun(&self) -> bool {
        *self.0.borrow() > Stage::Open
    }

    /// Returns when idle connections are to be closed.
    pub(super) async fn idle_is_over(&self) {
        // The sender lives as long as this borrow of it.
        let _ = self.0.subscribe().wait_for(|stage| *stage == Stage::NoMoreRequests).await;
    }

    fn reach(&self, stage: Stage) {
        self.0.send_if_modified(|current| {
            let further = *current < stage;
            *current = stage.max(*current);
            further
        });
    }
}

/// Lets nobody else begin to connect to this socket, and returns when those that had begun are accepted, or after
/// `most`. Somebody must go on accepting them.
///
/// What begins meanwhile is not refused but left without an answer: the client asks again within a second, and finds
/// another server at this address, or none; no request of it is lost.
///
/// # Errors
/// When the socket cannot be used.
pub async fn let_the_last_in(socket: &TcpListener, most: Duration) -> Result<()> {
    #[cfg(target_os = "linux")]
    SockRef::from(socket).attach_filter(&NO_FIRST_PACKETS)?;
    let mut waiting = Waiting::at(socket)?;
    let deadline = Instant::now() + most;
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET && Instant::now() < deadline {
        if waiting.is_somebody()? {
            quiet_since = Instant::now();
        }
        tokio::time::sleep(QUIET / 20).await;
    }
    Ok(())
}

/// Whoever waits at a socket to be accepted, as one sees it who does not accept anybody.
struct Waiting {
    poll: Poll,
    socket: mio::net::TcpListener,
    events: Events,
}

impl Waiting {
    fn at(socket: &TcpListener) -> Result<Self> {
        let poll = Poll::new()?;
        let mut socket = mio::net::TcpListener::from_std(socket.try_clone()?);
        poll.registry().register(&mut socket, SOCKET, Interest::READABLE)?;
        Ok(Self { poll, socket, events: Events::with_capacity(1) })
    }

    fn is_somebody(&mut self) -> Result<bool> {
        // The system tells of each only once, unless it is asked anew.
        self.poll.registry().reregister(&mut self.socket, SOCKET, Interest::READABLE)?;
        self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
        Ok(!self.events.is_empty())
    }
}

/// A filter (classic BPF) that drops what begins a connection, a SYN without ACK, and lets everything else through. A
/// TCP socket shows a filter its packets from the TCP header on, which has its flags in byte 13 (RFC 9293, section 3.1).
#[cfg(target_os = "linux")]
const NO_FIRST_PACKETS: [SockFilter; 5] = [
    // Load the flags; of them, SYN and ACK.
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x54, 0, 0, 0x12),
    // SYN alone: to the last line; else to the next.
    SockFilter::new(0x15, 1, 0, 0x02),
    // Keep the packet, or drop it.
    SockFilter::new(0x06, 0, 0, u32::MAX),
    SockFilter::new(0x06, 0, 0, 0),
];
