//! What is done with a whole store: it is backed up, made of a backup, and moved.

#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};

use super::{key_file, store::has_store};
use crate::clock::Clock;
use crate::config::{Config, KeySource, StoreConfig};
use crate::keys::Keys;
pub use crate::store::copy::Progress;
use crate::store::copy::{self, Destination, Source};
use crate::store::embedded::{Embedded, FilledFolder};
use crate::store::redis::{RedisAddress, RedisStore};

/// Copies the embedded store of this configuration into a new file, while a server runs on it or not. Answers what the
/// operator should know of it, a sentence each.
///
/// # Errors
/// When the store is not embedded or is not there, when `to` exists or cannot be written, or the store is damaged.
pub fn back_up(config: &Config, to: &Path) -> Result<Vec<String>> {
    let folder = embedded(config, "backs up")?;
    if !has_store(config) {
        bail!("there is no store yet at {}", config.store);
    }
    let contents = Embedded::back_up(folder, to).with_context(|| format!("cannot back up {}", config.store))?;
    Ok(vec![
        format!("{} is a copy of {}, and was looked through: {contents}", to.display(), config.store),
        format!("it is of use only with the operator's keys, {}: keep them apart from it", keys_of(config)),
    ])
}

/// Makes the embedded store of this configuration of a backup. Answers what the operator should know of it, a sentence
/// each.
///
/// # Errors
/// When the store is not embedded or is there already, or when the backup is damaged, of a layout that this program does
/// not know, or was made under other keys than the configuration's.
pub fn restore(config: &Config, from: &Path) -> Result<Vec<String>> {
    let folder = embedded(config, "restores")?;
    let keys = key_file::known(&config.keys)?;
    let fingerprints = keys.as_ref().map(Keys::fingerprints);
    let contents = Embedded::restore(from, folder, fingerprints.as_deref())
        .with_context(|| format!("cannot restore {} from {}", config.store, from.display()))?;
    let mut said = vec![format!("{} was restored from {}: {contents}", config.store, from.display())];
    if fingerprints.is_none() {
        said.push(format!(
            "before it is served it needs the operator's keys that it was made with, {}",
            keys_of(config)
        ));
    }
    Ok(said)
}

/// Moves a store to another place, of the same kind or another, while no gateway serves from it. Answers what the operator
/// should know of it, a sentence each.
///
/// # Errors
/// When a gateway serves from the source, when the destination holds a store, when what has arrived is not what was sent,
/// or on trouble with either. Then the source is used as before, and the same can be begun again.
pub async fn migrate(
    config: &Config,
    (from, to): (&StoreConfig, &StoreConfig),
    clock: &Arc<dyn Clock>,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<String>> {
    let (from_name, to_name) = (from.to_string(), to.to_string());
    if from == to {
        bail!("--from and --to are the same place: {from}");
    }
    let source = source(from, clock, config).with_context(|| format!("cannot use {from}"))?;
    let destination = destination(to, clock, config).with_context(|| format!("cannot use {to}"))?;
    let ends = ((from_name.as_str(), source.as_ref()), (to_name.as_str(), destination));
    let moved = copy::migrate(ends.0, ends.1, config.keep, report).await?;
    let mut said = vec![
        format!("{from} was moved to {to}, and compared with it: {moved}"),
        format!("start the gateway with `store` = {to} and the same operator's keys, {}", keys_of(config)),
    ];
    if matches!((&config.keys, to), (KeySource::File(_), StoreConfig::Redis(_))) {
        said.push("on Redis what stands in that file is given in HANDBACK_KEYS, on every node".into());
    }
    Ok(said)
}

fn source(from: &StoreConfig, clock: &Arc<dyn Clock>, config: &Config) -> Result<Box<dyn Source>> {
    Ok(match from {
        StoreConfig::Embedded(folder) if !Embedded::exists(folder) => bail!("there is no store at {from}"),
        // In a server's place, so that none runs.
        StoreConfig::Embedded(folder) => Box::new(Embedded::open_for_server(folder, Arc::clone(clock), config.keep)?),
        StoreConfig::Redis(address) => {
            Box::new(RedisStore::open(RedisAddress::clone(address), Arc::clone(clock), config.keep)?)
        }
    })
}

fn destination(to: &StoreConfig, clock: &Arc<dyn Clock>, config: &Config) -> Result<Box<dyn Destination>> {
    Ok(match to {
        StoreConfig::Embedded(folder) => Box::new(FilledFolder::new(folder, Arc::clone(clock), config.keep)?),
        StoreConfig::Redis(address) => {
            Box::new(RedisStore::open(RedisAddress::clone(address), Arc::clone(clock), config.keep)?)
        }
    })
}

fn embedded<'a>(config: &'a Config, does: &str) -> Result<&'a Path> {
    match &config.store {
        StoreConfig::Embedded(folder) => Ok(folder),
        StoreConfig::Redis(_) => bail!("this command {does} an embedded store, and {} has its own ways", config.store),
    }
}

fn keys_of(config: &Config) -> String {
    match &config.keys {
        KeySource::Given(_) => "HANDBACK_KEYS".into(),
        KeySource::File(path) => format!("the file {}", path.display()),
    }
}
