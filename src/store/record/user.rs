//! Users.

use serde::{Deserialize, Serialize};

use super::{StoreError, damaged, read, write};
use crate::domain::id::{MerchantId, UserId};
use crate::domain::moment::UnixMillis;
use crate::domain::user::{ApplicationUser, User};

#[derive(Serialize, Deserialize)]
struct UserRecord {
    id: u128,
    merchant: u128,
    application_user: Option<String>,
    created_at: u64,
}

/// Writes a user.
///
/// # Errors
/// When it cannot be encoded, which no user is known to do.
pub fn write_user(user: &User) -> Result<Vec<u8>, StoreError> {
    write(&UserRecord {
        id: u128::from_be_bytes(*user.id.as_bytes()),
        merchant: u128::from_be_bytes(*user.merchant.as_bytes()),
        application_user: user.application_user.as_ref().map(|own| own.as_str().to_owned()),
        created_at: user.created_at.as_millis(),
    })
}

/// Reads a user.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no user of a version known here.
pub fn read_user(bytes: &[u8]) -> Result<User, StoreError> {
    let record: UserRecord = read(bytes)?;
    let own = record.application_user.map(|own| ApplicationUser::parse(&own)).transpose();
    Ok(User {
        id: UserId::from_bytes(record.id.to_be_bytes()),
        merchant: MerchantId::from_bytes(record.merchant.to_be_bytes()),
        application_user: own.map_err(|_| damaged("a user's value is out of range"))?,
        created_at: UnixMillis::from_millis(record.created_at),
    })
}
