//! PAYMENT: the reasons to ask a provider about a payment that no browser brings: its notification, and the schedule.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::RepeatedOrder;
use crate::domain::{
    Journey, MerchantId, PayId, PaymentReference, PaymentStanding, ProviderPayment, ProviderRefusal, UnixMillis,
};
use crate::engine::commit::{self, Next};
use crate::engine::deps::{Deps, Result};
use crate::engine::{Engine, accounts, ask, conclude, derive, find, learn};
use crate::provider::{AskSchedule, Notification, NotificationError, NotifiedPayment, ProviderError};
use crate::store::Step;

/// How far ahead a turn may be that is waited for here. A later one is written down, for any node.
const AHEAD: Duration = Duration::from_secs(1);

/// How long a notification waits for the turn of what it names: providers wait ten seconds for their answer.
const HEARD_WITHIN: Duration = Duration::from_secs(4);

/// How long a question about a payment that was made is put off, where others are waiting; a tenth more or less.
const PUT_OFF: Duration = Duration::from_hours(1);

/// For how long a turn holds.
const TURN: Duration = Duration::from_secs(5);

/// When a payment is looked at again whose provider this node does not have.
const ELSEWHERE: Duration = Duration::from_mins(5);

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyResult {
    /// It is the provider's, and the provider is asked if there is something to ask; with the body of the answer.
    Accepted(&'static str),
    /// It is to be sent again: what it tells of cannot be asked about now.
    Later,
    /// It is not accepted.
    Refused(NotificationError),
    /// There is no such provider.
    NoProvider,
}

/// What became of an app's word on which payment it has created.
#[derive(Debug)]
pub enum Attached {
    /// The journey has it, now or since before.
    Bound(Box<Journey>),
    /// The journey has another one.
    Other,
    /// Its app was not to create any.
    NotAwaited,
    /// The provider has it under another reference: it is not this journey's.
    Foreign,
    /// The provider does not know it.
    Unknown,
    /// The provider has not said anything of use.
    NoAnswer,
}

/// Keeps which payment an app has created for its journey, or which was made by an order that had no answer, and asks the
/// provider about it. `None` when the merchant has no such journey.
///
/// # Errors
/// When the store is in trouble.
pub async fn attach(
    engine: &Arc<Engine>,
    merchant: MerchantId,
    pay_id: PayId,
    reference: &str,
) -> Result<Option<Attached>> {
    let deps = &engine.deps;
    let Some(journey) = find::journey(deps, merchant, pay_id).await? else { return Ok(None) };
    let lost = journey.lost_order(deps.clock.now());
    let visit = lost.unwrap_or_default();
    let Some(payment) = journey.payment(visit).filter(|payment| payment.attached || payment.is_ordered()) else {
        return Ok(Some(Attached::NotAwaited));
    };
    if lost.is_none()
        && let Some(known) = payment.provider_reference()
    {
        let bound = known == reference;
        return Ok(Some(if bound { Attached::Bound(Box::new(journey)) } else { Attached::Other }));
    }
    match ask::named_payment(deps, &journey, visit, reference).await {
        Ok(report) if report.reference == (PaymentReference { journey: pay_id, visit }).to_string() => {}
        Ok(_) => return Ok(Some(Attached::Foreign)),
        Err(ProviderError::NoPayment(_)) => return Ok(Some(Attached::Unknown)),
        Err(_) => return Ok(Some(Attached::NoAnswer)),
    }
    let ask_at = ask::next_ask(deps, &journey, visit, 0);
    let bind = |journey: &Journey| {
        let (made, attached) = (journey.clone(), journey.clone());
        let next = made.payment_made(visit, reference.to_owned());
        let next = next.or_else(|| attached.attach_payment(visit, reference.to_owned(), ask_at));
        Ok(Next::step(next.map(Step::to)))
    };
    let Some((journey, is_bound)) = commit::unless_gone(commit::commit(deps, journey, bind).await)? else {
        return Ok(None);
    };
    if is_bound {
        ask_soon(engine, journey.clone(), visit).await?;
    }
    let is_own = journey.payment(visit).and_then(ProviderPayment::provider_reference) == Some(reference);
    Ok(Some(if is_own { Attached::Bound(Box::new(journey)) } else { Attached::Other }))
}

/// Takes a merchant's word that an order whose answer was lost has made no payment. `None` when the merchant has no such
/// journey; `false` where no order was lost.
///
/// # Errors
/// When the store is in trouble.
pub async fn record_not_made(
    engine: &Arc<Engine>,
    merchant: MerchantId,
    pay_id: PayId,
) -> Result<Option<(Journey, bool)>> {
    let deps = &engine.deps;
    let Some(journey) = find::journey(deps, merchant, pay_id).await? else { return Ok(None) };
    let now = deps.clock.now();
    // Whoever says so while it may be sent again would be wrong a moment later.
    let lost = journey.lost_order(now);
    let lost = lost.filter(|visit| matches!(journey.clone().repeating_order(*visit, now), RepeatedOrder::NoMore));
    let Some(visit) = lost else { return Ok(Some((journey, false))) };
    let why = ProviderRefusal::new("not_made", Some("The payment was ordered, and was not made."));
    let fact = ask::unpaid(&journey, visit, &why);
    let ended = conclude::by_response(deps, journey, &fact, derive::payment_response_id(visit)).await?;
    let ended = conclude::as_asked(deps, ended, visit).await?;
    Ok(Some((ended.journey.as_ref().clone(), true)))
}

/// Takes a provider's notification. It decides nothing: the provider is asked, unless this very payment has been proven.
///
/// # Errors
/// When the store is in trouble.
pub async fn notify(engine: &Arc<Engine>, provider: &str, notification: &Notification<'_>) -> Result<NotifyResult> {
    accounts::know_provider(&engine.deps, provider).await?;
    let Ok(notifying) = engine.deps.provider(provider) else { return Ok(NotifyResult::NoProvider) };
    let notified = match notifying.read_notification(notification) {
        Ok(notified) => notified,
        Err(refused) => return Ok(NotifyResult::Refused(refused)),
    };
    let accepted = NotifyResult::Accepted(notifying.acknowledgement());
    let Some(NotifiedPayment { reference: PaymentReference { journey, visit }, operation }) = notified else {
        return Ok(accepted);
    };
    let pay_id = journey;
    let journey = accounts::find_journey(&engine.deps, pay_id).await?;
    if journey.is_none() && operation.is_some() {
        // It is kept here no longer, and nobody else will tell of it.
        tracing::error!(provider, %pay_id, "operation.no_journey");
    }
    if let Some(journey) = journey.filter(|journey| journey.provider_of(visit) == provider) {
        // What has ended without being paid may have been paid since; what was paid may have been given back.
        let may_differ =
            |payment: &ProviderPayment| payment.standing != PaymentStanding::Proven || payment.may_change();
        match operation {
            Some(operation) => return hear_of(engine, journey, visit, &operation, accepted).await,
            None if journey.payment(visit).is_some_and(may_differ) => ask_soon(engine, journey, visit).await?,
            None => {}
        }
    }
    Ok(accepted)
}

/// Asks at once about an operation that a notification has named, and takes it down: the provider sends the
/// notification again where that is not possible now, and says nothing of the operation otherwise.
async fn hear_of(
    engine: &Arc<Engine>,
    journey: Journey,
    visit: u8,
    operation: &str,
    accepted: NotifyResult,
) -> Result<NotifyResult> {
    if journey.knows_reported(operation) {
        return Ok(accepted);
    }
    match journey.payment(visit).map(|payment| &payment.standing) {
        Some(PaymentStanding::Proven) => {}
        // Somebody is called to this payment already.
        Some(PaymentStanding::Mismatch { .. }) => {
            tracing::error!(provider = journey.provider_of(visit), pay_id = %journey.pay_id(), "operation.of_mismatch");
            return Ok(accepted);
        }
        // A chargeback of what is not known to be paid yet is heard of when it is.
        Some(_) => {
            ask_soon(engine, journey, visit).await?;
            return Ok(NotifyResult::Later);
        }
        None => return Ok(NotifyResult::Later),
    }
    let (deps, now, name) = (&engine.deps, engine.deps.clock.now(), journey.provider_of(visit).to_owned());
    let provider = deps.provider(&name)?;
    let pause = provider.ask_schedule().pause();
    let Some(turn) = engine.paces.reserve_within(&name, (pause, HEARD_WITHIN), now) else {
        return Ok(NotifyResult::Later);
    };
    tokio::time::sleep(turn.since(now)).await;
    let reference = PaymentReference { journey: journey.pay_id(), visit };
    match ask::reported_operation(provider.as_ref(), reference, operation).await {
        Ok(reported) => {
            let is_taken_down = learn::learn(deps, &journey, &[reported]).await?;
            Ok(if is_taken_down { accepted } else { NotifyResult::Later })
        }
        // It is none of this payment's, whenever it is asked about.
        Err(ProviderError::NoPayment(why)) => {
            tracing::warn!(provider = name, pay_id = %journey.pay_id(), why, "operation.unknown");
            Ok(accepted)
        }
        Err(trouble) => {
            tracing::warn!(provider = name, pay_id = %journey.pay_id(), error = %trouble, "operation.not_asked");
            Ok(NotifyResult::Later)
        }
    }
}

/// Asks about a payment in the provider's next turn.
async fn ask_soon(engine: &Arc<Engine>, journey: Journey, visit: u8) -> Result<()> {
    let deps = &engine.deps;
    if engine.asked_again.has(&((journey.pay_id(), visit), ask::Reason::Notification)) {
        return Ok(());
    }
    let (now, name) = (deps.clock.now(), journey.provider_of(visit));
    // It is about to be asked about anyway.
    if journey
        .payment(visit)
        .is_some_and(|payment| payment.may_change() && payment.has_turn && now < payment.ask_at.plus(TURN))
    {
        return Ok(());
    }
    let turn = engine.paces.reserve(name, deps.provider(name)?.ask_schedule().pause(), now);
    // What has ended is asked about by nobody else: it is written down, so that it is asked about until it is known.
    if turn > now.plus(AHEAD) || !journey.payment(visit).is_some_and(ProviderPayment::is_open) {
        return await_turn(deps, journey, visit, turn).await;
    }
    ask::ask_behind(engine, journey, visit, (ask::Reason::Notification, turn.since(now)));
    Ok(())
}

/// Writes down when it is the turn of a payment, unless it would be asked about before.
async fn await_turn(deps: &Deps, journey: Journey, visit: u8, turn: UnixMillis) -> Result<()> {
    let write = |journey: &Journey| {
        let payment = journey.payment(visit);
        let due = payment.filter(|payment| !payment.is_asked() || turn < payment.ask_at).map(|payment| payment.ask_at);
        Ok(Next::step(due.and_then(|due| journey.clone().awaiting_turn(visit, due, turn)).map(Step::to)))
    };
    commit::unless_gone(commit::commit(deps, journey, write).await).map(drop)
}

/// Asks about the payments of a journey that are due, each at the pace of its provider. Nobody waits for the answers.
/// `false` when none is due.
pub(in crate::engine) async fn ask_due(engine: &Arc<Engine>, journey: &Journey) -> Result<bool> {
    let now = engine.deps.clock.now();
    let due: Vec<(u8, &ProviderPayment)> =
        journey.asked_payments().filter(|(_, payment)| payment.ask_at <= now).collect();
    for (visit, payment) in &due {
        ask_in_turn(engine, journey, *visit, payment).await?;
    }
    Ok(!due.is_empty())
}

async fn ask_in_turn(engine: &Arc<Engine>, journey: &Journey, visit: u8, payment: &ProviderPayment) -> Result<()> {
    let (deps, name) = (&engine.deps, journey.provider_of(visit));
    let (now, due) = (deps.clock.now(), payment.ask_at);
    // A turn that nobody took in its time is over: all of them would come at once.
    let has_turn = payment.has_turn && now < due.plus(TURN) && !engine.paces.rests(name, now);
    if payment.may_change() && !has_turn {
        return ask_about_changes(engine, journey, visit, due).await;
    }
    let turn = match deps.provider(name) {
        Err(_) => now.plus(ELSEWHERE),
        Ok(_) if has_turn => now,
        Ok(provider) => engine.paces.reserve(name, provider.ask_schedule().pause(), now),
    };
    take_turn(engine, journey, visit, (due, turn)).await
}

/// Asks about a payment that was made, where nobody else waits for a turn at its provider; else, and where this node does
/// not have its provider, later.
async fn ask_about_changes(engine: &Arc<Engine>, journey: &Journey, visit: u8, due: UnixMillis) -> Result<()> {
    let (deps, name, now) = (&engine.deps, journey.provider_of(visit), engine.deps.clock.now());
    let pause = deps.provider(name).map(|provider| provider.ask_schedule().pause()).ok();
    let turn = pause.and_then(|pause| engine.paces.reserve_within(name, (pause, AHEAD), now));
    if let Some(turn) = turn {
        return take_turn(engine, journey, visit, (due, turn)).await;
    }
    // One that was told of comes sooner.
    let was_told = journey.payment(visit).is_some_and(|payment| payment.has_turn);
    let wait = if was_told { ELSEWHERE } else { PUT_OFF };
    let later = now.plus(AskSchedule::varied(wait, deps.clock.draw()));
    let put_off = |journey: &Journey| Ok(Next::step(journey.clone().put_off(visit, due, later).map(Step::to)));
    commit::unless_gone(commit::commit(deps, journey.clone(), put_off).await).map(drop)
}

/// Asks about a payment at its turn, or writes down when that is.
async fn take_turn(
    engine: &Arc<Engine>,
    journey: &Journey,
    visit: u8,
    (due, turn): (UnixMillis, UnixMillis),
) -> Result<()> {
    let (deps, name, now) = (&engine.deps, journey.provider_of(visit), engine.deps.clock.now());
    let asked = journey.payment(visit).map_or(0, |payment| payment.asked);
    let is_now = turn <= now.plus(AHEAD);
    let next = if is_now { ask::next_ask(deps, journey, visit, asked.saturating_add(1)) } else { turn };
    let write = |journey: &Journey| {
        let journey = journey.clone();
        // It may have ended since, and is not reopened by the schedule.
        if !journey.payment(visit).is_some_and(ProviderPayment::is_asked) {
            return Ok(Next::Stay(false));
        }
        let written =
            if is_now { journey.asking_payment(visit, due, next) } else { journey.awaiting_turn(visit, due, next) };
        Ok(Next::step(written.map(Step::to)))
    };
    let written = commit::unless_gone(commit::commit(deps, journey.clone(), write).await)?;
    if let Some((journey, true)) = written.filter(|_| is_now) {
        let (engine, wait) = (Arc::clone(engine), turn.since(now));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // It has logged its trouble, and comes again by the schedule.
            let _ = ask::ask_anew(&engine, &journey, visit).await;
        });
    } else if deps.provider(name).is_err() {
        tracing::warn!(provider = name, pay_id = %journey.pay_id(), error = "this gateway has it no longer", "payment.unknown");
    }
    Ok(())
}
