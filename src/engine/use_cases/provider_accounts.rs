//! A merchant's provider accounts: created, changed, tested, and their secrets rotated, without a restart.

use std::{sync::Arc, time::Duration};

use futures_util::future::FutureExt as _;
use tokio::time::Instant;
use url::Url;

use crate::domain::provider_account::{connector_key, connector_user, engine_secrets, engine_url};
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

/// What an account is created from.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its name for people.
    pub label: AccountLabel,
    /// Where it is asked.
    pub url: String,
    /// Its credentials there.
    pub access: NewAccess,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
}

/// The credentials of a new account, by its kind.
#[derive(Debug)]
pub enum NewAccess {
    /// Our own protocol over HTTP.
    Http {
        /// The secret of both sides; `None` has one drawn.
        secret: Option<Secret>,
    },
    /// A connector of a payment gateway, known by an API key, a user and a shared secret.
    Connector {
        /// Its API key.
        api_key: String,
        /// The API user.
        user: String,
        /// Its password.
        password: Secret,
        /// What calls and callbacks are signed with.
        shared_secret: Secret,
    },
}

/// A change to an account; what it does not name stays as it is.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// Its name for people.
    pub label: Option<AccountLabel>,
    /// Where it is asked.
    pub url: Option<String>,
    /// The password of its API user, where its kind has one.
    pub password: Option<Secret>,
    /// The currencies that it takes.
    pub currencies: Option<Vec<Currency>>,
    /// Whether new payments go to it.
    pub state: Option<AccountState>,
}

/// An account, with the secret that has been drawn for it, which is shown once.
#[derive(Debug)]
pub struct ShownAccount {
    /// The account.
    pub account: ProviderAccount,
    /// The secret, `whsec_…`, of a kind for which one is drawn.
    pub secret: Option<Secret>,
    /// When the secret before it ends; `None` where that is at once, or there was none.
    pub previous_ends_at: Option<UnixMillis>,
}

/// What a test of an account found.
#[derive(Debug, Clone)]
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
pub async fn create(engine: &Engine, merchant: &Merchant, new: NewAccount) -> Result<Option<ShownAccount>> {
    let NewAccount { name, label, url, access, currencies } = new;
    check_url(engine, &url)?;
    check_currencies(&currencies)?;
    let all = engine.deps.providers.of_merchant(merchant.id, engine.deps.mode_of(merchant));
    if all.iter().any(|provider| provider.name() == name.as_str()) {
        return Err(Invalid::new("name", "is that of a provider of this gateway").hint("choose another").into());
    }
    let (access, secret) = sealed(engine, merchant.id, url, access)?;
    let created_at = engine.deps.clock.now();
    let account = ProviderAccount { name, label, access, currencies, state: AccountState::Enabled, created_at };
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
    let created = change::change(&engine.deps, merchant.id, add).await?;
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
    let AccountPatch { label, url, password, currencies, state } = patch;
    if let Some(url) = &url {
        check_url(engine, url)?;
    }
    check_currencies(currencies.as_deref().unwrap_or_default())?;
    let password = password.map(|password| {
        check_credential("password", &password)?;
        derive::seal_for(&engine.deps, merchant, &password)
    });
    let password = password.transpose()?;
    change_one(engine, merchant, name, |account| {
        if let Some(url) = &url {
            let moves = !is_same_origin(account.access.url_mut(), url);
            if moves && password.is_none() && account.access.password_mut().is_some() {
                let rule = "is missing: one that is kept here is not sent to another host";
                return Err(Invalid::new("password", rule).hint("give it again beside the new url"));
            }
            account.access.url_mut().clone_from(url);
        }
        if let Some(password) = &password {
            let own = account.access.password_mut();
            let own = own.ok_or_else(|| Invalid::new("password", "is for accounts whose kind has an API user"))?;
            own.clone_from(password);
        }
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
    let given = secret.is_some();
    let now = engine.deps.clock.now();
    let secret = secret.unwrap_or_else(|| merchant_keys::draw_signing_secret(&engine.deps));
    let sealed = derive::seal_for(&engine.deps, merchant, &secret)?;
    let trimmed = derive::seal_for(&engine.deps, merchant, &Secret::new(secret.reveal().trim()))?;
    let rotated = change_one(engine, merchant, name, |account| {
        let sealed = match &account.access {
            AccountAccess::Http { .. } => signing_secret(&secret).map(|_| &trimmed)?,
            AccountAccess::Connector { .. } if !given => {
                return Err(Invalid::new("secret", "is missing: its kind has it from the provider"));
            }
            AccountAccess::Connector { .. } => check_credential("secret", &secret).map(|()| &sealed)?,
        };
        let rotating = account.access.secret_mut();
        *rotating = rotating.rotated(sealed.clone(), overlap, now)?;
        let previous_ends_at = rotating.previous(now).map(|(_, ends_at)| ends_at);
        Ok((account.clone(), previous_ends_at))
    });
    let rotated = rotated.await?;
    let secret = (!given).then_some(secret);
    Ok(rotated.map(|(account, previous_ends_at)| ShownAccount { account, secret, previous_ends_at }))
}

/// Has the engine of an account answer a signed ping, once a second at the most, however many ask. `None` when the
/// merchant has no such account.
///
/// # Errors
/// When the store is in trouble.
pub async fn test(engine: &Arc<Engine>, merchant: &Merchant, name: &str) -> Result<Option<TestedAccount>> {
    let Some(account) = merchant.accounts.iter().find(|account| account.name.as_str() == name) else {
        return Ok(None);
    };
    engine.deps.note_accounts(merchant);
    let provider = engine.deps.provider(&account.name.of_merchant(merchant.id))?;
    let tested = engine.account_tests.join(provider.name().to_owned(), || {
        let ping = async move {
            let began = Instant::now();
            let late = |_| Err(ProviderError::Unanswered("it took too long".into()));
            match tokio::time::timeout(PATIENCE, provider.prepare()).await.unwrap_or_else(late) {
                Ok(()) => TestedAccount::Answers(began.elapsed()),
                Err(trouble) => TestedAccount::Fails(trouble.to_string()),
            }
        };
        ping.boxed()
    });
    Ok(Some(tested.await))
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

/// Whether two addresses have the same scheme, host and port.
fn is_same_origin(one: &str, other: &str) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    origin(one).is_some() && origin(one) == origin(other)
}

fn check_currencies(currencies: &[Currency]) -> Result<(), Invalid> {
    if currencies.len() <= MOST_CURRENCIES {
        return Ok(());
    }
    Err(Invalid::new("currencies", format!("holds more than {MOST_CURRENCIES}")))
}

/// The credentials of a new account as they are kept, and the secret that was drawn for it.
fn sealed(
    engine: &Engine,
    merchant: MerchantId,
    url: String,
    access: NewAccess,
) -> Result<(AccountAccess, Option<Secret>)> {
    let seal = |secret: &Secret| derive::seal_for(&engine.deps, merchant, secret);
    Ok(match access {
        NewAccess::Http { secret: Some(secret) } => {
            (AccountAccess::Http { url, secret: Rotating::first(seal(&signing_secret(&secret)?)?) }, None)
        }
        NewAccess::Http { secret: None } => {
            let drawn = merchant_keys::draw_signing_secret(&engine.deps);
            (AccountAccess::Http { url, secret: Rotating::first(seal(&drawn)?) }, Some(drawn))
        }
        NewAccess::Connector { api_key, user, password, shared_secret } => {
            check_credential("password", &password)?;
            check_credential("shared_secret", &shared_secret)?;
            let (password, secret) = (seal(&password)?, Rotating::first(seal(&shared_secret)?));
            let (api_key, user) = (connector_key(&api_key)?, connector_user(&user)?);
            (AccountAccess::Connector { url, api_key, user, password, secret }, None)
        }
    })
}

/// The one secret in this text, without the spaces around it.
fn signing_secret(text: &Secret) -> Result<Secret, Invalid> {
    match engine_secrets(text)?.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Invalid::new("secret", "holds more than one").hint("expected whsec_ and 24 to 64 bytes in base64")),
    }
}

/// Refuses a credential that no provider gives.
fn check_credential(field: &'static str, secret: &Secret) -> Result<(), Invalid> {
    let text = secret.reveal();
    if (1..=255).contains(&text.len()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Invalid::new(field, "is empty, longer than 255 bytes, or holds a control character"))
}
