//! RETURN: the browser comes back with an unverified response, and goes on at once.
//!
//! Two round trips to the store, look-up and conclude; one for an answer that has come before. The provider is asked
//! beside that, and never waited for beyond the budget (rule 4 of the design).

mod early;
mod onward;
mod payment;

use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::{
    Evidence, Fact, Invalid, Journey, LedTo, ProviderRefusal, Redirect, ResponseId, ResponseKind, SameBrowser, Secret,
};
use crate::engine::commit::Next;
use crate::engine::conclude::ConcludedResponse;
use crate::engine::deps::{Deps, Result};
use crate::engine::prove::{Known, ProofResult, Timing};
use crate::engine::redirect::HomeRedirect;
use crate::engine::visitor::{Admission, VisitCookie, Visitor};
use crate::engine::{Engine, accounts, commit, conclude, derive, find, phone_code, prove, redirect, visitor};
use crate::provider::AuthorizationResponse;
use early::{early, handing_back};

/// What a browser brought to `/return/{provider}`.
pub struct Brought<'a> {
    /// The provider whose return address it came to.
    pub provider: &'a str,
    /// The parameters.
    pub answer: AuthorizationResponse,
    /// What the browser shows of having left.
    pub visitor: &'a Visitor,
    /// When its head and body had been read.
    pub at: Instant,
    /// Where its time goes.
    pub timing: &'a Timing,
}

/// A browser on the light page that looks again.
pub struct Waiting<'a> {
    /// The provider whose return address it came to.
    pub provider: &'a str,
    /// The state that it came back under.
    pub state: &'a str,
    /// Which answer it brought.
    pub response_digest: u64,
    /// What the browser shows of having left.
    pub visitor: &'a Visitor,
    /// When its head had been read.
    pub at: Instant,
    /// Where the time is noted that the provider takes.
    pub timing: &'a Timing,
}

/// What is done with a browser that came back.
#[derive(Debug)]
pub enum Returned {
    /// It goes on, with these cookies.
    Go(Redirect, Vec<VisitCookie>),
    /// It looks at our light page and comes again: the provider is late.
    Wait(Box<Waited>),
    /// It looks at our light page and brings its answer again: whether that is the provider's word is not known
    /// yet, and nothing of it has been kept.
    BringAgain(Box<Journey>),
    /// Something about it is not as it should be; nothing has changed.
    Rejected(RejectedReturn),
}

/// What a browser waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// The journey.
    pub journey: Journey,
    /// The state that it came back under.
    pub state: String,
    /// Which answer it brought, for [`wait_on`].
    pub response_id: ResponseId,
}

/// Why a return is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectedReturn {
    /// It has no state.
    NoState,
    /// Its state is not one of ours, or too old.
    UnknownState,
    /// Its state belongs to another provider: a mix-up (RFC 9700, section 4.4).
    OtherProvider,
    /// It did not come from the browser that left.
    OtherBrowser,
    /// Its provider does not answer like this.
    Unreadable(Invalid),
    /// What it carries is not its provider's word.
    Forged,
    /// Another answer has counted, and it did not come from the browser that left: it only shows that a state is known.
    Answered,
    /// It is a replay, and did not come from the browser that left; the first hand-back is long over.
    TooLate(Box<Journey>),
}

impl RejectedReturn {
    /// Its name in the log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoState => "no_state",
            Self::UnknownState => "unknown_state",
            Self::OtherProvider => "other_provider",
            Self::OtherBrowser => "other_browser",
            Self::Unreadable(_) => "unreadable",
            Self::Forged => "forged",
            Self::Answered => "answered",
            Self::TooLate(_) => "too_late",
        }
    }
}

/// Takes a browser back from the provider.
///
/// # Errors
/// When the store is in trouble, or something that the journey was opened with is gone.
pub async fn take_return(engine: &Arc<Engine>, brought: Brought<'_>) -> Result<Returned> {
    accounts::know_provider(&engine.deps, brought.provider).await?;
    // A provider that the operator has taken away still has its replays; it only cannot prove anything new.
    let provider = engine.deps.provider(brought.provider).ok();
    let response = match &provider {
        Some(provider) => provider.read_return(&brought.answer),
        None => Ok(brought.answer.unverified()),
    };
    let response = match response {
        Ok(response) => response,
        Err(invalid) => return Ok(Returned::Rejected(RejectedReturn::Unreadable(invalid))),
    };
    let Some(state) = response.state else { return Ok(Returned::Rejected(RejectedReturn::NoState)) };
    let (journey, visit) = match journey_of(engine, brought.provider, &state, brought.visitor).await? {
        Ok(found) => found,
        Err(rejected) => return Ok(Returned::Rejected(rejected)),
    };
    if journey.payment(visit).is_some() {
        let evidence = match response.kind {
            ResponseKind::Code(evidence) if provider.is_some_and(|provider| provider.makes_to_order()) => {
                Some(evidence)
            }
            _ => None,
        };
        let waited = Waited { journey, state, response_id: derive::payment_response_id(visit) };
        return payment::come_back(engine, waited, evidence, &brought).await;
    }
    let response_id = derive::response_id(visit, &response.kind);
    match journey.answered(response_id) {
        Some(LedTo::Onward(next)) => {
            let next = *next;
            return onward::go_on(engine, Waited { journey, state, response_id }, next, brought.visitor, brought.at)
                .await;
        }
        Some(end) => return led(&engine.deps, &journey, end, response_id, brought.visitor),
        None => {}
    }
    match response.kind {
        ResponseKind::Error(error) if !journey.is_spent(visit) && !journey.is_answered() => {
            let concluded = conclude::by_response(&engine.deps, journey, &Fact::refused(error), response_id).await?;
            commit::await_announcement(&engine.deps, concluded.announcement.clone(), brought.at).await;
            led(&engine.deps, &concluded.journey, &concluded.end, response_id, brought.visitor)
        }
        ResponseKind::Code(evidence) if provider.is_some() && !journey.is_proven() => {
            prove_in_time(engine, Waited { journey, state, response_id }, evidence, &brought).await
        }
        kind => decided_before(engine, Waited { journey, state, response_id }, kind, brought.visitor).await,
    }
}

/// Sends a browser on whose answer can decide nothing any more: only if it is the one that left. A browser that knows
/// the state alone is not handed what the deciding answer was, nor a link to it.
async fn decided_before(engine: &Engine, waited: Waited, kind: ResponseKind, visitor: &Visitor) -> Result<Returned> {
    let Waited { journey, state, response_id } = waited;
    if !visitor::recognises(&engine.deps, &journey, visitor) {
        return Ok(Returned::Rejected(RejectedReturn::Answered));
    }
    // A code came first under this state, and the provider is being asked: that decides.
    if let (ResponseKind::Error(_), Some(decides)) = (&kind, pending(&journey, response_id.visit)) {
        return Ok(Returned::Wait(Box::new(Waited { journey, state, response_id: decides })));
    }
    let error = match kind {
        ResponseKind::Error(error) => error,
        ResponseKind::Code(_) if journey.is_proven() => ProviderRefusal::new("", None),
        // There was no payment to come back from.
        ResponseKind::Returned => ProviderRefusal::new("", None),
        // Its provider is gone. A phone has no way home but its own page.
        ResponseKind::Code(_) if journey.phone_visit(response_id.visit).is_some() => {
            let page = phone_code::customers_page(&engine.deps, &journey, response_id.visit)?;
            return Ok(Returned::Go(page, Vec::new()));
        }
        ResponseKind::Code(_) => {
            return Ok(match redirect::home_redirect_now(&engine.deps, &journey, visitor)? {
                HomeRedirect::To(redirect) => Returned::Go(redirect, Vec::new()),
                HomeRedirect::OtherBrowser | HomeRedirect::TooLate => Returned::Rejected(RejectedReturn::Answered),
            });
        }
    };
    if journey.opening().purpose.consent().is_some() {
        return Ok(Returned::Go(derive::page(&engine.deps, &journey, derive::page_of(&journey))?, Vec::new()));
    }
    let concluded = conclude::change_nothing(&engine.deps, journey, response_id, &error).await?;
    led(&engine.deps, &concluded.journey, &concluded.end, response_id, visitor)
}

/// Sends a browser on that has waited on our light page, if it can go on by now.
///
/// # Errors
/// As [`take_return`].
pub async fn wait_on(engine: &Arc<Engine>, waiting: Waiting<'_>) -> Result<Returned> {
    let Waiting { provider, state, response_digest, visitor, at, timing } = waiting;
    let (journey, visit) = match journey_of(engine, provider, state, visitor).await? {
        Ok(found) => found,
        Err(rejected) => return Ok(Returned::Rejected(rejected)),
    };
    let response_id = ResponseId { visit, response_digest };
    let waited = Waited { journey, state: state.to_owned(), response_id };
    if let Some(returned) = payment::wait_no_longer(&engine.deps, &waited, visitor).await? {
        return Ok(returned);
    }
    await_end(engine, waited, visitor, (at, timing)).await
}

/// Waits, as long as the budget allows, for an end that somebody else is bringing about.
async fn await_end(
    engine: &Arc<Engine>,
    waited: Waited,
    visitor: &Visitor,
    (at, timing): (Instant, &Timing),
) -> Result<Returned> {
    let (began, response_id) = (Instant::now(), waited.response_id);
    let ended = find::ended(&engine.deps, waited.journey.pay_id(), response_id);
    match tokio::time::timeout_at(at + engine.deps.provider_timeout(), ended).await {
        Ok(Ok(Some(ended))) => match ended.answered(response_id) {
            Some(LedTo::Onward(next)) => {
                let next = *next;
                onward::go_on(engine, Waited { journey: ended, ..waited }, next, visitor, at).await
            }
            Some(end) => led(&engine.deps, &ended, end, response_id, visitor),
            // Nobody brought it.
            None => Ok(Returned::Rejected(RejectedReturn::Forged)),
        },
        Ok(Ok(None)) => Ok(Returned::Rejected(RejectedReturn::UnknownState)),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            timing.waited(began.elapsed());
            Ok(Returned::Wait(Box::new(waited)))
        }
    }
}

/// The journey of a state, and the visit that it belongs to; or why this browser may not come back under it.
async fn journey_of(
    engine: &Engine,
    provider: &str,
    state: &str,
    visitor: &Visitor,
) -> Result<Result<(Journey, u8), RejectedReturn>> {
    let Some((journey, visit)) = find::journey_of_state(&engine.deps, state).await? else {
        return Ok(Err(RejectedReturn::UnknownState));
    };
    if journey.provider_of(visit) != provider {
        return Ok(Err(RejectedReturn::OtherProvider));
    }
    // Its provider answers the app, and has no return address of this gateway.
    if derive::app_address(&engine.deps, &journey).is_ok_and(|address| address.is_some()) {
        return Ok(Err(RejectedReturn::UnknownState));
    }
    let is_other = match visitor.cookie(&visitor::cookie_name(state)) {
        None => journey.opening().settings.same_browser == SameBrowser::Required,
        Some(shown) => Some(shown) != engine.deps.keys.visit_cookie(&journey, visit).map(Secret::new).as_ref(),
    };
    Ok(if is_other { Err(RejectedReturn::OtherBrowser) } else { Ok((journey, visit)) })
}

/// Asks the provider, and waits for it as long as the budget allows.
async fn prove_in_time(
    engine: &Arc<Engine>,
    waited: Waited,
    evidence: Evidence,
    brought: &Brought<'_>,
) -> Result<Returned> {
    let (journey, response_id) = (&waited.journey, waited.response_id);
    let flight = prove::prove(engine, journey, response_id, &evidence, Known::Nothing);
    let began = Instant::now();
    let proof = tokio::time::timeout_at(brought.at + engine.deps.provider_timeout(), flight).await;
    // What it concluded after the provider's answer was the store's time.
    let provider_time = proof.iter().flatten().map(|proof| proof.provider_time).next();
    let elapsed = began.elapsed();
    brought.timing.waited(provider_time.map_or(elapsed, |provider_time| provider_time.min(elapsed)));
    match proof {
        Ok(proof) => Ok(match proof?.result {
            ProofResult::Home(ConcludedResponse { journey, end, announcement }) => {
                commit::await_announcement(&engine.deps, announcement, brought.at).await;
                let LedTo::Onward(next) = end else {
                    return led(&engine.deps, &journey, &end, response_id, brought.visitor);
                };
                let Waited { state, .. } = waited;
                let journey = journey.as_ref().clone();
                return onward::go_on(
                    engine,
                    Waited { journey, state, response_id },
                    next,
                    brought.visitor,
                    brought.at,
                )
                .await;
            }
            ProofResult::Elsewhere => {
                return await_end(engine, waited, brought.visitor, (brought.at, brought.timing)).await;
            }
            ProofResult::Forged => Returned::Rejected(RejectedReturn::Forged),
            ProofResult::Unchecked => Returned::BringAgain(Box::new(waited.journey)),
        }),
        Err(_) if prove::is_genuine(engine, journey, response_id, &evidence) => {
            late(&engine.deps, waited, &evidence, brought.visitor).await
        }
        Err(_) => Ok(Returned::BringAgain(Box::new(waited.journey))),
    }
}

/// Where an answer that led to `end` sends the browser that brings it, the first time and whenever it comes again.
fn led(deps: &Deps, journey: &Journey, end: &LedTo, response_id: ResponseId, visitor: &Visitor) -> Result<Returned> {
    let counts = journey.counts(response_id);
    match visitor::admission(deps, journey, visitor, (journey.led_at(response_id), Some(response_id.visit))) {
        Admission::OtherBrowser => Ok(Returned::Rejected(RejectedReturn::OtherBrowser)),
        Admission::Recognised => {
            let mut cookies = visitor::cookies_after(deps, journey, response_id, visitor);
            // It is known by another one when it comes back from there.
            if let LedTo::Onward(next) = end {
                cookies.push(visitor::visit_cookie(deps, journey, *next)?);
            }
            Ok(Returned::Go(redirect::to_end(deps, journey, end, Some(response_id.visit))?, cookies))
        }
        Admission::FirstHandBack if counts => {
            Ok(Returned::Go(redirect::to_end(deps, journey, end, Some(response_id.visit))?, Vec::new()))
        }
        Admission::TooLate if counts => Ok(Returned::Rejected(RejectedReturn::TooLate(Box::new(journey.clone())))),
        Admission::FirstHandBack | Admission::TooLate => Ok(Returned::Rejected(RejectedReturn::Answered)),
    }
}

/// The budget is spent. Where the callback would claim an outcome, the customer waits on a light page; where it
/// promises none, and a one-time token follows, the customer goes home now. Either way the evidence is kept, so that
/// it is not lost with this node. It has been found genuine: nothing is kept of what has not been checked.
async fn late(deps: &Deps, waited: Waited, evidence: &Evidence, visitor: &Visitor) -> Result<Returned> {
    let Waited { journey, state, response_id } = waited;
    let decide = |journey: &Journey| {
        if journey.answered(response_id).is_some() {
            return Ok(Next::Stay(false));
        }
        let step = match early(deps, journey, response_id, Some(evidence))? {
            Some(step) => Some(step),
            None if journey.proof(response_id).is_some() => None,
            None => {
                prove::held(deps, journey, response_id, evidence)?.map(|next| prove::holds(deps, next, response_id))
            }
        };
        Ok(Next::step(step))
    };
    let Some((journey, _)) = commit::unless_gone(commit::commit(deps, journey, decide).await)? else {
        return Ok(Returned::Rejected(RejectedReturn::UnknownState));
    };
    match journey.answered(response_id) {
        Some(end) => led(deps, &journey, end, response_id, visitor),
        None => Ok(Returned::Wait(Box::new(Waited { journey, state, response_id }))),
    }
}

/// The answer to this visit that is being proven.
fn pending(journey: &Journey, visit: u8) -> Option<ResponseId> {
    journey.proofs().map(|(response_id, _)| response_id).find(|response_id| response_id.visit == visit)
}

/// A page on which a browser can go on that came back to this provider with an answer that leads nowhere: that of the
/// journey on which it last left for the provider. `None` of a browser that we do not recognise.
///
/// # Errors
/// When the store is in trouble.
pub async fn page_of_last_visit(engine: &Engine, provider: &str, visitor: &Visitor) -> Result<Option<Redirect>> {
    let there = visitor::visits(&engine.deps, visitor).map(|(_, visit)| visit).filter(|visit| visit.is_to(provider));
    let Some(last) = there.max_by_key(|visit| visit.left_at) else { return Ok(None) };
    match accounts::find_journey(&engine.deps, last.pay_id).await? {
        Some(journey) if last.is_of(&journey) && journey.opening().purpose.needs_customer() => {
            phone_code::customers_page(&engine.deps, &journey, last.visit).map(Some)
        }
        Some(_) | None => Ok(None),
    }
}
