//! One-time tokens: the text that travels, and the digest that is kept.

use super::id::Shard;
use super::invalid::Invalid;
use super::moment::UnixMillis;
use super::secret::{Digest, Secret};

/// A one-time token as it travels: `ott_`, two digits that name its shard, `_`, 43 characters of base64url.
///
/// The 43 characters are 256 bits derived from the journey, so that the same return writes the same token again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    shard: Shard,
    text: Secret,
}

impl OneTimeToken {
    /// How long a token's text is, in bytes.
    pub const LENGTH: usize = "ott_00_".len() + 43;

    /// Writes the token with this secret part (43 characters of base64url) for `shard`.
    pub fn write(shard: Shard, secret: &str) -> Self {
        Self { shard, text: Secret::new(format!("ott_{shard}_{secret}")) }
    }

    /// Reads a token's text.
    ///
    /// # Errors
    /// When it does not have the form of a token; the error reveals no more than that.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("one_time_token", "has not the form of a one-time token");
        if text.len() != Self::LENGTH || !text.is_ascii() {
            return Err(refused());
        }
        let rest = text.strip_prefix("ott_").ok_or_else(refused)?;
        let (shard, secret) = rest.split_once('_').ok_or_else(refused)?;
        let shard = Some(shard).filter(|s| s.len() == 2).and_then(|s| s.parse().ok()).and_then(Shard::new);
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if secret.len() != 43 || !secret.bytes().all(base64url) {
            return Err(refused());
        }
        Ok(Self { shard: shard.ok_or_else(refused)?, text: Secret::new(text) })
    }

    /// The shard that holds it.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// The text, for the callback that carries it.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

/// A one-time token as the store keeps it, beside its journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// The digest of its text.
    pub digest: Digest,
    /// When it stops being redeemable.
    pub expires_at: UnixMillis,
}
