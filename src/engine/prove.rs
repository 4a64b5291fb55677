//! PROVE: a hint becomes a fact, or nothing.
//!
//! What a browser carried is verified first; until that is done nothing of it is written anywhere. Then, for a bank that may be asked once only, the store writes down that it
//! is asked, and only then it is. So a code is never sent twice: whoever finds it sent waits for the answer, and if the
//! one who sent it has died, the answer counts as lost after [`Journey::LOST`].

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::FutureExt;
use tokio::time::Instant;

use super::flights::Flight;
use super::settle::Concluded;
use super::timing::Timing;
use super::{Engine, EngineError};
use crate::bank::{Bank, BankTrouble, Checked};
use crate::domain::id::PayId;
use crate::domain::journey::{Journey, Proof, Via};
use crate::domain::outcome::{Fact, Offer};
use crate::domain::secret::{Digest, Sealed, Secret};
use crate::keys::digest;
use crate::store::{Step, Taken};

/// How often a bank that cannot be reached is tried, while it is certain that it has not been asked.
const TRIES: u32 = 4;

/// How long is waited before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause before the store is asked again to write what a bank has said.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a node tries to write what a bank has said, while the store is away.
const PERSISTENCE: Duration = Duration::from_mins(10);

/// Which offer under which departure of which journey is being proven. What came beside a code belongs to it: a forged
/// offer and the genuine one may have their code in common.
pub(super) type Key = (PayId, u8, Digest);

/// What is known of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A browser has brought it, and it may be forged.
    Nothing,
    /// It was found genuine before it was kept.
    Genuine,
}

/// What a proof comes to.
#[derive(Clone)]
pub(super) enum Landed {
    /// Its browser goes home.
    Home(Concluded),
    /// Somebody else is asking the bank.
    Elsewhere,
    /// The answer was not the bank's; nothing has changed.
    Forged,
    /// Whether it is the bank's cannot be told now; nothing has changed.
    Unchecked,
}

/// What a proof came to, and how long the bank took for it.
#[derive(Clone)]
pub(super) struct Landing {
    pub(super) landed: Landed,
    pub(super) asked: Duration,
}

impl Engine {
    /// Begins to prove an answer, or joins the proof that is under way here.
    pub(super) fn prove(
        self: &Arc<Self>,
        journey: &Journey,
        via: Via,
        offer: &Offer,
        known: Known,
    ) -> Flight<Result<Landing, EngineError>> {
        self.proofs.join(key_of(journey, via, offer), || {
            let (engine, journey, offer) = (Arc::clone(self), journey.clone(), offer.clone());
            async move {
                let timing = Timing::default();
                let landed = engine.prove_and_conclude(journey, via, (&offer, known), &timing).await?;
                Ok(Landing { landed, asked: timing.bank() })
            }
            .boxed()
        })
    }

    /// Whether this offer has been found genuine by a proof that is under way here.
    pub(super) fn is_genuine(&self, journey: &Journey, via: Via, offer: &Offer) -> bool {
        self.genuine.has(&key_of(journey, via, offer))
    }

    async fn prove_and_conclude(
        &self,
        journey: Journey,
        via: Via,
        (offer, known): (&Offer, Known),
        timing: &Timing,
    ) -> Result<Landed, EngineError> {
        if matches!(journey.proof(via), Some(Proof::Sent { .. })) {
            return Ok(Landed::Elsewhere);
        }
        let bank = Arc::clone(self.bank(journey.bank_of(via.departure))?);
        let checked = match known {
            Known::Genuine => Ok(Checked::Genuine),
            Known::Nothing => timing.of_bank(self.checked(bank.as_ref(), &journey, via, offer)).await?,
        };
        let _note = checked.is_ok().then(|| self.genuine.write(key_of(&journey, via, offer)));
        let fact = match checked {
            Ok(Checked::Refused(error)) => Fact::refused(error),
            Ok(Checked::Genuine) => {
                let Some(journey) = self.sent(bank.as_ref(), &journey, via).await? else {
                    return Ok(Landed::Elsewhere);
                };
                match timing.of_bank(self.exchanged(bank.as_ref(), &journey, via, offer)).await? {
                    Ok(fact) => fact,
                    Err(trouble) => refused(&journey, via, &trouble),
                }
            }
            Err(BankTrouble::Forged(why)) => {
                tracing::warn!(bank = journey.bank_of(via.departure), why, "return.forged");
                return Ok(Landed::Forged);
            }
            // The code is unspent: whether it is worth anything can be asked later.
            Err(trouble) => {
                tracing::warn!(bank = journey.bank_of(via.departure), error = %trouble, "return.unchecked");
                return Ok(Landed::Unchecked);
            }
        };
        self.conclude_at_last(journey, &fact, via).await.map(Landed::Home)
    }

    /// Concludes, however long the store is away: what the bank said once it will not say again.
    async fn conclude_at_last(&self, journey: Journey, fact: &Fact, via: Via) -> Result<Concluded, EngineError> {
        while_away(|| self.conclude(journey.clone(), fact, via)).await
    }

    /// Takes over a proof that its node has left; whoever renews the hold first has it.
    pub(super) async fn take_over(self: &Arc<Self>, journey: Journey, via: Via) -> Result<(), EngineError> {
        let Some(Proof::Held { offer, .. }) = journey.proof(via) else { return Ok(()) };
        let able = self.bank(journey.bank_of(via.departure)).is_ok() && self.trip(&journey, via.departure).is_ok();
        let Some(offer) = self.unsealed(&journey, offer).filter(|_| able) else {
            return self.leave_to_others(journey, via).await;
        };
        let Some(next) = self.held(&journey, via, &offer)? else { return Ok(()) };
        match self.take(&Step::hold(next.clone())).await? {
            Taken::Done if !self.proofs.has(&key_of(&next, via, &offer)) => {
                tracing::info!(pay_id = %next.pay_id(), "prove.taken_over");
                // It flies on by itself.
                drop(self.prove(&next, via, &offer, Known::Genuine));
                Ok(())
            }
            Taken::Done | Taken::Lost(_) | Taken::Gone => Ok(()),
        }
    }

    /// Leaves a proof to nodes that have its bank and its key, until the journey's time is over.
    async fn leave_to_others(&self, journey: Journey, via: Via) -> Result<(), EngineError> {
        let (now, trouble) = (self.clock.now(), BankTrouble::Unreachable("its bank or its key is gone".into()));
        if now >= journey.expires_at() {
            let fact = refused(&journey, via, &trouble);
            return self.conclude(journey, &fact, via).await.map(drop);
        }
        let Some(Proof::Held { offer, .. }) = journey.proof(via).cloned() else { return Ok(()) };
        let Some(next) = journey.hold(via, offer, now.plus(Journey::HELD), now) else { return Ok(()) };
        self.take(&Step::hold(next)).await?;
        Ok(())
    }

    /// Gives up an answer that the bank was asked for, and that never came.
    pub(super) async fn give_up(&self, journey: Journey, via: Via) -> Result<(), EngineError> {
        let trouble = BankTrouble::Unanswered("whoever asked it is gone".into());
        self.conclude(journey.clone(), &refused(&journey, via, &trouble), via).await.map(drop)
    }

    fn unsealed(&self, journey: &Journey, offer: &Sealed) -> Option<Offer> {
        let text = self.keys.open(offer, journey.id().as_bytes())?;
        let (length, rest) = std::str::from_utf8(&text).ok()?.split_once('\n')?;
        let (code, signed) = rest.split_at_checked(length.parse().ok()?)?;
        let signed = Some(signed).filter(|signed| !signed.is_empty()).map(Secret::new);
        Some(Offer { code: Secret::new(code), signed })
    }

    async fn checked(
        &self,
        bank: &dyn Bank,
        journey: &Journey,
        via: Via,
        offer: &Offer,
    ) -> Result<Result<Checked, BankTrouble>, EngineError> {
        let papers = self.trip(journey, via.departure)?;
        let trip = papers.of(journey);
        Ok(while_unreachable(|| bank.check(&trip, offer)).await)
    }

    async fn exchanged(
        &self,
        bank: &dyn Bank,
        journey: &Journey,
        via: Via,
        offer: &Offer,
    ) -> Result<Result<Fact, BankTrouble>, EngineError> {
        let papers = self.trip(journey, via.departure)?;
        let trip = papers.of(journey);
        let answer = while_unreachable(|| bank.exchange(&trip, offer));
        // Before the answer counts as lost elsewhere.
        let lost = BankTrouble::Unanswered("it took too long".into());
        Ok(tokio::time::timeout(Journey::LOST * 4 / 5, answer).await.unwrap_or(Err(lost)))
    }

    /// Takes a step, again where its reply was lost: a step that finds its own bytes there has been taken.
    pub(super) async fn taken(&self, step: &Step) -> Result<Taken, EngineError> {
        for tried in 1.. {
            match self.take(step).await {
                Err(trouble) if tried < TRIES => {
                    tracing::warn!(error = %trouble, "prove.store_away");
                    tokio::time::sleep(PAUSE * (1 << (tried - 1))).await;
                }
                taken => return Ok(taken?),
            }
        }
        Err(EngineError::Missing("try left".into()))
    }

    /// The journey with the note that its bank is asked now; as it is, for a bank that may be asked again. `None` when
    /// somebody else has asked, or the answer has been concluded.
    async fn sent(&self, bank: &dyn Bank, journey: &Journey, via: Via) -> Result<Option<Journey>, EngineError> {
        if !bank.asks_once() {
            return Ok(Some(journey.clone()));
        }
        let mut journey = journey.clone();
        let by = u64::from_be_bytes(*self.clock.entropy().first_chunk().unwrap_or(&[0; 8]));
        loop {
            let Some(next) = journey.send(via, by, self.clock.now()) else { return Ok(None) };
            match self.taken(&Step::send(next.clone())).await? {
                Taken::Done => return Ok(Some(next)),
                Taken::Lost(now) => journey = *now,
                Taken::Gone => return Ok(None),
            }
        }
    }
}

/// Does something again for as long as the store is away, up to [`PERSISTENCE`].
pub(super) async fn while_away<T, F>(mut step: impl FnMut() -> F) -> Result<T, EngineError>
where
    F: Future<Output = Result<T, EngineError>>,
{
    let (began, mut pause) = (Instant::now(), PAUSE);
    loop {
        match step().await {
            Err(EngineError::Store(trouble)) if began.elapsed() < PERSISTENCE => {
                tracing::warn!(error = %trouble, "prove.store_away");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

/// Calls a bank until it can be reached, a few times.
pub(super) async fn while_unreachable<T, F>(mut call: impl FnMut() -> F) -> Result<T, BankTrouble>
where
    F: Future<Output = Result<T, BankTrouble>>,
{
    for tried in 1.. {
        match call().await {
            Err(BankTrouble::Unreachable(_)) if tried < TRIES => tokio::time::sleep(PAUSE * (1 << (tried - 1))).await,
            answered => return answered,
        }
    }
    Err(BankTrouble::Unreachable("it was not tried".into()))
}

fn key_of(journey: &Journey, via: Via, offer: &Offer) -> Key {
    let (code, signed) = (offer.code.reveal(), offer.signed.as_ref().map_or("", Secret::reveal));
    let bytes = [&code.len().to_be_bytes(), code.as_bytes(), signed.as_bytes()].concat();
    (journey.pay_id(), via.departure, digest("offer", &bytes))
}

fn refused(journey: &Journey, via: Via, trouble: &BankTrouble) -> Fact {
    tracing::warn!(bank = journey.bank_of(via.departure), error = %trouble, "return.bank_trouble");
    Fact::refused(trouble.as_error())
}
