//! RETURN from a provider that holds a payment: whatever the browser has brought, the provider is asked.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Brought, RejectedReturn, Returned, Waited, early, handing_back, led};
use crate::domain::{Journey, ProviderPayment, ResponseId};
use crate::engine::commit::{self, Next};
use crate::engine::deps::{Deps, Result};
use crate::engine::visitor::Visitor;
use crate::engine::{Engine, ask, ask::Question};
use crate::store::Step;

/// How long a browser waits on our light page for a provider to say where its payment stands.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sends a browser on that comes back from a provider which holds a payment: whatever it has brought, the provider is
/// asked.
pub(super) async fn come_back(engine: &Arc<Engine>, waited: Waited, brought: &Brought<'_>) -> Result<Returned> {
    let Waited { journey, state, response_id } = waited;
    let (deps, visit) = (&engine.deps, response_id.visit);
    if journey.answered(response_id).is_some() {
        return browser_back(deps, journey, state, response_id, brought.visitor).await;
    }
    let now = deps.clock.now();
    let ask_at = ask::next_ask(deps, &journey, visit, 0).unwrap_or(now);
    // What is concluded now notes the browser in the same step.
    let noted = journey.clone().noting_browser(response_id, now, ask_at);
    let flight = ask::ask(engine, &noted, visit, Question::Status);
    let began = Instant::now();
    let asked = tokio::time::timeout_at(brought.at + deps.provider_timeout(), flight).await;
    let (elapsed, took) = (began.elapsed(), asked.iter().flatten().map(|asked| asked.provider_time).next());
    brought.timing.waited(took.map_or(elapsed, |took| took.min(elapsed)));
    let journey = match asked {
        Ok(asked) => match asked?.answer {
            ask::Answer::Ended(ended) => {
                commit::await_announcement(deps, ended.announcement, brought.at).await;
                ended.journey.as_ref().clone()
            }
            ask::Answer::Open | ask::Answer::Unknown => journey,
        },
        Err(_late) => journey,
    };
    browser_back(deps, journey, state, response_id, brought.visitor).await
}

/// Notes that a browser came back from a provider which holds a payment, unless that is known, and sends it where the
/// payment leads: home, where it has ended or its merchant wants no waiting; else to our light page.
async fn browser_back(
    deps: &Deps,
    journey: Journey,
    state: String,
    response_id: ResponseId,
    visitor: &Visitor,
) -> Result<Returned> {
    let now = deps.clock.now();
    let ask_at = ask::next_ask(deps, &journey, response_id.visit, 0).unwrap_or(now);
    let note = |journey: &Journey| {
        if let Some(step) = early(deps, journey, response_id, None)? {
            let journey = step.journey.clone().noting_browser(response_id, now, ask_at);
            return Ok(Next::Take(Box::new(Step { journey, ..step }), true));
        }
        Ok(Next::step(journey.clone().browser_returned(response_id, now, ask_at).map(Step::to)))
    };
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey, note).await)? else {
        return Ok(Returned::Rejected(RejectedReturn::UnknownState));
    };
    match journey.answered(response_id) {
        Some(end) => led(deps, &journey, end, response_id, visitor),
        None => Ok(Returned::Wait(Box::new(Waited { journey, state, response_id }))),
    }
}

/// Whether a browser has waited long enough for a provider to say where its payment stands.
pub(super) fn has_waited_long(deps: &Deps, waited: &Waited) -> bool {
    let Waited { journey, response_id, .. } = waited;
    let is_long = |payment: &ProviderPayment| {
        payment.returned_at.is_some_and(|returned_at| deps.clock.now() >= returned_at.plus(LONGEST_WAIT))
    };
    journey.answered(*response_id).is_none() && journey.payment(response_id.visit).is_some_and(is_long)
}

/// Sends a browser home without a status that has waited long enough for a provider to say where its payment stands;
/// the ending follows by delivery. Where its callback would claim an outcome, it goes on waiting.
pub(super) async fn go_home_unknown(deps: &Deps, waited: Waited, visitor: &Visitor) -> Result<Returned> {
    let Waited { journey, state, response_id } = waited;
    let decide = |journey: &Journey| Ok(Next::step(handing_back(deps, journey, response_id, None)?));
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey, decide).await)? else {
        return Ok(Returned::Rejected(RejectedReturn::UnknownState));
    };
    match journey.answered(response_id) {
        Some(end) => led(deps, &journey, end, response_id, visitor),
        None => Ok(Returned::Wait(Box::new(Waited { journey, state, response_id }))),
    }
}
