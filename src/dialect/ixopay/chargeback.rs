//! A payment that is taken back, as the test bank plays it.

use super::simulator::{CHARGEBACK, SANDBOX};
use super::{Kept, Kind, Transaction, view::Standing};
use crate::domain::{Journey, OpenRequest, OperationKind, PaymentOperation, Placement, Purpose, RequestedCallbacks};

/// The open request for the chargeback of a payment that was opened by `open_request`. `None` unless the test bank was
/// asked for one, and the payment has succeeded.
pub fn chargeback(paid: &Journey, open_request: &OpenRequest) -> Option<OpenRequest> {
    let kept = Kept::of(paid);
    let is_played = paid.opening().provider == SANDBOX && kept.sandbox.as_deref() == Some(CHARGEBACK);
    if !is_played || Standing::of(paid) != Standing::Success {
        return None;
    }
    let Transaction { uuid, merchant_transaction_id, .. } = Transaction::of(paid);
    // Its callback goes where the payment's goes.
    let (amount, content_type, body_hash) = (kept.amount, kept.content_type, kept.body_hash);
    let kept = Kept {
        transaction_type: Kind::Chargeback,
        reference_uuid: Some(uuid),
        original_merchant_transaction_id: Some(merchant_transaction_id),
        amount,
        content_type,
        body_hash,
        ..Kept::default()
    };
    Some(OpenRequest {
        purpose: Purpose::Operation(PaymentOperation {
            kind: OperationKind::Chargeback,
            amount: paid.opening().purpose.amount(),
            of: Some(paid.pay_id()),
            note: paid.opening().purpose.note().to_owned(),
        }),
        dialect_data: kept.written(),
        callback: RequestedCallbacks::OwnPage,
        params_in: Placement::Query,
        ..open_request.clone()
    })
}
