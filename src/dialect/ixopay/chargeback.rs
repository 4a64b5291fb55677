//! A payment that is taken back, as the test bank plays it.

use super::kind::Kind;
use super::request::kept;
use super::simulator::{CHARGEBACK, SCRIPT};
use super::view::{Standing, View};
use crate::domain::callback::Placement;
use crate::domain::journey::{Journey, OperationKind, PaymentOperation, Purpose};
use crate::domain::open_request::{OpenRequest, RequestedCallbacks};

/// The open request for the chargeback of a payment that was opened by `open_request`. `None` unless the test bank was
/// asked for one, and the payment has succeeded.
pub fn chargeback(paid: &Journey, open_request: &OpenRequest) -> Option<OpenRequest> {
    let view = View::of(paid);
    let is_played = paid.opening().provider == SCRIPT && view.kept(SCRIPT) == Some(CHARGEBACK);
    if !is_played || view.standing() != Standing::Success {
        return None;
    }
    let own = [
        (kept::KIND, Kind::Chargeback.as_str().to_owned()),
        (kept::REFERENCE, view.uuid()),
        (kept::ORIGINAL, view.id()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    // It is told as the payment is.
    let same = |(name, _): &&(String, String)| [kept::AMOUNT, kept::TYPE, kept::HASH].contains(&name.as_str());
    Some(OpenRequest {
        purpose: Purpose::Operation(PaymentOperation {
            kind: OperationKind::Chargeback,
            amount: paid.opening().purpose.amount(),
            of: Some(paid.pay_id()),
            note: paid.opening().purpose.note().to_owned(),
        }),
        extras: own.into_iter().chain(open_request.extras.iter().filter(same).cloned()).collect(),
        callback: RequestedCallbacks::OwnPage,
        params_in: Placement::Query,
        ..open_request.clone()
    })
}
