//! BOOK: what a merchant orders without a customer is done at once, as far as the bank can.

use std::sync::Arc;

use futures_util::future::FutureExt;

use super::leave::state_digest;
use super::prove::{Known, while_away};
use super::returns::mark;
use super::{Engine, EngineError};
use crate::bank::{Bank, BankTrouble, Booked as Said};
use crate::domain::journey::{Booked, Departing, Journey, Unbookable, Via};
use crate::domain::merchant::Merchant;
use crate::domain::moment::Moment;
use crate::domain::outcome::{BankError, Cause, Fact, Hint, Offer};
use crate::domain::wish::Wish;
use crate::store::{Reservation, Step, Taken};

/// What a merchant's order came to.
#[derive(Debug)]
pub enum Ordered {
    /// Its journey, as it stands now.
    New(Journey),
    /// The journey that the same reservation opened before.
    Repeated(Journey),
}

impl Engine {
    /// Opens a journey for a merchant's call, and tells whether this call has opened it: for references that may be used
    /// once only.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn order(
        &self,
        merchant: &Merchant,
        dialect: &str,
        wish: &Wish,
        reservation: &Reservation,
    ) -> Result<Ordered, EngineError> {
        if let Some(before) = self.opened_by(reservation).await? {
            return Ok(Ordered::Repeated(before));
        }
        // Whoever is faster by a moment has it: the id tells.
        let (journey, own) = self.open_and_tell(merchant, dialect, wish, Some(reservation)).await?;
        Ok(if own { Ordered::New(journey) } else { Ordered::Repeated(journey) })
    }

    /// Has a journey done by its bank without a customer: a booking, or what a test bank is asked to play. A booking of
    /// another journey is written there first; what cannot be done to that one fails, with `unbookable` as the error.
    ///
    /// It goes on when its caller has given up. Should the gateway end in between, a bank that may be asked again is asked
    /// when the booking's time is over ([`crate::domain::journey::Booking::LIFE`]); else it expires, and what it takes of
    /// the other journey stays taken: the bank may have done it.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's bank or key is gone.
    pub async fn book(self: &Arc<Self>, journey: Journey) -> Result<Journey, EngineError> {
        self.bookings
            .join(journey.pay_id(), || {
                let engine = Arc::clone(self);
                async move { engine.have_done(journey).await }.boxed()
            })
            .await
    }

    async fn have_done(self: &Arc<Self>, journey: Journey) -> Result<Journey, EngineError> {
        let booking = journey.opening().purpose.booking().filter(|booking| booking.of.is_some());
        if let Some(booking) = booking {
            let booked = Booked { by: journey.pay_id(), kind: booking.kind, amount: booking.amount };
            if let Err(why) = self.write_booking(&journey, booked).await? {
                let error = BankError::new("unbookable", Some(&why.to_string()));
                return self.settle(journey, &Fact::refused(error)).await;
            }
        }
        let bank = Arc::clone(self.bank(&journey.opening().bank)?);
        match bank.book(&journey).await {
            Ok(Said::Now(fact)) => self.settle_at_last(journey, &fact).await,
            Ok(Said::Later(offer)) => self.book_later(journey, &offer).await,
            Ok(Said::Unknown) => Ok(journey),
            Err(trouble) => self.settle_at_last(journey, &Fact::refused(trouble.as_error())).await,
        }
    }

    /// The bank of a booking that its node has left: its time is over, and nobody has written what came of it.
    pub(super) fn unfinished(&self, journey: &Journey, now: Moment) -> Option<&Arc<dyn Bank>> {
        let left = journey.is_lapsed(now) && journey.departures().is_empty();
        journey.opening().purpose.booking().filter(|_| left)?;
        self.bank(&journey.opening().bank).ok()
    }

    /// Settles, however long the store is away: what the bank said once it will not say again.
    async fn settle_at_last(&self, journey: Journey, fact: &Fact) -> Result<Journey, EngineError> {
        while_away(|| self.settle(journey.clone(), fact)).await
    }

    /// Writes a booking into the journey that it is of.
    async fn write_booking(&self, journey: &Journey, booked: Booked) -> Result<Result<(), Unbookable>, EngineError> {
        loop {
            let Some(original) = self.original(journey).await? else { return Ok(Err(Unbookable::Unsuitable)) };
            let next = match original.book(booked) {
                Ok(next) => next,
                Err(why) => return Ok(Err(why)),
            };
            match self.take(&Step::book(next)).await? {
                Taken::Done => return Ok(Ok(())),
                Taken::Lost(_) => {}
                Taken::Gone => return Ok(Err(Unbookable::Unsuitable)),
            }
        }
    }

    /// Takes a booking that its bank has refused back from the journey that it is of. What ended in any other way stays
    /// there: the bank may have done it.
    pub(super) async fn take_booking_back(&self, journey: &Journey) {
        let refused = journey.settlement().is_some_and(|settlement| is_refusal(&settlement.cause));
        if journey.opening().purpose.booking().is_none() || !refused {
            return;
        }
        if let Err(error) = Box::pin(self.unbooked(journey)).await {
            // The booking has ended all the same; what it took stays taken, which harms nobody but its merchant.
            tracing::error!(error = %error, pay_id = %journey.pay_id(), "book.not_taken_back");
        }
    }

    async fn unbooked(&self, journey: &Journey) -> Result<(), EngineError> {
        while let Some(next) = self.original(journey).await?.and_then(|original| original.unbook(journey.pay_id())) {
            if self.take(&Step::book(next)).await? == Taken::Done {
                break;
            }
        }
        Ok(())
    }

    /// The journey that a booking is of, if it is the same merchant's.
    async fn original(&self, journey: &Journey) -> Result<Option<Journey>, EngineError> {
        let Some(of) = journey.opening().purpose.booking().and_then(|booking| booking.of) else { return Ok(None) };
        let own = journey.opening().merchant;
        Ok(self.store.find(of).await?.filter(|original| original.opening().merchant == own))
    }

    /// Keeps the bank's promise like an answer that a browser brought, so that it is not lost with this node.
    async fn book_later(self: &Arc<Self>, journey: Journey, offer: &Offer) -> Result<Journey, EngineError> {
        let (mut journey, departure) = match journey.depart(None, self.clock.now()) {
            Departing::New(next, departure) => {
                let state = self.state(&next, departure)?;
                match self.take(&Step::leave(next.clone(), state_digest(&state), departure)).await? {
                    Taken::Done => (next, departure),
                    Taken::Lost(now) => return Ok(*now),
                    Taken::Gone => return Err(EngineError::Missing("journey any more".into())),
                }
            }
            Departing::UnderWay(journey, departure) => (journey, departure),
            Departing::Ended(journey) => return Ok(journey),
            Departing::TooOften => return Err(EngineError::Missing("departure left".into())),
        };
        let via = Via { departure, mark: mark(&Hint::Code(offer.clone())) };
        while let Some(next) = self.held(&journey, via, offer)? {
            match self.take(&self.holds(next.clone(), via)).await? {
                Taken::Done => {
                    // It flies on by itself.
                    drop(self.prove(&next, via, offer, Known::Genuine));
                    return Ok(next);
                }
                Taken::Lost(now) => journey = *now,
                Taken::Gone => break,
            }
        }
        Ok(journey)
    }
}

/// Whether a bank has said no, and has not merely said nothing that can be read.
fn is_refusal(cause: &Cause) -> bool {
    match cause {
        Cause::Bank(Some(error)) => !BankTrouble::leaves_open(error),
        Cause::Bank(None) | Cause::Customer | Cause::Merchant | Cause::Time => false,
    }
}
