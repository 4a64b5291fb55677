//! EXCHANGE: an app takes the provider's answer itself, and brings it here.
//!
//! The provider's page leads the browser straight to the app's own callback, under our `state`. The app posts
//! what came; from then on it is as if the browser had come to us.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::domain::{AnswerTo, Evidence, Fact, Journey, LedTo, MerchantId, ProviderPayment, ResponseId, ResponseKind};
use crate::engine::deps::{EngineError, Result};
use crate::engine::scan::{Page, ScanRange};
use crate::engine::{Engine, accounts, ahead, ask, conclude, derive, find, lapse, prove, scan};
use crate::provider::AuthorizationResponse;
use crate::store::JourneyFilter;

/// What a code that an app brought by itself came to.
#[derive(Debug)]
pub enum BroughtCode {
    /// The journey as it stands, with the fact or still without it.
    Journey(Box<Journey>),
    /// Its provider wants the browser once more, on the journey's last visit.
    Onward(Box<Journey>),
    /// There is no such state, or it is not for this app to bring.
    Unknown,
    /// What came beside the code is not the provider's word.
    Forged,
}

/// How many of a member's journeys are looked at for one that its app calls by a `state` of its own.
const LOOKED_AT: usize = 2_000;

/// Takes the code of a provider that answered the app itself, brought by this merchant's app, and waits for what it
/// proves, `request_timeout` at the most.
///
/// A code that came without any app's credentials, of no `merchant`, is taken only for a provider that may be asked
/// again and again: anybody who knows the `state` can then finish the journey, which is as it should be in a test, and
/// nowhere else.
///
/// # Errors
/// When the store is in trouble.
pub async fn bring_code(
    engine: &Arc<Engine>,
    merchant: Option<MerchantId>,
    state: &str,
    evidence: Evidence,
    request_timeout: Duration,
) -> Result<BroughtCode> {
    let Some((journey, visit)) = find::journey_of_brought_state(&engine.deps, state).await? else {
        return Ok(BroughtCode::Unknown);
    };
    let answer_to = journey.opening().purpose.consent().map(|consent| &consent.answer_to);
    let may_bring = match (merchant, answer_to) {
        (Some(merchant), Some(AnswerTo::App(_))) => journey.opening().merchant == merchant,
        (None, Some(AnswerTo::Gateway)) => {
            engine.deps.provider(journey.provider_of(visit)).is_ok_and(|provider| !provider.asks_once())
        }
        _ => false,
    };
    if !may_bring {
        return Ok(BroughtCode::Unknown);
    }
    let journey = lapse::lapse(&engine.deps, journey).await?;
    let response_id = derive::response_id(visit, &ResponseKind::Code(evidence.clone()));
    let until = Instant::now() + request_timeout;
    if journey.final_outcome().is_none()
        && !prove::prove_brought(engine, &journey, response_id, &evidence, request_timeout).await?
    {
        return Ok(BroughtCode::Forged);
    }
    let left = until.saturating_duration_since(Instant::now());
    let journey = find::consent_soon(&engine.deps, journey.opening().merchant, *journey.id(), left).await?;
    Ok(journey.map_or(BroughtCode::Unknown, |journey| BroughtCode::Journey(Box::new(journey))))
}

/// Takes the answer of a provider that answered the app itself, for a journey of this dialect, and waits for what it
/// proves, `request_timeout` at the most.
///
/// # Errors
/// When the answer is not one that the journey's provider gives, or the store is in trouble.
pub async fn bring_answer(
    engine: &Arc<Engine>,
    (merchant, dialect): (MerchantId, &str),
    answer: &AuthorizationResponse,
    request_timeout: Duration,
) -> Result<BroughtCode> {
    let until = Instant::now() + request_timeout;
    let Some(state) = state_of(engine, answer) else { return Ok(BroughtCode::Unknown) };
    let (journey, mut visit, is_the_apps) = match find::journey_of_state(&engine.deps, &state).await? {
        Some((journey, visit)) => (journey, visit, false),
        None => match journey_known_as(engine, (merchant, dialect), &state).await? {
            Some((journey, visit)) => (journey, visit, true),
            None => return Ok(BroughtCode::Unknown),
        },
    };
    let is_own = journey.opening().merchant == merchant && journey.opening().dialect == dialect;
    if !is_own || derive::app_address(&engine.deps, &journey)?.is_none() {
        return Ok(BroughtCode::Unknown);
    }
    let provider = engine.deps.provider(journey.provider_of(visit))?;
    let response = provider.read_return(answer)?;
    let mut journey = lapse::lapse(&engine.deps, journey).await?;
    if is_the_apps {
        visit = visit_of(&journey, &response.kind, visit);
    }
    let response_id = derive::response_id(visit, &response.kind);
    if let ResponseKind::Code(evidence) = &response.kind
        && provider.makes_to_order()
        && journey.payment(visit).is_some()
    {
        journey = ask::show_agreement(engine, journey, visit, &evidence.code).await?;
    }
    // Whatever the app has brought, a provider that holds a payment is asked.
    let kind = if journey.payment(visit).is_some() { ResponseKind::Returned } else { response.kind };
    if !conclude_brought(engine, &journey, (response_id, kind), request_timeout).await? {
        return Ok(BroughtCode::Forged);
    }
    let pay_id = journey.pay_id();
    let journey = accounts::find_journey(&engine.deps, pay_id)
        .await?
        .ok_or_else(|| EngineError::Missing("journey any more".into()))?;
    let left = until.saturating_duration_since(Instant::now());
    if let Some(LedTo::Onward(next)) = journey.answered(response_id)
        && journey.is_out_on(*next)
    {
        let journey = ahead::await_provider_redirect(engine, journey, left).await?;
        return Ok(BroughtCode::Onward(Box::new(journey)));
    }
    Ok(BroughtCode::Journey(Box::new(find::await_change(&engine.deps, journey, left).await?)))
}

/// Concludes what the answer proves that an app has brought. `false` when it is forged.
async fn conclude_brought(
    engine: &Arc<Engine>,
    journey: &Journey,
    (response_id, kind): (ResponseId, ResponseKind),
    request_timeout: Duration,
) -> Result<bool> {
    let visit = response_id.visit;
    match kind {
        ResponseKind::Error(error) if journey.answered(response_id).is_none() && !journey.is_spent(visit) => {
            conclude::by_response(&engine.deps, journey.clone(), &Fact::refused(error), response_id).await?;
        }
        ResponseKind::Error(_) => {}
        // Its provider is asked; where it says nothing in time, the schedule asks again.
        ResponseKind::Returned if journey.payment(visit).is_some_and(ProviderPayment::is_open) => {
            let asked = ask::ask(engine, journey, visit);
            if let Ok(asked) = tokio::time::timeout(request_timeout, asked).await {
                asked?;
            }
        }
        ResponseKind::Returned => {}
        ResponseKind::Code(evidence) => {
            return prove::prove_brought(engine, journey, response_id, &evidence, request_timeout).await;
        }
    }
    Ok(true)
}

/// The visit of an answer that came under the app's own state: what comes again is still the answer of its visit; what
/// is new is the last one's.
fn visit_of(journey: &Journey, kind: &ResponseKind, last: u8) -> u8 {
    let came_before = |visit: &u8| {
        let response_id = derive::response_id(*visit, kind);
        journey.answered(response_id).is_some() || journey.proof(response_id).is_some()
    };
    (0..last).find(came_before).unwrap_or(last)
}

/// The journey that its app calls by this `state`, and its last visit: the one that waits for an answer or, where
/// none does, the one that there is. `None` where there are several, because an answer must not reach another
/// customer's payment; and of a journey that is not among the member's last [`LOOKED_AT`].
async fn journey_known_as(
    engine: &Engine,
    (merchant, dialect): (MerchantId, &str),
    state: &str,
) -> Result<Option<(Journey, u8)>> {
    let words = engine.deps.dialect(dialect)?;
    let page = Page { skip: 0, most: LOOKED_AT };
    let range = ScanRange { most: LOOKED_AT, ..ScanRange::of(JourneyFilter::All) };
    let wanted = |journey: &Journey| journey.opening().dialect == dialect && words.knows_as(journey, state);
    let found = scan::select_and_count(&engine.deps, merchant, &range, (page, 0), wanted).await?.journeys;
    let mut waiting = found.iter().filter(|journey| journey.final_outcome().is_none());
    let one = match (waiting.next(), waiting.next(), found.as_slice()) {
        (Some(one), None, _) | (None, None, [one]) => one.clone(),
        _ => return Ok(None),
    };
    Ok(one.last_visit().map(|visit| (one, visit)))
}

/// The `state` of an answer: as it stands there, or in what the one provider signed that can read it.
fn state_of(engine: &Engine, answer: &AuthorizationResponse) -> Option<String> {
    let signed =
        || engine.deps.providers.operators().iter().find_map(|provider| provider.read_return(answer).ok()?.state);
    answer.state.clone().or_else(signed)
}
