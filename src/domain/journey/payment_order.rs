//! The order of a payment, at a provider that makes a payment only when it is ordered after its customer has agreed.
//!
//! That it is sent is written down before it is sent. What became of an order whose answer was lost may never be known;
//! its payment is open until then.

use super::{Journey, PaymentStanding, ProviderPayment};
use crate::domain::{Sealed, UnixMillis};

/// How far the order of a payment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOrder {
    /// Its customer came back with what shows that they have agreed. It was not sent.
    Shown {
        /// What the browser brought.
        evidence: Sealed,
    },
    /// It was sent, or is about to be: whatever becomes of the answer, the payment may have been made.
    Sent {
        /// What it is ordered by: what the customer's agreement left at the provider.
        agreement: Sealed,
        /// When.
        at: UnixMillis,
        /// The provider's reference of what was made; `None` while it is not known whether anything was.
        made: Option<String>,
    },
}

impl ProviderPayment {
    /// The provider's own reference: of what was made by an order, else of what was created.
    pub fn provider_reference(&self) -> Option<&str> {
        match &self.order {
            Some(PaymentOrder::Sent { made: Some(made), .. }) => Some(made),
            _ => self.created.as_ref().map(|created| created.reference.as_str()),
        }
    }

    /// Whether it was ordered, or is about to be.
    pub const fn is_ordered(&self) -> bool {
        matches!(self.order, Some(PaymentOrder::Sent { .. }))
    }
}

impl Journey {
    /// Keeps what a browser brought that shows that its customer has agreed; of several the last. `None` when the payment
    /// has ended, or was ordered.
    #[must_use]
    pub fn agreement_shown(mut self, visit: u8, evidence: Sealed) -> Option<Self> {
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open() && !payment.is_ordered())?;
        payment.order = Some(PaymentOrder::Shown { evidence });
        Some(self.revised())
    }

    /// Notes that a payment is ordered now, by its customer's agreement. `None` when it has ended or was ordered, nobody
    /// is to pay it any more, or another payment of this journey may have been made.
    #[must_use]
    pub fn ordering_payment(mut self, visit: u8, agreement: Sealed, at: UnixMillis) -> Option<Self> {
        let may_be_made = |payment: &ProviderPayment| {
            payment.standing == PaymentStanding::Proven || (payment.is_open() && payment.is_ordered())
        };
        if self.visit_is_over(visit, at) || self.payments().any(|(_, payment)| may_be_made(payment)) {
            return None;
        }
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open())?;
        payment.order = Some(PaymentOrder::Sent { agreement, at, made: None });
        Some(self.revised())
    }

    /// The visit whose payment was ordered, where it is not known whether it was made.
    pub fn lost_order(&self) -> Option<u8> {
        let is_lost = |payment: &ProviderPayment| {
            payment.is_open() && matches!(payment.order, Some(PaymentOrder::Sent { made: None, .. }))
        };
        self.payments().find(|(_, payment)| is_lost(payment)).map(|(visit, _)| visit)
    }

    /// Keeps which payment the provider has made by an order. `None` when that is known, or none was sent.
    #[must_use]
    pub fn payment_made(mut self, visit: u8, reference: String) -> Option<Self> {
        match &mut self.payment_mut(visit)?.order {
            Some(PaymentOrder::Sent { made: made @ None, .. }) => *made = Some(reference),
            Some(_) | None => return None,
        }
        Some(self.revised())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::journey::tests::{NOW, journey};
    use crate::domain::{BegunVisit, Ending, ProviderRefusal, ResponseId};

    fn sealed() -> Sealed {
        Sealed::new(vec![7; 40])
    }

    fn away() -> Journey {
        let BegunVisit::New(away, visit) = journey().begin_visit(None, NOW) else { panic!() };
        away.intending_payment(visit, NOW)
    }

    #[test]
    fn a_payment_is_ordered_once_and_its_maker_is_kept_once() {
        let shown = away().agreement_shown(0, sealed()).unwrap();
        let sent = shown.ordering_payment(0, sealed(), NOW).unwrap();
        assert_eq!(sent.clone().ordering_payment(0, sealed(), NOW), None);
        assert_eq!(sent.clone().agreement_shown(0, sealed()), None);
        let made = sent.payment_made(0, "p-1".into()).unwrap();
        assert_eq!(made.payment_made(0, "p-2".into()), None);
        assert_eq!(away().payment_made(0, "p-1".into()), None);
    }

    #[test]
    fn nothing_is_ordered_that_nobody_is_to_pay_any_more_or_beside_another() {
        let closing = away().closing_payments(Ending::PressedCancel).unwrap();
        assert_eq!(closing.ordering_payment(0, sealed(), NOW), None);
        let late = NOW.plus(Duration::from_hours(10_000));
        assert_eq!(away().ordering_payment(0, sealed(), late), None);
        let sent = away().ordering_payment(0, sealed(), NOW).unwrap();
        let BegunVisit::New(again, visit) = failed(sent).begin_visit(None, NOW) else { panic!() };
        let mut again = again.intending_payment(visit, NOW);
        assert!(again.clone().ordering_payment(visit, sealed(), NOW).is_some(), "the first was not made");
        for standing in [PaymentStanding::Open, PaymentStanding::Proven] {
            again.payment_mut(0).unwrap().standing = standing;
            assert_eq!(again.clone().ordering_payment(visit, sealed(), NOW), None);
        }
    }

    fn failed(journey: Journey) -> Journey {
        let response_id = ResponseId { visit: 0, response_digest: 1 };
        journey.fail(response_id, ProviderRefusal::new("x", None), NOW).unwrap()
    }
}
