//! Payments are ordered, at a provider that makes them only then.
//!
//! That an order is sent is written down before it is sent. One whose answer was lost is sent again a few times, each
//! written down before; what became of it then may never be known, and its payment is open until somebody says it.

use super::{Journey, PaymentOrder, PaymentStanding, ProviderPayment};
use crate::domain::{Sealed, UnixMillis};

/// What becomes of an order whose answer was lost.
#[derive(Debug)]
pub enum RepeatedOrder {
    /// It is sent again.
    Again(Box<Journey>),
    /// It may still be answered.
    NotYet,
    /// It is not sent any more.
    NoMore,
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

    /// Asks about it when an order that is sent now has been answered, or its answer is lost.
    fn ask_about_order(&mut self, at: UnixMillis) {
        (self.asked, self.ask_at, self.has_turn) = (0, at.plus(PaymentOrder::LOST), false);
    }
}

impl Journey {
    /// Keeps what a browser brought that shows that its customer has agreed; of several the last. `None` when the payment
    /// has ended or was ordered, nobody is to pay it any more, or it was replaced too often.
    #[must_use]
    pub fn agreement_shown(mut self, visit: u8, evidence: Sealed, at: UnixMillis) -> Option<Self> {
        if self.visit_is_over(visit, at) {
            return None;
        }
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open())?;
        let replaced = match &payment.order {
            None => 0,
            Some(PaymentOrder::Shown { replaced, .. }) if *replaced < PaymentOrder::MOST_REPLACED => replaced + 1,
            Some(_) => return None,
        };
        payment.order = Some(PaymentOrder::Shown { evidence, replaced });
        Some(self.revised())
    }

    /// Notes that a payment is ordered now, by its customer's agreement. `None` when it has ended or was ordered, nobody
    /// is to pay it any more, or another payment of this journey may have been made.
    #[must_use]
    pub fn ordering_payment(mut self, visit: u8, agreement: Sealed, at: UnixMillis) -> Option<Self> {
        let is_ordered = self.payment(visit).is_some_and(ProviderPayment::is_ordered);
        if is_ordered || self.visit_is_over(visit, at) || self.has_another_payment(visit) {
            return None;
        }
        let payment = self.payment_mut(visit).filter(|payment| payment.is_open())?;
        payment.order = Some(PaymentOrder::Sent { agreement, at, times: 1, made: None });
        payment.ask_about_order(at);
        Some(self.revised())
    }

    /// Notes that an order whose answer was lost is sent again now.
    pub fn repeating_order(mut self, visit: u8, now: UnixMillis) -> RepeatedOrder {
        let is_over = self.visit_is_over(visit, now) || self.has_another_payment(visit);
        let Some(payment) = self.payment_mut(visit).filter(|payment| payment.is_open()) else {
            return RepeatedOrder::NoMore;
        };
        let Some(PaymentOrder::Sent { at, times, made: None, .. }) = &mut payment.order else {
            return RepeatedOrder::NoMore;
        };
        if now < at.plus(PaymentOrder::LOST) {
            return RepeatedOrder::NotYet;
        }
        if is_over || *times >= PaymentOrder::MOST_TIMES {
            return RepeatedOrder::NoMore;
        }
        (*at, *times) = (now, *times + 1);
        payment.ask_about_order(now);
        RepeatedOrder::Again(Box::new(self.revised()))
    }

    /// Notes that an order that was sent at `sent_at` has certainly not come to its provider. `None` where it was sent
    /// before or since, because one of those may have.
    #[must_use]
    pub fn order_not_sent(mut self, visit: u8, sent_at: UnixMillis) -> Option<Self> {
        let payment = self.payment_mut(visit)?;
        let Some(PaymentOrder::Sent { agreement, at, times: 1, made: None }) = &payment.order else { return None };
        if *at != sent_at {
            return None;
        }
        payment.order = Some(PaymentOrder::Agreed { agreement: agreement.clone() });
        Some(self.revised())
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

    /// The visit whose payment was ordered, where it is not known whether it was made, and no answer is to come any more.
    pub fn lost_order(&self, now: UnixMillis) -> Option<u8> {
        let is_lost = |payment: &ProviderPayment| match &payment.order {
            Some(PaymentOrder::Sent { made: None, at, .. }) => payment.is_open() && now >= at.plus(PaymentOrder::LOST),
            Some(_) | None => false,
        };
        self.payments().find(|(_, payment)| is_lost(payment)).map(|(visit, _)| visit)
    }

    /// Whether another payment of this journey than that of this visit was made, or may have been.
    pub fn has_another_payment(&self, visit: u8) -> bool {
        let may_be_made = |payment: &ProviderPayment| {
            payment.standing == PaymentStanding::Proven || (payment.is_open() && payment.is_ordered())
        };
        self.payments().any(|(other, payment)| other != visit && may_be_made(payment))
    }

    /// The visit whose payment was ordered and may have been made: nobody is sent anywhere else before that is known.
    pub(super) fn ordered_visit(&self) -> Option<u8> {
        self.open_payments().find(|(_, payment)| payment.is_ordered()).map(|(visit, _)| visit)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::journey::tests::{NOW, journey};
    use crate::domain::{BegunVisit, Ending, Opening, ProviderRefusal, ResponseId};

    fn later() -> UnixMillis {
        NOW.plus(PaymentOrder::LOST)
    }

    fn sealed() -> Sealed {
        Sealed::new(vec![7; 40])
    }

    fn away() -> Journey {
        let opening = Opening { expires_at: NOW.plus(Duration::from_hours(1)), ..journey().opening().clone() };
        let BegunVisit::New(away, visit) = Journey::open(opening).begin_visit(None, NOW) else { panic!() };
        away.intending_payment(visit, NOW.plus(Duration::from_hours(1)))
    }

    fn sent() -> Journey {
        away().ordering_payment(0, sealed(), NOW).unwrap()
    }

    #[test]
    fn a_payment_is_ordered_once_and_what_was_made_is_kept_once() {
        let shown = away().agreement_shown(0, sealed(), NOW).unwrap();
        let sent = shown.ordering_payment(0, sealed(), NOW).unwrap();
        assert_eq!(sent.payment(0).unwrap().ask_at, later(), "it is looked into when its answer is lost");
        assert_eq!(sent.clone().ordering_payment(0, sealed(), NOW), None);
        assert_eq!(sent.clone().agreement_shown(0, sealed(), NOW), None);
        let made = sent.payment_made(0, "p-1".into()).unwrap();
        assert_eq!(made.payment_made(0, "p-2".into()), None);
        assert_eq!(away().payment_made(0, "p-1".into()), None);
    }

    #[test]
    fn nothing_is_ordered_that_nobody_is_to_pay_any_more_or_beside_another() {
        let closing = away().closing_payments(Ending::PressedCancel).unwrap();
        assert_eq!(closing.clone().ordering_payment(0, sealed(), NOW), None);
        assert_eq!(closing.agreement_shown(0, sealed(), NOW), None);
        let late = NOW.plus(Duration::from_hours(10_000));
        assert_eq!(away().ordering_payment(0, sealed(), late), None);
        let failed = |journey: Journey| {
            let response_id = ResponseId { visit: 0, response_digest: 1 };
            journey.fail(response_id, ProviderRefusal::new("x", None), NOW).unwrap()
        };
        let BegunVisit::New(again, visit) = failed(sent()).begin_visit(None, NOW) else { panic!() };
        let mut again = again.intending_payment(visit, NOW);
        assert!(again.clone().ordering_payment(visit, sealed(), NOW).is_some(), "the first was not made");
        for standing in [PaymentStanding::Open, PaymentStanding::Proven] {
            again.payment_mut(0).unwrap().standing = standing;
            assert_eq!(again.clone().ordering_payment(visit, sealed(), NOW), None);
        }
    }

    #[test]
    fn an_order_whose_answer_was_lost_is_repeated_a_few_times_and_not_beside_itself() {
        assert!(matches!(sent().repeating_order(0, NOW), RepeatedOrder::NotYet));
        let (mut journey, mut now) = (sent(), NOW);
        for _ in 1..PaymentOrder::MOST_TIMES {
            now = now.plus(PaymentOrder::LOST);
            let RepeatedOrder::Again(next) = journey.repeating_order(0, now) else { panic!() };
            assert!(matches!(next.clone().repeating_order(0, now), RepeatedOrder::NotYet));
            journey = *next;
        }
        now = now.plus(PaymentOrder::LOST);
        assert!(matches!(journey.clone().repeating_order(0, now), RepeatedOrder::NoMore));
        assert_eq!(journey.lost_order(now), Some(0));
        // What was cancelled is not ordered by the question what became of it.
        let closing = sent().closing_payments(Ending::Withdrawn).unwrap();
        assert!(matches!(closing.repeating_order(0, later()), RepeatedOrder::NoMore));
        let made = sent().payment_made(0, "p-1".into()).unwrap();
        assert!(matches!(made.repeating_order(0, later()), RepeatedOrder::NoMore));
    }

    #[test]
    fn an_order_that_was_not_sent_is_taken_back_unless_it_was_sent_again() {
        let back = sent().order_not_sent(0, NOW).unwrap();
        assert!(matches!(back.payment(0).unwrap().order, Some(PaymentOrder::Agreed { .. })));
        assert!(back.ordering_payment(0, sealed(), NOW).is_some());
        let RepeatedOrder::Again(again) = sent().repeating_order(0, later()) else { panic!() };
        assert_eq!(again.order_not_sent(0, later()), None);
        assert_eq!(sent().order_not_sent(0, later()), None);
    }

    #[test]
    fn what_browsers_bring_replaces_what_they_brought_a_few_times() {
        let mut journey = away();
        for _ in 0..=PaymentOrder::MOST_REPLACED {
            journey = journey.agreement_shown(0, sealed(), NOW).unwrap();
        }
        assert_eq!(journey.agreement_shown(0, sealed(), NOW), None);
    }

    #[test]
    fn whose_payment_may_have_been_made_is_sent_nowhere_else() {
        let to = Some(crate::domain::journey::Choice {
            institution: None,
            provider: "b".into(),
            scope: Vec::new(),
            text: None,
        });
        assert!(matches!(sent().begin_visit(to, NOW), BegunVisit::UnderWay(_, 0)));
    }
}
