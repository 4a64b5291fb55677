//! A transaction as answers, the status and callbacks show it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::simulator::{SANDBOX, is_played_at_once};
use super::{Failure, Kept, Kind, Reference, failure::Listed, reference::purchase_id};
use crate::domain::{FinalOutcome, Instrument, Journey, Stage};

/// The payment methods that there are here, as contracts/ixopay.md has them.
const CREDIT_CARD: &str = "Creditcard";
const PAY_BY_BANK: &str = "PayByBank";

/// Where a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has succeeded.
    Success,
    /// Nobody can tell yet.
    Pending,
    /// Its customer has yet to come, or is at the bank.
    Redirect,
    /// Its customer said no, or its merchant withdrew it.
    Cancelled(Failure),
    /// It has failed.
    Error(Failure),
}

impl Standing {
    /// Where a journey stands.
    pub fn of(journey: &Journey) -> Self {
        match journey.stage() {
            Stage::Open(_) | Stage::Away { .. } if is_underway(journey) => Self::Pending,
            Stage::Open(_) | Stage::Away { .. } => Self::Redirect,
            Stage::HandedBack => Self::Pending,
            Stage::Concluded(final_outcome) => match Failure::of(final_outcome) {
                None => Self::Success,
                Some(failure) if failure.is_a_choice() => Self::Cancelled(failure),
                Some(failure) => Self::Error(failure),
            },
        }
    }

    /// The list of errors, where it has failed: there is one.
    pub fn errors(&self) -> Option<[Listed<'_>; 1]> {
        match self {
            Self::Success | Self::Pending | Self::Redirect => None,
            Self::Cancelled(failure) | Self::Error(failure) => Some([failure.listed()]),
        }
    }
}

/// Whether nobody is waited for but the bank: it has no customer, or its customer has been at the bank, or it is the
/// test bank's to conclude or to leave at that.
fn is_underway(journey: &Journey) -> bool {
    let is_asked =
        || journey.visits().last().is_some_and(|visit| visit.answers.iter().any(|answer| answer.proof.is_some()));
    !journey.opening().purpose.needs_customer() || is_played_at_once(journey) || is_asked()
}

/// What the status and callbacks say of a transaction in the same words.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub uuid: String,
    /// The merchant's own id; nobody asked for a chargeback, so it has one of ours.
    pub merchant_transaction_id: String,
    pub purchase_id: String,
    pub transaction_type: Kind,
    pub payment_method: &'static str,
    /// The amount as it was sent.
    pub amount: Option<String>,
    pub currency: Option<String>,
    pub reference_uuid: Option<String>,
    pub merchant_meta_data: Option<String>,
    pub extra_data: Option<BTreeMap<String, String>>,
    pub return_data: Option<ReturnData>,
}

/// The name of the payment method: as the provider has said what was paid with; else a card at the test bank, and an
/// account at any other.
fn payment_method(journey: &Journey, instrument: Option<&Instrument>) -> &'static str {
    match instrument {
        Some(Instrument::Card(_)) => CREDIT_CARD,
        Some(Instrument::BankAccount(_)) => PAY_BY_BANK,
        None if journey.opening().provider == SANDBOX => CREDIT_CARD,
        None => PAY_BY_BANK,
    }
}

/// What was paid with, as a client reads it by its `_TYPE`.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(tag = "_TYPE", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum ReturnData {
    CardData {
        r#type: Option<String>,
        card_holder: Option<String>,
        expiry_month: Option<u8>,
        expiry_year: Option<u16>,
        bin_digits: Option<String>,
        first_six_digits: Option<String>,
        last_four_digits: Option<String>,
        fingerprint: Option<String>,
        three_d_secure: Option<String>,
    },
    IbanData {
        account_owner: Option<String>,
        iban: Option<String>,
        bic: Option<String>,
    },
}

impl ReturnData {
    fn of(instrument: &Instrument) -> Self {
        match instrument.clone() {
            Instrument::Card(card) => Self::CardData {
                r#type: card.brand,
                card_holder: card.holder,
                expiry_month: card.expiry.map(|expiry| expiry.month),
                expiry_year: card.expiry.map(|expiry| expiry.year),
                first_six_digits: card.bin.as_deref().map(|bin| bin.chars().take(6).collect()),
                bin_digits: card.bin,
                last_four_digits: card.last_four,
                fingerprint: card.fingerprint,
                three_d_secure: card.three_d_secure,
            },
            Instrument::BankAccount(account) => {
                Self::IbanData { account_owner: account.holder, iban: account.iban, bic: account.bic }
            }
        }
    }
}

impl Transaction {
    /// The transaction that a journey is now.
    pub fn of(journey: &Journey) -> Self {
        Self::ended(journey, journey.final_outcome())
    }

    /// The transaction that a journey was when it had ended so, or had not ended.
    pub fn ended(journey: &Journey, end: Option<&FinalOutcome>) -> Self {
        let instrument = end.and_then(|end| end.instrument.as_deref());
        let (kept, reference) = (Kept::of(journey), Reference::of(journey));
        let amount = journey.opening().purpose.amount();
        Self {
            uuid: reference.to_string(),
            merchant_transaction_id: kept.merchant_transaction_id.unwrap_or_else(|| reference.own_id()),
            purchase_id: purchase_id(journey),
            transaction_type: kept.transaction_type,
            payment_method: payment_method(journey, instrument),
            amount: amount.map(|amount| kept.amount.unwrap_or_else(|| amount.to_string())),
            currency: amount.map(|amount| amount.currency().to_string()),
            reference_uuid: kept.reference_uuid,
            merchant_meta_data: kept.merchant_meta_data,
            extra_data: kept.extra_data,
            return_data: instrument.map(ReturnData::of),
        }
    }
}
