//! What a journey can have besides, since there are operations: other purposes, ends apart, and endpoints with manners.

use serde::{Deserialize, Deserializer, Serialize};

use super::bytes;
use super::journey::PlannedCallbackRecord;
use crate::domain::id::PayId;
use crate::domain::journey::{
    AppliedOperation, Cancel, Checkout, Job, Journey, OperationKind, PaymentOperation, Purpose, Wanted,
};
use crate::domain::money::{Amount, Currency};
use crate::domain::notify_on::NotifyOn;
use crate::domain::plan::{PlannedCallback, Refused, WebhookEndpoint};
use crate::domain::secret::Sealed;

/// All of it; a journey that has none of it has no such record.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LaterRecord {
    purpose: PurposeRecord,
    institution: Option<String>,
    refused: Option<RefusedRecord>,
    manners: Vec<WebhookOptionsRecord>,
    operations: Vec<AppliedOperationRecord>,
    result: Option<SealedRecord>,
    #[serde(default)]
    payee: Option<String>,
}

/// Where the browser lands when its customer said no, and when it failed.
type RefusedRecord = (Option<PlannedCallbackRecord>, Option<PlannedCallbackRecord>);

/// An operation: whose, its kind, and how much of which currency.
type AppliedOperationRecord = (u64, u8, Option<(u64, String)>);

#[derive(Default, PartialEq, Serialize, Deserialize)]
enum PurposeRecord {
    /// A payment.
    #[default]
    P,
    /// A reservation.
    R,
    /// A registration.
    G,
    /// An operation: its kind, and what it is of.
    B(u8, Option<u64>),
    /// A job.
    E(SealedRecord),
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct SealedRecord(#[serde(with = "bytes")] Vec<u8>);

/// An endpoint's form, which events it wants, and its key.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct WebhookOptionsRecord(String, #[serde(deserialize_with = "events")] u8, Option<SealedRecord>);

impl LaterRecord {
    /// What a journey has of it.
    pub(super) fn of(journey: &Journey) -> Option<Box<Self>> {
        let (opening, past) = (journey.opening(), journey.past());
        let plain = |endpoint: &WebhookEndpoint| {
            *endpoint == WebhookEndpoint { slot: endpoint.slot, ..WebhookEndpoint::at(endpoint.url.clone()) }
        };
        let endpoints = &opening.plan.endpoints;
        let purpose = &opening.purpose;
        let record = Self {
            purpose: PurposeRecord::of(purpose),
            institution: purpose.checkout().and_then(|checkout| checkout.institution.clone()),
            refused: opening.plan.refused.as_ref().map(|refused| {
                let entry = |entry: &Option<PlannedCallback>| entry.as_ref().map(PlannedCallbackRecord::from);
                (entry(&refused.cancelled), entry(&refused.failed))
            }),
            manners: if endpoints.iter().all(plain) { Vec::new() } else { endpoints.iter().map(manner).collect() },
            operations: past.operations.iter().map(write_applied).collect(),
            result: past.result.as_ref().map(SealedRecord::of),
            payee: purpose.checkout().and_then(|checkout| checkout.payee.clone()),
        };
        (record != Self::default()).then(|| Box::new(record))
    }

    /// What the journey is for, if not for a consent.
    pub(super) fn purpose(&mut self, amount: Option<Amount>, note: String, cancel: Cancel) -> Option<Purpose> {
        let wanted = match std::mem::take(&mut self.purpose) {
            PurposeRecord::P => Wanted::Payment(amount?),
            PurposeRecord::R => Wanted::Reservation(amount?),
            PurposeRecord::G => Wanted::Registration,
            PurposeRecord::B(kind, of) => {
                let of = of.map(PayId::new).map_or(Some(None), |of| of.map(Some))?;
                return Some(Purpose::Operation(PaymentOperation { kind: kind_of(kind)?, amount, of, note }));
            }
            PurposeRecord::E(message) => return Some(Purpose::Job(Job { message: message.into_sealed() })),
        };
        let (institution, payee) = (self.institution.take(), self.payee.take());
        Some(Purpose::Checkout(Checkout { wanted, institution, note, cancel, payee }))
    }

    /// Where the browser lands when nothing was paid.
    pub(super) fn refused(&mut self) -> Option<Refused> {
        let (cancelled, failed) = self.refused.take()?;
        let entry = |record: Option<PlannedCallbackRecord>| record.map(PlannedCallbackRecord::into_entry);
        Some(Refused { cancelled: entry(cancelled), failed: entry(failed) })
    }

    /// The endpoints at these entries.
    pub(super) fn endpoints(&mut self, entries: Vec<PlannedCallback>) -> Vec<WebhookEndpoint> {
        let mut manners = std::mem::take(&mut self.manners).into_iter();
        let endpoints = entries.into_iter().map(|entry| {
            let plain = WebhookEndpoint { slot: entry.slot, ..WebhookEndpoint::at(entry.url) };
            match manners.next() {
                None => plain,
                Some(manner) => manner.over(plain),
            }
        });
        endpoints.collect()
    }

    /// The operations that have changed it.
    pub(super) fn operations(&mut self) -> Option<Vec<AppliedOperation>> {
        let operations = std::mem::take(&mut self.operations).into_iter();
        operations
            .map(|(by, kind, amount)| {
                let amount = match amount {
                    Some((minor, currency)) => Some(Amount::from_minor(minor, Currency::restored(&currency)?)),
                    None => None,
                };
                Some(AppliedOperation { by: PayId::new(by)?, kind: kind_of(kind)?, amount })
            })
            .collect()
    }

    /// What a job came back with.
    pub(super) fn result(&mut self) -> Option<Sealed> {
        self.result.take().map(SealedRecord::into_sealed)
    }
}

impl PurposeRecord {
    fn of(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::Consent(_) | Purpose::Checkout(Checkout { wanted: Wanted::Payment(_), .. }) => Self::P,
            Purpose::Checkout(Checkout { wanted: Wanted::Reservation(_), .. }) => Self::R,
            Purpose::Checkout(Checkout { wanted: Wanted::Registration, .. }) => Self::G,
            Purpose::Operation(operation) => Self::B(kind_number(operation.kind), operation.of.map(PayId::number)),
            Purpose::Job(job) => Self::E(SealedRecord::of(&job.message)),
        }
    }
}

impl SealedRecord {
    fn of(sealed: &Sealed) -> Self {
        Self(sealed.as_bytes().to_vec())
    }

    fn into_sealed(self) -> Sealed {
        Sealed::new(self.0)
    }
}

impl WebhookOptionsRecord {
    /// The endpoint with these manners.
    pub(super) fn over(self, endpoint: WebhookEndpoint) -> WebhookEndpoint {
        let Self(form, notify_on, cipher) = self;
        WebhookEndpoint {
            form,
            notify_on: NotifyOn::of_number(notify_on),
            cipher: cipher.map(SealedRecord::into_sealed),
            ..endpoint
        }
    }
}

/// Which events an endpoint wants; before they had numbers, this was whether it wanted success alone.
fn events<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Events(u8),
        SuccessOnly(bool),
    }
    Ok(match Kept::deserialize(from)? {
        Kept::Events(number) => number,
        Kept::SuccessOnly(true) => NotifyOn::SUCCESS.number(),
        Kept::SuccessOnly(false) => NotifyOn::ALL.number(),
    })
}

/// The manners of an endpoint.
pub(super) fn manner(endpoint: &WebhookEndpoint) -> WebhookOptionsRecord {
    let cipher = endpoint.cipher.as_ref().map(SealedRecord::of);
    WebhookOptionsRecord(endpoint.form.clone(), endpoint.notify_on.number(), cipher)
}

fn write_applied(applied: &AppliedOperation) -> AppliedOperationRecord {
    let amount = applied.amount.map(|amount| (amount.minor(), amount.currency().to_string()));
    (applied.by.number(), kind_number(applied.kind), amount)
}

const fn kind_number(kind: OperationKind) -> u8 {
    match kind {
        OperationKind::Payout => 0,
        OperationKind::Refund => 1,
        OperationKind::Capture => 2,
        OperationKind::Void => 3,
        OperationKind::Deregister => 4,
        OperationKind::Chargeback => 5,
    }
}

const fn kind_of(number: u8) -> Option<OperationKind> {
    match number {
        0 => Some(OperationKind::Payout),
        1 => Some(OperationKind::Refund),
        2 => Some(OperationKind::Capture),
        3 => Some(OperationKind::Void),
        4 => Some(OperationKind::Deregister),
        5 => Some(OperationKind::Chargeback),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_was_saved_before_events_had_numbers_is_read() {
        for (kept, expected) in [(true, NotifyOn::SUCCESS), (false, NotifyOn::ALL)] {
            let written = rmp_serde::to_vec(&("form", kept, None::<()>)).unwrap();
            let WebhookOptionsRecord(form, events, cipher) = rmp_serde::from_slice(&written).unwrap();
            assert_eq!((form.as_str(), events, cipher.is_none()), ("form", expected.number(), true));
        }
    }
}
