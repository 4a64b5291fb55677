//! LEARN: what was done to a payment at its provider, by no order from here, becomes an operation of its own: a refund
//! that somebody has made there, a chargeback, the reversal of one.
//!
//! It is opened once, by the provider's own id; written into the payment, whatever is left of that; and concluded, as a
//! fact. Each step may be repeated, so that whoever comes after a node that has died finishes it.

use crate::domain::{Amount, Fact, Journey, Merchant, OperationKind, PayId, PaymentOperation, ReportedOperation};
use crate::engine::commit::{self, Next};
use crate::engine::deps::{Deps, Result};
use crate::engine::{accounts, conclude, create, derive};
use crate::store::{Kept, Reservation, Step, StoreError};

/// Takes down the operations that a provider reports of a payment, each once. `false` when they could not be taken down
/// for a reason that may pass.
pub(super) async fn learn(deps: &Deps, payment: &Journey, reported: &[ReportedOperation]) -> Result<bool> {
    if reported.iter().all(|operation| payment.knows_reported(&operation.id)) {
        return Ok(true);
    }
    let merchant = match deps.store.merchant(payment.opening().merchant).await {
        Err(StoreError::Damaged(_)) => {
            tracing::error!(merchant = %payment.opening().merchant, "store.damaged_record");
            return Ok(false);
        }
        merchant => merchant?,
    };
    // Nobody is left who could be told.
    let Some(merchant) = merchant else { return Ok(true) };
    let mut payment = payment.clone();
    for operation in reported {
        if payment.knows_reported(&operation.id) || was_ordered(deps, &payment, &operation.id).await? {
            continue;
        }
        let (pay_id, kind) = (payment.pay_id(), operation.kind.as_str());
        let currency = payment.opening().purpose.amount().map(Amount::currency);
        if operation.amount.is_some_and(|amount| Some(amount.currency()) != currency) {
            tracing::error!(%pay_id, kind, "operation.other_currency");
            continue;
        }
        if !payment.takes_operations() {
            tracing::error!(%pay_id, kind, "operation.no_room");
            continue;
        }
        let learned = open(deps, &merchant, &payment, operation).await?;
        tracing::warn!(%pay_id, kind, operation = %learned.pay_id(), "operation.reported");
        (payment, _) = finish(deps, payment, learned).await?;
    }
    Ok(true)
}

/// Writes a reported operation into the journey that it is of, and concludes it. Answers both as they are then.
pub(super) async fn finish(deps: &Deps, payment: Journey, learned: Journey) -> Result<(Journey, Journey)> {
    let Some(operation) = learned.opening().purpose.operation() else { return Ok((payment, learned)) };
    let applied = operation.applied(learned.pay_id());
    // Where there is no room for it, it is told all the same.
    let apply = |payment: &Journey| {
        let next = payment.clone().apply(applied.clone()).ok().filter(|next| next != payment);
        Ok(Next::step(next.map(Step::to)))
    };
    let written = commit::unless_gone(commit::commit(deps, payment.clone(), apply).await)?;
    let payment = written.map_or(payment, |(written, _)| written);
    Ok((payment, conclude::conclude(deps, learned, &Fact::paid()).await?))
}

/// Whether this is the id of an operation that was ordered from here.
async fn was_ordered(deps: &Deps, payment: &Journey, id: &str) -> Result<bool> {
    let Ok(by) = id.parse::<PayId>() else { return Ok(false) };
    if payment.operations().iter().any(|applied| applied.by == by) {
        return Ok(true);
    }
    // What gives a capture back is written there.
    let ordered = accounts::find_journey(deps, by).await?;
    Ok(ordered.is_some_and(|ordered| {
        let operation = ordered.opening().purpose.operation();
        ordered.opening().merchant == payment.opening().merchant
            && operation.is_some_and(|operation| operation.reported_as.is_none())
    }))
}

/// Opens the operation, in the words of its payment's dialect.
async fn open(deps: &Deps, merchant: &Merchant, payment: &Journey, reported: &ReportedOperation) -> Result<Journey> {
    let reversed = match reported.kind {
        OperationKind::ChargebackReversal => payment.charged_back_by(reported.amount),
        _ => None,
    };
    let reversed = match reversed {
        Some(chargeback) => accounts::find_journey(deps, chargeback).await?,
        None => None,
    };
    let operation = PaymentOperation::reported(reported, payment.pay_id());
    let dialect = deps.dialect(&payment.opening().dialect)?;
    let request = dialect.operation_without_order(payment, operation, reversed.as_ref());
    let key = derive::reported_operation_key(payment, &reported.id);
    let reservation = Reservation { key, request: key, kept: Kept::WithItsJourney };
    let (learned, _) = create::open(deps, merchant, dialect.name(), &request, Some(&reservation)).await?;
    Ok(learned)
}
