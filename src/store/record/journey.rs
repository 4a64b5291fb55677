//! Journeys: what they were opened with, and what has happened since.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, numbered};
use super::{Result, read, write};
use crate::domain::journey::{Past, PhonePress, PhoneVisit, Resumed};
use crate::domain::{
    AppliedOperation, CallbackPlan, DialectData, FinalOutcome, FrozenSettings, Grant, Journey, JourneyId, Logo,
    MerchantColor, MerchantId, MerchantMarks, MerchantName, Mode, Opening, PageLink, PayId, PopupOrigin, ProviderVisit,
    Purpose, Reopening, Sealed, UnixMillis,
};

/// Writes a journey.
///
/// # Errors
/// When it cannot be encoded, which no journey is known to do.
pub fn write_journey(journey: &Journey) -> Result<Vec<u8>> {
    write(&journey.record())
}

/// Reads a journey.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are no journey of a version known here.
pub fn read_journey(bytes: &[u8]) -> Result<Journey> {
    read(bytes, "a journey")
}

fields_and_later!(
    Opening as OpeningRecord: id: JourneyId, merchant: MerchantId, merchant_name: MerchantName, dialect: String,
    provider: String, key: String, purpose: Purpose, dialect_data: DialectData, plan: CallbackPlan,
    settings: FrozenSettings, opened_at: UnixMillis, expires_at: UnixMillis;
    mode: Option<Mode>, choices: Vec<String>, marks: Option<Box<MerchantMarks>>,
    #[serde(skip_serializing_if = "Option::is_none")] popup: Option<PopupOrigin>,
);

fields_and_later!(
    MerchantMarks as MerchantMarksRecord: support: PageLink, legal: PageLink; color: MerchantColor, logo: Option<Logo>,
);

numbered!(Mode: Test, Live);

fields_and_later!(
    Past as PastRecord: revision: u32, visits: Vec<ProviderVisit>, final_outcomes: Vec<FinalOutcome>,
    reopenings: Vec<Reopening>, grant: Option<Grant>, operations: Vec<AppliedOperation>, result: Option<Sealed>;
    late_refund: Option<PayId>, by_button: Vec<u8>, phone_visits: Vec<PhoneVisit>,
    #[serde(skip_serializing_if = "Vec::is_empty")] resumed: Vec<Resumed>,
);

fields!(PhoneVisit: visit: u8, press: PhonePress, returned: bool);

fields!(PhonePress: code_at: UnixMillis, phone: u64);

fields!(Resumed: number: u8, attempt: u64, at: UnixMillis);

impl Recorded for Journey {
    type Record = (Record<Opening>, Record<Past>);

    fn record(&self) -> Self::Record {
        (self.opening().record(), self.past().record())
    }

    fn of((opening, past): Self::Record) -> Option<Self> {
        Some(Self::restored(Recorded::of(opening)?, Recorded::of(past)?))
    }
}
