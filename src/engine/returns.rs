//! RETURN and PROVE: the browser comes back with a hint, and goes on at once.
//!
//! Two round trips to the store, look-up and settle; one for an answer that has come before. The bank is asked beside
//! that, and never waited for beyond the budget (rule 4 of the design).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::home::page_of;
use super::leave::{cookie_name, state_digest};
use super::prove::Landed;
use super::timing::Timing;
use super::{Engine, EngineError};
use crate::bank::Answer;
use crate::domain::delivery::News;
use crate::domain::id::PayId;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{End, Journey, Proof, Via};
use crate::domain::outcome::{BankError, Fact, Hint, Offer};
use crate::domain::redirect::Redirect;
use crate::domain::secret::{Digest, Secret};
use crate::domain::terms::SameBrowser;
use crate::domain::token::MintedToken;
use crate::keys::{digest, shard_of_state};
use crate::store::{Step, Taken};

/// How often the store is asked for an end that somebody else is bringing about, while a browser waits for it.
const GLANCE: Duration = Duration::from_millis(20);

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
    /// Where its time goes.
    pub timing: &'a Timing,
}

/// What is done with a browser that came back.
#[derive(Debug)]
pub enum Returned {
    /// It goes on.
    Go(Redirect),
    /// It looks at a light page of ours and comes again: the bank is late.
    Wait(Box<Waited>),
    /// Something about it is not as it should be; nothing has changed.
    Suspect(Suspicion),
}

/// A browser on the light page that looks again.
pub struct Waiting<'a> {
    /// The bank whose return address it came to.
    pub bank: &'a str,
    /// The state that it came back under.
    pub state: &'a str,
    /// Which answer it brought.
    pub mark: u64,
    /// The browser's cookies, by name.
    pub cookie: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// When its head had been read.
    pub at: Instant,
    /// Where the time is noted that the bank takes.
    pub timing: &'a Timing,
}

/// Where a browser says that it comes from.
#[derive(Clone, Copy)]
struct From<'a> {
    bank: &'a str,
    cookie: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// What a browser waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// The journey.
    pub journey: Journey,
    /// The state that it came back under.
    pub state: String,
    /// Which answer it brought, for [`Engine::wait_on`].
    pub via: Via,
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
    /// What it carries is not its bank's word.
    Forged,
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
            Self::Forged => "forged",
        }
    }
}

impl Engine {
    /// Takes a browser back from the bank.
    ///
    /// # Errors
    /// When the store is in trouble, or something that the journey was opened with is gone.
    pub async fn take_return(self: &Arc<Self>, brought: Brought<'_>) -> Result<Returned, EngineError> {
        // A bank that the operator has taken away still has its replays; it only cannot prove anything new.
        let bank = self.bank(brought.bank).ok();
        let said = bank.map_or_else(|| Ok(brought.answer.said()), |bank| bank.read_return(&brought.answer));
        let said = match said {
            Ok(said) => said,
            Err(invalid) => return Ok(Returned::Suspect(Suspicion::Answer(invalid))),
        };
        let Some(state) = said.state else { return Ok(Returned::Suspect(Suspicion::NoState)) };
        let Some((journey, departure)) = self.journey_of_state(&state).await? else {
            return Ok(Returned::Suspect(Suspicion::UnknownState));
        };
        let from = From { bank: brought.bank, cookie: brought.cookie };
        if let Some(suspicion) = self.suspicion(&journey, departure, &state, from) {
            return Ok(Returned::Suspect(suspicion));
        }
        let via = Via { departure, mark: mark(&said.hint) };
        if let Some(end) = journey.answered(via) {
            return self.way(&journey, end, Some(departure)).map(Returned::Go);
        }
        match said.hint {
            Hint::Refusal(error) if !journey.is_spent(departure) => {
                let concluded = self.conclude(journey, &Fact::refused(error), via).await?;
                self.announced(concluded.announcement, brought.at).await;
                Ok(Returned::Go(concluded.way))
            }
            // A code came first under this state, and the bank is being asked: that decides.
            Hint::Refusal(_) if let Some(decides) = pending(&journey, departure) => Ok(wait(journey, state, decides)),
            // Whoever knows the state alone is not handed what the deciding answer was.
            Hint::Refusal(_) if is_consent(&journey) => self.page(&journey, page_of(&journey)).map(Returned::Go),
            Hint::Code(_) if is_consent(&journey) && is_proven(&journey) => {
                self.page(&journey, page_of(&journey)).map(Returned::Go)
            }
            Hint::Refusal(error) => self.change_nothing(journey, via, &error).await.map(Returned::Go),
            Hint::Code(_) if is_proven(&journey) => {
                self.change_nothing(journey, via, &BankError::new("", None)).await.map(Returned::Go)
            }
            Hint::Code(_) if bank.is_none() => self.way_now(&journey).map(Returned::Go),
            Hint::Code(offer) => self.prove_in_time(Waited { journey, state, via }, offer, &brought).await,
        }
    }

    /// Sends a browser on that has waited on a light page of ours, if there is a way by now.
    ///
    /// # Errors
    /// As [`Engine::take_return`].
    pub async fn wait_on(self: &Arc<Self>, waiting: Waiting<'_>) -> Result<Returned, EngineError> {
        let Waiting { bank, state, mark, cookie, at, timing } = waiting;
        let Some((journey, departure)) = self.journey_of_state(state).await? else {
            return Ok(Returned::Suspect(Suspicion::UnknownState));
        };
        if let Some(suspicion) = self.suspicion(&journey, departure, state, From { bank, cookie }) {
            return Ok(Returned::Suspect(suspicion));
        }
        let via = Via { departure, mark };
        self.await_end(Waited { journey, state: state.to_owned(), via }, at, timing).await
    }

    /// Waits, as long as the budget allows, for an end that somebody else is bringing about.
    async fn await_end(&self, waited: Waited, at: Instant, timing: &Timing) -> Result<Returned, EngineError> {
        let Waited { journey, state, via } = waited;
        let began = Instant::now();
        let ended = self.ended(journey.pay_id(), via);
        match tokio::time::timeout_at(at + self.patience(), ended).await {
            Ok(Ok(Some(ended))) => match ended.answered(via) {
                Some(end) => self.way(&ended, end, Some(via.departure)).map(Returned::Go),
                // Nobody brought it, or it was dropped because it was forged.
                None => Ok(Returned::Suspect(Suspicion::Forged)),
            },
            Ok(Ok(None)) => Ok(Returned::Suspect(Suspicion::UnknownState)),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                timing.waited(began.elapsed());
                Ok(wait(journey, state, via))
            }
        }
    }

    pub(super) async fn journey_of_state(&self, state: &str) -> Result<Option<(Journey, u8)>, EngineError> {
        let Some(shard) = shard_of_state(state) else { return Ok(None) };
        Ok(self.store.find_by_state(shard, &state_digest(state)).await?)
    }

    /// The journey once this answer has an end, or nobody is bringing one about. `None` when there is no such journey (any more).
    pub(super) async fn ended(&self, pay_id: PayId, via: Via) -> Result<Option<Journey>, EngineError> {
        loop {
            match self.store.find(pay_id).await? {
                None => return Ok(None),
                Some(journey) if journey.answered(via).is_some() || journey.proof(via).is_none() => {
                    return Ok(Some(journey));
                }
                Some(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    /// Whether this browser left for a bank on this journey, by the cookie that it was given then.
    pub fn has_left(&self, journey: &Journey, cookie: &(dyn Fn(&str) -> Option<String> + Sync)) -> bool {
        (0..=u8::MAX).take(journey.departures().len()).any(|departure| {
            let Ok(state) = self.state(journey, departure) else { return false };
            let own = self.keys.cookie(journey, &state).map(Secret::new);
            cookie(&cookie_name(&state)).map(Secret::new).is_some_and(|cookie| Some(&cookie) == own.as_ref())
        })
    }

    fn suspicion(&self, journey: &Journey, departure: u8, state: &str, from: From<'_>) -> Option<Suspicion> {
        if journey.bank_of(departure) != from.bank {
            return Some(Suspicion::OtherBank);
        }
        // Its bank answers the app, and knows no such address of ours.
        if self.app_address(journey).is_ok_and(|address| address.is_some()) {
            return Some(Suspicion::UnknownState);
        }
        let required = journey.opening().terms.same_browser == SameBrowser::Required;
        let expected = self.keys.cookie(journey, state).map(Secret::new);
        match (from.cookie)(&cookie_name(state)).map(Secret::new) {
            None if required => Some(Suspicion::OtherBrowser),
            Some(cookie) if Some(&cookie) != expected.as_ref() => Some(Suspicion::OtherBrowser),
            _ => None,
        }
    }

    /// Asks the bank, and waits for it as long as the budget allows.
    async fn prove_in_time(
        self: &Arc<Self>,
        waited: Waited,
        offer: Offer,
        brought: &Brought<'_>,
    ) -> Result<Returned, EngineError> {
        let Waited { journey, state, via } = waited;
        let flight = self.prove(&journey, via, &offer);
        let began = Instant::now();
        let landing = tokio::time::timeout_at(brought.at + self.patience(), flight).await;
        let waited = began.elapsed();
        // What it concluded after the bank's answer was the store's time.
        let asked = landing.as_ref().ok().and_then(|landing| landing.as_ref().ok()).map(|landing| landing.asked);
        brought.timing.waited(asked.map_or(waited, |asked| asked.min(waited)));
        match landing {
            Ok(landing) => Ok(match landing?.landed {
                Landed::Home(concluded) => {
                    self.announced(concluded.announcement, brought.at).await;
                    Returned::Go(concluded.way)
                }
                Landed::Elsewhere => {
                    return self.await_end(Waited { journey, state, via }, brought.at, brought.timing).await;
                }
                Landed::Forged => Returned::Suspect(Suspicion::Forged),
            }),
            Err(_) => self.late(journey, state, via, &offer).await,
        }
    }

    /// The budget is spent. Where the callback would claim an outcome, the customer waits on a light page; where it
    /// promises none, and a one-time token will tell, the customer goes home now. Either way the offer is kept, so that
    /// it is not lost with this node.
    async fn late(
        &self,
        mut journey: Journey,
        state: String,
        via: Via,
        offer: &Offer,
    ) -> Result<Returned, EngineError> {
        loop {
            if let Some(end) = journey.answered(via) {
                return self.way(&journey, end, Some(via.departure)).map(Returned::Go);
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
                Taken::Gone => return Ok(Returned::Suspect(Suspicion::UnknownState)),
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

    /// Keeps an offer that nobody has taken to the bank yet, so that it is not lost with this node.
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

/// What a store keeps of a one-time token.
pub(super) fn token_digest(token: &str) -> Digest {
    digest("one-time token", token.as_bytes())
}

fn wait(journey: Journey, state: String, via: Via) -> Returned {
    Returned::Wait(Box::new(Waited { journey, state, via }))
}

/// The answer to this departure that is being proven.
fn pending(journey: &Journey, departure: u8) -> Option<Via> {
    journey.proofs().map(|(via, _)| via).find(|via| via.departure == departure)
}

fn is_consent(journey: &Journey) -> bool {
    journey.opening().purpose.consent().is_some()
}

fn is_proven(journey: &Journey) -> bool {
    journey.settlement().is_some_and(|settlement| settlement.outcome.is_proven())
}

pub(super) fn mark(hint: &Hint) -> u64 {
    let digest = digest("answer", &hint.distinguishing());
    u64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}
