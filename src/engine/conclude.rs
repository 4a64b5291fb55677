//! CONCLUDE: a fact becomes an outcome, in one step with its one-time token and its deliveries.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::domain::{
    BankTokens, Cause, Conclusion, Consent, ExtraOutcomes, Fact, FeedEvent, FinalOutcome, Grant, Journey, JourneyEvent,
    LedTo, MerchantId, Outcome, ProviderRefusal, Purpose, ResponseId, UnixMillis,
};
use crate::engine::commit::{Announcement, Next};
use crate::engine::deps::{Deps, Result};
use crate::engine::{accounts, commit, derive, redirect, watch};
use crate::provider::{AskSchedule, ProviderError};
use crate::store::Step;

/// Concludes what an answer of the provider has proven, and says to which end it leads. A failure that the merchant
/// does not want reported takes the customer back to the checkout instead.
pub(super) async fn by_response(
    deps: &Deps,
    journey: Journey,
    fact: &Fact,
    response_id: ResponseId,
) -> Result<ConcludedResponse> {
    let (journey, ended) = commit::commit(deps, journey, |journey| decided(deps, journey, fact, response_id)).await?;
    Ok(after(deps, journey, ended).await)
}

/// What a provider's report on a payment comes to.
#[derive(Clone)]
pub(super) enum Reported {
    /// It has ended; its journey says how.
    Ended(ConcludedResponse),
    /// It has not ended.
    Open,
    /// It is something else than what was asked for: what, in words that people read.
    Mismatch(String),
}

/// [`by_response`] of what a report proves, which depends on what the journey is then; `Ok(None)` is nothing yet. A
/// payment that it proves is asked about for as long as it may change.
pub(super) async fn by_report(
    deps: &Deps,
    journey: Journey,
    (response_id, changes): (ResponseId, Changes),
    fact_of: impl Fn(&Journey) -> Result<Option<Fact>, String>,
) -> Result<Reported> {
    let decide = |journey: &Journey| {
        let next = match fact_of(journey) {
            Ok(Some(fact)) => decided(deps, journey, &fact, response_id)?.map(|ended| Ok(Some(ended))),
            Ok(None) => Next::Stay(Ok(None)),
            Err(mismatch) => Next::Stay(Err(mismatch)),
        };
        Ok(with_changes(next, journey, response_id.visit, changes))
    };
    let (journey, reported) = commit::commit(deps, journey, decide).await?;
    Ok(match reported {
        Ok(Some(ended)) => Reported::Ended(after(deps, journey, ended).await),
        Ok(None) => Reported::Open,
        Err(mismatch) => Reported::Mismatch(mismatch),
    })
}

/// Whether a payment that was made may change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Changes {
    /// Until this moment; it is asked about next at the other one.
    Until(UnixMillis, UnixMillis),
    /// Not that the provider says so now.
    NotAsOf(UnixMillis),
}

impl Changes {
    /// What a provider says of it, and when it is asked next: once more, as long as what it says was done to the payment
    /// is not learned.
    pub(super) fn as_reported(deps: &Deps, journey: &Journey, until: Option<UnixMillis>, is_learned: bool) -> Self {
        let now = deps.clock.now();
        let next = now.plus(AskSchedule::wait_for_changes(deps.clock.draw()));
        let made_at = journey.final_outcome().map_or(now, |end| end.at);
        match until.map(|until| until.min(made_at.plus(AskSchedule::LONGEST_CHANGES))) {
            Some(until) if until > now => Self::Until(until, next.min(until)),
            _ if is_learned => Self::NotAsOf(now),
            _ => Self::Until(next, next),
        }
    }
}

/// This step, or a step of its own, with the note whether the payment of a visit may change.
fn with_changes<T>(next: Next<T>, journey: &Journey, visit: u8, changes: Changes) -> Next<T> {
    match (next, changes) {
        (Next::Take(mut step, value), Changes::Until(until, ask_at)) => {
            step.journey = step.journey.with_changes_until(visit, until, ask_at);
            Next::Take(step, value)
        }
        (Next::Take(step, value), Changes::NotAsOf(_)) => Next::Take(step, value),
        (Next::Stay(value), changes) => {
            let noted = match changes {
                Changes::Until(until, ask_at) => journey.clone().note_changes_until(visit, until, ask_at),
                Changes::NotAsOf(now) => journey.clone().end_changes(visit, now),
            };
            noted.map_or(Next::Stay(()), |noted| Next::Take(Box::new(Step::to(noted)), ())).map(|()| value)
        }
    }
}

/// Where an answer led, and what its browser waits for if this step has concluded.
type Ended = (LedTo, Option<Announcement>);

fn decided(deps: &Deps, journey: &Journey, fact: &Fact, response_id: ResponseId) -> Result<Next<Ended>> {
    // What a provider has proven counts, also after its answer was given up.
    let supersedes = fact.outcome().is_proven() && !journey.is_proven();
    if let Some(end) = journey.answered(response_id).filter(|end| **end != LedTo::HandedBackEarly && !supersedes) {
        let end = (end.clone(), None);
        return Ok(match journey.clone().payment_over(response_id.visit, deps.clock.now()) {
            Some(over) => Next::Take(Box::new(Step::to(over)), end),
            None => Next::Stay(end),
        });
    }
    Ok(match changed(deps, journey, fact, response_id)? {
        Some((step, end)) => {
            let announcement = commit::announcement(deps, &step.journey, &step.deliveries);
            Next::Take(Box::new(step), (end, Some(announcement)))
        }
        None => remembered(deps, journey, response_id, &error_of(fact)).map(|end| (end, None)),
    })
}

async fn after(deps: &Deps, journey: Journey, (end, announcement): Ended) -> ConcludedResponse {
    if announcement.is_some() {
        take_operation_back(deps, &journey).await;
    }
    ConcludedResponse { journey: Arc::new(journey), end, announcement: announcement.flatten() }
}

/// Ends a journey as was asked of it, where its payment was closed for that, has ended, and has led back to the checkout
/// before.
pub(super) async fn as_asked(deps: &Deps, ended: ConcludedResponse, visit: u8) -> Result<ConcludedResponse> {
    let payment = ended.journey.payment(visit).filter(|payment| !payment.is_open());
    let closing = payment.and_then(|payment| payment.closing).filter(|_| ended.journey.final_outcome().is_none());
    let Some(ending) = closing else { return Ok(ended) };
    let journey = conclude(deps, ended.journey.as_ref().clone(), &ending.fact()).await?;
    Ok(ConcludedResponse { journey: Arc::new(journey), ..ended })
}

/// Leads the browser out again that brought this answer, where its provider wants it once more.
pub(super) async fn lead_on(deps: &Deps, journey: Journey, response_id: ResponseId) -> Result<ConcludedResponse> {
    let decide = |journey: &Journey| {
        let Some(next) = journey.clone().lead_on(response_id, deps.clock.now()) else {
            return Ok(remembered(deps, journey, response_id, &ProviderRefusal::new("", None)));
        };
        let last = next.last_visit().unwrap_or_default();
        let end = next.answered(response_id).cloned().unwrap_or(LedTo::Onward(last));
        // What its provider is to create belongs to the step that begins the visit.
        let next = if next.payment(last).is_none() { derive::intending_payment(deps, next, last) } else { next };
        Ok(Next::Take(Box::new(Step::to(next)), end))
    };
    let (journey, end) = commit::commit(deps, journey, decide).await?;
    Ok(ConcludedResponse { journey: Arc::new(journey), end, announcement: None })
}

/// Concludes an answer that changes nothing: it leads home, if the journey has an end, else to the checkout. That is
/// remembered, so that the same answer goes the same way even if the journey is paid later.
pub(super) async fn change_nothing(
    deps: &Deps,
    journey: Journey,
    response_id: ResponseId,
    error: &ProviderRefusal,
) -> Result<ConcludedResponse> {
    let remember = |journey: &Journey| Ok(remembered(deps, journey, response_id, error));
    let (journey, end) = commit::commit(deps, journey, remember).await?;
    Ok(ConcludedResponse { journey: Arc::new(journey), end, announcement: None })
}

fn remembered(deps: &Deps, journey: &Journey, response_id: ResponseId, error: &ProviderRefusal) -> Next<LedTo> {
    let end = journey.answered(response_id).cloned().or_else(|| redirect::end_of(journey));
    let end = end.unwrap_or_else(|| LedTo::Failed(error.clone()));
    match journey.clone().remember(response_id, end.clone(), deps.clock.now()) {
        Some(next) => Next::Take(Box::new(Step::to(next)), end),
        None => Next::Stay(end),
    }
}

/// Ends a journey by a fact, unless the outcome that is there stands.
pub(super) async fn conclude(deps: &Deps, journey: Journey, fact: &Fact) -> Result<Journey> {
    conclude_before(deps, journey, fact, None).await
}

/// [`conclude`], while a browser waits since `waiting`: it goes home after the webhooks have been sent, where its
/// dialect wants that.
pub(super) async fn conclude_before(
    deps: &Deps,
    journey: Journey,
    fact: &Fact,
    waiting: Option<Instant>,
) -> Result<Journey> {
    let decide = |journey: &Journey| {
        // A provider may hold a payment since: it must say first that nobody has made it.
        let asks_first = !matches!(fact.cause(), Cause::Provider(_)) && journey.open_payments().next().is_some();
        if asks_first {
            return Ok(Next::Stay(None));
        }
        Ok(match journey.clone().conclude(fact, None, deps.clock.now()) {
            Conclusion::Stands(_) => Next::Stay(None),
            Conclusion::Concluded(next, number) => {
                let step = last_step(deps, next, number);
                let announcement = waiting.and_then(|_| commit::announcement(deps, &step.journey, &step.deliveries));
                Next::Take(Box::new(step), Some(announcement))
            }
        })
    };
    let (journey, concluded) = commit::commit(deps, journey, decide).await?;
    if let Some(announcement) = concluded {
        take_operation_back(deps, &journey).await;
        if let Some(waiting) = waiting {
            commit::await_announcement(deps, announcement, waiting).await;
        }
    }
    Ok(journey)
}

/// The step to a journey that has just ended, with its one-time token, its deliveries and its event.
pub(super) fn last_step(deps: &Deps, journey: Journey, number: u8) -> Step {
    // Without its key a journey has no token any more, nor a link; it ends all the same.
    let token = derive::minted(deps, &journey, number).unwrap_or_default();
    let outcome = journey.final_outcomes().get(usize::from(number)).map(|final_outcome| final_outcome.outcome);
    let journey = watch::with_button_if_down(deps, journey, outcome, number);
    let deliveries = commit::deliveries_of(deps, &journey, JourneyEvent::Concluded(number));
    // A job is its merchant's own affair.
    let event = journey.opening().purpose.job().is_none().then_some(FeedEvent::Concluded(number));
    Step { event, ..Step::to(journey).with_token(token).with_deliveries(deliveries) }
}

/// What a fact changes, if anything: the step to take, and the end it leads to.
fn changed(deps: &Deps, journey: &Journey, fact: &Fact, response_id: ResponseId) -> Result<Option<(Step, LedTo)>> {
    let now = deps.clock.now();
    if is_of_an_earlier_round(journey, response_id) || is_withdrawn(journey) {
        return Ok(None);
    }
    // No ending is told while another payment may have been made.
    if !fact.outcome().is_proven()
        && journey.final_outcome().is_none()
        && journey.has_another_payment(response_id.visit)
    {
        return Ok(None);
    }
    if let Some(error) = retriable(journey, fact, now) {
        let failed = journey.clone().fail(response_id, error.clone(), now);
        return Ok(failed.map(|next| (Step::to(next), LedTo::Failed(error))));
    }
    match journey.clone().conclude(fact, Some(response_id), now) {
        Conclusion::Stands(_) => Ok(None),
        Conclusion::Concluded(next, number) => {
            let next = with_grant(deps, next, fact)?;
            let end = next.answered(response_id).cloned().unwrap_or(LedTo::Outcome(number));
            Ok(Some((last_step(deps, next, number), end)))
        }
    }
}

/// What a conclusion came to.
#[derive(Clone)]
pub(super) struct ConcludedResponse {
    /// The journey afterwards.
    pub journey: Arc<Journey>,
    /// The end that the answer leads to.
    pub end: LedTo,
    /// What its browser waits for before, if the budget allows.
    pub announcement: Announcement,
}

/// Whether an answer belongs to a round that is over: it decides nothing in the present one.
fn is_of_an_earlier_round(journey: &Journey, response_id: ResponseId) -> bool {
    journey.reopenings().last().is_some_and(|present| response_id.visit < present.visits)
}

/// Whether it is a consent that its merchant has ended: a customer who agrees afterwards has agreed to nothing.
fn is_withdrawn(journey: &Journey) -> bool {
    let by_merchant = journey.final_outcome().is_some_and(|final_outcome| final_outcome.cause == Cause::Merchant);
    by_merchant && matches!(journey.opening().purpose, Purpose::Consent(_))
}

/// The provider's error, when its customer may try again: a payment failed, the merchant has not asked for
/// failures, the customer is not home already, and the journey's time is not over. A consent that fails goes home.
fn retriable(journey: &Journey, fact: &Fact, now: UnixMillis) -> Option<ProviderRefusal> {
    let in_time = !journey.is_past_expiry(now);
    let waits = journey.is_open();
    let unreported = journey.opening().settings.extra_outcomes == ExtraOutcomes::Off
        && journey.opening().purpose.checkout().is_some_and(|checkout| checkout.repeats.is_none());
    match fact.cause() {
        Cause::Provider(Some(error)) if fact.outcome() == Outcome::Failed && waits && unreported && in_time => {
            Some(error)
        }
        _ => None,
    }
}

/// The provider's error in a fact, if it is one.
fn error_of(fact: &Fact) -> ProviderRefusal {
    if let Cause::Provider(Some(error)) = fact.cause() { error } else { ProviderRefusal::new("", None) }
}

/// Puts into a journey what its customer's agreement left, if that is what the fact is of.
fn with_grant(deps: &Deps, journey: Journey, fact: &Fact) -> Result<Journey> {
    let (Some(tokens), Some(consent)) = (fact.bank_tokens(), journey.opening().purpose.consent()) else {
        return Ok(journey);
    };
    if journey.final_outcome().is_none_or(|final_outcome| final_outcome.outcome != Outcome::Authorised) {
        return Ok(journey);
    }
    let now = deps.clock.now();
    let seal = |text: &str| derive::seal(deps, journey.id().as_bytes(), text.as_bytes());
    let BankTokens { json, consent: bank_consent } = tokens;
    let longest = now.plus(longest(deps, &journey, consent));
    let token = match journey.grant() {
        Some(before) => before.token.clone(),
        None => seal(derive::sign_consent(deps, &journey)?.reveal())?,
    };
    let grant = Grant {
        token,
        provider_tokens: seal(json.reveal())?,
        bank_consent: bank_consent.clone(),
        given_at: now,
        expires_at: consent.until.map_or(longest, |until| until.min(longest)),
        confirmed_at: now,
        consumed_at: None,
        revoked_at: None,
    };
    Ok(journey.granted(grant))
}

/// How long a consent lasts at the most: as it was promised, or where its customer chose, as the chosen one's rule is.
fn longest(deps: &Deps, journey: &Journey, consent: &Consent) -> Duration {
    let chosen = journey.institution().filter(|_| consent.institution.is_none());
    chosen.and_then(|id| deps.institution(id)).map_or(consent.longest, |chosen| chosen.consent_life)
}

/// Takes an operation that its provider has refused back from the journey that it is of. What ended in any other way
/// stays there: the provider may have done it.
pub(super) async fn take_operation_back(deps: &Deps, journey: &Journey) {
    // A refusal, and not merely an answer that cannot be read.
    let refusal = journey.final_outcome().and_then(FinalOutcome::refusal);
    let refused = refusal.is_some_and(|error| !ProviderError::leaves_open(error));
    if journey.opening().purpose.operation().is_none() || !refused {
        return;
    }
    if let Err(error) = Box::pin(take_back(deps, journey)).await {
        // The operation has ended all the same; what it took stays taken, which harms nobody but its merchant.
        tracing::error!(error = %error, pay_id = %journey.pay_id(), "operation.not_taken_back");
    }
}

async fn take_back(deps: &Deps, journey: &Journey) -> Result<()> {
    let Some(original) = original(deps, journey).await? else { return Ok(()) };
    let decide = |original: &Journey| {
        let next = original.clone().take_back(journey.pay_id());
        Ok(Next::step(next.map(Step::to)))
    };
    commit::commit(deps, original, decide).await.map(drop)
}

/// The journey of the customer's payment that an operation is of in the end: what gives back what was captured is of
/// what was set aside.
pub(super) async fn payment_of_operation(deps: &Deps, journey: &Journey) -> Result<Option<Journey>> {
    payment_behind(deps, original(deps, journey).await?).await
}

/// [`payment_of_operation`], where the journey that the operation is of has been read.
pub(super) async fn payment_behind(deps: &Deps, original_of_operation: Option<Journey>) -> Result<Option<Journey>> {
    match original_of_operation {
        Some(captured) if captured.opening().purpose.operation().is_some() => original(deps, &captured).await,
        payment => Ok(payment),
    }
}

/// The journey that an operation is of, if it is the same merchant's.
pub(super) async fn original(deps: &Deps, journey: &Journey) -> Result<Option<Journey>> {
    original_of(deps, &journey.opening().purpose, journey.opening().merchant).await
}

/// The journey that an operation of this merchant's is of, if that is the merchant's, too. `None` of everything else.
pub(super) async fn original_of(deps: &Deps, purpose: &Purpose, merchant: MerchantId) -> Result<Option<Journey>> {
    let Some(of) = purpose.refers_to() else { return Ok(None) };
    Ok(accounts::find_journey(deps, of).await?.filter(|original| original.opening().merchant == merchant))
}
