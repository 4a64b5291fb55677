//! What a merchant's calls are known by, what is signed with for it, and whether its calls are answered.

use super::recorded::{Record, Recorded, fields};
use crate::domain::api_key::{IssuedKey, KeyName, KeyNumber};
use crate::domain::merchant::{Merchant, Standing};
use crate::domain::moment::UnixMillis;
use crate::domain::rotation::Rotating;
use crate::domain::secret::{Digest, Sealed};

/// All of it.
pub(super) struct Secrets {
    pub(super) standing: Standing,
    pub(super) api_keys: Vec<IssuedKey>,
    pub(super) signing_secret: Rotating,
    pub(super) webhook_key: Rotating,
}

fields!(Secrets: standing: Standing, api_keys: Vec<IssuedKey>, signing_secret: Rotating, webhook_key: Rotating);

fields!(
    IssuedKey: number: KeyNumber, name: KeyName, digest: Digest, hashed: Option<Digest>, created_at: UnixMillis,
    ends_at: Option<UnixMillis>,
);

impl Secrets {
    /// What a merchant has of it, as records hold it.
    pub(super) fn record_of(merchant: &Merchant) -> Record<Self> {
        let (keys, secret) = (merchant.api_keys.record(), merchant.signing_secret.record());
        (merchant.standing.record(), keys, secret, merchant.webhook_key.record())
    }

    /// What a record held before keys had numbers: no webhook key, and the hashed form of a key beside it in a list of
    /// its own.
    pub(super) fn older(
        signing_secret: Vec<u8>,
        (keys, hashed): (Vec<[u8; 32]>, &[[u8; 32]]),
        created_at: UnixMillis,
    ) -> Self {
        let keys = keys.into_iter().enumerate().map(|(index, digest)| {
            let hashed = hashed.get(index).copied().map(Digest::new);
            IssuedKey::older(Digest::new(digest), hashed, created_at)
        });
        Self {
            standing: Standing::Active,
            api_keys: keys.collect(),
            signing_secret: Rotating::first(Sealed::new(signing_secret)),
            webhook_key: Rotating::first(Sealed::new(Vec::new())),
        }
    }
}
