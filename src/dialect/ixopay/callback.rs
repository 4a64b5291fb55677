//! What a callback says (contracts/ixopay.md, section 8). Its code is a text, and its fields have other names than an
//! answer's.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{Failure, Kept, Kind, Transaction, intermediate::CONTINUE};
use crate::dialect::moments;
use crate::domain::{FinalOutcome, Journey, UnixMillis};

/// What a callback reports.
#[derive(Debug, Clone, Copy)]
pub(super) enum CallbackEvent<'a> {
    /// The transaction is not decided; with the way on, where the customer is on a page of the merchant's.
    Pending(Option<&'a str>),
    /// It has ended so.
    Concluded(&'a FinalOutcome),
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Callback<'a> {
    result: &'static str,
    message: Option<&'a str>,
    code: Option<String>,
    adapter_message: Option<&'a str>,
    adapter_code: Option<&'a str>,
    #[serde(flatten)]
    transaction: &'a Transaction,
    chargeback_data: Option<Chargeback<'a>>,
    chargeback_reversal_data: Option<Chargeback<'a>>,
}

/// What a chargeback has taken, or its reversal has given back.
#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chargeback<'a> {
    original_uuid: &'a str,
    original_merchant_transaction_id: String,
    chargeback_uuid: Option<String>,
    amount: &'a str,
    currency: &'a str,
    reason: Option<&'a str>,
    chargeback_date_time: Option<String>,
    reversal_date_time: Option<String>,
}

/// Writes a callback. `None` when it cannot be written, which no journey is known to do.
pub(super) fn body(journey: &Journey, told: CallbackEvent<'_>) -> Option<String> {
    // As it was then: whenever it is written, it is the same.
    let mut transaction = match told {
        CallbackEvent::Pending(_) => Transaction::ended(journey, None),
        CallbackEvent::Concluded(final_outcome) => Transaction::ended(journey, Some(final_outcome)),
    };
    let (result, failure) = match told {
        CallbackEvent::Pending(way_on) => {
            if let Some(way_on) = way_on {
                let own = transaction.extra_data.get_or_insert_default();
                own.insert(CONTINUE.to_owned(), way_on.to_owned());
            }
            ("PENDING", None)
        }
        CallbackEvent::Concluded(final_outcome) => match Failure::of(final_outcome) {
            None => ("OK", None),
            failure => ("ERROR", failure),
        },
    };
    let failure = failure.as_ref().map(Failure::listed);
    let chargeback = |kind| (transaction.transaction_type == kind).then(|| chargeback(journey, &transaction)).flatten();
    serde_json::to_string(&Callback {
        result,
        message: failure.map(|failure| failure.error_message),
        code: failure.map(|failure| failure.error_code.to_string()),
        adapter_message: failure.and_then(|failure| failure.adapter_message),
        adapter_code: failure.and_then(|failure| failure.adapter_code),
        transaction: &transaction,
        chargeback_data: chargeback(Kind::Chargeback),
        chargeback_reversal_data: chargeback(Kind::ChargebackReversal),
    })
    .ok()
}

fn chargeback<'a>(journey: &'a Journey, transaction: &'a Transaction) -> Option<Chargeback<'a>> {
    let (kept, at) = (Kept::of(journey), written(journey.opening().opened_at));
    let is_reversal = transaction.transaction_type == Kind::ChargebackReversal;
    Some(Chargeback {
        original_uuid: transaction.reference_uuid.as_deref()?,
        original_merchant_transaction_id: kept.original_merchant_transaction_id?,
        chargeback_uuid: kept.chargeback_uuid,
        amount: transaction.amount.as_deref()?,
        currency: transaction.currency.as_deref()?,
        reason: Some(journey.opening().purpose.note()).filter(|reason| !reason.is_empty()),
        chargeback_date_time: (!is_reversal).then(|| at.clone()),
        reversal_date_time: is_reversal.then_some(at),
    })
}

/// A moment with its offset from UTC, to the second.
fn written(moment: UnixMillis) -> String {
    moments::in_utc(moment).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
