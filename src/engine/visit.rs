//! A visit to a provider is written down before its customer is sent.

use crate::domain::journey::{Choice, PhonePress};
use crate::domain::{BegunVisit, Journey};
use crate::engine::commit::{self, Next};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::engine::derive;
use crate::store::Step;

/// What became of the request to send a customer.
#[derive(Clone, Copy)]
pub(super) enum Visit {
    /// This visit is under way, now or since before.
    UnderWay(u8),
    /// The journey has ended, or its customer is home.
    Ended,
    /// It has seen too many tries.
    TooOften,
}

/// Writes a visit down, unless one is under way.
pub(super) async fn begin(deps: &Deps, journey: Journey, to: Option<Choice>) -> Result<(Journey, Visit)> {
    begin_for(deps, journey, to, None).await
}

/// [`begin`], on the phone that has pressed, if it was one.
pub(super) async fn begin_for(
    deps: &Deps,
    journey: Journey,
    to: Option<Choice>,
    press: Option<PhonePress>,
) -> Result<(Journey, Visit)> {
    let begin = |journey: &Journey| {
        let (journey, now) = (journey.clone(), deps.clock.now());
        let begun = match press {
            Some(press) => journey.begin_visit_on_phone(to.clone(), press, now),
            None => journey.begin_visit(to.clone(), now),
        };
        Ok(match begun {
            BegunVisit::New(next, visit) => {
                let next = derive::intending_payment(deps, next, visit);
                Next::Take(Box::new(Step::to(next)), Visit::UnderWay(visit))
            }
            BegunVisit::UnderWay(_, visit) => Next::Stay(Visit::UnderWay(visit)),
            BegunVisit::Ended(_) => Next::Stay(Visit::Ended),
            BegunVisit::TooOften => Next::Stay(Visit::TooOften),
        })
    };
    commit::commit(deps, journey, begin).await
}

/// Writes the first visit of a round down; it leads where the customer chose to go before, if the customer chose.
pub(super) async fn begin_round(deps: &Deps, journey: Journey) -> Result<Journey> {
    let chosen = journey.visits().last().and_then(|visit| visit.to.clone());
    match begin(deps, journey, chosen).await? {
        (journey, Visit::UnderWay(_) | Visit::Ended) => Ok(journey),
        (_, Visit::TooOften) => Err(EngineError::Missing("visit left for this journey".into())),
    }
}
