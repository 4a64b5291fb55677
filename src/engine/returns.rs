//! RETURN and PROVE: the browser comes back with a hint, and goes on at once.
//!
//! Two round trips to the store, look-up and settle; one for an answer that has come before. The bank is asked beside
//! that, and never waited for beyond the budget (rule 4 of the design).

use std::sync::Arc;

use futures_util::future::FutureExt;
use tokio::time::Instant;

use super::leave::{cookie_name, state_digest};
use super::{Engine, EngineError};
use crate::bank::Answer;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{End, Journey, Opening, Via};
use crate::domain::outcome::{BankError, Fact, Hint};
use crate::domain::redirect::Redirect;
use crate::domain::secret::{Digest, Secret};
use crate::domain::terms::{OneTime, SameBrowser, WhenLate};
use crate::domain::token::MintedToken;
use crate::keys::{digest, shard_of_state};
use crate::store::{Step, Taken};

/// What a browser brought to `/return/{bank}`.
pub struct Brought<'a> {
    /// The bank whose return address it came to.
    pub bank: &'a str,
    /// The parameters.
    pub answer: Answer,
    /// The browser's cookies, by name.
    pub cookie: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// When its head and body had been read.
    pub at: Instant,
}

/// What is done with a browser that came back.
#[derive(Debug)]
pub enum Returned {
    /// It goes on.
    Go(Redirect),
    /// It looks at a light page of ours and comes again: the bank is late.
    Wait(Box<Journey>),
    /// Something about it is not as it should be; nothing has changed.
    Suspect(Suspicion),
}

/// What is wrong with a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suspicion {
    /// It has no state.
    NoState,
    /// Its state is none of ours, or too old.
    UnknownState,
    /// Its state belongs to another bank: a mix-up (RFC 9700, section 4.4).
    OtherBank,
    /// It did not come from the browser that left.
    OtherBrowser,
    /// Its bank does not answer like this.
    Answer(Invalid),
}

impl Suspicion {
    /// Its word in the log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoState => "no_state",
            Self::UnknownState => "unknown_state",
            Self::OtherBank => "other_bank",
            Self::OtherBrowser => "other_browser",
            Self::Answer(_) => "answer",
        }
    }
}

impl Engine {
    /// Takes a browser back from the bank.
    ///
    /// # Errors
    /// When the store is in trouble, or something that the journey was opened with is gone.
    pub async fn take_return(self: &Arc<Self>, brought: Brought<'_>) -> Result<Returned, EngineError> {
        let Some(state) = brought.answer.state() else { return Ok(Returned::Suspect(Suspicion::NoState)) };
        let Some((journey, departure)) = self.journey_of(state).await? else {
            return Ok(Returned::Suspect(Suspicion::UnknownState));
        };
        if let Some(suspicion) = self.suspicion(&journey, state, &brought) {
            return Ok(Returned::Suspect(suspicion));
        }
        // A bank that the operator has taken away still has its replays; it only cannot prove anything new.
        let bank = self.bank(brought.bank).ok();
        let hint = match bank.map_or_else(|| Ok(brought.answer.hint()), |bank| bank.read_return(&brought.answer)) {
            Ok(hint) => hint,
            Err(invalid) => return Ok(Returned::Suspect(Suspicion::Answer(invalid))),
        };
        let via = Via { departure, mark: mark(&hint) };
        if let Some(end) = journey.answered(via) {
            return self.way(&journey, end).map(Returned::Go);
        }
        match hint {
            Hint::Refusal(error) if !journey.is_spent(departure) => {
                self.conclude(journey, &Fact::refused(error), via).await.map(Returned::Go)
            }
            Hint::Refusal(error) => self.change_nothing(journey, via, &error).await.map(Returned::Go),
            Hint::Code(_) if is_proven(&journey) => {
                self.change_nothing(journey, via, &BankError::new("", None)).await.map(Returned::Go)
            }
            Hint::Code(_) if bank.is_none() => self.way_now(&journey).map(Returned::Go),
            Hint::Code(code) => self.prove(journey, via, code, brought.at).await,
        }
    }

    async fn journey_of(&self, state: &str) -> Result<Option<(Journey, u8)>, EngineError> {
        let Some(shard) = shard_of_state(state) else { return Ok(None) };
        Ok(self.store.find_by_state(shard, &state_digest(state)).await?)
    }

    fn suspicion(&self, journey: &Journey, state: &str, brought: &Brought<'_>) -> Option<Suspicion> {
        if journey.opening().bank != brought.bank {
            return Some(Suspicion::OtherBank);
        }
        let required = journey.opening().terms.same_browser == SameBrowser::Required;
        let expected = self.keys.cookie(journey, state).map(Secret::new);
        match (brought.cookie)(&cookie_name(state)).map(Secret::new) {
            None if required => Some(Suspicion::OtherBrowser),
            Some(cookie) if Some(&cookie) != expected.as_ref() => Some(Suspicion::OtherBrowser),
            _ => None,
        }
    }

    /// Asks the bank, and waits for it as long as the budget allows.
    async fn prove(
        self: &Arc<Self>,
        journey: Journey,
        via: Via,
        code: Secret,
        at: Instant,
    ) -> Result<Returned, EngineError> {
        let flight = self.flights.join(journey.pay_id(), via, || {
            let (engine, journey) = (Arc::clone(self), journey.clone());
            async move { engine.prove_and_conclude(journey, via, code).await }.boxed()
        });
        match tokio::time::timeout_at(at + self.patience(), flight).await {
            Ok(landing) => landing.map(Returned::Go),
            Err(_) => self.late(journey, via).await,
        }
    }

    async fn prove_and_conclude(&self, journey: Journey, via: Via, code: Secret) -> Result<Redirect, EngineError> {
        let fact = match self.bank(&journey.opening().bank)?.prove(&journey, &code).await {
            Ok(fact) => fact,
            Err(trouble) => {
                tracing::warn!(bank = journey.opening().bank, error = %trouble, "return.bank_trouble");
                Fact::refused(trouble.as_error())
            }
        };
        self.conclude(journey, &fact, via).await
    }

    /// The budget is spent. Where the callback would claim an outcome, the customer waits on a light page; where the
    /// merchant has chosen so and a one-time token will tell, the customer goes home now.
    async fn late(&self, mut journey: Journey, via: Via) -> Result<Returned, EngineError> {
        while goes_home_late(&journey) {
            let Some(token) = self.minted(&journey, 0)? else { break };
            let Some(next) = journey.clone().freeze(via, self.clock.now()) else { break };
            match self.store.take(&Step::freeze(next.clone(), token)).await? {
                Taken::Done => return self.way(&next, &End::Frozen).map(Returned::Go),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => break,
            }
        }
        match journey.answered(via) {
            Some(end) => self.way(&journey, end).map(Returned::Go),
            None => Ok(Returned::Wait(Box::new(journey))),
        }
    }

    /// The token of a hand-back as the store keeps it.
    pub(super) fn minted(&self, journey: &Journey, number: u8) -> Result<Option<MintedToken>, EngineError> {
        let token = self.token_of(journey, number)?;
        let expires_at = self.clock.now().plus(journey.opening().terms.token_life);
        Ok(token.map(|token| MintedToken { digest: token_digest(token.reveal()), expires_at }))
    }
}

/// What a store keeps of a one-time token.
pub(super) fn token_digest(token: &str) -> Digest {
    digest("one-time token", token.as_bytes())
}

fn is_proven(journey: &Journey) -> bool {
    journey.settlement().is_some_and(|settlement| settlement.outcome.is_proven())
}

fn mark(hint: &Hint) -> u64 {
    let digest = digest("answer", &hint.distinguishing());
    u64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}

/// Whether the merchant has chosen to have its customer back before the bank has answered, and can learn the outcome.
fn goes_home_late(journey: &Journey) -> bool {
    let Opening { terms, plan, .. } = journey.opening();
    terms.when_late == WhenLate::HandBack && terms.one_time_token == OneTime::On && plan.landing.is_some()
}
