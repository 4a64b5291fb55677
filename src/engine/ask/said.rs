//! What a provider says when it is asked. What has to be done there first is done: the payment is created, and ordered
//! where it is made to order and its customer has agreed.

use std::time::Duration;

use super::{is_made, keep_created};
use crate::domain::{Journey, PaymentOrder, PaymentReference, ProviderPayment, ProviderRefusal, RepeatedOrder, Secret};
use crate::engine::commit::Next;
use crate::engine::deps::{Deps, Result};
use crate::engine::{commit, conclude, derive};
use crate::provider::{
    self, OrderStanding, Ordered, PaymentContext, PaymentReport, PaymentStatus, Performed, Provider, ProviderError,
    Requested,
};
use crate::store::Step;

/// How long a provider may take for an answer.
const DEADLINE: Duration = Duration::from_secs(15);

/// What a provider says, before it is compared with anything.
pub(super) enum Said {
    Payment(PaymentReport),
    /// It refuses to create the payment, or to make it.
    NotCreated(ProviderRefusal),
    Operation(Performed),
    /// The app has not said which payment it is.
    NotAttached,
    /// Something about its order that somebody must look at, in words that people read.
    Doubtful(String),
    /// Somebody else has ordered the payment or another one of the journey, or nobody is to pay it any more.
    Elsewhere,
}

/// Asks the provider. A payment of which it is not known whether it was created is created first: the provider knows
/// the question by its id, so that there is one. What is written down meanwhile is in the journey afterwards.
pub(super) async fn hear(
    deps: &Deps,
    provider: &dyn Provider,
    journey: &mut Journey,
    visit: u8,
) -> Result<provider::Result<Said>> {
    if journey.opening().purpose.operation().is_some() {
        let payment = conclude::payment_of_operation(deps, journey).await?;
        return Ok(in_time(provider.perform(journey, payment.as_ref())).await.map(Said::Operation));
    }
    let payment = journey.payment(visit);
    let known = payment.and_then(|payment| payment.created.as_ref()).map(|created| created.reference.clone());
    let is_attached = payment.is_some_and(|payment| payment.attached);
    let provider_reference = match known {
        Some(known) => Ok(known),
        // Nobody has said which payment it is.
        None if is_attached => Err(Ok(Said::NotAttached)),
        None => create(deps, provider, journey, visit).await?,
    };
    let provider_reference = match provider_reference {
        Ok(provider_reference) => provider_reference,
        Err(said) => return Ok(said),
    };
    let visited = Visited { visit, provider_reference };
    let is_over = journey.visit_is_over(visit, deps.clock.now());
    let agreement = match journey.payment(visit).and_then(|payment| payment.order.as_ref()) {
        Some(PaymentOrder::Sent { made: None, .. }) => return repeat_order(deps, provider, (journey, &visited)).await,
        Some(PaymentOrder::Agreed { agreement }) if !is_over => agreement.clone(),
        Some(_) | None => match look(deps, provider, journey, &visited).await {
            Ok(Said::Payment(PaymentReport { status: PaymentStatus::Agreed(agreement), .. })) => {
                derive::seal(deps, journey.id().as_bytes(), agreement.reveal().as_bytes())?
            }
            said => return Ok(said),
        },
    };
    let note = |journey: &Journey| {
        let next = journey.clone().ordering_payment(visit, agreement.clone(), deps.clock.now());
        Ok(Next::step(next.map(Step::to)))
    };
    let (noted, is_first) = commit::commit_persistently(deps, journey.clone(), note).await?;
    *journey = noted;
    if !is_first {
        return Ok(Ok(Said::Elsewhere));
    }
    order_payment(deps, provider, (journey, &visited), false).await
}

/// Keeps what a browser brought that shows that its customer has agreed, so that it is not lost with this node; the journey
/// as it is then, and whether that is new.
pub(super) async fn keep_agreement(
    deps: &Deps,
    journey: Journey,
    visit: u8,
    evidence: &Secret,
) -> Result<(Journey, bool)> {
    let known = match journey.payment(visit).and_then(|payment| payment.order.as_ref()) {
        Some(PaymentOrder::Shown { evidence, .. }) => derive::unseal(deps, &journey, evidence),
        Some(_) | None => None,
    };
    if known.as_ref() == Some(evidence) {
        return Ok((journey, false));
    }
    let sealed = derive::seal(deps, journey.id().as_bytes(), evidence.reveal().as_bytes())?;
    let keep = |journey: &Journey| {
        let next = journey.clone().agreement_shown(visit, sealed.clone(), deps.clock.now());
        Ok(Next::step(next.map(Step::to)))
    };
    commit::commit(deps, journey, keep).await
}

/// A visit, and its provider's own reference of the payment.
struct Visited {
    visit: u8,
    provider_reference: String,
}

/// Asks where a payment stands; one that nobody is to pay any more is closed.
async fn look(deps: &Deps, provider: &dyn Provider, journey: &Journey, visited: &Visited) -> provider::Result<Said> {
    let context = context(deps, journey, visited)?;
    let report = if journey.visit_is_over(visited.visit, context.now) && !is_made(journey, visited.visit) {
        in_time(provider.close(&context)).await
    } else {
        in_time(provider.payment(&context)).await
    };
    report.map(Said::Payment)
}

/// Orders a payment again whose order had no answer, unless it may still come, or it has been ordered often enough.
async fn repeat_order(
    deps: &Deps,
    provider: &dyn Provider,
    (journey, visited): (&mut Journey, &Visited),
) -> Result<provider::Result<Said>> {
    let note = |journey: &Journey| {
        Ok(match journey.clone().repeating_order(visited.visit, deps.clock.now()) {
            RepeatedOrder::Again(next) => Next::Take(Box::new(Step::to(*next)), Ok(())),
            RepeatedOrder::NotYet => Next::Stay(Err(Said::Elsewhere)),
            RepeatedOrder::NoMore => {
                let why = "ordered, and whether it was made cannot be found out by asking";
                Next::Stay(Err(Said::Doubtful(why.to_owned())))
            }
        })
    };
    let (noted, goes_on) = commit::commit_persistently(deps, journey.clone(), note).await?;
    *journey = noted;
    match goes_on {
        Ok(()) => order_payment(deps, provider, (journey, visited), true).await,
        Err(said) => Ok(Ok(said)),
    }
}

/// Orders a payment that is noted as ordered, keeps which one was made, and asks where it stands.
async fn order_payment(
    deps: &Deps,
    provider: &dyn Provider,
    (journey, visited): (&mut Journey, &Visited),
    is_repeated: bool,
) -> Result<provider::Result<Said>> {
    let ordered = match context(deps, journey, visited) {
        Ok(context) => in_time(provider.order(&context, is_repeated)).await,
        Err(trouble) => Err(trouble),
    };
    let made = match ordered {
        Ok(Ordered::Made(made)) => made,
        Ok(Ordered::Unknown) => return Ok(Ok(Said::Elsewhere)),
        Ok(Ordered::Refused(why)) => return Ok(Ok(Said::NotCreated(why))),
        Err(trouble) => {
            if let ProviderError::Unreachable(_) | ProviderError::NoPayment(_) = trouble {
                take_order_back(deps, journey, visited.visit).await?;
            }
            return Ok(Err(trouble));
        }
    };
    let keep =
        |journey: &Journey| Ok(Next::step(journey.clone().payment_made(visited.visit, made.clone()).map(Step::to)));
    // However long the store is away: it cannot be found out again.
    let (kept, _) = commit::while_away(|| commit::commit(deps, journey.clone(), keep)).await?;
    *journey = kept;
    let known = journey.payment(visited.visit).and_then(ProviderPayment::provider_reference).unwrap_or_default();
    if known != made {
        return Ok(Ok(Said::Doubtful(format!("made twice: as {known} and as {made}"))));
    }
    Ok(look(deps, provider, journey, visited).await)
}

/// Notes that an order has certainly not come to its provider, so that it can be sent as if it was the first.
async fn take_order_back(deps: &Deps, journey: &mut Journey, visit: u8) -> Result<()> {
    let Some(PaymentOrder::Sent { at, .. }) = journey.payment(visit).and_then(|payment| payment.order.clone()) else {
        return Ok(());
    };
    let note = |journey: &Journey| Ok(Next::step(journey.clone().order_not_sent(visit, at).map(Step::to)));
    let (noted, _) = commit::commit_persistently(deps, journey.clone(), note).await?;
    *journey = noted;
    Ok(())
}

/// What a provider says of a payment that somebody names, before it is bound to a visit.
pub(super) async fn named_payment(
    deps: &Deps,
    provider: &dyn Provider,
    (journey, visit): (&Journey, u8),
    named: &str,
) -> provider::Result<PaymentReport> {
    let created = journey.payment(visit).and_then(|payment| payment.created.as_ref());
    let provider_reference = created.map_or(named, |created| created.reference.as_str()).to_owned();
    let visited = Visited { visit, provider_reference };
    let mut context = context(deps, journey, &visited)?;
    if let OrderStanding::Sent { made, .. } = &mut context.order {
        *made = Some(named.to_owned());
    }
    in_time(provider.payment(&context)).await
}

fn context<'a>(deps: &Deps, journey: &'a Journey, visited: &'a Visited) -> provider::Result<PaymentContext<'a>> {
    let (reference, now) = (PaymentReference { journey: journey.pay_id(), visit: visited.visit }, deps.clock.now());
    let gone = || ProviderError::Unreachable("the key is gone that its agreement was sealed with".into());
    let order = match journey.payment(visited.visit).and_then(|payment| payment.order.as_ref()) {
        None | Some(PaymentOrder::Agreed { .. }) => OrderStanding::NotSent { evidence: None },
        Some(PaymentOrder::Shown { evidence, .. }) => {
            OrderStanding::NotSent { evidence: derive::unseal(deps, journey, evidence) }
        }
        Some(PaymentOrder::Sent { agreement, made, .. }) => OrderStanding::Sent {
            agreement: derive::unseal(deps, journey, agreement).ok_or_else(gone)?,
            made: made.clone(),
        },
    };
    Ok(PaymentContext { journey, reference, provider_reference: &visited.provider_reference, order, now })
}

/// Has the provider create the payment of a visit, and returns its reference; else what the provider says instead.
async fn create(
    deps: &Deps,
    provider: &dyn Provider,
    journey: &Journey,
    visit: u8,
) -> Result<Result<String, provider::Result<Said>>> {
    let (_, context) = derive::visit_at(deps, journey, visit)?;
    let requested = in_time(provider.request(&context)).await;
    Ok(match keep_created(deps, journey, visit, requested).await? {
        Ok(Requested::Created { reference, .. }) => Ok(reference),
        Ok(Requested::Refused(why)) => Err(Ok(Said::NotCreated(why))),
        Ok(Requested::Accepted(_)) => Err(Err(ProviderError::Unreadable("it has created no payment".into()))),
        Err(trouble) => Err(Err(trouble)),
    })
}

pub(super) async fn in_time<T>(call: impl Future<Output = provider::Result<T>>) -> provider::Result<T> {
    let late = |_| Err(ProviderError::Unanswered("it took too long".into()));
    tokio::time::timeout(DEADLINE, call).await.unwrap_or_else(late)
}
