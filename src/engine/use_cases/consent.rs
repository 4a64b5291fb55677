//! Consents: what becomes of them before, and after, a customer has agreed.

use crate::domain::{Fact, Grant, Journey, JourneyId, Merchant, Secret, UnixMillis, consent::Status};
use crate::engine::commit::Next;
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, commit, conclude, derive, find, visit};
use crate::store::Step;

/// What became of a request to change a consent that was given.
#[derive(Debug)]
pub enum Changed {
    /// It is as was asked for, now or since before.
    Done(Box<Journey>),
    /// It stands where this cannot be done.
    Cannot(Status),
}

/// Asks for a consent again that was given before: under the same id and, once it is given, the same token.
///
/// # Errors
/// When the store is in trouble.
pub async fn reopen(engine: &Engine, merchant: &Merchant, journey: Journey) -> Result<Changed> {
    let reopen = |journey: &Journey| {
        let now = engine.deps.clock.now();
        let status = journey.consent_status(now).unwrap_or(Status::Failed);
        // The call that reopened it may not have come to its visit yet.
        if status == Status::AwaitedAgain {
            return Ok(Next::Stay(None));
        }
        let asked_until = journey.opening().purpose.consent().and_then(|consent| consent.until);
        if asked_until.is_some_and(|until| until <= now) {
            return Ok(Next::Stay(Some(Status::Expired)));
        }
        let next = journey.clone().reopen(now, now.plus(merchant.settings.journey_life.get()));
        Ok(Next::step(next.map(Step::to)).map(|reopened| Some(status).filter(|_| !reopened)))
    };
    match commit::commit(&engine.deps, journey, reopen).await? {
        (_, Some(status)) => Ok(Changed::Cannot(status)),
        (journey, None) => {
            visit::begin_round(&engine.deps, journey).await.map(|journey| Changed::Done(Box::new(journey)))
        }
    }
}

/// Ends a consent for its merchant, be it given or not. Ending it again changes nothing.
///
/// # Errors
/// When the store is in trouble.
pub async fn revoke(engine: &Engine, journey: Journey) -> Result<Journey> {
    let journey = conclude::conclude(&engine.deps, journey, &Fact::withdrawn()).await?;
    if journey.grant().is_none() {
        return Ok(journey);
    }
    let now = engine.deps.clock.now();
    let revoke = |grant: &mut Grant| {
        grant.revoked_at.get_or_insert(now);
    };
    match regrant(engine, journey, |_, _| true, revoke).await? {
        Changed::Done(journey) => Ok(*journey),
        Changed::Cannot(_) => Err(EngineError::Gone),
    }
}

/// Notes that the customer has confirmed to the merchant, at `at`, that the consent shall go on.
///
/// # Errors
/// When the store is in trouble.
pub async fn confirm(engine: &Engine, journey: Journey, at: UnixMillis) -> Result<Changed> {
    let in_force = |_: &Journey, status| matches!(status, Status::Authorised | Status::AwaitedAgain);
    // What was confirmed later stays confirmed.
    regrant(engine, journey, in_force, |grant| grant.confirmed_at = grant.confirmed_at.max(at)).await
}

/// Notes that the operator has executed the one payment of a consent. Noting it again changes nothing.
///
/// # Errors
/// When the store is in trouble.
pub async fn consume(engine: &Engine, journey: Journey) -> Result<Changed> {
    let now = engine.deps.clock.now();
    let can = |journey: &Journey, status| {
        journey.opening().purpose.amount().is_some()
            && matches!(status, Status::Authorised | Status::AwaitedAgain | Status::Consumed)
    };
    let consume = |grant: &mut Grant| {
        grant.consumed_at.get_or_insert(now);
    };
    regrant(engine, journey, can, consume).await
}

/// The consent of a token that this gateway signed. `None` when it is not one that we signed.
///
/// # Errors
/// When the store is in trouble.
pub async fn of_token(engine: &Engine, token: &str) -> Result<Option<Journey>> {
    let Some(claims) = engine.deps.keys.verify_consent(token) else { return Ok(None) };
    let Ok(id) = claims.consent.parse::<JourneyId>() else { return Ok(None) };
    // Only the very token that was signed for it counts.
    let own =
        |journey: &Journey| derive::consent_token(&engine.deps, journey).is_some_and(|own| own == Secret::new(token));
    Ok(find::by_id(&engine.deps, id).await?.filter(own))
}

/// Changes what a customer's agreement left, where it stands as `allowed` says; a race is decided again.
async fn regrant(
    engine: &Engine,
    journey: Journey,
    allowed: impl Fn(&Journey, Status) -> bool,
    change: impl Fn(&mut Grant),
) -> Result<Changed> {
    let decide = |journey: &Journey| {
        let status = journey.consent_status(engine.deps.clock.now()).unwrap_or(Status::Failed);
        if !allowed(journey, status) {
            return Ok(Next::Stay(Some(status)));
        }
        let next = journey.clone().regrant(&change).filter(|next| next.grant() != journey.grant());
        Ok(Next::step(next.map(Step::to)).map(|_| None))
    };
    Ok(match commit::commit(&engine.deps, journey, decide).await? {
        (_, Some(status)) => Changed::Cannot(status),
        (journey, None) => Changed::Done(Box::new(journey)),
    })
}
