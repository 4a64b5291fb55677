//! What a merchant sees of its deliveries, and how one is sent again.

use crate::domain::{Delivery, DeliveryId, MerchantId, UnixMillis, delivery::State};
use crate::engine::{Engine, deps::Result, find};
use crate::store::{DeliveryContext, DeliveryCursor, DeliveryFilter, JourneyCursor, JourneyFilter, receiver_name};

/// How many deliveries one call sends again at the most.
pub const AT_ONCE: usize = 1_000;

/// How many journeys one look for what was received reads at the most, and how many at a time.
const LOOKED_AT: usize = 500;
const BATCH: usize = 50;

/// How many deliveries a call has sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// So many.
    pub count: usize,
    /// Whether there are more.
    pub has_more: bool,
}

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

/// What a merchant's servers have received, the newest journey first: `most` deliveries, and those beside them of the
/// last journey, beginning behind the journey `after`. Where it stopped, if there may be more.
///
/// # Errors
/// When the store is in trouble.
pub async fn received(
    engine: &Engine,
    merchant: MerchantId,
    mut after: Option<JourneyCursor>,
    most: usize,
) -> Result<(Vec<DeliveryContext>, Option<JourneyCursor>)> {
    let mut found = Vec::new();
    for _ in 0..LOOKED_AT / BATCH {
        let journeys = engine.deps.store.list(merchant, JourneyFilter::All, after, BATCH).await?;
        let is_last = journeys.len() < BATCH;
        for journey in journeys {
            after = Some(JourneyCursor::of(&journey));
            let deliveries = engine.deps.store.deliveries(journey.pay_id()).await?.into_iter();
            let received = deliveries.filter(|delivery| delivery.state == State::Delivered);
            found.extend(received.map(|delivery: Delivery| DeliveryContext { delivery, journey: journey.clone() }));
            if found.len() >= most {
                return Ok((found, after));
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, after))
}

/// Sends each of these deliveries of a merchant's again, as [`replay`] does; those that it has not are passed over.
///
/// # Errors
/// When the store is in trouble from the first on; later, the answer is that there are more.
pub async fn replay_each(engine: &Engine, merchant: MerchantId, ids: &[DeliveryId]) -> Result<Replayed> {
    let mut count = 0;
    for id in ids.iter().take(AT_ONCE) {
        match replay(engine, merchant, id).await {
            Ok(again) => count += usize::from(again.is_some()),
            Err(trouble) if count == 0 => return Err(trouble),
            // What was sent again before the store failed is said all the same.
            Err(_) => return Ok(Replayed { count, has_more: true }),
        }
    }
    Ok(Replayed { count, has_more: ids.len() > AT_ONCE })
}

/// Sends again what was given up since a moment, the latest first, [`AT_ONCE`] at the most.
///
/// # Errors
/// As [`replay_each`].
pub async fn replay_since(engine: &Engine, merchant: MerchantId, since: UnixMillis) -> Result<Replayed> {
    let found = list(engine, merchant, DeliveryFilter::Dead, None, AT_ONCE + 1).await?;
    let wanted = found.iter().take_while(|context| context.delivery.due_at >= since);
    let wanted: Vec<DeliveryId> = wanted.map(|context| context.delivery.id).collect();
    replay_each(engine, merchant, &wanted).await
}
