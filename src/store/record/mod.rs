//! Records: journeys, merchants and users as bytes.
//!
//! A version byte, then MessagePack. A journey takes about 300 bytes so; a new field goes to the end with a default,
//! and anything else takes a new version byte and a reader for the old one.

mod attempts;
mod consent;
mod device_urls;
mod journey;
mod later;
mod merchant;
mod secrets;
#[cfg(test)]
mod tests;
mod told;
mod user;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

pub(super) use attempts::{append_attempt, read_attempts, write_attempt};
pub use journey::{read_journey, write_journey};
pub use merchant::{read_merchant, write_merchant};
pub use user::{read_user, write_user};

/// The version that this program writes.
const VERSION: u8 = 1;

fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged(what.into())
}

fn write(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![VERSION];
    rmp_serde::encode::write(&mut bytes, record).map_err(|error| damaged(error.to_string()))?;
    Ok(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => rmp_serde::from_slice(rest).map_err(|error| damaged(error.to_string())),
        Some((version, _)) => Err(damaged(format!("version {version} is not known here"))),
        None => Err(damaged("it is empty")),
    }
}

/// Bytes as MessagePack has them, instead of a list of numbers.
mod bytes {
    use serde::{Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}
