//! Who makes a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use subtle::ConstantTimeEq;

use super::{Engine, EngineError};
use crate::domain::api_key::{ApiKey, IssuedKey, KeyNumber, Named};
use crate::domain::id::MerchantId;
use crate::domain::merchant::{Merchant, Standing};
use crate::domain::moment::Moment;
use crate::domain::secret::Digest;
use crate::keys::{digest, operator_key, sent_hash};

/// How exactly a last use is kept, in milliseconds: an hour.
const HOUR: u64 = 3_600_000;

/// The hours in which this node has noted the use of a key.
pub(super) type NotedUses = Mutex<HashMap<(MerchantId, KeyNumber), Moment>>;

impl Engine {
    /// The merchant of an API key. `None` when the key is nobody's.
    ///
    /// # Errors
    /// [`EngineError::Disabled`], or when the store is in trouble.
    pub async fn authenticate(&self, key: &str) -> Result<Option<Merchant>, EngineError> {
        let Ok(key) = ApiKey::parse(key) else { return Ok(None) };
        let merchant = match key.names() {
            Named::Number(number) => self.store.merchant_of_key(number).await?,
            Named::Merchant(id) => self.store.merchant(id).await?,
        };
        let sent = api_key_digest(key.reveal());
        self.caller(merchant, |own| same(&own.digest, &sent))
    }

    /// The merchant of this id, if the password is an API key of its own: plain, or hashed as some clients hash one.
    /// `None` when it is not.
    ///
    /// # Errors
    /// [`EngineError::Disabled`], or when the store is in trouble.
    pub async fn authenticate_as(&self, id: MerchantId, password: &str) -> Result<Option<Merchant>, EngineError> {
        let (plain, hashed) = (api_key_digest(password), sent_hash(password));
        let merchant = self.store.merchant(id).await?;
        let known =
            |own: &IssuedKey| same(&own.digest, &plain) || own.hashed.as_ref().is_some_and(|own| same(own, &hashed));
        self.caller(merchant, known)
    }

    /// The merchant of this id. Whoever says so has shown nothing yet: see [`Engine::check_standing`].
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, EngineError> {
        Ok(self.store.merchant(id).await?)
    }

    /// Refuses a merchant that has shown who it is, in whatever way, and is shut out.
    ///
    /// # Errors
    /// [`EngineError::Disabled`].
    pub const fn check_standing(merchant: &Merchant) -> Result<(), EngineError> {
        match merchant.standing {
            Standing::Active => Ok(()),
            Standing::Disabled => Err(EngineError::Disabled),
        }
    }

    /// Whether this is a key of the operator's. Without one nobody is the operator.
    pub fn is_operator(&self, key: &str) -> bool {
        let sent = operator_key(key);
        self.operator.iter().any(|own| same(own, &sent))
    }

    fn caller(
        &self,
        merchant: Option<Merchant>,
        known: impl Fn(&IssuedKey) -> bool,
    ) -> Result<Option<Merchant>, EngineError> {
        let Some(merchant) = merchant else { return Ok(None) };
        let now = self.clock.now();
        let Some(key) = merchant.api_keys.iter().find(|key| known(key) && key.is_valid(now)) else { return Ok(None) };
        Self::check_standing(&merchant)?;
        self.note_use(merchant.id, key.number, now);
        Ok(Some(merchant))
    }

    /// Notes, once an hour, that a key was used: beside the call, which does not wait for it.
    fn note_use(&self, merchant: MerchantId, number: KeyNumber, now: Moment) {
        let hour = Moment::from_millis(now.as_millis() / HOUR * HOUR);
        let noted = {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.insert((merchant, number), hour)
        };
        if noted == Some(hour) {
            return;
        }
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            if let Err(error) = store.note_use(merchant, number, hour).await {
                tracing::warn!(%error, "api_key.use_not_noted");
            }
        });
    }
}

/// What a store keeps of an API key.
pub(super) fn api_key_digest(key: &str) -> Digest {
    digest("api key", key.as_bytes())
}

fn same(own: &Digest, sent: &Digest) -> bool {
    own.as_bytes().ct_eq(sent.as_bytes()).into()
}
