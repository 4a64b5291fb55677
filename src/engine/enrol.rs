//! Merchants, made by the operator.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::profile::api_key_digest;
use super::{Engine, EngineError};
use crate::domain::api_key::ApiKey;
use crate::domain::id::MerchantId;
use crate::domain::merchant::{Book, Merchant, MerchantName, Settings};
use crate::domain::secret::Secret;
use crate::keys::hashed_key;
use crate::store::Replaced;

/// A merchant with the secrets that are shown once.
#[derive(Debug)]
pub struct NewMerchant {
    /// The merchant.
    pub merchant: Merchant,
    /// Its API key.
    pub api_key: ApiKey,
    /// The secret that signs what we send it: `whsec_`, then standard base64 of 32 bytes (Standard Webhooks).
    pub signing_secret: Secret,
}

impl Engine {
    /// Adds a merchant, with an API key and a signing secret that nobody can read again.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn add_merchant(&self, name: MerchantName) -> Result<NewMerchant, EngineError> {
        let mut entropy = [0; 16];
        entropy.copy_from_slice(&self.clock.entropy()[..16]);
        let id = MerchantId::mint(entropy);
        let api_key = self.fresh_key(id);
        let signing_secret = Secret::new(format!("whsec_{}", STANDARD.encode(self.clock.entropy())));
        let sealed = self.keys.seal(signing_secret.reveal().as_bytes(), id.as_bytes(), self.clock.entropy());
        let merchant = Merchant {
            id,
            revision: 1,
            name,
            api_keys: vec![api_key_digest(api_key.reveal())],
            signing_secret: sealed.ok_or_else(|| EngineError::Missing("key to seal with".into()))?,
            created_at: self.clock.now(),
            book: Book::default(),
            settings: Settings::default(),
            endpoints: Vec::new(),
            webhook: None,
            public_keys: Vec::new(),
            hashed_keys: vec![hashed_key(api_key.reveal())],
        };
        if self.store.add(&merchant).await? {
            return Ok(NewMerchant { merchant, api_key, signing_secret });
        }
        Err(EngineError::Missing("free id for a merchant".into()))
    }

    /// Every merchant, the oldest first.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn merchants(&self) -> Result<Vec<Merchant>, EngineError> {
        Ok(self.store.merchants().await?)
    }

    /// Gives a merchant a new API key; its old ones end at once. `None` when there is no such merchant.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn rotate_key(&self, id: MerchantId) -> Result<Option<ApiKey>, EngineError> {
        let api_key = self.fresh_key(id);
        let digest = api_key_digest(api_key.reveal());
        // The newcomer's page, where there is one, goes on: nobody has ever seen its key.
        let demo = self.keys.demo_secret(id).map(|secret| api_key_digest(ApiKey::write(id, &secret).reveal()));
        let hashed = hashed_key(api_key.reveal());
        let rotated = self.with_keys(id, |merchant| {
            merchant.api_keys.retain(|key| Some(*key) == demo);
            merchant.api_keys.push(digest);
            merchant.hashed_keys = vec![hashed];
        });
        Ok(rotated.await?.then_some(api_key))
    }

    /// The key with which the newcomer's page calls the API for this merchant; made valid if it is not.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn demo_key(&self, id: MerchantId) -> Result<Option<ApiKey>, EngineError> {
        let Some(secret) = self.keys.demo_secret(id) else { return Ok(None) };
        let api_key = ApiKey::write(id, &secret);
        let digest = api_key_digest(api_key.reveal());
        let kept = self.with_keys(id, |merchant| {
            if !merchant.api_keys.contains(&digest) {
                merchant.api_keys.push(digest);
            }
        });
        Ok(kept.await?.then_some(api_key))
    }

    fn fresh_key(&self, id: MerchantId) -> ApiKey {
        ApiKey::write(id, &URL_SAFE_NO_PAD.encode(self.clock.entropy()))
    }

    async fn with_keys(&self, id: MerchantId, change: impl Fn(&mut Merchant)) -> Result<bool, EngineError> {
        loop {
            let Some(mut merchant) = self.store.merchant(id).await? else { return Ok(false) };
            let before = merchant.api_keys.clone();
            change(&mut merchant);
            if merchant.api_keys == before {
                return Ok(true);
            }
            merchant.revision += 1;
            if self.store.replace(&merchant, None).await? == Replaced::Done {
                return Ok(true);
            }
        }
    }
}
