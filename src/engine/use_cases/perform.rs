//! PERFORM: what a merchant orders without a customer is done at once, as far as the provider can.

use std::sync::Arc;

use futures_util::future::FutureExt as _;

use crate::domain::{
    Amount, AppliedOperation, Evidence, Fact, Inapplicable, Journey, OperationKind, ProviderRefusal, ResponseKind,
    UnixMillis,
};
use crate::engine::{Engine, accounts, ask, commit, conclude, derive, learn, prove, visit};
use crate::engine::{commit::Next, deps::Result, prove::Known, visit::Visit};
use crate::provider::Performed;
use crate::store::Step;

/// Has a journey done by its provider without a customer: an operation, or what a test provider is asked to play. An
/// operation of another journey is written there first; what cannot be done to that one fails, with
/// `operation_not_possible` as the error.
///
/// It goes on when its caller has given up. Should the gateway end in between, a provider that may be asked again is
/// asked when the operation's time is over ([`crate::domain::journey::PaymentOperation::LIFE`]); else it expires, and
/// what it takes of the other journey stays taken: the provider may have done it.
///
/// # Errors
/// When the store is in trouble, or the journey's provider or key is gone.
pub async fn perform(engine: &Arc<Engine>, journey: Journey) -> Result<Journey> {
    engine
        .operations
        .join(journey.pay_id(), || {
            let engine = Arc::clone(engine);
            async move { carry_out(&engine, journey).await }.boxed()
        })
        .await
}

async fn carry_out(engine: &Arc<Engine>, journey: Journey) -> Result<Journey> {
    let performed = ordered(engine, journey).await?;
    // Whoever has concluded it: what was refused takes nothing of the payment, also when that was written again since.
    if performed.final_outcome().is_some() {
        conclude::take_operation_back(&engine.deps, &performed).await;
    }
    Ok(performed)
}

async fn ordered(engine: &Arc<Engine>, journey: Journey) -> Result<Journey> {
    if journey.final_outcome().is_some() {
        return Ok(journey);
    }
    let operation = journey.opening().purpose.operation().filter(|operation| operation.of.is_some());
    let original = conclude::original(&engine.deps, &journey).await?;
    if let Some(original) = original.as_ref().filter(|_| journey.opening().purpose.is_reported()) {
        return learn::finish(&engine.deps, original.clone(), journey).await.map(|(_, learned)| learned);
    }
    if let Some(operation) = operation {
        let applied = operation.applied(journey.pay_id());
        let written = if is_too_much(engine, original.as_ref(), &applied).await? {
            Err(Inapplicable::TooMuch)
        } else {
            write_operation(engine, original.clone(), applied).await?
        };
        if let Err(why) = written {
            let error = ProviderRefusal::new("operation_not_possible", Some(&why.to_string()));
            return conclude::conclude(&engine.deps, journey, &Fact::refused(error)).await;
        }
    }
    let provider = engine.deps.provider(&journey.opening().provider)?;
    if provider.creates_payment(&journey) {
        return order(engine, journey).await;
    }
    let payment = conclude::payment_behind(&engine.deps, original).await?;
    match provider.perform(&journey, payment.as_ref()).await {
        Ok(Performed::Now(fact)) => conclude_persistently(engine, journey, &fact).await,
        Ok(Performed::Later(evidence)) => perform_later(engine, journey, &evidence).await,
        Ok(Performed::Unknown) => Ok(journey),
        Err(trouble) => conclude_persistently(engine, journey, &Fact::refused(trouble.as_error())).await,
    }
}

/// Whether an operation gives back more of a capture than its payment has left by now: what its provider has given back
/// by itself is written there, and what was ordered is written in the captures.
async fn is_too_much(engine: &Engine, original: Option<&Journey>, applied: &AppliedOperation) -> Result<bool> {
    let capture = original.filter(|original| original.opening().purpose.operation().is_some());
    let (Some(capture), Some(amount), OperationKind::Refund) = (capture, applied.amount, applied.kind) else {
        return Ok(false);
    };
    // What it takes is counted already, and may be given back.
    if capture.operations().iter().any(|written| written.by == applied.by) {
        return Ok(false);
    }
    let Some(payment) = conclude::payment_behind(&engine.deps, Some(capture.clone())).await? else { return Ok(false) };
    let Some(left) = payment.left_of_captures() else { return Ok(false) };
    let mut ordered = 0;
    for captured in payment.operations().iter().filter(|written| written.kind == OperationKind::Capture) {
        let is_read = captured.by == capture.pay_id();
        let other = if is_read { None } else { accounts::find_journey(&engine.deps, captured.by).await? };
        let refunds = other.as_ref().unwrap_or(capture).total(OperationKind::Refund);
        ordered = refunds.map_or(0, Amount::minor).saturating_add(ordered);
    }
    Ok(left.minor().saturating_sub(ordered) < amount.minor())
}

/// Orders an operation of a provider that holds it and can be asked about it. That is written down before, so that
/// somebody asks again, whatever becomes of this node or of the provider's answer.
async fn order(engine: &Arc<Engine>, journey: Journey) -> Result<Journey> {
    let (journey, visit) = match visit::begin(&engine.deps, journey, None).await? {
        (journey, Visit::UnderWay(visit)) => (journey, visit),
        (journey, Visit::Ended | Visit::TooOften) => return Ok(journey),
    };
    match ask::ask_anew(engine, &journey, visit).await?.answer {
        ask::Answer::Ended(ended) => Ok(ended.journey.as_ref().clone()),
        ask::Answer::Open { .. } | ask::Answer::Unknown => Ok(journey),
    }
}

/// Whether an operation is one that its node has left (its time is over, and nobody has written what came of it),
/// and that its provider has done, or may be asked for again without harm.
pub(in crate::engine) fn can_be_resumed(engine: &Engine, journey: &Journey, now: UnixMillis) -> bool {
    if journey.opening().purpose.is_reported() {
        return journey.is_past_expiry(now);
    }
    let is_left = journey.is_lapsed(now) && journey.visits().is_empty();
    let provider = engine.deps.provider(&journey.opening().provider);
    is_left && journey.opening().purpose.is_ordered() && provider.is_ok_and(|provider| !provider.asks_once())
}

/// Concludes, however long the store is away: what the provider said once it will not say again.
async fn conclude_persistently(engine: &Engine, journey: Journey, fact: &Fact) -> Result<Journey> {
    commit::while_away(|| conclude::conclude(&engine.deps, journey.clone(), fact)).await
}

/// Writes an operation into the journey that it is of.
async fn write_operation(
    engine: &Engine,
    original: Option<Journey>,
    applied: AppliedOperation,
) -> Result<Result<(), Inapplicable>> {
    let Some(original) = original else { return Ok(Err(Inapplicable::Unsuitable)) };
    let apply = |original: &Journey| {
        Ok(match original.clone().apply(applied.clone()) {
            Ok(next) => Next::Take(Box::new(Step::to(next)), Ok(())),
            Err(why) => Next::Stay(Err(why)),
        })
    };
    let written = commit::unless_gone(commit::commit(&engine.deps, original, apply).await)?;
    Ok(written.map_or(Err(Inapplicable::Unsuitable), |(_, written)| written))
}

/// Keeps the provider's promise like an answer that a browser brought, so that it is not lost with this node.
async fn perform_later(engine: &Arc<Engine>, journey: Journey, evidence: &Evidence) -> Result<Journey> {
    let (journey, visit) = match visit::begin(&engine.deps, journey, None).await? {
        (journey, Visit::UnderWay(visit)) => (journey, visit),
        (journey, Visit::Ended | Visit::TooOften) => return Ok(journey),
    };
    let response_id = derive::response_id(visit, &ResponseKind::Code(evidence.clone()));
    let (journey, is_kept) = prove::keep(&engine.deps, journey, response_id, evidence).await?;
    if is_kept {
        // It goes on by itself.
        drop(prove::prove(engine, &journey, response_id, evidence, Known::Genuine));
    }
    Ok(journey)
}
