//! A merchant's secrets: made, shown once, replaced while the old ones still count, and ended.

use std::time::Duration;

use crate::domain::rotation::check_overlap;
use crate::domain::{
    ApiKey, Invalid, IssuedKey, KeyName, KeyNumber, Merchant, MerchantId, Mode, Sealed, Secret, UnixMillis,
};
use crate::engine::deps::{EngineError, Result};
use crate::engine::merchant_keys::{NewKey, WebhookPublicKey};
use crate::engine::{Engine, change, derive, merchant_keys};
use crate::store::{Reservation, Reserved};

/// The most API keys of one merchant that are valid at once.
const MOST_KEYS: usize = 20;

/// An API key that is valid, as its merchant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInUse {
    /// The key.
    pub key: IssuedKey,
    /// When it was last used, to the hour.
    pub last_used_at: Option<UnixMillis>,
}

/// A signing secret that was just made.
#[derive(Debug)]
pub struct NewSecret {
    /// The secret: `whsec_`, then standard base64 of 32 bytes (Standard Webhooks).
    pub secret: Secret,
    /// When the one before it ends; `None` where that is at once.
    pub previous_ends_at: Option<UnixMillis>,
}

/// A merchant's API keys that are valid now, the oldest first.
///
/// # Errors
/// When the store is in trouble.
pub async fn api_keys(engine: &Engine, merchant: &Merchant) -> Result<Vec<KeyInUse>> {
    let (uses, now) = (engine.deps.store.last_uses(merchant.id).await?, engine.deps.clock.now());
    let last_use = |number| uses.iter().find(|(own, _)| *own == number).map(|(_, at)| *at);
    let valid = merchant.api_keys.iter().filter(|key| key.is_valid(now));
    Ok(valid.map(|key| KeyInUse { key: key.clone(), last_used_at: last_use(key.number) }).collect())
}

/// Gives a merchant one more API key. `None` when there is no such merchant.
///
/// # Errors
/// When it has as many as there may be, or the store is in trouble.
pub async fn add_key(engine: &Engine, id: MerchantId, name: KeyName) -> Result<Option<NewKey>> {
    let Some(new) = draw_key(engine, id, name).await? else { return Ok(None) };
    let add = |merchant: &mut Merchant| {
        merchant.api_keys.push(new.issued.clone());
        Ok(Some(()))
    };
    let added = change_keys(engine, id, add).await;
    keep_or_free(engine, new, id, added).await.map(|kept| kept.map(|(new, ())| new))
}

/// Gives a merchant one more API key, once for a reservation. `None` when there is no such merchant.
///
/// # Errors
/// [`EngineError::KeyReused`] when the reservation came before: a key is shown once. Else as [`add_key`].
pub async fn add_key_once(
    engine: &Engine,
    id: MerchantId,
    name: KeyName,
    reservation: &Reservation,
) -> Result<Option<NewKey>> {
    match engine.deps.store.reserve(reservation).await? {
        Reserved::Fresh => add_key(engine, id, name).await,
        Reserved::Repeated | Reserved::Reused => Err(EngineError::KeyReused),
    }
}

/// Replaces an API key by a new one of the same name; the old one is valid for `overlap` more. Without a number it is
/// the merchant's only one. `None` when there is no such merchant or key.
///
/// # Errors
/// When the overlap is too long, a number is needed, or the store is in trouble.
pub async fn rotate_key(
    engine: &Engine,
    id: MerchantId,
    number: Option<KeyNumber>,
    overlap: Duration,
) -> Result<Option<NewKey>> {
    check_overlap(overlap)?;
    let ends_at = engine.deps.clock.now().plus(overlap);
    let Some(new) = draw_key(engine, id, KeyName::first()).await? else { return Ok(None) };
    let rotate = |merchant: &mut Merchant| {
        let Some(number) = number.map_or_else(|| only_key(merchant), |number| Ok(Some(number)))? else {
            return Ok(None);
        };
        let Some(old) = merchant.api_keys.iter_mut().find(|key| key.number == number) else { return Ok(None) };
        old.ends_at = Some(old.ends_at.map_or(ends_at, |sooner| sooner.min(ends_at)));
        let (name, ends_at) = (old.name.clone(), old.ends_at);
        merchant.api_keys.push(IssuedKey { name: name.clone(), ..new.issued.clone() });
        Ok(Some((name, ends_at)))
    };
    let rotated = change_keys(engine, id, rotate).await;
    let kept = keep_or_free(engine, new, id, rotated).await?;
    Ok(kept.map(|(new, (name, ends_at))| NewKey {
        issued: IssuedKey { name, ..new.issued },
        replaced_ends_at: ends_at.filter(|_| !overlap.is_zero()),
        ..new
    }))
}

/// Replaces an API key, once for a reservation. `None` when there is no such merchant or key.
///
/// # Errors
/// [`EngineError::KeyReused`] when the reservation came before: a key is shown once. Else as [`rotate_key`].
pub async fn rotate_key_once(
    engine: &Engine,
    id: MerchantId,
    (number, overlap): (KeyNumber, Duration),
    reservation: &Reservation,
) -> Result<Option<NewKey>> {
    match engine.deps.store.reserve(reservation).await? {
        Reserved::Fresh => rotate_key(engine, id, Some(number), overlap).await,
        Reserved::Repeated | Reserved::Reused => Err(EngineError::KeyReused),
    }
}

/// Ends an API key at once. `false` when there is no such merchant or key.
///
/// # Errors
/// When it is the merchant's last one, or the store is in trouble.
pub async fn revoke_key(engine: &Engine, id: MerchantId, number: KeyNumber) -> Result<bool> {
    let revoked = change_keys(engine, id, |merchant| {
        let before = merchant.api_keys.len();
        merchant.api_keys.retain(|key| key.number != number);
        match merchant.api_keys.len() {
            left if left == before => Ok(None),
            0 => Err(Invalid::new("key", "is the last one").hint("add another first, or rotate this one")),
            _ => Ok(Some(())),
        }
    });
    Ok(revoked.await?.is_some())
}

/// The key with which the newcomer's page calls the API for this merchant; made valid if it is not. It replaces the one
/// that an earlier operator's key has made.
///
/// # Errors
/// When the store is in trouble.
pub async fn demo_key(engine: &Engine, id: MerchantId) -> Result<Option<ApiKey>> {
    for attempt in 0..u8::MAX {
        let Some(entropy) = engine.deps.keys.demo_entropy(id, attempt) else { return Ok(None) };
        let new = merchant_keys::written(&engine.deps, Mode::Test, entropy, KeyName::demo());
        if !engine.deps.store.reserve_number(new.issued.number, id).await? {
            continue;
        }
        let kept = change_keys(engine, id, |merchant| {
            merchant.api_keys.retain(|key| key.name != KeyName::demo() || key.digest == new.issued.digest);
            if merchant.api_keys.iter().all(|key| key.digest != new.issued.digest) {
                merchant.api_keys.push(new.issued.clone());
            }
            Ok(Some(()))
        });
        return Ok(kept.await?.map(|()| new.key));
    }
    Err(merchant_keys::no_number())
}

/// Replaces a merchant's signing secret; the old one counts for `overlap` more. `None` when there is no such merchant.
///
/// # Errors
/// When the overlap is too long, or that of the last rotation lasts, or the store is in trouble.
pub async fn rotate_signing_secret(engine: &Engine, id: MerchantId, overlap: Duration) -> Result<Option<NewSecret>> {
    let (secret, now) = (merchant_keys::draw_signing_secret(&engine.deps), engine.deps.clock.now());
    let sealed = derive::seal_for(&engine.deps, id, &secret)?;
    let rotated = change::change(&engine.deps, id, |merchant| {
        merchant.signing_secret = merchant.signing_secret.rotated(sealed.clone(), overlap, now)?;
        Ok(merchant.signing_secret.previous(now).map(|(_, ends_at)| ends_at))
    });
    Ok(rotated.await?.map(|previous_ends_at| NewSecret { secret, previous_ends_at }))
}

/// Replaces a merchant's signing secret, once for `once`, of which nobody else knows: while nothing else has replaced
/// it, a repetition answers the same secret. `None` when there is no such merchant.
///
/// # Errors
/// When the overlap is too long, or that of another rotation lasts, or the store is in trouble.
pub async fn rotate_signing_secret_once(
    engine: &Engine,
    id: MerchantId,
    overlap: Duration,
    once: &[u8],
) -> Result<Option<NewSecret>> {
    let (deps, now) = (&engine.deps, engine.deps.clock.now());
    let rotated = change::change(deps, id, |merchant| {
        let secrets = &merchant.signing_secret;
        if let Some((before, ends_at)) = secrets.previous(now) {
            let current = deps.keys.open_text(&secrets.current, id.as_bytes());
            let mut next = merchant_keys::next_signing_secrets(deps, id, before, once).into_iter();
            if let Some(secret) = next.find(|next| Some(next.reveal()) == current.as_ref().map(Secret::reveal)) {
                return Ok(Some(NewSecret { secret, previous_ends_at: Some(ends_at) }));
            }
        }
        let next = merchant_keys::next_signing_secrets(deps, id, &secrets.current, once).into_iter().next();
        let Some((secret, Ok(sealed))) = next.map(|next| (next.clone(), derive::seal_for(deps, id, &next))) else {
            return Ok(None);
        };
        merchant.signing_secret = secrets.rotated(sealed, overlap, now)?;
        let previous_ends_at = merchant.signing_secret.previous(now).map(|(_, ends_at)| ends_at);
        Ok(Some(NewSecret { secret, previous_ends_at }))
    });
    rotated.await?.map(|rotated| rotated.ok_or_else(derive::no_key)).transpose()
}

/// Replaces the key pair that signs a merchant's webhooks. Receivers must know it first: it signs when the overlap
/// is over, and until then the old one does. `None` when there is no such merchant.
///
/// # Errors
/// When the overlap is too long, or that of the last rotation lasts, or the store is in trouble.
pub async fn rotate_webhook_key(
    engine: &Engine,
    id: MerchantId,
    overlap: Duration,
) -> Result<Option<Vec<WebhookPublicKey>>> {
    let (seed, now) = (merchant_keys::draw_webhook_key(&engine.deps, id)?, engine.deps.clock.now());
    let rotated = change::change(&engine.deps, id, |merchant| {
        merchant.webhook_key = merchant.webhook_key.rotated(seed.clone(), overlap, now)?;
        Ok(merchant.clone())
    });
    Ok(rotated.await?.map(|merchant| merchant_keys::webhook_keys(&engine.deps, &merchant)))
}

/// Seals under the current operator's key what is kept for every merchant, so that older ones may go; and writes down
/// the mode of those that were added before merchants had one. Answers how many merchants had something else.
///
/// # Errors
/// When the store is in trouble.
pub async fn reseal(engine: &Engine) -> Result<usize> {
    let mut resealed = 0;
    for merchant in engine.deps.store.merchants().await? {
        let mut sealed_now = merchant.clone();
        reseal_one(engine, &mut sealed_now);
        if sealed_now == merchant {
            continue;
        }
        let reseal = |merchant: &mut Merchant| {
            reseal_one(engine, merchant);
            Ok(())
        };
        resealed += usize::from(change::change(&engine.deps, merchant.id, reseal).await?.is_some());
    }
    Ok(resealed)
}

/// Draws an API key of a merchant's mode. `None` when there is no such merchant.
async fn draw_key(engine: &Engine, id: MerchantId, name: KeyName) -> Result<Option<NewKey>> {
    let Some(merchant) = engine.deps.store.merchant(id).await? else { return Ok(None) };
    let mode = engine.deps.mode_of(&merchant);
    merchant_keys::draw_key(&engine.deps, (id, mode), name).await.map(Some)
}

/// Changes a merchant's API keys, and frees the numbers of those that have ended.
async fn change_keys<T>(
    engine: &Engine,
    id: MerchantId,
    change: impl Fn(&mut Merchant) -> Result<Option<T>, Invalid>,
) -> Result<Option<T>> {
    let now = engine.deps.clock.now();
    let changed = change::change(&engine.deps, id, |merchant| {
        let before: Vec<KeyNumber> = merchant.api_keys.iter().map(|key| key.number).collect();
        merchant.api_keys.retain(|key| key.is_valid(now));
        let changed = change(merchant)?;
        merchant.api_keys.retain(|key| key.is_valid(now));
        if merchant.api_keys.len() > MOST_KEYS {
            let rule = format!("is one too many: there may be {MOST_KEYS}");
            return Err(Invalid::new("key", rule).hint("revoke one first"));
        }
        let stays = |number: &KeyNumber| merchant.api_keys.iter().any(|key| key.number == *number);
        Ok((changed, before.into_iter().filter(|number| !stays(number)).collect::<Vec<_>>()))
    });
    let Some((changed, ended)) = changed.await? else { return Ok(None) };
    for number in ended {
        engine.deps.store.free_number(number, id).await?;
    }
    Ok(changed)
}

/// A drawn key with what came of keeping it; the number of one that was not kept is free again.
async fn keep_or_free<T>(
    engine: &Engine,
    new: NewKey,
    id: MerchantId,
    kept: Result<Option<T>>,
) -> Result<Option<(NewKey, T)>> {
    match kept {
        Ok(Some(kept)) => Ok(Some((new, kept))),
        // Whether it was kept is unknown then: its number stays reserved.
        Err(error @ EngineError::Store(_)) => Err(error),
        not_kept => {
            engine.deps.store.free_number(new.issued.number, id).await?;
            not_kept.map(|_| None)
        }
    }
}

fn reseal_one(engine: &Engine, merchant: &mut Merchant) {
    let owner = *merchant.id.as_bytes();
    let seal = |sealed: &Sealed| {
        if engine.deps.keys.is_sealed_now(sealed) {
            return Some(sealed.clone());
        }
        engine.deps.keys.seal(&engine.deps.keys.open(sealed, &owner)?, &owner, engine.deps.clock.entropy())
    };
    merchant.mode = Some(engine.deps.mode_of(merchant));
    // What cannot be opened stays as it is: its key may come back.
    merchant.signing_secret = merchant.signing_secret.resealed(seal).unwrap_or(merchant.signing_secret.clone());
    merchant.webhook_key = merchant.webhook_key.resealed(seal).unwrap_or(merchant.webhook_key.clone());
    for account in &mut merchant.accounts {
        if let Some(secret) = account.access.shared_secret_mut() {
            *secret = secret.resealed(seal).unwrap_or_else(|| secret.clone());
        }
        if let Some(credential) = account.access.credential_mut() {
            *credential = seal(credential).unwrap_or_else(|| credential.clone());
        }
    }
    for endpoint in merchant.endpoints.iter_mut() {
        endpoint.cipher = endpoint.cipher.as_ref().map(|cipher| seal(cipher).unwrap_or(cipher.clone()));
        for header in &mut endpoint.headers {
            header.value = seal(&header.value).unwrap_or_else(|| header.value.clone());
        }
    }
}

/// The only key of a merchant that neither ends nor is the newcomer's page's own. `None` when there is none.
fn only_key(merchant: &Merchant) -> Result<Option<KeyNumber>, Invalid> {
    let keys = merchant.api_keys.iter().filter(|key| key.ends_at.is_none() && key.name != KeyName::demo());
    let keys: Vec<&IssuedKey> = keys.collect();
    match keys.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.number)),
        many => {
            let many: Vec<_> = many.iter().map(|key| format!("{} ({})", key.number, key.name.as_str())).collect();
            Err(Invalid::new("key", "is missing, and there are several")
                .hint(format!("expected one of {}", many.join(", "))))
        }
    }
}
