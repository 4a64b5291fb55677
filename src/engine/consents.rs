//! Consents: what becomes of them before, and after, a customer has agreed.

use std::sync::Arc;
use std::time::Duration;

use super::prove::Landed;
use super::returns::mark;
use super::{Engine, EngineError};
use crate::domain::consent::{AnswerTo, BankTokens, Consent, Grant, Status};
use crate::domain::id::{JourneyId, MerchantId};
use crate::domain::journey::{Journey, Via};
use crate::domain::merchant::Merchant;
use crate::domain::moment::Moment;
use crate::domain::outcome::{Fact, Hint, Offer, Outcome};
use crate::domain::secret::Secret;
use crate::domain::wish::Wish;
use crate::keys::ConsentClaims;
use crate::store::{Reservation, Step, Taken};

/// What a code that an app brought by itself came to.
#[derive(Debug)]
pub enum BroughtCode {
    /// The journey as it stands, with the fact or still without it.
    Journey(Box<Journey>),
    /// There is no such state, or it is not for this app to bring.
    Unknown,
    /// What came beside the code is not the bank's word.
    Forged,
}

/// What became of a wish to change a consent that was given.
#[derive(Debug)]
pub enum Changed {
    /// It is as wished, now or since before.
    Done(Box<Journey>),
    /// It stands where this cannot be done.
    Cannot(Status),
}

impl Engine {
    /// Opens a consent, and writes its first departure down at once, so that its `state` is known from the start.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_consent(
        &self,
        merchant: &Merchant,
        dialect: &str,
        wish: &Wish,
        reservation: Option<&Reservation>,
    ) -> Result<Journey, EngineError> {
        let journey = self.open(merchant, dialect, wish, reservation).await?;
        if journey.institution().is_none() || !journey.departures().is_empty() {
            return Ok(journey);
        }
        self.first_departure(journey).await
    }

    /// The merchant's consent of this id. `None` when it has none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn consent(&self, merchant: MerchantId, id: JourneyId) -> Result<Option<Journey>, EngineError> {
        Ok(self.consent_of(id).await?.filter(|journey| journey.opening().merchant == merchant))
    }

    /// The consent of this id, whichever merchant's it is: for the operator. `None` when there is none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn consent_of(&self, id: JourneyId) -> Result<Option<Journey>, EngineError> {
        let found = self.store.find(id.pay_id()).await?.filter(|journey| *journey.id() == id);
        match found.filter(|journey| journey.opening().purpose.consent().is_some()) {
            Some(journey) => self.lapse(journey).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same, after waiting for a fact that is on its way, for `patience` at the most.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn consent_soon(
        &self,
        merchant: MerchantId,
        id: JourneyId,
        patience: Duration,
    ) -> Result<Option<Journey>, EngineError> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            let consent = self.consent(merchant, id).await?;
            let on_its_way = consent.as_ref().is_some_and(|journey| journey.proofs().next().is_some());
            if !on_its_way || tokio::time::Instant::now() >= until {
                return Ok(consent);
            }
            tokio::time::sleep(super::LOOK_AGAIN).await;
        }
    }

    /// Takes the code of a bank that answered the app itself, and waits for what it proves, `patience` at the most.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn bring_code(
        self: &Arc<Self>,
        merchant: MerchantId,
        state: &str,
        offer: Offer,
        patience: Duration,
    ) -> Result<BroughtCode, EngineError> {
        let Some((journey, departure)) = self.journey_of_state(state).await? else { return Ok(BroughtCode::Unknown) };
        let answer_to = journey.opening().purpose.consent().map(|consent| &consent.answer_to);
        if journey.opening().merchant != merchant || !matches!(answer_to, Some(AnswerTo::App(_))) {
            return Ok(BroughtCode::Unknown);
        }
        self.bring(journey, departure, offer, patience).await
    }

    /// Takes a code that came without any app's credentials. Only a bank that may be asked again, and again, takes such
    /// codes: whoever knows the `state` can then finish the journey, which is as it should be in a test, and nowhere else.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn bring_open_code(
        self: &Arc<Self>,
        state: &str,
        offer: Offer,
        patience: Duration,
    ) -> Result<BroughtCode, EngineError> {
        let Some((journey, departure)) = self.journey_of_state(state).await? else { return Ok(BroughtCode::Unknown) };
        let open = self.bank(journey.bank_of(departure)).is_ok_and(|bank| !bank.asks_once());
        let by_app = |consent: &Consent| consent.answer_to != AnswerTo::Gateway;
        if !open || journey.opening().purpose.consent().is_none_or(by_app) {
            return Ok(BroughtCode::Unknown);
        }
        self.bring(journey, departure, offer, patience).await
    }

    /// Takes a code for a journey whose app may bring it.
    async fn bring(
        self: &Arc<Self>,
        journey: Journey,
        departure: u8,
        offer: Offer,
        patience: Duration,
    ) -> Result<BroughtCode, EngineError> {
        let journey = self.lapse(journey).await?;
        let via = Via { departure, mark: mark(&Hint::Code(offer.clone())) };
        let until = tokio::time::Instant::now() + patience;
        if journey.settlement().is_none()
            && matches!(self.prove_brought(&journey, via, &offer, patience).await?, Landed::Forged)
        {
            return Ok(BroughtCode::Forged);
        }
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        let journey = self.consent_soon(journey.opening().merchant, *journey.id(), left).await?;
        Ok(journey.map_or(BroughtCode::Unknown, |journey| BroughtCode::Journey(Box::new(journey))))
    }

    /// Asks for a consent again that was given before: under the same id and, once it is given, the same token.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn reopen(&self, merchant: &Merchant, mut journey: Journey) -> Result<Changed, EngineError> {
        loop {
            let now = self.clock.now();
            let status = journey.consent_status(now).unwrap_or(Status::Failed);
            if status == Status::AwaitedAgain {
                // Whoever reopened it may not have come to its departure yet.
                return self.first_departure(journey).await.map(|journey| Changed::Done(Box::new(journey)));
            }
            let asked_until = journey.opening().purpose.consent().and_then(|consent| consent.until);
            if asked_until.is_some_and(|until| until <= now) {
                return Ok(Changed::Cannot(Status::Expired));
            }
            let until = now.plus(merchant.settings.journey_life);
            let Some(next) = journey.clone().reopen(now, until) else { return Ok(Changed::Cannot(status)) };
            match self.take(&Step::reopen(next.clone())).await? {
                Taken::Done => return self.first_departure(next).await.map(|next| Changed::Done(Box::new(next))),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Err(gone()),
            }
        }
    }

    /// Ends a consent by its merchant's wish, be it given or not. Ending it again changes nothing.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn revoke(&self, journey: Journey) -> Result<Journey, EngineError> {
        let journey = self.settle(journey, &Fact::withdrawn()).await?;
        if journey.grant().is_none() {
            return Ok(journey);
        }
        let now = self.clock.now();
        let revoke = |grant: &mut Grant| {
            grant.revoked_at.get_or_insert(now);
        };
        match self.regranted(journey, |_, _| true, revoke).await? {
            Changed::Done(journey) => Ok(*journey),
            Changed::Cannot(_) => Err(gone()),
        }
    }

    /// Notes that the customer has confirmed to the merchant, at `at`, that the consent shall go on.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn confirm(&self, journey: Journey, at: Moment) -> Result<Changed, EngineError> {
        let in_force = |_: &Journey, status| matches!(status, Status::Authorised | Status::AwaitedAgain);
        // What was confirmed later stays confirmed.
        self.regranted(journey, in_force, |grant| grant.confirmed_at = grant.confirmed_at.max(at)).await
    }

    /// Notes that the operator has executed the one payment of a consent. Noting it again changes nothing.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn consume(&self, journey: Journey) -> Result<Changed, EngineError> {
        let now = self.clock.now();
        let can = |journey: &Journey, status| {
            journey.opening().purpose.amount().is_some()
                && matches!(status, Status::Authorised | Status::AwaitedAgain | Status::Consumed)
        };
        let consume = |grant: &mut Grant| {
            grant.consumed_at.get_or_insert(now);
        };
        self.regranted(journey, can, consume).await
    }

    /// The consent of a token that this gateway signed, whoever holds it. `None` when it is none of ours.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn consent_of_token(&self, token: &str) -> Result<Option<Journey>, EngineError> {
        let Some(claims) = self.keys.verify_consent(token) else { return Ok(None) };
        let Ok(id) = claims.consent.parse::<JourneyId>() else { return Ok(None) };
        let found = self.store.find(id.pay_id()).await?.filter(|journey| *journey.id() == id);
        // Only the very token that was signed for it counts.
        let own = |journey: &Journey| self.consent_token(journey).is_some_and(|own| own == Secret::new(token));
        Ok(found.filter(own))
    }

    /// The consent token of a journey, if its customer has agreed: the same bytes every time.
    pub fn consent_token(&self, journey: &Journey) -> Option<Secret> {
        self.unseal(journey, &journey.grant()?.token)
    }

    /// What the bank gave for the customer's agreement, as JSON.
    pub fn bank_tokens(&self, journey: &Journey) -> Option<Secret> {
        self.unseal(journey, &journey.grant()?.bank)
    }

    fn unseal(&self, journey: &Journey, sealed: &crate::domain::secret::Sealed) -> Option<Secret> {
        let plain = self.keys.open(sealed, journey.id().as_bytes())?;
        Some(Secret::new(std::str::from_utf8(&plain).ok()?))
    }

    /// The `state` of a journey's latest departure, if it has one.
    pub fn latest_state(&self, journey: &Journey) -> Option<String> {
        let latest = u8::try_from(journey.departures().len().checked_sub(1)?).ok()?;
        self.state(journey, latest).ok()
    }

    /// Puts into a journey what its customer's agreement left, if that is what the fact is of.
    pub(super) fn with_grant(&self, journey: Journey, fact: &Fact) -> Result<Journey, EngineError> {
        let (Some(tokens), Some(consent)) = (fact.bank_tokens(), journey.opening().purpose.consent()) else {
            return Ok(journey);
        };
        if journey.settlement().is_none_or(|settlement| settlement.outcome != Outcome::Authorised) {
            return Ok(journey);
        }
        let now = self.clock.now();
        let seal = |text: &str| {
            let sealed = self.keys.seal(text.as_bytes(), journey.id().as_bytes(), self.clock.entropy());
            sealed.ok_or_else(super::key_gone)
        };
        let BankTokens { json, consent: bank_consent } = tokens;
        let longest = now.plus(self.longest(&journey, consent));
        let token = match journey.grant() {
            Some(before) => before.token.clone(),
            None => seal(self.sign_consent(&journey)?.reveal())?,
        };
        let grant = Grant {
            token,
            bank: seal(json.reveal())?,
            bank_consent: bank_consent.clone(),
            given_at: now,
            expires_at: consent.until.map_or(longest, |until| until.min(longest)),
            confirmed_at: now,
            consumed_at: None,
            revoked_at: None,
        };
        Ok(journey.granted(grant))
    }

    /// How long a consent lasts at the most: as it was promised, or where its customer chose, as the chosen one's rule is.
    fn longest(&self, journey: &Journey, consent: &Consent) -> Duration {
        let chosen = journey.institution().filter(|_| consent.institution.is_none());
        chosen.and_then(|id| self.institution(id)).map_or(consent.longest, |chosen| chosen.consent_life)
    }

    fn sign_consent(&self, journey: &Journey) -> Result<Secret, EngineError> {
        let claims = claims(journey, journey.institution().unwrap_or_default());
        let claims = claims.ok_or_else(|| EngineError::Missing("consent in this journey".into()))?;
        self.keys.sign_consent(&journey.opening().key, &claims).ok_or_else(super::key_gone)
    }

    /// Writes the first departure of a round down; it leads where the customer chose to go before, if the customer chose.
    async fn first_departure(&self, journey: Journey) -> Result<Journey, EngineError> {
        use crate::domain::journey::Departing;
        let chosen = journey.departures().last().and_then(|departure| departure.to.clone());
        match self.departed(journey, chosen).await? {
            Some(Departing::New(journey, _) | Departing::UnderWay(journey, _) | Departing::Ended(journey)) => {
                Ok(journey)
            }
            Some(Departing::TooOften) | None => Err(gone()),
        }
    }

    /// Changes what a customer's agreement left, where it stands as `allowed` says; a race is decided again.
    async fn regranted(
        &self,
        mut journey: Journey,
        allowed: impl Fn(&Journey, Status) -> bool,
        change: impl Fn(&mut Grant),
    ) -> Result<Changed, EngineError> {
        loop {
            let status = journey.consent_status(self.clock.now()).unwrap_or(Status::Failed);
            if !allowed(&journey, status) {
                return Ok(Changed::Cannot(status));
            }
            let next = match journey.clone().regrant(&change) {
                Some(next) if next.grant() != journey.grant() => next,
                _ => return Ok(Changed::Done(Box::new(journey))),
            };
            match self.take(&Step::regrant(next.clone())).await? {
                Taken::Done => return Ok(Changed::Done(Box::new(next))),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Err(gone()),
            }
        }
    }
}

/// What the token of a journey's consent says. `None` when it is about something else.
pub(super) fn claims(journey: &Journey, institution: &str) -> Option<ConsentClaims> {
    let consent = journey.opening().purpose.consent()?;
    Some(ConsentClaims {
        institution: institution.to_owned(),
        consent: journey.id().to_string(),
        application_user: consent.application_user.as_ref().map(|own| own.as_str().to_owned()),
        user: consent.user.to_string(),
    })
}

fn gone() -> EngineError {
    EngineError::Missing("journey any more: it has been cleared away".into())
}
