//! JOBS: a server gets a webhook when something is done.
//!
//! A merchant opens one, and says later what came of it; that concludes the journey and leaves the delivery in one
//! step. The first end stands: however often it is finished or called off, a job ends once.

use std::borrow::Cow;

use crate::domain::journey::Job;
use crate::domain::{
    Conclusion, Delivery, Expiry, Fact, FinalOutcome, Finish, FinishedAs, Invalid, Item, JobRequest, Journey,
    JourneyEvent, JourneyId, Merchant, MerchantId, OneOffUrls, OpenRequest, Outcome, Purpose, RequestedCallbacks,
    Sealed, Secret,
};
use crate::engine::commit::Next;
use crate::engine::deps::{EngineError, Result};
use crate::engine::scan::{Page, ScanRange};
use crate::engine::{Engine, commit, create, derive, find, lapse, scan};
use crate::store::{JourneyCursor, JourneyFilter, Reservation, Step};

/// What a request to end a job came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedJob {
    /// It has ended so: now, or by the same call before.
    Ended(Journey),
    /// It had ended in another way, which stands.
    Stands(Journey),
}

impl EndedJob {
    /// The journey, however it has ended.
    pub const fn journey(&self) -> &Journey {
        match self {
            Self::Ended(journey) | Self::Stands(journey) => journey,
        }
    }

    /// How it has ended.
    pub fn outcome(&self) -> Option<Outcome> {
        self.journey().final_outcome().map(|final_outcome| final_outcome.outcome)
    }
}

/// How many journeys one list of jobs looks at, at the most, wanted or not.
const LOOKED_AT: usize = 2000;

/// How many of them one look into the store brings: the content of a job may be large.
const BATCH: usize = 100;

/// Opens a job; the same reservation opens the same one.
///
/// # Errors
/// When its URL breaks a rule, the reservation's key was used for another call, or the store is in trouble.
pub async fn open(
    engine: &Engine,
    merchant: &Merchant,
    dialect: &str,
    request: &JobRequest,
    reservation: Option<&Reservation>,
) -> Result<Journey> {
    let text = request.message.write();
    let open_request = |id: JourneyId| {
        check_one_off(merchant, &request.to)?;
        let message = derive::seal(&engine.deps, id.as_bytes(), text.reveal().as_bytes())?;
        Ok(Cow::Owned(open_request(message, request)))
    };
    let opened = create::open_with(&engine.deps, merchant, dialect, &open_request, reservation).await;
    opened.map(|(journey, _)| journey).map_err(renamed)
}

/// A merchant's job, as it stands now. `None` when it has none of this id.
///
/// # Errors
/// When the store is in trouble.
pub async fn find(engine: &Engine, merchant: MerchantId, id: JourneyId) -> Result<Option<Journey>> {
    let journey = find::journey(&engine.deps, merchant, id.pay_id()).await?;
    lapse::found(&engine.deps, journey.filter(|journey| *journey.id() == id && is_job(journey))).await
}

/// A merchant's jobs, newest first, `most` at the most, beginning behind `after`; and where the list goes on, if
/// there may be more. A list looks at so many journeys and no more, so that it may go on though it is short.
///
/// # Errors
/// When the store is in trouble.
pub async fn list(
    engine: &Engine,
    merchant: MerchantId,
    after: Option<JourneyCursor>,
    most: usize,
) -> Result<(Vec<Journey>, Option<JourneyCursor>)> {
    let range = ScanRange { after, most: LOOKED_AT, batch: BATCH, ..ScanRange::of(JourneyFilter::All) };
    let selected = scan::select_and_count(&engine.deps, merchant, &range, (Page { skip: 0, most }, 0), is_job).await?;
    let full = selected.journeys.last().map(JourneyCursor::of).filter(|_| selected.journeys.len() >= most);
    Ok((selected.journeys, full.or(selected.stopped)))
}

/// Says that a job is done, or could not be done: it concludes and leaves its delivery, in one step. The same again
/// changes nothing. `None` when the merchant has no such job.
///
/// # Errors
/// When the store is in trouble, or the key of an earlier result is gone.
pub async fn finish(engine: &Engine, merchant: MerchantId, id: JourneyId, finish: &Finish) -> Result<Option<EndedJob>> {
    let fact = match finish.end() {
        FinishedAs::Done => Fact::done(),
        FinishedAs::Failed => Fact::undone(),
    };
    end(engine, merchant, id, (&fact, finish.result())).await
}

/// Calls a job off: nothing is sent. `None` when the merchant has no such job.
///
/// # Errors
/// When the store is in trouble.
pub async fn call_off(engine: &Engine, merchant: MerchantId, id: JourneyId) -> Result<Option<EndedJob>> {
    end(engine, merchant, id, (&Fact::withdrawn(), None)).await
}

async fn end(
    engine: &Engine,
    merchant: MerchantId,
    id: JourneyId,
    (fact, result): (&Fact, Option<&Secret>),
) -> Result<Option<EndedJob>> {
    let Some(journey) = find(engine, merchant, id).await? else { return Ok(None) };
    let Some((journey, won)) = end_once(engine, journey, fact, result).await? else { return Ok(None) };
    let is_so = won || (ends_so(&journey, fact) && derive::result_of(&engine.deps, &journey)?.as_ref() == result);
    Ok(Some(if is_so { EndedJob::Ended(journey) } else { EndedJob::Stands(journey) }))
}

/// The delivery that a job's end has left, if it has left one.
///
/// # Errors
/// When the store is in trouble.
pub async fn delivery(engine: &Engine, journey: &Journey) -> Result<Option<Delivery>> {
    if journey.final_outcome().is_none() {
        return Ok(None);
    }
    Ok(engine.deps.store.deliveries(journey.pay_id()).await?.pop())
}

/// Ends a job that has not ended: not even *done* supersedes an end of which a webhook was sent. Answers how it stands
/// then, and whether this call has ended it; `None` when it is gone.
async fn end_once(
    engine: &Engine,
    journey: Journey,
    fact: &Fact,
    result: Option<&Secret>,
) -> Result<Option<(Journey, bool)>> {
    let lapse = Fact::lapsed();
    let end = |journey: &Journey| {
        if journey.final_outcome().is_some() {
            return Ok(Next::Stay(false));
        }
        let now = engine.deps.clock.now();
        let lapsed = journey.is_lapsed(now);
        let fact = if lapsed { &lapse } else { fact };
        let Conclusion::Concluded(mut next, number) = journey.clone().conclude(fact, None, now) else {
            return Ok(Next::Stay(false));
        };
        if let Some(result) = result.filter(|_| !lapsed) {
            let sealed = derive::seal(&engine.deps, next.id().as_bytes(), result.reveal().as_bytes())?;
            next = next.resulted(sealed);
        }
        let deliveries = commit::deliveries_of(&engine.deps, &next, JourneyEvent::Concluded(number));
        Ok(Next::Take(Box::new(Step::to(next).with_deliveries(deliveries)), !lapsed))
    };
    commit::unless_gone(commit::commit(&engine.deps, journey, end).await)
}

/// A job as the rest of the engine opens it: no browser is sent anywhere, and its one endpoint is sent every
/// end, unless it was saved for success alone.
fn open_request(message: Sealed, request: &JobRequest) -> OpenRequest {
    OpenRequest {
        endpoints: RequestedCallbacks::Items(vec![request.to.clone()]),
        expiry: request.life.map(|life| Expiry::within("expires_in", life)),
        ..OpenRequest::plain(Purpose::Job(Job { message }))
    }
}

fn is_job(journey: &Journey) -> bool {
    journey.opening().purpose.job().is_some()
}

/// Whether a journey has ended as this fact would have ended it.
fn ends_so(journey: &Journey, fact: &Fact) -> bool {
    let own =
        |final_outcome: &FinalOutcome| final_outcome.outcome == fact.outcome() && final_outcome.cause == fact.cause();
    journey.final_outcome().is_some_and(own)
}

fn check_one_off(merchant: &Merchant, to: &Item) -> Result<(), Invalid> {
    if matches!(to, Item::Url(_)) && merchant.settings.one_off_urls == OneOffUrls::SavedOnly {
        return Err(Invalid::new("callback_url", "is a URL, and this merchant allows saved ones only")
            .hint("expected the index of a saved payment endpoint"));
    }
    Ok(())
}

/// Says the field as this call spells it.
fn renamed(error: EngineError) -> EngineError {
    match error {
        EngineError::Refused(invalid) => {
            let field = invalid.field().replacen("payment_endpoint", "callback_url", 1);
            EngineError::Refused(invalid.at(field))
        }
        other => other,
    }
}
