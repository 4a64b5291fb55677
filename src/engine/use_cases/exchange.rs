//! EXCHANGE: an app takes the provider's answer itself, and brings it here.
//!
//! The provider's page leads the browser straight to the app's own callback, under a `state` of ours. The app posts
//! what came; from then on it is as if the browser had come to us.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::consent::{AnswerTo, Consent};
use crate::domain::id::MerchantId;
use crate::domain::journey::{Journey, ResponseId};
use crate::domain::outcome::{Evidence, Fact, ResponseKind};
use crate::engine::deps::EngineError;
use crate::engine::prove::Landed;
use crate::engine::scan::{Counted, Page, ScanRange};
use crate::engine::{Engine, conclude, derive, find, lapse, prove, scan};
use crate::provider::AuthorizationResponse;
use crate::store::JourneyFilter;

/// What a code that an app brought by itself came to.
#[derive(Debug)]
pub enum BroughtCode {
    /// The journey as it stands, with the fact or still without it.
    Journey(Box<Journey>),
    /// There is no such state, or it is not for this app to bring.
    Unknown,
    /// What came beside the code is not the provider's word.
    Forged,
}

/// How many of a member's journeys are looked at for one that its app calls by a `state` of its own.
const LOOKED_AT: usize = 2_000;

/// Takes the code of a provider that answered the app itself, and waits for what it proves, `patience` at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn bring_code(
    engine: &Arc<Engine>,
    merchant: MerchantId,
    state: &str,
    evidence: Evidence,
    patience: Duration,
) -> Result<BroughtCode, EngineError> {
    let Some((journey, visit)) = find::journey_of_state(&engine.deps, state).await? else {
        return Ok(BroughtCode::Unknown);
    };
    let answer_to = journey.opening().purpose.consent().map(|consent| &consent.answer_to);
    if journey.opening().merchant != merchant || !matches!(answer_to, Some(AnswerTo::App(_))) {
        return Ok(BroughtCode::Unknown);
    }
    bring(engine, journey, visit, evidence, patience).await
}

/// Takes a code that came without any app's credentials. Only a provider that may be asked again, and again, takes such
/// codes: whoever knows the `state` can then finish the journey, which is as it should be in a test, and nowhere else.
///
/// # Errors
/// When the store is in trouble.
pub async fn bring_open_code(
    engine: &Arc<Engine>,
    state: &str,
    evidence: Evidence,
    patience: Duration,
) -> Result<BroughtCode, EngineError> {
    let Some((journey, visit)) = find::journey_of_state(&engine.deps, state).await? else {
        return Ok(BroughtCode::Unknown);
    };
    let open = engine.deps.provider(journey.provider_of(visit)).is_ok_and(|provider| !provider.asks_once());
    let by_app = |consent: &Consent| consent.answer_to != AnswerTo::Gateway;
    if !open || journey.opening().purpose.consent().is_none_or(by_app) {
        return Ok(BroughtCode::Unknown);
    }
    bring(engine, journey, visit, evidence, patience).await
}

/// Takes a code for a journey whose app may bring it.
async fn bring(
    engine: &Arc<Engine>,
    journey: Journey,
    visit: u8,
    evidence: Evidence,
    patience: Duration,
) -> Result<BroughtCode, EngineError> {
    let journey = lapse::lapse(&engine.deps, journey).await?;
    let response_id =
        ResponseId { visit, response_digest: derive::response_digest(&ResponseKind::Code(evidence.clone())) };
    let until = Instant::now() + patience;
    if journey.final_outcome().is_none()
        && matches!(prove::prove_brought(engine, &journey, response_id, &evidence, patience).await?, Landed::Forged)
    {
        return Ok(BroughtCode::Forged);
    }
    let left = until.saturating_duration_since(Instant::now());
    let journey = find::consent_soon(&engine.deps, journey.opening().merchant, *journey.id(), left).await?;
    Ok(journey.map_or(BroughtCode::Unknown, |journey| BroughtCode::Journey(Box::new(journey))))
}

/// Takes the answer of a provider that answered the app itself, for a journey of this dialect, and waits for what it
/// proves, `patience` at the most.
///
/// # Errors
/// When the answer is not one that the journey's provider gives, or the store is in trouble.
pub async fn bring_answer(
    engine: &Arc<Engine>,
    (merchant, dialect): (MerchantId, &str),
    answer: &AuthorizationResponse,
    patience: Duration,
) -> Result<BroughtCode, EngineError> {
    let until = Instant::now() + patience;
    let Some(state) = state_of(engine, answer) else { return Ok(BroughtCode::Unknown) };
    let found = match find::journey_of_state(&engine.deps, &state).await? {
        Some(found) => Some(found),
        None => journey_known_as(engine, (merchant, dialect), &state).await?,
    };
    let Some((journey, visit)) = found else { return Ok(BroughtCode::Unknown) };
    let is_own = journey.opening().merchant == merchant && journey.opening().dialect == dialect;
    if !is_own || derive::app_address(&engine.deps, &journey)?.is_none() {
        return Ok(BroughtCode::Unknown);
    }
    let response = engine.deps.provider(journey.provider_of(visit))?.read_return(answer)?;
    let journey = lapse::lapse(&engine.deps, journey).await?;
    let response_id = ResponseId { visit, response_digest: derive::response_digest(&response.kind) };
    match response.kind {
        ResponseKind::Error(error) if journey.answered(response_id).is_none() && !journey.is_spent(visit) => {
            conclude::by_response(&engine.deps, journey.clone(), &Fact::refused(error), response_id).await?;
        }
        ResponseKind::Error(_) => {}
        ResponseKind::Code(evidence) => {
            if matches!(prove::prove_brought(engine, &journey, response_id, &evidence, patience).await?, Landed::Forged)
            {
                return Ok(BroughtCode::Forged);
            }
        }
    }
    let pay_id = journey.pay_id();
    let journey =
        engine.deps.store.find(pay_id).await?.ok_or_else(|| EngineError::Missing("journey any more".into()))?;
    let left = until.saturating_duration_since(Instant::now());
    Ok(BroughtCode::Journey(Box::new(find::await_change(&engine.deps, journey, left).await?)))
}

/// The journey that its app calls by this `state`, and its last visit: the one that waits for an answer or, where
/// none does, the one that there is. `None` where there are several, because an answer must not reach another
/// customer's payment; and of a journey that is not among the member's last [`LOOKED_AT`].
async fn journey_known_as(
    engine: &Engine,
    (merchant, dialect): (MerchantId, &str),
    state: &str,
) -> Result<Option<(Journey, u8)>, EngineError> {
    let words = engine.deps.dialect(dialect)?;
    let page = Page { skip: 0, most: LOOKED_AT };
    let stretch = ScanRange { lists: vec![JourneyFilter::All], before: None, after: None, from: None, most: LOOKED_AT };
    let wanted = |journey: &Journey| journey.opening().dialect == dialect && words.knows_as(journey, state);
    let found =
        scan::select_and_count(&engine.deps, merchant, &stretch, Counted { page, to: 0 }, wanted).await?.journeys;
    let mut waiting = found.iter().filter(|journey| journey.final_outcome().is_none());
    let one = match (waiting.next(), waiting.next(), found.as_slice()) {
        (Some(one), None, _) | (None, None, [one]) => one.clone(),
        _ => return Ok(None),
    };
    let last = one.visits().len().checked_sub(1).and_then(|last| u8::try_from(last).ok());
    Ok(last.map(|visit| (one, visit)))
}

/// The `state` of an answer: as it stands there, or in what the one provider signed that can read it.
fn state_of(engine: &Engine, answer: &AuthorizationResponse) -> Option<String> {
    let signed = || engine.deps.providers.iter().find_map(|provider| provider.read_return(answer).ok()?.state);
    answer.state().map(str::to_owned).or_else(signed)
}
