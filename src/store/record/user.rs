//! Users.

use super::recorded::{Record, Recorded, fields};
use super::{Result, read, write};
use crate::domain::{ApplicationUser, MerchantId, UnixMillis, User, UserId};

fields!(User: id: UserId, merchant: MerchantId, application_user: Option<ApplicationUser>, created_at: UnixMillis);

/// Writes a user.
///
/// # Errors
/// When it cannot be encoded, which no user is known to do.
pub fn write_user(user: &User) -> Result<Vec<u8>> {
    write(&user.record())
}

/// Reads a user.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are no user of a version known here.
pub fn read_user(bytes: &[u8]) -> Result<User> {
    read(bytes, "a user")
}
