//! What is asked for when a transaction is opened: where its customer goes, and where its callbacks go.

use super::{Asked, BodyHash, Kept, Kind, Reference};
use crate::domain::open_request::RequestedCallbacks as Callbacks;
use crate::domain::{Cancel, Checkout, Item, OpenRequest, OperationKind, PaymentOperation, Purpose, Repeated, Wanted};

impl Asked {
    /// The open request for a journey: its customer's way, and where its callbacks go. Callbacks have this
    /// `content_type`, and the hash of the call's own signature.
    ///
    /// A try that fails ends it: another one is another transaction.
    pub fn open_request(self, content_type: Option<String>, hash: Option<BodyHash>) -> OpenRequest {
        let amount = self.amount;
        let purpose = match (self.kind, amount) {
            (Kind::Debit, Some(amount)) => self.checkout(Wanted::Payment(amount)),
            (Kind::Preauthorize, Some(amount)) => self.checkout(Wanted::Reservation(amount)),
            (Kind::Debit | Kind::Preauthorize | Kind::Register, _) => self.checkout(Wanted::Registration),
            (Kind::Payout, _) => self.operation(OperationKind::Payout),
            (Kind::Refund, _) => self.operation(OperationKind::Refund),
            (Kind::Capture, _) => self.operation(OperationKind::Capture),
            (Kind::Void, _) => self.operation(OperationKind::Void),
            (Kind::Deregister, _) => self.operation(OperationKind::Deregister),
            (Kind::Chargeback, _) => self.operation(OperationKind::Chargeback),
            (Kind::ChargebackReversal, _) => self.operation(OperationKind::ChargebackReversal),
        };
        let body_hash = hash.filter(|hash| *hash != BodyHash::Sha512);
        OpenRequest {
            dialect_data: Kept { content_type, body_hash, ..self.kept }.written(),
            callback: Callbacks::Apart {
                success: self.success_url,
                cancelled: self.cancel_url,
                failed: self.error_url,
            },
            endpoints: self.callback_url.map_or(Callbacks::Nothing, |url| Callbacks::Items(vec![Item::Url(url)])),
            language: self.language,
            ..OpenRequest::plain(purpose)
        }
    }

    fn checkout(&self, wanted: Wanted) -> Purpose {
        let of = self.reference.map(Reference::pay_id);
        let repeated = |agreed_as, of| Box::new(Repeated { of, provider_reference: String::new(), agreed_as });
        let repeats = self.agreed_as.zip(of).map(|(agreed_as, of)| repeated(agreed_as, of));
        let cancel = if repeats.is_some() { Cancel::Withheld } else { Cancel::Offered };
        let note = self.description.clone();
        Purpose::Checkout(Checkout { wanted, institution: None, note, cancel, payee: None, repeats })
    }

    fn operation(&self, kind: OperationKind) -> Purpose {
        let of = self.reference.map(Reference::pay_id);
        Purpose::Operation(PaymentOperation {
            kind,
            amount: self.amount,
            of,
            note: self.description.clone(),
            reported_as: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::kept;

    fn open_request(kind: Kind, more: &str) -> OpenRequest {
        let body = format!(
            r#"{{"merchantTransactionId":"1","amount":"9.99","currency":"EUR","referenceUuid":"{}"{more}}}"#,
            "0".repeat(20)
        );
        Asked::read(kind, body.as_bytes()).unwrap().open_request(Some("application/json".into()), Some(BodyHash::Md5))
    }

    #[test]
    fn who_needs_a_customer_is_a_checkout_and_the_others_are_operations() {
        for kind in Kind::asked() {
            let open_request = open_request(kind, "");
            assert_eq!(open_request.purpose.needs_customer(), kind.has_customer(), "{kind:?}");
            assert_eq!(open_request.purpose.amount().is_some(), kind.needs_amount(), "{kind:?}");
            let of = open_request.purpose.operation().and_then(|operation| operation.of);
            assert_eq!(of.is_some(), kind.follows(), "{kind:?}");
        }
    }

    #[test]
    fn each_end_has_its_url_and_the_callback_its_own() {
        let open_request = open_request(
            Kind::Debit,
            r#","successUrl":"https://m.example/a,b","cancelUrl":"https://m.example/c","callbackUrl":"https://m.example/d,e""#,
        );
        let ends = Callbacks::Apart {
            success: Some("https://m.example/a,b".into()),
            cancelled: Some("https://m.example/c".into()),
            failed: None,
        };
        assert_eq!(open_request.callback, ends);
        assert_eq!(open_request.endpoints, Callbacks::Items(vec![Item::Url("https://m.example/d,e".into())]));
        let kept: Kept = kept::read(&open_request.dialect_data);
        assert_eq!((kept.content_type.as_deref(), kept.body_hash), (Some("application/json"), Some(BodyHash::Md5)));
        let plain = Asked::read(Kind::Register, br#"{"merchantTransactionId":"1"}"#).unwrap();
        let kept: Kept = kept::read(&plain.open_request(None, Some(BodyHash::Sha512)).dialect_data);
        assert_eq!((kept.content_type, kept.body_hash), (None, None));
    }
}
