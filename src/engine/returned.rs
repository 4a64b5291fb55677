//! What is done with a browser that came back.

use crate::domain::delivery::JourneyEvent;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{Journey, LedTo, ResponseId};
use crate::domain::outcome::Evidence;
use crate::domain::redirect::Redirect;
use crate::engine::commit::Next;
use crate::engine::deps::{Deps, Result};
use crate::engine::visitor::{Admission, VisitCookie, Visitor};
use crate::engine::{commit, derive, prove, redirect, visitor};
use crate::store::Step;

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
    /// Which answer it brought, for [`wait_on`](crate::engine::use_cases::return_::wait_on).
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

/// Where an answer that led to `end` sends the browser that brings it, the first time and whenever it comes again.
pub(super) fn led(
    deps: &Deps,
    journey: &Journey,
    end: &LedTo,
    response_id: ResponseId,
    visitor: &Visitor,
) -> Result<Returned> {
    let counts = journey.counts(response_id);
    match visitor::admission(deps, journey, visitor, journey.led_at(response_id)) {
        Admission::OtherBrowser => Ok(Returned::Rejected(RejectedReturn::OtherBrowser)),
        Admission::Recognised => {
            let cookies = visitor::cookies_after(deps, journey, response_id, visitor);
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
pub(super) async fn late(deps: &Deps, waited: Waited, evidence: &Evidence, visitor: &Visitor) -> Result<Returned> {
    let Waited { journey, state, response_id } = waited;
    let decide = |journey: &Journey| {
        if journey.answered(response_id).is_some() {
            return Ok(Next::Stay(false));
        }
        let step = match early(deps, journey, response_id, evidence)? {
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

/// The step that sends a customer home before the fact, where that is wanted and possible.
fn early(deps: &Deps, journey: &Journey, response_id: ResponseId, evidence: &Evidence) -> Result<Option<Step>> {
    let dialect = deps.dialect(&journey.opening().dialect)?;
    if journey.opening().plan.destination_for(None).is_none() || !dialect.hands_back_early(journey) {
        return Ok(None);
    }
    let number = journey.token_number(&LedTo::HandedBackEarly, Some(response_id.visit));
    let token = derive::minted(deps, journey, number)?;
    let proof = derive::holding(deps, journey, evidence)?;
    Ok(journey.clone().hand_back_early(response_id, proof, deps.clock.now()).map(|next| {
        let deliveries = commit::deliveries_of(deps, &next, JourneyEvent::Returned(response_id.visit));
        Step::to(next).with_token(token).with_deliveries(deliveries)
    }))
}
