//! Whether this Redis belongs to this gateway.

use super::script::{self, Request};
use super::{keys, link::Link, value::reply};
use crate::domain::{Digest, id::SHARDS};
use crate::store::{Result, StoreError, copy::Standing, current_key, moved, other_key, other_shards};

/// Records whose store this is, or compares.
///
/// # Errors
/// [`StoreError::Foreign`] when it belongs to another gateway, or trouble with the store.
pub(super) async fn register_owner(link: &Link, fingerprints: &[Digest]) -> Result<()> {
    let current = current_key(fingerprints)?;
    let mut note = Request::call(&script::OWNER, [keys::owner()]).with(SHARDS.to_string());
    for fingerprint in fingerprints {
        note = note.with(hex(fingerprint));
    }
    let owner: String = reply(link.ask(note).await?)?;
    match standing(&owner)? {
        Standing::Moved { to, .. } => Err(moved(&to)),
        Standing::Filling => Err(StoreError::Foreign(FILLED.into())),
        Standing::Owned(key) if key == *current => Ok(()),
        Standing::Owned(_) | Standing::Empty => Err(other_key()),
    }
}

/// The note of a store that is being filled.
pub(super) const FILLING: &str = "filling";

/// What the note of a store that was moved begins with; its owner and the new place stand behind that.
pub(super) const MOVED: &str = "moved ";

const FILLED: &str = "`handback migrate` is filling it, or was broken off; wait for its end, or run it again";

/// The note of a store that was created under the key of this fingerprint.
pub(super) fn note(key: &Digest) -> String {
    format!("{SHARDS} {}", hex(key))
}

/// What a note says.
///
/// # Errors
/// [`StoreError::Damaged`] when it is none.
pub(super) fn standing(note: &str) -> Result<Standing> {
    if note == FILLING {
        return Ok(Standing::Filling);
    }
    let (owner, moved) = note.strip_prefix(MOVED).map_or((note, false), |owner| (owner, true));
    let mut parts = owner.splitn(3, ' ');
    let (shards, key) = (parts.next().unwrap_or_default(), parts.next().and_then(unhex));
    let key = key.ok_or_else(|| StoreError::Damaged("the note of its owner cannot be read".into()))?;
    if shards != SHARDS.to_string() {
        return Err(other_shards(shards));
    }
    Ok(match parts.next() {
        Some(to) if moved => Standing::Moved { key, to: to.to_owned() },
        _ => Standing::Owned(key),
    })
}

fn unhex(text: &str) -> Option<Digest> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    Some(Digest::new(bytes.try_into().ok()?))
}

fn hex(digest: &Digest) -> String {
    data_encoding::HEXLOWER.encode(digest.as_bytes())
}
