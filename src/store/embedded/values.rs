//! How values of the domain stand in columns, and what SQLite's troubles mean to a store's caller.

use rusqlite::ErrorCode;

use super::StoreError;
use crate::domain::id::PayId;
use crate::domain::moment::UnixMillis;

/// A moment as a column holds it: milliseconds since the epoch.
pub fn millis(moment: UnixMillis) -> i64 {
    i64::try_from(moment.as_millis()).unwrap_or(i64::MAX)
}

/// The moment that a column holds.
///
/// # Errors
/// [`StoreError::Damaged`] when it lies before the epoch.
pub fn moment(millis: i64) -> Result<UnixMillis, StoreError> {
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

/// What was read for many, among others: one damaged record, of the journey of this number, is passed over and logged.
///
/// # Errors
/// Any other trouble.
pub fn legible<T>(read: Result<T, StoreError>, pay_id: i64) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Damaged(_)) => {
            let pay_id = PayId::new(pay_id.cast_unsigned()).map_or_else(|| pay_id.to_string(), |id| id.to_string());
            tracing::error!(%pay_id, "store.damaged_record");
            Ok(None)
        }
        read => read.map(Some),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::TimedOut,
            // What comes from the wrapper and not from SQLite is a value of the wrong form.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => Self::Damaged(error.to_string()),
            Some(_) => Self::Unreachable(error.to_string()),
        }
    }
}
