//! How values of the domain stand in columns, and what SQLite's troubles mean to a store's caller.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Params, Row};

use super::{Result, StoreError};
use crate::domain::{PayId, UnixMillis};
use crate::store::Unwritable;

/// A moment as a column holds it: milliseconds since the epoch.
pub fn millis(moment: UnixMillis) -> i64 {
    i64::try_from(moment.as_millis()).unwrap_or(i64::MAX)
}

/// The moment so long ago.
pub fn before(now: UnixMillis, ago: Duration) -> UnixMillis {
    let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
    UnixMillis::from_millis(now.as_millis().saturating_sub(ago))
}

/// The moment that a column holds.
///
/// # Errors
/// [`StoreError::Damaged`] when it lies before the epoch.
pub fn moment(millis: i64) -> Result<UnixMillis> {
    let millis = u64::try_from(millis).map_err(|_| StoreError::Damaged("a time before 1970".into()))?;
    Ok(UnixMillis::from_millis(millis))
}

/// A journey's number as a column holds it; it always fits, being below 2^53.
pub fn number(pay_id: PayId) -> i64 {
    i64::try_from(pay_id.number()).unwrap_or(i64::MAX)
}

/// A limit as a statement takes it.
pub fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The journey's number that a column holds.
pub fn pay_id(number: i64) -> Option<PayId> {
    PayId::new(number.cast_unsigned())
}

/// The bytes in a column.
pub fn bytes<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8]> {
    Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// Every row that a statement selects, as `read` reads it.
pub fn rows<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The row that a statement selects, as `read` reads it, if there is one.
pub fn row<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    db.prepare_cached(sql)?.query(params)?.next()?.map(read).transpose()
}

/// Whether a statement selects anything.
pub fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool> {
    Ok(db.prepare_cached(sql)?.exists(params)?)
}

/// How many rows a table has.
pub fn count(db: &Connection, table: &str) -> Result<u64> {
    let rows: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    Ok(rows.cast_unsigned())
}

/// Changes what a statement names; answers how many rows.
pub fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    Ok(db.prepare_cached(sql)?.execute(params)?)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::TimedOut,
            // What comes from the wrapper and not from SQLite is a value of the wrong form.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => Self::Damaged(error.to_string()),
            Some(ErrorCode::DiskFull) => Self::Unwritable(Unwritable::Disk, error.to_string()),
            Some(ErrorCode::ReadOnly) => Self::Unwritable(Unwritable::ReadOnly, error.to_string()),
            Some(_) => Self::Unreachable(error.to_string()),
        }
    }
}
