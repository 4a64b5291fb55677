//! All records of the store: found by walking through all keys of each server, and written key by key.
//!
//! Nobody else writes meanwhile, so that nothing here has to be one step.

mod read;
mod write;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::script::Request;
use super::value::{reply, to_time};
use super::{RedisStore, keys};
use crate::domain::{Shard, UnixMillis};
use crate::store::Result;
use crate::store::copy::{Batch, Records, StoredRecord};

/// How many keys a server is asked for at once, about.
const KEYS: &[u8] = b"250";

/// How many commands are sent at once.
const COMMANDS: usize = 500;

/// How long a moment is in a value.
const MOMENT: usize = UnixMillis::BYTES;

/// What stands in place of a reservation's mark: no call is the one that made it any more.
const UNMARKED: [u8; 8] = [0; 8];

#[async_trait]
impl Records for RedisStore {
    async fn extent(&self) -> Result<u64> {
        let servers = self.link.one_shard_each().await?;
        let sizes: Vec<_> = servers.into_iter().map(|shard| Request::plain("DBSIZE", []).of_server(shard)).collect();
        self.link.ask_all(&sizes).await?.into_iter().map(reply::<u64>).sum()
    }

    async fn read_all(&self, listener: mpsc::Sender<Batch>) -> Result<()> {
        for server in self.link.one_shard_each().await? {
            let mut cursor = b"0".to_vec();
            loop {
                let (next, keys) = self.scan(server, cursor).await?;
                let records = self.records_at(&keys).await?;
                if listener.send(Batch { records, passed: keys.len() as u64 }).await.is_err() {
                    return Ok(());
                }
                for key in &keys {
                    if !self.send_parts(key, &listener).await? {
                        return Ok(());
                    }
                }
                if next == b"0" {
                    break;
                }
                cursor = next;
            }
        }
        Ok(())
    }

    async fn write_all(&self, records: Vec<StoredRecord>) -> Result<()> {
        let mut commands = Vec::new();
        for record in &records {
            self.commands(record, &mut commands)?;
        }
        for some in commands.chunks(COMMANDS) {
            self.link.ask_all(some).await?;
        }
        Ok(())
    }

    async fn clock(&self) -> Result<UnixMillis> {
        let time = self.ask(Request::plain("TIME", []).of_server(Shard::of_byte(0))).await?;
        Ok(to_time(time).plus(self.clock.ahead()))
    }
}

impl RedisStore {
    /// Some of our keys on the server that has this shard, and where to go on; `0` is the beginning and the end.
    pub(super) async fn scan(&self, server: Shard, cursor: Vec<u8>) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        let pattern = [b"MATCH".to_vec(), keys::ALL.to_vec(), b"COUNT".to_vec(), KEYS.to_vec()];
        self.ask(Request::plain("SCAN", [vec![cursor], pattern.into()].concat()).of_server(server)).await
    }
}

/// How a kind of key is looked at.
enum Look {
    /// Its value is a record.
    Value,
    /// Each of its fields is one, of which there may be any number.
    Fields,
    /// Each of its members is one, of which there may be any number.
    Members,
    /// It is a journey.
    Journey,
    /// It follows from another, or nobody needs it any more.
    Elsewhere,
    /// No program has written it that this one knows.
    Unknown,
}

const fn look(kind: u8) -> Look {
    match kind {
        b'j' => Look::Journey,
        b'c' | b'r' | b'z' | b'm' | b'2' | b'k' | b'w' | b'a' => Look::Value,
        b'v' | b'b' | b's' => Look::Fields,
        b'q' | b't' => Look::Members,
        // Indexes and deliveries.
        b'e' | b'u' | b'p' | b'o' | b'y' | b'd' | b'x' | b'i' | b'3' | b'l' | b'n' | b'g' => Look::Elsewhere,
        // The owner, and marks.
        b'h' | b'1' | b'f' => Look::Elsewhere,
        _ => Look::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_is_copied_or_follows_from_another() {
        assert!(keys::LETTERS.len() >= 28);
        for kind in keys::LETTERS {
            assert!(!matches!(look(*kind), Look::Unknown), "{}", kind.escape_ascii());
        }
    }
}
