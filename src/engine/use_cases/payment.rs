//! PAYMENT: the reasons to ask a provider about a payment that no browser brings: its notification, and the schedule.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Journey, PaymentReference, ProviderPayment};
use crate::engine::ask::{self, Ending, Question};
use crate::engine::commit::{self, Next};
use crate::engine::{Engine, deps::Result};
use crate::provider::{Notification, NotificationError};
use crate::store::Step;

/// How far ahead a turn may be that is waited for here. A later one is written down, for any node.
const AHEAD: Duration = Duration::from_secs(1);

/// When a payment is looked at again whose provider this node does not have.
const ELSEWHERE: Duration = Duration::from_mins(5);

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyResult {
    /// It is the provider's, and the provider is asked if there is something to ask.
    Accepted,
    /// It is not accepted.
    Refused(NotificationError),
    /// There is no such provider.
    NoProvider,
}

/// Takes a provider's notification. It decides nothing: the provider is asked, unless its payment is over.
///
/// # Errors
/// When the store is in trouble.
pub async fn notify(engine: &Arc<Engine>, provider: &str, notification: &Notification<'_>) -> Result<NotifyResult> {
    let Ok(notifying) = engine.deps.provider(provider) else { return Ok(NotifyResult::NoProvider) };
    let reference = match notifying.read_notification(notification) {
        Ok(reference) => reference,
        Err(refused) => return Ok(NotifyResult::Refused(refused)),
    };
    let Some(PaymentReference { journey, visit }) = reference else { return Ok(NotifyResult::Accepted) };
    let journey = engine.deps.store.find(journey).await?;
    if let Some(journey) = journey.filter(|journey| journey.provider_of(visit) == provider) {
        // What has ended without being paid may have been paid since.
        if journey.payment(visit).is_some_and(|payment| payment.is_open() || !journey.is_proven()) {
            ask_once_more(engine, &journey, visit);
        }
    }
    Ok(NotifyResult::Accepted)
}

/// Asks about a payment; where that is being asked already, once more behind it, however many wait for that: the answer
/// that is under way may be of the time before.
fn ask_once_more(engine: &Arc<Engine>, journey: &Journey, visit: u8) {
    let asks = || ask::ask(engine, journey, visit, Question::Status);
    if !engine.asks.has(&(journey.pay_id(), visit, Question::Status)) {
        // It goes on by itself.
        drop(asks());
        return;
    }
    let key = (journey.pay_id(), visit);
    if engine.asked_again.has(&key) {
        return;
    }
    let (under_way, note) = (asks(), engine.asked_again.write(key));
    let (engine, journey) = (Arc::clone(engine), journey.clone());
    tokio::spawn(async move {
        let _ = under_way.await;
        drop(note);
        let _ = ask::ask(&engine, &journey, visit, Question::Status).await;
    });
}

/// Asks about the payments of a journey that are due, each at the pace of its provider. Nobody waits for the answers.
/// `false` when none is due.
pub(in crate::engine) async fn ask_due(engine: &Arc<Engine>, journey: &Journey) -> Result<bool> {
    let now = engine.deps.clock.now();
    let due: Vec<(u8, ProviderPayment)> = journey
        .open_payments()
        .filter(|(_, payment)| payment.ask_at <= now)
        .map(|(visit, payment)| (visit, payment.clone()))
        .collect();
    for (visit, payment) in &due {
        ask_in_turn(engine, journey, *visit, payment).await?;
    }
    Ok(!due.is_empty())
}

async fn ask_in_turn(engine: &Arc<Engine>, journey: &Journey, visit: u8, payment: &ProviderPayment) -> Result<()> {
    let (deps, name) = (&engine.deps, journey.provider_of(visit));
    let (now, due) = (deps.clock.now(), payment.ask_at);
    let turn = match deps.provider(name) {
        Err(_) => now.plus(ELSEWHERE),
        Ok(_) if payment.has_turn && !engine.paces.rests(name, now) => now,
        Ok(provider) => engine.paces.reserve(name, provider.ask_schedule().pause(), now),
    };
    let is_now = turn <= now.plus(AHEAD);
    let next = if is_now { ask::next_ask(deps, journey, visit, payment.asked.saturating_add(1))? } else { turn };
    let write = |journey: &Journey| {
        let journey = journey.clone();
        let written =
            if is_now { journey.asking_payment(visit, due, next) } else { journey.awaiting_turn(visit, due, next) };
        Ok(Next::step(written.map(Step::to)))
    };
    let written = commit::unless_gone(commit::commit(deps, journey.clone(), write).await)?;
    if let Some((journey, true)) = written.filter(|_| is_now) {
        let question = if journey.is_past_expiry(now) || journey.final_outcome().is_some() {
            Question::Close(Ending::Expired)
        } else {
            Question::Status
        };
        let (engine, wait) = (Arc::clone(engine), turn.since(now));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // It has logged its trouble, and comes again by the schedule.
            let _ = ask::ask(&engine, &journey, visit, question).await;
        });
    }
    Ok(())
}
