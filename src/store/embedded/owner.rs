//! Which gateway a file belongs to, and the mark that shows whether it can be written.

use rusqlite::{Connection, params};

use super::values::{execute, row};
use super::{Result, StoreError};
use crate::domain::{Digest, UnixMillis, id::SHARDS};
use crate::store::{copy::Standing, current_key, moved, other_key, other_shards};

/// How much a mark writes, in bytes: more than a step does, so that a disk with room for the mark has room for a step.
const MARK: usize = 16 * 1024;

/// The name of the note that the store was moved, and where to.
const MOVED: &str = "moved";

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
    expect_unmoved(db)?;
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

/// Refuses a file that was created under none of these keys. One that has no owner yet is anybody's.
///
/// # Errors
/// [`StoreError::Foreign`], or trouble with the file.
pub fn expect(db: &Connection, keys: &[Digest]) -> Result<()> {
    match known(db, "key")? {
        Some(key) if !keys.iter().any(|ours| key == ours.as_bytes()) => Err(other_key()),
        _ => Ok(()),
    }
}

/// Refuses a file whose store was moved.
///
/// # Errors
/// [`StoreError::Foreign`], or trouble with the file.
pub fn expect_unmoved(db: &Connection) -> Result<()> {
    match known(db, MOVED)? {
        Some(to) => Err(moved(&String::from_utf8_lossy(&to))),
        None => Ok(()),
    }
}

/// What there is, to who would move it.
pub fn standing(db: &Connection) -> Result<Standing> {
    let Some(key) = known(db, "key")? else { return Ok(Standing::Empty) };
    let key = Digest::new(key.try_into().map_err(|_| StoreError::Damaged("the operator key's fingerprint".into()))?);
    Ok(match known(db, MOVED)? {
        Some(to) => Standing::Moved { key, to: String::from_utf8_lossy(&to).into_owned() },
        None => Standing::Owned(key),
    })
}

/// Notes that the store was moved to this place, or takes that back.
pub fn note_moved(db: &Connection, to: Option<&str>) -> Result<()> {
    match to {
        Some(to) => record(db, MOVED, to.as_bytes()),
        None => execute(db, "DELETE FROM owner WHERE name = ?1", [MOVED]).map(drop),
    }
}

fn known(db: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    row(db, "SELECT value FROM owner WHERE name = ?1", [name], |row| Ok(row.get(0)?))
}

fn record(db: &Connection, name: &str, value: &[u8]) -> Result<()> {
    execute(db, "INSERT OR REPLACE INTO owner (name, value) VALUES (?1, ?2)", params![name, value]).map(drop)
}
