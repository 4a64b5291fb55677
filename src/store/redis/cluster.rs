//! A Redis Cluster: which master has which slot, and a connection to each.
//!
//! All keys of a request are in one slot, and each slot has one master. Requests that are made together are divided by
//! master, sent to all of them at once, and their replies put in order again; whatever a master could not do is sent
//! again, alone, to where it belongs by then. So a master that is away keeps nobody waiting who does not want it.
//!
//! `docs/DESIGN.md` says which clients were weighed, and why the routing is our own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use redis::{Pipeline, Value};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::address::RedisAddress;
use super::cluster_map::{self, Masters, View};
use super::connection::{Failure, PAUSE, Packed, Target};
use super::dial::connect;
use super::keys;
use super::master::Master;
use super::script::{Request, Sent};
use super::server::Server;
use super::set_up::Observed;
use super::trouble::{Remedy, Trouble};
use crate::domain::{Shard, id::SHARDS};
use crate::store::{Result, StoreError};

/// How long a node may take to say which master has which slot.
const ANSWER: Duration = Duration::from_millis(400);
/// How long nobody asks again after a node has answered, whatever fails.
const LEARNED: Duration = Duration::from_millis(100);

/// How long nobody asks again when no node has answered: callers get that error at once meanwhile.
const AWAY: Duration = Duration::from_millis(500);

/// A server that keeps what we write.
pub(super) struct Part {
    /// One of the shards that it has.
    pub(super) shard: Shard,
    /// What people call it.
    pub(super) name: String,
}

/// What is known of a cluster, by all lanes together.
pub(super) struct Cluster {
    address: RedisAddress,
    observed: Arc<Observed>,
    nodes: Vec<Server>,
    masters: RwLock<Arc<Masters>>,
    /// When somebody asked last, and what came of it; only one asks.
    learned: tokio::sync::Mutex<Option<(Instant, Result<()>)>>,
}

impl Cluster {
    /// The cluster that has these nodes.
    pub(super) fn new(address: RedisAddress, nodes: &[Server], observed: &Arc<Observed>) -> Self {
        let (nodes, observed) = (nodes.to_vec(), Arc::clone(observed));
        Self { address, observed, nodes, masters: RwLock::default(), learned: tokio::sync::Mutex::new(None) }
    }

    fn masters(&self) -> Arc<Masters> {
        Arc::clone(&self.masters.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn know(&self, masters: Masters) {
        *self.masters.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(masters);
    }

    /// Notes that a slot has moved.
    fn moved(&self, slot: u16, to: Server) {
        let mut masters = Masters::clone(&self.masters());
        masters.insert(slot, to);
        self.know(masters);
    }

    /// Asks the cluster which master has which slot, unless somebody has just done so.
    async fn learn(&self) -> Result<()> {
        let mut learned = self.learned.lock().await;
        if let Some((moment, said)) = &*learned
            && moment.elapsed() < if said.is_ok() { LEARNED } else { AWAY }
        {
            return said.clone();
        }
        let known = self.masters();
        let said = self.views(&known).await.map(|views| self.know(cluster_map::merged(&known, &views)));
        *learned = Some((Instant::now(), said.clone()));
        said
    }

    /// What the nodes say, asked at the same time: more than half of them, and more until every slot of ours has a
    /// master, or all have answered that do.
    async fn views(&self, known: &Masters) -> Result<Vec<View>> {
        let mut nodes: Vec<&Server> = known.values().chain(&self.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let enough = nodes.len() / 2 + 1;
        let asked = nodes.into_iter().map(|node| async move {
            let silent = |_| Err(StoreError::Unreachable(format!("the node at {node} does not answer")));
            timeout(ANSWER, self.ask(node)).await.unwrap_or_else(silent)
        });
        let mut asked: FuturesUnordered<_> = asked.collect();
        let (mut views, mut trouble) = (Vec::new(), StoreError::TimedOut);
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(view) => views.push(view),
                Err(error) => trouble = error,
            }
            if views.len() >= enough && cluster_map::is_complete(&views) {
                break;
            }
        }
        if views.is_empty() { Err(trouble) } else { Ok(views) }
    }

    /// What one node says.
    async fn ask(&self, node: &Server) -> Result<View> {
        let said = |what: String| StoreError::Unreachable(format!("the node at {node} {what}"));
        let mut connection = connect(&self.address.client_of(node)?).await?;
        let mut questions = Pipeline::with_capacity(2);
        questions.cmd("CLUSTER").arg("SLOTS").cmd("CLUSTER").arg("NODES");
        let answers = connection.send_packed_commands(&questions, 0, 2).await;
        let answers = answers.map_err(|error| said(format!("refuses: {error}")))?;
        let [slots, nodes] = <[Value; 2]>::try_from(answers).map_err(|_| said("answers something else".into()))?;
        let slots = slots.extract_error().map_err(|error| said(format!("refuses: {error}")))?;
        View::read(node, slots, nodes).ok_or_else(|| said("lists slots strangely".into()))
    }
}

/// One runtime's connections to the masters of a cluster.
pub(super) struct ClusterLane {
    cluster: Arc<Cluster>,
    connections: Mutex<BTreeMap<Server, Arc<Master>>>,
}

/// A request under way: its place among those that were made with it, and whom it goes to.
struct RoutedRequest<'a> {
    at: usize,
    request: &'a Request,
    to: To,
    sent: Sent,
}

/// Whom a request goes to.
enum To {
    /// The master of this slot.
    Slot(u16),
    /// This server, this once, and then to the master of the slot again.
    Asking(u16, Server),
}

/// What has come of the requests so far, and what is to be done before the next round.
struct Progress {
    replies: Vec<Option<Value>>,
    learn: bool,
    wait: bool,
    trouble: Option<Trouble>,
}

/// Requests that were sent to one server, and what it said to them.
struct Round<'a> {
    server: Option<Server>,
    requests: Vec<RoutedRequest<'a>>,
    outcome: Result<Vec<Value>, Failure>,
}

impl ClusterLane {
    /// A lane without connections yet.
    pub(super) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, connections: Mutex::default() }
    }

    /// Makes these requests, each of the master that has its key.
    pub(super) async fn converse(&self, requests: &[Request], deadline: Instant) -> Result<Vec<Value>, Trouble> {
        let routed = requests.iter().enumerate().map(|(at, request)| {
            let to = To::Slot(request.key().map_or(0, keys::slot_of));
            RoutedRequest { at, request, to, sent: Sent::Short }
        });
        self.run(routed.collect(), requests.len(), deadline).await
    }

    /// Looks at how each master is set up.
    pub(super) async fn look(&self, deadline: Instant) -> Result<()> {
        let masters = self.known_masters(deadline).await?;
        let servers: BTreeSet<_> = masters.values().collect();
        let looks = servers.into_iter().map(|server| async { self.master(server)?.shared().look(deadline).await });
        join_all(looks).await.into_iter().collect()
    }

    /// The masters that have shards; as one more, the shards of which it is not known who has them.
    pub(super) async fn parts(&self, deadline: Instant) -> Result<Vec<Part>> {
        let masters = self.known_masters(deadline).await?;
        let mut shards: BTreeMap<_, Vec<Shard>> = BTreeMap::new();
        for (shard, slot) in Shard::all().zip(keys::slots()) {
            shards.entry(masters.get(&slot)).or_default().push(shard);
        }
        let parts = shards.into_iter().map(|(master, shards)| {
            let who = master.map_or_else(|| "no known master".to_owned(), |master| format!("the master at {master}"));
            Part { shard: shards[0], name: format!("{who}, which has {} of {SHARDS} shards", shards.len()) }
        });
        Ok(parts.collect())
    }

    async fn run(
        &self,
        mut requests: Vec<RoutedRequest<'_>>,
        count: usize,
        deadline: Instant,
    ) -> Result<Vec<Value>, Trouble> {
        let mut progress = Progress { replies: vec![None; count], learn: false, wait: false, trouble: None };
        let mut before = None;
        loop {
            let rounds =
                self.divided(requests).into_iter().map(|(server, requests)| self.round(server, requests, deadline));
            requests = Vec::new();
            for round in join_all(rounds).await {
                requests.extend(self.take_in(round, &mut progress)?);
            }
            let Some(trouble) = progress.trouble.take() else { break };
            let trouble = trouble.after(before);
            if Instant::now() >= deadline {
                return Err(trouble);
            }
            let known = self.cluster.masters();
            if std::mem::take(&mut progress.learn) {
                self.learn_within(deadline).await?;
            }
            // Nobody waits for a master that has been away for long, unless another one has taken its place.
            if trouble.remedy == Remedy::GiveUp && known == self.cluster.masters() {
                return Err(trouble);
            }
            if std::mem::take(&mut progress.wait) {
                sleep_until(deadline.min(Instant::now() + PAUSE)).await;
            }
            before = Some(trouble.error);
        }
        Ok(progress.replies.into_iter().map(|reply| reply.unwrap_or(Value::Nil)).collect())
    }

    /// The requests by the server that each goes to; by none, where it is not known.
    fn divided<'a>(&self, requests: Vec<RoutedRequest<'a>>) -> BTreeMap<Option<Server>, Vec<RoutedRequest<'a>>> {
        let masters = self.cluster.masters();
        let mut divided: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for routed in requests {
            let server = match &routed.to {
                To::Slot(slot) => masters.get(slot),
                To::Asking(_, server) => Some(server),
            };
            divided.entry(server.cloned()).or_default().push(routed);
        }
        divided
    }

    async fn round<'a>(
        &self,
        server: Option<Server>,
        requests: Vec<RoutedRequest<'a>>,
        deadline: Instant,
    ) -> Round<'a> {
        let master = match &server {
            Some(server) => self.master(server),
            None => Err(StoreError::Unreachable("no master has this slot".into())),
        };
        let outcome = match (master, requests.as_slice()) {
            (Ok(master), [alone]) if self.cluster.observed.durability().confirms(alone.request) => {
                let asking = matches!(alone.to, To::Asking(..));
                master.confirm(alone.request, alone.sent, asking, deadline).await
            }
            (Ok(master), requests) => master.shared().attempt(&packed(requests), deadline).await,
            (Err(error), _) => Err(Failure::Passing(error)),
        };
        Round { server, requests, outcome }
    }

    /// Puts replies in their places; answers what is to be sent again.
    fn take_in<'a>(&self, round: Round<'a>, progress: &mut Progress) -> Result<Vec<RoutedRequest<'a>>, Trouble> {
        let values = match round.outcome {
            Ok(values) => values,
            Err(failure) => {
                progress.learn = true;
                // Nobody can be asked before somebody says who has the slot.
                progress.wait |= round.server.is_none();
                progress.trouble = Some(match failure {
                    Failure::Passing(error) => Trouble::passing(error),
                    Failure::Lasting(error) => Trouble::lasting(error),
                });
                return Ok(round.requests);
            }
        };
        let mut left = Vec::new();
        let mut values = values.into_iter();
        for mut routed in round.requests {
            if let To::Asking(slot, _) = routed.to {
                // What `ASKING` was answered.
                values.next();
                routed.to = To::Slot(slot);
            }
            match values.next().unwrap_or(Value::Nil).extract_error() {
                Ok(value) => progress.replies[routed.at] = Some(value),
                Err(error) => {
                    let trouble = Trouble::of(&error);
                    if !self.mend(&mut routed, &trouble.remedy, round.server.as_ref(), progress) {
                        return Err(trouble);
                    }
                    progress.trouble = Some(trouble);
                    left.push(routed);
                }
            }
        }
        Ok(left)
    }

    /// Does what helps a request; answers whether anything does.
    fn mend(
        &self,
        routed: &mut RoutedRequest<'_>,
        remedy: &Remedy,
        asked: Option<&Server>,
        progress: &mut Progress,
    ) -> bool {
        match (remedy, &routed.to, asked) {
            (Remedy::Moved(slot, at), _, Some(asked)) => {
                if let Some(to) = Server::parse(at, asked) {
                    self.cluster.moved(*slot, to);
                }
            }
            (Remedy::Ask(at), To::Slot(slot), Some(asked)) => {
                routed.to = Server::parse(at, asked).map_or(To::Slot(*slot), |to| To::Asking(*slot, to));
            }
            (Remedy::Text, ..) => routed.sent = Sent::InFull,
            (Remedy::Wait, ..) => (progress.wait, progress.learn) = (true, true),
            _ => return false,
        }
        true
    }

    async fn learn_within(&self, deadline: Instant) -> Result<(), Trouble> {
        let learned = timeout_at(deadline, self.cluster.learn()).await.unwrap_or(Err(StoreError::TimedOut));
        learned.map_err(Trouble::lasting)
    }

    /// Who has which slot, as far as it is known; the cluster is asked where nothing is.
    async fn known_masters(&self, deadline: Instant) -> Result<Arc<Masters>> {
        if self.cluster.masters().is_empty() {
            self.learn_within(deadline).await.map_err(|trouble| trouble.error)?;
        }
        Ok(self.cluster.masters())
    }

    fn master(&self, server: &Server) -> Result<Arc<Master>> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(master) = connections.get(server) {
            return Ok(Arc::clone(master));
        }
        // Those that have nothing of ours any more are left.
        let masters = self.cluster.masters();
        connections.retain(|server, _| masters.values().any(|master| master == server));
        let target = Target::Node(self.cluster.address.client_of(server)?);
        let master = Arc::new(Master::new(target, &self.cluster.observed));
        connections.insert(server.clone(), Arc::clone(&master));
        Ok(master)
    }
}

/// Requests as they are written.
fn packed<'a>(requests: &[RoutedRequest<'a>]) -> Packed<'a> {
    if let [RoutedRequest { request, to: To::Slot(_), sent, .. }] = requests {
        return Packed::One(request, *sent);
    }
    let mut pipeline = Pipeline::with_capacity(requests.len());
    let mut count = 0;
    for routed in requests {
        if matches!(routed.to, To::Asking(..)) {
            pipeline.add_command(redis::cmd("ASKING"));
            count += 1;
        }
        pipeline.add_command(routed.request.command(routed.sent).into_owned());
        count += 1;
    }
    Packed::Many(pipeline, count)
}
