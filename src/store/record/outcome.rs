//! Final outcomes, and what a provider said of a refusal.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, lettered, numbered};
use crate::domain::{Cause, FinalOutcome, Outcome, ProviderRefusal, UnixMillis};

numbered!(Outcome: Paid, Authorised, Cancelled, Failed, Expired, Done);

fields!(FinalOutcome: outcome: Outcome, at: UnixMillis, cause: Cause);

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
