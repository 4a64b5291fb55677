//! Whether this Redis keeps what is written, and whether it belongs to this gateway.

use std::collections::HashMap;

use redis::Value;

use super::script::{self, Request};
use super::{keys, link::Link, value::reply};
use crate::domain::{Digest, id::SHARDS};
use crate::store::{Result, StoreError, copy::Standing, current_key, moved, other_key, other_shards};

/// The oldest Redis whose commands the scripts use.
const OLDEST: (u32, u32) = (6, 2);

/// Checks that each server is new enough, of a cluster only where the address names one, and set up to keep what is
/// written. It warns of what it may not look at.
///
/// # Errors
/// [`StoreError::Foreign`] with what to change, or trouble with the store.
pub(super) async fn inspect(link: &Link) -> Result<()> {
    for info in facts(link, "INFO", &["server"]).await? {
        let version = info.get("redis_version").map_or("", String::as_str);
        if version_of(version).is_some_and(|version| version < OLDEST) {
            return Err(StoreError::Foreign(format!("Redis {version} is too old: expected 6.2 or newer")));
        }
        if info.get("redis_mode").is_some_and(|mode| mode == "cluster") && !link.address().is_cluster() {
            let why = "it is one node of a Redis Cluster: expected redis+cluster:// before its address";
            return Err(StoreError::Foreign(why.into()));
        }
    }
    let mut configs: Vec<HashMap<_, _>> = Vec::new();
    for name in ["maxmemory", "maxmemory-policy", "appendonly", "appendfsync"] {
        let told = facts(link, "CONFIG", &["GET", name]).await?;
        configs.resize(told.len().max(configs.len()), HashMap::new());
        configs.iter_mut().zip(told).for_each(|(config, told)| config.extend(told));
    }
    configs.iter().try_for_each(judge)
}

/// Records whose store this is, or compares.
///
/// # Errors
/// [`StoreError::Foreign`] when it belongs to another gateway, or trouble with the store.
pub(super) async fn register_owner(link: &Link, fingerprints: &[Digest]) -> Result<()> {
    let current = current_key(fingerprints)?;
    let mut note = Request::call(&script::OWNER, [keys::owner()]).with(SHARDS.to_string());
    for fingerprint in fingerprints {
        note = note.with(hex(fingerprint));
    }
    let owner: String = reply(link.ask(note).await?)?;
    match standing(&owner)? {
        Standing::Moved { to, .. } => Err(moved(&to)),
        Standing::Filling => Err(StoreError::Foreign(FILLED.into())),
        Standing::Owned(key) if key == *current => Ok(()),
        Standing::Owned(_) | Standing::Empty => Err(other_key()),
    }
}

/// The note of a store that is being filled.
pub(super) const FILLING: &str = "filling";

/// What the note of a store that was moved begins with; its owner and the new place stand behind that.
pub(super) const MOVED: &str = "moved ";

const FILLED: &str = "`handback migrate` is filling it, or was broken off; wait for its end, or run it again";

/// The note of a store that was created under the key of this fingerprint.
pub(super) fn note(key: &Digest) -> String {
    format!("{SHARDS} {}", hex(key))
}

/// What a note says.
///
/// # Errors
/// [`StoreError::Damaged`] when it is none.
pub(super) fn standing(note: &str) -> Result<Standing> {
    if note == FILLING {
        return Ok(Standing::Filling);
    }
    let (owner, moved) = note.strip_prefix(MOVED).map_or((note, false), |owner| (owner, true));
    let mut parts = owner.splitn(3, ' ');
    let (shards, key) = (parts.next().unwrap_or_default(), parts.next().and_then(unhex));
    let key = key.ok_or_else(|| StoreError::Damaged("the note of its owner cannot be read".into()))?;
    if shards != SHARDS.to_string() {
        return Err(other_shards(shards));
    }
    Ok(match parts.next() {
        Some(to) if moved => Standing::Moved { key, to: to.to_owned() },
        _ => Standing::Owned(key),
    })
}

fn unhex(text: &str) -> Option<Digest> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    Some(Digest::new(bytes.try_into().ok()?))
}

fn judge(config: &HashMap<String, String>) -> Result<()> {
    let setting = |name| config.get(name).map(String::as_str);
    let policy = setting("maxmemory-policy");
    if let Some(policy) = policy.filter(|policy| *policy != "noeviction") {
        if setting("maxmemory").is_none_or(|bytes| bytes != "0") {
            return Err(StoreError::Foreign(format!(
                "its maxmemory-policy is {policy}, which forgets spent tokens: expected noeviction"
            )));
        }
        tracing::warn!(policy, "store.redis.evicts: set maxmemory-policy to noeviction before setting maxmemory");
    }
    match (setting("appendonly"), setting("appendfsync")) {
        (Some("no"), _) => tracing::warn!("store.redis.forgets: appendonly is off, a restart of Redis loses journeys"),
        (_, Some("no")) => tracing::warn!("store.redis.forgets: appendfsync is no, a power cut loses journeys"),
        (Some(_), Some(fsync)) => tracing::info!(fsync, "store.redis.durable"),
        _ => tracing::warn!("store.redis.unchecked: CONFIG is forbidden; expected noeviction and appendonly yes"),
    }
    Ok(())
}

/// The facts that a command lists on each server, by their names. None where the command is forbidden, which hosts like
/// to do.
async fn facts(link: &Link, command: &'static str, args: &[&str]) -> Result<Vec<HashMap<String, String>>> {
    let args = args.iter().map(|arg| arg.as_bytes().to_vec());
    link.ask_each(Request::plain(command, args)).await?.into_iter().map(listed).collect()
}

fn listed(facts: Option<Value>) -> Result<HashMap<String, String>> {
    match facts {
        None => Ok(HashMap::new()),
        Some(value @ Value::Array(_)) => {
            let pair: Vec<String> = reply(value)?;
            Ok(pair.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        }
        Some(value) => {
            let lines: String = reply(value)?;
            let pairs = lines.lines().filter_map(|line| line.split_once(':'));
            Ok(pairs.map(|(name, fact)| (name.to_owned(), fact.to_owned())).collect())
        }
    }
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn hex(digest: &Digest) -> String {
    data_encoding::HEXLOWER.encode(digest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_redis_that_evicts_is_refused() {
        let evicting = config(&[("maxmemory", "100"), ("maxmemory-policy", "allkeys-lru")]);
        assert!(matches!(judge(&evicting), Err(StoreError::Foreign(reason)) if reason.contains("noeviction")));
        for kept in [
            &[("maxmemory", "100"), ("maxmemory-policy", "noeviction")][..],
            &[("maxmemory", "0"), ("maxmemory-policy", "allkeys-lru")],
            &[],
        ] {
            assert_eq!(judge(&config(kept)), Ok(()));
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version_of("7.0.15") > Some(OLDEST) && version_of("10.1.0") > Some(OLDEST));
        assert!(version_of("6.0.16") < Some(OLDEST));
        assert_eq!(version_of("unstable"), None);
    }
}
