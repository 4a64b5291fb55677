//! A merchant's secrets, drawn and opened.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::domain::{
    AccountName, ApiKey, IssuedKey, KeyName, KeyNumber, Merchant, MerchantId, Mode, Sealed, Secret, UnixMillis,
};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::engine::derive;
use crate::keys::{WebhookKey, hashed_key};

/// How often a number is drawn anew when another merchant has it.
const DRAWS: usize = 64;

/// An API key that was just made: its text is shown now, or never.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// What is kept of it.
    pub issued: IssuedKey,
    /// When the key that it replaces ends, where it replaces one that does not end at once.
    pub replaced_ends_at: Option<UnixMillis>,
}

/// A public key that verifies a merchant's webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookPublicKey {
    /// 32 bytes of Ed25519.
    pub key: [u8; 32],
    /// From when on it signs; `None` where it does already.
    pub signs_from: Option<UnixMillis>,
    /// When it ends; `None` where nobody has said so.
    pub ends_at: Option<UnixMillis>,
}

impl WebhookPublicKey {
    /// The key as clients are configured with it: base64url.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key)
    }
}

/// Draws an API key of this mode whose number is this merchant's from now on, for the caller to keep.
pub(super) async fn draw_key(deps: &Deps, (id, mode): (MerchantId, Mode), name: KeyName) -> Result<NewKey> {
    for _ in 0..DRAWS {
        let new = written(deps, mode, deps.clock.entropy(), name.clone());
        if deps.store.reserve_number(new.issued.number, id).await? {
            return Ok(new);
        }
    }
    Err(no_number())
}

/// A signing secret that nobody has seen.
pub(super) fn draw_signing_secret(deps: &Deps) -> Secret {
    signing_secret(deps.clock.entropy())
}

/// The signing secrets that can follow this one for `once`, by each of our keys, the current key's first.
pub(super) fn next_signing_secrets(deps: &Deps, id: MerchantId, before: &Sealed, once: &[u8]) -> Vec<Secret> {
    let Some(before) = deps.keys.open(before, id.as_bytes()) else { return Vec::new() };
    deps.keys.successors(&[id.as_bytes(), once, &before]).map(signing_secret).collect()
}

/// The secrets that can be drawn for an account of this name for `once`, by each of our keys, the current key's first.
pub(super) fn account_secrets(deps: &Deps, id: MerchantId, name: &AccountName, once: &[u8]) -> Vec<Secret> {
    deps.keys.successors(&[id.as_bytes(), name.as_str().as_bytes(), once]).map(signing_secret).collect()
}

fn signing_secret(bytes: [u8; 32]) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(bytes)))
}

/// The sealed seed of a webhook key that nobody has seen.
pub(super) fn draw_webhook_key(deps: &Deps, id: MerchantId) -> Result<Sealed> {
    derive::seal(deps, id.as_bytes(), &deps.clock.entropy())
}

/// The key that this entropy writes: the last four bytes draw its number.
pub(super) fn written(deps: &Deps, mode: Mode, entropy: [u8; 32], name: KeyName) -> NewKey {
    let [.., a, b, c, d] = entropy;
    let number = KeyNumber::draw([a, b, c, d]);
    let key = ApiKey::write(mode, number, &entropy);
    let issued = IssuedKey {
        number,
        name,
        digest: derive::api_key_digest(key.reveal()),
        hashed: Some(hashed_key(key.reveal())),
        created_at: deps.clock.now(),
        ends_at: None,
    };
    NewKey { key, issued, replaced_ends_at: None }
}

pub(super) fn no_number() -> EngineError {
    EngineError::Missing("free number for an API key".into())
}

/// The public keys that verify a merchant's webhooks: the one that signs now, then the one that will.
pub fn webhook_keys(deps: &Deps, merchant: &Merchant) -> Vec<WebhookPublicKey> {
    let now = deps.clock.now();
    let public = |seed: &Sealed| {
        let seed = deps.keys.open(seed, merchant.id.as_bytes())?;
        WebhookKey::of_seed(&seed).map(|pair| pair.public())
    };
    let previous = merchant.webhook_key.previous(now);
    let signing = previous.and_then(|(seed, ends_at)| {
        Some(WebhookPublicKey { key: public(seed)?, signs_from: None, ends_at: Some(ends_at) })
    });
    let signs_from = previous.map(|(_, ends_at)| ends_at);
    let current = public(&merchant.webhook_key.current).map(|key| WebhookPublicKey { key, signs_from, ends_at: None });
    signing.into_iter().chain(current).collect()
}

/// The secrets that a merchant shares with us and that count now, the newest first.
///
/// # Errors
/// When the key of the newest is gone.
pub fn signing_secrets(deps: &Deps, merchant: &Merchant) -> Result<Vec<Secret>> {
    let open = |sealed: &Sealed| deps.keys.open_text(sealed, merchant.id.as_bytes());
    let secrets: Vec<_> = merchant.signing_secret.valid(deps.clock.now()).map_while(open).collect();
    if secrets.is_empty() {
        return Err(EngineError::Missing("key that this merchant's secret was sealed under".into()));
    }
    Ok(secrets)
}
