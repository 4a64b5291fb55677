//! What a journey is for, and the operations that have changed it.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, lettered, numbered};
use crate::domain::journey::Job;
use crate::domain::{
    Amount, AppliedOperation, Cancel, Checkout, Consent, OperationKind, PayId, PaymentOperation, Purpose,
    RepeatAgreement, Repeated, Sealed, Wanted,
};

lettered!(
    Purpose as PurposeRecord:
        P = Checkout(checkout: Checkout),
        C = Consent(consent: Consent),
        O = Operation(operation: PaymentOperation),
        J = Job(job: Job),
);

fields_and_later!(
    Checkout as CheckoutRecord: wanted: Wanted, institution: Option<String>, note: String, cancel: Cancel,
    payee: Option<String>;
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<Box<Repeated>>,
);

fields!(Repeated: of: PayId, provider_reference: String, agreed_as: RepeatAgreement);

numbered!(RepeatAgreement: Recurring, Unscheduled);

lettered!(
    Wanted as WantedRecord:
        P = Payment(amount: Amount),
        R = Reservation(amount: Amount),
        G = Registration,
);

numbered!(Cancel: Offered, Withheld);

fields_and_later!(
    PaymentOperation as OperationRecord: kind: OperationKind, amount: Option<Amount>, of: Option<PayId>, note: String;
    reported_as: Option<String>,
);

fields_and_later!(
    AppliedOperation as AppliedRecord: by: PayId, kind: OperationKind, amount: Option<Amount>;
    reported_as: Option<String>,
);

numbered!(OperationKind: Payout, Refund, Capture, Void, Deregister, Chargeback, ChargebackReversal);

fields!(Job: message: Sealed);
