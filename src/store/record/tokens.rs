//! One-time tokens, as they stand beside their journey: 30 bytes each.
//!
//! The first 16 bytes of the token's digest; the moment when it expires or, once it is spent, when that was (6); the
//! first 8 bytes of the digest of the attempt that spent it, or zeros. 128 bits are more than anybody can search, and an
//! attempt is compared only with others of the same merchant.

use crate::domain::{Digest, UnixMillis};

/// How many bytes a token takes.
pub(in crate::store) const TOKEN: usize = 16 + UnixMillis::BYTES + 8;

/// What stands there for the attempt at a token that nobody has spent.
const UNSPENT: [u8; 8] = [0; 8];

/// A one-time token beside its journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct KeptToken {
    /// When it expires; or when it was spent.
    pub(in crate::store) at: UnixMillis,
    /// The attempt that spent it.
    pub(in crate::store) attempt: Option<[u8; 8]>,
}

/// What stands for a token.
pub(in crate::store) fn token_mark(token: &Digest) -> [u8; 16] {
    first(token)
}

/// What stands for an attempt.
pub(in crate::store) fn attempt_mark(attempt: &Digest) -> [u8; 8] {
    first(attempt)
}

/// The token of this digest among those that are kept.
pub(in crate::store) fn kept_token(kept: &[u8], token: &Digest) -> Option<KeptToken> {
    let place = place_of(kept, token)?;
    let (at, attempt) = kept[place + 16..place + TOKEN].split_first_chunk()?;
    let attempt: [u8; 8] = attempt.try_into().ok()?;
    Some(KeptToken { at: UnixMillis::from_bytes(*at), attempt: Some(attempt).filter(|attempt| *attempt != UNSPENT) })
}

/// A token of this digest that expires then.
pub(in crate::store) fn new_token(token: &Digest, expires_at: UnixMillis) -> Vec<u8> {
    [&token_mark(token)[..], &expires_at.to_bytes(), &UNSPENT].concat()
}

/// Those that are kept, with this one spent by this attempt.
pub(in crate::store) fn with_spent(kept: &[u8], token: &Digest, at: UnixMillis, attempt: [u8; 8]) -> Vec<u8> {
    let mut kept = kept.to_vec();
    if let Some(place) = place_of(&kept, token) {
        kept[place + 16..place + 22].copy_from_slice(&at.to_bytes());
        kept[place + 22..place + TOKEN].copy_from_slice(&attempt);
    }
    kept
}

/// Whether one of those that are kept was spent.
pub(in crate::store) fn is_any_spent(kept: &[u8]) -> bool {
    kept.chunks_exact(TOKEN).any(|kept| !kept.ends_with(&UNSPENT))
}

fn place_of(kept: &[u8], token: &Digest) -> Option<usize> {
    let mark = token_mark(token);
    kept.chunks_exact(TOKEN).position(|kept| kept.starts_with(&mark)).map(|index| index * TOKEN)
}

fn first<const N: usize>(digest: &Digest) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&digest.as_bytes()[..N]);
    first
}
