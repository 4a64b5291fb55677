//! What is wished for when a transaction is asked for: its customer's way, and who is told.

use super::kind::Kind;
use super::reference::Reference;
use super::request::{Asked, kept};
use super::signature::BodyHash;
use crate::domain::callback::{Item, Placement};
use crate::domain::endpoint::WebhookOptions;
use crate::domain::journey::{Cancel, Checkout, OperationKind, PaymentOperation, Purpose, Wanted};
use crate::domain::open_request::{OpenRequest, RequestedCallbacks as Callbacks};
use crate::domain::terms::{ExtraOutcomes, OneTime};

impl Asked {
    /// The open request for a journey: its customer's way, and who is told. The extras of the call's own headers are
    /// `more`.
    ///
    /// A try that fails ends it: another one is another transaction.
    pub fn open_request(self, more: impl IntoIterator<Item = (&'static str, String)>) -> OpenRequest {
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
        };
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
        OpenRequest {
            purpose,
            extras: self.extras.into_iter().chain(more).collect(),
            callback: Callbacks::Apart {
                success: self.success_url,
                cancelled: self.cancel_url,
                failed: self.error_url,
            },
            params_in: Placement::Query,
            endpoints: self.callback_url.map_or(Callbacks::Nothing, |url| Callbacks::Items(vec![Item::Url(url)])),
            telling: WebhookOptions::plainly(),
            one_time_token: Some(OneTime::Off),
            extra_outcomes: Some(ExtraOutcomes::On),
            expiry: None,
        }
    }

    fn checkout(&self, wanted: Wanted) -> Purpose {
        let note = self.description.clone();
        Purpose::Checkout(Checkout { wanted, institution: None, note, cancel: Cancel::Offered, payee: None })
    }

    fn operation(&self, kind: OperationKind) -> Purpose {
        let of = self.reference.map(Reference::pay_id);
        Purpose::Operation(PaymentOperation { kind, amount: self.amount, of, note: self.description.clone() })
    }
}

/// What a journey keeps of a call's headers, for its callbacks: their media type, and the hash of their signature where
/// it is not the documented one.
pub fn headers(media_type: Option<&str>, hash: Option<BodyHash>) -> Vec<(&'static str, String)> {
    let media_type = media_type.map(|media_type| (kept::TYPE, media_type.to_owned()));
    let hash = hash.filter(|hash| *hash != BodyHash::Sha512).map(|hash| (kept::HASH, hash.as_str().to_owned()));
    media_type.into_iter().chain(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_request(kind: Kind, more: &str) -> OpenRequest {
        let body = format!(
            r#"{{"merchantTransactionId":"1","amount":"9.99","currency":"EUR","referenceUuid":"{}"{more}}}"#,
            "0".repeat(20)
        );
        Asked::read(kind, body.as_bytes()).unwrap().open_request(headers(Some("application/json"), Some(BodyHash::Md5)))
    }

    #[test]
    fn who_needs_a_customer_is_a_checkout_and_the_others_are_operations() {
        for kind in Kind::ASKED {
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
        let kept =
            |name: &str| open_request.extras.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        assert_eq!((kept(kept::TYPE), kept(kept::HASH)), (Some("application/json"), Some("md5")));
        assert_eq!(headers(None, Some(BodyHash::Sha512)), []);
    }
}
