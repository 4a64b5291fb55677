//! The link to Redis: connections that we keep ourselves, and a deadline around every call.
//!
//! redis-rs multiplexes calls over one connection, but never leaves one that has gone silent, and its driver dies with
//! the runtime that made it. So each runtime has a connection of its own (which is faster, too); a connection that
//! closed, or was silent twice in a row, is replaced by one new one that all callers share; and a call is made again
//! inside its deadline, which every request allows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::script::{Request, Sent};
use crate::store::{StoreError, Unwritable};

/// How long a call may take, its retries and a new connection included: the store says so within a second.
const CALL: Duration = Duration::from_millis(800);
/// How long one try, or the making of a connection, may take.
const TRY: Duration = Duration::from_millis(400);
/// How long after a failure Redis is left alone, before the next connection or retry.
const PAUSE: Duration = Duration::from_millis(50);
/// How many tries in a row may time out before the connection is given up.
const SILENT: u32 = 2;
/// How many calls may wait to be written to a connection.
const QUEUE: usize = 1024;
/// How many runtimes may have a connection of their own before those that are gone are swept out.
const LANES: usize = 1024;

/// The link to one Redis.
pub(super) struct Link {
    client: Client,
    connections: RwLock<HashMap<Id, Arc<RedisConnection>>>,
}

impl Link {
    /// A link that connects when it is first used.
    pub(super) fn new(client: Client) -> Self {
        Self { client, connections: RwLock::default() }
    }

    /// Where it leads.
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Makes one request: one round trip, when all is well.
    ///
    /// # Errors
    /// On trouble, within [`CALL`]. The request may have been carried out, unless it only reads.
    pub(super) async fn ask(&self, request: Request) -> Result<Value, StoreError> {
        self.converse(&[request]).await.map(only).map_err(|trouble| trouble.error)
    }

    /// Makes one request that Redis may refuse; then there is no reply.
    ///
    /// # Errors
    /// As [`Link::ask`], but for a refusal.
    pub(super) async fn ask_leniently(&self, request: Request) -> Result<Option<Value>, StoreError> {
        match self.converse(&[request]).await {
            Ok(replies) => Ok(Some(only(replies))),
            Err(Trouble { remedy: Remedy::None, .. }) => Ok(None),
            Err(trouble) => Err(trouble.error),
        }
    }

    /// Makes several requests in one round trip; the replies come in the same order.
    ///
    /// # Errors
    /// When one of them fails, as [`Link::ask`] does.
    pub(super) async fn ask_all(&self, requests: &[Request]) -> Result<Vec<Value>, StoreError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        self.converse(requests).await.map_err(|trouble| trouble.error)
    }

    async fn converse(&self, requests: &[Request]) -> Result<Vec<Value>, Trouble> {
        let connection = self.connection().map_err(|error| Trouble { error, remedy: Remedy::Retry })?;
        let deadline = Instant::now() + CALL;
        let (mut sent, mut before) = (Sent::Short, None);
        loop {
            let trouble = match connection.attempt(requests, sent, deadline).await {
                Ok(replies) => return Ok(replies),
                Err(trouble) => trouble.after(before),
            };
            match trouble.remedy {
                Remedy::None => return Err(trouble),
                Remedy::Text => sent = Sent::InFull,
                Remedy::Retry => {}
                Remedy::Wait => sleep_until(deadline.min(Instant::now() + PAUSE)).await,
            }
            if Instant::now() >= deadline {
                return Err(trouble);
            }
            before = Some(trouble.error);
        }
    }

    /// The connection of the runtime that we are on.
    fn connection(&self) -> Result<Arc<RedisConnection>, StoreError> {
        let id = Handle::try_current()
            .map_err(|_| StoreError::Unreachable("called from outside of a tokio runtime".into()))?
            .id();
        let known = self.connections.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(connection) = known {
            return Ok(connection);
        }
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        if connections.len() >= LANES {
            // Which runtimes are gone cannot be seen from here; the others dial again.
            connections.clear();
        }
        Ok(Arc::clone(connections.entry(id).or_insert_with(|| Arc::new(RedisConnection::new(self.client.clone())))))
    }
}

/// The one reply to one request.
fn only(replies: Vec<Value>) -> Value {
    replies.into_iter().next().unwrap_or(Value::Nil)
}

/// What can be done about a failure.
enum Remedy {
    /// Nothing: the same request would fail again.
    None,
    /// Send the scripts' texts.
    Text,
    /// Try again at once; a new connection waits by itself.
    Retry,
    /// Try again in a moment: Redis is up, but not ready.
    Wait,
}

/// A failed attempt.
struct Trouble {
    error: StoreError,
    remedy: Remedy,
}

impl Trouble {
    /// A deadline that ends the last of several attempts says less than the attempt before it.
    fn after(self, before: Option<StoreError>) -> Self {
        match before {
            Some(error @ (StoreError::Unreachable(_) | StoreError::Unwritable(..)))
                if self.error == StoreError::TimedOut =>
            {
                Self { error, ..self }
            }
            _ => self,
        }
    }

    fn of(error: &RedisError) -> Self {
        use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, NoScript, ReadOnly, TryAgain};
        let remedy = match error.kind() {
            ErrorKind::Server(NoScript) => Remedy::Text,
            ErrorKind::Server(BusyLoading | MasterDown | TryAgain | ClusterDown | ReadOnly) => Remedy::Wait,
            ErrorKind::Io | ErrorKind::Parse => Remedy::Retry,
            // A script that runs for too long has no kind of its own.
            _ if error.code() == Some("BUSY") => Remedy::Wait,
            _ => Remedy::None,
        };
        let unwritable = match error.code() {
            Some("OOM") => Some(Unwritable::Memory),
            Some("MISCONF") => Some(Unwritable::Disk),
            Some("READONLY") => Some(Unwritable::ReadOnly),
            _ => None,
        };
        let told = error.to_string();
        let error = match unwritable {
            Some(why) => StoreError::Unwritable(why, told),
            None => StoreError::Unreachable(told),
        };
        Self { error, remedy }
    }
}

/// One runtime's connection.
struct RedisConnection {
    client: Client,
    line: Mutex<Line>,
}

/// How a connection stands.
enum Line {
    /// No connection, and none to be made before this moment.
    Down(Option<Instant>),
    /// One is being made; all who want it wait for the same.
    Dialling(Dial),
    /// There is one.
    Up(Arc<Wire>),
}

type Dial = Shared<BoxFuture<'static, Result<Arc<Wire>, StoreError>>>;

/// A connection, since when there is one, and how often in a row it has been silent.
struct Wire {
    connection: MultiplexedConnection,
    since: Instant,
    silent: AtomicU32,
}

impl RedisConnection {
    const fn new(client: Client) -> Self {
        Self { client, line: Mutex::new(Line::Down(None)) }
    }

    async fn attempt(&self, requests: &[Request], sent: Sent, deadline: Instant) -> Result<Vec<Value>, Trouble> {
        let wire = self.wire(deadline).await.map_err(|error| Trouble { error, remedy: Remedy::Retry })?;
        let Ok(replies) = timeout_at(deadline.min(Instant::now() + TRY), wire.send(requests, sent)).await else {
            if wire.silent.fetch_add(1, Ordering::Relaxed) + 1 >= SILENT {
                self.hang_up(&wire);
            }
            return Err(Trouble { error: StoreError::TimedOut, remedy: Remedy::Retry });
        };
        if wire.silent.load(Ordering::Relaxed) > 0 {
            wire.silent.store(0, Ordering::Relaxed);
        }
        replies.map_err(|error| {
            // redis-rs takes some of the kernel's errors (ETIMEDOUT) for passing ones; no connection survives them.
            let broken = matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) || error.is_unrecoverable_error();
            // A master that has become a replica: its address may lead to the new master.
            if broken || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) {
                self.hang_up(&wire);
            }
            Trouble::of(&error)
        })
    }

    /// The connection, or the one that is being made.
    async fn wire(&self, deadline: Instant) -> Result<Arc<Wire>, StoreError> {
        let dial = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            match &*line {
                Line::Up(wire) => return Ok(Arc::clone(wire)),
                Line::Dialling(dial) => dial.clone(),
                Line::Down(not_before) => {
                    let dial = dial(self.client.clone(), *not_before).boxed().shared();
                    *line = Line::Dialling(dial.clone());
                    dial
                }
            }
        };
        let dialled = timeout_at(deadline, dial.clone()).await.map_err(|_| StoreError::TimedOut)?;
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*line, Line::Dialling(current) if current.ptr_eq(&dial)) {
            *line = match &dialled {
                Ok(wire) => Line::Up(Arc::clone(wire)),
                Err(_) => Line::Down(Some(Instant::now() + PAUSE)),
            };
        }
        dialled
    }

    /// Gives this connection up, unless somebody else has done so.
    fn hang_up(&self, wire: &Arc<Wire>) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*line, Line::Up(current) if Arc::ptr_eq(current, wire)) {
            // One that broke as soon as it was made is no reason to hurry.
            *line = Line::Down(Some(wire.since + PAUSE));
            tracing::warn!("store.redis.connection_given_up");
        }
    }
}

impl Wire {
    async fn send(&self, requests: &[Request], sent: Sent) -> Result<Vec<Value>, RedisError> {
        let mut connection = self.connection.clone();
        let replies = if let [request] = requests {
            vec![connection.send_packed_command(&request.command(sent)).await?]
        } else {
            let mut pipeline = Pipeline::with_capacity(requests.len());
            for request in requests {
                pipeline.add_command(request.command(sent).into_owned());
            }
            connection.send_packed_commands(&pipeline, 0, requests.len()).await?
        };
        replies.into_iter().map(Value::extract_error).collect()
    }
}

/// Makes a connection that has answered once.
async fn dial(client: Client, not_before: Option<Instant>) -> Result<Arc<Wire>, StoreError> {
    if let Some(moment) = not_before {
        sleep_until(moment).await;
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE);
    let connect = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        connection.send_packed_command(&redis::cmd("PING")).await?.extract_error()?;
        Ok(connection)
    };
    match timeout_at(Instant::now() + TRY, connect).await {
        Ok(Ok(connection)) => Ok(Arc::new(Wire { connection, since: Instant::now(), silent: AtomicU32::new(0) })),
        Ok(Err(error)) => Err(Trouble::of(&error).error),
        Err(_) => Err(StoreError::TimedOut),
    }
}
