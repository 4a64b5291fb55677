//! A connection: its socket and its budget, shared by the stream below the HTTP server and the program above it.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::{future::poll_fn, mem::MaybeUninit, rc::Rc};

use socket2::SockRef;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::admission::Admitted;
use super::budget::{Body, Budget, Limits, Part, Position};
use super::closing::Closing;
use crate::telemetry::metrics::Cut;

/// The response to a head that did not arrive in time (RFC 9110, section 15.5.9).
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// One client's connection. Clones are the same connection.
#[derive(Clone)]
pub struct Connection(Rc<Shared>);

struct Shared {
    socket: RefCell<TcpStream>,
    budget: RefCell<Budget>,
    admitted: Admitted,
    closing: Closing,
    /// A body was announced, and has not been read to its end.
    body_left: Cell<bool>,
    /// A read or a request was refused for now, so that the server must be asked again once it may go on.
    held_back: Cell<bool>,
}

impl Connection {
    /// A connection that is accepted now.
    pub(super) fn new(socket: TcpStream, limits: Limits, (admitted, closing): (Admitted, Closing)) -> Self {
        Self(Rc::new(Shared {
            socket: RefCell::new(socket),
            budget: RefCell::new(Budget::new(limits, Instant::now())),
            admitted,
            closing,
            body_left: Cell::new(false),
            held_back: Cell::new(false),
        }))
    }

    /// The address at its other end.
    pub fn peer_address(&self) -> Option<IpAddr> {
        self.0.socket.borrow().peer_addr().ok().map(|address| address.ip())
    }

    /// Notes that the body of the request under way has been read to its end: another request can follow it.
    pub fn note_body_read(&self) {
        self.0.body_left.set(false);
    }

    /// Waits until the answer before this request has been written: for ever, where that one was the last.
    pub(super) async fn turn(&self) {
        poll_fn(|_| {
            if self.0.budget.borrow().may_begin() {
                return Poll::Ready(());
            }
            // The task is woken when the answer is written: see `serve`.
            self.0.held_back.set(true);
            Poll::Pending
        })
        .await;
    }

    /// Notes that the program begins to work on a request.
    pub(super) fn note_head(&self, body: Body) {
        self.0.body_left.set(body == Body::Announced);
        self.0.budget.borrow_mut().note_head(body);
    }

    /// Notes that an answer's head is there, and says whether it is the last one.
    pub(super) fn note_answer(&self, wished: Position) -> Position {
        let mut budget = self.0.budget.borrow_mut();
        let wished = if self.0.body_left.get() || self.0.closing.is_begun() { Position::Last } else { wished };
        let position = budget.position(wished);
        budget.note_answer(position, Instant::now());
        position
    }

    /// Notes that the program has given all of an answer.
    pub(super) fn note_produced(&self) {
        self.0.budget.borrow_mut().note_produced();
    }

    /// Reads what the budget lets through.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if !self.0.budget.borrow().may_read() {
            self.0.held_back.set(true);
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut *self.0.socket.borrow_mut()).poll_read(cx, buffer))?;
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.0.budget.borrow_mut().note_read(count, Instant::now());
        }
        Poll::Ready(Ok(()))
    }

    /// Writes.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_write(cx, bytes)
    }

    /// Notes that everything has been written that there was: the server asks for this last, and a socket has no buffer
    /// of its own to empty.
    pub(super) fn note_flushed(&self) {
        self.0.budget.borrow_mut().note_flushed(Instant::now());
    }

    /// Ends the writing half.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_shutdown(cx)
    }

    /// Serves the connection by `server`, which reads and writes through it, within its budget.
    ///
    /// When this ends, the socket can be closed: the client is gone, has had its last answer, or has been broken off.
    pub(super) async fn serve<E>(&self, server: impl Future<Output = Result<(), E>>, is_unread: fn(&E) -> bool) {
        let mut timer = Timer::default();
        let left = {
            let (mut server, mut idle_is_over) = (pin!(server), pin!(self.0.closing.idle_is_over()));
            let mut may_idle = true;
            poll_fn(|cx| {
                if let Poll::Ready(ended) = server.as_mut().poll(cx) {
                    return Poll::Ready(Ended::Server(ended));
                }
                let draining = {
                    let budget = self.0.budget.borrow();
                    if budget.may_read() && self.0.held_back.take() {
                        cx.waker().wake_by_ref();
                    }
                    budget.is_draining()
                };
                if self.0.budget.borrow().is_idle() {
                    may_idle = may_idle && idle_is_over.as_mut().poll(cx).is_pending();
                    if !may_idle && !self.has_unread() {
                        return Poll::Ready(Ended::Spent(Part::Idle));
                    }
                }
                match timer.poll(cx, &self.0.budget.borrow()) {
                    Poll::Ready(part) => Poll::Ready(Ended::Spent(part)),
                    // The server waits for the rest of a body, or has begun with what nobody will answer.
                    Poll::Pending if draining => Poll::Ready(Ended::LastAnswer),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        match left {
            Ended::Server(Ok(())) if !self.0.body_left.get() && !self.is_readable().await => {}
            Ended::Server(Err(error)) if !is_unread(&error) => {}
            Ended::Server(_) | Ended::LastAnswer => self.drain(&mut timer).await,
            Ended::Spent(part) => self.cut(part),
        }
    }

    /// Whether there is something to read: to close a socket on it would take the answer from the client.
    async fn is_readable(&self) -> bool {
        poll_fn(|cx| Poll::Ready(self.0.socket.borrow().poll_read_ready(cx).is_ready())).await
    }

    /// Whether something lies in the socket by now, even if we have not been told yet: it is asked itself.
    fn has_unread(&self) -> bool {
        SockRef::from(&*self.0.socket.borrow()).peek(&mut [MaybeUninit::uninit()]).is_ok()
    }

    /// Reads away what still arrives, so that the last answer is not lost (RFC 9112, section 9.6).
    async fn drain(&self, timer: &mut Timer) {
        if !self.0.budget.borrow().is_draining() {
            self.0.budget.borrow_mut().drain(Instant::now());
        }
        let mut shut = false;
        let spent = poll_fn(|cx| {
            shut = shut || self.poll_shutdown(cx).is_ready();
            let mut scratch = [0; 8192];
            while self.0.budget.borrow().may_read() {
                let mut buffer = ReadBuf::new(&mut scratch);
                match self.poll_read(cx, &mut buffer) {
                    Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                    Poll::Ready(_) => return Poll::Ready(None),
                    Poll::Pending => break,
                }
            }
            timer.poll(cx, &self.0.budget.borrow()).map(Some)
        });
        if let Some(part) = spent.await {
            self.cut(part);
        }
    }

    /// Breaks the connection off. What is not written yet is forgotten, here and in the system.
    fn cut(&self, part: Part) {
        let socket = self.0.socket.borrow();
        match part {
            Part::Idle => {}
            Part::Head(begun) => {
                self.0.admitted.count(Cut::Head);
                if begun {
                    // As much as the socket takes at once: nobody waits for it.
                    let _ = socket.try_write(TOO_SLOW);
                }
            }
            Part::Answer | Part::Drain => {
                self.0.admitted.count(if part == Part::Answer { Cut::Answer } else { Cut::Drain });
                let _ = socket.set_zero_linger();
            }
        }
    }
}

/// Why a connection is not served any further.
enum Ended<E> {
    /// The server has nothing more to do with it.
    Server(Result<(), E>),
    /// The last answer is written.
    LastAnswer,
    /// A limit was passed.
    Spent(Part),
}

/// Wakes a connection when a limit is passed. It is made late and moved seldom: most connections end without.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn poll(&mut self, cx: &mut Context<'_>, budget: &Budget) -> Poll<Part> {
        loop {
            let Some(deadline) = budget.deadline() else { return Poll::Pending };
            let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline || timer.is_elapsed() {
                timer.as_mut().reset(deadline);
            }
            if let Some(part) = budget.spent(Instant::now()) {
                return Poll::Ready(part);
            }
            ready!(timer.as_mut().poll(cx));
            if let Some(part) = budget.spent(Instant::now()) {
                return Poll::Ready(part);
            }
        }
    }
}
