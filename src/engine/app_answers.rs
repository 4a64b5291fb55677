//! An app takes the bank's answer itself, and brings it here.
//!
//! The bank's page leads the browser straight to the app's own callback, under a `state` of ours. The app posts what came;
//! from then on it is as if the browser had come to us.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::consents::BroughtCode;
use super::prove::{Known, Landed};
use super::returns::mark;
use super::{Counted, Engine, EngineError, Page, Stretch, Which};
use crate::bank::Answer;
use crate::domain::consent::AnswerTo;
use crate::domain::id::MerchantId;
use crate::domain::journey::{HandBack, Journey, Via};
use crate::domain::outcome::{Fact, Hint, Offer};

/// How many of a member's journeys are looked at for one that its app calls by a `state` of its own.
const LOOKED_AT: usize = 2_000;

impl Engine {
    /// The address of the app that takes the bank's answer itself, where one does: its bank knows no other.
    ///
    /// # Errors
    /// When the journey's dialect is gone.
    pub(super) fn app_address(&self, journey: &Journey) -> Result<Option<String>, EngineError> {
        let opening = journey.opening();
        if let Some(AnswerTo::App(url)) = opening.purpose.consent().map(|consent| &consent.answer_to) {
            return Ok(Some(url.clone()));
        }
        let dialect = self.dialect(&opening.dialect)?;
        match opening.plan.landing_for(None).filter(|_| dialect.lets_app_answer(journey)) {
            Some(entry) => {
                let nothing = HandBack { settlement: None, token: None, consent_token: None, signature: None };
                Ok(Some(entry.url.filled(&dialect.way_home(journey, &nothing))?))
            }
            None => Ok(None),
        }
    }

    /// Takes the answer of a bank that answered the app itself, for a journey of this dialect, and waits for what it proves,
    /// `patience` at the most.
    ///
    /// # Errors
    /// When the answer is not one that the journey's bank gives, or the store is in trouble.
    pub async fn bring_answer(
        self: &Arc<Self>,
        (merchant, dialect): (MerchantId, &str),
        answer: &Answer,
        patience: Duration,
    ) -> Result<BroughtCode, EngineError> {
        let until = Instant::now() + patience;
        let Some(state) = self.state_of(answer) else { return Ok(BroughtCode::Unknown) };
        let found = match self.journey_of_state(&state).await? {
            Some(found) => Some(found),
            None => self.journey_known_as((merchant, dialect), &state).await?,
        };
        let Some((journey, departure)) = found else { return Ok(BroughtCode::Unknown) };
        let is_own = journey.opening().merchant == merchant && journey.opening().dialect == dialect;
        if !is_own || self.app_address(&journey)?.is_none() {
            return Ok(BroughtCode::Unknown);
        }
        let said = self.bank(journey.bank_of(departure))?.read_return(answer)?;
        let journey = self.lapse(journey).await?;
        let via = Via { departure, mark: mark(&said.hint) };
        match said.hint {
            Hint::Refusal(error) if journey.answered(via).is_none() && !journey.is_spent(departure) => {
                self.conclude(journey.clone(), &Fact::refused(error), via).await?;
            }
            Hint::Refusal(_) => {}
            Hint::Code(offer) => {
                if matches!(self.prove_brought(&journey, via, &offer, patience).await?, Landed::Forged) {
                    return Ok(BroughtCode::Forged);
                }
            }
        }
        let pay_id = journey.pay_id();
        let journey = self.store.find(pay_id).await?.ok_or_else(|| EngineError::Missing("journey any more".into()))?;
        let left = until.saturating_duration_since(Instant::now());
        Ok(BroughtCode::Journey(Box::new(self.await_change(journey, left).await?)))
    }

    /// The journey that its app calls by this `state`, and its last departure: the one that waits for an answer or, where
    /// none does, the one that there is. `None` where there are several, because an answer must not reach another
    /// customer's payment; and of a journey that is not among the member's last [`LOOKED_AT`].
    async fn journey_known_as(
        &self,
        (merchant, dialect): (MerchantId, &str),
        state: &str,
    ) -> Result<Option<(Journey, u8)>, EngineError> {
        let words = self.dialect(dialect)?;
        let page = Page { skip: 0, most: LOOKED_AT };
        let stretch = Stretch { lists: vec![Which::All], before: None, after: None, from: None, most: LOOKED_AT };
        let wanted = |journey: &Journey| journey.opening().dialect == dialect && words.knows_as(journey, state);
        let found = self.select_and_count(merchant, &stretch, Counted { page, to: 0 }, wanted).await?.journeys;
        let mut waiting = found.iter().filter(|journey| journey.settlement().is_none());
        let one = match (waiting.next(), waiting.next(), found.as_slice()) {
            (Some(one), None, _) | (None, None, [one]) => one.clone(),
            _ => return Ok(None),
        };
        let last = one.departures().len().checked_sub(1).and_then(|last| u8::try_from(last).ok());
        Ok(last.map(|departure| (one, departure)))
    }

    /// Takes a code to its bank, unless something has been proven. What takes longer than `patience` goes on by itself.
    pub(super) async fn prove_brought(
        self: &Arc<Self>,
        journey: &Journey,
        via: Via,
        offer: &Offer,
        patience: Duration,
    ) -> Result<Landed, EngineError> {
        let proven = journey.settlement().is_some_and(|settlement| settlement.outcome.is_proven());
        if journey.answered(via).is_some() || proven {
            return Ok(Landed::Elsewhere);
        }
        let flight = self.prove(journey, via, offer, Known::Nothing);
        match select(flight, pin!(tokio::time::sleep(patience))).await {
            Either::Left((landing, _)) => Ok(landing?.landed),
            Either::Right(_) if self.is_genuine(journey, via, offer) => {
                self.keep(journey.clone(), via, offer).await?;
                Ok(Landed::Elsewhere)
            }
            Either::Right(_) => Ok(Landed::Unchecked),
        }
    }

    /// The `state` of an answer: as it stands there, or in what the one bank signed that can read it.
    fn state_of(&self, answer: &Answer) -> Option<String> {
        let signed = || self.banks.iter().find_map(|bank| bank.read_return(answer).ok()?.state);
        answer.state().map(str::to_owned).or_else(signed)
    }
}
