//! What a journey is for, if not for a consent, and the operations that have changed it.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::recorded::{Record, Recorded, fields, numbered};
use crate::domain::id::PayId;
use crate::domain::journey::{AppliedOperation, Checkout, Job, OperationKind, PaymentOperation, Purpose, Wanted};
use crate::domain::money::Amount;

numbered!(OperationKind: Payout, Refund, Capture, Void, Deregister, Chargeback);

fields!(AppliedOperation: by: PayId, kind: OperationKind, amount: Option<Amount>);

#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(super) enum PurposeRecord {
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
    E(ByteBuf),
}

impl PurposeRecord {
    pub(super) fn of(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::Consent(_) | Purpose::Checkout(Checkout { wanted: Wanted::Payment(_), .. }) => Self::P,
            Purpose::Checkout(Checkout { wanted: Wanted::Reservation(_), .. }) => Self::R,
            Purpose::Checkout(Checkout { wanted: Wanted::Registration, .. }) => Self::G,
            Purpose::Operation(operation) => Self::B(operation.kind.record(), operation.of.record()),
            Purpose::Job(job) => Self::E(job.message.record()),
        }
    }

    /// The purpose, with the amount and the other fields that a checkout would have.
    pub(super) fn into_purpose(self, amount: Option<Amount>, checkout: Checkout) -> Option<Purpose> {
        let wanted = match self {
            Self::P => Wanted::Payment(amount?),
            Self::R => Wanted::Reservation(amount?),
            Self::G => Wanted::Registration,
            Self::B(kind, of) => {
                let (kind, of) = (Recorded::of(kind)?, Recorded::of(of)?);
                return Some(Purpose::Operation(PaymentOperation { kind, amount, of, note: checkout.note }));
            }
            Self::E(message) => return Some(Purpose::Job(Job { message: Recorded::of(message)? })),
        };
        Some(Purpose::Checkout(Checkout { wanted, ..checkout }))
    }
}
