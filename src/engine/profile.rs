//! Merchants at the door, and their profiles.

use super::{Engine, EngineError};
use crate::domain::api_key::ApiKey;
use crate::domain::id::MerchantId;
use crate::domain::invalid::Invalid;
use crate::domain::merchant::{Choices, Merchant, PublicKey, SavedCallback, Webhook};
use crate::domain::secret::Secret;
use crate::keys::{digest, operator_key, sent_hash};
use crate::store::{Claim, Replaced};
use subtle::ConstantTimeEq;

/// How often an edit is made again when another edit was first.
const TRIES: usize = 256;

/// The most public keys of one merchant.
const MOST_KEYS: usize = 10;

/// A change to a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Saves a callback in a new slot.
    Add(SavedCallback),
    /// Puts a callback into a slot.
    Replace(usize, SavedCallback),
    /// Leaves a hole in a slot.
    Delete(usize),
    /// Chooses anew.
    Choose(Choices),
    /// Registers a public key. One that is there under this id already is the same one, or it is refused.
    Register(PublicKey),
    /// Forgets the public key of this id.
    Forget(String),
    /// Says who is told of every change of new journeys; nobody is, without one.
    Tell(Option<Webhook>),
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It is made; the slot that it was about.
    Done(Option<usize>),
    /// There is no such slot, or no such merchant any more.
    NoSuchSlot,
}

impl Engine {
    /// The merchant of an API key. `None` when the key is nobody's.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn authenticate(&self, key: &str) -> Result<Option<Merchant>, EngineError> {
        let Ok(key) = ApiKey::parse(key) else { return Ok(None) };
        let merchant = self.store.merchant(key.merchant()).await?;
        let sent = api_key_digest(key.reveal());
        Ok(merchant.filter(|m| m.api_keys.iter().any(|own| own.as_bytes().ct_eq(sent.as_bytes()).into())))
    }

    /// The merchant of this id, if the password is an API key of its own: plain, or hashed as some clients hash one.
    /// `None` when it is not.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn authenticate_as(&self, id: MerchantId, password: &str) -> Result<Option<Merchant>, EngineError> {
        if ApiKey::parse(password).is_ok() {
            return Ok(self.authenticate(password).await?.filter(|merchant| merchant.id == id));
        }
        let (merchant, sent) = (self.store.merchant(id).await?, sent_hash(password));
        Ok(merchant.filter(|m| m.hashed_keys.iter().any(|own| own.as_bytes().ct_eq(sent.as_bytes()).into())))
    }

    /// The secret that a merchant shares with us.
    ///
    /// # Errors
    /// When its key is gone.
    pub fn signing_secret(&self, merchant: &Merchant) -> Result<Secret, EngineError> {
        let plain = self.keys.open(&merchant.signing_secret, merchant.id.as_bytes());
        let text = plain.and_then(|plain| std::str::from_utf8(&plain).map(Secret::new).ok());
        text.ok_or_else(|| EngineError::Missing("key that this merchant's secret was sealed under".into()))
    }

    /// The merchant of this id. Whoever says so has shown nothing yet.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, EngineError> {
        Ok(self.store.merchant(id).await?)
    }

    /// Whether this is the operator's key. Without one nobody is the operator.
    pub fn is_operator(&self, key: &str) -> bool {
        self.operator.is_some_and(|own| own.as_bytes().ct_eq(operator_key(key).as_bytes()).into())
    }

    /// Edits a merchant's profile; the claim's repetition answers the slot of the first time.
    ///
    /// # Errors
    /// When the edit breaks a rule, the claim's key was used for another request, or the store is in trouble.
    pub async fn edit(&self, merchant: MerchantId, edit: &Edit, claim: Option<&Claim>) -> Result<Edited, EngineError> {
        for _ in 0..TRIES {
            let Some(mut profile) = self.store.merchant(merchant).await? else { return Ok(Edited::NoSuchSlot) };
            let slot = match apply(&mut profile, edit) {
                Ok(Edited::Done(slot)) => slot,
                Ok(Edited::NoSuchSlot) => return Ok(Edited::NoSuchSlot),
                Err(refusal) => return self.edited_before(merchant, claim, refusal).await,
            };
            profile.revision += 1;
            let number = slot.and_then(|slot| u32::try_from(slot).ok()).unwrap_or_default();
            match self.store.replace(&profile, claim.map(|claim| (claim, number))).await? {
                Replaced::Done => return Ok(Edited::Done(slot)),
                Replaced::Repeated(number) => return Ok(Edited::Done(Some(number as usize))),
                Replaced::Reused => return Err(EngineError::KeyReused),
                Replaced::Stale => {}
            }
        }
        Err(Invalid::new("profile", "is being edited by too many calls at once").into())
    }

    /// An edit that would be refused now may be the repetition of one that was not.
    async fn edited_before(
        &self,
        merchant: MerchantId,
        claim: Option<&Claim>,
        refusal: Invalid,
    ) -> Result<Edited, EngineError> {
        let Some(claim) = claim else { return Err(refusal.into()) };
        match self.store.replaced_by(merchant, claim).await? {
            Some(Replaced::Repeated(number)) => Ok(Edited::Done(Some(number as usize))),
            Some(Replaced::Reused) => Err(EngineError::KeyReused),
            Some(Replaced::Done | Replaced::Stale) | None => Err(refusal.into()),
        }
    }
}

/// What a store keeps of an API key.
pub(super) fn api_key_digest(key: &str) -> crate::domain::secret::Digest {
    digest("api key", key.as_bytes())
}

fn apply(profile: &mut Merchant, edit: &Edit) -> Result<Edited, Invalid> {
    match edit {
        Edit::Add(saved) => profile.book.add(saved.clone()).map(|slot| Edited::Done(Some(slot))),
        Edit::Replace(slot, saved) => {
            Ok(if profile.book.replace(*slot, saved.clone())? { Edited::Done(Some(*slot)) } else { Edited::NoSuchSlot })
        }
        Edit::Delete(slot) => {
            Ok(if profile.book.delete(*slot) { Edited::Done(Some(*slot)) } else { Edited::NoSuchSlot })
        }
        Edit::Register(key) => register(profile, key),
        Edit::Forget(id) => {
            let before = profile.public_keys.len();
            profile.public_keys.retain(|key| key.id != *id);
            Ok(if profile.public_keys.len() < before { Edited::Done(None) } else { Edited::NoSuchSlot })
        }
        Edit::Tell(webhook) => {
            profile.webhook.clone_from(webhook);
            Ok(Edited::Done(None))
        }
        Edit::Choose(choices) => {
            profile.settings = choices.over(&profile.settings);
            Ok(Edited::Done(None))
        }
    }
}

fn register(profile: &mut Merchant, key: &PublicKey) -> Result<Edited, Invalid> {
    match profile.public_keys.iter().find(|known| known.id == key.id) {
        Some(known) if known == key => return Ok(Edited::Done(None)),
        Some(_) => return Err(Invalid::new("id", "is that of another key").hint("delete that one first")),
        None if profile.public_keys.len() >= MOST_KEYS => {
            return Err(Invalid::new("key", format!("is one too many: there may be {MOST_KEYS}")).hint("delete one"));
        }
        None => profile.public_keys.push(key.clone()),
    }
    Ok(Edited::Done(None))
}
