//! What a call is answered, and the status of a transaction (contracts/ixopay.md, sections 5 and 6).

use serde::Serialize;
use serde_json::value::RawValue;

use super::failure::Listed;
use super::request::kept;
use super::view::{METHOD, Standing, View};
use crate::domain::journey::Journey;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    uuid: String,
    purchase_id: String,
    return_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<&'a str>,
    payment_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Listed<'a>>,
}

/// The answer to a call that has led to this journey; `redirect_url` is where its customer is sent while it is open.
///
/// # Errors
/// When it cannot be written as JSON, which no journey is known to do.
pub fn answer(journey: &Journey, redirect_url: &str) -> Result<String, serde_json::Error> {
    let (view, standing) = (View::of(journey), View::of(journey).standing());
    let (return_type, errors) = match &standing {
        Standing::Success => ("FINISHED", Vec::new()),
        Standing::Pending => ("PENDING", Vec::new()),
        Standing::Redirect => ("REDIRECT", Vec::new()),
        Standing::Cancelled(failure) | Standing::Error(failure) => ("ERROR", vec![failure.listed()]),
    };
    let redirects = standing == Standing::Redirect;
    serde_json::to_string(&Answer {
        success: errors.is_empty(),
        uuid: view.uuid(),
        purchase_id: view.purchase_id(),
        return_type,
        redirect_type: redirects.then_some("fullpage"),
        redirect_url: redirects.then_some(redirect_url),
        payment_method: METHOD,
        extra_data: view.extra(),
        errors,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    success: bool,
    transaction_status: &'static str,
    uuid: String,
    merchant_transaction_id: String,
    purchase_id: String,
    transaction_type: &'a str,
    payment_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_uuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_meta_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Listed<'a>>,
}

/// The status of a journey.
///
/// # Errors
/// As [`answer`].
pub fn status(journey: &Journey) -> Result<String, serde_json::Error> {
    let (view, standing) = (View::of(journey), View::of(journey).standing());
    let (transaction_status, errors) = match &standing {
        Standing::Success => ("SUCCESS", Vec::new()),
        Standing::Pending => ("PENDING", Vec::new()),
        Standing::Redirect => ("REDIRECT", Vec::new()),
        Standing::Cancelled(failure) => ("CANCELLED", vec![failure.listed()]),
        Standing::Error(failure) => ("ERROR", vec![failure.listed()]),
    };
    serde_json::to_string(&Status {
        success: true,
        transaction_status,
        uuid: view.uuid(),
        merchant_transaction_id: view.id(),
        purchase_id: view.purchase_id(),
        transaction_type: view.kind(),
        payment_method: METHOD,
        amount: view.amount(),
        currency: view.currency(),
        reference_uuid: view.kept(kept::REFERENCE),
        merchant_meta_data: view.kept(kept::META),
        extra_data: view.extra(),
        errors,
    })
}
