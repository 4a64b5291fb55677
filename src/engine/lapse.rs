//! LAPSE: a journey whose time has run out has expired, as soon as anything reads it.

use crate::domain::{Fact, Journey};
use crate::engine::conclude;
use crate::engine::deps::{Deps, Result};

/// Concludes a journey as expired if its time has run out, and answers it as it stands.
pub(super) async fn lapse(deps: &Deps, journey: Journey) -> Result<Journey> {
    if journey.is_lapsed(deps.clock.now()) && !is_to_be_ordered(deps, &journey) {
        conclude::conclude(deps, journey, &Fact::lapsed()).await
    } else {
        Ok(journey)
    }
}

/// Whether its node ended before it had ordered what needs no customer, of a provider that holds that. The sweep orders
/// it, however late.
fn is_to_be_ordered(deps: &Deps, journey: &Journey) -> bool {
    let provider = deps.provider(&journey.opening().provider);
    let is_left = journey.opening().purpose.is_ordered() && journey.visits().is_empty();
    is_left && provider.is_ok_and(|provider| provider.creates_payment(journey))
}

/// [`lapse`] of a journey that was found, if one was.
pub(super) async fn found(deps: &Deps, journey: Option<Journey>) -> Result<Option<Journey>> {
    match journey {
        Some(journey) => lapse(deps, journey).await.map(Some),
        None => Ok(None),
    }
}
