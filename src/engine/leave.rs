//! LEAVE: the customer is sent to the bank, under a state of ours.

use std::sync::Arc;

use futures_util::future::FutureExt;
use tokio::time::Instant;

use super::returns::mark;
use super::visitor::{PREFIX, VisitCookie};
use super::{Engine, EngineError};
use crate::bank::{BankTrouble, Requested, Trip};
use crate::domain::institution::Institution;
use crate::domain::journey::{Choice, Departing, Journey, Purpose, Via};
use crate::domain::outcome::{BankError, Fact, Hint};
use crate::domain::redirect::Redirect;
use crate::domain::secret::Secret;
use crate::keys::{digest, pay_id_of_link};
use crate::store::{Step, Taken};

/// How a browser leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where to.
    pub redirect: Redirect,
    /// The cookie by which it is known when it comes back.
    pub cookie: VisitCookie,
}

/// What became of a wish to leave.
#[derive(Debug)]
pub enum Leaving {
    /// The browser leaves.
    Left(Left),
    /// The bank is late: the browser looks at a light page of ours and asks again.
    Late(Box<Journey>),
    /// The customer has to choose an institution first.
    Choose(Box<Journey>),
    /// The journey has ended; it can only go home.
    Ended(Box<Journey>),
    /// It has been tried too often.
    TooOften,
    /// The bank could not be asked now.
    NoBank(Box<Journey>),
    /// The bank refused the request: the browser goes where that leads.
    Refused(Redirect),
}

/// A wish to leave.
#[derive(Debug, Clone, Copy)]
pub struct Wished<'a> {
    /// The link of the journey.
    pub link: &'a str,
    /// The institution that the customer chose on a page of ours.
    pub institution: Option<&'a str>,
    /// When head and body had been read.
    pub at: Instant,
}

impl Engine {
    /// Sends the customer of a link to the bank; a second press leaves under the same state. `None` when there is no
    /// such link.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's key is gone.
    pub async fn leave(self: &Arc<Self>, wished: Wished<'_>) -> Result<Option<Leaving>, EngineError> {
        let Some(journey) = self.look(wished.link).await? else { return Ok(None) };
        if !journey.opening().purpose.needs_customer() {
            return Ok(Some(Leaving::Ended(Box::new(journey))));
        }
        let chosen = self.choice(&journey, wished.institution);
        let bank = chosen.as_ref().map_or_else(|| last_bank(&journey), |chosen| &chosen.bank);
        if journey.settlement().is_none() && self.bank(bank).is_err() {
            let journey = Box::new(journey);
            let asks = journey.institution().is_none() && matches!(journey.opening().purpose, Purpose::Consent(_));
            return Ok(Some(if asks { Leaving::Choose(journey) } else { Leaving::NoBank(journey) }));
        }
        match self.departed(journey, chosen).await? {
            None => Ok(None),
            Some(Departing::Ended(journey)) => Ok(Some(Leaving::Ended(Box::new(journey)))),
            Some(Departing::TooOften) => Ok(Some(Leaving::TooOften)),
            Some(Departing::UnderWay(journey, departure) | Departing::New(journey, departure)) => {
                self.send_off(journey, departure, wished.at).await.map(Some)
            }
        }
    }

    /// Writes a departure down, unless one is under way. `None` when the journey is gone.
    pub(super) async fn departed(
        &self,
        mut journey: Journey,
        to: Option<Choice>,
    ) -> Result<Option<Departing>, EngineError> {
        loop {
            let (next, departure) = match journey.depart(to.clone(), self.clock.now()) {
                Departing::New(next, departure) => (next, departure),
                known => return Ok(Some(known)),
            };
            let state = self.state(&next, departure)?;
            match self.take(&Step::leave(next.clone(), state_digest(&state), departure)).await? {
                Taken::Done => return Ok(Some(Departing::New(next, departure))),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Ok(None),
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
            // Nobody was ever given the link of an errand.
            Some(journey) if journey.opening().purpose.errand().is_some() => Ok(None),
            Some(journey) if self.keys.is_link_of(link, &journey) => self.lapse(journey).await.map(Some),
            _ => Ok(None),
        }
    }

    /// The institutions where the customer of a journey may go: what was asked for holds to its end. Their bank is there,
    /// and takes payments if it is to take one.
    pub fn eligible<'a>(&'a self, journey: &'a Journey) -> impl Iterator<Item = &'a Institution> {
        let purpose = &journey.opening().purpose;
        let named = purpose.institution();
        let can = move |institution: &&Institution| match purpose {
            Purpose::Consent(consent) => consent.scope_at(institution).is_some(),
            _ => named.is_none_or(|named| institution.id == named),
        };
        // As when it opens: what a bank is not told of it cannot be asked.
        let takes = move |institution: &&Institution| {
            if purpose.needs_payments() {
                self.takes_payments(institution)
            } else {
                self.bank(&institution.bank).is_ok()
            }
        };
        self.institutions().iter().filter(can).filter(takes)
    }

    /// Where the customer wants to go, if it is the customer who decides, and may go there.
    fn choice(&self, journey: &Journey, institution: Option<&str>) -> Option<Choice> {
        let (purpose, wanted) = (&journey.opening().purpose, institution?);
        let chosen = self.eligible(journey).find(|eligible| eligible.id == wanted)?;
        let chosen = Some(chosen).filter(|_| purpose.institution().is_none())?;
        let scope = purpose.consent().and_then(|consent| consent.scope_at(chosen)).unwrap_or_default();
        Some(Choice { institution: chosen.id.clone(), bank: chosen.bank.clone(), scope })
    }

    /// Asks the bank where to send the browser, and waits for that as long as the budget allows.
    async fn send_off(self: &Arc<Self>, journey: Journey, departure: u8, at: Instant) -> Result<Leaving, EngineError> {
        let key = (journey.pay_id(), departure);
        let flight = self.outbound.join(key, || {
            let (engine, journey) = (Arc::clone(self), journey.clone());
            async move { engine.ask_way(&journey, departure).await }.boxed()
        });
        let Ok(asked) = tokio::time::timeout_at(at + self.patience(), flight).await else {
            return Ok(Leaving::Late(Box::new(journey)));
        };
        // A bank may let its answer be used once only: the next press asks for another.
        self.outbound.forget(&key);
        match asked? {
            Ok(Requested::Refused(error)) => Box::pin(self.refused(journey, departure, error, at)).await,
            Ok(Requested::Accepted(redirect)) => {
                let cookie = self.visit_cookie(&journey, departure)?;
                Ok(Leaving::Left(Left { redirect, cookie }))
            }
            Err(trouble) => {
                tracing::warn!(bank = journey.bank_of(departure), error = %trouble, "leave.bank_trouble");
                Ok(Leaving::NoBank(Box::new(journey)))
            }
        }
    }

    /// Concludes what a bank said before any browser came to it: the same as if the browser had brought the error back.
    async fn refused(
        &self,
        journey: Journey,
        departure: u8,
        error: BankError,
        at: Instant,
    ) -> Result<Leaving, EngineError> {
        let via = Via { departure, mark: mark(&Hint::Refusal(error.clone())) };
        let concluded = self.conclude(journey, &Fact::refused(error), via).await?;
        self.announced(concluded.announcement, at).await;
        let journey = concluded.journey.as_ref().clone();
        // No browser has brought this error: it leads this one on, which has just asked. What ended otherwise asks who comes.
        if journey.counts(via) {
            return Ok(Leaving::Refused(self.way(&journey, &concluded.end, Some(departure))?));
        }
        Ok(Leaving::Ended(Box::new(journey)))
    }

    async fn ask_way(&self, journey: &Journey, departure: u8) -> Result<Result<Requested, BankTrouble>, EngineError> {
        let bank = self.bank(journey.bank_of(departure))?;
        let trip = self.trip(journey, departure)?;
        Ok(bank.depart(&trip.of(journey)).await)
    }

    /// What a bank has to know of a departure.
    pub(super) fn trip(&self, journey: &Journey, departure: u8) -> Result<Papers, EngineError> {
        let own = || self.public_url.page(&format!("/return/{}", journey.bank_of(departure)), &[]);
        let redirect_uri = self.app_address(journey)?.unwrap_or_else(own);
        Ok(Papers {
            state: self.state(journey, departure)?,
            verifier: self.keys.verifier(journey, departure).ok_or_else(super::key_gone)?,
            redirect_uri,
            institution: journey.institution().and_then(|id| self.institution(id)).map(|known| known.name.clone()),
        })
    }

    pub(super) fn state(&self, journey: &Journey, departure: u8) -> Result<String, EngineError> {
        self.keys.state(journey, departure).ok_or_else(super::key_gone)
    }
}

/// What a [`Trip`] is made of.
pub(super) struct Papers {
    state: String,
    verifier: Secret,
    redirect_uri: String,
    institution: Option<String>,
}

impl Papers {
    pub(super) fn of<'a>(&'a self, journey: &'a Journey) -> Trip<'a> {
        let Self { state, verifier, redirect_uri, institution } = self;
        // Yapily's `state` and `nonce` are one text, and its clients have seen them so.
        let institution = institution.as_deref();
        Trip { journey, state, nonce: state, verifier, redirect_uri, institution }
    }
}

/// The bank that the customer was last sent to, or will be.
fn last_bank(journey: &Journey) -> &str {
    let last = u8::try_from(journey.departures().len().saturating_sub(1)).unwrap_or(u8::MAX);
    journey.bank_of(last)
}

/// What a store keeps of a state.
pub(super) fn state_digest(state: &str) -> crate::domain::secret::Digest {
    digest("state", state.as_bytes())
}

/// The name of a departure's cookie. `__Host-` lets no other host set it; the rest keeps two tabs apart.
pub(super) fn cookie_name(state: &str) -> String {
    let [a, b, c, d, ..] = *digest("cookie name", state.as_bytes()).as_bytes();
    format!("{PREFIX}{a:02x}{b:02x}{c:02x}{d:02x}")
}
