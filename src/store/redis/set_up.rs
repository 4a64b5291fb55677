//! How servers are set up to keep what is written: looked at whenever one is connected to, and again while it is used.
//!
//! Somebody may change it while journeys are under way, and a fail-over brings servers that nobody has looked at.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::{FromRedisValue, Pipeline, Value};
use tokio::time::Instant;

use super::durability::Durability;
use crate::store::StoreError;

/// The oldest Redis whose commands the scripts use.
const OLDEST: (u32, u32) = (6, 2);

/// How often servers are looked at while they are used.
const AGAIN: Duration = Duration::from_mins(1);

/// After how long without a look a server is no longer used: a master that was replaced, say.
const FORGOTTEN: Duration = Duration::from_mins(3);

/// The settings that are asked for.
const SETTINGS: [&str; 4] = ["maxmemory", "maxmemory-policy", "appendonly", "appendfsync"];

/// How many replies a look has.
pub(super) const ANSWERS: usize = SETTINGS.len() + 2;

/// What a server says of itself, as far as it may be asked: hosts like to forbid `CONFIG` and `INFO`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SetUp(HashMap<String, String>);

impl SetUp {
    /// Adds the questions of a look to others.
    pub(super) fn ask(pipeline: &mut Pipeline) {
        pipeline.cmd("INFO").arg("server").cmd("INFO").arg("replication");
        for setting in SETTINGS {
            pipeline.cmd("CONFIG").arg("GET").arg(setting);
        }
    }

    /// Reads the replies to these questions. A refusal says nothing.
    pub(super) fn read(replies: Vec<Value>) -> Self {
        let mut said = HashMap::new();
        for reply in replies {
            match reply {
                Value::ServerError(_) => {}
                pairs @ (Value::Array(_) | Value::Map(_)) => {
                    said.extend(HashMap::<String, String>::from_redis_value(pairs).unwrap_or_default());
                }
                lines => {
                    let lines = String::from_redis_value(lines).unwrap_or_default();
                    let pairs = lines.lines().filter_map(|line| line.split_once(':'));
                    said.extend(pairs.map(|(name, fact)| (name.to_owned(), fact.to_owned())));
                }
            }
        }
        Self(said)
    }

    fn says(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Why it cannot be used, whatever is wanted of it.
    fn refusal(&self, is_cluster: bool) -> Option<String> {
        let version = self.says("redis_version").unwrap_or_default();
        if version_of(version).is_some_and(|own| own < OLDEST) {
            return Some(format!("Redis {version} is too old: expected 6.2 or newer"));
        }
        let is_node = self.says("redis_mode") == Some("cluster") && !is_cluster;
        is_node.then(|| "it is one node of a Redis Cluster: expected redis+cluster:// before its address".into())
    }

    /// Why it may evict what must stay.
    fn evicts(&self) -> Option<String> {
        let policy = self.says("maxmemory-policy").filter(|policy| *policy != "noeviction")?;
        (self.says("maxmemory") != Some("0"))
            .then(|| format!("its maxmemory-policy is {policy}, which forgets spent tokens: expected noeviction"))
    }

    /// What it does not keep of what it acknowledges, in sentences.
    fn lapses(&self, durability: Durability) -> Vec<String> {
        let mut lapses = Vec::from_iter(self.evicts());
        let (file, sync) = (self.says("appendonly"), self.says("appendfsync"));
        match (file, sync, durability) {
            (Some("no"), ..) => lapses.push("appendonly is no: a restart of Redis loses journeys".into()),
            (_, Some("no"), _) => lapses.push("appendfsync is no: a power cut loses journeys".into()),
            (_, Some(sync), Durability::Strict { .. }) if sync != "always" => {
                lapses.push(format!("appendfsync is {sync}: expected always, as strict needs it"));
            }
            (None, _, Durability::Strict { .. }) | (_, None, Durability::Strict { .. }) => {
                lapses.push("it does not say how it keeps data: strict needs CONFIG GET and INFO".into());
            }
            _ => {}
        }
        let replicas = self.says("connected_slaves").and_then(|count| count.parse::<u32>().ok());
        if let (Durability::Strict { replicas: 0 }, Some(1..)) = (durability, replicas) {
            lapses
                .push("it has replicas, and strict waits for none: expected replicas=1 or more in the address".into());
        }
        lapses
    }
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// What a server has said, and what follows from that.
struct Seen {
    at: Instant,
    set_up: SetUp,
    lapses: Vec<String>,
}

/// What the servers of a store have said of themselves.
pub(super) struct Observed {
    durability: Durability,
    servers: Mutex<BTreeMap<String, Seen>>,
}

impl Observed {
    /// Nothing yet, of servers that are to keep what is written so.
    pub(super) fn new(durability: Durability) -> Self {
        Self { durability, servers: Mutex::default() }
    }

    /// How servers are to keep what is written.
    pub(super) const fn durability(&self) -> Durability {
        self.durability
    }

    /// Notes what a server has said. The log has what has changed.
    pub(super) fn note(&self, server: &str, set_up: SetUp) {
        // Another one has taken its place, and keeps what we write.
        if set_up.says("role") == Some("slave") {
            self.with(|servers| servers.remove(server));
            return;
        }
        let lapses = set_up.lapses(self.durability);
        let fsync = set_up.says("appendfsync").map(str::to_owned);
        let seen = Seen { at: Instant::now(), set_up, lapses: lapses.clone() };
        let before = self.with(|servers| servers.insert(server.to_owned(), seen));
        if before.is_some_and(|before| before.lapses == lapses && before.set_up.says("appendfsync") == fsync.as_deref())
        {
            return;
        }
        match fsync {
            _ if !lapses.is_empty() => tracing::warn!(server, why = lapses.join("; "), "store.redis.not_durable"),
            Some(fsync) => tracing::info!(server, fsync, "store.redis.durable"),
            None => tracing::warn!(
                server,
                "store.redis.unchecked: CONFIG is forbidden; expected noeviction and appendonly yes"
            ),
        }
    }

    /// Why one of the servers cannot be used.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] with what to change.
    pub(super) fn judge(&self, is_cluster: bool) -> Result<(), StoreError> {
        let is_strict = matches!(self.durability, Durability::Strict { .. });
        let refusal = |Seen { set_up, lapses, .. }: &Seen| {
            let lapse = || lapses.first().filter(|_| is_strict).cloned();
            set_up.refusal(is_cluster).or_else(|| set_up.evicts()).or_else(lapse)
        };
        let refusal = self.with(|servers| servers.values().find_map(refusal));
        refusal.map_or(Ok(()), |why| Err(StoreError::Foreign(why)))
    }

    /// Refuses what must be kept while that is not certain: in `strict`, where a server is set up otherwise.
    ///
    /// # Errors
    /// [`StoreError::Unconfirmed`] with what to change.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.durability {
            Durability::Fast => Ok(()),
            Durability::Strict { .. } => self.lapses().pop().map_or(Ok(()), |why| Err(StoreError::Unconfirmed(why))),
        }
    }

    /// What servers do not keep of what they acknowledge, each behind its name.
    pub(super) fn lapses(&self) -> Vec<String> {
        let of = |(server, seen): (&String, &Seen)| {
            (!seen.lapses.is_empty()).then(|| format!("{server}: {}", seen.lapses.join("; ")))
        };
        self.with(|servers| servers.iter().filter_map(of).collect())
    }

    /// Whether it is time to look at all servers again: once a minute, and whenever that is asked while something is
    /// wrong.
    pub(super) fn is_old(&self) -> bool {
        self.with(|servers| {
            servers.retain(|_, seen| seen.at.elapsed() < FORGOTTEN);
            servers.values().any(|seen| seen.at.elapsed() >= AGAIN || !seen.lapses.is_empty())
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<String, Seen>) -> T) -> T {
        f(&mut self.servers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Durability = Durability::Fast;
    const STRICT: Durability = Durability::Strict { replicas: 0 };

    fn set_up(pairs: &[(&str, &str)]) -> SetUp {
        SetUp(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_redis_that_evicts_is_refused() {
        let judged = |pairs: &[(&str, &str)]| {
            let observed = Observed::new(FAST);
            observed.note("a", set_up(pairs));
            observed.judge(false)
        };
        let evicting = judged(&[("maxmemory", "100"), ("maxmemory-policy", "allkeys-lru")]);
        assert!(matches!(evicting, Err(StoreError::Foreign(reason)) if reason.contains("noeviction")));
        for kept in [
            &[("maxmemory", "100"), ("maxmemory-policy", "noeviction")][..],
            &[("maxmemory", "0"), ("maxmemory-policy", "allkeys-lru")],
            &[("appendonly", "no")],
            &[],
        ] {
            assert_eq!(judged(kept), Ok(()));
        }
        let old = judged(&[("redis_version", "6.0.16")]);
        assert!(matches!(old, Err(StoreError::Foreign(reason)) if reason.contains("6.2")));
    }

    #[test]
    fn each_class_has_lapses_of_its_own() {
        let kept = |fsync| [("appendonly", "yes"), ("appendfsync", fsync)];
        for (said, fast, strict) in [
            (&kept("always")[..], "", ""),
            (&kept("everysec"), "", "expected always"),
            (&kept("no"), "power cut", "power cut"),
            (&[("appendonly", "no"), ("appendfsync", "always")], "restart", "restart"),
            (&[], "", "does not say"),
            (&[("appendonly", "yes"), ("appendfsync", "always"), ("connected_slaves", "1")], "", "replicas=1"),
        ] {
            for (durability, words) in [(FAST, fast), (STRICT, strict)] {
                let lapses = set_up(said).lapses(durability).join(";");
                assert!(lapses.contains(words) && lapses.is_empty() == words.is_empty(), "{said:?}: {lapses}");
            }
        }
    }

    #[test]
    fn a_master_that_has_become_a_replica_is_no_longer_one_of_ours() {
        let observed = Observed::new(STRICT);
        let everysec = [("appendonly", "yes"), ("appendfsync", "everysec")];
        observed.note("a", set_up(&everysec));
        assert!(observed.check().is_err() && observed.is_old());
        observed.note("a", set_up(&[&everysec[..], &[("role", "slave")]].concat()));
        assert_eq!((observed.check(), observed.lapses()), (Ok(()), Vec::new()));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version_of("7.0.15") > Some(OLDEST) && version_of("10.1.0") > Some(OLDEST));
        assert!(version_of("6.0.16") < Some(OLDEST));
        assert_eq!(version_of("unstable"), None);
    }
}
