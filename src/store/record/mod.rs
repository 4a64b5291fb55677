//! Records: journeys, merchants and users as bytes.
//!
//! A version byte, then MessagePack: lists of fields, without their names. A new setting goes to the end of its group
//! (`settings.rs`), and a new field with a default to the end of its record (`fields_and_later`); any other change
//! takes a new version byte, and a reader of the old one.

mod attempts;
mod consent;
mod console;
mod journey;
mod merchant;
mod outcome;
mod plan;
mod purpose;
mod recorded;
mod settings;
#[cfg(test)]
mod tests;
pub(super) mod tokens;
mod user;
mod visit;
mod watch;

use serde::Serialize;

use super::{Result, StoreError};
use recorded::Recorded;

pub(super) use attempts::{append_attempt, read_delivery, write_attempt};
pub use console::{read_entry, read_member, write_entry, write_member};
pub use journey::{read_journey, write_journey};
pub use merchant::{read_merchant, write_merchant};
pub use user::{read_user, write_user};
pub use watch::{read_watched, write_watched};

/// The version that this program writes.
const VERSION: u8 = 1;

fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged(what.into())
}

fn write(record: &impl Serialize) -> Result<Vec<u8>> {
    // A journey that is over has about 400 bytes.
    let mut bytes = Vec::with_capacity(512);
    bytes.push(VERSION);
    rmp_serde::encode::write(&mut bytes, record).map_err(|error| damaged(error.to_string()))?;
    Ok(bytes)
}

fn read<T: Recorded>(bytes: &[u8], what: &str) -> Result<T> {
    let record = match bytes.split_first() {
        Some((&VERSION, rest)) => rmp_serde::from_slice(rest).map_err(|error| damaged(error.to_string()))?,
        Some((version, _)) => return Err(damaged(format!("version {version} is not known here"))),
        None => return Err(damaged("it is empty")),
    };
    T::of(record).ok_or_else(|| damaged(format!("a value of {what} is out of range")))
}
