//! The link to Redis: a deadline around every call, and a lane for each runtime.
//!
//! The driver of a redis-rs connection dies with the runtime that made it. So each runtime has a lane of its own (which
//! is faster, too): one connection, or one to each master of a cluster. A call is made again inside its deadline, which
//! every request allows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::Value;
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep_until};

use super::address::{Place, RedisAddress};
use super::cluster::{Cluster, ClusterLane};
use super::connection::{Connection, Failure, PAUSE, Packed, Target};
use super::script::{Request, Sent};
use super::sentinels::Sentinels;
use super::trouble::{Remedy, Trouble};
use crate::domain::Shard;
use crate::store::{Result, StoreError};

/// How long a call may take, its retries and a new connection included: the store says so within a second.
const CALL: Duration = Duration::from_millis(800);
/// How many runtimes may have a lane of their own before those that are gone are swept out.
const LANES: usize = 1024;

/// The link to Redis.
pub(super) struct Link {
    address: RedisAddress,
    to: To,
    lanes: RwLock<HashMap<Id, Arc<Lane>>>,
}

/// What a link leads to.
enum To {
    One(Box<Target>),
    Cluster(Arc<Cluster>),
}

/// One runtime's connections.
enum Lane {
    One(Arc<Connection>),
    Cluster(ClusterLane),
}

impl Link {
    /// A link that connects when it is first used.
    ///
    /// # Errors
    /// When the address cannot be connected to, whatever answers there.
    pub(super) fn new(address: RedisAddress) -> Result<Self> {
        let to = match address.place() {
            Place::Server(server) => To::One(Box::new(Target::Server(address.client_of(server)?))),
            Place::Socket(path) => To::One(Box::new(Target::Server(address.client_at(path.clone())?))),
            Place::Sentinels(sentinels, name, login) => {
                To::One(Box::new(Target::Master(Arc::new(Sentinels::new(address.clone(), sentinels, name, login)))))
            }
            Place::Cluster(nodes) => To::Cluster(Arc::new(Cluster::new(address.clone(), nodes))),
        };
        Ok(Self { address, to, lanes: RwLock::default() })
    }

    /// Where it leads.
    pub(super) const fn address(&self) -> &RedisAddress {
        &self.address
    }

    /// Makes one request: one round trip, when all is well.
    ///
    /// # Errors
    /// On trouble, within [`CALL`]. The request may have been carried out, unless it only reads.
    pub(super) async fn ask(&self, request: Request) -> Result<Value, StoreError> {
        self.converse(&[request]).await.map(only).map_err(|trouble| trouble.error)
    }

    /// Makes one request of each server that keeps what we write; where one refuses it, there is no reply.
    ///
    /// # Errors
    /// As [`Link::ask`], but for a refusal.
    pub(super) async fn ask_each(&self, request: Request) -> Result<Vec<Option<Value>>, StoreError> {
        let replies = match &*self.lane()? {
            Lane::One(connection) => converse(connection, &[request], Instant::now() + CALL).await,
            Lane::Cluster(lane) => lane.ask_each(&request, Instant::now() + CALL).await,
        };
        match replies {
            Ok(replies) => Ok(replies.into_iter().map(Some).collect()),
            Err(Trouble { remedy: Remedy::None, .. }) => Ok(vec![None]),
            Err(trouble) => Err(trouble.error),
        }
    }

    /// A shard of each server that keeps what we write.
    ///
    /// # Errors
    /// When none of a cluster's nodes says which has what.
    pub(super) async fn one_shard_each(&self) -> Result<Vec<Shard>> {
        match &*self.lane()? {
            Lane::One(_) => Ok(vec![Shard::of_byte(0)]),
            Lane::Cluster(lane) => lane.one_shard_each(Instant::now() + CALL).await,
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
        let deadline = Instant::now() + CALL;
        match &*self.lane().map_err(Trouble::lasting)? {
            Lane::One(connection) => converse(connection, requests, deadline).await,
            Lane::Cluster(lane) => lane.converse(requests, deadline).await,
        }
    }

    /// The lane of the runtime that we are on.
    fn lane(&self) -> Result<Arc<Lane>> {
        let id = Handle::try_current()
            .map_err(|_| StoreError::Unreachable("called from outside of a tokio runtime".into()))?
            .id();
        let known = self.lanes.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(lane) = known {
            return Ok(lane);
        }
        let mut lanes = self.lanes.write().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= LANES {
            // Which runtimes are gone cannot be seen from here; the others connect again.
            lanes.clear();
        }
        let lane = || match &self.to {
            To::One(target) => Lane::One(Arc::new(Connection::new(Target::clone(target)))),
            To::Cluster(cluster) => Lane::Cluster(ClusterLane::new(Arc::clone(cluster))),
        };
        Ok(Arc::clone(lanes.entry(id).or_insert_with(|| Arc::new(lane()))))
    }
}

/// Makes these requests of one server, in one go.
async fn converse(
    connection: &Arc<Connection>,
    requests: &[Request],
    deadline: Instant,
) -> Result<Vec<Value>, Trouble> {
    let (mut sent, mut before) = (Sent::Short, None);
    loop {
        let packed = Packed::new(requests, sent);
        let trouble = match connection.attempt(&packed, deadline).await {
            Ok(replies) => match replies.into_iter().map(Value::extract_error).collect() {
                Ok(replies) => return Ok(replies),
                Err(error) => Trouble::of(&error),
            },
            Err(Failure::Passing(error)) => Trouble::passing(error),
            Err(Failure::Lasting(error)) => Trouble::lasting(error),
        };
        let trouble = trouble.after(before);
        match trouble.remedy {
            // A server alone has every slot.
            Remedy::None | Remedy::GiveUp | Remedy::Moved(..) | Remedy::Ask(_) => return Err(trouble),
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

/// The one reply to one request.
fn only(replies: Vec<Value>) -> Value {
    replies.into_iter().next().unwrap_or(Value::Nil)
}
