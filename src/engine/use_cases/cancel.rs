//! CANCEL: a customer or a merchant ends a journey without a provider's word.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::domain::{Cancel, Ending, Fact, Journey, MerchantId, PayId, Stage};
use crate::engine::commit::{self, Next};
use crate::engine::visitor::{Admission, Visitor};
use crate::engine::{Engine, accounts, ask, conclude, deps::Result, find, lapse, visitor};
use crate::store::Step;

/// How long a merchant's call waits for a provider to close a payment.
const CLOSING: Duration = Duration::from_secs(5);

/// Ends a link by its customer's press on our Cancel button, and answers the journey as it stands then: as it was,
/// where nobody may cancel it, or not this browser. `None` when there is no such link.
///
/// A payment that a provider holds is closed there first. While the provider has not said that it is, the journey stays
/// as it is; it ends by itself when the provider says so.
///
/// # Errors
/// When the store is in trouble.
pub async fn cancel(engine: &Arc<Engine>, link: &str, visitor: &Visitor) -> Result<Option<Journey>> {
    let Some(journey) = find::look(&engine.deps, link).await? else { return Ok(None) };
    let withheld = journey.opening().purpose.cancel() == Cancel::Withheld || journey.stage() == Stage::HandedBack;
    if withheld || !may_cancel(engine, &journey, visitor) {
        return Ok(Some(journey));
    }
    if journey.open_payments().next().is_some() {
        let within = engine.deps.provider_timeout();
        return close_payments(engine, journey, Ending::PressedCancel, within).await.map(Some);
    }
    let waiting = Some(Instant::now());
    let journey = conclude::conclude_before(&engine.deps, journey, &Fact::pressed_cancel(), waiting).await?;
    if journey.final_outcome().is_none() && journey.open_payments().next().is_some() {
        // Its customer has pressed Pay in the same moment.
        let within = engine.deps.provider_timeout();
        return close_payments(engine, journey, Ending::PressedCancel, within).await.map(Some);
    }
    Ok(Some(journey))
}

/// Whether this browser is one that may end a journey: where the merchant requires the browser that left, no other may.
pub fn may_cancel(engine: &Engine, journey: &Journey, visitor: &Visitor) -> bool {
    visitor::admission(&engine.deps, journey, visitor, (engine.deps.clock.now(), None)) != Admission::OtherBrowser
}

/// Ends a link for its merchant. `None` when the merchant has no such link; a job has none.
///
/// A payment whose customer is at the provider stays as it is: nobody could say that it is over, and be sure. One that
/// the provider holds is closed there, if the provider says so in time.
///
/// # Errors
/// When the store is in trouble.
pub async fn withdraw(engine: &Arc<Engine>, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>> {
    match accounts::find_journey(&engine.deps, pay_id).await? {
        Some(journey) if journey.opening().merchant == merchant && journey.opening().purpose.job().is_none() => {
            let journey = lapse::lapse(&engine.deps, journey).await?;
            if journey.open_payments().next().is_some() {
                return close_payments(engine, journey, Ending::Withdrawn, CLOSING).await.map(Some);
            }
            if journey.may_be_paying(engine.deps.clock.now()) {
                return Ok(Some(journey));
            }
            let journey = conclude::conclude(&engine.deps, journey, &Fact::withdrawn()).await?;
            if journey.final_outcome().is_none() && journey.open_payments().next().is_some() {
                return close_payments(engine, journey, Ending::Withdrawn, CLOSING).await.map(Some);
            }
            Ok(Some(journey))
        }
        _ => Ok(None),
    }
}

/// Has the providers close the payments of a journey that are open, and answers it as it stands when they have, or
/// after that time. That they are to be closed is written down before, so that it is not lost with an answer or a node.
async fn close_payments(engine: &Arc<Engine>, journey: Journey, ending: Ending, within: Duration) -> Result<Journey> {
    let deps = &engine.deps;
    let close = |journey: &Journey| Ok(Next::step(journey.clone().closing_payments(ending).map(Step::to)));
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey.clone(), close).await)? else {
        return Ok(journey);
    };
    let flights = journey.open_payments().map(|(visit, _)| ask::ask_anew(engine, &journey, visit));
    let closed = tokio::time::timeout(within, join_all(flights)).await;
    for answer in closed.into_iter().flatten() {
        answer?;
    }
    Ok(accounts::find_journey(deps, journey.pay_id()).await?.unwrap_or(journey))
}
