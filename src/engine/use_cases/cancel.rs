//! CANCEL: a customer or a merchant ends a journey without a provider's word.

use tokio::time::Instant;

use crate::domain::{Cancel, Fact, Journey, MerchantId, PayId, Stage};
use crate::engine::visitor::{Admission, Visitor};
use crate::engine::{Engine, conclude, deps::Result, find, lapse, visitor};

/// Ends a link by its customer's press on our Cancel button, and answers the journey as it stands then: as it was,
/// where nobody may cancel it, or not this browser. `None` when there is no such link.
///
/// # Errors
/// When the store is in trouble.
pub async fn cancel(engine: &Engine, link: &str, visitor: &Visitor) -> Result<Option<Journey>> {
    let Some(journey) = find::look(&engine.deps, link).await? else { return Ok(None) };
    let withheld = journey.opening().purpose.cancel() == Cancel::Withheld || journey.stage() == Stage::HandedBack;
    if withheld || !may_cancel(engine, &journey, visitor) {
        return Ok(Some(journey));
    }
    conclude::conclude_before(&engine.deps, journey, &Fact::pressed_cancel(), Some(Instant::now())).await.map(Some)
}

/// Whether this browser is one that may end a journey: where the merchant requires the browser that left, no other may.
pub fn may_cancel(engine: &Engine, journey: &Journey, visitor: &Visitor) -> bool {
    visitor::admission(&engine.deps, journey, visitor, engine.deps.clock.now()) != Admission::OtherBrowser
}

/// Ends a link for its merchant. `None` when the merchant has no such link; a job has none.
///
/// A payment whose customer is at the provider stays as it is: nobody could say that it is over, and be sure.
///
/// # Errors
/// When the store is in trouble.
pub async fn withdraw(engine: &Engine, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>> {
    match engine.deps.store.find(pay_id).await? {
        Some(journey) if journey.opening().merchant == merchant && journey.opening().purpose.job().is_none() => {
            let journey = lapse::lapse(&engine.deps, journey).await?;
            if journey.may_be_paying(engine.deps.clock.now()) {
                return Ok(Some(journey));
            }
            conclude::conclude(&engine.deps, journey, &Fact::withdrawn()).await.map(Some)
        }
        _ => Ok(None),
    }
}
