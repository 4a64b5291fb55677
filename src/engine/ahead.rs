//! AHEAD: a visit that begins with the merchant's call, and not with a browser.
//!
//! The journey opens with its visit written down. A node asks the provider where the browser must go, and writes that
//! into the journey when it comes; if the node dies, the visit is due, and another one asks.

use std::{sync::Arc, time::Duration};

use futures_util::future::FutureExt as _;

use crate::domain::{Conclusion, Fact, Journey, JourneyEvent, ProviderRefusal, Redirect, ResponseKind};
use crate::engine::{Engine, accounts, ask, commit, conclude, derive};
use crate::engine::{commit::Next, deps::Result, single_flight::Flight};
use crate::provider::{self, ProviderError, Requested};
use crate::store::Step;

/// Asks the provider for the redirect of a journey that opened ahead of its browser, and waits for it as long as the
/// caller will; the journey as it stands then. Any other journey is answered as it is.
///
/// # Errors
/// When the store is in trouble, or the journey's provider or key is gone.
pub async fn await_provider_redirect(
    engine: &Arc<Engine>,
    journey: Journey,
    request_timeout: Duration,
) -> Result<Journey> {
    let Some((visit, _)) = journey.asked_ahead() else { return Ok(journey) };
    let flight = ask_once_ahead(engine, &journey, visit);
    match tokio::time::timeout(request_timeout, flight).await {
        Ok(asked) => asked?,
        Err(_late) => return Ok(journey),
    }
    Ok(accounts::find_journey(&engine.deps, journey.pay_id()).await?.unwrap_or(journey))
}

/// Asks again for a redirect whose node has left it. `false` when this node is asking already.
pub(super) fn ask_again(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> bool {
    let begins = !engine.ahead.has(&(journey.pay_id(), visit));
    if begins {
        tracing::info!(pay_id = %journey.pay_id(), "ahead.taken_over");
        // It goes on by itself.
        drop(ask_once_ahead(engine, journey, visit));
    }
    begins
}

fn ask_once_ahead(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> Flight<Result<()>> {
    engine.ahead.join((journey.pay_id(), visit), || {
        let (engine, journey) = (Arc::clone(engine), journey.clone());
        async move {
            let asked = ask_ahead(&engine, journey, visit).await;
            asked.inspect_err(|error| tracing::warn!(error = %error, "ahead.trouble"))
        }
        .boxed()
    })
}

async fn ask_ahead(engine: &Arc<Engine>, journey: Journey, visit: u8) -> Result<()> {
    let Some(journey) = record_asked(engine, journey, visit).await? else { return Ok(()) };
    match ask_while_unreachable(engine, &journey, visit).await? {
        Ok(Requested::Accepted(redirect) | Requested::Created { page: redirect, .. }) => {
            keep_redirect(engine, journey, visit, &redirect).await
        }
        Ok(Requested::Refused(error)) => give_up(engine, journey, visit, error).await,
        Err(trouble) => {
            tracing::warn!(provider = journey.provider_of(visit), error = %trouble, "ahead.provider_trouble");
            // Nothing has been asked of the customer, whatever the provider has made of it.
            let trouble = ProviderError::Unreachable("it gave no redirect".into());
            give_up(engine, journey, visit, trouble.as_error()).await
        }
    }
}

/// Writes down that the provider is asked. `None` when nobody needs to ask any more.
async fn record_asked(engine: &Engine, journey: Journey, visit: u8) -> Result<Option<Journey>> {
    let own = journey.asked_ahead();
    let ask = |journey: &Journey| {
        // Another node may have begun to ask meanwhile.
        let next = journey.clone().ask_ahead(visit, engine.deps.clock.now()).filter(|_| journey.asked_ahead() == own);
        Ok(Next::step(next.map(Step::to)))
    };
    let asked = commit::unless_gone(commit::commit_persistently(&engine.deps, journey, ask).await)?;
    Ok(asked.and_then(|(journey, asks)| asks.then_some(journey)))
}

/// Concludes a journey for which there is no redirect, unless another node has begun to ask for one, or has it. Where the
/// customer is there, because the provider wanted the browser once more, it is as if the browser had brought the error.
async fn give_up(engine: &Engine, journey: Journey, visit: u8, error: ProviderRefusal) -> Result<()> {
    let (own, fact) = (journey.asked_ahead(), Fact::refused(error.clone()));
    if journey.was_led_to(visit) && own.is_some() {
        let response_id = derive::response_id(visit, &ResponseKind::Error(error));
        return conclude::by_response(&engine.deps, journey, &fact, response_id).await.map(drop);
    }
    let decide = |journey: &Journey| {
        if own.is_none() || journey.asked_ahead() != own {
            return Ok(Next::Stay(false));
        }
        Ok(Next::step(match journey.clone().conclude(&fact, None, engine.deps.clock.now()) {
            Conclusion::Concluded(next, number) => Some(conclude::last_step(&engine.deps, next, number)),
            Conclusion::Stands(_) => None,
        }))
    };
    commit::unless_gone(commit::commit_persistently(&engine.deps, journey, decide).await).map(drop)
}

async fn ask_while_unreachable(engine: &Engine, journey: &Journey, visit: u8) -> Result<provider::Result<Requested>> {
    let (provider, context) = derive::visit_at(&engine.deps, journey, visit)?;
    let request = commit::while_unreachable(|| provider.request(&context));
    // Before another node begins to ask.
    let requested = tokio::time::timeout(Journey::ASKING * 4 / 5, request).await;
    let requested = requested.unwrap_or(Err(ProviderError::Unreachable("it took too long".into())));
    ask::keep_created(&engine.deps, journey, visit, requested).await
}

/// Writes the redirect into the journey, unless another node was first.
async fn keep_redirect(engine: &Engine, journey: Journey, visit: u8, to: &Redirect) -> Result<()> {
    let sealed = derive::seal(&engine.deps, journey.id().as_bytes(), to.as_str().as_bytes())?;
    let keep = |journey: &Journey| {
        let next = journey.clone().ready(visit, sealed.clone(), engine.deps.clock.now());
        Ok(Next::step(next.map(|next| {
            let deliveries = commit::deliveries_of(&engine.deps, &next, JourneyEvent::Ready(visit));
            Step::to(next).with_deliveries(deliveries)
        })))
    };
    commit::unless_gone(commit::commit_persistently(&engine.deps, journey, keep).await).map(drop)
}
