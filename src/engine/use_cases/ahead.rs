//! AHEAD: a visit that begins with the merchant's call, and not with a browser.
//!
//! The journey opens with its visit written down. A node asks the provider where the browser has to go, and writes that
//! into the journey when it comes; if the node dies, the visit is due, and another one asks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::FutureExt as _;

use crate::domain::delivery::JourneyEvent;
use crate::domain::journey::{Conclusion, Journey};
use crate::domain::outcome::Fact;
use crate::domain::redirect::Redirect;
use crate::engine::commit::Next;
use crate::engine::deps::EngineError;
use crate::engine::single_flight::Flight;
use crate::engine::{Engine, commit, conclude, derive};
use crate::provider::{ProviderError, Requested};
use crate::store::Step;

/// Asks the provider for the way of a journey that opened ahead of its browser, and waits for it as long as the caller
/// will; the journey as it stands then. Any other journey is answered as it is.
///
/// # Errors
/// When the store is in trouble, or the journey's provider or key is gone.
pub async fn await_provider_redirect(
    engine: &Arc<Engine>,
    journey: Journey,
    patience: Duration,
) -> Result<Journey, EngineError> {
    let Some((visit, _)) = journey.asked_ahead() else { return Ok(journey) };
    let flight = fly_ahead(engine, &journey, visit);
    match tokio::time::timeout(patience, flight).await {
        Ok(landed) => landed?,
        Err(_late) => return Ok(journey),
    }
    Ok(engine.deps.store.find(journey.pay_id()).await?.unwrap_or(journey))
}

/// Asks again for a way whose node has left it. `false` when this node is asking already.
pub(in crate::engine) fn ask_again(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> bool {
    let begins = !engine.ahead.has(&(journey.pay_id(), visit));
    if begins {
        tracing::info!(pay_id = %journey.pay_id(), "ahead.taken_over");
        // It flies on by itself.
        drop(fly_ahead(engine, journey, visit));
    }
    begins
}

fn fly_ahead(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> Flight<Result<(), EngineError>> {
    engine.ahead.join((journey.pay_id(), visit), || {
        let (engine, journey) = (Arc::clone(engine), journey.clone());
        async move {
            let landed = ask_ahead(&engine, journey, visit).await;
            if let Err(error) = &landed {
                tracing::warn!(error = %error, "ahead.trouble");
            }
            landed
        }
        .boxed()
    })
}

async fn ask_ahead(engine: &Arc<Engine>, journey: Journey, visit: u8) -> Result<(), EngineError> {
    let Some(journey) = record_asked(engine, journey, visit).await? else { return Ok(()) };
    match ask_while_unreachable(engine, &journey, visit).await? {
        Ok(Requested::Accepted(redirect)) => keep_way(engine, journey, visit, &redirect).await,
        Ok(Requested::Refused(error)) => give_way_up(engine, journey, &Fact::refused(error)).await,
        Err(trouble) => {
            tracing::warn!(provider = journey.provider_of(visit), error = %trouble, "ahead.provider_trouble");
            // Nothing has been asked of the customer, whatever the provider has made of it.
            let trouble = ProviderError::Unreachable("it gave no way".into());
            give_way_up(engine, journey, &Fact::refused(trouble.as_error())).await
        }
    }
}

/// Writes down that the provider is asked, and the state under which it is. `None` when nobody has to ask any more.
async fn record_asked(engine: &Engine, journey: Journey, visit: u8) -> Result<Option<Journey>, EngineError> {
    let state = derive::state_digest(&derive::state(&engine.deps, &journey, visit)?);
    let own = journey.asked_ahead();
    let ask = |journey: &Journey| {
        // Another node may have begun to ask meanwhile.
        let next = journey.clone().ask_ahead(visit, engine.deps.clock.now()).filter(|_| journey.asked_ahead() == own);
        Ok(next.map_or(Next::Stay(false), |next| Next::Take(Box::new(Step::to(next).with_state(state, visit)), true)))
    };
    let asked = commit::unless_gone(commit::commit_persistently(&engine.deps, journey, ask).await)?;
    Ok(asked.and_then(|(journey, asks)| asks.then_some(journey)))
}

/// Concludes a journey for which no way was found, unless somebody else has begun to look for one, or has found it.
async fn give_way_up(engine: &Engine, journey: Journey, fact: &Fact) -> Result<(), EngineError> {
    let own = journey.asked_ahead();
    let decide = |journey: &Journey| {
        if own.is_none() || journey.asked_ahead() != own {
            return Ok(Next::Stay(()));
        }
        Ok(match journey.clone().conclude(fact, None, engine.deps.clock.now()) {
            Conclusion::Concluded(next, number) => {
                Next::Take(Box::new(conclude::last_step(&engine.deps, next, number)), ())
            }
            Conclusion::Stands(_) => Next::Stay(()),
        })
    };
    commit::unless_gone(commit::commit_persistently(&engine.deps, journey, decide).await).map(drop)
}

async fn ask_while_unreachable(
    engine: &Engine,
    journey: &Journey,
    visit: u8,
) -> Result<Result<Requested, ProviderError>, EngineError> {
    let provider = engine.deps.provider(journey.provider_of(visit))?;
    let texts = derive::context(&engine.deps, journey, visit)?;
    let context = texts.of(journey);
    // Before another node begins to ask.
    let way =
        tokio::time::timeout(Journey::ASKING * 4 / 5, commit::while_unreachable(|| provider.request(&context))).await;
    Ok(way.unwrap_or(Err(ProviderError::Unreachable("it took too long".into()))))
}

/// Writes the way into the journey, unless somebody else was first.
async fn keep_way(engine: &Engine, journey: Journey, visit: u8, way: &Redirect) -> Result<(), EngineError> {
    let sealed = engine.deps.keys.seal(way.as_str().as_bytes(), journey.id().as_bytes(), engine.deps.clock.entropy());
    let sealed = sealed.ok_or_else(derive::key_gone)?;
    let keep = |journey: &Journey| {
        let next = journey.clone().ready(visit, sealed.clone(), engine.deps.clock.now());
        Ok(next.map_or(Next::Stay(()), |next| {
            let deliveries = commit::deliveries_of(&engine.deps, &next, JourneyEvent::Ready(visit));
            Next::Take(Box::new(Step::to(next).with_deliveries(deliveries)), ())
        }))
    };
    commit::unless_gone(commit::commit_persistently(&engine.deps, journey, keep).await).map(drop)
}
