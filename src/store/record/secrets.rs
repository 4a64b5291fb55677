//! What a merchant's calls are known by, what is signed with for it, and whether its calls are answered.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::{IssuedKey, KeyName};
use crate::domain::merchant::{Merchant, Standing};
use crate::domain::moment::UnixMillis;
use crate::domain::rotation::Rotating;
use crate::domain::secret::{Digest, Sealed};

/// All of it.
#[derive(Serialize, Deserialize)]
pub(super) struct SecretsRecord {
    disabled: bool,
    keys: Vec<KeyRecord>,
    signing_secret: RotatingRecord,
    webhook_key: RotatingRecord,
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    number: String,
    name: String,
    digest: [u8; 32],
    hashed: Option<[u8; 32]>,
    created_at: u64,
    ends_at: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
struct RotatingRecord {
    #[serde(with = "super::bytes")]
    current: Vec<u8>,
    previous: Option<(Vec<u8>, u64)>,
}

impl From<&Merchant> for SecretsRecord {
    fn from(merchant: &Merchant) -> Self {
        Self {
            disabled: merchant.standing == Standing::Disabled,
            keys: merchant.api_keys.iter().map(KeyRecord::from).collect(),
            signing_secret: RotatingRecord::from(&merchant.signing_secret),
            webhook_key: RotatingRecord::from(&merchant.webhook_key),
        }
    }
}

impl SecretsRecord {
    /// What a record held before keys had numbers: no webhook key, and the hashed form of a key beside it in a list of
    /// its own.
    pub(super) fn older(
        signing_secret: Vec<u8>,
        (keys, hashed): (Vec<[u8; 32]>, &[[u8; 32]]),
        created_at: UnixMillis,
    ) -> Self {
        let keys = keys.into_iter().enumerate().map(|(index, digest)| {
            let hashed = hashed.get(index).copied().map(Digest::new);
            KeyRecord::from(&IssuedKey::older(Digest::new(digest), hashed, created_at))
        });
        let signing_secret = RotatingRecord { current: signing_secret, previous: None };
        Self { disabled: false, keys: keys.collect(), signing_secret, webhook_key: RotatingRecord::default() }
    }

    pub(super) const fn standing(&self) -> Standing {
        if self.disabled { Standing::Disabled } else { Standing::Active }
    }

    pub(super) fn signing_secret(&self) -> Rotating {
        self.signing_secret.rotating()
    }

    pub(super) fn webhook_key(&self) -> Rotating {
        self.webhook_key.rotating()
    }

    /// `None` when a number is none.
    pub(super) fn into_keys(self) -> Option<Vec<IssuedKey>> {
        self.keys.into_iter().map(KeyRecord::into_key).collect()
    }
}

impl From<&IssuedKey> for KeyRecord {
    fn from(key: &IssuedKey) -> Self {
        Self {
            number: key.number.to_string(),
            name: key.name.as_str().to_owned(),
            digest: *key.digest.as_bytes(),
            hashed: key.hashed.map(|hashed| *hashed.as_bytes()),
            created_at: key.created_at.as_millis(),
            ends_at: key.ends_at.map(UnixMillis::as_millis),
        }
    }
}

impl KeyRecord {
    fn into_key(self) -> Option<IssuedKey> {
        Some(IssuedKey {
            number: self.number.parse().ok()?,
            name: KeyName::restored(self.name),
            digest: Digest::new(self.digest),
            hashed: self.hashed.map(Digest::new),
            created_at: UnixMillis::from_millis(self.created_at),
            ends_at: self.ends_at.map(UnixMillis::from_millis),
        })
    }
}

impl From<&Rotating> for RotatingRecord {
    fn from(secret: &Rotating) -> Self {
        let (current, previous) = secret.parts();
        Self {
            current: current.as_bytes().to_vec(),
            previous: previous.map(|(secret, ends_at)| (secret.as_bytes().to_vec(), ends_at.as_millis())),
        }
    }
}

impl RotatingRecord {
    fn rotating(&self) -> Rotating {
        let previous = self.previous.clone();
        let previous = previous.map(|(secret, ends_at)| (Sealed::new(secret), UnixMillis::from_millis(ends_at)));
        Rotating::restored(Sealed::new(self.current.clone()), previous)
    }
}
