//! What a merchant sees of its deliveries, and how one is sent again.

use crate::domain::{DeliveryId, MerchantId};
use crate::engine::{Engine, deps::Result, find};
use crate::store::{DeliveryContext, DeliveryCursor, DeliveryFilter, receiver_name};

/// A merchant's deliveries of this kind, newest first, `most` at the most, beginning behind `after`.
///
/// # Errors
/// When the store is in trouble.
pub async fn list(
    engine: &Engine,
    merchant: MerchantId,
    filter: DeliveryFilter,
    after: Option<DeliveryCursor>,
    most: usize,
) -> Result<Vec<DeliveryContext>> {
    Ok(engine.deps.store.deliveries_of(merchant, filter, after, most).await?)
}

/// A merchant's delivery of this id. `None` when it has none.
///
/// # Errors
/// When the store is in trouble.
pub async fn find(engine: &Engine, merchant: MerchantId, id: &DeliveryId) -> Result<Option<DeliveryContext>> {
    let journey = find::by_id(&engine.deps, id.journey).await?.filter(|found| found.opening().merchant == merchant);
    let Some(journey) = journey else { return Ok(None) };
    let mut deliveries = engine.deps.store.deliveries(journey.pay_id()).await?.into_iter();
    let delivery = deliveries.find(|delivery| delivery.id == *id);
    Ok(delivery.map(|delivery| DeliveryContext { delivery, journey }))
}

/// Sends a merchant's delivery again, with all its tries, and opens its endpoint if that was shut. One that waits
/// becomes due now. Answers it as it stands then; `None` when the merchant has no such delivery.
///
/// # Errors
/// When the store is in trouble.
pub async fn replay(engine: &Engine, merchant: MerchantId, id: &DeliveryId) -> Result<Option<DeliveryContext>> {
    let Some(context) = find(engine, merchant, id).await? else { return Ok(None) };
    if let Some(url) = context.journey.opening().plan.url_of(id.target) {
        engine.deps.store.reopen(&receiver_name(merchant, url.as_str())).await?;
    }
    if !engine.deps.store.replay(id, merchant).await? {
        return Ok(None);
    }
    find(engine, merchant, id).await
}
