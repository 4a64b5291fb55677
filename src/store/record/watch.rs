//! Watched callbacks.

use super::recorded::{Record, Recorded, fields};
use super::{Result, read, write};
use crate::domain::{CallbackUrl, MerchantId, UnixMillis, WatchedCallback};

fields!(
    WatchedCallback: merchant: MerchantId, url: CallbackUrl, since: UnixMillis, troubles: u8,
    down_since: Option<UnixMillis>,
);

/// Writes a watched callback.
///
/// # Errors
/// When it cannot be encoded, which none is known to do.
pub fn write_watched(callback: &WatchedCallback) -> Result<Vec<u8>> {
    write(&callback.record())
}

/// Reads a watched callback.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are none of a version known here.
pub fn read_watched(bytes: &[u8]) -> Result<WatchedCallback> {
    read(bytes, "a watched callback")
}
