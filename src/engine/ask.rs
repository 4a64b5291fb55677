//! ASK: a provider that holds a payment says where it stands, and that is compared with what it was asked for.
//!
//! Neither a browser nor a notification decides anything about such a payment: they are reasons to ask. Whatever the
//! answer concludes, it concludes under one response id for each visit, so that a browser which comes back later brings
//! a replay of it.

use std::sync::{Arc, atomic::Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::FutureExt as _;
use tokio::time::Instant;

use crate::domain::{Fact, Journey, PayId, PaymentReference, ProviderRefusal, Purpose, UnixMillis, Wanted};
use crate::engine::commit::Next;
use crate::engine::conclude::ConcludedResponse;
use crate::engine::deps::{Deps, Result};
use crate::engine::single_flight::Flight;
use crate::engine::{Engine, commit, conclude, derive};
use crate::provider::{self, PaymentContext, PaymentReport, PaymentStatus, Provider, ProviderError, Requested};
use crate::store::Step;

/// How long a provider may take to say where a payment stands.
const DEADLINE: Duration = Duration::from_secs(15);

/// What a provider is asked about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Where it stands.
    Status,
    /// To close it, and where it stands then. Unless it was paid, it ends its journey so.
    Close(Ending),
}

/// Why a payment is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ending {
    /// The journey's time is over, or it has ended otherwise.
    Expired,
    /// The customer has pressed our Cancel button.
    PressedCancel,
    /// The merchant has withdrawn the journey.
    Withdrawn,
}

/// Which payment is asked about, and what.
pub(super) type Key = (PayId, u8, Question);

/// What a question came to.
#[derive(Clone)]
pub(super) enum Answer {
    /// The payment has ended; its journey says how.
    Ended(ConcludedResponse),
    /// The payment has not ended, or is not what was asked for.
    Open,
    /// The provider did not answer.
    Unknown,
}

/// What a question came to, and how long the provider took.
#[derive(Clone)]
pub(super) struct TimedAnswer {
    pub(super) answer: Answer,
    pub(super) provider_time: Duration,
}

/// What a provider says of a payment, before it is compared with anything.
enum Reported {
    Payment(PaymentReport),
    /// It refuses to create it.
    NotCreated(ProviderRefusal),
}

/// Begins to ask about a visit's payment, or joins the question that is under way here. It goes on when its caller has
/// given up.
pub(super) fn ask(
    engine: &Arc<Engine>,
    journey: &Journey,
    visit: u8,
    question: Question,
) -> Flight<Result<TimedAnswer>> {
    engine.asks.join((journey.pay_id(), visit, question), || {
        let (engine, journey) = (Arc::clone(engine), journey.clone());
        async move { ask_and_conclude(&engine, &journey, visit, question).await }.boxed()
    })
}

async fn ask_and_conclude(engine: &Engine, journey: &Journey, visit: u8, question: Question) -> Result<TimedAnswer> {
    let deps = &engine.deps;
    let provider = deps.provider(journey.provider_of(visit))?.as_ref();
    let began = Instant::now();
    let reported = tokio::time::timeout(DEADLINE, report(deps, provider, journey, (visit, question))).await;
    let late = |_| Ok(Err(ProviderError::Unanswered("it took too long".into())));
    let (reported, provider_time) = (reported.unwrap_or_else(late)?, began.elapsed());
    let answer = match reported {
        Ok(reported) => {
            engine.paces.answered(provider.name());
            judge(engine, journey, (visit, question), reported).await?
        }
        Err(trouble) => {
            engine.paces.failed(provider.name(), deps.clock.now());
            tracing::warn!(provider = provider.name(), pay_id = %journey.pay_id(), error = %trouble, "payment.unknown");
            Answer::Unknown
        }
    };
    Ok(TimedAnswer { answer, provider_time })
}

/// Asks for the authorization or the payment of a visit, and writes down what the provider has created.
pub(super) async fn request(deps: &Deps, journey: &Journey, visit: u8) -> Result<provider::Result<Requested>> {
    let (provider, context) = derive::visit_at(deps, journey, visit)?;
    let requested = provider.request(&context).await;
    if let Ok(requested) = &requested {
        keep_created(deps, journey, visit, requested).await?;
    }
    Ok(requested)
}

/// Writes down what a provider has created for a visit, if it has.
pub(super) async fn keep_created(deps: &Deps, journey: &Journey, visit: u8, requested: &Requested) -> Result<()> {
    let Requested::Created { reference, page } = requested else { return Ok(()) };
    let created = derive::created_payment(deps, journey, reference.clone(), page)?;
    let keep =
        |journey: &Journey| Ok(Next::step(journey.clone().payment_created(visit, created.clone()).map(Step::to)));
    commit::unless_gone(commit::commit_persistently(deps, journey.clone(), keep).await).map(drop)
}

/// When the provider of a visit is asked again, after it has been asked so often: by its schedule, and at the journey's
/// expiry at the latest.
pub(super) fn next_ask(deps: &Deps, journey: &Journey, visit: u8, asked: u8) -> Result<UnixMillis> {
    let schedule = deps.provider(journey.provider_of(visit))?.ask_schedule();
    let (now, expires_at) = (deps.clock.now(), journey.expires_at());
    let at = now.plus(schedule.wait(asked, deps.clock.draw()));
    Ok(if journey.final_outcome().is_none() && now < expires_at { at.min(expires_at) } else { at })
}

/// Asks the provider. A payment of which it is not known whether it was created is created first: the provider knows
/// the question by its id, so that there is one.
async fn report(
    deps: &Deps,
    provider: &dyn Provider,
    journey: &Journey,
    (visit, question): (u8, Question),
) -> Result<provider::Result<Reported>> {
    let known = journey.payment(visit).and_then(|payment| payment.created.as_ref());
    let provider_reference = match known {
        Some(created) => created.reference.clone(),
        None => match request(deps, journey, visit).await? {
            Ok(Requested::Created { reference, .. }) => reference,
            Ok(Requested::Refused(why)) => return Ok(Ok(Reported::NotCreated(why))),
            Ok(Requested::Accepted(_)) => {
                return Ok(Err(ProviderError::Unreadable("it has created no payment".into())));
            }
            Err(trouble) => return Ok(Err(trouble)),
        },
    };
    let reference = PaymentReference { journey: journey.pay_id(), visit };
    let context = PaymentContext { journey, reference, provider_reference: &provider_reference, now: deps.clock.now() };
    let report = match question {
        Question::Status => provider.payment(&context).await,
        Question::Close(_) => provider.close(&context).await,
    };
    Ok(report.map(Reported::Payment))
}

/// Compares what a provider says with what it was asked for, and concludes what follows.
async fn judge(
    engine: &Engine,
    journey: &Journey,
    (visit, question): (u8, Question),
    reported: Reported,
) -> Result<Answer> {
    let deps = &engine.deps;
    let fact = match reported {
        Reported::NotCreated(why) => Ok(Some(unpaid(question, why))),
        Reported::Payment(report) => fact_of(journey, visit, question, report),
    };
    let fact = match fact {
        Ok(Some(fact)) => fact,
        Ok(None) => return Ok(Answer::Open),
        Err(reported) => return note_mismatch(engine, journey, visit, &reported).await,
    };
    if fact.outcome().is_proven() && was_paid_before(deps, journey, visit).await? {
        let reported = "paid, although another payment of this journey was paid before";
        return note_mismatch(engine, journey, visit, reported).await;
    }
    let response_id = derive::payment_response_id(visit);
    // However long the store is away: the customer has paid, or cannot any more.
    let concluded = commit::while_away(|| conclude::by_response(deps, journey.clone(), &fact, response_id)).await?;
    Ok(Answer::Ended(concluded))
}

/// The fact that a report proves: none while the payment is open. What differs from what was asked for is an error, in
/// the words that people read.
fn fact_of(journey: &Journey, visit: u8, question: Question, report: PaymentReport) -> Result<Option<Fact>, String> {
    let PaymentReport { reference, amount, status } = report;
    let expected = PaymentReference { journey: journey.pay_id(), visit }.to_string();
    if reference != expected {
        return Err(format!("the reference {}", ProviderRefusal::new(&reference, None).code()));
    }
    if journey.opening().purpose.amount() != Some(amount) {
        return Err(format!("{amount} {}", amount.currency()));
    }
    let reserves = match &journey.opening().purpose {
        Purpose::Checkout(checkout) => matches!(checkout.wanted, Wanted::Reservation(_)),
        Purpose::Consent(_) | Purpose::Operation(_) | Purpose::Job(_) => false,
    };
    match status {
        PaymentStatus::Open => Ok(None),
        // What was set aside and not collected is not paid yet.
        PaymentStatus::Authorised if !reserves => Ok(None),
        PaymentStatus::Authorised => Ok(Some(Fact::agreed())),
        PaymentStatus::Paid if reserves => Err("paid, although it was to be set aside".to_owned()),
        PaymentStatus::Paid => Ok(Some(Fact::paid())),
        PaymentStatus::Refused(why) => Ok(Some(unpaid(question, why))),
        PaymentStatus::Closed => {
            let why = ProviderRefusal::new("payment_closed", Some("The payment was closed before it was made."));
            Ok(Some(unpaid(question, why)))
        }
    }
}

/// What a payment that was not made comes to.
fn unpaid(question: Question, why: ProviderRefusal) -> Fact {
    match question {
        Question::Status => Fact::refused(why),
        Question::Close(Ending::Expired) => Fact::lapsed(),
        Question::Close(Ending::PressedCancel) => Fact::pressed_cancel(),
        Question::Close(Ending::Withdrawn) => Fact::withdrawn(),
    }
}

/// Whether another visit's payment has been proven: its customer has paid in two tabs.
async fn was_paid_before(deps: &Deps, journey: &Journey, visit: u8) -> Result<bool> {
    if journey.visits().len() < 2 {
        return Ok(false);
    }
    let now = deps.store.find(journey.pay_id()).await?;
    Ok(now.as_ref().and_then(Journey::proven_payment).is_some_and(|(paid, _)| paid != visit))
}

/// Writes down that the provider has something else than what it was asked for. The journey does not end by it.
async fn note_mismatch(engine: &Engine, journey: &Journey, visit: u8, reported: &str) -> Result<Answer> {
    let deps = &engine.deps;
    let note = |journey: &Journey| {
        let next = journey.clone().mismatched(visit, reported.to_owned(), deps.clock.now());
        Ok(Next::step(next.map(Step::to)))
    };
    if let Some((journey, true)) = commit::unless_gone(commit::commit(deps, journey.clone(), note).await)? {
        engine.mismatches.fetch_add(1, Relaxed);
        let provider = journey.provider_of(visit);
        tracing::error!(provider, pay_id = %journey.pay_id(), visit, reported, "payment.mismatch");
    }
    Ok(Answer::Open)
}
