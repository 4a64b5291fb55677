//! Which gateway a file belongs to.

use rusqlite::{Connection, OptionalExtension, params};

use super::{OTHER_KEY, StoreError};
use crate::domain::id::SHARDS;
use crate::domain::secret::Digest;

/// Compares, and takes down what a new file does not know yet. The key that is known is the current one of the last
/// start, so that an old key may go once every journey of its time is gone.
pub fn register_owner(db: &Connection, keys: &[Digest]) -> Result<(), StoreError> {
    let foreign = |why: String| Err(StoreError::Foreign(why));
    let Some(current) = keys.first() else { return foreign("this gateway has no operator key".into()) };
    match known(db, "shards")?.as_deref() {
        None => take_down(db, "shards", &[SHARDS])?,
        Some([SHARDS]) => {}
        Some(other) => {
            return foreign(format!(
                "it was created with {} shards, and this program has {SHARDS}",
                other.first().unwrap_or(&0)
            ));
        }
    }
    match known(db, "key")? {
        Some(key) if key == current.as_bytes() => Ok(()),
        Some(key) if !keys.iter().any(|ours| key == ours.as_bytes()) => foreign(OTHER_KEY.into()),
        _ => take_down(db, "key", current.as_bytes()),
    }
}

fn known(db: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut select = db.prepare_cached("SELECT value FROM house WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

fn take_down(db: &Connection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO house (name, value) VALUES (?1, ?2)")?.execute(params![name, value])?;
    Ok(())
}
