//! A real Redis Cluster for tests: three masters and three replicas, on free ports of the loopback.

use std::time::{Duration, Instant};

use super::fixture::{RedisServer, free_port};

/// How many masters it has, and as many replicas.
const MASTERS: usize = 3;
/// How many slots a cluster has.
const SLOTS: usize = 16384;
/// How long it may take until all nodes agree.
const SETTLED: Duration = Duration::from_secs(30);

/// Six nodes; the first three are masters at first, each with a third of the slots and a replica.
pub struct RedisCluster {
    /// The nodes.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts one and waits until all nodes agree about it.
    pub fn start() -> Self {
        let nodes: Vec<_> = (0..2 * MASTERS).map(|_| node()).collect();
        let cluster = Self { nodes };
        for (at, node) in cluster.nodes.iter().enumerate() {
            expect(node, &format!("CLUSTER SET-CONFIG-EPOCH {}", at + 1));
            if at < MASTERS {
                let (first, last) = (at * SLOTS / MASTERS, (at + 1) * SLOTS / MASTERS - 1);
                expect(node, &format!("CLUSTER ADDSLOTSRANGE {first} {last}"));
            }
            if at > 0 {
                let meet =
                    format!("CLUSTER MEET 127.0.0.1 {} {}", node.address().port(), node.option("--cluster-port"));
                expect(&cluster.nodes[0], &meet);
            }
        }
        cluster.wait(|cluster| {
            cluster.nodes.iter().all(|node| node.ask("CLUSTER INFO").contains("cluster_known_nodes:6"))
        });
        for at in 0..MASTERS {
            expect(&cluster.nodes[MASTERS + at], &format!("CLUSTER REPLICATE {}", id(&cluster.nodes[at])));
        }
        cluster.settle();
        cluster
    }

    /// Waits until every slot is served, and every replica follows.
    pub fn settle(&self) {
        self.wait(|cluster| {
            let served = |node: &RedisServer| node.ask("CLUSTER INFO").contains("cluster_state:ok");
            let follows = |node: &RedisServer| {
                let role = node.ask("INFO replication");
                !role.contains("role:slave") || role.contains("master_link_status:up")
            };
            cluster.nodes.iter().all(|node| served(node) && follows(node))
        });
    }

    /// The address of the whole, of which it names two nodes.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes[1..3].iter().map(|node| node.address().to_string()).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Empties it.
    pub fn flush(&self) {
        for node in self.masters() {
            expect(node, "FLUSHALL");
        }
    }

    /// Those that are masters now.
    pub fn masters(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().filter(|node| node.ask("ROLE").contains("master"))
    }

    /// Begins to move a slot from one of the first three nodes to another.
    pub fn begin_to_move(&self, slot: u16, from: usize, to: usize) {
        let ids: Vec<_> = [from, to].map(|at| id(&self.nodes[at])).into();
        expect(&self.nodes[to], &format!("CLUSTER SETSLOT {slot} IMPORTING {}", ids[0]));
        expect(&self.nodes[from], &format!("CLUSTER SETSLOT {slot} MIGRATING {}", ids[1]));
    }

    /// Moves up to `most` keys of a slot that is being moved; answers how many it moved.
    pub fn move_keys(&self, slot: u16, from: usize, to: usize, most: usize) -> usize {
        let mut source = self.nodes[from].connection();
        let names: Vec<Vec<u8>> =
            command(&["CLUSTER", "GETKEYSINSLOT"]).arg(slot).arg(most).query(&mut source).unwrap();
        for name in &names {
            let target = self.nodes[to].address();
            let mut migrate = command(&["MIGRATE", "127.0.0.1"]);
            let _: String = migrate.arg(target.port()).arg(name).arg(0).arg(5000).query(&mut source).unwrap();
        }
        names.len()
    }

    /// Ends the move of a slot, and waits until its new master is the one with the newest word: a slot that goes back
    /// before would have two masters that each name the other.
    pub fn finish_move(&self, slot: u16, from: usize, to: usize) {
        let new = id(&self.nodes[to]);
        for at in [to, from, MASTERS - from - to] {
            expect(&self.nodes[at], &format!("CLUSTER SETSLOT {slot} NODE {new}"));
        }
        let epoch = |node: &RedisServer, name: &str| {
            let info: String =
                command(&["CLUSTER", "INFO"]).query(&mut node.connection()).expect("a node knows its epochs");
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::to_owned));
            line.and_then(|number| number.trim().parse::<u64>().ok()).expect("an epoch")
        };
        let newest = epoch(&self.nodes[to], "cluster_my_epoch");
        self.wait(|cluster| cluster.nodes[..MASTERS].iter().all(|node| epoch(node, "cluster_current_epoch") >= newest));
    }

    fn wait(&self, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < SETTLED, "the cluster does not settle: {}", self.nodes[0].ask("CLUSTER NODES"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether this node is the master of a slot, as it says itself.
pub fn has(node: &RedisServer, slot: u16) -> bool {
    let nodes = node.ask("CLUSTER NODES");
    let own = nodes.lines().find(|line| line.contains("myself,master")).unwrap_or_default();
    own.split(' ').skip(8).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let end = |text: &str| text.trim().parse::<u16>().ok();
        end(first).zip(end(last)).is_some_and(|(first, last)| (first..=last).contains(&slot))
    })
}

/// A node that belongs to no cluster yet.
fn node() -> RedisServer {
    // By itself it would take the port that is ten thousand higher, which there may not be.
    let bus = free_port().to_string();
    RedisServer::start_with(&["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"])
}

fn id(node: &RedisServer) -> String {
    command(&["CLUSTER", "MYID"]).query(&mut node.connection()).expect("a node has an id")
}

fn command(words: &[&str]) -> redis::Cmd {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command
}

fn expect(node: &RedisServer, command: &str) {
    let answer = node.ask(command);
    assert!(answer.contains("OK"), "{command}: {answer}");
}
