//! A merchant's provider accounts: created, changed, tested, and their secrets rotated, without a restart.

use crate::domain::provider_account::{engine_secrets, engine_url};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    AccountAccess, AccountLabel, AccountName, AccountState, Currency, Invalid, Merchant, MerchantId, ProviderAccount,
    Rotating, Secret, UnixMillis,
};
use crate::engine::deps::Result;
use crate::engine::{Engine, change, derive, merchant_keys};
use crate::provider::ProviderError;

/// The most accounts of a merchant.
const MOST: usize = 20;

/// The most currencies of an account.
const MOST_CURRENCIES: usize = 50;

/// How long a test waits for the account's engine.
const PATIENCE: Duration = Duration::from_secs(10);

/// An account to be.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its name for people.
    pub label: AccountLabel,
    /// Where its payment engine is asked.
    pub url: String,
    /// The secret of both sides; `None` has one drawn.
    pub secret: Option<Secret>,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
}

/// A change to an account; what it does not name stays as it is.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// Its name for people.
    pub label: Option<AccountLabel>,
    /// Where its payment engine is asked.
    pub url: Option<String>,
    /// The currencies that it takes.
    pub currencies: Option<Vec<Currency>>,
    /// Whether new payments go to it.
    pub state: Option<AccountState>,
}

/// An account with a secret that is shown once.
#[derive(Debug)]
pub struct ShownAccount {
    /// The account.
    pub account: ProviderAccount,
    /// The secret: `whsec_…`.
    pub secret: Secret,
    /// When the secret before it ends; `None` where that is at once, or there was none.
    pub previous_ends_at: Option<UnixMillis>,
}

/// What a test of an account found.
#[derive(Debug)]
pub enum TestedAccount {
    /// Its engine answered a signed ping after so long.
    Answers(Duration),
    /// It did not, for this reason.
    Fails(String),
}

/// Creates an account. `None` when there is no such merchant.
///
/// # Errors
/// When its name is taken, a rule is broken, or the store is in trouble.
pub async fn create(engine: &Engine, merchant: MerchantId, new: NewAccount) -> Result<Option<ShownAccount>> {
    let NewAccount { name, label, url, secret, currencies } = new;
    check_url(engine, &url)?;
    check_currencies(&currencies)?;
    if engine.deps.providers.of_name(name.as_str()).is_some() {
        return Err(Invalid::new("name", "is that of a provider of this gateway").hint("choose another").into());
    }
    let secret = given_or_drawn(engine, secret)?;
    let account = ProviderAccount {
        name,
        label,
        access: AccountAccess::Http {
            url,
            secret: Rotating::first(derive::seal_for(&engine.deps, merchant, &secret)?),
        },
        currencies,
        state: AccountState::Enabled,
        created_at: engine.deps.clock.now(),
    };
    let add = |merchant: &mut Merchant| {
        if merchant.accounts.iter().any(|own| own.name == account.name) {
            return Err(Invalid::new("name", "is taken by another of your provider accounts"));
        }
        if merchant.accounts.len() >= MOST {
            return Err(Invalid::new("name", format!("is one too many: there may be {MOST} provider accounts")));
        }
        merchant.accounts.push(account.clone());
        Ok(())
    };
    let created = change::change(&engine.deps, merchant, add).await?;
    Ok(created.map(|()| ShownAccount { account, secret, previous_ends_at: None }))
}

/// Changes an account. `None` when there is no such merchant or account.
///
/// # Errors
/// When a rule is broken, or the store is in trouble.
pub async fn change(
    engine: &Engine,
    merchant: MerchantId,
    name: &str,
    patch: AccountPatch,
) -> Result<Option<ProviderAccount>> {
    let AccountPatch { label, url, currencies, state } = patch;
    if let Some(url) = &url {
        check_url(engine, url)?;
    }
    check_currencies(currencies.as_deref().unwrap_or_default())?;
    change_one(engine, merchant, name, |account| {
        let AccountAccess::Http { url: own, .. } = &mut account.access;
        *own = url.clone().unwrap_or_else(|| own.clone());
        account.label = label.clone().unwrap_or_else(|| account.label.clone());
        account.currencies = currencies.clone().unwrap_or_else(|| account.currencies.clone());
        account.state = state.unwrap_or(account.state);
        Ok(account.clone())
    })
    .await
}

/// Replaces the secret of an account, by this one or by one that is drawn; the old one counts for `overlap` more.
/// `None` when there is no such merchant or account.
///
/// # Errors
/// When the secret is not one, the overlap is too long or that of the last rotation lasts, or the store is in trouble.
pub async fn rotate_secret(
    engine: &Engine,
    merchant: MerchantId,
    name: &str,
    (secret, overlap): (Option<Secret>, Duration),
) -> Result<Option<ShownAccount>> {
    let (secret, now) = (given_or_drawn(engine, secret)?, engine.deps.clock.now());
    let sealed = derive::seal_for(&engine.deps, merchant, &secret)?;
    let rotated = change_one(engine, merchant, name, |account| {
        let rotating = account.access.secret_mut();
        *rotating = rotating.rotated(sealed.clone(), overlap, now)?;
        let previous_ends_at = rotating.previous(now).map(|(_, ends_at)| ends_at);
        Ok((account.clone(), previous_ends_at))
    });
    let rotated = rotated.await?;
    Ok(rotated.map(|(account, previous_ends_at)| ShownAccount { account, secret, previous_ends_at }))
}

/// Has the engine of an account answer a signed ping. `None` when the merchant has no such account.
///
/// # Errors
/// When the store is in trouble.
pub async fn test(engine: &Engine, merchant: &Merchant, name: &str) -> Result<Option<TestedAccount>> {
    let Some(account) = merchant.accounts.iter().find(|account| account.name.as_str() == name) else {
        return Ok(None);
    };
    engine.deps.note_accounts(merchant);
    let provider = engine.deps.provider(&account.name.of_merchant(merchant.id))?;
    let began = Instant::now();
    let late = |_| Err(ProviderError::Unanswered("it took too long".into()));
    let answered = tokio::time::timeout(PATIENCE, provider.prepare()).await.unwrap_or_else(late);
    Ok(Some(match answered {
        Ok(()) => TestedAccount::Answers(began.elapsed()),
        Err(trouble) => TestedAccount::Fails(trouble.to_string()),
    }))
}

/// Changes one account of a merchant. `None` when there is no such merchant or account.
async fn change_one<T>(
    engine: &Engine,
    merchant: MerchantId,
    name: &str,
    change: impl Fn(&mut ProviderAccount) -> Result<T, Invalid>,
) -> Result<Option<T>> {
    let changed = change::change(&engine.deps, merchant, |merchant| {
        merchant.accounts.iter_mut().find(|account| account.name.as_str() == name).map(&change).transpose()
    });
    Ok(changed.await?.flatten())
}

/// Refuses an address that is not one of a payment engine, or that this gateway will never call.
fn check_url(engine: &Engine, text: &str) -> Result<(), Invalid> {
    let url = engine_url(text)?;
    engine.deps.rules.guard.as_ref().map_or(Ok(()), |guard| guard.check_call(&url))
}

fn check_currencies(currencies: &[Currency]) -> Result<(), Invalid> {
    if currencies.len() <= MOST_CURRENCIES {
        return Ok(());
    }
    Err(Invalid::new("currencies", format!("holds more than {MOST_CURRENCIES}")))
}

fn given_or_drawn(engine: &Engine, secret: Option<Secret>) -> Result<Secret, Invalid> {
    let Some(secret) = secret else { return Ok(merchant_keys::draw_signing_secret(&engine.deps)) };
    match engine_secrets(&secret)?.as_slice() {
        [_one] => Ok(secret),
        _ => Err(Invalid::new("secret", "holds more than one").hint("expected whsec_ and 24 to 64 bytes in base64")),
    }
}
