//! What a callback says (contracts/ixopay.md, section 8). Its code is a text, and its fields have other names than an
//! answer's.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::failure::Failure;
use super::intermediate::CONTINUE;
use super::kind::Kind;
use super::request::kept;
use super::view::{METHOD, View};
use crate::domain::journey::{FinalOutcome, Journey};
use crate::domain::moment::UnixMillis;
use crate::domain::outcome::ProviderRefusal;

/// The reason of a chargeback that the test bank plays.
const REASON: &str = "Played by the test bank";

/// What a callback tells of.
#[derive(Debug, Clone, Copy)]
pub(super) enum CallbackEvent<'a> {
    /// The transaction is not decided; with the way on, where the customer is on a page of the merchant's.
    Pending(Option<&'a str>),
    /// It has ended so.
    Concluded(&'a FinalOutcome),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Callback<'a> {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter_code: Option<&'a str>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    chargeback_data: Option<Chargeback<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chargeback<'a> {
    original_uuid: &'a str,
    original_merchant_transaction_id: &'a str,
    amount: String,
    currency: String,
    reason: &'static str,
    chargeback_date_time: String,
}

/// Writes a callback. `None` when it cannot be written, which no journey is known to do.
pub(super) fn body(journey: &Journey, told: CallbackEvent<'_>) -> Option<String> {
    let view = View::of(journey);
    let (failure, way_on) = match told {
        CallbackEvent::Pending(way_on) => (None, way_on),
        CallbackEvent::Concluded(final_outcome) => (Failure::of(final_outcome), None),
    };
    let result = match (told, &failure) {
        (CallbackEvent::Pending(_), _) => "PENDING",
        (CallbackEvent::Concluded(_), None) => "OK",
        (CallbackEvent::Concluded(_), Some(_)) => "ERROR",
    };
    let bank = failure.as_ref().and_then(|failure| failure.bank.as_ref());
    serde_json::to_string(&Callback {
        result,
        message: failure.as_ref().map(|failure| failure.code.message),
        code: failure.as_ref().map(|failure| failure.code.number.to_string()),
        adapter_message: bank.and_then(ProviderRefusal::description),
        adapter_code: bank.map(ProviderRefusal::code),
        uuid: view.uuid(),
        merchant_transaction_id: view.id(),
        purchase_id: view.purchase_id(),
        transaction_type: view.kind(),
        payment_method: METHOD,
        amount: view.amount(),
        currency: view.currency(),
        reference_uuid: view.kept(kept::REFERENCE),
        merchant_meta_data: view.kept(kept::META),
        extra_data: extra(&view, way_on),
        chargeback_data: chargeback(journey, &view),
    })
    .ok()
}

/// The merchant's own extra data, with the way on where there is one.
fn extra(view: &View<'_>, way_on: Option<&str>) -> Option<Box<RawValue>> {
    let Some(way_on) = way_on else { return view.extra() };
    let own = view.kept(kept::EXTRA).and_then(|json| serde_json::from_str(json).ok());
    let mut members: serde_json::Map<String, Value> = own.unwrap_or_default();
    members.insert(CONTINUE.to_owned(), way_on.into());
    to_raw_value(&members).ok()
}

fn chargeback<'a>(journey: &Journey, view: &View<'a>) -> Option<Chargeback<'a>> {
    if view.kind() != Kind::Chargeback.as_str() {
        return None;
    }
    Some(Chargeback {
        original_uuid: view.kept(kept::REFERENCE)?,
        original_merchant_transaction_id: view.kept(kept::ORIGINAL)?,
        amount: view.amount()?,
        currency: view.currency()?,
        reason: REASON,
        chargeback_date_time: written(journey.opening().opened_at),
    })
}

/// A moment with its offset from UTC, to the second.
fn written(moment: UnixMillis) -> String {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
