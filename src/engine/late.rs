//! LATE: the bank has not answered within the budget. Its customer goes home without a status, or waits on a light page.

use super::returns::{RejectedReturn, Returned, Waited, token_digest, wait};
use super::{Engine, EngineError, Visitor};
use crate::domain::delivery::News;
use crate::domain::journey::{End, Journey, Proof, Via};
use crate::domain::outcome::Offer;
use crate::domain::secret::Secret;
use crate::domain::token::MintedToken;
use crate::store::{Step, Taken};

impl Engine {
    /// The budget is spent. Where the callback would claim an outcome, the customer waits on a light page; where it
    /// promises none, and a one-time token will tell, the customer goes home now. Either way the offer is kept, so that
    /// it is not lost with this node. It has been found genuine: nothing is kept of what has not been checked.
    pub(super) async fn late(&self, waited: Waited, offer: &Offer, visitor: &Visitor) -> Result<Returned, EngineError> {
        let Waited { mut journey, state, via } = waited;
        loop {
            if let Some(end) = journey.answered(via) {
                return self.led(&journey, end, via, visitor);
            }
            let step = match self.early(&journey, via, offer)? {
                Some(step) => step,
                None if journey.proof(via).is_some() => return Ok(wait(journey, state, via)),
                None => match self.held(&journey, via, offer)? {
                    Some(next) => self.holds(next, via),
                    None => return Ok(wait(journey, state, via)),
                },
            };
            match self.take(&step).await? {
                Taken::Done => journey = step.journey().clone(),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Ok(Returned::Rejected(RejectedReturn::UnknownState)),
            }
        }
    }

    /// The step that sends a customer home before the fact, where that is wanted and possible.
    fn early(&self, journey: &Journey, via: Via, offer: &Offer) -> Result<Option<Step>, EngineError> {
        let dialect = self.dialect(&journey.opening().dialect)?;
        if journey.opening().plan.landing_for(None).is_none() || !dialect.goes_home_unproven(journey) {
            return Ok(None);
        }
        let number = journey.token_number(&End::Frozen, Some(via.departure));
        let token = self.minted(journey, number)?;
        let proof = self.holding(journey, offer)?;
        Ok(journey.clone().freeze(via, proof, self.clock.now()).map(|next| {
            let told = self.told(&next, News::Returned(via.departure));
            Step::freeze(next, token).telling(told)
        }))
    }

    /// Keeps a genuine offer that nobody has taken to the bank yet, so that it is not lost with this node.
    pub(super) async fn keep(&self, mut journey: Journey, via: Via, offer: &Offer) -> Result<(), EngineError> {
        while journey.answered(via).is_none() && journey.proof(via).is_none() {
            let Some(next) = self.held(&journey, via, offer)? else { break };
            match self.take(&self.holds(next, via)).await? {
                Taken::Lost(now) => journey = *now,
                Taken::Done | Taken::Gone => break,
            }
        }
        Ok(())
    }

    /// The step that keeps an offer.
    pub(super) fn holds(&self, journey: Journey, via: Via) -> Step {
        let told = self.told(&journey, News::Returned(via.departure));
        Step::hold(journey).telling(told)
    }

    /// The journey with this offer kept, for this node to begin with.
    pub(super) fn held(&self, journey: &Journey, via: Via, offer: &Offer) -> Result<Option<Journey>, EngineError> {
        match self.holding(journey, offer)? {
            Proof::Held { offer, until } => Ok(journey.clone().hold(via, offer, until, self.clock.now())),
            Proof::Sent { .. } => Ok(None),
        }
    }

    fn holding(&self, journey: &Journey, offer: &Offer) -> Result<Proof, EngineError> {
        let (code, signed) = (offer.code.reveal(), offer.signed.as_ref().map_or("", Secret::reveal));
        let text = format!("{}\n{code}{signed}", code.len());
        let sealed = self.keys.seal(text.as_bytes(), journey.id().as_bytes(), self.clock.entropy());
        let offer = sealed.ok_or_else(super::key_gone)?;
        Ok(Proof::Held { offer, until: self.clock.now().plus(Journey::HELD) })
    }

    /// The token of a hand-back as the store keeps it.
    pub(super) fn minted(&self, journey: &Journey, number: u8) -> Result<Option<MintedToken>, EngineError> {
        let token = self.token_of(journey, number)?;
        let expires_at = self.clock.now().plus(journey.opening().terms.token_life);
        Ok(token.map(|token| MintedToken { digest: token_digest(token.reveal()), expires_at }))
    }
}
