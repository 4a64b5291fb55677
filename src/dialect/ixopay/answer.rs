//! What a call is answered, and the status of a transaction (contracts/ixopay.md, sections 5 and 6).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::view::{ReturnData, Standing};
use super::{Transaction, failure::Listed};
use crate::domain::Journey;

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    uuid: String,
    purchase_id: String,
    return_type: &'static str,
    redirect_type: Option<&'static str>,
    redirect_url: Option<&'a str>,
    payment_method: &'static str,
    extra_data: Option<BTreeMap<String, String>>,
    return_data: Option<ReturnData>,
    errors: Option<[Listed<'a>; 1]>,
}

/// The answer to a call that has led to this journey; `redirect_url` is where its customer is sent while it is open.
///
/// # Errors
/// When it cannot be written as JSON, which no journey is known to do.
pub fn answer(journey: &Journey, redirect_url: &str) -> serde_json::Result<String> {
    let (transaction, standing) = (Transaction::of(journey), Standing::of(journey));
    let (errors, redirects) = (standing.errors(), standing == Standing::Redirect);
    serde_json::to_string(&Answer {
        success: errors.is_none(),
        uuid: transaction.uuid,
        purchase_id: transaction.purchase_id,
        return_type: match &standing {
            Standing::Success => "FINISHED",
            Standing::Pending => "PENDING",
            Standing::Redirect => "REDIRECT",
            Standing::Cancelled(_) | Standing::Error(_) => "ERROR",
        },
        redirect_type: redirects.then_some("fullpage"),
        redirect_url: redirects.then_some(redirect_url),
        payment_method: transaction.payment_method,
        extra_data: transaction.extra_data,
        return_data: transaction.return_data,
        errors,
    })
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    success: bool,
    transaction_status: &'static str,
    #[serde(flatten)]
    transaction: Transaction,
    errors: Option<[Listed<'a>; 1]>,
}

/// The status of a journey.
///
/// # Errors
/// As [`answer`].
pub fn status(journey: &Journey) -> serde_json::Result<String> {
    let standing = Standing::of(journey);
    serde_json::to_string(&Status {
        success: true,
        transaction_status: match &standing {
            Standing::Success => "SUCCESS",
            Standing::Pending => "PENDING",
            Standing::Redirect => "REDIRECT",
            Standing::Cancelled(_) => "CANCELLED",
            Standing::Error(_) => "ERROR",
        },
        transaction: Transaction::of(journey),
        errors: standing.errors(),
    })
}
