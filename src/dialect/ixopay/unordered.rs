//! Transactions that no merchant has asked for: what gives a late payment back, what a provider has reported of a
//! payment, and the chargeback that the test bank plays.

use super::simulator::{CHARGEBACK, SANDBOX};
use super::{Kept, Kind, Reference, Transaction, view::Standing};
use crate::domain::{
    Journey, OpenRequest, OperationKind, PaymentOperation, Purpose, RequestedCallbacks, WebhookOptions,
};

/// The reason of a chargeback that the test bank plays.
const PLAYED: &str = "Played by the test bank";

/// The open request for such a transaction of this payment; of the reversal of a chargeback, with that. Its callback goes
/// where the payment's goes.
pub(super) fn without_order(payment: &Journey, operation: PaymentOperation, reverses: Option<&Journey>) -> OpenRequest {
    let Transaction { uuid, merchant_transaction_id, .. } = Transaction::of(payment);
    let Kept { amount, content_type, body_hash, .. } = Kept::of(payment);
    let is_whole = operation.amount == payment.opening().purpose.amount();
    let kept = Kept {
        transaction_type: Kind::of(operation.kind),
        reference_uuid: Some(uuid),
        original_merchant_transaction_id: Some(merchant_transaction_id),
        chargeback_uuid: reverses.map(|chargeback| Reference::of(chargeback).to_string()),
        amount: amount.filter(|_| is_whole),
        content_type,
        body_hash,
        ..Kept::default()
    };
    OpenRequest {
        dialect_data: kept.written(),
        endpoints: RequestedCallbacks::OfPayment,
        webhook_options: WebhookOptions::default(),
        ..OpenRequest::plain(Purpose::Operation(operation))
    }
}

/// The open request for the chargeback of a payment. `None` unless the test bank was asked for one, and the payment has
/// succeeded.
pub fn played_chargeback(paid: &Journey) -> Option<OpenRequest> {
    let kept = Kept::of(paid);
    let is_played = paid.opening().provider == SANDBOX && kept.sandbox.as_deref() == Some(CHARGEBACK);
    if !is_played || Standing::of(paid) != Standing::Success {
        return None;
    }
    let operation = PaymentOperation {
        kind: OperationKind::Chargeback,
        amount: paid.opening().purpose.amount(),
        of: Some(paid.pay_id()),
        note: PLAYED.to_owned(),
        reported_as: None,
    };
    Some(without_order(paid, operation, None))
}
