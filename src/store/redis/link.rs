//! The link to Redis: a deadline around every call, and a lane for each runtime.
//!
//! The driver of a redis-rs connection dies with the runtime that made it. So each runtime has a lane of its own (which
//! is faster, too): one connection, or one to each master of a cluster. A call is made again inside its deadline, which
//! every request allows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::try_join_all;
use redis::Value;
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep_until};

use super::address::{Place, RedisAddress};
use super::cluster::{Cluster, ClusterLane, Part};
use super::connection::{Failure, PAUSE, Packed, Target};
use super::master::Master;
use super::script::{Request, Sent};
use super::sentinels::Sentinels;
use super::set_up::Observed;
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
    observed: Arc<Observed>,
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
    One(Box<Master>),
    Cluster(ClusterLane),
}

impl Link {
    /// A link that connects when it is first used.
    ///
    /// # Errors
    /// When the address cannot be connected to, whatever answers there.
    pub(super) fn new(address: RedisAddress) -> Result<Self> {
        let observed = Arc::new(Observed::new(address.durability()));
        let to = match address.place() {
            Place::Server(server) => To::One(Box::new(Target::Server(address.client_of(server)?))),
            Place::Socket(path) => To::One(Box::new(Target::Server(address.client_at(path.clone())?))),
            Place::Sentinels(sentinels, name, login) => {
                To::One(Box::new(Target::Master(Arc::new(Sentinels::new(address.clone(), sentinels, name, login)))))
            }
            Place::Cluster(nodes) => To::Cluster(Arc::new(Cluster::new(address.clone(), nodes, &observed))),
        };
        Ok(Self { address, observed, to, lanes: RwLock::default() })
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

    /// How those servers are set up that it has led to.
    pub(super) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Looks at how each server that keeps what we write is set up.
    ///
    /// # Errors
    /// When one of them does not answer.
    pub(super) async fn look(&self) -> Result<()> {
        let deadline = Instant::now() + CALL;
        match &*self.lane()? {
            Lane::One(master) => master.shared().look(deadline).await,
            Lane::Cluster(lane) => lane.look(deadline).await,
        }
    }

    /// The servers that keep what we write.
    ///
    /// # Errors
    /// When none of a cluster's nodes says which has what.
    pub(super) async fn parts(&self) -> Result<Vec<Part>> {
        match &*self.lane()? {
            Lane::One(_) => Ok(vec![Part { shard: Shard::of_byte(0), name: "Redis".into() }]),
            Lane::Cluster(lane) => lane.parts(Instant::now() + CALL).await,
        }
    }

    /// A shard of each of them.
    ///
    /// # Errors
    /// As [`Link::parts`].
    pub(super) async fn one_shard_each(&self) -> Result<Vec<Shard>> {
        Ok(self.parts().await?.into_iter().map(|part| part.shard).collect())
    }

    /// Makes several requests in one round trip; the replies come in the same order.
    ///
    /// # Errors
    /// When one of them fails, as [`Link::ask`] does.
    pub(super) async fn ask_all(&self, requests: &[Request]) -> Result<Vec<Value>, StoreError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let confirms = |request: &Request| self.observed.durability().confirms(request);
        let replies = if requests.iter().any(confirms) {
            let each = requests.iter().map(|request| self.converse(std::slice::from_ref(request)));
            try_join_all(each).await.map(|replies| replies.into_iter().flatten().collect())
        } else {
            self.converse(requests).await
        };
        replies.map_err(|trouble| trouble.error)
    }

    async fn converse(&self, requests: &[Request]) -> Result<Vec<Value>, Trouble> {
        let deadline = Instant::now() + CALL;
        // It is looked at again behind each connection, so also behind one that was made meanwhile.
        let is_kept = requests.iter().any(Request::is_kept);
        let check = || if is_kept { self.observed.check().map_err(Trouble::lasting) } else { Ok(()) };
        check()?;
        let replies = match &*self.lane().map_err(Trouble::lasting)? {
            Lane::One(master) => {
                let confirmed = self.observed.durability().confirmed(requests);
                converse(master, requests, confirmed, deadline).await
            }
            Lane::Cluster(lane) => lane.converse(requests, deadline).await,
        }?;
        check().map(|()| replies)
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
            To::One(target) => Lane::One(Box::new(Master::new(Target::clone(target), &self.observed))),
            To::Cluster(cluster) => Lane::Cluster(ClusterLane::new(Arc::clone(cluster))),
        };
        Ok(Arc::clone(lanes.entry(id).or_insert_with(|| Arc::new(lane()))))
    }
}

/// Makes these requests of one server, in one go.
async fn converse(
    master: &Master,
    requests: &[Request],
    confirmed: Option<&Request>,
    deadline: Instant,
) -> Result<Vec<Value>, Trouble> {
    let (mut sent, mut before) = (Sent::Short, None);
    loop {
        let replies = match confirmed {
            Some(request) => master.confirm(request, sent, false, deadline).await,
            None => master.shared().attempt(&Packed::new(requests, sent), deadline).await,
        };
        let trouble = match replies {
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
