//! Final outcomes, and what a provider said of a refusal.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, lettered, numbered};
use crate::domain::{
    BankAccount, Card, CardExpiry, Cause, FinalOutcome, Instrument, Outcome, ProviderRefusal, UnixMillis,
};

numbered!(Outcome: Paid, Authorised, Cancelled, Failed, Expired, Done);

fields_and_later!(
    FinalOutcome as FinalOutcomeRecord: outcome: Outcome, at: UnixMillis, cause: Cause;
    instrument: Option<Box<Instrument>>,
);

lettered!(Instrument as InstrumentRecord: C = Card(card: Card), B = BankAccount(account: BankAccount));

fields!(
    Card: brand: Option<String>, holder: Option<String>, bin: Option<String>, last_four: Option<String>,
    expiry: Option<CardExpiry>, fingerprint: Option<String>, three_d_secure: Option<String>,
);

fields!(CardExpiry: year: u16, month: u8);

fields!(BankAccount: holder: Option<String>, iban: Option<String>, bic: Option<String>, fingerprint: Option<String>);

impl Recorded for ProviderRefusal {
    type Record = (String, Option<String>);

    fn record(&self) -> Self::Record {
        (self.code().to_owned(), self.description().map(str::to_owned))
    }

    fn of((code, description): Self::Record) -> Option<Self> {
        Some(Self::new(&code, description.as_deref()))
    }
}

lettered!(Cause as CauseRecord: B = Provider(error: Option<ProviderRefusal>), C = Customer, M = Merchant, T = Time);
