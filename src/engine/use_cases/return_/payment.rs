//! RETURN from a provider that holds a payment: whatever the browser has brought, the provider is asked.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Brought, RejectedReturn, Returned, Waited, early, handing_back, led};
use crate::domain::{BrowserReturn, Evidence, Journey, LedTo, ProviderPayment, ResponseId};
use crate::engine::commit::{self, Next};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::engine::visitor::{self, Visitor};
use crate::engine::{Engine, ask, derive, phone_code};
use crate::store::Step;

/// How long a browser waits on our light page for a provider to say where its payment stands.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sends a browser on that comes back from a provider which holds a payment. `evidence` shows a provider that makes
/// payments to order that its customer has agreed.
pub(super) async fn come_back(
    engine: &Arc<Engine>,
    waited: Waited,
    evidence: Option<Evidence>,
    brought: &Brought<'_>,
) -> Result<Returned> {
    let Waited { mut journey, state, response_id } = waited;
    let (deps, visit) = (&engine.deps, response_id.visit);
    let mut returned = BrowserReturn { at: deps.clock.now(), may_still_pay: false };
    if let Some(evidence) = evidence {
        let shown = ask::show_agreement(engine, journey, visit, &evidence.code).await;
        let Some(shown) = commit::unless_gone(shown)? else {
            return Ok(Returned::Rejected(RejectedReturn::UnknownState));
        };
        journey = shown;
    }
    if let Some(end) = journey.answered(response_id) {
        // Its customer may have gone back from home, and have paid now.
        if *end == LedTo::HandedBackEarly && journey.payment(visit).is_some_and(ProviderPayment::is_open) {
            ask::ask_behind(engine, journey.clone(), visit, (ask::Reason::Browser, Duration::ZERO));
        }
        return browser_back(deps, journey, state, (response_id, returned), brought.visitor).await;
    }
    // What is concluded now notes the browser in the same step.
    let noted = journey.clone().noting_browser(response_id, returned, ask::next_ask(deps, &journey, visit, 0));
    let began = Instant::now();
    let asked = tokio::time::timeout_at(brought.at + deps.provider_timeout(), ask::ask(engine, &noted, visit)).await;
    let (elapsed, took) = (began.elapsed(), asked.iter().flatten().map(|asked| asked.provider_time).next());
    brought.timing.waited(took.map_or(elapsed, |took| took.min(elapsed)));
    let journey = match asked {
        Ok(Ok(asked)) => match asked.answer {
            ask::Answer::Ended(ended) => {
                commit::await_announcement(deps, ended.announcement, brought.at).await;
                ended.journey.as_ref().clone()
            }
            // The answer may be of the time before the customer came back.
            ask::Answer::Open { may_still_pay } => {
                ask::ask_behind(engine, journey.clone(), visit, (ask::Reason::Browser, Duration::ZERO));
                returned.may_still_pay = may_still_pay;
                journey
            }
            ask::Answer::Unknown => journey,
        },
        Ok(Err(EngineError::Store(trouble))) => return Err(trouble.into()),
        Ok(Err(_)) | Err(_) => journey,
    };
    browser_back(deps, journey, state, (response_id, returned), brought.visitor).await
}

/// Notes that a browser came back, unless that is known, and sends it where the payment leads: where it ended, home if
/// its merchant wants no waiting and the customer is done, else to our light page.
async fn browser_back(
    deps: &Deps,
    journey: Journey,
    state: String,
    (response_id, returned): (ResponseId, BrowserReturn),
    visitor: &Visitor,
) -> Result<Returned> {
    let ask_at = ask::next_ask(deps, &journey, response_id.visit, 0);
    let note = |journey: &Journey| {
        // What is sent home on nobody's word is the browser that left, and whose customer is done.
        let may_go = !returned.may_still_pay && may_go_unknown(deps, journey, response_id.visit, visitor);
        if let Some(step) = early(deps, journey, response_id, None)?.filter(|_| may_go) {
            let journey = step.journey.clone().noting_browser(response_id, returned, ask_at);
            return Ok(Next::Take(Box::new(Step { journey, ..step }), true));
        }
        // A return after the last one has been waited for is a new one.
        Ok(Next::step(journey.clone().browser_returned(response_id, (returned, LONGEST_WAIT), ask_at).map(Step::to)))
    };
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey, note).await)? else {
        return Ok(Returned::Rejected(RejectedReturn::UnknownState));
    };
    on(deps, Waited { journey, state, response_id }, visitor)
}

/// Sends a browser on that has waited long enough for a provider to say where its payment stands; `None` while it has
/// not. Where its customer may still pay, that is the page of the link; else it is home, without a status, if it is the
/// browser that left and its callback claims no outcome. The ending follows by delivery.
pub(super) async fn wait_no_longer(deps: &Deps, waited: &Waited, visitor: &Visitor) -> Result<Option<Returned>> {
    let Waited { journey, state, response_id } = waited;
    let Some(payment) = journey.payment(response_id.visit) else { return Ok(None) };
    if *response_id != derive::payment_response_id(response_id.visit) {
        return Ok(Some(Returned::Rejected(RejectedReturn::Forged)));
    }
    let is_long = |returned: BrowserReturn| deps.clock.now() >= returned.at.plus(LONGEST_WAIT);
    let Some(returned) = payment.returned.filter(|returned| is_long(*returned)) else { return Ok(None) };
    if journey.answered(*response_id).is_some() || !may_go_unknown(deps, journey, response_id.visit, visitor) {
        return Ok(None);
    }
    if returned.may_still_pay && !payment.attached {
        return Ok(Some(Returned::Go(phone_code::customers_page(deps, journey, response_id.visit)?, Vec::new())));
    }
    let decide = |journey: &Journey| Ok(Next::step(handing_back(deps, journey, *response_id, None)?));
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey.clone(), decide).await)? else {
        return Ok(Some(Returned::Rejected(RejectedReturn::UnknownState)));
    };
    on(deps, Waited { journey, state: state.clone(), response_id: *response_id }, visitor).map(Some)
}

/// Whether a browser may be sent home on nobody's word: the one that left. One that the app has sent out itself shows no
/// cookie of ours.
fn may_go_unknown(deps: &Deps, journey: &Journey, visit: u8, visitor: &Visitor) -> bool {
    journey.payment(visit).is_some_and(|payment| payment.attached) || visitor::recognises(deps, journey, visitor)
}

fn on(deps: &Deps, waited: Waited, visitor: &Visitor) -> Result<Returned> {
    match waited.journey.answered(waited.response_id) {
        Some(end) => led(deps, &waited.journey, end, waited.response_id, visitor),
        None => Ok(Returned::Wait(Box::new(waited))),
    }
}
