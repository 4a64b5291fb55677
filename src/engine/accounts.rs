//! Reads the merchants whose accounts are needed as providers: what asks for one need not wait for the store then.

use crate::domain::provider_account::merchant_of_provider;
use crate::domain::{Journey, PayId};
use crate::engine::deps::{Deps, Result};
use crate::store::StoreError;

/// The journey of this number, with its provider at hand.
pub(super) async fn find_journey(deps: &Deps, pay_id: PayId) -> Result<Option<Journey>> {
    let found = deps.store.find(pay_id).await?;
    if let Some(journey) = &found {
        know_providers(deps, journey).await?;
    }
    Ok(found)
}

/// Reads the merchant whose accounts a journey may lead to, unless that was done a moment ago.
pub(super) async fn know_providers(deps: &Deps, journey: &Journey) -> Result<()> {
    // They are all the same merchant's.
    let own = journey.opening().providers().find(|name| merchant_of_provider(name).is_some());
    match own {
        Some(name) => know_provider(deps, name).await,
        None => Ok(()),
    }
}

/// Reads the merchant whose account this provider is, unless that was done a moment ago.
pub(super) async fn know_provider(deps: &Deps, name: &str) -> Result<()> {
    let Some(merchant) = merchant_of_provider(name) else { return Ok(()) };
    if deps.providers.is_fresh(merchant, deps.clock.now()) {
        return Ok(());
    }
    match deps.store.merchant(merchant).await {
        Ok(Some(merchant)) => deps.note_accounts(&merchant),
        Ok(None) => deps.providers.forget(merchant),
        // It is used as it was.
        Err(_) if deps.providers.knows(merchant) => {}
        // As one that this gateway has no longer: other merchants' journeys do not wait for that.
        Err(StoreError::Damaged(_)) => tracing::error!(%merchant, "store.damaged_record"),
        Err(trouble) => return Err(trouble.into()),
    }
    Ok(())
}
