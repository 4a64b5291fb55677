//! SETTLE: a fact becomes an outcome, in one step with its one-time token and its deliveries.

use std::sync::Arc;

use tokio::time::Instant;

use super::herald::Announcement;
use super::home::home_end;
use super::visitor::Admission;
use super::{Engine, EngineError, Visitor};
use crate::domain::delivery::News;
use crate::domain::id::{MerchantId, PayId};
use crate::domain::journey::{Cancel, End, Journey, Proof, Purpose, Settling, Stage, Via};
use crate::domain::moment::Moment;
use crate::domain::outcome::{BankError, Cause, Fact, Outcome};
use crate::domain::terms::ExtraOutcomes;
use crate::store::{Step, Taken};

impl Engine {
    /// How many lapsed journeys one sweep settles, at the most.
    pub const SWEPT: usize = 200;

    /// Settles what an answer of the bank has proven, and says to which end it leads. A failure that the merchant does
    /// not want to hear of takes the customer back to the checkout instead.
    pub(super) async fn conclude(&self, mut journey: Journey, fact: &Fact, via: Via) -> Result<Concluded, EngineError> {
        loop {
            // What a bank has proven counts, also after its answer was given up.
            let supersedes = fact.outcome().is_proven()
                && journey.settlement().is_some_and(|settlement| !settlement.outcome.is_proven());
            if let Some(end) = journey.answered(via).filter(|end| **end != End::Frozen && !supersedes) {
                let end = end.clone();
                return Ok(Concluded::quietly(journey, end));
            }
            let Some((step, end)) = self.decide(&journey, fact, via)? else {
                return self.change_nothing(journey, via, &error_of(fact)).await;
            };
            let announcement = self.announcement(step.journey(), step.deliveries());
            match self.take(&step).await? {
                Taken::Done => {
                    self.take_booking_back(step.journey()).await;
                    return Ok(Concluded { journey: Arc::new(step.journey().clone()), end, announcement });
                }
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Err(EngineError::Missing("journey any more: it has been cleared away".into())),
            }
        }
    }

    /// Concludes an answer that changes nothing: it leads home, if the journey has an end, else to the checkout. That is
    /// remembered, so that the same answer goes the same way even if the journey is paid later.
    pub(super) async fn change_nothing(
        &self,
        mut journey: Journey,
        via: Via,
        error: &BankError,
    ) -> Result<Concluded, EngineError> {
        loop {
            let end = journey.answered(via).cloned().or_else(|| home_end(&journey));
            let end = end.unwrap_or_else(|| End::Failed(error.clone()));
            let Some(next) = journey.clone().remember(via, end.clone(), self.clock.now()) else {
                return Ok(Concluded::quietly(journey, end));
            };
            match self.take(&Step::remember(next.clone())).await? {
                Taken::Lost(now) => journey = *now,
                Taken::Done | Taken::Gone => return Ok(Concluded::quietly(next, end)),
            }
        }
    }

    /// Ends a link by its customer's press on our Cancel button, and answers the journey as it stands then: as it was, where
    /// nobody may cancel it, or not this browser. `None` when there is no such link.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn cancel(&self, link: &str, visitor: &Visitor) -> Result<Option<Journey>, EngineError> {
        let Some(journey) = self.look(link).await? else { return Ok(None) };
        let withheld = journey.opening().purpose.cancel() == Cancel::Withheld || journey.stage() == Stage::HandedBack;
        if withheld || !self.may_cancel(&journey, visitor) {
            return Ok(Some(journey));
        }
        let browser = Audience::Browser(Instant::now());
        self.settle_before(journey, &Fact::pressed_cancel(), browser).await.map(Some)
    }

    /// Whether this browser is one that may end a journey: where another one has to be the one that left, it is not.
    pub fn may_cancel(&self, journey: &Journey, visitor: &Visitor) -> bool {
        self.admission(journey, visitor, self.clock.now()) != Admission::OtherBrowser
    }

    /// Ends a link by its merchant's wish. `None` when the merchant has no such link; an errand has none.
    ///
    /// A payment whose customer is at the bank stays as it is: nobody could say that it is over, and be sure.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn withdraw(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>, EngineError> {
        match self.store.find(pay_id).await? {
            Some(journey) if journey.opening().merchant == merchant && journey.opening().purpose.errand().is_none() => {
                let journey = self.lapse(journey).await?;
                if journey.may_be_paying(self.clock.now()) {
                    return Ok(Some(journey));
                }
                self.settle(journey, &Fact::withdrawn()).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Looks after journeys whose time has run out, proofs that nobody has finished, and ways that nobody has asked for. Answers how many journeys it looked after; with [`Engine::SWEPT`] of them there may be more.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, EngineError> {
        let mut count = 0;
        for journey in self.store.due(Self::SWEPT).await? {
            let pay_id = journey.pay_id();
            match Box::pin(self.look_after(journey)).await {
                Ok(moved) => count += usize::from(moved),
                Err(EngineError::Store(trouble)) => return Err(trouble.into()),
                // One journey that cannot be looked after does not hold up the others.
                Err(error) => tracing::error!(error = %error, %pay_id, "sweep.trouble"),
            }
        }
        Ok(count)
    }

    /// Clears away what the store no longer needs; answers how many records it dropped.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn tidy(&self) -> Result<usize, EngineError> {
        Ok(self.store.tidy().await?)
    }

    /// Does what is due of a journey. `false` when by this node's clock nothing is.
    async fn look_after(self: &Arc<Self>, journey: Journey) -> Result<bool, EngineError> {
        let now = self.clock.now();
        let due = |proof: &Proof| match proof {
            Proof::Held { until, .. } => now >= *until,
            Proof::Sent { at, .. } => now >= at.plus(Journey::LOST),
        };
        let mut moved = journey.is_lapsed(now);
        for (via, proof) in journey.proofs().filter(|(_, proof)| due(proof)) {
            moved = true;
            match proof {
                Proof::Held { .. } => self.take_over(journey.clone(), via).await?,
                Proof::Sent { .. } => self.give_up(journey.clone(), via).await?,
            }
        }
        if let Some((departure, _)) = journey.asked_ahead().filter(|(_, until)| now >= *until) {
            moved |= self.ask_again(&journey, departure);
        }
        match self.unfinished(&journey, now) {
            // What its node has left its bank is asked again, if that harms nobody; then it expires.
            Some(bank) if !bank.asks_once() => {
                let journey = self.book(journey).await?;
                self.lapse(journey).await?;
            }
            Some(_) | None => {
                self.lapse(journey).await?;
            }
        }
        Ok(moved)
    }

    /// Settles a journey as expired if its time has run out, and answers it as it stands.
    pub(super) async fn lapse(&self, journey: Journey) -> Result<Journey, EngineError> {
        if journey.is_lapsed(self.clock.now()) { self.settle(journey, &Fact::lapsed()).await } else { Ok(journey) }
    }

    pub(super) async fn settle(&self, journey: Journey, fact: &Fact) -> Result<Journey, EngineError> {
        self.settle_before(journey, fact, Audience::Nobody).await
    }

    async fn settle_before(
        &self,
        mut journey: Journey,
        fact: &Fact,
        audience: Audience,
    ) -> Result<Journey, EngineError> {
        loop {
            let (next, number) = match journey.settle(fact, None, self.clock.now()) {
                Settling::Stands(journey) => return Ok(journey),
                Settling::Settled(next, number) => (next, number),
            };
            // Without its key a journey has no token any more, nor a link; it ends all the same.
            let token = self.minted(&next, number).unwrap_or_default();
            let told = self.told(&next, News::Settled(number));
            let announcement = match audience {
                Audience::Browser(at) => Some((self.announcement(&next, &told), at)),
                Audience::Nobody => None,
            };
            let step = Step::settle(next.clone(), token).telling(told);
            match self.take(&step).await? {
                Taken::Done => {
                    self.take_booking_back(&next).await;
                    if let Some((announcement, at)) = announcement {
                        self.announced(announcement, at).await;
                    }
                    return Ok(next);
                }
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Err(EngineError::Missing("journey any more: it has been cleared away".into())),
            }
        }
    }

    /// What a fact changes, if anything: the step to take, and the end it leads to.
    fn decide(&self, journey: &Journey, fact: &Fact, via: Via) -> Result<Option<(Step, End)>, EngineError> {
        let now = self.clock.now();
        if is_of_an_earlier_round(journey, via) || is_withdrawn(journey) {
            return Ok(None);
        }
        if let Some(error) = retriable(journey, fact, now) {
            let failed = journey.clone().fail(via, error.clone(), now);
            return Ok(failed.map(|next| (Step::fail(next), End::Failed(error))));
        }
        match journey.clone().settle(fact, Some(via), now) {
            Settling::Stands(_) => Ok(None),
            Settling::Settled(next, number) => {
                let next = self.with_grant(next, fact)?;
                // Without its key a journey has no token any more, nor a link; it ends all the same.
                let token = self.minted(&next, number).unwrap_or_default();
                let end = next.answered(via).cloned().unwrap_or(End::Settled(number));
                let told = self.told(&next, News::Settled(number));
                Ok(Some((Step::settle(next, token).telling(told), end)))
            }
        }
    }
}

/// What a conclusion came to.
#[derive(Clone)]
pub(super) struct Concluded {
    /// The journey afterwards.
    pub journey: Arc<Journey>,
    /// The end that the answer leads to.
    pub end: End,
    /// What its browser waits for before, if the budget allows.
    pub announcement: Announcement,
}

impl Concluded {
    fn quietly(journey: Journey, end: End) -> Self {
        Self { journey: Arc::new(journey), end, announcement: None }
    }
}

/// Who waits for a settlement.
#[derive(Clone, Copy)]
enum Audience {
    /// A browser, since this moment: it goes home after servers have been told, where its dialect wants that.
    Browser(Instant),
    /// Nobody.
    Nobody,
}

/// Whether an answer belongs to a round that is over: it decides nothing in the present one.
fn is_of_an_earlier_round(journey: &Journey, via: Via) -> bool {
    journey.reopenings().last().is_some_and(|present| via.departure < present.departures)
}

/// Whether it is a consent that its merchant has ended: whoever agrees afterwards has agreed to nothing.
fn is_withdrawn(journey: &Journey) -> bool {
    let by_merchant = journey.settlement().is_some_and(|settlement| settlement.cause == Cause::Merchant);
    by_merchant && matches!(journey.opening().purpose, Purpose::Consent(_))
}

/// The bank's error, when its customer may try again: a payment failed, the merchant has not asked to hear of failures,
/// the customer is not home already, and the journey's time is not over. A consent that fails goes home.
fn retriable(journey: &Journey, fact: &Fact, now: Moment) -> Option<BankError> {
    let in_time = !journey.is_lapsed(now);
    let waits = matches!(journey.stage(), Stage::Open(_) | Stage::Away { .. });
    let unheard = journey.opening().terms.extra_outcomes == ExtraOutcomes::Off
        && matches!(journey.opening().purpose, Purpose::Checkout(_));
    match fact.cause() {
        Cause::Bank(Some(error)) if fact.outcome() == Outcome::Failed && waits && unheard && in_time => Some(error),
        _ => None,
    }
}

/// The bank's error in a fact, if it is one.
fn error_of(fact: &Fact) -> BankError {
    match fact.cause() {
        Cause::Bank(Some(error)) => error,
        Cause::Bank(None) | Cause::Customer | Cause::Merchant | Cause::Time => BankError::new("", None),
    }
}
