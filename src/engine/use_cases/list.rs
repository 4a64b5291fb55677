//! What a merchant sees of its journeys.

use crate::domain::{Delivery, Journey, MerchantId, PayId, UnixMillis};
use crate::engine::scan::{Page, ScanRange, Selected};
use crate::engine::{Engine, deps::Result, derive, find, scan};
use crate::store::{JourneyCursor, JourneyFilter};

/// A journey with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyDetails {
    /// The journey.
    pub journey: Journey,
    /// When its one-time token was redeemed, as far as that is remembered.
    pub redeemed_at: Option<UnixMillis>,
    /// The deliveries that its final outcomes left.
    pub deliveries: Vec<Delivery>,
    /// The journeys of the operations that were applied to it: what was captured, released, given back and charged back.
    pub operations: Vec<Journey>,
}

/// A merchant's journeys, newest first, `most` at the most, beginning behind `after`.
///
/// # Errors
/// When the store is in trouble.
pub async fn journeys(
    engine: &Engine,
    merchant: MerchantId,
    which: JourneyFilter,
    after: Option<JourneyCursor>,
    most: usize,
) -> Result<Vec<Journey>> {
    Ok(engine.deps.store.list(merchant, which, after, most).await?)
}

/// How many of a merchant's journeys one page looks at, at the most.
const LOOKED_AT: usize = 2_000;

/// How many one look into the store brings at least: a filter may want few of them.
const SMALLEST_BATCH: usize = 50;

/// `most` of a merchant's journeys of this range that are `wanted`, newest first: as far as they are among the 2,000 that
/// it looks at; then it says where it stopped.
///
/// # Errors
/// When the store is in trouble.
pub async fn page(
    engine: &Engine,
    merchant: MerchantId,
    range: ScanRange,
    most: usize,
    wanted: impl Fn(&Journey) -> bool,
) -> Result<Selected> {
    let range = ScanRange { most: LOOKED_AT, batch: most.max(SMALLEST_BATCH), ..range };
    scan::select_and_count(&engine.deps, merchant, &range, (Page { skip: 0, most }, 0), wanted).await
}

/// A page of a merchant's journeys that are `wanted`, newest first.
///
/// # Errors
/// When the store is in trouble.
pub async fn select(
    engine: &Engine,
    merchant: MerchantId,
    which: JourneyFilter,
    page: Page,
    wanted: impl Fn(&Journey) -> bool,
) -> Result<Vec<Journey>> {
    let selected = scan::select_and_count(&engine.deps, merchant, &ScanRange::of(which), (page, 0), wanted).await?;
    Ok(selected.journeys)
}

/// A merchant's journey with everything about it.
///
/// # Errors
/// When the store is in trouble, or the journey's key is gone.
pub async fn sight(engine: &Engine, merchant: MerchantId, pay_id: PayId) -> Result<Option<JourneyDetails>> {
    let Some(journey) = find::journey(&engine.deps, merchant, pay_id).await? else { return Ok(None) };
    let mut redeemed_at = None;
    for number in 0..journey.final_outcomes().len() {
        let Some(token) = derive::token_of(&engine.deps, &journey, u8::try_from(number).unwrap_or(u8::MAX))? else {
            break;
        };
        let spent = engine.deps.store.spent_at(pay_id, &derive::token_digest(merchant, &token)).await?;
        redeemed_at = redeemed_at.or(spent);
    }
    let deliveries = engine.deps.store.deliveries(pay_id).await?;
    let mut operations = Vec::new();
    for applied in journey.operations() {
        operations.extend(find::journey(&engine.deps, merchant, applied.by).await?);
    }
    Ok(Some(JourneyDetails { journey, redeemed_at, deliveries, operations }))
}
