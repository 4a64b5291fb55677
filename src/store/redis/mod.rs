//! The store for many nodes: Redis.
//!
//! Every verb is one script in one slot (`script.rs`), over keys that carry their shard (`keys.rs`) and values that the
//! scripts need not understand (`value.rs`), sent over a link that has a deadline for everything (`link.rs`).

mod address;
mod api_keys;
mod cluster;
mod cluster_map;
mod connection;
mod console;
mod copy;
mod deliveries;
mod dial;
mod durability;
mod events;
mod indexes;
mod journeys;
mod keys;
mod link;
mod logos;
mod master;
mod merchants;
mod moving;
mod numbers;
mod owner;
mod script;
mod sentinels;
mod server;
mod set_up;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;
mod trouble;
mod users;
mod value;
mod watches;

use std::sync::{Arc, RwLock};
use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use redis::FromRedisValue;
use tokio::sync::Mutex;

pub use self::address::RedisAddress;
use self::{indexes::TrimmingPass, link::Link, script::Request, value::reply};
use super::{Probed, Result, Store, copy::Standing, moved};
use crate::clock::Clock;
use crate::domain::{Digest, KeyNumber, MerchantId, Shard, UnixMillis};

/// How long the mark of a probe stays.
const MARK_LIFE: Duration = Duration::from_mins(1);

/// A store in one Redis.
pub struct RedisStore {
    link: Link,
    clock: Arc<dyn Clock>,
    keep: Duration,
    /// Whose the numbers of API keys are that this node has met.
    numbers: RwLock<HashMap<KeyNumber, MerchantId>>,
    /// How far this node has come with tidying the indexes.
    trimming: Mutex<TrimmingPass>,
}

impl RedisStore {
    /// A store in the Redis at this address. It connects when it is first used.
    ///
    /// An ended journey is kept until `keep` after its time has run out, and as long as one of its tokens may be asked
    /// for, or one of its deliveries may wait; one that has not ended is kept.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`](super::StoreError::Unreachable) when no client can be made of the address.
    pub fn open(address: RedisAddress, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self> {
        Ok(Self { link: Link::new(address)?, clock, keep, numbers: RwLock::default(), trimming: Mutex::default() })
    }

    /// How far the clock is ahead of Redis's own, for the scripts: `0`, except in tests.
    fn ahead(&self) -> String {
        self.clock.ahead().as_millis().to_string()
    }

    /// Makes one request, and reads its reply.
    async fn ask<T: FromRedisValue>(&self, request: Request) -> Result<T> {
        reply(self.link.ask(request).await?)
    }

    /// Makes one request, and answers whether it has changed what it was to change.
    async fn changes(&self, request: Request) -> Result<bool> {
        Ok(self.ask::<u8>(request).await? == 1)
    }

    /// What stands at this key, as `read` reads it.
    async fn value_at<T>(&self, key: Vec<u8>, read: impl Fn(&[u8]) -> Result<T> + Send) -> Result<Option<T>> {
        let found: Option<Vec<u8>> = self.ask(Request::plain("GET", [key])).await?;
        found.map(|value| read(&value)).transpose()
    }

    /// What stands at these keys, each as far as `read` can read it, in one round trip.
    async fn values_at<T>(
        &self,
        keys: impl Iterator<Item = Vec<u8>>,
        read: impl Fn(&[u8]) -> Result<T> + Send,
    ) -> Result<Vec<Result<Option<T>>>> {
        let requests: Vec<_> = keys.map(|key| Request::plain("GET", [key])).collect();
        let values = self.link.ask_all(&requests).await?;
        let read = |value| reply::<Option<Vec<u8>>>(value)?.map(|value| read(&value)).transpose();
        Ok(values.into_iter().map(read).collect())
    }

    /// What each shard answers to a request, in the order of shards, in one round trip.
    async fn ask_shards<T: FromRedisValue>(&self, request: impl Fn(Shard) -> Request) -> Result<Vec<T>> {
        let requests: Vec<_> = Shard::all().map(request).collect();
        self.link.ask_all(&requests).await?.into_iter().map(reply).collect()
    }

    /// The newest places behind `after` in these indexes, merged, in one round trip. Places sort as bytes.
    async fn newest(
        &self,
        indexes: impl Iterator<Item = Vec<u8>>,
        after: Option<Vec<u8>>,
        most: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let from = after.map_or_else(|| b"+".to_vec(), |place| [b"(".as_slice(), &place].concat());
        let page = |index| {
            let most = limit(most).into_bytes();
            Request::plain("ZREVRANGEBYLEX", [index, from.clone(), b"-".into(), b"LIMIT".into(), b"0".into(), most])
        };
        let requests: Vec<_> = indexes.map(page).collect();
        let mut places = Vec::new();
        for index in self.link.ask_all(&requests).await? {
            places.extend(reply::<Vec<Vec<u8>>>(index)?);
        }
        places.sort_unstable_by(|a, b| b.cmp(a));
        // What moves from one index to another meanwhile is met twice.
        places.dedup();
        places.truncate(most);
        Ok(places)
    }
}

#[async_trait]
impl Store for RedisStore {
    fn describe(&self) -> String {
        self.link.address().describe()
    }

    async fn register_owner(&self, keys: &[Digest]) -> Result<()> {
        self.link.look().await?;
        self.link.observed().judge(self.link.address().is_cluster())?;
        owner::register_owner(&self.link, keys).await
    }

    async fn probe(&self) -> Result<Probed> {
        let observed = self.link.observed();
        if observed.is_old() {
            // One that does not answer leaves no mark either.
            let _ = self.link.look().await;
        }
        // One key of each server that keeps what we write, each for itself.
        let parts = self.link.parts().await?;
        let probe = |shard| Request::call(&script::PROBE, [keys::mark(shard)]).with(millis(MARK_LIFE));
        let marks = join_all(parts.iter().map(|part| self.ask::<(u64, u64)>(probe(part.shard))));
        let (answers, owner) = tokio::join!(marks, self.note_of_owner());
        // A gateway that hung while its store was moved learns of it here.
        if let Ok(Standing::Moved { to, .. }) = owner {
            return Err(moved(&to));
        }
        let mut probed = Probed { lapses: observed.lapses(), ..Probed::default() };
        let mut times = Vec::with_capacity(parts.len());
        for (part, answer) in parts.into_iter().zip(answers) {
            match answer {
                Ok(time) => times.push(value::to_time(time)),
                Err(error) => probed.away.push((part.name, error)),
            }
        }
        probed.now = median(times).map(|now| now.plus(self.clock.ahead()));
        match probed.away.pop() {
            Some((_, error)) if probed.now.is_none() => Err(error),
            last => {
                probed.away.extend(last);
                Ok(probed)
            }
        }
    }

    async fn tidy(&self) -> Result<usize> {
        self.trim_indexes(indexes::LOOKS).await
    }
}

/// The one in the middle, of two the earlier: a clock that jumps is not it, while most of them agree.
fn median(mut times: Vec<UnixMillis>) -> Option<UnixMillis> {
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) / 2).copied()
}

/// A span as the scripts take it, in milliseconds.
fn millis(span: Duration) -> String {
    span.as_millis().to_string()
}

/// A limit as commands take it.
fn limit(most: usize) -> String {
    i64::try_from(most).unwrap_or(i64::MAX).to_string()
}
