//! LEAVE: the customer is sent to the bank, under a state of ours.

use std::time::Duration;

use super::{Engine, EngineError};
use crate::domain::journey::{Departing, Journey};
use crate::domain::redirect::Redirect;
use crate::keys::{digest, pay_id_of_link};
use crate::store::{Step, Taken};

/// How a browser leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where to.
    pub redirect: Redirect,
    /// The name of the cookie that goes with it.
    pub cookie_name: String,
    /// And its value.
    pub cookie_value: String,
    /// How long it is needed: until the journey expires.
    pub cookie_life: Duration,
}

/// What became of a wish to leave.
#[derive(Debug)]
pub enum Leaving {
    /// The browser leaves.
    Left(Left),
    /// The journey has ended; it can only go home.
    Ended(Box<Journey>),
    /// It has been tried too often.
    TooOften,
    /// The bank could not be asked now.
    NoBank(Box<Journey>),
}

impl Engine {
    /// Sends the customer of a link to the bank; a second press leaves under the same state. `None` when there is no
    /// such link.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's key is gone.
    pub async fn leave(&self, link: &str) -> Result<Option<Leaving>, EngineError> {
        let Some(mut journey) = self.look(link).await? else { return Ok(None) };
        if self.bank(&journey.opening().bank).is_err() {
            return Ok(Some(Leaving::NoBank(Box::new(journey))));
        }
        loop {
            match journey.clone().depart(self.clock.now()) {
                Departing::Ended => return Ok(Some(Leaving::Ended(Box::new(journey)))),
                Departing::TooOften => return Ok(Some(Leaving::TooOften)),
                Departing::UnderWay(departure) => return self.send_off(journey, departure).await.map(Some),
                Departing::New(next, departure) => {
                    let state = self.state(&next, departure)?;
                    match self.store.take(&Step::leave(next.clone(), state_digest(&state), departure)).await? {
                        Taken::Done => return self.send_off(next, departure).await.map(Some),
                        Taken::Lost(now) => journey = *now,
                        Taken::Gone => return Ok(None),
                    }
                }
            }
        }
    }

    /// The journey of a link, settled as expired if its time has run out. `None` when there is no such link.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn look(&self, link: &str) -> Result<Option<Journey>, EngineError> {
        let Some(pay_id) = pay_id_of_link(link) else { return Ok(None) };
        match self.store.find(pay_id).await? {
            Some(journey) if self.keys.is_link_of(link, &journey) => self.lapse(journey).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn send_off(&self, journey: Journey, departure: u8) -> Result<Leaving, EngineError> {
        let state = self.state(&journey, departure)?;
        let bank = self.bank(&journey.opening().bank)?;
        match tokio::time::timeout(self.patience(), bank.depart(&journey, &state)).await {
            Ok(Ok(redirect)) => Ok(Leaving::Left(Left {
                redirect,
                cookie_name: cookie_name(&state),
                cookie_life: journey.opening().expires_at.since(self.clock.now()),
                cookie_value: self.keys.cookie(&journey, &state).ok_or_else(super::key_gone)?,
            })),
            Ok(Err(trouble)) => {
                tracing::warn!(bank = journey.opening().bank, error = %trouble, "leave.bank_trouble");
                Ok(Leaving::NoBank(Box::new(journey)))
            }
            Err(_) => Ok(Leaving::NoBank(Box::new(journey))),
        }
    }

    fn state(&self, journey: &Journey, departure: u8) -> Result<String, EngineError> {
        self.keys.state(journey, departure).ok_or_else(super::key_gone)
    }
}

/// What a store keeps of a state.
pub(super) fn state_digest(state: &str) -> crate::domain::secret::Digest {
    digest("state", state.as_bytes())
}

/// The name of a departure's cookie. `__Host-` lets no other host set it; the rest keeps two tabs apart.
pub(super) fn cookie_name(state: &str) -> String {
    let [a, b, c, d, ..] = *digest("cookie name", state.as_bytes()).as_bytes();
    format!("__Host-hb-{a:02x}{b:02x}{c:02x}{d:02x}")
}
