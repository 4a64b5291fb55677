//! Merchants, made, changed and erased by the operator.

use crate::domain::merchant::Standing;
use crate::domain::provider_account::merchant_of_provider;
use crate::domain::{
    ApiKey, ClientAccess, Invalid, Journey, KeyName, Merchant, MerchantId, MerchantName, Mode, Rotating,
    SavedCallbacks, Secret, Settings, Slots,
};
use crate::engine::deps::{EngineError, Result};
use crate::engine::scan::{Page, ScanRange};
use crate::engine::{Engine, change, derive, merchant_keys, scan};
use crate::store::{JourneyFilter, Reservation, Reserved};

/// How many journeys or users are looked at in one go.
const BATCH: usize = 200;

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

/// What became of an addition that may be repeated.
#[derive(Debug)]
pub enum AddedMerchant {
    /// The merchant is new.
    New(Box<NewMerchant>),
    /// The same call has added it before.
    Known(Box<Merchant>),
}

/// What was erased with a merchant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// How many journeys.
    pub journeys: usize,
    /// How many users.
    pub users: usize,
}

/// Adds a merchant of this mode, once for a reservation: its repetition answers the merchant without the secrets, which
/// are shown once.
///
/// # Errors
/// When the reservation's key was used for another request, or the store is in trouble.
pub async fn add_once(
    engine: &Engine,
    reservation: Option<&Reservation>,
    name: MerchantName,
    mode: Mode,
) -> Result<AddedMerchant> {
    let Some(reservation) = reservation else {
        return Ok(AddedMerchant::New(Box::new(add(engine, name, mode).await?)));
    };
    // The same reservation has the same id, also when its first call has died half-way.
    let [half, _] = derive::halves(*reservation.key.as_bytes());
    let id = MerchantId::mint(half);
    // The reservation lapses in a day, the merchant does not.
    let known = engine.deps.store.merchant(id).await?;
    let is_another = known.is_some_and(|known| engine.deps.mode_of(&known) != mode);
    if is_another || engine.deps.store.reserve(reservation).await? == Reserved::Reused {
        return Err(EngineError::KeyReused);
    }
    if let Some(new) = add_as(engine, (id, mode), name, SavedCallbacks::default()).await? {
        return Ok(AddedMerchant::New(Box::new(new)));
    }
    let known = engine.deps.store.merchant(id).await?;
    known.map(|merchant| AddedMerchant::Known(Box::new(merchant))).ok_or(EngineError::Gone)
}

/// Adds a merchant of this mode, with an API key and a signing secret that nobody can read again.
///
/// # Errors
/// When the store is in trouble.
pub async fn add(engine: &Engine, name: MerchantName, mode: Mode) -> Result<NewMerchant> {
    let [half, _] = derive::halves(engine.deps.clock.entropy());
    let new = add_as(engine, (MerchantId::mint(half), mode), name, SavedCallbacks::default()).await?;
    new.ok_or_else(|| EngineError::Missing("free id for a merchant".into()))
}

/// Adds a merchant of this id and mode, with these callbacks, in one step; `None` when there is one already.
///
/// # Errors
/// When the store is in trouble.
pub async fn add_as(
    engine: &Engine,
    (id, mode): (MerchantId, Mode),
    name: MerchantName,
    callbacks: SavedCallbacks,
) -> Result<Option<NewMerchant>> {
    if engine.deps.store.merchant(id).await?.is_some() {
        return Ok(None);
    }
    let first = merchant_keys::draw_key(&engine.deps, (id, mode), KeyName::first()).await?;
    let signing_secret = merchant_keys::draw_signing_secret(&engine.deps);
    let merchant = Merchant {
        id,
        revision: 1,
        name,
        standing: Standing::Active,
        api_keys: vec![first.issued],
        signing_secret: Rotating::first(derive::seal_for(&engine.deps, id, &signing_secret)?),
        webhook_key: Rotating::first(merchant_keys::draw_webhook_key(&engine.deps, id)?),
        created_at: engine.deps.clock.now(),
        callbacks,
        settings: Settings::default(),
        endpoints: Slots::default(),
        webhook: None,
        public_keys: Vec::new(),
        mode: Some(mode),
        accounts: Vec::new(),
        logo: None,
        people: Vec::new(),
    };
    let is_new = engine.deps.store.add(&merchant).await?;
    Ok(is_new.then_some(NewMerchant { merchant, api_key: first.key, signing_secret }))
}

/// What the clients of a new merchant are configured with, by dialect.
pub fn client_settings(engine: &Engine, new: &NewMerchant) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let access = ClientAccess {
        public_url: &engine.deps.public_url,
        merchant: new.merchant.id,
        api_key: &new.api_key,
        signing_secret: &new.signing_secret,
        webhook_key: merchant_keys::webhook_keys(&engine.deps, &new.merchant).first().map(|key| key.key),
    };
    let all = engine.deps.dialects.iter().map(|dialect| (dialect.name(), dialect.client_settings(&access)));
    all.filter(|(_, settings)| !settings.is_empty()).collect()
}

/// Every merchant, the oldest first.
///
/// # Errors
/// When the store is in trouble.
pub async fn list(engine: &Engine) -> Result<Vec<Merchant>> {
    Ok(engine.deps.store.merchants().await?)
}

/// Gives a merchant another name, which the pages of new journeys show; running ones keep the old one. `None` when
/// there is no such merchant.
///
/// # Errors
/// When the store is in trouble.
pub async fn rename(engine: &Engine, id: MerchantId, name: MerchantName) -> Result<Option<()>> {
    let rename = |merchant: &mut Merchant| {
        merchant.name = name.clone();
        Ok(())
    };
    change::change(&engine.deps, id, rename).await
}

/// Has a merchant's calls refused from now on, or answered again. Its running journeys go on, and so do its deliveries.
/// `None` when there is no such merchant.
///
/// # Errors
/// When the store is in trouble.
pub async fn set_standing(engine: &Engine, id: MerchantId, standing: Standing) -> Result<Option<()>> {
    let set = |merchant: &mut Merchant| {
        merchant.standing = standing;
        Ok(())
    };
    change::change(&engine.deps, id, set).await
}

/// Erases a merchant: its journeys with what they would still deliver, its users, its API keys, and last its profile,
/// so that an erasure that broke off can be made again. Its idempotency keys are digests, and lapse in their time.
/// `None` when there is no such merchant.
///
/// # Errors
/// When it is not disabled, one of its journeys is under way, or the store is in trouble.
pub async fn erase(engine: &Engine, id: MerchantId) -> Result<Option<Erased>> {
    let Some(merchant) = engine.deps.store.merchant(id).await? else { return Ok(None) };
    if merchant.standing == Standing::Active {
        let rule = "is not disabled, and could open journeys meanwhile";
        return Err(Invalid::new("merchant", rule).hint("disable it first").into());
    }
    check_nothing_under_way(engine, id).await?;
    let mut erased = Erased::default();
    loop {
        let journeys = engine.deps.store.list(id, JourneyFilter::All, None, BATCH).await?;
        for journey in &journeys {
            erased.journeys += usize::from(engine.deps.store.erase(journey).await?);
        }
        if journeys.is_empty() {
            break;
        }
    }
    loop {
        let users = engine.deps.store.users(id, BATCH).await?;
        for user in &users {
            erased.users += usize::from(engine.deps.store.forget(user).await?);
        }
        if users.is_empty() {
            break;
        }
    }
    for key in &merchant.api_keys {
        engine.deps.store.free_number(key.number, id).await?;
    }
    engine.deps.store.remove(&merchant).await?;
    Ok(Some(erased))
}

/// A customer who is under way must come home first. What is over by its time, and waits for an account of the
/// merchant's own alone, is the merchant's affair: its engine may never answer.
async fn check_nothing_under_way(engine: &Engine, id: MerchantId) -> Result<()> {
    let (all, none) = (ScanRange::of(JourneyFilter::All), Page { skip: 0, most: 0 });
    let now = engine.deps.clock.now();
    let is_its_own = |journey: &Journey| merchant_of_provider(journey.provider()).is_some();
    let is_under_way =
        |journey: &Journey| journey.final_outcome().is_none() && !(journey.is_past_expiry(now) && is_its_own(journey));
    let count = scan::select_and_count(&engine.deps, id, &all, (none, usize::MAX), is_under_way).await?.count;
    if count == 0 {
        return Ok(());
    }
    let journeys = if count == 1 { "journey" } else { "journeys" };
    Err(Invalid::new("merchant", format!("has {count} {journeys} under way"))
        .hint("wait until they have ended: at the latest in their time, or when their provider has said how their payment ended")
        .into())
}
