//! What becomes of a payment after it has concluded: captured, released, paid back.

use super::{BookingKind, Checkout, Journey, Purpose, Wanted};
use crate::domain::id::PayId;
use crate::domain::money::Amount;
use crate::domain::outcome::Outcome;

/// A booking that has changed a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// The booking's own journey.
    pub by: PayId,
    /// What it does.
    pub kind: BookingKind,
    /// How much, if it is about money.
    pub amount: Option<Amount>,
}

/// Why a booking cannot change a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbookable {
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

impl Journey {
    /// The most bookings that one journey takes.
    const BOOKINGS: usize = 50;

    /// The bookings that have changed it, in their order.
    pub fn bookings(&self) -> &[Booked] {
        &self.past.bookings
    }

    /// Changes it by a booking. The same booking again changes nothing, and is no error.
    ///
    /// # Errors
    /// When this cannot be done to it, or not any more.
    pub fn book(mut self, booked: Booked) -> Result<Self, Unbookable> {
        if self.past.bookings.contains(&booked) {
            return Ok(self);
        }
        if !self.final_outcome().is_some_and(|final_outcome| final_outcome.outcome.is_proven()) {
            return Err(Unbookable::Unproven);
        }
        let over = |kind| self.past.bookings.iter().any(|before| before.kind == kind);
        let left = self.bookable(booked.kind).ok_or(Unbookable::Unsuitable)?;
        if over(BookingKind::Void) || over(BookingKind::Deregister) || self.past.bookings.len() >= Self::BOOKINGS {
            return Err(Unbookable::Over);
        }
        // What has been collected stays so; a void releases the rest of it, if there is any.
        if booked.kind == BookingKind::Void && left.is_some_and(|left| left.minor() == 0) {
            return Err(Unbookable::Over);
        }
        match (left, booked.amount) {
            (Some(left), Some(amount)) if left.currency() != amount.currency() => {
                return Err(Unbookable::OtherCurrency);
            }
            (Some(left), Some(amount)) if left.minor() < amount.minor() => return Err(Unbookable::TooMuch),
            (None, Some(_)) => return Err(Unbookable::Unsuitable),
            (Some(_) | None, _) => {}
        }
        self.past.bookings.push(booked);
        Ok(self.revised())
    }

    /// Takes a booking back that came to nothing. `None` when there is none.
    #[must_use]
    pub fn unbook(mut self, by: PayId) -> Option<Self> {
        let before = self.past.bookings.len();
        self.past.bookings.retain(|booked| booked.by != by);
        (self.past.bookings.len() < before).then(|| self.revised())
    }

    /// What such a booking could still take of this journey: money, or something without an amount. `None` when such a
    /// booking makes no sense of it.
    pub fn bookable(&self, kind: BookingKind) -> Option<Option<Amount>> {
        let (amount, fits) = match &self.opening.purpose {
            Purpose::Checkout(checkout) => (checkout.wanted.amount(), fits(checkout.wanted, kind)),
            Purpose::Booking(booking) => (booking.amount, booking.kind == BookingKind::Capture && takes_back(kind)),
            Purpose::Consent(_) | Purpose::Errand(_) => (None, false),
        };
        fits.then(|| {
            amount.map(|amount| Amount::from_minor(amount.minor().saturating_sub(self.taken()), amount.currency()))
        })
    }

    fn taken(&self) -> u64 {
        let amounts = self.past.bookings.iter().filter_map(|booked| booked.amount);
        amounts.map(Amount::minor).fold(0, u64::saturating_add)
    }

    /// The outcome that a bank's yes concludes it as.
    pub const fn yes(&self) -> Outcome {
        match &self.opening.purpose {
            Purpose::Checkout(Checkout { wanted: Wanted::Reservation(_) | Wanted::Registration, .. })
            | Purpose::Consent(_) => Outcome::Authorised,
            Purpose::Checkout(_) | Purpose::Booking(_) => Outcome::Paid,
            Purpose::Errand(_) => Outcome::Done,
        }
    }
}

const fn fits(wanted: Wanted, kind: BookingKind) -> bool {
    match wanted {
        Wanted::Payment(_) => takes_back(kind),
        Wanted::Reservation(_) => matches!(kind, BookingKind::Capture | BookingKind::Void),
        Wanted::Registration => matches!(kind, BookingKind::Deregister),
    }
}

const fn takes_back(kind: BookingKind) -> bool {
    matches!(kind, BookingKind::Refund | BookingKind::Chargeback)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, journey};
    use super::super::{Booking, Conclusion, Opening};
    use super::*;
    use crate::domain::money::Currency;
    use crate::domain::outcome::Fact;

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

    fn booked(by: u64, kind: BookingKind, amount: Option<&str>) -> Booked {
        Booked { by: PayId::new(by).unwrap(), kind, amount: amount.map(eur) }
    }

    #[test]
    fn a_payment_is_paid_back_once_and_never_more_than_it_was() {
        let paid = of(checkout(Wanted::Payment(eur("10"))), &Fact::paid());
        let refund = |by, amount| booked(by, BookingKind::Refund, Some(amount));
        let half = paid.book(refund(1, "6")).unwrap();
        assert_eq!(half.clone().book(refund(1, "6")).unwrap(), half, "the same booking again");
        assert_eq!(half.clone().book(refund(2, "4.01")), Err(Unbookable::TooMuch));
        let whole = half.clone().book(refund(2, "4")).unwrap();
        assert_eq!(whole.clone().book(refund(3, "0.01")), Err(Unbookable::TooMuch));
        let back = whole.unbook(PayId::new(2).unwrap()).unwrap();
        assert_eq!(back.bookings(), half.bookings());
        assert_eq!(back.unbook(PayId::new(2).unwrap()), None);
        for kind in [BookingKind::Capture, BookingKind::Void, BookingKind::Deregister, BookingKind::Payout] {
            assert_eq!(half.clone().book(booked(9, kind, Some("1"))), Err(Unbookable::Unsuitable), "{kind:?}");
        }
        let dollars =
            Booked { amount: Some(Amount::parse("1", Currency::parse("USD").unwrap()).unwrap()), ..refund(4, "1") };
        assert_eq!(half.book(dollars), Err(Unbookable::OtherCurrency));
    }

    #[test]
    fn what_was_set_aside_is_collected_and_the_rest_of_it_released() {
        let reserved = of(checkout(Wanted::Reservation(eur("10"))), &Fact::agreed());
        let capture = |by, amount| booked(by, BookingKind::Capture, Some(amount));
        let part = reserved.clone().book(capture(1, "4")).unwrap();
        assert_eq!(part.clone().book(capture(2, "7")), Err(Unbookable::TooMuch));
        let rest_released = part.clone().book(booked(3, BookingKind::Void, None)).unwrap();
        for later in [capture(4, "1"), booked(4, BookingKind::Void, None)] {
            assert_eq!(rest_released.clone().book(later), Err(Unbookable::Over), "{later:?}");
        }
        let whole = part.book(capture(2, "6")).unwrap();
        assert_eq!(whole.clone().book(booked(3, BookingKind::Void, None)), Err(Unbookable::Over), "nothing is left");
        let given_back = whole.unbook(PayId::new(2).unwrap()).unwrap();
        assert!(given_back.book(booked(3, BookingKind::Void, None)).is_ok(), "what came to nothing is left again");
        let released = reserved.book(booked(3, BookingKind::Void, None)).unwrap();
        assert_eq!(released.book(capture(1, "1")), Err(Unbookable::Over));
        let captured = Booking { kind: BookingKind::Capture, amount: Some(eur("4")), of: None, note: String::new() };
        let captured = of(Purpose::Booking(captured), &Fact::paid());
        assert!(captured.clone().book(booked(5, BookingKind::Refund, Some("4"))).is_ok());
        assert_eq!(captured.book(booked(5, BookingKind::Refund, Some("5"))), Err(Unbookable::TooMuch));
    }

    #[test]
    fn a_registration_is_forgotten_once_and_nothing_is_done_to_what_failed() {
        let registered = of(checkout(Wanted::Registration), &Fact::agreed());
        let forgotten = registered.clone().book(booked(1, BookingKind::Deregister, None)).unwrap();
        assert_eq!(forgotten.book(booked(2, BookingKind::Deregister, None)), Err(Unbookable::Over));
        assert_eq!(registered.book(booked(2, BookingKind::Refund, Some("1"))), Err(Unbookable::Unsuitable));
        let cancelled = of(checkout(Wanted::Payment(eur("10"))), &Fact::pressed_cancel());
        assert_eq!(cancelled.book(booked(1, BookingKind::Refund, Some("1"))), Err(Unbookable::Unproven));
        assert_eq!(journey().book(booked(1, BookingKind::Refund, Some("1"))), Err(Unbookable::Unproven));
    }
}
