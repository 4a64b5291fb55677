//! RETURN before the fact: the step that sends a customer home while the provider has proven nothing.

use crate::domain::{Evidence, Journey, JourneyEvent, LedTo, ResponseId};
use crate::engine::deps::{Deps, Result};
use crate::engine::{commit, derive, watch};
use crate::store::Step;

/// The step that sends a customer home before the fact, where that is wanted and possible.
pub(super) fn early(
    deps: &Deps,
    journey: &Journey,
    response_id: ResponseId,
    evidence: Option<&Evidence>,
) -> Result<Option<Step>> {
    let wanted = deps.dialect(&journey.opening().dialect)?.hands_back_early(journey);
    if wanted { handing_back(deps, journey, response_id, evidence) } else { Ok(None) }
}

/// The step that sends a customer home before the fact, where its callback claims no outcome.
pub(super) fn handing_back(
    deps: &Deps,
    journey: &Journey,
    response_id: ResponseId,
    evidence: Option<&Evidence>,
) -> Result<Option<Step>> {
    if journey.opening().plan.destination_for(None).is_none() {
        return Ok(None);
    }
    let number = journey.token_number(&LedTo::HandedBackEarly, Some(response_id.visit));
    let token = derive::minted(deps, journey, number)?;
    let proof = evidence.map(|evidence| derive::holding(deps, journey, evidence)).transpose()?;
    let journey = watch::with_button_if_down(deps, journey.clone(), None, number);
    Ok(journey.hand_back_early(response_id, proof, deps.clock.now()).map(|next| {
        let deliveries = commit::deliveries_of(deps, &next, JourneyEvent::Returned(response_id.visit));
        Step::to(next).with_token(token).with_deliveries(deliveries)
    }))
}
