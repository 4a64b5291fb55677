//! A Redis as something that a store is moved from and to.
//!
//! The note of its owner says what stands there: a gateway that meets another one than its own does not start. A gateway
//! that runs is seen by the mark that it leaves every few seconds.

use std::time::Duration;

use async_trait::async_trait;

use super::{MARK_LIFE, RedisStore, keys, owner, script::Request, value::reply};
use crate::domain::Digest;
use crate::store::copy::{Destination, Records, Source, Standing};
use crate::store::{PROBED_EVERY, Result};

/// How long nobody has left a mark where nobody serves: a mark may come late.
const SILENCE: Duration = PROBED_EVERY.saturating_add(Duration::from_secs(3));

#[async_trait]
impl Source for RedisStore {
    fn records(&self) -> &dyn Records {
        self
    }

    async fn standing(&self) -> Result<Standing> {
        self.note_of_owner().await
    }

    async fn is_served(&self, sure: bool) -> Result<bool> {
        if sure || self.is_marked().await? {
            tokio::time::sleep(SILENCE).await;
            return self.is_marked().await;
        }
        Ok(false)
    }

    async fn note_moved(&self, key: &Digest, to: Option<&str>) -> Result<()> {
        let note = owner::note(key);
        self.set_owner(to.map_or_else(|| note.clone(), |to| format!("{}{note} {to}", owner::MOVED))).await
    }
}

#[async_trait]
impl Destination for RedisStore {
    async fn standing(&self) -> Result<Standing> {
        let standing = self.note_of_owner().await?;
        if standing == Standing::Empty && !self.is_empty().await? {
            // Somebody's, whose note is gone.
            return Ok(Standing::Owned(Digest::new([0; 32])));
        }
        Ok(standing)
    }

    async fn begin(&mut self) -> Result<()> {
        self.link.look().await?;
        self.link.observed().judge(self.link.address().is_cluster())?;
        self.set_owner(owner::FILLING.to_owned()).await?;
        for server in self.link.one_shard_each().await? {
            let mut cursor = b"0".to_vec();
            loop {
                let (next, found) = self.scan(server, cursor).await?;
                let others = found.into_iter().filter(|key| *key != keys::owner());
                self.link.ask_all(&others.map(|key| Request::plain("UNLINK", [key])).collect::<Vec<_>>()).await?;
                if next == b"0" {
                    break;
                }
                cursor = next;
            }
        }
        Ok(())
    }

    fn records(&self) -> Result<&dyn Records> {
        Ok(self)
    }

    async fn finish(self: Box<Self>, key: &Digest) -> Result<()> {
        // What a replica has got of a master's last write it has got of all before it.
        for shard in self.link.one_shard_each().await? {
            let gone_at_once = [keys::mark(shard), Vec::new(), b"PX".to_vec(), b"1".to_vec()];
            self.ask::<()>(Request::plain("SET", gone_at_once).kept()).await?;
        }
        self.set_owner(owner::note(key)).await
    }
}

impl RedisStore {
    /// What the note of its owner says.
    pub(super) async fn note_of_owner(&self) -> Result<Standing> {
        let note: Option<String> = self.ask(Request::plain("GET", [keys::owner()])).await?;
        note.map_or(Ok(Standing::Empty), |note| owner::standing(&note))
    }

    async fn set_owner(&self, note: String) -> Result<()> {
        self.ask::<()>(Request::plain("SET", [keys::owner(), note.into_bytes()]).kept()).await
    }

    /// Whether none of our keys is there.
    async fn is_empty(&self) -> Result<bool> {
        for server in self.link.one_shard_each().await? {
            let mut cursor = b"0".to_vec();
            loop {
                let (next, found) = self.scan(server, cursor).await?;
                if !found.is_empty() {
                    return Ok(false);
                }
                if next == b"0" {
                    break;
                }
                cursor = next;
            }
        }
        Ok(true)
    }

    /// Whether a gateway has left its mark a short time ago.
    pub(super) async fn is_marked(&self) -> Result<bool> {
        let shards = self.link.one_shard_each().await?;
        let looks: Vec<_> = shards.into_iter().map(|shard| Request::plain("PTTL", [keys::mark(shard)])).collect();
        let oldest = i64::try_from((MARK_LIFE.saturating_sub(SILENCE)).as_millis()).unwrap_or(i64::MAX);
        let left = self.link.ask_all(&looks).await?.into_iter().map(reply::<i64>).collect::<Result<Vec<_>>>()?;
        Ok(left.into_iter().any(|left| left > oldest))
    }
}
