//! Finds journeys, as they stand now: one whose time has run out has expired.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Journey, JourneyId, MerchantId, PayId, ProviderPayment, ResponseId, UnixMillis};
use crate::engine::deps::{Deps, Result};
use crate::engine::{accounts, lapse};
use crate::keys::{page_ticket_parts, pay_id_of_api_state, pay_id_of_link, pay_id_of_state};

/// How often the store is asked for an end that somebody else is bringing about, while a browser waits for it.
const GLANCE: Duration = Duration::from_millis(20);

/// How often the store is asked again for a fact that is on its way.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The journey of a link, concluded as expired if its time has run out. `None` when there is no such link.
///
/// # Errors
/// When the store is in trouble.
pub async fn look(deps: &Deps, link: &str) -> Result<Option<Journey>> {
    let Some(pay_id) = pay_id_of_link(link) else { return Ok(None) };
    // Nobody was ever given the link of a job.
    let has_it = |journey: &Journey| journey.opening().purpose.job().is_none() && deps.keys.is_link_of(link, journey);
    lapse::found(deps, accounts::find_journey(deps, pay_id).await?.filter(has_it)).await
}

/// The journey of a phone code, and when that was made. `None` when there is no such code.
pub(super) async fn journey_of_phone_code(deps: &Deps, code: &str) -> Result<Option<(Journey, UnixMillis)>> {
    let Some((pay_id, _)) = page_ticket_parts(code) else { return Ok(None) };
    let Some(journey) = accounts::find_journey(deps, pay_id).await? else { return Ok(None) };
    let Some(at) = deps.keys.moment_of_phone_code(code, &journey) else { return Ok(None) };
    Ok(Some((lapse::lapse(deps, journey).await?, at)))
}

/// The journey of the text on which a phone ends, and the visit that it comes from.
pub(super) async fn journey_of_phone_end(deps: &Deps, end: &str) -> Result<Option<(Journey, u8)>> {
    let Some(pay_id) = pay_id_of_state(end) else { return Ok(None) };
    let Some(journey) = accounts::find_journey(deps, pay_id).await? else { return Ok(None) };
    let Some(visit) = deps.keys.visit_of_phone_end(end, &journey) else { return Ok(None) };
    Ok(Some((lapse::lapse(deps, journey).await?, visit)))
}

/// The journey of a `state`, and the visit that it is of.
pub(super) async fn journey_of_state(deps: &Deps, state: &str) -> Result<Option<(Journey, u8)>> {
    let Some(pay_id) = pay_id_of_state(state) else { return Ok(None) };
    let Some(journey) = accounts::find_journey(deps, pay_id).await? else { return Ok(None) };
    Ok(deps.keys.visit_of_state(state, &journey).map(|visit| (journey, visit)))
}

/// The journey of a `state` that an app brings, and the visit that it is of: the one under which its provider answered,
/// or the one that the API told it.
pub(super) async fn journey_of_brought_state(deps: &Deps, state: &str) -> Result<Option<(Journey, u8)>> {
    let Some(pay_id) = pay_id_of_api_state(state) else { return journey_of_state(deps, state).await };
    let Some(journey) = accounts::find_journey(deps, pay_id).await? else { return Ok(None) };
    Ok(deps.keys.visit_of_api_state(state, &journey).map(|visit| (journey, visit)))
}

/// The journey of this id, whichever merchant's it is, as it was stored.
pub(super) async fn by_id(deps: &Deps, id: JourneyId) -> Result<Option<Journey>> {
    Ok(accounts::find_journey(deps, id.pay_id()).await?.filter(|journey| *journey.id() == id))
}

/// A merchant's journey of this number. `None` when it has none.
///
/// # Errors
/// When the store is in trouble.
pub async fn journey(deps: &Deps, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>> {
    Ok(accounts::find_journey(deps, pay_id).await?.filter(|journey| journey.opening().merchant == merchant))
}

/// A merchant's journey of this number, concluded as expired if its time has run out.
///
/// # Errors
/// When the store is in trouble.
pub async fn current(deps: &Deps, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>> {
    lapse::found(deps, journey(deps, merchant, pay_id).await?).await
}

/// The journey of this id, whichever merchant's it is, concluded as expired if its time has run out: for pages whose
/// address is made of the id.
///
/// # Errors
/// When the store is in trouble.
pub async fn journey_of(deps: &Deps, id: JourneyId) -> Result<Option<Journey>> {
    lapse::found(deps, by_id(deps, id).await?).await
}

/// The merchant's consent of this id. `None` when it has none.
///
/// # Errors
/// When the store is in trouble.
pub async fn consent(deps: &Deps, merchant: MerchantId, id: JourneyId) -> Result<Option<Journey>> {
    Ok(consent_of(deps, id).await?.filter(|journey| journey.opening().merchant == merchant))
}

/// The consent of this id, whichever merchant's it is: for the operator. `None` when there is none.
///
/// # Errors
/// When the store is in trouble.
pub async fn consent_of(deps: &Deps, id: JourneyId) -> Result<Option<Journey>> {
    let found = by_id(deps, id).await?.filter(|journey| journey.opening().purpose.consent().is_some());
    lapse::found(deps, found).await
}

/// The merchant's consent of this id, after waiting for a fact that is on its way, for `request_timeout` at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn consent_soon(
    deps: &Deps,
    merchant: MerchantId,
    id: JourneyId,
    request_timeout: Duration,
) -> Result<Option<Journey>> {
    let until = Instant::now() + request_timeout;
    loop {
        let consent = consent(deps, merchant, id).await?;
        let on_its_way = consent.as_ref().is_some_and(|journey| journey.proofs().next().is_some());
        if !on_its_way || Instant::now() >= until {
            return Ok(consent);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A journey as it stands when what is under way with its provider has come to something, or the caller will not wait
/// any longer.
///
/// # Errors
/// When the store is in trouble.
pub async fn await_change(deps: &Deps, mut journey: Journey, request_timeout: Duration) -> Result<Journey> {
    let until = Instant::now() + request_timeout;
    while is_under_way(&journey) && Instant::now() < until {
        tokio::time::sleep_until(until.min(Instant::now() + LOOK_AGAIN)).await;
        match accounts::find_journey(deps, journey.pay_id()).await? {
            Some(now) => journey = now,
            None => break,
        }
    }
    Ok(journey)
}

/// Whether a provider is being asked something about a journey that has not ended.
fn is_under_way(journey: &Journey) -> bool {
    journey.final_outcome().is_none() && (journey.asked_ahead().is_some() || journey.proofs().next().is_some())
}

/// Whether an answer has no end, and somebody is bringing one about: by its proof, or by asking about its payment.
fn is_awaited(journey: &Journey, response_id: ResponseId) -> bool {
    let asks = journey.payment(response_id.visit).is_some_and(ProviderPayment::is_open);
    journey.answered(response_id).is_none() && (journey.proof(response_id).is_some() || asks)
}

/// The journey once this answer has an end, or nobody is bringing one about. `None` when there is no such journey (any
/// more).
pub(super) async fn ended(deps: &Deps, pay_id: PayId, response_id: ResponseId) -> Result<Option<Journey>> {
    loop {
        match accounts::find_journey(deps, pay_id).await? {
            None => return Ok(None),
            Some(journey) if !is_awaited(&journey, response_id) => {
                return Ok(Some(journey));
            }
            Some(_) => tokio::time::sleep(GLANCE).await,
        }
    }
}
