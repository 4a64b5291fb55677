//! Which store, and where.

use std::{fmt, path::PathBuf};

use url::Url;

use crate::domain::{Invalid, Secret};
use crate::keys::Keys;

/// Which store this node works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// SQLite, in this folder; it is made when it is not there. Only one node can use it.
    Embedded(PathBuf),
    /// A Redis server, which many nodes may share.
    Redis(RedisUrl),
}

impl StoreConfig {
    /// Reads `embedded:PATH`, `redis://…` or `rediss://…`.
    ///
    /// # Errors
    /// When it is none of the three, or what follows cannot be used. The text, which may hold a password, is never
    /// repeated.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let expected = "expected embedded:PATH, redis://HOST[:PORT][/DATABASE] or rediss://HOST[:PORT][/DATABASE]";
        match text.split_once(':') {
            Some(("embedded", "")) => Err(Invalid::new("store", "does not name a folder").hint(expected)),
            Some(("embedded", path)) => Ok(Self::Embedded(PathBuf::from(path))),
            Some(("redis" | "rediss", _)) => RedisUrl::parse(text).map(Self::Redis),
            Some((form @ ("redis-sentinel" | "redis-cluster"), _)) => {
                Err(Invalid::new("store", format!("has the form {form}://, which is not yet supported")).hint(expected))
            }
            _ => Err(Invalid::new("store", "is not a kind of store").hint(expected)),
        }
    }
}

/// As in the setting, without user name and password.
impl fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(folder) => write!(f, "embedded:{}", folder.display()),
            Self::Redis(url) => f.write_str(url.redacted()),
        }
    }
}

/// The address of a Redis server: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    text: Secret,
    redacted: String,
}

impl RedisUrl {
    /// Accepts an address; the port is 6379 and the database 0 unless it says otherwise.
    ///
    /// # Errors
    /// When it has no host, a user without a password, a database that is not a number up to 65535, a query or a
    /// fragment. So `#insecure`, by which some clients skip the certificate's check, is refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| Invalid::new("store", rule).hint("expected redis://HOST[:PORT][/DATABASE]");
        let url = Url::parse(text).map_err(|_| refused("is not a URL"))?;
        if !matches!(url.scheme(), "redis" | "rediss") {
            return Err(refused("is neither redis:// nor rediss://"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refused("does not name a host"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("has a query or a fragment, which have no meaning here"));
        }
        // Redis would be asked to log in as its default user, and the one that is named would be forgotten.
        if !url.username().is_empty() && url.password().is_none_or(str::is_empty) {
            return Err(refused("names a user without a password")
                .hint("expected redis://USER:PASSWORD@HOST[:PORT][/DATABASE]"));
        }
        let database = url.path().trim_start_matches('/');
        let database = if database.is_empty() { Ok(0) } else { database.parse::<u16>() };
        let database = database.map_err(|_| refused("names a database that is not a number from 0 to 65535"))?;
        let port = url.port().unwrap_or(6379);
        let user = if url.username().is_empty() && url.password().is_none() { "" } else { "…@" };
        let redacted = format!("{}://{user}{host}:{port}/{database}", url.scheme());
        Ok(Self { text: Secret::new(text), redacted })
    }

    /// The whole address, for the one client that connects there.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// The address without its user name and password, for people.
    pub fn redacted(&self) -> &str {
        &self.redacted
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({})", self.redacted)
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
        let StoreConfig::Redis(url) = StoreConfig::parse("rediss://cache.example").unwrap() else { panic!("no Redis") };
        assert!(url.reveal().starts_with("rediss:"));
        assert_eq!(url.redacted(), "rediss://cache.example:6379/0");
    }

    #[test]
    fn a_password_is_kept_and_never_shown() {
        let store = StoreConfig::parse("redis://app:hunter2@[::1]:7000/3").unwrap();
        assert_eq!(store.to_string(), "redis://…@[::1]:7000/3");
        assert!(!format!("{store:?}").contains("hunter2"));
        assert!(matches!(store, StoreConfig::Redis(url) if url.reveal().contains("hunter2")));
    }

    #[test]
    fn refusals_never_repeat_the_address() {
        for bad in [
            "redis://:hunter2@",
            "redis://:hunter2@host:port",
            "redis://:hunter2@host/first",
            "redis://:hunter2@host/0#insecure",
            "redis://:hunter2@host?protocol=resp3",
            "redis:hunter2",
            "redis-sentinel://:hunter2@host",
            "redis-cluster://:hunter2@host",
            "hunter2",
            "embedded:",
            "",
        ] {
            let refusal = StoreConfig::parse(bad).unwrap_err().to_string();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
        let later = StoreConfig::parse("redis-cluster://host").unwrap_err();
        assert!(later.rule().contains("not yet supported"));
    }
}
