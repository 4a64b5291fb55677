//! RETURN: the browser comes back with a hint, and goes on at once.
//!
//! Two round trips to the store, look-up and settle; one for an answer that has come before. The bank is asked beside
//! that, and never waited for beyond the budget (rule 4 of the design).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::home::page_of;
use super::leave::{cookie_name, state_digest};
use super::prove::{Known, Landed};
use super::settle::Concluded;
use super::timing::Timing;
use super::visitor::Admission;
use super::{Engine, EngineError, HomeRedirect, VisitCookie, Visitor};
use crate::bank::Answer;
use crate::domain::id::PayId;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{End, Journey, Via};
use crate::domain::outcome::{BankError, Fact, Hint, Offer};
use crate::domain::redirect::Redirect;
use crate::domain::secret::{Digest, Secret};
use crate::domain::terms::SameBrowser;
use crate::keys::{digest, shard_of_state};

/// How often the store is asked for an end that somebody else is bringing about, while a browser waits for it.
const GLANCE: Duration = Duration::from_millis(20);

/// What a browser brought to `/return/{bank}`.
pub struct Brought<'a> {
    /// The bank whose return address it came to.
    pub bank: &'a str,
    /// The parameters.
    pub answer: Answer,
    /// What the browser shows of having left.
    pub visitor: &'a Visitor,
    /// When its head and body had been read.
    pub at: Instant,
    /// Where its time goes.
    pub timing: &'a Timing,
}

/// What is done with a browser that came back.
#[derive(Debug)]
pub enum Returned {
    /// It goes on, with these cookies.
    Go(Redirect, Vec<VisitCookie>),
    /// It looks at a light page of ours and comes again: the bank is late.
    Wait(Box<Waited>),
    /// It looks at a light page of ours and brings its answer again: whether that is the bank's word is not known yet, and
    /// nothing of it has been kept.
    BringAgain(Box<Journey>),
    /// Something about it is not as it should be; nothing has changed.
    Rejected(RejectedReturn),
}

/// A browser on the light page that looks again.
pub struct Waiting<'a> {
    /// The bank whose return address it came to.
    pub bank: &'a str,
    /// The state that it came back under.
    pub state: &'a str,
    /// Which answer it brought.
    pub mark: u64,
    /// What the browser shows of having left.
    pub visitor: &'a Visitor,
    /// When its head had been read.
    pub at: Instant,
    /// Where the time is noted that the bank takes.
    pub timing: &'a Timing,
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

/// Why a return is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectedReturn {
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
    /// Another answer has counted, and it did not come from the browser that left: it only shows that a state is known.
    Answered,
    /// It is a replay, and did not come from the browser that left; the first hand-back is long over.
    TooLate(Box<Journey>),
}

impl RejectedReturn {
    /// Its word in the log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoState => "no_state",
            Self::UnknownState => "unknown_state",
            Self::OtherBank => "other_bank",
            Self::OtherBrowser => "other_browser",
            Self::Answer(_) => "answer",
            Self::Forged => "forged",
            Self::Answered => "answered",
            Self::TooLate(_) => "too_late",
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
            Err(invalid) => return Ok(Returned::Rejected(RejectedReturn::Answer(invalid))),
        };
        let Some(state) = said.state else { return Ok(Returned::Rejected(RejectedReturn::NoState)) };
        let Some((journey, departure)) = self.journey_of_state(&state).await? else {
            return Ok(Returned::Rejected(RejectedReturn::UnknownState));
        };
        if let Some(rejected) = self.rejection(&journey, departure, (&state, brought.bank), brought.visitor) {
            return Ok(Returned::Rejected(rejected));
        }
        let via = Via { departure, mark: mark(&said.hint) };
        if let Some(end) = journey.answered(via) {
            return self.led(&journey, end, via, brought.visitor);
        }
        match said.hint {
            Hint::Refusal(error) if !journey.is_spent(departure) && !journey.is_answered() => {
                let concluded = self.conclude(journey, &Fact::refused(error), via).await?;
                self.announced(concluded.announcement.clone(), brought.at).await;
                self.led(&concluded.journey, &concluded.end, via, brought.visitor)
            }
            Hint::Code(offer) if bank.is_some() && !is_proven(&journey) => {
                self.prove_in_time(Waited { journey, state, via }, offer, &brought).await
            }
            hint => self.decided_before(Waited { journey, state, via }, hint, brought.visitor).await,
        }
    }

    /// Sends a browser on whose answer can decide nothing any more: only if it is the one that left. Whoever knows the state
    /// alone is not handed what the deciding answer was, nor a link to it.
    async fn decided_before(&self, waited: Waited, hint: Hint, visitor: &Visitor) -> Result<Returned, EngineError> {
        let Waited { journey, state, via } = waited;
        if !self.recognises(&journey, visitor) {
            return Ok(Returned::Rejected(RejectedReturn::Answered));
        }
        // A code came first under this state, and the bank is being asked: that decides.
        if let (Hint::Refusal(_), Some(decides)) = (&hint, pending(&journey, via.departure)) {
            return Ok(wait(journey, state, decides));
        }
        let error = match hint {
            Hint::Refusal(error) => error,
            Hint::Code(_) if is_proven(&journey) => BankError::new("", None),
            // Its bank is gone.
            Hint::Code(_) => {
                return Ok(match self.way_now(&journey, visitor)? {
                    HomeRedirect::To(redirect) => Returned::Go(redirect, Vec::new()),
                    HomeRedirect::OtherBrowser | HomeRedirect::TooLate => Returned::Rejected(RejectedReturn::Answered),
                });
            }
        };
        if journey.opening().purpose.consent().is_some() {
            return Ok(Returned::Go(self.page(&journey, page_of(&journey))?, Vec::new()));
        }
        let concluded = self.change_nothing(journey, via, &error).await?;
        self.led(&concluded.journey, &concluded.end, via, visitor)
    }

    /// Where an answer that led to `end` sends the browser that brings it, the first time and whenever it comes again.
    pub(super) fn led(
        &self,
        journey: &Journey,
        end: &End,
        via: Via,
        visitor: &Visitor,
    ) -> Result<Returned, EngineError> {
        let counts = journey.counts(via);
        match self.admission(journey, visitor, journey.led_at(via)) {
            Admission::OtherBrowser => Ok(Returned::Rejected(RejectedReturn::OtherBrowser)),
            Admission::Recognised => {
                let cookies = self.cookies_after(journey, via, visitor);
                Ok(Returned::Go(self.way(journey, end, Some(via.departure))?, cookies))
            }
            Admission::FirstHandBack if counts => {
                Ok(Returned::Go(self.way(journey, end, Some(via.departure))?, Vec::new()))
            }
            Admission::TooLate if counts => Ok(Returned::Rejected(RejectedReturn::TooLate(Box::new(journey.clone())))),
            Admission::FirstHandBack | Admission::TooLate => Ok(Returned::Rejected(RejectedReturn::Answered)),
        }
    }

    /// Sends a browser on that has waited on a light page of ours, if there is a way by now.
    ///
    /// # Errors
    /// As [`Engine::take_return`].
    pub async fn wait_on(self: &Arc<Self>, waiting: Waiting<'_>) -> Result<Returned, EngineError> {
        let Waiting { bank, state, mark, visitor, at, timing } = waiting;
        let Some((journey, departure)) = self.journey_of_state(state).await? else {
            return Ok(Returned::Rejected(RejectedReturn::UnknownState));
        };
        if let Some(rejected) = self.rejection(&journey, departure, (state, bank), visitor) {
            return Ok(Returned::Rejected(rejected));
        }
        let via = Via { departure, mark };
        self.await_end(Waited { journey, state: state.to_owned(), via }, visitor, (at, timing)).await
    }

    /// Waits, as long as the budget allows, for an end that somebody else is bringing about.
    async fn await_end(
        &self,
        waited: Waited,
        visitor: &Visitor,
        (at, timing): (Instant, &Timing),
    ) -> Result<Returned, EngineError> {
        let Waited { journey, state, via } = waited;
        let began = Instant::now();
        let ended = self.ended(journey.pay_id(), via);
        match tokio::time::timeout_at(at + self.patience(), ended).await {
            Ok(Ok(Some(ended))) => match ended.answered(via) {
                Some(end) => self.led(&ended, end, via, visitor),
                // Nobody brought it.
                None => Ok(Returned::Rejected(RejectedReturn::Forged)),
            },
            Ok(Ok(None)) => Ok(Returned::Rejected(RejectedReturn::UnknownState)),
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

    fn rejection(
        &self,
        journey: &Journey,
        departure: u8,
        (state, bank): (&str, &str),
        visitor: &Visitor,
    ) -> Option<RejectedReturn> {
        if journey.bank_of(departure) != bank {
            return Some(RejectedReturn::OtherBank);
        }
        // Its bank answers the app, and knows no such address of ours.
        if self.app_address(journey).is_ok_and(|address| address.is_some()) {
            return Some(RejectedReturn::UnknownState);
        }
        let required = journey.opening().terms.same_browser == SameBrowser::Required;
        match visitor.cookie(&cookie_name(state)) {
            None => required.then_some(RejectedReturn::OtherBrowser),
            Some(shown) => {
                let own = self.keys.visit_cookie(journey, departure).map(Secret::new);
                (Some(shown) != own.as_ref()).then_some(RejectedReturn::OtherBrowser)
            }
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
        let flight = self.prove(&journey, via, &offer, Known::Nothing);
        let began = Instant::now();
        let landing = tokio::time::timeout_at(brought.at + self.patience(), flight).await;
        let waited = began.elapsed();
        // What it concluded after the bank's answer was the store's time.
        let asked = landing.as_ref().ok().and_then(|landing| landing.as_ref().ok()).map(|landing| landing.asked);
        brought.timing.waited(asked.map_or(waited, |asked| asked.min(waited)));
        match landing {
            Ok(landing) => Ok(match landing?.landed {
                Landed::Home(Concluded { journey, end, announcement }) => {
                    self.announced(announcement, brought.at).await;
                    return self.led(&journey, &end, via, brought.visitor);
                }
                Landed::Elsewhere => {
                    let waited = Waited { journey, state, via };
                    return self.await_end(waited, brought.visitor, (brought.at, brought.timing)).await;
                }
                Landed::Forged => Returned::Rejected(RejectedReturn::Forged),
                Landed::Unchecked => Returned::BringAgain(Box::new(journey)),
            }),
            Err(_) if self.is_genuine(&journey, via, &offer) => {
                self.late(Waited { journey, state, via }, &offer, brought.visitor).await
            }
            Err(_) => Ok(Returned::BringAgain(Box::new(journey))),
        }
    }
}

/// What a store keeps of a one-time token.
pub(super) fn token_digest(token: &str) -> Digest {
    digest("one-time token", token.as_bytes())
}

pub(super) fn wait(journey: Journey, state: String, via: Via) -> Returned {
    Returned::Wait(Box::new(Waited { journey, state, via }))
}

/// The answer to this departure that is being proven.
fn pending(journey: &Journey, departure: u8) -> Option<Via> {
    journey.proofs().map(|(via, _)| via).find(|via| via.departure == departure)
}

fn is_proven(journey: &Journey) -> bool {
    journey.settlement().is_some_and(|settlement| settlement.outcome.is_proven())
}

pub(super) fn mark(hint: &Hint) -> u64 {
    let digest = digest("answer", &hint.distinguishing());
    u64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}
