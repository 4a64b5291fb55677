//! Opening the store and the operator's keys together: who may create them, and what is left behind when one of them
//! cannot be used.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};

use super::key_file;
use crate::clock::Clock;
use crate::config::{Config, KeySource, StoreConfig};
use crate::keys::Keys;
use crate::store::redis::{RedisAddress, RedisStore};
use crate::store::{Store, embedded::Embedded};

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreUse {
    /// A server: it creates the store where there is none, and is the only server on an embedded one.
    Serve,
    /// A command that creates the store where there is none.
    Create,
    /// A command that uses a store that is there, beside its server.
    Existing,
}

/// Opens the store and reads the keys that it was created with. What it has made is taken back when that fails.
///
/// # Errors
/// When there is no store and none may be created, when its key file is missing, when another server uses it, when it
/// was created with another operator key, or on trouble with it.
pub(super) async fn open(
    config: &Config,
    clock: &Arc<dyn Clock>,
    usage: StoreUse,
    notices: &mut Vec<String>,
) -> Result<(Arc<dyn Store>, Keys)> {
    check(config, usage)?;
    let (keys, made) = key_file::keys(&config.keys, clock.as_ref())?;
    match open_with(config, clock, usage, &keys).await {
        Ok(store) => {
            let made = made.iter().map(|path| {
                format!("keys: made {}; without this file every link and token under way is lost", path.display())
            });
            notices.extend(made.chain([format!("store: {}", store.describe())]));
            Ok((store, keys))
        }
        Err(error) => {
            if let Some(path) = made {
                take_back(path);
            }
            Err(error)
        }
    }
}

/// Whether the store that this configuration names has been created, as far as that can be seen without opening it.
pub fn has_store(config: &Config) -> bool {
    match &config.store {
        StoreConfig::Embedded(folder) => Embedded::exists(folder),
        // A Redis answers for itself, unless its keys would have to be made first.
        StoreConfig::Redis(_) => !matches!(&config.keys, KeySource::File(path) if !path.exists()),
    }
}

/// Refuses before anything is written.
fn check(config: &Config, usage: StoreUse) -> Result<()> {
    let exists = has_store(config);
    if !exists && usage == StoreUse::Existing {
        bail!("there is no store yet at {}; `handback serve` and `handback merchant add` create one", config.store);
    }
    match (&config.store, &config.keys) {
        (StoreConfig::Embedded(_), KeySource::File(path)) if exists && !path.exists() => bail!(
            "the key file {} is missing, and the store beside it has data; restore the file from a backup, or give its \
             keys in HANDBACK_KEYS",
            path.display()
        ),
        _ => Ok(()),
    }
}

async fn open_with(config: &Config, clock: &Arc<dyn Clock>, usage: StoreUse, keys: &Keys) -> Result<Arc<dyn Store>> {
    let clock = Arc::clone(clock);
    let store: Arc<dyn Store> = match &config.store {
        StoreConfig::Embedded(folder) if usage == StoreUse::Serve => {
            Arc::new(Embedded::open_for_server(folder, clock, config.keep)?)
        }
        StoreConfig::Embedded(folder) if usage == StoreUse::Existing => {
            Arc::new(Embedded::open_existing(folder, clock, config.keep)?)
        }
        StoreConfig::Embedded(folder) => Arc::new(Embedded::open(folder, clock, config.keep)?),
        StoreConfig::Redis(address) => Arc::new(RedisStore::open(RedisAddress::clone(address), clock, config.keep)?),
    };
    let described = || format!("cannot use the store: {}", store.describe());
    store.register_owner(&keys.fingerprints()).await.with_context(described)?;
    Ok(store)
}

/// Removes a key file that nothing was written under, and its folder where nothing else is in it.
fn take_back(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, "keys.not_taken_back");
    }
    // A folder that is not empty stays.
    let _ = path.parent().map(std::fs::remove_dir);
}
