//! AHEAD: a departure that begins with the merchant's call, and not with a browser.
//!
//! The journey opens with its departure written down. A node asks the bank where the browser has to go, and writes that
//! into the journey when it comes; if the node dies, the departure is due, and another one asks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::FutureExt;
use tokio::time::Instant;

use super::leave::state_digest;
use super::prove::while_unreachable;
use super::{Engine, EngineError};
use crate::bank::{BankTrouble, Requested};
use crate::domain::delivery::News;
use crate::domain::journey::{Journey, Settling, Way};
use crate::domain::outcome::Fact;
use crate::domain::redirect::Redirect;
use crate::store::{Step, Taken};

impl Engine {
    /// Asks the bank for the way of a journey that opened ahead of its browser, and waits for it as long as the caller
    /// will; the journey as it stands then. Any other journey is answered as it is.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's bank or key is gone.
    pub async fn await_way(self: &Arc<Self>, journey: Journey, patience: Duration) -> Result<Journey, EngineError> {
        let Some((departure, _)) = journey.asked_ahead() else { return Ok(journey) };
        let flight = self.fly_ahead(&journey, departure);
        match tokio::time::timeout(patience, flight).await {
            Ok(landed) => landed?,
            Err(_late) => return Ok(journey),
        }
        Ok(self.store.find(journey.pay_id()).await?.unwrap_or(journey))
    }

    /// A journey as it stands when what is under way with its bank has come to something, or the caller will not wait any
    /// longer.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn await_change(&self, mut journey: Journey, patience: Duration) -> Result<Journey, EngineError> {
        let until = Instant::now() + patience;
        while is_under_way(&journey) && Instant::now() < until {
            tokio::time::sleep_until(until.min(Instant::now() + super::LOOK_AGAIN)).await;
            match self.store.find(journey.pay_id()).await? {
                Some(now) => journey = now,
                None => break,
            }
        }
        Ok(journey)
    }

    /// Where the browser of a journey has to go, as its bank has said ahead. `None` while that is not known, and when the
    /// journey was not opened so.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn known_way(&self, journey: &Journey) -> Result<Option<String>, EngineError> {
        let Some(Way::Known { url, .. }) = journey.departures().last().and_then(|last| last.way.as_ref()) else {
            return Ok(None);
        };
        let url = self.keys.open(url, journey.id().as_bytes()).and_then(|text| String::from_utf8(text.to_vec()).ok());
        url.map(Some).ok_or_else(super::key_gone)
    }

    /// Asks again for a way whose node has left it. `false` when this node is asking already.
    pub(super) fn ask_again(self: &Arc<Self>, journey: &Journey, departure: u8) -> bool {
        let begins = !self.ahead.has(&(journey.pay_id(), departure));
        if begins {
            tracing::info!(pay_id = %journey.pay_id(), "ahead.taken_over");
            // It flies on by itself.
            drop(self.fly_ahead(journey, departure));
        }
        begins
    }

    fn fly_ahead(
        self: &Arc<Self>,
        journey: &Journey,
        departure: u8,
    ) -> super::flights::Flight<Result<(), EngineError>> {
        self.ahead.join((journey.pay_id(), departure), || {
            let (engine, journey) = (Arc::clone(self), journey.clone());
            async move {
                let landed = engine.ask_ahead(journey, departure).await;
                if let Err(error) = &landed {
                    tracing::warn!(error = %error, "ahead.trouble");
                }
                landed
            }
            .boxed()
        })
    }

    async fn ask_ahead(self: &Arc<Self>, journey: Journey, departure: u8) -> Result<(), EngineError> {
        let Some(journey) = self.asking(journey, departure).await? else { return Ok(()) };
        match self.ask_while_unreachable(&journey, departure).await? {
            Ok(Requested::Accepted(redirect)) => self.keep_way(journey, departure, &redirect).await,
            Ok(Requested::Refused(error)) => self.give_way_up(journey, &Fact::refused(error)).await,
            Err(trouble) => {
                tracing::warn!(bank = journey.bank_of(departure), error = %trouble, "ahead.bank_trouble");
                // Nothing has been asked of the customer, whatever the bank has made of it.
                let trouble = BankTrouble::Unreachable("it gave no way".into());
                self.give_way_up(journey, &Fact::refused(trouble.as_error())).await
            }
        }
    }

    /// Writes down that the bank is asked, and the state under which it is. `None` when nobody has to ask any more.
    async fn asking(&self, mut journey: Journey, departure: u8) -> Result<Option<Journey>, EngineError> {
        let state = state_digest(&self.state(&journey, departure)?);
        loop {
            let Some(next) = journey.ask_ahead(departure, self.clock.now()) else { return Ok(None) };
            match self.taken(&Step::leave(next.clone(), state, departure)).await? {
                Taken::Done => return Ok(Some(next)),
                // Another node has begun to ask meanwhile.
                Taken::Lost(now) if now.asked_ahead().is_some_and(|(_, until)| self.clock.now() < until) => {
                    return Ok(None);
                }
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Ok(None),
            }
        }
    }

    /// Settles a journey for which no way was found, unless somebody else has begun to look for one, or has found it.
    async fn give_way_up(&self, mut journey: Journey, fact: &Fact) -> Result<(), EngineError> {
        let own = journey.asked_ahead();
        while own.is_some() && journey.asked_ahead() == own {
            let Settling::Settled(next, number) = journey.settle(fact, None, self.clock.now()) else { break };
            let told = self.told(&next, News::Settled(number));
            let token = self.minted(&next, number).unwrap_or_default();
            match self.taken(&Step::settle(next, token).telling(told)).await? {
                Taken::Lost(now) => journey = *now,
                Taken::Done | Taken::Gone => break,
            }
        }
        Ok(())
    }

    async fn ask_while_unreachable(
        &self,
        journey: &Journey,
        departure: u8,
    ) -> Result<Result<Requested, BankTrouble>, EngineError> {
        let bank = self.bank(journey.bank_of(departure))?;
        let papers = self.trip(journey, departure)?;
        let trip = papers.of(journey);
        // Before another node begins to ask.
        let way = tokio::time::timeout(Journey::ASKING * 4 / 5, while_unreachable(|| bank.depart(&trip))).await;
        Ok(way.unwrap_or(Err(BankTrouble::Unreachable("it took too long".into()))))
    }

    /// Writes the way into the journey, unless somebody else was first.
    async fn keep_way(&self, mut journey: Journey, departure: u8, way: &Redirect) -> Result<(), EngineError> {
        let seal =
            |journey: &Journey| self.keys.seal(way.as_str().as_bytes(), journey.id().as_bytes(), self.clock.entropy());
        let sealed = seal(&journey).ok_or_else(super::key_gone)?;
        while let Some(next) = journey.ready(departure, sealed.clone(), self.clock.now()) {
            let told = self.told(&next, News::Ready(departure));
            match self.taken(&Step::ready(next).telling(told)).await? {
                Taken::Lost(now) => journey = *now,
                Taken::Done | Taken::Gone => break,
            }
        }
        Ok(())
    }
}

/// Whether a bank is being asked something about a journey that has not ended.
fn is_under_way(journey: &Journey) -> bool {
    journey.settlement().is_none() && (journey.asked_ahead().is_some() || journey.proofs().next().is_some())
}
