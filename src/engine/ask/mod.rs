//! ASK: a provider says where a payment or an operation stands that it holds, and that is compared with what it was
//! asked for.
//!
//! Neither a browser nor a notification decides anything about it: they are reasons to ask. Whatever the answer
//! concludes, it concludes under one response id for each visit, so that a browser which comes back later brings a
//! replay of it.

mod said;

use std::sync::{Arc, atomic::Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::FutureExt as _;
use tokio::time::Instant;

use crate::domain::feed::TROUBLE_QUIET;
use crate::domain::{
    Ending, Fact, FeedEvent, Invalid, Journey, PayId, PaymentReference, PaymentStanding, ProviderRefusal, Purpose,
    ReportedOperation, Secret, UnixMillis, Wanted,
};
use crate::engine::commit::Next;
use crate::engine::conclude::{Changes, ConcludedResponse, Reported};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::engine::single_flight::Flight;
use crate::engine::{Engine, accounts, commit, conclude, derive, learn};
use crate::provider::{self, AskSchedule, PaymentReport, PaymentStatus, Performed, Provider, ProviderError, Requested};
use crate::store::{Step, Trouble};
use said::Said;

/// For how long a provider has not answered this node before the merchants whose payments it holds are told.
const AWAY: Duration = Duration::from_mins(5);

/// Which payment is asked about: the journey's, of this visit.
pub(super) type Key = (PayId, u8);

/// What a question came to.
#[derive(Clone)]
pub(super) enum Answer {
    /// It has ended; its journey says how.
    Ended(ConcludedResponse),
    /// It has not ended, or is not what was asked for; and whether its customer may still pay.
    Open { may_still_pay: bool },
    /// The provider did not answer.
    Unknown,
}

/// What a question came to, and how long the provider took.
#[derive(Clone)]
pub(super) struct TimedAnswer {
    pub(super) answer: Answer,
    pub(super) provider_time: Duration,
}

/// Begins to ask about a visit's payment, or joins the question that is under way here, or was a moment ago. It goes on
/// when its caller has given up. A payment that is to end is closed.
pub(super) fn ask(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> Flight<Result<TimedAnswer>> {
    let kept = answers_hold(engine, journey, visit);
    engine.asks.join_kept((journey.pay_id(), visit), kept, || {
        let (engine, journey) = (Arc::clone(engine), journey.clone());
        async move { ask_and_conclude(&engine, journey, visit).await }.boxed()
    })
}

/// [`ask`], whatever is being asked already: that may be of the time before.
pub(super) fn ask_anew(engine: &Arc<Engine>, journey: &Journey, visit: u8) -> Flight<Result<TimedAnswer>> {
    engine.asks.forget(&(journey.pay_id(), visit));
    ask(engine, journey, visit)
}

/// Keeps what a browser brought to a provider that makes payments to order, and shows that its customer has agreed. The
/// next question is asked with it.
pub(super) async fn show_agreement(engine: &Engine, journey: Journey, visit: u8, evidence: &Secret) -> Result<Journey> {
    let (journey, is_new) = said::keep_agreement(&engine.deps, journey, visit, evidence).await?;
    if is_new {
        engine.asks.forget(&(journey.pay_id(), visit));
    }
    Ok(journey)
}

/// Who gives reason to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Reason {
    /// A browser that came back: it may come as often as it likes, so the last answer holds first.
    Browser,
    /// The provider's notification.
    Notification,
}

/// For how long an answer about the payment of this visit holds.
fn answers_hold(engine: &Engine, journey: &Journey, visit: u8) -> Duration {
    let provider = engine.deps.provider(journey.provider_of(visit));
    provider.map_or(AskSchedule::FRESH, |provider| provider.ask_schedule().answers_hold())
}

/// Asks about a payment after this wait; where it is being asked about then, or was a moment ago, once more behind that,
/// however many wait for it: the answer may be of the time before.
pub(super) fn ask_behind(engine: &Arc<Engine>, journey: Journey, visit: u8, (reason, wait): (Reason, Duration)) {
    let key = (journey.pay_id(), visit);
    if engine.asked_again.has(&(key, reason)) {
        return;
    }
    let (note, engine) = (engine.asked_again.write((key, reason)), Arc::clone(engine));
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        if engine.asks.has(&key) {
            let _ = ask(&engine, &journey, visit).await;
            let pause = match reason {
                Reason::Browser => answers_hold(&engine, &journey, visit),
                Reason::Notification => AskSchedule::FRESH,
            };
            tokio::time::sleep(pause).await;
        }
        drop(note);
        // What is not there any more, or cannot be read now, comes again by the schedule; trouble with it is logged.
        if let Ok(Some(journey)) = accounts::find_journey(&engine.deps, journey.pay_id()).await {
            let _ = ask_anew(&engine, &journey, visit).await;
        }
    });
}

async fn ask_and_conclude(engine: &Engine, mut journey: Journey, visit: u8) -> Result<TimedAnswer> {
    let (deps, name, began) = (&engine.deps, journey.provider_of(visit).to_owned(), Instant::now());
    let said = match deps.provider(&name) {
        Ok(provider) => said::hear(deps, provider.as_ref(), &mut journey, visit).await?,
        Err(_) => Err(ProviderError::Unreachable("this gateway has it no longer".into())),
    };
    let (journey, name, provider_time) = (&journey, name.as_str(), began.elapsed());
    let answer = match said {
        Ok(said) => {
            if !matches!(said, Said::NotAttached | Said::Elsewhere | Said::Doubtful(_)) {
                engine.paces.answered(name);
            }
            judge(engine, journey, visit, checked(said, journey, visit)).await?
        }
        Err(trouble) => {
            let now = deps.clock.now();
            let away = match &trouble {
                ProviderError::NoPayment(_) => engine.paces.unknown(name, now),
                _ => engine.paces.failed(name, now),
            };
            engine.paces.note_error(name, now, &trouble);
            tracing::warn!(provider = name, pay_id = %journey.pay_id(), error = %trouble, "payment.unknown");
            if away >= AWAY {
                tell_away(deps, journey, visit).await;
            }
            Answer::Unknown
        }
    };
    Ok(TimedAnswer { answer, provider_time })
}

/// Tells the merchant of a journey in its event feed that the provider of this visit cannot be asked.
async fn tell_away(deps: &Deps, journey: &Journey, visit: u8) {
    let (merchant, pay_id, with) = (journey.opening().merchant, journey.pay_id(), journey.provider_of(visit));
    let event = FeedEvent::ProviderAway(visit);
    let trouble = Trouble { merchant, pay_id, event, with, quiet: TROUBLE_QUIET };
    if let Err(error) = deps.store.tell_trouble(trouble).await {
        tracing::error!(error = %error, %pay_id, "sweep.trouble");
    }
}

/// Asks for the authorization or the payment of a visit, and writes down what the provider has created.
pub(super) async fn request(deps: &Deps, journey: &Journey, visit: u8) -> Result<provider::Result<Requested>> {
    let (provider, context) = derive::visit_at(deps, journey, visit)?;
    let requested = provider.request(&context).await;
    keep_created(deps, journey, visit, requested).await
}

/// Writes down what a provider has created for a visit, if it has. Where another node was first, its payment is the one:
/// nobody is sent to the page of another.
pub(super) async fn keep_created(
    deps: &Deps,
    journey: &Journey,
    visit: u8,
    requested: provider::Result<Requested>,
) -> Result<provider::Result<Requested>> {
    let Ok(Requested::Created { reference, page }) = &requested else { return Ok(requested) };
    let created = derive::created_payment(deps, journey, reference.clone(), page)?;
    let keep =
        |journey: &Journey| Ok(Next::step(journey.clone().payment_created(visit, created.clone()).map(Step::to)));
    let kept = commit::unless_gone(commit::commit_persistently(deps, journey.clone(), keep).await)?;
    let Some((journey, false)) = kept else { return Ok(requested) };
    let known = journey.payment(visit).and_then(|payment| payment.created.as_ref());
    let page = derive::payment_page(deps, &journey, visit)?;
    Ok(match known.zip(page) {
        Some((known, page)) => Ok(Requested::Created { reference: known.reference.clone(), page }),
        None => requested,
    })
}

/// When the provider of a visit is asked again, after it has been asked so often: by its schedule, and at the journey's
/// expiry at the latest.
pub(super) fn next_ask(deps: &Deps, journey: &Journey, visit: u8, asked: u8) -> UnixMillis {
    if let Some(until) = journey.payment(visit).filter(|payment| payment.may_change()).and_then(|p| p.changes_until) {
        let now = deps.clock.now();
        let next = now.plus(AskSchedule::wait_for_changes(deps.clock.draw()));
        // The last time is repeated until there is an answer.
        return if now < until { next.min(until) } else { next };
    }
    let schedule = deps.provider(journey.provider_of(visit)).map(|provider| provider.ask_schedule());
    let wait = schedule.unwrap_or_default().wait(asked, deps.clock.draw());
    derive::by_expiry(journey, deps.clock.now(), wait)
}

/// What a provider says of a payment that somebody names, before it is bound: nobody may bind another journey's.
pub(super) async fn named_payment(
    deps: &Deps,
    journey: &Journey,
    visit: u8,
    named: &str,
) -> provider::Result<PaymentReport> {
    let Ok(provider) = deps.provider(journey.provider_of(visit)) else {
        return Err(ProviderError::Unreachable("this gateway has it no longer".into()));
    };
    said::named_payment(deps, provider.as_ref(), (journey, visit), named).await
}

/// Asks about an operation that a notification has named.
pub(super) async fn reported_operation(
    provider: &dyn Provider,
    payment: PaymentReference,
    id: &str,
) -> provider::Result<ReportedOperation> {
    said::in_time(provider.reported_operation(payment, id)).await
}

/// Compares what a provider says with what it was asked for, and concludes what follows.
async fn judge(engine: &Engine, journey: &Journey, visit: u8, said: Said) -> Result<Answer> {
    let deps = &engine.deps;
    let may_still_pay = matches!(&said, Said::Payment(report) if report.status == PaymentStatus::Open);
    let response_id = derive::payment_response_id(visit);
    // What was made before is still made, whatever else the provider says of it now.
    let was_made = is_made(journey, visit);
    let (until, is_learned) = match &said {
        Said::Payment(report) if was_made => {
            (report.changes_until, learn::learn(deps, journey, &report.operations).await?)
        }
        Said::Payment(report) => (report.changes_until, report.operations.is_empty()),
        _ => (None, true),
    };
    let changes = Changes::as_reported(deps, journey, until, is_learned);
    // However long the store is away: the customer has paid, or cannot any more.
    let conclude = || {
        conclude::by_report(deps, journey.clone(), (response_id, changes), |latest| {
            // What was said before it was ordered says nothing of the order.
            let order = |journey: &Journey| journey.payment(visit).and_then(|payment| payment.order.clone());
            let is_outdated = order(latest) != order(journey);
            if is_outdated { Ok(None) } else { fact_of(latest, visit, &said, deps.clock.now()) }
        })
    };
    match commit::while_away(conclude).await {
        Ok(Reported::Ended(ended)) => {
            if let Said::Payment(report) = &said
                && !was_made
                && is_made(&ended.journey, visit)
            {
                learn::learn(deps, &ended.journey, &report.operations).await?;
            }
            Ok(Answer::Ended(conclude::as_asked(deps, ended, visit).await?))
        }
        Ok(Reported::Open) => note_match(deps, journey, visit).await.map(|()| Answer::Open { may_still_pay }),
        Ok(Reported::Mismatch(reported)) => {
            note_mismatch(engine, journey, visit, &reported).await.map(|()| Answer::Open { may_still_pay: false })
        }
        Err(EngineError::Gone) => Ok(Answer::Unknown),
        Err(error) => Err(error),
    }
}

/// Whether the payment of a visit was made, as is known here.
fn is_made(journey: &Journey, visit: u8) -> bool {
    journey.payment(visit).is_some_and(|payment| payment.standing == PaymentStanding::Proven)
}

/// The fact that an answer proves of a journey: none while it is open. What differs from what was asked for is an
/// error, in the words that people read.
fn fact_of(journey: &Journey, visit: u8, said: &Said, now: UnixMillis) -> Result<Option<Fact>, String> {
    let report = match said {
        Said::NotCreated(why) => return Ok(Some(unpaid(journey, visit, why))),
        Said::NotAttached if journey.is_past_expiry(now) => return Ok(Some(Fact::lapsed())),
        Said::NotAttached | Said::Elsewhere => return Ok(None),
        Said::Doubtful(why) => return Err(why.clone()),
        Said::Operation(Performed::Now(fact)) => return Ok(Some(fact.clone())),
        Said::Operation(Performed::Later(_) | Performed::Unknown) => return Ok(None),
        Said::Payment(report) => report,
    };
    let PaymentReport { reference, amount, status, instrument, .. } = report;
    let is_made = is_made(journey, visit);
    if *reference != (PaymentReference { journey: journey.pay_id(), visit }).to_string() {
        return Err(format!("the reference {}", ProviderRefusal::new(reference, None).code()));
    }
    if journey.opening().purpose.amount() != *amount {
        return Err(amount.map_or_else(|| "no amount".to_owned(), |amount| format!("{amount} {}", amount.currency())));
    }
    let reserves = match &journey.opening().purpose {
        Purpose::Checkout(checkout) => matches!(checkout.wanted, Wanted::Reservation(_)),
        Purpose::Consent(_) | Purpose::Operation(_) | Purpose::Job(_) => false,
    };
    let proven = match status {
        PaymentStatus::Open | PaymentStatus::Agreed(_) | PaymentStatus::Pending => return Ok(None),
        // What was set aside and not collected is not paid yet.
        PaymentStatus::Authorised if !reserves => return Ok(None),
        // Nothing is paid by a registration.
        PaymentStatus::Paid if amount.is_none() => Fact::agreed(),
        PaymentStatus::Authorised => Fact::agreed(),
        // What was set aside has been collected since.
        PaymentStatus::Paid if reserves && is_made => Fact::agreed(),
        PaymentStatus::Paid if reserves => return Err("paid, although it was to be set aside".to_owned()),
        PaymentStatus::Paid => Fact::paid(),
        PaymentStatus::Refused(why) => return Ok(Some(unpaid(journey, visit, why))),
        PaymentStatus::Closed => {
            let why = ProviderRefusal::new("payment_closed", Some("The payment was closed before it was made."));
            return Ok(Some(unpaid(journey, visit, &why)));
        }
    };
    if journey.proven_payment().is_some_and(|(before, _)| before != visit) {
        return Err("paid, although another payment of this journey was paid before".to_owned());
    }
    Ok(Some(proven.by(instrument.clone())))
}

/// What a provider says, with what of an instrument may be kept. A card number is never kept, and what comes with it
/// neither: the payment counts without.
fn checked(said: Said, journey: &Journey, visit: u8) -> Said {
    let Said::Payment(mut report) = said else { return said };
    report.instrument = report.instrument.and_then(|instrument| {
        let refused = |invalid: &Invalid| {
            let (provider, field) = (journey.provider_of(visit), invalid.field());
            tracing::error!(provider, pay_id = %journey.pay_id(), field, rule = invalid.rule(), "instrument.refused");
        };
        instrument.checked().inspect_err(refused).ok()
    });
    Said::Payment(report)
}

/// What a payment that was not made comes to: what it was closed for, where it was to be closed.
pub(super) fn unpaid(journey: &Journey, visit: u8, why: &ProviderRefusal) -> Fact {
    let closing = journey.payment(visit).and_then(|payment| payment.closing);
    closing.map_or_else(|| Fact::refused(why.clone()), Ending::fact)
}

/// Writes down that the provider has something else than what it was asked for. The journey does not end by it.
async fn note_mismatch(engine: &Engine, journey: &Journey, visit: u8, reported: &str) -> Result<()> {
    let deps = &engine.deps;
    let note = |journey: &Journey| {
        let next = journey.clone().mismatched(visit, reported.to_owned(), deps.clock.now());
        Ok(Next::step(next.map(|next| Step::to(next).with_event(FeedEvent::Mismatch(visit)))))
    };
    if let Some((journey, true)) = commit::unless_gone(commit::commit(deps, journey.clone(), note).await)? {
        engine.mismatches.fetch_add(1, Relaxed);
        let provider = journey.provider_of(visit);
        tracing::error!(provider, pay_id = %journey.pay_id(), visit, reported, "payment.mismatch");
    }
    Ok(())
}

/// Writes down that the provider has what it was asked for, where it had something else.
async fn note_match(deps: &Deps, journey: &Journey, visit: u8) -> Result<()> {
    let differed = journey.payment(visit).map(|payment| &payment.standing);
    if !matches!(differed, Some(PaymentStanding::Mismatch { .. })) {
        return Ok(());
    }
    let note = |journey: &Journey| Ok(Next::step(journey.clone().matching_again(visit).map(Step::to)));
    commit::unless_gone(commit::commit(deps, journey.clone(), note).await).map(drop)
}
