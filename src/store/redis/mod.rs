//! The store for many nodes: Redis.
//!
//! Every verb is one script in one slot (`script.rs`), over keys that carry their shard (`keys.rs`) and values that the
//! scripts need not understand (`value.rs`), sent over a link that has a deadline for everything (`link.rs`).

mod address;
mod api_keys;
mod deliveries;
mod indexes;
mod journeys;
mod keys;
mod link;
mod merchants;
mod owner;
mod script;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod value;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_trait::async_trait;

use self::link::Link;
use self::script::Request;
use super::{Store, StoreError};
use crate::clock::Clock;
use crate::domain::api_key::KeyNumber;
use crate::domain::id::MerchantId;
use crate::domain::secret::Digest;

/// A store in one Redis.
pub struct RedisStore {
    link: Link,
    clock: Arc<dyn Clock>,
    keep: Duration,
    /// Whose the numbers of API keys are that this node has met.
    numbers: RwLock<HashMap<KeyNumber, MerchantId>>,
}

impl RedisStore {
    /// A store in the Redis at `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. It connects
    /// when it is first used.
    ///
    /// An ended journey is kept until `keep` after its time has run out, and as long as one of its tokens may be asked
    /// for, or one of its deliveries may wait; one that has not ended is kept.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when the URL is anything else.
    pub fn open(url: &str, clock: Arc<dyn Clock>, keep: Duration) -> Result<Self, StoreError> {
        Ok(Self { link: Link::new(address::parse(url)?), clock, keep, numbers: RwLock::default() })
    }

    /// How far the clock is ahead of Redis's own, for the scripts: `0`, except in tests.
    fn ahead(&self) -> String {
        self.clock.ahead().as_millis().to_string()
    }
}

#[async_trait]
impl Store for RedisStore {
    fn describe(&self) -> String {
        address::describe(self.link.client())
    }

    async fn register_owner(&self, keys: &[Digest]) -> Result<(), StoreError> {
        owner::inspect(&self.link).await?;
        owner::register_owner(&self.link, keys).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.link.ask(Request::plain("PING", [])).await.map(drop)
    }

    async fn tidy(&self) -> Result<usize, StoreError> {
        self.trim_indexes().await
    }
}

/// A span as the scripts take it, in milliseconds.
fn millis(span: Duration) -> String {
    span.as_millis().to_string()
}

/// A limit as commands take it.
fn limit(most: usize) -> String {
    i64::try_from(most).unwrap_or(i64::MAX).to_string()
}
