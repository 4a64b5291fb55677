//! One runtime's connections to one master: one that all callers share, and others for what is confirmed.
//!
//! `WAIT` speaks only of what was written on its own connection, and holds up whatever comes behind it there. So a step that
//! replicas must have goes over a connection that it has to itself, with what confirms it, in one write. A step that was
//! made before writes nothing when it is made again: without a write `WAIT` would confirm nothing at once. So a mark is
//! written behind each, and what replicas have of that they have of all before it.
//!
//! A replica with `appendfsync always` syncs what it has got before it writes its answer, so `WAIT` says as much as `WAITAOF`.
//! That one learns of a synced file with the answer after it, which may come a second later (Redis 8.2).

use std::sync::{Arc, Mutex, PoisonError};

use redis::{FromRedisValue as _, Pipeline, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connection::{Connection, Failure, PAUSE, Packed, Target};
use super::keys;
use super::script::{Request, Sent};
use super::set_up::Observed;
use crate::store::StoreError;

/// How many steps may wait for replicas at a time.
const CONFIRMING: usize = 16;

/// How long replicas may take, in milliseconds: less than a try of a connection.
const REPLICAS: u32 = 300;

/// How long the mark stays, in milliseconds.
const MARK_LIFE: u32 = 60_000;

/// One runtime's connections to one master.
pub(super) struct Master {
    shared: Arc<Connection>,
    target: Target,
    observed: Arc<Observed>,
    free: Semaphore,
    idle: Mutex<Vec<Arc<Connection>>>,
}

impl Master {
    /// Connections that are made when they are first used.
    pub(super) fn new(target: Target, observed: &Arc<Observed>) -> Self {
        let shared = Arc::new(Connection::new(target.clone(), Arc::clone(observed)));
        let (free, idle) = (Semaphore::new(CONFIRMING), Mutex::default());
        Self { shared, target, observed: Arc::clone(observed), free, idle }
    }

    /// The connection that all callers share.
    pub(super) const fn shared(&self) -> &Arc<Connection> {
        &self.shared
    }

    /// Sends one request with what confirms it. The replies are those that it has without: of `ASKING`, where it goes
    /// before, and its own.
    pub(super) async fn confirm(
        &self,
        request: &Request,
        sent: Sent,
        asking: bool,
        deadline: Instant,
    ) -> Result<Vec<Value>, Failure> {
        let busy = || Failure::Lasting(StoreError::Unconfirmed("others wait for its replicas".into()));
        // The semaphore is never closed.
        let Ok(Ok(_free)) = timeout_at(deadline, self.free.acquire()).await else { return Err(busy()) };
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection =
            connection.unwrap_or_else(|| Arc::new(Connection::new(self.target.clone(), Arc::clone(&self.observed))));
        let lent = Lent { connection, to: &self.idle };
        let mut replies = lent.connection.attempt(&self.packed(request, sent, asking), deadline).await?;
        let confirmed = replies.pop().unwrap_or(Value::Nil);
        let mark = replies.pop().unwrap_or(Value::Nil);
        if asking {
            replies.pop();
        }
        // What was refused was not written; whoever sent it looks why.
        if matches!(replies.last(), Some(Value::ServerError(_))) {
            return Ok(replies);
        }
        // Its slot is on its way to another master, where the mark is already: soon the rest is there, too.
        if matches!(mark, Value::ServerError(_)) {
            sleep_until(deadline.min(Instant::now() + PAUSE)).await;
            return Err(Failure::Passing(StoreError::Unconfirmed("its slot is being moved".into())));
        }
        let replicas = self.observed.durability().replicas();
        match u64::from_redis_value(confirmed) {
            Ok(have) if have >= replicas.into() => Ok(replies),
            Ok(have) => Err(unconfirmed(format!("{have} of {replicas} replicas have it"))),
            Err(error) => Err(unconfirmed(error.to_string())),
        }
    }

    fn packed(&self, request: &Request, sent: Sent, asking: bool) -> Packed<'static> {
        let mut pipeline = Pipeline::with_capacity(5);
        let mut mark = redis::cmd("SET");
        mark.arg(keys::mark_beside(request.key().unwrap_or_default())).arg("").arg("PX").arg(MARK_LIFE);
        for command in [request.command(sent).into_owned(), mark] {
            if asking {
                pipeline.add_command(redis::cmd("ASKING"));
            }
            pipeline.add_command(command);
        }
        let replicas = self.observed.durability().replicas();
        pipeline.cmd("WAIT").arg(replicas).arg(REPLICAS);
        Packed::Many(pipeline, if asking { 5 } else { 3 })
    }
}

/// A connection that goes back to the others, also when its caller gives up.
struct Lent<'a> {
    connection: Arc<Connection>,
    to: &'a Mutex<Vec<Arc<Connection>>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.to.lock().unwrap_or_else(PoisonError::into_inner).insert(0, Arc::clone(&self.connection));
    }
}

const fn unconfirmed(why: String) -> Failure {
    Failure::Lasting(StoreError::Unconfirmed(why))
}
