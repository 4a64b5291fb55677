//! Consents: what becomes of them before, and after, a customer has agreed.

use crate::domain::consent::{Grant, Status};
use crate::domain::id::JourneyId;
use crate::domain::journey::Journey;
use crate::domain::merchant::Merchant;
use crate::domain::moment::UnixMillis;
use crate::domain::open_request::OpenRequest;
use crate::domain::outcome::Fact;
use crate::domain::secret::Secret;
use crate::engine::commit::Next;
use crate::engine::deps::EngineError;
use crate::engine::{Engine, commit, conclude, create, derive, visit};
use crate::store::Reservation;

/// What became of a request to change a consent that was given.
#[derive(Debug)]
pub enum Changed {
    /// It is as wished, now or since before.
    Done(Box<Journey>),
    /// It stands where this cannot be done.
    Cannot(Status),
}

/// Opens a consent, and writes its first visit down at once, so that its `state` is known from the start.
///
/// # Errors
/// As [`open`](crate::engine::use_cases::open::open).
pub async fn open(
    engine: &Engine,
    merchant: &Merchant,
    dialect: &str,
    open_request: &OpenRequest,
    reservation: Option<&Reservation>,
) -> Result<Journey, EngineError> {
    let (journey, _) = create::open(&engine.deps, merchant, dialect, open_request, reservation).await?;
    if journey.institution().is_none() || !journey.visits().is_empty() {
        return Ok(journey);
    }
    visit::begin_round(&engine.deps, journey).await
}

/// Asks for a consent again that was given before: under the same id and, once it is given, the same token.
///
/// # Errors
/// When the store is in trouble.
pub async fn reopen(engine: &Engine, merchant: &Merchant, journey: Journey) -> Result<Changed, EngineError> {
    let reopen = |journey: &Journey| {
        let now = engine.deps.clock.now();
        let status = journey.consent_status(now).unwrap_or(Status::Failed);
        // Whoever reopened it may not have come to its visit yet.
        if status == Status::AwaitedAgain {
            return Ok(Next::Stay(None));
        }
        let asked_until = journey.opening().purpose.consent().and_then(|consent| consent.until);
        if asked_until.is_some_and(|until| until <= now) {
            return Ok(Next::Stay(Some(Status::Expired)));
        }
        let next = journey.clone().reopen(now, now.plus(merchant.settings.journey_life));
        Ok(Next::step(next).map(|reopened| Some(status).filter(|_| !reopened)))
    };
    match commit::commit(&engine.deps, journey, reopen).await? {
        (_, Some(status)) => Ok(Changed::Cannot(status)),
        (journey, None) => {
            visit::begin_round(&engine.deps, journey).await.map(|journey| Changed::Done(Box::new(journey)))
        }
    }
}

/// Ends a consent by its merchant's wish, be it given or not. Ending it again changes nothing.
///
/// # Errors
/// When the store is in trouble.
pub async fn revoke(engine: &Engine, journey: Journey) -> Result<Journey, EngineError> {
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
pub async fn confirm(engine: &Engine, journey: Journey, at: UnixMillis) -> Result<Changed, EngineError> {
    let in_force = |_: &Journey, status| matches!(status, Status::Authorised | Status::AwaitedAgain);
    // What was confirmed later stays confirmed.
    regrant(engine, journey, in_force, |grant| grant.confirmed_at = grant.confirmed_at.max(at)).await
}

/// Notes that the operator has executed the one payment of a consent. Noting it again changes nothing.
///
/// # Errors
/// When the store is in trouble.
pub async fn consume(engine: &Engine, journey: Journey) -> Result<Changed, EngineError> {
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

/// The consent of a token that this gateway signed, whoever holds it. `None` when it is none of ours.
///
/// # Errors
/// When the store is in trouble.
pub async fn of_token(engine: &Engine, token: &str) -> Result<Option<Journey>, EngineError> {
    let Some(claims) = engine.deps.keys.verify_consent(token) else { return Ok(None) };
    let Ok(id) = claims.consent.parse::<JourneyId>() else { return Ok(None) };
    let found = engine.deps.store.find(id.pay_id()).await?.filter(|journey| *journey.id() == id);
    // Only the very token that was signed for it counts.
    let own =
        |journey: &Journey| derive::consent_token(&engine.deps, journey).is_some_and(|own| own == Secret::new(token));
    Ok(found.filter(own))
}

/// Changes what a customer's agreement left, where it stands as `allowed` says; a race is decided again.
async fn regrant(
    engine: &Engine,
    journey: Journey,
    allowed: impl Fn(&Journey, Status) -> bool,
    change: impl Fn(&mut Grant),
) -> Result<Changed, EngineError> {
    let decide = |journey: &Journey| {
        let status = journey.consent_status(engine.deps.clock.now()).unwrap_or(Status::Failed);
        if !allowed(journey, status) {
            return Ok(Next::Stay(Some(status)));
        }
        let next = journey.clone().regrant(&change).filter(|next| next.grant() != journey.grant());
        Ok(Next::step(next).map(|_| None))
    };
    Ok(match commit::commit(&engine.deps, journey, decide).await? {
        (_, Some(status)) => Changed::Cannot(status),
        (journey, None) => Changed::Done(Box::new(journey)),
    })
}
