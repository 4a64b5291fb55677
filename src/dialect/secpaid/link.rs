//! A link, as `createLink` and the lists answer it (contracts, section 3: the union of the two documented shapes).

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{envelope::written, kept::Kept};
use crate::dialect::Json;
use crate::domain::{Amount, Cause, Journey, OneTime, Outcome, Stage};

/// The addresses that belong to a link.
#[derive(Debug, Serialize)]
pub struct Links {
    /// Where the customer pays.
    pub pay_link: String,
    /// A picture of that address.
    pub qr_img: String,
}

#[derive(Serialize)]
struct Link<'a> {
    id: u64,
    linktopay_id: u64,
    user_id: String,
    amount: Box<RawValue>,
    recipient_note: &'a str,
    status: &'static str,
    #[serde(rename = "paymentEndpoint")]
    payment_endpoint: String,
    callback_url: String,
    callback_urls: Vec<&'a str>,
    servicefee: &'static str,
    recipients: Option<&'a str>,
    is_split_link: &'static str,
    split_type: &'a str,
    transaction_type: &'static str,
    bank_transfer: &'static str,
    is_qr_link: &'static str,
    payment_config: &'static str,
    bank_statement_description: &'a str,
    is_cancellation: &'static str,
    cancellable: bool,
    one_time_token: &'static str,
    created_at: String,
    expires_at: String,
    #[serde(flatten)]
    links: &'a Links,
}

/// Writes a journey as a link.
///
/// # Errors
/// When it cannot be written as JSON, which no link is known to do.
pub fn link(journey: &Journey, links: &Links) -> serde_json::Result<Box<RawValue>> {
    let opening = journey.opening();
    let kept = Kept::of(journey);
    let flag = |on: bool| if on { "true" } else { "false" };
    let urls: Vec<&str> = opening.plan.entries().map(|entry| entry.url.as_str()).collect();
    let endpoints: Vec<&str> = opening.plan.endpoints.iter().map(|endpoint| endpoint.url.as_str()).collect();
    let recipients = kept.recipients.as_ref().map(Json::get);
    to_raw_value(&Link {
        id: journey.pay_id().number(),
        linktopay_id: journey.pay_id().number(),
        user_id: opening.merchant.to_string(),
        amount: RawValue::from_string(opening.purpose.amount().map_or_else(|| "0".into(), Amount::shortest))?,
        recipient_note: opening.purpose.note(),
        status: state(journey),
        payment_endpoint: endpoints.join(","),
        callback_url: urls.join(","),
        callback_urls: urls,
        servicefee: "0.0",
        recipients,
        is_split_link: flag(recipients.is_some()),
        split_type: kept.split_type.as_deref().unwrap_or("normal"),
        transaction_type: transaction_type(journey),
        bank_transfer: flag(kept.bank_transfer),
        is_qr_link: flag(kept.is_qr_link),
        payment_config: "",
        bank_statement_description: kept.bank_statement_description.as_deref().unwrap_or_default(),
        is_cancellation: if state(journey) == "Cancelled" { "Yes" } else { "No" },
        cancellable: opening.purpose.cancel() == crate::domain::journey::Cancel::Offered,
        one_time_token: flag(opening.settings.one_time_token == OneTime::On),
        created_at: written(opening.opened_at),
        expires_at: written(opening.expires_at),
        links,
    })
}

/// `Unused`, then `Used`, `Cancelled` or `Deleted`; and two words of our own for ends that SecPaid does not name.
pub(super) fn state(journey: &Journey) -> &'static str {
    match journey.stage() {
        Stage::Open(_) | Stage::Away { .. } | Stage::HandedBack => "Unused",
        Stage::Concluded(final_outcome) => match (final_outcome.outcome, &final_outcome.cause) {
            (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => "Used",
            (Outcome::Cancelled, Cause::Merchant) => "Deleted",
            (Outcome::Cancelled, _) => "Cancelled",
            (Outcome::Failed, _) => "Failed",
            (Outcome::Expired, _) => "Expired",
        },
    }
}

pub(super) fn transaction_type(journey: &Journey) -> &'static str {
    if Kept::of(journey).recipients.is_some() { "Split" } else { "Basic" }
}
