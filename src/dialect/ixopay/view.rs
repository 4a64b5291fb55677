//! A transaction as answers, the status and callbacks show it.

use serde_json::value::RawValue;

use super::failure::Failure;
use super::kind::Kind;
use super::reference::{Reference, purchase_id};
use super::request::kept;
use super::simulator::is_played_at_once;
use crate::domain::journey::{Journey, Stage};
use crate::domain::money::Amount;

/// The one payment method that there is here.
pub(super) const METHOD: &str = "PayByBank";

/// Where a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has succeeded.
    Success,
    /// Nobody can tell yet.
    Pending,
    /// Its customer has to come, or is at the bank.
    Redirect,
    /// Its customer said no, or its merchant withdrew it.
    Cancelled(Failure),
    /// It has failed.
    Error(Failure),
}

/// What every view of a transaction has in common, as texts.
pub(super) struct View<'a> {
    journey: &'a Journey,
}

impl<'a> View<'a> {
    /// The view of a journey.
    pub const fn of(journey: &'a Journey) -> Self {
        Self { journey }
    }

    /// The `uuid`.
    pub fn uuid(&self) -> String {
        Reference::of(self.journey).to_string()
    }

    /// The `purchaseId`.
    pub fn purchase_id(&self) -> String {
        purchase_id(self.journey)
    }

    /// The merchant's own id; nobody asked for a chargeback, so it has one of ours.
    pub fn id(&self) -> String {
        self.kept(kept::ID).map_or_else(|| Reference::of(self.journey).own_id(), str::to_owned)
    }

    /// What it is.
    pub fn kind(&self) -> &'a str {
        self.kept(kept::KIND).unwrap_or(Kind::Debit.as_str())
    }

    /// The amount as it was sent.
    pub fn amount(&self) -> Option<String> {
        let amount = self.journey.opening().purpose.amount()?;
        Some(self.kept(kept::AMOUNT).map_or_else(|| amount.to_string(), str::to_owned))
    }

    /// Its currency.
    pub fn currency(&self) -> Option<String> {
        self.journey.opening().purpose.amount().map(Amount::currency).map(|currency| currency.to_string())
    }

    /// `extraData`, as JSON.
    pub fn extra(&self) -> Option<Box<RawValue>> {
        self.kept(kept::EXTRA).and_then(|json| RawValue::from_string(json.to_owned()).ok())
    }

    /// A field that was kept.
    pub fn kept(&self, name: &str) -> Option<&'a str> {
        self.journey.opening().extras.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        match self.journey.stage() {
            Stage::Open(_) | Stage::Away { .. } if self.is_underway() => Standing::Pending,
            Stage::Open(_) | Stage::Away { .. } => Standing::Redirect,
            Stage::HandedBack => Standing::Pending,
            Stage::Concluded(final_outcome) => match Failure::of(final_outcome) {
                None => Standing::Success,
                Some(failure) if failure.is_a_choice() => Standing::Cancelled(failure),
                Some(failure) => Standing::Error(failure),
            },
        }
    }

    /// Whether nobody is waited for but the bank: it has no customer, or its customer has been at the bank, or it is
    /// the test bank's to conclude or to leave at that.
    fn is_underway(&self) -> bool {
        let is_asked = || {
            self.journey.visits().last().is_some_and(|visit| visit.answers.iter().any(|answer| answer.proof.is_some()))
        };
        !self.journey.opening().purpose.needs_customer() || is_played_at_once(self.journey) || is_asked()
    }
}
