//! A merchant's provider accounts: created, changed, tested, removed, and their secrets rotated, without a restart.

use std::{sync::Arc, time::Duration};

use futures_util::future::FutureExt as _;
use tokio::time::Instant;
use url::Url;

use crate::domain::provider_account::{GivenSettings, engine_secret, engine_url};
use crate::domain::{
    AccountAccess, AccountKind, AccountLabel, AccountName, AccountState, Currency, Invalid, Journey, Merchant,
    MerchantId, ProviderAccount, Sealed, Secret, UnixMillis,
};
use crate::engine::deps::Result;
use crate::engine::scan::{Page, ScanRange};
use crate::engine::{Engine, change, derive, merchant_keys, scan};
use crate::provider::ProviderError;
use crate::store::JourneyFilter;

/// The most accounts of a merchant.
const MOST: usize = 20;

/// The most currencies of an account.
const MOST_CURRENCIES: usize = 50;

/// The longest private key, in bytes: one of RSA with 4096 bits has 3,272 in PEM.
const LONGEST_KEY: usize = 4096;

/// How many journeys a removal looks at.
const LOOKED_AT: usize = 20_000;

/// How long a test waits for the account's provider.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an account is created from.
#[derive(Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: AccountName,
    /// Its name for people.
    pub label: AccountLabel,
    /// Its kind.
    pub kind: AccountKind,
    /// Where it is asked.
    pub url: String,
    /// The settings of its kind, by their names.
    pub settings: Vec<(&'static str, Secret)>,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
    /// What makes creating it twice one, where a secret is drawn for it: the secret is the same.
    pub once: Option<Vec<u8>>,
}

/// A change to an account; what it does not name stays as it is.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// Its name for people.
    pub label: Option<AccountLabel>,
    /// Where it is asked.
    pub url: Option<String>,
    /// The settings of its kind that are replaced, by their names.
    pub settings: Vec<(&'static str, Secret)>,
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
    /// Its provider answered after so long.
    Answers(Duration),
    /// It did not, for this reason.
    Fails(String),
}

/// Creates an account. `None` when there is no such merchant.
///
/// # Errors
/// When its name is taken, a rule is broken, or the store is in trouble.
pub async fn create(engine: &Engine, merchant: &Merchant, new: NewAccount) -> Result<Option<ShownAccount>> {
    let NewAccount { name, label, kind, url, mut settings, currencies, once } = new;
    check_url(engine, &url)?;
    check_currencies(&currencies)?;
    let all = engine.deps.providers.of_merchant(merchant.id, engine.deps.mode_of(merchant));
    if all.iter().any(|provider| provider.name() == name.as_str()) {
        return Err(Invalid::new("name", "is that of a provider of this gateway").hint("choose another").into());
    }
    let draws = kind == AccountKind::Http && settings.iter().all(|(name, _)| *name != "secret");
    let of_mark =
        once.filter(|_| draws).map(|once| merchant_keys::account_secrets(&engine.deps, merchant.id, &name, &once));
    let of_mark = of_mark.unwrap_or_default();
    let draw = || merchant_keys::draw_signing_secret(&engine.deps);
    let secret = draws.then(|| of_mark.first().cloned().unwrap_or_else(draw));
    settings.extend(secret.clone().map(|secret| ("secret", secret)));
    let given = GivenSettings::new(kind, kind.settings(), &settings)?;
    let seal = |name, secret: &Secret| seal_credential(engine, merchant.id, (kind, name), secret);
    let access = AccountAccess::read(url, given, seal)?;
    let created_at = engine.deps.clock.now();
    let account = ProviderAccount { name, label, access, currencies, state: AccountState::Enabled, created_at };
    let add = |merchant: &mut Merchant| {
        if let Some(own) = merchant.accounts.iter().find(|own| own.name == account.name) {
            let secret = http_secret(engine, merchant.id, own);
            let is_same = own.label == account.label
                && own.currencies == account.currencies
                && own.access.url() == account.access.url();
            let of_this = |secret: &Secret| is_same && of_mark.iter().any(|one| one.reveal() == secret.reveal());
            let created = secret.filter(of_this);
            let taken = || Invalid::new("name", "is taken by another of your provider accounts");
            return created.map(|secret| (own.clone(), Some(secret))).ok_or_else(taken);
        }
        if merchant.accounts.len() >= MOST {
            return Err(Invalid::new("name", format!("is one too many: there may be {MOST} provider accounts")));
        }
        merchant.accounts.push(account.clone());
        Ok((account.clone(), secret.clone()))
    };
    let created = change::change(&engine.deps, merchant.id, add).await?;
    Ok(created.map(|(account, secret)| ShownAccount { account, secret, previous_ends_at: None }))
}

/// The secret that an account has in common with its payment engine.
fn http_secret(engine: &Engine, merchant: MerchantId, account: &ProviderAccount) -> Option<Secret> {
    let AccountAccess::Http { secret, .. } = &account.access else { return None };
    engine.deps.keys.open_text(&secret.current, merchant.as_bytes())
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
    let AccountPatch { label, url, settings, currencies, state } = patch;
    if let Some(url) = &url {
        check_url(engine, url)?;
    }
    check_currencies(currencies.as_deref().unwrap_or_default())?;
    let credential = AccountKind::ALL.into_iter().find_map(|kind| {
        let (name, secret) = settings.iter().find(|(name, _)| kind.credential() == Some(*name))?;
        Some(seal_credential(engine, merchant, (kind, name), secret))
    });
    let credential = credential.transpose()?;
    change_one(engine, merchant, name, |account| {
        let kind = account.access.kind();
        let given = GivenSettings::new(kind, kind.replaceable(), &settings)?;
        if let Some(url) = &url {
            if let Some(own) = kind.credential()
                && given.find(own).is_none()
                && !is_same_origin(account.access.url(), url)
            {
                let rule = "is missing: one that is kept here is not used at another host";
                return Err(Invalid::new(own, rule).hint("give it again beside the new url"));
            }
            account.access.url_mut().clone_from(url);
        }
        account.access.replace(given, credential.as_ref())?;
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
        let (rotating, sealed) = match &mut account.access {
            AccountAccess::Http { secret: own, .. } => (own, engine_secret(&secret).map(|_| &trimmed)?),
            AccountAccess::Connector { .. } if !given => {
                return Err(Invalid::new("secret", "is missing: its kind has it from the provider"));
            }
            AccountAccess::Connector { secret: own, .. } => {
                (own, check_credential("secret", &secret).map(|()| &sealed)?)
            }
            AccountAccess::Member { .. } => return Err(no_shared_secret("private_key and key_id")),
            AccountAccess::Application { .. } => return Err(no_shared_secret("application_secret")),
        };
        *rotating = rotating.rotated(sealed.clone(), overlap, now)?;
        let previous_ends_at = rotating.previous(now).map(|(_, ends_at)| ends_at);
        Ok((account.clone(), previous_ends_at))
    });
    let rotated = rotated.await?;
    let secret = (!given).then_some(secret);
    Ok(rotated.map(|(account, previous_ends_at)| ShownAccount { account, secret, previous_ends_at }))
}

/// Replaces the secret of an account by one that is drawn, as [`rotate_secret`] does, and for `once` always the same:
/// done again with the same mark while the old secret counts, it answers the secret that it has put there, and changes
/// nothing.
///
/// # Errors
/// When the account has no such secret, or the overlap of another rotation lasts, or the store is in trouble.
pub async fn rotate_secret_once(
    engine: &Engine,
    merchant: MerchantId,
    name: &str,
    (overlap, once): (Duration, &[u8]),
) -> Result<Option<ShownAccount>> {
    let (deps, now) = (&engine.deps, engine.deps.clock.now());
    let next = |before: &Sealed| merchant_keys::next_signing_secrets(deps, merchant, before, once);
    let rotated = change_one(engine, merchant, name, |account| {
        let current = http_secret(engine, merchant, account);
        let AccountAccess::Http { secret: own, .. } = &mut account.access else {
            return Err(Invalid::new("secret", "is missing: its kind has it from the provider"));
        };
        if let Some((before, ends_at)) = own.previous(now)
            && let Some(secret) =
                next(before).into_iter().find(|next| current.as_ref().is_some_and(|own| own.reveal() == next.reveal()))
        {
            return Ok(Some((account.clone(), secret, Some(ends_at))));
        }
        let secret = next(&own.current).into_iter().next();
        let Some((secret, Ok(sealed))) =
            secret.map(|secret| (secret.clone(), derive::seal_for(deps, merchant, &secret)))
        else {
            return Ok(None);
        };
        *own = own.rotated(sealed, overlap, now)?;
        let previous_ends_at = own.previous(now).map(|(_, ends_at)| ends_at);
        Ok(Some((account.clone(), secret, previous_ends_at)))
    });
    let shown = |(account, secret, previous_ends_at)| ShownAccount { account, secret: Some(secret), previous_ends_at };
    rotated.await?.map(|rotated| rotated.map(shown).ok_or_else(derive::no_key)).transpose()
}

/// Asks the provider of an account what changes nothing there, once a second at the most, however many ask. `None` when
/// the merchant has no such account.
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

/// Removes an account that is disabled, and that no journey needs any more. `false` when the merchant has no such account.
///
/// A payment, and money that is given back, is asked about at its own account for as long as its journey is kept; so the
/// account stays as long.
///
/// # Errors
/// When it is enabled, when a journey that is kept may lead to it, or when there are too many to know that; or when the
/// store is in trouble.
pub async fn remove(engine: &Engine, merchant: &Merchant, name: &str) -> Result<bool> {
    let Some(account) = merchant.accounts.iter().find(|account| account.name.as_str() == name) else {
        return Ok(false);
    };
    let is_disabled = |account: &ProviderAccount| match account.state {
        AccountState::Disabled => Ok(()),
        AccountState::Enabled => Err(Invalid::new("state", "is enabled").hint("disable the account first")),
    };
    is_disabled(account)?;
    let provider = account.name.of_merchant(merchant.id);
    let range = ScanRange { from: Some(account.created_at), most: LOOKED_AT, ..ScanRange::of(JourneyFilter::All) };
    let needs = |journey: &Journey| journey.opening().providers().any(|name| name == provider);
    let needing =
        scan::select_and_count(&engine.deps, merchant.id, &range, (Page { skip: 0, most: 1 }, 0), needs).await?;
    if !needing.journeys.is_empty() {
        let rule = "has journeys that are kept, and their payments are asked about there";
        return Err(Invalid::new("name", rule).hint("leave it disabled until they are forgotten").into());
    }
    if needing.stopped.is_some() {
        let rule = format!("is among the providers of more than {LOOKED_AT} journeys, perhaps");
        return Err(Invalid::new("name", rule).hint("leave it disabled").into());
    }
    let remove = |merchant: &mut Merchant| {
        let place = merchant.accounts.iter().position(|account| account.name.as_str() == name);
        // It may have been enabled meanwhile.
        place
            .map(|place| is_disabled(&merchant.accounts[place]).map(|()| drop(merchant.accounts.remove(place))))
            .transpose()
    };
    Ok(change::change(&engine.deps, merchant.id, remove).await?.flatten().is_some())
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

/// Says that an account has no secret of both sides, and what is replaced instead.
fn no_shared_secret(instead: &str) -> Invalid {
    let rule = "is not what accounts of this kind have: both sides share none";
    Invalid::new("secret", rule).hint(format!("replace {instead} by PATCH of the account"))
}

/// Seals a credential that its provider may have given.
fn seal_credential(
    engine: &Engine,
    merchant: MerchantId,
    (kind, name): (AccountKind, &'static str),
    secret: &Secret,
) -> Result<Sealed> {
    check_credential(name, secret)?;
    if kind.credential() == Some(name) {
        engine.deps.providers.check_credential(kind, secret)?;
    }
    derive::seal_for(&engine.deps, merchant, secret)
}

/// Refuses a credential that no provider gives. A private key has lines.
fn check_credential(name: &'static str, secret: &Secret) -> Result<(), Invalid> {
    let (longest, may_have_lines) = if name == "private_key" { (LONGEST_KEY, true) } else { (255, false) };
    let text = secret.reveal();
    let is_control = |c: char| c.is_control() && !(may_have_lines && matches!(c, '\r' | '\n'));
    if (1..=longest).contains(&text.len()) && !text.chars().any(is_control) {
        return Ok(());
    }
    Err(Invalid::new(name, format!("is empty, longer than {longest} bytes, or holds a control character")))
}
