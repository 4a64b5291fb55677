//! LATE: what was paid after its merchant had been told another ending is given back, where the merchant wants that.

use crate::domain::{Journey, PayId};
use crate::engine::commit::{self, Next};
use crate::engine::deps::Result;
use crate::engine::{Engine, create, derive};
use crate::store::{Kept, Reservation, Step, StoreError};

/// Opens the operation that gives a late payment back, once for each payment. `None` when nothing is owed.
///
/// # Errors
/// When the store is in trouble, or something that the journey was opened with is gone.
pub(in crate::engine) async fn open_refund(engine: &Engine, journey: &Journey) -> Result<Option<Journey>> {
    if !journey.owes_refund() {
        return Ok(None);
    }
    let deps = &engine.deps;
    let merchant = match deps.store.merchant(journey.opening().merchant).await {
        // The other journeys do not wait for that.
        Err(StoreError::Damaged(_)) => {
            tracing::error!(merchant = %journey.opening().merchant, "store.damaged_record");
            return Ok(None);
        }
        merchant => merchant?,
    };
    let Some(merchant) = merchant else {
        // Nobody is left on whose behalf it could be ordered: it is not looked at again.
        tracing::error!(pay_id = %journey.pay_id(), merchant = %journey.opening().merchant, "payment.not_given_back");
        note_refund(engine, journey.clone(), journey.pay_id()).await?;
        return Ok(None);
    };
    let (dialect, refund) = (deps.dialect(&journey.opening().dialect)?, journey.whole_refund());
    let Some(refund) = refund else { return Ok(None) };
    let request = dialect.operation_without_order(journey, refund, None);
    let reservation = Reservation {
        key: derive::late_refund_key(journey),
        request: derive::late_refund_key(journey),
        kept: Kept::WithItsJourney,
    };
    let (refund, _) = create::open(deps, &merchant, dialect.name(), &request, Some(&reservation)).await?;
    tracing::warn!(pay_id = %journey.pay_id(), refund = %refund.pay_id(), "payment.late");
    Ok(Some(refund))
}

/// Writes down that a late payment is being given back, so that nobody begins it again, whatever comes of it.
///
/// # Errors
/// When the store is in trouble.
pub(in crate::engine) async fn note_refund(engine: &Engine, journey: Journey, refund: PayId) -> Result<()> {
    let note = |journey: &Journey| Ok(Next::step(journey.clone().refund_begun(refund).map(Step::to)));
    commit::unless_gone(commit::commit(&engine.deps, journey, note).await).map(drop)
}
