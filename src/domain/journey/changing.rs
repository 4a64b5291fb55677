//! The transitions: each consumes the journey and answers the next one.

use super::{
    Choice, Effect, FinalOutcome, Journey, LedTo, PhonePress, Proof, ProviderVisit, RecordedResponse, Reopening,
    ResponseId, Stage,
};
use crate::domain::{Fact, Grant, JourneyEvent, ProviderRefusal, Sealed, UnixMillis};

/// What a request to leave for the provider came to.
#[derive(Debug)]
pub enum BegunVisit {
    /// A new visit; the journey must be written.
    New(Journey, u8),
    /// The visit that is under way already: a double click, or Back and Pay again.
    UnderWay(Journey, u8),
    /// The journey has ended, or its customer is home.
    Ended(Journey),
    /// It has seen too many tries.
    TooOften,
}

/// What a fact came to.
#[derive(Debug)]
pub enum Conclusion {
    /// It concluded the journey, as the final outcome of this number; the journey must be written.
    Concluded(Journey, u8),
    /// The outcome that was there stands.
    Stands(Journey),
}

impl Journey {
    /// Sends the customer to the provider, or again to where the customer is already expected. `to` is the customer's
    /// choice, where there is one; another choice than the last one is another visit.
    #[must_use]
    pub fn begin_visit(self, to: Option<Choice>, at: UnixMillis) -> BegunVisit {
        self.begin(to, None, at)
    }

    /// Sends the customer to the provider on the phone that has pressed. A code begins one visit: what is under way may be
    /// another phone's, and one that is over is not begun again.
    #[must_use]
    pub fn begin_visit_on_phone(self, to: Option<Choice>, press: PhonePress, at: UnixMillis) -> BegunVisit {
        match self.visit_of_code(press.code_at) {
            Some(phone) if phone.press != press => {
                let visit = phone.visit;
                BegunVisit::UnderWay(self, visit)
            }
            Some(phone) if self.away_on_phone() != Some(phone) => BegunVisit::Ended(self),
            Some(_) | None => self.begin(to, Some(press), at),
        }
    }

    fn begin(mut self, to: Option<Choice>, press: Option<PhonePress>, at: UnixMillis) -> BegunVisit {
        // Nobody comes late to an operation: what was ordered is done.
        let is_late = self.is_past_expiry(at) && self.opening.purpose.needs_customer();
        if is_late || matches!(self.stage(), Stage::Concluded(_) | Stage::HandedBack) {
            return BegunVisit::Ended(self);
        }
        if let Some(visit) = self.under_way() {
            let same = to.is_none() || self.past.visits.last().is_some_and(|last| last.to == to);
            if same && self.phone_visit(visit).map(|phone| phone.press) == press {
                return BegunVisit::UnderWay(self, visit);
            }
        }
        if let Some(ordered) = self.ordered_visit() {
            return BegunVisit::UnderWay(self, ordered);
        }
        // What is being closed ends as was asked, and is not begun anew.
        if self.open_payments().any(|(_, payment)| payment.closing.is_some()) {
            return match self.under_way() {
                Some(visit) => BegunVisit::UnderWay(self, visit),
                None => BegunVisit::Ended(self),
            };
        }
        match u8::try_from(self.past.visits.len()) {
            Ok(number) if usize::from(number) < Self::MOST => {
                self.past.visits.push(ProviderVisit {
                    left_at: at,
                    to,
                    answers: Vec::new(),
                    redirect: None,
                    payment: None,
                });
                if let Some(press) = press {
                    self.note_phone(number, press);
                }
                BegunVisit::New(self.revised(), number)
            }
            _ => BegunVisit::TooOften,
        }
    }

    /// Keeps evidence that has not been taken to the provider yet, until `until` for the node that does so; the one
    /// that was kept before is replaced. `None` when the provider has been asked, or the answer has been concluded.
    #[must_use]
    pub fn hold(
        mut self,
        response_id: ResponseId,
        evidence: Sealed,
        until: UnixMillis,
        at: UnixMillis,
    ) -> Option<Self> {
        self.advance(response_id, Proof::Held { evidence, until }, at).then(|| self.revised())
    }

    /// Records that the provider is asked now, by the node that drew the number `by`, so that it is never asked again.
    /// `None` when it has been asked, or the answer has been concluded.
    #[must_use]
    pub fn send(mut self, response_id: ResponseId, by: u64, at: UnixMillis) -> Option<Self> {
        self.advance(response_id, Proof::Sent { at, by }, at).then(|| self.revised())
    }

    /// Asks for a concluded consent again, until `expires_at`. `None` when it has not been given, or not any more.
    #[must_use]
    pub fn reopen(mut self, at: UnixMillis, expires_at: UnixMillis) -> Option<Self> {
        let given = self.grant().is_some_and(|grant| grant.revoked_at.is_none() && grant.consumed_at.is_none());
        let visits = u8::try_from(self.past.visits.len()).ok()?;
        let final_outcomes = u8::try_from(self.past.final_outcomes.len()).ok()?;
        if !given || self.final_outcome().is_none() || self.past.reopenings.len() >= Self::MOST {
            return None;
        }
        self.past.reopenings.push(Reopening { at, expires_at, visits, final_outcomes });
        Some(self.revised())
    }

    /// Keeps what the customer's agreement left. It belongs to the step that concludes as authorised.
    #[must_use]
    pub fn granted(mut self, grant: Grant) -> Self {
        self.past.grant = Some(grant);
        self
    }

    /// Changes what the customer's agreement left: confirmed, consumed, revoked. `None` when nothing was left.
    #[must_use]
    pub fn regrant(mut self, change: impl FnOnce(&mut Grant)) -> Option<Self> {
        change(self.past.grant.as_mut()?);
        Some(self.revised())
    }

    /// Takes the customer back to the checkout, because the provider could not or would not. `None` when the journey
    /// has concluded, or this answer has been seen.
    #[must_use]
    pub fn fail(mut self, response_id: ResponseId, error: ProviderRefusal, at: UnixMillis) -> Option<Self> {
        let unconcluded = self.final_outcome().is_none();
        (unconcluded && self.record(response_id, (LedTo::Failed(error), Effect::Counted), at)).then(|| self.revised())
    }

    /// Sends the customer home before the provider has proven anything; `held`, if there is evidence, is kept for the
    /// node that takes it to the provider, unless it has been asked. `None` when the journey has concluded, or this answer has an
    /// end.
    #[must_use]
    pub fn hand_back_early(
        mut self,
        response_id: ResponseId,
        held: impl Into<Option<Proof>>,
        at: UnixMillis,
    ) -> Option<Self> {
        if self.final_outcome().is_some() || self.answered(response_id).is_some() {
            return None;
        }
        let answer = self.answer_mut(response_id, at)?;
        answer.proof = answer.proof.take().or(held.into());
        (answer.end, answer.effect) = (Some(LedTo::HandedBackEarly), Effect::Counted);
        Some(self.revised())
    }

    /// Remembers where an answer went that changed nothing, and that there is nothing more to prove. It counts all the
    /// same where it is its visit's first and no answer had led to that end: a journey that was cancelled, withdrawn or
    /// has expired. `None` when that is known, or there is no room for it.
    #[must_use]
    pub fn remember(mut self, response_id: ResponseId, end: LedTo, at: UnixMillis) -> Option<Self> {
        let visit = self.past.visits.get(usize::from(response_id.visit));
        let first =
            visit.is_some_and(|d| d.answers.iter().all(|answer| answer.response_digest == response_id.response_digest));
        let effect = if first && !self.is_answered() { Effect::Counted } else { Effect::None };
        self.record(response_id, (end, effect), at).then(|| self.revised())
    }

    /// Concludes, if nothing has been concluded, or if the fact is proof and what stands is not (rule 2 of the design).
    /// The fact counts as what it is worth at that moment: see `in_time`.
    #[must_use]
    pub fn conclude(mut self, fact: &Fact, response_id: Option<ResponseId>, at: UnixMillis) -> Conclusion {
        let late = self.in_time(fact, at);
        let fact = late.as_ref().unwrap_or(fact);
        let outcome = fact.outcome();
        let number = match (self.final_outcome(), u8::try_from(self.past.final_outcomes.len())) {
            (None, Ok(number)) if number < JourneyEvent::MAX_FINAL_OUTCOMES => number,
            (Some(standing), Ok(number))
                if number < JourneyEvent::MAX_FINAL_OUTCOMES
                    && outcome.is_proven()
                    && !standing.outcome.is_proven() =>
            {
                number
            }
            _ => return Conclusion::Stands(self),
        };
        // That a phone came back for the end that stood says nothing of this one.
        if self.final_outcome().is_some() {
            self.past.phone_visits.iter_mut().for_each(|phone| phone.returned = false);
        }
        let instrument = fact.instrument().cloned().map(Box::new);
        self.past.final_outcomes.push(FinalOutcome { outcome, at, cause: fact.cause(), instrument });
        if let Some(response_id) = response_id {
            self.forget_unseen_end(response_id);
            // A full list or a second final outcome by one answer changes nothing: the final outcome itself stands.
            let _ = self.record(response_id, (LedTo::Outcome(number), Effect::Counted), at);
            self.end_payment(response_id.visit, outcome.is_proven(), at);
        }
        Conclusion::Concluded(self.revised(), number)
    }

    /// What a fact that comes too late counts as; `None` when it is in time. A consent whose own time is over cannot be
    /// given any more, and what its customer was refused after the journey's time has expired. A payment that is proven
    /// is never late.
    fn in_time(&self, fact: &Fact, at: UnixMillis) -> Option<Fact> {
        let until = self.opening.purpose.consent().and_then(|consent| consent.until);
        if fact.bank_tokens().is_some() && until.is_some_and(|until| until <= at) {
            let why = "The consent was given after its time was over.";
            return Some(Fact::refused(ProviderRefusal::new("consent_expired", Some(why))));
        }
        let lapsed = self.is_past_expiry(at) && self.opening.purpose.needs_customer();
        (lapsed && fact.is_refusal()).then(Fact::lapsed)
    }

    /// Concludes an answer: it has an end, and nothing more to prove.
    pub(super) fn record(&mut self, response_id: ResponseId, (end, effect): (LedTo, Effect), at: UnixMillis) -> bool {
        // An end that has been written stays, so that replays keep their bytes.
        let Some(answer) = self.answer_mut(response_id, at) else { return false };
        let changes = answer.end.is_none() || answer.proof.is_some();
        answer.proof = None;
        if answer.end.is_none() {
            (answer.end, answer.effect) = (Some(end), effect);
        }
        self.end_payment(response_id.visit, false, at);
        changes
    }

    /// Forgets the end of a payment that no browser has come back from: nobody was led there.
    fn forget_unseen_end(&mut self, response_id: ResponseId) {
        let unseen = self.payment(response_id.visit).is_some_and(|payment| payment.returned.is_none());
        if let Some(visit) = self.past.visits.get_mut(usize::from(response_id.visit)).filter(|_| unseen) {
            visit.answers.retain(|answer| answer.response_digest != response_id.response_digest);
        }
    }

    /// Moves the proof of an answer that has none yet, or a held one.
    fn advance(&mut self, response_id: ResponseId, proof: Proof, at: UnixMillis) -> bool {
        let Some(answer) = self.answer_mut(response_id, at) else { return false };
        let concluded = answer.proof.is_none() && answer.end.is_some();
        if concluded || matches!(answer.proof, Some(Proof::Sent { .. })) {
            return false;
        }
        answer.proof = Some(proof);
        true
    }

    /// The place of this answer, a new one if it has not been seen. `None` when there is no room for it.
    fn answer_mut(&mut self, response_id: ResponseId, at: UnixMillis) -> Option<&mut RecordedResponse> {
        let answers = &mut self.past.visits.get_mut(usize::from(response_id.visit))?.answers;
        if let Some(known) = answers.iter().position(|answer| answer.response_digest == response_id.response_digest) {
            return answers.get_mut(known);
        }
        if answers.len() >= Self::MOST {
            return None;
        }
        answers.push(RecordedResponse {
            response_digest: response_id.response_digest,
            at,
            end: None,
            proof: None,
            effect: Effect::None,
        });
        answers.last_mut()
    }

    /// Keeps what a job came back with. It belongs to the step that concludes it as done.
    #[must_use]
    pub fn resulted(mut self, result: Sealed) -> Self {
        self.past.result = Some(result);
        self
    }

    /// Has the hand-back of this number go by a button on our page. It belongs to the step that decides the hand-back.
    #[must_use]
    pub fn by_button(mut self, number: u8) -> Self {
        if !self.goes_by_button(number) {
            self.past.by_button.push(number);
        }
        self
    }

    pub(super) fn revised(mut self) -> Self {
        self.past.revision += 1;
        self
    }
}
