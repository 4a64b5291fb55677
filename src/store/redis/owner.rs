//! Whether this Redis belongs to this gateway.

use std::fmt::Write as _;

use super::script::{self, Request};
use super::{keys, link::Link, value::reply};
use crate::domain::{Digest, id::SHARDS};
use crate::store::{Result, StoreError, current_key, other_key, other_shards};

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
    match owner.split_once(' ') {
        Some((shards, _)) if shards != SHARDS.to_string() => Err(other_shards(shards)),
        Some((_, key)) if key == hex(current) => Ok(()),
        Some(_) => Err(other_key()),
        None => Err(StoreError::Damaged("the note of its owner cannot be read".into())),
    }
}

fn hex(digest: &Digest) -> String {
    digest.as_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
