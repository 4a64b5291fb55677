//! What becomes of a payment after it has concluded: captured, released, paid back.

use super::{Checkout, Journey, OperationKind, PaymentOperation, Purpose, Wanted};
use crate::domain::text::{cut, on_one_line, readable};
use crate::domain::{Amount, LatePayments, Outcome, PayId};

/// An operation that has changed a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedOperation {
    /// The operation's own journey.
    pub by: PayId,
    /// What it does.
    pub kind: OperationKind,
    /// How much, if it is about money.
    pub amount: Option<Amount>,
    /// The provider's own id of it, where it was done there without an order from here.
    pub reported_as: Option<String>,
}

/// What a provider says was done to a payment, by whomever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedOperation {
    /// The id that it was ordered with from here, else the provider's own: 1 to [`ReportedOperation::MAX_ID`]
    /// characters.
    pub id: String,
    /// What it does.
    pub kind: OperationKind,
    /// How much; `None` of a void.
    pub amount: Option<Amount>,
    /// Why, in the provider's words; may be empty.
    pub reason: String,
}

impl ReportedOperation {
    /// The longest id, in bytes.
    pub const MAX_ID: usize = 255;
}

/// Why an operation cannot change a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// The journey is of another kind.
    #[error("is no transaction that this can be done to")]
    Unsuitable,
    /// The journey has not been paid or authorised.
    #[error("has not succeeded")]
    Unproven,
    /// It has another currency.
    #[error("has another currency")]
    OtherCurrency,
    /// That much is not left.
    #[error("has not that much left")]
    TooMuch,
    /// It was released or forgotten, or has been changed too often.
    #[error("cannot be changed any more")]
    Over,
}

impl PaymentOperation {
    /// The longest reason that is kept, in characters.
    const MAX_REASON: usize = 255;

    /// What a provider has reported of this payment, with its reason on one line, cut at a word.
    pub fn reported(reported: &ReportedOperation, of: PayId) -> Self {
        let reason = readable(&on_one_line(&reported.reason));
        Self {
            kind: reported.kind,
            amount: reported.amount,
            of: Some(of),
            note: cut(&reason, |text| text.chars().count() <= Self::MAX_REASON).into_owned(),
            reported_as: Some(reported.id.clone()),
        }
    }

    /// As it is written into the journey that it is of, when this is its own number.
    pub fn applied(&self, by: PayId) -> AppliedOperation {
        AppliedOperation { by, kind: self.kind, amount: self.amount, reported_as: self.reported_as.clone() }
    }
}

impl Journey {
    /// The most operations that one journey takes.
    const MAX_OPERATIONS: usize = 50;

    /// The operations that have changed it, in their order.
    pub fn operations(&self) -> &[AppliedOperation] {
        &self.past.operations
    }

    /// Whether its provider has reported this operation before.
    pub fn knows_reported(&self, id: &str) -> bool {
        self.past.operations.iter().any(|applied| applied.reported_as.as_deref() == Some(id))
    }

    /// Whether it takes one more operation.
    pub fn takes_operations(&self) -> bool {
        self.is_proven() && self.past.operations.len() < Self::MAX_OPERATIONS
    }

    /// The chargeback that a reversal of this amount gives back: the last one of that amount, else the last one.
    pub fn charged_back_by(&self, amount: Option<Amount>) -> Option<PayId> {
        let taken = || self.past.operations.iter().rev().filter(|applied| applied.kind == OperationKind::Chargeback);
        taken().find(|applied| applied.amount == amount).or_else(|| taken().next()).map(|applied| applied.by)
    }

    /// Changes it by an operation. The same operation again changes nothing, and is no error.
    ///
    /// # Errors
    /// When this cannot be done to it, or not any more. What its provider has done is done: that is refused only where
    /// there is no room for it.
    pub fn apply(mut self, applied: AppliedOperation) -> Result<Self, Inapplicable> {
        if self.past.operations.contains(&applied) {
            return Ok(self);
        }
        if !self.is_proven() {
            return Err(Inapplicable::Unproven);
        }
        if !self.takes_operations() {
            return Err(Inapplicable::Over);
        }
        if applied.reported_as.is_none() {
            self.check(&applied)?;
        }
        self.past.operations.push(applied);
        Ok(self.revised())
    }

    fn check(&self, applied: &AppliedOperation) -> Result<(), Inapplicable> {
        let over = |kind| self.past.operations.iter().any(|before| before.kind == kind);
        let left = self.applicable(applied.kind).ok_or(Inapplicable::Unsuitable)?;
        if over(OperationKind::Void) || over(OperationKind::Deregister) {
            return Err(Inapplicable::Over);
        }
        // What has been collected stays so; a void releases the rest of it, if there is any.
        if applied.kind == OperationKind::Void && left.is_some_and(|left| left.minor() == 0) {
            return Err(Inapplicable::Over);
        }
        match (left, applied.amount) {
            (Some(left), Some(amount)) if left.currency() != amount.currency() => Err(Inapplicable::OtherCurrency),
            (Some(left), Some(amount)) if left.minor() < amount.minor() => Err(Inapplicable::TooMuch),
            (None, Some(_)) => Err(Inapplicable::Unsuitable),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Whether it is a payment that was made after its merchant was told another ending, and that is to be given back
    /// by itself: nobody has begun to, and its merchant has done nothing to it.
    pub fn owes_refund(&self) -> bool {
        let is_late = self.is_proven() && self.past.final_outcomes.iter().any(|before| !before.outcome.is_proven());
        self.opening.settings.late_payments == LatePayments::Refund
            && self.opening.purpose.checkout().is_some_and(|checkout| checkout.wanted.amount().is_some())
            && is_late
            && self.past.operations.is_empty()
            && self.past.late_refund.is_none()
    }

    /// Notes which operation gives it back. `None` when that is known.
    #[must_use]
    pub fn refund_begun(mut self, refund: PayId) -> Option<Self> {
        if self.past.late_refund.is_some() {
            return None;
        }
        self.past.late_refund = Some(refund);
        Some(self.revised())
    }

    /// What gives all of a payment back: a refund, or a void where its amount was only set aside. `None` where it has
    /// no amount.
    pub fn whole_refund(&self) -> Option<PaymentOperation> {
        let amount = self.opening.purpose.amount()?;
        let (kind, amount) = match self.final_outcome()?.outcome {
            Outcome::Authorised => (OperationKind::Void, None),
            _ => (OperationKind::Refund, Some(amount)),
        };
        let note = "Paid after it had ended".into();
        Some(PaymentOperation { kind, amount, of: Some(self.pay_id()), note, reported_as: None })
    }

    /// Takes an operation back that came to nothing. `None` when there is none.
    #[must_use]
    pub fn take_back(mut self, by: PayId) -> Option<Self> {
        let before = self.past.operations.len();
        self.past.operations.retain(|applied| applied.by != by);
        (self.past.operations.len() < before).then(|| self.revised())
    }

    /// What such an operation could still take of this journey: money, or something without an amount. `None` when such
    /// an operation makes no sense of it.
    pub fn applicable(&self, kind: OperationKind) -> Option<Option<Amount>> {
        let (amount, fits) = match &self.opening.purpose {
            Purpose::Checkout(checkout) => (checkout.wanted.amount(), fits(checkout.wanted, kind)),
            Purpose::Operation(operation) => {
                (operation.amount, operation.kind == OperationKind::Capture && takes_back(kind))
            }
            Purpose::Consent(_) | Purpose::Job(_) => (None, false),
        };
        fits.then(|| {
            amount.map(|amount| Amount::from_minor(amount.minor().saturating_sub(self.taken()), amount.currency()))
        })
    }

    /// What its operations take of it, in minor units: of what was set aside, what was collected; of what was paid, what
    /// went back.
    fn taken(&self) -> u64 {
        let is_set_aside =
            self.opening.purpose.checkout().is_some_and(|checkout| matches!(checkout.wanted, Wanted::Reservation(_)));
        if is_set_aside {
            return self.sum(OperationKind::Capture);
        }
        self.went_back()
    }

    /// What could still be given back of what was collected of it, whatever each capture has left: its provider may have
    /// given some of it back.
    pub fn left_of_captures(&self) -> Option<Amount> {
        let currency = self.opening.purpose.amount()?.currency();
        Some(Amount::from_minor(self.sum(OperationKind::Capture).saturating_sub(self.went_back()), currency))
    }

    /// What went back to its customer, in minor units.
    fn went_back(&self) -> u64 {
        self.sum(OperationKind::Refund).saturating_add(self.sum_left(OperationKind::Chargeback))
    }

    /// [`Journey::sum`], less what was reversed of it since.
    fn sum_left(&self, kind: OperationKind) -> u64 {
        let reversed = match kind {
            OperationKind::Chargeback => self.sum(OperationKind::ChargebackReversal),
            _ => 0,
        };
        self.sum(kind).saturating_sub(reversed)
    }

    /// The sum of its operations of this kind, in minor units.
    fn sum(&self, kind: OperationKind) -> u64 {
        let amounts =
            self.past.operations.iter().filter(|applied| applied.kind == kind).filter_map(|applied| applied.amount);
        amounts.map(Amount::minor).fold(0, u64::saturating_add)
    }

    /// What operations of this kind come to, those not counted that were refused: what chargebacks have taken, less what
    /// their reversals gave back. `None` where there were none.
    pub fn total(&self, kind: OperationKind) -> Option<Amount> {
        let currency = self.opening.purpose.amount()?.currency();
        let is_any = self.past.operations.iter().any(|applied| applied.kind == kind && applied.amount.is_some());
        is_any.then(|| Amount::from_minor(self.sum_left(kind), currency))
    }

    /// The outcome that a provider's yes concludes it as.
    pub fn yes(&self) -> Outcome {
        match &self.opening.purpose {
            Purpose::Checkout(Checkout { wanted: Wanted::Reservation(_) | Wanted::Registration, .. })
            | Purpose::Consent(_) => Outcome::Authorised,
            Purpose::Checkout(_) | Purpose::Operation(_) => Outcome::Paid,
            Purpose::Job(_) => Outcome::Done,
        }
    }
}

const fn fits(wanted: Wanted, kind: OperationKind) -> bool {
    match wanted {
        Wanted::Payment(_) => takes_back(kind),
        Wanted::Reservation(_) => matches!(kind, OperationKind::Capture | OperationKind::Void),
        Wanted::Registration => matches!(kind, OperationKind::Deregister),
    }
}

const fn takes_back(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::Refund | OperationKind::Chargeback)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, journey};
    use super::super::{Conclusion, Opening, PaymentOperation};
    use super::*;
    use crate::domain::{Currency, Fact};

    fn eur(text: &str) -> Amount {
        Amount::parse(text, Currency::EUR).unwrap()
    }

    fn of(purpose: Purpose, fact: &Fact) -> Journey {
        let journey = Journey::open(Opening { purpose, ..journey().opening().clone() });
        let Conclusion::Concluded(journey, _) = journey.conclude(fact, None, NOW) else { panic!() };
        journey
    }

    fn checkout(wanted: Wanted) -> Purpose {
        let Purpose::Checkout(checkout) = journey().opening().purpose.clone() else { panic!() };
        Purpose::Checkout(Checkout { wanted, ..checkout })
    }

    fn applied(by: u64, kind: OperationKind, amount: Option<&str>) -> AppliedOperation {
        AppliedOperation { by: PayId::new(by).unwrap(), kind, amount: amount.map(eur), reported_as: None }
    }

    #[test]
    fn a_payment_is_paid_back_once_and_never_more_than_it_was() {
        let paid = of(checkout(Wanted::Payment(eur("10"))), &Fact::paid());
        let refund = |by, amount| applied(by, OperationKind::Refund, Some(amount));
        let half = paid.apply(refund(1, "6")).unwrap();
        assert_eq!(half.clone().apply(refund(1, "6")).unwrap(), half, "the same operation again");
        assert_eq!(half.clone().apply(refund(2, "4.01")), Err(Inapplicable::TooMuch));
        let whole = half.clone().apply(refund(2, "4")).unwrap();
        assert_eq!(whole.clone().apply(refund(3, "0.01")), Err(Inapplicable::TooMuch));
        let back = whole.take_back(PayId::new(2).unwrap()).unwrap();
        assert_eq!(back.operations(), half.operations());
        assert_eq!(back.take_back(PayId::new(2).unwrap()), None);
        for kind in [OperationKind::Capture, OperationKind::Void, OperationKind::Deregister, OperationKind::Payout] {
            assert_eq!(half.clone().apply(applied(9, kind, Some("1"))), Err(Inapplicable::Unsuitable), "{kind:?}");
        }
        let dollars = AppliedOperation {
            amount: Some(Amount::parse("1", Currency::parse("USD").unwrap()).unwrap()),
            ..refund(4, "1")
        };
        assert_eq!(half.apply(dollars), Err(Inapplicable::OtherCurrency));
    }

    #[test]
    fn what_was_set_aside_is_collected_and_the_rest_of_it_released() {
        let reserved = of(checkout(Wanted::Reservation(eur("10"))), &Fact::agreed());
        let capture = |by, amount| applied(by, OperationKind::Capture, Some(amount));
        let part = reserved.clone().apply(capture(1, "4")).unwrap();
        assert_eq!(part.clone().apply(capture(2, "7")), Err(Inapplicable::TooMuch));
        let rest_released = part.clone().apply(applied(3, OperationKind::Void, None)).unwrap();
        for later in [capture(4, "1"), applied(4, OperationKind::Void, None)] {
            assert_eq!(rest_released.clone().apply(later.clone()), Err(Inapplicable::Over), "{later:?}");
        }
        let whole = part.apply(capture(2, "6")).unwrap();
        assert_eq!(
            whole.clone().apply(applied(3, OperationKind::Void, None)),
            Err(Inapplicable::Over),
            "nothing is left"
        );
        let given_back = whole.take_back(PayId::new(2).unwrap()).unwrap();
        assert!(given_back.apply(applied(3, OperationKind::Void, None)).is_ok(), "what came to nothing is left again");
        let released = reserved.apply(applied(3, OperationKind::Void, None)).unwrap();
        assert_eq!(released.apply(capture(1, "1")), Err(Inapplicable::Over));
        let captured = PaymentOperation {
            kind: OperationKind::Capture,
            amount: Some(eur("4")),
            of: None,
            note: String::new(),
            reported_as: None,
        };
        let captured = of(Purpose::Operation(captured), &Fact::paid());
        assert!(captured.clone().apply(applied(5, OperationKind::Refund, Some("4"))).is_ok());
        assert_eq!(captured.apply(applied(5, OperationKind::Refund, Some("5"))), Err(Inapplicable::TooMuch));
    }

    #[test]
    fn what_its_provider_has_done_is_done_whatever_is_left() {
        let paid = of(checkout(Wanted::Payment(eur("10"))), &Fact::paid());
        let reported = |by: u64, kind, amount: &str| AppliedOperation {
            reported_as: Some(format!("p{by}")),
            ..applied(by, kind, Some(amount))
        };
        let refunded = paid.apply(applied(1, OperationKind::Refund, Some("6"))).unwrap();
        let charged = refunded.apply(reported(2, OperationKind::Chargeback, "10")).unwrap();
        assert_eq!(charged.total(OperationKind::Chargeback), Some(eur("10")));
        assert_eq!(charged.clone().apply(applied(3, OperationKind::Refund, Some("0.01"))), Err(Inapplicable::TooMuch));
        assert!(charged.knows_reported("p2") && !charged.knows_reported("p3"));
        assert_eq!(charged.charged_back_by(Some(eur("10"))), PayId::new(2));
        let reversed = charged.apply(reported(4, OperationKind::ChargebackReversal, "10")).unwrap();
        assert_eq!(reversed.total(OperationKind::Chargeback), Some(Amount::from_minor(0, Currency::EUR)));
        assert_eq!(reversed.total(OperationKind::Refund), Some(eur("6")));
        assert!(reversed.apply(applied(5, OperationKind::Refund, Some("4"))).is_ok(), "it may be given back again");
        let reserved = of(checkout(Wanted::Reservation(eur("10"))), &Fact::agreed());
        let charged = reserved.apply(reported(2, OperationKind::Chargeback, "10")).unwrap();
        assert!(charged.apply(applied(3, OperationKind::Capture, Some("10"))).is_ok(), "it takes nothing of the rest");
        let full = (0..50).fold(of(checkout(Wanted::Payment(eur("10"))), &Fact::paid()), |journey, by| {
            journey.apply(reported(by + 1, OperationKind::Chargeback, "1")).unwrap()
        });
        assert_eq!(full.apply(reported(99, OperationKind::Chargeback, "1")), Err(Inapplicable::Over));
        assert_eq!(journey().apply(reported(2, OperationKind::Refund, "1")), Err(Inapplicable::Unproven));
    }

    #[test]
    fn a_registration_is_forgotten_once_and_nothing_is_done_to_what_failed() {
        let registered = of(checkout(Wanted::Registration), &Fact::agreed());
        let forgotten = registered.clone().apply(applied(1, OperationKind::Deregister, None)).unwrap();
        let years = std::time::Duration::from_hours(9 * 365 * 24);
        assert!(registered.ends_at() > NOW.plus(years) && forgotten.ends_at() > NOW.plus(years));
        assert_eq!(forgotten.apply(applied(2, OperationKind::Deregister, None)), Err(Inapplicable::Over));
        assert_eq!(registered.apply(applied(2, OperationKind::Refund, Some("1"))), Err(Inapplicable::Unsuitable));
        let cancelled = of(checkout(Wanted::Payment(eur("10"))), &Fact::pressed_cancel());
        assert_eq!(cancelled.apply(applied(1, OperationKind::Refund, Some("1"))), Err(Inapplicable::Unproven));
        assert_eq!(journey().apply(applied(1, OperationKind::Refund, Some("1"))), Err(Inapplicable::Unproven));
    }
}
