//! The operator's keys, as a start finds or makes them.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::clock::Clock;
use crate::config::KeySource;
use crate::keys::Keys;

/// The operator's keys; without any, a file of our own beside the data, which only its owner can read. Answers its
/// path, too, when this call has made it.
pub(super) fn keys<'a>(source: &'a KeySource, clock: &dyn Clock) -> Result<(Keys, Option<&'a Path>)> {
    let path = match source {
        KeySource::Given(keys) => return Ok((keys.clone(), None)),
        KeySource::File(path) => path.as_path(),
    };
    let made = make_key_file(path, clock).with_context(|| format!("cannot make the key file {}", path.display()))?;
    Ok((read(path)?, made.then_some(path)))
}

/// The operator's keys, as far as there are any; makes none.
pub(super) fn known(source: &KeySource) -> Result<Option<Keys>> {
    match source {
        KeySource::Given(keys) => Ok(Some(keys.clone())),
        KeySource::File(path) if path.exists() => read(path).map(Some),
        KeySource::File(_) => Ok(None),
    }
}

fn read(path: &Path) -> Result<Keys> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the key file {}", path.display()))?;
    Keys::parse(text.trim()).with_context(|| format!("the key file {}", path.display()))
}

/// Makes the key file unless it is there, whole or not at all. Answers whether this call has made it.
fn make_key_file(path: &Path, clock: &dyn Clock) -> std::io::Result<bool> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if path.exists() {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let [a, b, ..] = clock.entropy();
    let draft = path.with_extension(format!("{a:02x}{b:02x}"));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(Keys::write_fresh("k1", clock.entropy()).reveal().as_bytes())?;
    file.sync_all()?;
    // A link, unlike a rename, leaves the file alone that another process may have made in between.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        linked => linked.map(|()| true),
    }
}
