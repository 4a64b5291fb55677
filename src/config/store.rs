//! Which store, and where.

use std::{fmt, path::PathBuf};

use crate::domain::Invalid;
use crate::keys::Keys;
use crate::store::redis::RedisAddress;

/// Which store this node works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// SQLite, in this folder; it is made when it is not there. Only one node can use it.
    Embedded(PathBuf),
    /// Redis, which many nodes may share.
    Redis(Box<RedisAddress>),
}

impl StoreConfig {
    /// Reads `embedded:PATH`, or the address of a Redis.
    ///
    /// # Errors
    /// When it is neither, or what follows cannot be used. The text, which may hold a password, is never repeated.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let expected = || format!("expected embedded:PATH, {}", RedisAddress::EXPECTED);
        match text.split_once(':') {
            Some(("embedded", "")) => Err(Invalid::new("store", "does not name a folder").hint(expected())),
            Some(("embedded", path)) => Ok(Self::Embedded(PathBuf::from(path))),
            _ if RedisAddress::is_meant_by(text) => {
                RedisAddress::parse(text).map(|address| Self::Redis(Box::new(address)))
            }
            _ => Err(Invalid::new("store", "is not a kind of store").hint(expected())),
        }
    }
}

/// As in the setting, without user name and password.
impl fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(folder) => write!(f, "embedded:{}", folder.display()),
            Self::Redis(address) => f.write_str(address.redacted()),
        }
    }
}

/// Where the operator's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// From the configuration.
    Given(Keys),
    /// From this file, which the app makes (0600) when it is not there.
    File(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_folder_or_a_redis() {
        let folder = StoreConfig::parse("embedded:./data").unwrap();
        assert_eq!(folder, StoreConfig::Embedded("./data".into()));
        let redis = StoreConfig::parse("redis+sentinel://app:hunter2@cache.example/main").unwrap();
        assert_eq!(redis.to_string(), "redis+sentinel://…@cache.example:26379/main/0");
        assert!(!format!("{redis:?}").contains("hunter2"));
    }

    #[test]
    fn refusals_never_repeat_the_address() {
        for bad in ["redis:hunter2", "redis-sentinel://:hunter2@host", "hunter2", "embedded:", ""] {
            let refusal = StoreConfig::parse(bad).unwrap_err().to_string();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }
}
