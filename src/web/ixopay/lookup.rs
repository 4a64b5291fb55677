//! Transactions by their two names: the `uuid`, and the merchant's own id.

use super::answer::ErrorBody;
use crate::dialect::ixopay::{NAME, Reference};
use crate::domain::{Journey, MerchantId};
use crate::engine::{Engine, Reservation, derive, find};

/// The journey of a merchant's `uuid`, as it stands now. `None` when it is nobody's, or another merchant's.
pub(super) async fn found(
    engine: &Engine,
    merchant: MerchantId,
    reference: Reference,
) -> Result<Option<Journey>, ErrorBody> {
    let journey = find::current(&engine.deps, merchant, reference.pay_id()).await?;
    Ok(journey.filter(|journey| reference.is_of(journey) && journey.opening().dialect == NAME))
}

/// The reservation of a merchant's own id: it can be used once, for as long as its journey is kept.
pub(super) fn reservation(merchant: MerchantId, id: &str) -> Reservation {
    derive::reservation_for_reference(merchant, NAME, id)
}
