//! A connection to one Redis: kept, given up when it is silent, and made anew by itself.
//!
//! redis-rs multiplexes calls over one connection, but never leaves one that has gone silent. So a connection that closed,
//! or was silent twice in a row, is replaced by a new one that all callers share. While it is being made, callers wait
//! for it, until Redis has been away for [`PATIENCE`]: from then on they are told so at once, and whoever comes after it
//! is back finds a connection.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::dial::connect;
use super::script::{Request, Sent};
use super::sentinels::Sentinels;
use super::set_up::{self, Observed, SetUp};
use crate::store::{StoreError, Unwritable};

/// How long one try may take.
const TRY: Duration = Duration::from_millis(400);
/// How long the making of a connection may take: a few round trips, and its Sentinels before it.
const DIAL: Duration = Duration::from_millis(1200);
/// How long Redis may be away before callers no longer wait for it.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long callers wait at the least for another connection after one was given up: one that was only slow is back
/// within a few milliseconds.
const ANOTHER: Duration = Duration::from_millis(200);
/// How long after a failure Redis is left alone, before the next connection.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// How many tries in a row may time out before the connection is given up.
const SILENT: u32 = 2;

/// Whom a connection leads to.
#[derive(Clone)]
pub(super) enum Target {
    /// This server.
    Server(Client),
    /// A node of a cluster, which itself says what it is not the master of.
    Node(Client),
    /// The master that these Sentinels name.
    Master(Arc<Sentinels>),
}

/// One runtime's connection to one Redis.
pub(super) struct Connection {
    target: Target,
    observed: Arc<Observed>,
    line: watch::Sender<Line>,
    /// Only one makes a new connection.
    dialling: Mutex<bool>,
}

/// How a connection stands.
#[derive(Clone)]
enum Line {
    /// Nobody has used it yet.
    New,
    /// There is one.
    Up(Arc<Wire>),
    /// There is none: until when callers wait for one, and why there is none, as far as it is known.
    Down(Instant, Option<StoreError>),
}

/// A connection, to which server, since when there is one, and how often in a row it has been silent, the first time when.
struct Wire {
    connection: MultiplexedConnection,
    server: String,
    since: Instant,
    silent: AtomicU32,
    asked: Mutex<Option<Instant>>,
}

/// Why an attempt has brought no replies.
pub(super) enum Failure {
    /// There was no connection, or it ended, or did not answer in time: another attempt may do.
    Passing(StoreError),
    /// Another attempt would fail as well; so, too, when Redis has been away for so long that nobody waits for it.
    Lasting(StoreError),
}

impl Connection {
    /// A connection that is made when it is first used.
    pub(super) fn new(target: Target, observed: Arc<Observed>) -> Self {
        Self { target, observed, line: watch::channel(Line::New).0, dialling: Mutex::new(false) }
    }

    /// Looks again at how the server is set up.
    pub(super) async fn look(self: &Arc<Self>, deadline: Instant) -> Result<(), StoreError> {
        let mut questions = Pipeline::with_capacity(set_up::ANSWERS);
        SetUp::ask(&mut questions);
        let questions = Packed::Many(questions, set_up::ANSWERS);
        let mut replies = self.attempt(&questions, deadline).await;
        // A connection that was closed unnoticed is followed by another one.
        if let Err(Failure::Passing(_)) = replies {
            replies = self.attempt(&questions, deadline).await;
        }
        let replies = replies.map_err(|(Failure::Passing(error) | Failure::Lasting(error))| error)?;
        if let Line::Up(wire) = &*self.line.borrow() {
            self.observed.note(&wire.server, SetUp::read(replies));
        }
        Ok(())
    }

    /// Sends these requests in one go. Each reply is what Redis said, be it an error.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        requests: &Packed<'_>,
        deadline: Instant,
    ) -> Result<Vec<Value>, Failure> {
        let wire = self.wire(deadline).await?;
        let asked = Instant::now();
        let Ok(replies) = timeout_at(deadline.min(asked + TRY), wire.send(requests)).await else {
            let mut first = wire.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let since = *first.get_or_insert(asked);
            drop(first);
            if wire.silent.fetch_add(1, Ordering::Relaxed) + 1 >= SILENT {
                self.hang_up(&wire, since);
            }
            return Err(Failure::Passing(StoreError::TimedOut));
        };
        if wire.silent.load(Ordering::Relaxed) > 0 {
            wire.silent.store(0, Ordering::Relaxed);
            *wire.asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        match replies {
            Ok(replies) => {
                // A master that has become a replica: its address may lead to the new master.
                if replies.iter().any(is_read_only) {
                    self.hang_up(&wire, asked);
                }
                Ok(replies)
            }
            // redis-rs takes some of the kernel's errors (ETIMEDOUT) for passing ones; no connection survives them.
            Err(error) => {
                let trouble = StoreError::Unreachable(error.to_string());
                if !matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) && !error.is_unrecoverable_error() {
                    return Err(Failure::Lasting(trouble));
                }
                self.hang_up(&wire, asked);
                Err(Failure::Passing(trouble))
            }
        }
    }

    /// The connection, or the one that is being made.
    async fn wire(self: &Arc<Self>, deadline: Instant) -> Result<Arc<Wire>, Failure> {
        let now = Instant::now();
        let until = match &*self.line.borrow() {
            Line::Up(wire) => return Ok(Arc::clone(wire)),
            Line::Down(until, _) => *until,
            Line::New => now + PATIENCE,
        };
        self.line.send_if_modified(|line| {
            let is_new = matches!(line, Line::New);
            if is_new {
                *line = Line::Down(until, None);
            }
            is_new
        });
        self.keep_dialling(now);
        let mut line = self.line.subscribe();
        let up = line.wait_for(|line| matches!(line, Line::Up(_)));
        if let Ok(Ok(line)) = timeout_at(deadline.min(until), up).await
            && let Line::Up(wire) = &*line
        {
            return Ok(Arc::clone(wire));
        }
        match &*self.line.borrow() {
            Line::Up(wire) => Ok(Arc::clone(wire)),
            Line::Down(_, Some(error)) => Err(Failure::Lasting(error.clone())),
            Line::Down(_, None) | Line::New => Err(Failure::Lasting(StoreError::TimedOut)),
        }
    }

    /// Gives this connection up, unless somebody else has done so, and begins to make another one.
    fn hang_up(self: &Arc<Self>, wire: &Arc<Wire>, since: Instant) {
        let gone = self.line.send_if_modified(|line| {
            let is_this = matches!(line, Line::Up(current) if Arc::ptr_eq(current, wire));
            if is_this {
                *line = Line::Down((since + PATIENCE).max(Instant::now() + ANOTHER), None);
            }
            is_this
        });
        if gone {
            tracing::warn!("store.redis.connection_given_up");
            // One that broke as soon as it was made is no reason to hurry.
            self.keep_dialling(wire.since + PAUSE);
        }
    }

    /// Makes connections until there is one, beside the callers, so that none of them has to stay for it.
    fn keep_dialling(self: &Arc<Self>, not_before: Instant) {
        {
            let mut dialling = self.dialling.lock().unwrap_or_else(PoisonError::into_inner);
            // Somebody may have made one since the caller looked.
            if *dialling || matches!(&*self.line.borrow(), Line::Up(_)) {
                return;
            }
            *dialling = true;
        }
        let (target, connection) = (self.target.clone(), Arc::downgrade(self));
        tokio::spawn(async move {
            sleep_until(not_before).await;
            loop {
                let dialled = timeout(DIAL, dial(&target)).await.unwrap_or(Err(StoreError::TimedOut));
                let Some(connection) = Weak::upgrade(&connection) else { return };
                if connection.note(dialled) {
                    return;
                }
                drop(connection);
                sleep(PAUSE).await;
            }
        });
    }

    /// Notes what has come of making a connection; answers whether there is one.
    fn note(&self, dialled: Result<Dialled, StoreError>) -> bool {
        match dialled {
            Ok(Dialled { connection, server, set_up }) => {
                self.observed.note(&server, set_up);
                let since = Instant::now();
                let wire = Wire { connection, server, since, silent: AtomicU32::new(0), asked: Mutex::new(None) };
                let mut dialling = self.dialling.lock().unwrap_or_else(PoisonError::into_inner);
                let before = self.line.send_replace(Line::Up(Arc::new(wire)));
                *dialling = false;
                if let Line::Down(_, Some(_)) = before {
                    tracing::info!("store.redis.back");
                }
                true
            }
            Err(error) => {
                let mut first = None;
                self.line.send_modify(|line| {
                    if let Line::Down(_, why) = line {
                        first = why.replace(error.clone()).is_none().then_some(error);
                    }
                });
                if let Some(error) = first {
                    tracing::warn!(%error, "store.redis.away");
                }
                false
            }
        }
    }
}

impl Wire {
    async fn send(&self, requests: &Packed<'_>) -> Result<Vec<Value>, RedisError> {
        let mut connection = self.connection.clone();
        match requests {
            Packed::One(request, sent) => Ok(vec![connection.send_packed_command(&request.command(*sent)).await?]),
            Packed::Many(pipeline, count) => connection.send_packed_commands(pipeline, 0, *count).await,
        }
    }
}

/// Requests as they are written.
pub(super) enum Packed<'a> {
    /// One alone.
    One(&'a Request, Sent),
    /// Several in one go, and how many.
    Many(Pipeline, usize),
}

impl<'a> Packed<'a> {
    /// These requests in this order, with scripts sent in this way.
    pub(super) fn new(requests: &'a [Request], sent: Sent) -> Self {
        if let [request] = requests {
            return Self::One(request, sent);
        }
        let mut pipeline = Pipeline::with_capacity(requests.len());
        for request in requests {
            pipeline.add_command(request.command(sent).into_owned());
        }
        Self::Many(pipeline, requests.len())
    }
}

fn is_read_only(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::ReadOnly))
}

/// A connection that was made, to which server, and what that says of itself.
struct Dialled {
    connection: MultiplexedConnection,
    server: String,
    set_up: SetUp,
}

/// Makes a connection to a master, and looks at how that is set up.
async fn dial(target: &Target) -> Result<Dialled, StoreError> {
    let told;
    let client = match target {
        Target::Server(client) | Target::Node(client) => client,
        Target::Master(sentinels) => {
            told = sentinels.master().await?;
            &told
        }
    };
    let mut connection = connect(client).await?;
    let is_node = matches!(target, Target::Node(_));
    let mut questions = Pipeline::with_capacity(1 + set_up::ANSWERS);
    questions.cmd(if is_node { "PING" } else { "ROLE" });
    SetUp::ask(&mut questions);
    let replies = connection.send_packed_commands(&questions, 0, 1 + set_up::ANSWERS).await;
    let mut replies = replies.map_err(|error| StoreError::Unreachable(error.to_string()))?.into_iter();
    let first = replies.next().unwrap_or(Value::Nil).extract_error();
    let server = client.get_connection_info().addr().to_string();
    let dialled = Dialled { connection, server, set_up: SetUp::read(replies.collect()) };
    match first {
        Ok(Value::Array(parts)) if !is_node && parts.first() != Some(&Value::BulkString(b"master".to_vec())) => {
            let why = "it is a replica: expected a master, which takes writes";
            Err(StoreError::Unwritable(Unwritable::ReadOnly, why.into()))
        }
        Ok(_) => Ok(dialled),
        // Who may not ask what it is learns it from its first write.
        Err(error)
            if !is_node
                && matches!(
                    error.kind(),
                    ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError)
                ) =>
        {
            Ok(dialled)
        }
        Err(error) => Err(StoreError::Unreachable(error.to_string())),
    }
}
