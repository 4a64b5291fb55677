//! Which gateway a file belongs to, and the mark that shows whether it can be written.

use rusqlite::{Connection, params};

use super::Result;
use super::values::{execute, row};
use crate::domain::{Digest, UnixMillis, id::SHARDS};
use crate::store::{current_key, other_key, other_shards};

/// How much a mark writes, in bytes: more than a step does, so that a disk with room for the mark has room for a step.
const MARK: usize = 16 * 1024;

/// Writes a mark over the one before.
pub fn leave_mark(db: &Connection, now: UnixMillis) -> Result<()> {
    let mut mark = vec![0; MARK];
    mark[..UnixMillis::BYTES].copy_from_slice(&now.to_bytes());
    record(db, "mark", &mark)
}

/// Compares, and records what a new file does not hold yet. The key that is known is the current one of the last
/// start, so that an old key may go once every journey of its time is gone.
pub fn register_owner(db: &Connection, keys: &[Digest]) -> Result<()> {
    let current = current_key(keys)?;
    match known(db, "shards")?.as_deref() {
        None => record(db, "shards", &[SHARDS])?,
        Some([SHARDS]) => {}
        Some(other) => return Err(other_shards(other.first().unwrap_or(&0))),
    }
    match known(db, "key")? {
        Some(key) if key == current.as_bytes() => Ok(()),
        Some(key) if !keys.iter().any(|ours| key == ours.as_bytes()) => Err(other_key()),
        _ => record(db, "key", current.as_bytes()),
    }
}

fn known(db: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    row(db, "SELECT value FROM owner WHERE name = ?1", [name], |row| Ok(row.get(0)?))
}

fn record(db: &Connection, name: &str, value: &[u8]) -> Result<()> {
    execute(db, "INSERT OR REPLACE INTO owner (name, value) VALUES (?1, ?2)", params![name, value]).map(drop)
}
