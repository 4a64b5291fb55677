//! What can be read off a journey.

use std::time::Duration;

use super::{
    Choice, Effect, FinalOutcome, Journey, LedTo, Proof, ProviderVisit, RecordedResponse, Reopening, ResponseId, Stage,
};
use crate::domain::consent::Status;
use crate::domain::{
    Cause, Delivery, DeliveryId, Grant, JourneyEvent, LanguageTag, Outcome, Sealed, Target, UnixMillis, Wanted,
};

impl Journey {
    /// Who is paid, as every page says it: whom the merchant has named, or the merchant.
    pub fn payee(&self) -> &str {
        self.opening.purpose.payee().unwrap_or_else(|| self.opening.merchant_name.as_str())
    }

    /// The version of the text in which our page asked for its consent the last time; `None` where it was the bank alone
    /// that asked.
    pub fn consent_text(&self) -> Option<&str> {
        self.past.visits.iter().rev().find_map(|visit| visit.to.as_ref()?.text.as_deref())
    }

    /// The language that its pages were asked for in, by its call or its merchant.
    pub fn language(&self) -> Option<LanguageTag> {
        self.opening.settings.language.0
    }

    /// The times the customer was sent to the provider.
    pub fn visits(&self) -> &[ProviderVisit] {
        &self.past.visits
    }

    /// The number of the last of them.
    pub fn last_visit(&self) -> Option<u8> {
        u8::try_from(self.past.visits.len().checked_sub(1)?).ok()
    }

    /// Its outcomes, the last one in force.
    pub fn final_outcomes(&self) -> &[FinalOutcome] {
        &self.past.final_outcomes
    }

    /// The final outcome that an event is about. `None` where nothing had ended by it.
    pub fn outcome_of(&self, event: JourneyEvent) -> Option<&FinalOutcome> {
        self.past.final_outcomes.get(usize::from(event.final_outcome()?))
    }

    /// The times that it was asked for again.
    pub fn reopenings(&self) -> &[Reopening] {
        &self.past.reopenings
    }

    /// The outcome in force; none while a consent is asked for again.
    pub fn final_outcome(&self) -> Option<&FinalOutcome> {
        self.past.final_outcomes.get(self.first_final_outcome()..)?.last()
    }

    /// Whether a provider has proven the outcome in force.
    pub fn is_proven(&self) -> bool {
        self.final_outcome().is_some_and(|final_outcome| final_outcome.outcome.is_proven())
    }

    /// Whether its customer can still decide, at the checkout or at the provider.
    pub fn is_open(&self) -> bool {
        matches!(self.stage(), Stage::Open(_) | Stage::Away { .. })
    }

    /// When this round of it ends by itself.
    pub fn expires_at(&self) -> UnixMillis {
        self.past.reopenings.last().map_or(self.opening.expires_at, |reopening| reopening.expires_at)
    }

    /// Whether its time has run out without an outcome: nobody is sent out any more.
    pub fn is_past_expiry(&self, now: UnixMillis) -> bool {
        self.final_outcome().is_none() && now >= self.expires_at()
    }

    /// Whether it has expired: its time has run out without an outcome, and no provider holds a payment that it must be
    /// asked about first, or has done what it is about.
    pub fn is_lapsed(&self, now: UnixMillis) -> bool {
        self.is_past_expiry(now) && self.open_payments().next().is_none() && !self.opening.purpose.is_reported()
    }

    /// Whether its customer has left for the provider, and may be paying there, or has paid: nothing is proven yet.
    pub fn may_be_paying(&self, now: UnixMillis) -> bool {
        let left_at = self.past.visits.last().map(|visit| visit.left_at);
        matches!(self.stage(), Stage::Away { .. } | Stage::HandedBack)
            && left_at.is_some_and(|left_at| now < left_at.plus(Self::VISIT))
    }

    /// When a node must look after it, if no request does before: its expiry, an unfinished proof, a redirect that has
    /// not been asked for, a payment that its provider is asked about, or one that is to be given back.
    pub fn due_at(&self) -> Option<UnixMillis> {
        let asks = self.asked_payments().map(|(_, payment)| payment.ask_at).min();
        let expiry = (self.final_outcome().is_none() && asks.is_none()).then(|| self.expires_at());
        let proofs = self.proofs().map(|(_, proof)| proof.due_at());
        let redirect = self.asked_ahead().map(|(_, until)| until);
        let owed = self.final_outcome().filter(|_| self.owes_refund()).map(|late| late.at);
        proofs.chain(expiry).chain(redirect).chain(asks).chain(owed).min()
    }

    /// The proofs that are under way, with the answers that they belong to.
    pub fn proofs(&self) -> impl Iterator<Item = (ResponseId, &Proof)> {
        (0..=u8::MAX).zip(&self.past.visits).flat_map(|(visit, d)| {
            d.answers.iter().filter_map(move |a| {
                Some((ResponseId { visit, response_digest: a.response_digest }, a.proof.as_ref()?))
            })
        })
    }

    /// How far the proof of this answer has come.
    pub fn proof(&self, response_id: ResponseId) -> Option<&Proof> {
        self.answer(response_id)?.proof.as_ref()
    }

    /// What the customer's agreement left.
    pub const fn grant(&self) -> Option<&Grant> {
        self.past.grant.as_ref()
    }

    /// When a store may begin to forget it: not before a consent that was given has ended, nor while a payment may
    /// change that was made, nor while a registered means to pay may be used.
    pub fn ends_at(&self) -> UnixMillis {
        let registered = self.is_registered().then(|| self.opening.opened_at.plus(Self::REGISTERED));
        let given = self.grant().map(|grant| grant.expires_at).into_iter().chain(registered);
        let changes = self.past.visits.iter().filter_map(|visit| visit.payment.as_ref()?.changes_until);
        changes.chain(given).fold(self.expires_at(), UnixMillis::max)
    }

    /// For how long a registered means to pay is kept. Also when it was deregistered: until its provider has said so, it
    /// must be found.
    const REGISTERED: Duration = Duration::from_hours(3650 * 24);

    /// Whether it is a means to pay that was registered.
    fn is_registered(&self) -> bool {
        let wanted = self.opening.purpose.checkout().map(|checkout| checkout.wanted);
        wanted == Some(Wanted::Registration) && self.is_proven()
    }

    /// The provider where it was paid, else the one whose answer counts, else the one that its customer was last sent to,
    /// or will be.
    pub fn provider(&self) -> &str {
        if let Some((paid, _)) = self.proven_payment() {
            return self.provider_of(paid);
        }
        let visit = self.decisive().or(self.past.visits.last());
        visit.and_then(|visit| visit.to.as_ref()).map_or(&self.opening.provider, |to| &to.provider)
    }

    /// [`Journey::provider`], where it is known: where there is a choice, not before it was made.
    pub fn known_provider(&self) -> Option<&str> {
        (self.opening.choices.is_empty() || !self.past.visits.is_empty()).then(|| self.provider())
    }

    /// Whether its customer must choose a provider before any is left for.
    pub fn awaits_choice(&self) -> bool {
        !self.opening.choices.is_empty() && matches!(self.stage(), Stage::Open(_))
    }

    /// The provider that a visit leads to.
    pub fn provider_of(&self, visit: u8) -> &str {
        let to = self.past.visits.get(usize::from(visit)).and_then(|visit| visit.to.as_ref());
        to.map_or(&self.opening.provider, |to| &to.provider)
    }

    /// The institution whose answer counts, else the one that the customer was last sent to, or will be.
    pub fn institution(&self) -> Option<&str> {
        self.chosen().and_then(|to| to.institution.as_deref()).or_else(|| self.opening.purpose.institution())
    }

    /// What its consent allows at that institution; nothing while the customer has not chosen one and that depends on
    /// it.
    pub fn scope(&self) -> &[String] {
        let asked = || self.opening.purpose.consent().map_or(&[][..], |consent| consent.features.concluded());
        self.chosen().map_or_else(asked, |to| &to.scope)
    }

    /// Where the customer chose to go: the choice whose answer counts, else the last one.
    fn chosen(&self) -> Option<&Choice> {
        let last = || self.past.visits.iter().rev().find_map(|visit| visit.to.as_ref());
        self.decisive().and_then(|visit| visit.to.as_ref()).or_else(last)
    }

    /// The visit whose answer led to the outcome in force, or sent the customer home before it: a customer who has
    /// left for two institutions in two tabs comes back from one.
    fn decisive(&self) -> Option<&ProviderVisit> {
        let last = self.past.final_outcomes.len().checked_sub(1).and_then(|last| u8::try_from(last).ok());
        let led_to =
            |end: &LedTo| self.past.visits.iter().rev().find(|d| d.answers.iter().any(|a| a.end.as_ref() == Some(end)));
        last.and_then(|last| led_to(&LedTo::Outcome(last))).or_else(|| led_to(&LedTo::HandedBackEarly))
    }

    /// Where its consent stands. `None` when it is about something else.
    pub fn consent_status(&self, now: UnixMillis) -> Option<Status> {
        self.opening.purpose.consent()?;
        Some(match (self.grant(), self.final_outcome()) {
            // Of an executed payment the provider can still be asked, even if the consent has ended since.
            (Some(grant), _) if grant.consumed_at.is_some() => Status::Consumed,
            (Some(grant), _) if grant.revoked_at.is_some() => Status::Revoked,
            (Some(_), None) if !self.is_lapsed(now) => Status::AwaitedAgain,
            (Some(grant), _) if now >= grant.expires_at => Status::Expired,
            (Some(_), _) => Status::Authorised,
            (None, None) if self.is_lapsed(now) => Status::Expired,
            (None, None) => Status::Awaited,
            (None, Some(final_outcome)) => denial(final_outcome).unwrap_or(Status::Failed),
        })
    }

    /// Where this round of its consent stands: what was given before does not speak for a customer who was asked again,
    /// and did not agree.
    pub fn round_status(&self, now: UnixMillis) -> Option<Status> {
        let status = self.consent_status(now)?;
        let denied = match self.final_outcome() {
            _ if status == Status::Revoked => None,
            Some(final_outcome) => denial(final_outcome),
            None => self.is_lapsed(now).then_some(Status::Expired),
        };
        Some(denied.unwrap_or(status))
    }

    /// Whether what a customer has agreed to may be used: until its time is over or it is ended, also while it is
    /// asked for again.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        self.grant()
            .is_some_and(|grant| grant.revoked_at.is_none() && grant.consumed_at.is_none() && now < grant.expires_at)
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage<'_> {
        if let Some(final_outcome) = self.final_outcome() {
            return Stage::Concluded(final_outcome);
        }
        match (self.visits_now().last(), self.under_way()) {
            (Some(last), Some(_)) if last.answers.iter().any(|answer| answer.end == Some(LedTo::HandedBackEarly)) => {
                Stage::HandedBack
            }
            (_, Some(visit)) => Stage::Away { visit },
            (None, None) => Stage::Open(None),
            (Some(last), None) => Stage::Open(last.answers.iter().rev().find_map(|answer| match &answer.end {
                Some(LedTo::Failed(error)) => Some(error),
                Some(LedTo::Outcome(_) | LedTo::HandedBackEarly | LedTo::Onward(_)) | None => None,
            })),
        }
    }

    /// What this answer led to, if it has led to anything.
    pub fn answered(&self, response_id: ResponseId) -> Option<&LedTo> {
        self.answer(response_id)?.end.as_ref()
    }

    /// Whether this response is one that counted: a browser with another one shows only that a `state` is
    /// known. A failure counts only where it was the first answer to a checkout's visit.
    pub fn counts(&self, response_id: ResponseId) -> bool {
        let first = self.past.visits.get(usize::from(response_id.visit)).and_then(|d| d.answers.first());
        self.answer(response_id).is_some_and(|answer| {
            let failed = matches!(answer.end, Some(LedTo::Failed(_)));
            let may_fail = self.opening.purpose.checkout().is_some()
                && first.is_some_and(|a| a.response_digest == response_id.response_digest);
            answer.effect == Effect::Counted && (!failed || may_fail)
        })
    }

    /// Whether an answer has led to where it stands, or sent its customer home.
    pub fn is_answered(&self) -> bool {
        let last = self.past.final_outcomes.len().checked_sub(1).and_then(|last| u8::try_from(last).ok());
        let end = match self.stage() {
            Stage::Concluded(_) => last.map(LedTo::Outcome),
            Stage::HandedBack => Some(LedTo::HandedBackEarly),
            Stage::Open(_) | Stage::Away { .. } => None,
        };
        let mut answers = self.past.visits.iter().flat_map(|visit| &visit.answers);
        end.is_some() && answers.any(|answer| answer.effect == Effect::Counted && answer.end == end)
    }

    /// When this answer led a browser to its end: when it came, or later, when its journey was concluded, or the browser
    /// came for what its provider had been asked about before.
    pub fn led_at(&self, response_id: ResponseId) -> UnixMillis {
        let Some(answer) = self.answer(response_id) else { return self.opening.opened_at };
        let concluded = answer.end.as_ref().and_then(|end| self.concluded_at(end));
        let returned = self.payment(response_id.visit).and_then(|payment| payment.returned).map(|returned| returned.at);
        [concluded, returned].into_iter().flatten().fold(answer.at, UnixMillis::max)
    }

    fn concluded_at(&self, end: &LedTo) -> Option<UnixMillis> {
        match end {
            LedTo::Outcome(number) => {
                self.past.final_outcomes.get(usize::from(*number)).map(|final_outcome| final_outcome.at)
            }
            LedTo::Failed(_) | LedTo::HandedBackEarly | LedTo::Onward(_) => None,
        }
    }

    /// Since when a browser can have been handed back with this end.
    pub fn handed_back_since(&self, end: &LedTo) -> UnixMillis {
        let concluded = self.concluded_at(end);
        let answers = self.past.visits.iter().flat_map(|visit| &visit.answers);
        let led = answers.filter(|answer| answer.effect == Effect::Counted && answer.end.as_ref() == Some(end));
        led.map(|answer| answer.at).chain(concluded).max().unwrap_or(self.opening.opened_at)
    }

    fn answer(&self, response_id: ResponseId) -> Option<&RecordedResponse> {
        let visit = self.past.visits.get(usize::from(response_id.visit))?;
        visit.answers.iter().find(|answer| answer.response_digest == response_id.response_digest)
    }

    /// Whether an answer has already spent this visit's `state`.
    pub fn is_spent(&self, visit: u8) -> bool {
        self.past.visits.get(usize::from(visit)).is_none_or(|d| !d.answers.is_empty())
    }

    /// The deliveries that an event leaves at `at`: one for each background callback and payment endpoint that wants
    /// it.
    pub fn deliveries(&self, event: JourneyEvent, at: UnixMillis, wants: impl Fn(Target) -> bool) -> Vec<Delivery> {
        let id = |target| DeliveryId { journey: self.opening.id, event, target };
        let targets = self.opening.plan.targets().filter(|target| wants(*target));
        targets.map(|target| Delivery::fresh(id(target), at)).collect()
    }

    /// What a job came back with.
    pub const fn result(&self) -> Option<&Sealed> {
        self.past.result.as_ref()
    }

    /// The number of the one-time token that a hand-back carries: its final outcome's, or the one that comes next.
    pub fn token_number(&self, end: &LedTo, visit: Option<u8>) -> u8 {
        match (end, visit) {
            (LedTo::Outcome(number), _) => *number,
            (LedTo::Failed(_) | LedTo::HandedBackEarly | LedTo::Onward(_), None) => {
                u8::try_from(self.first_final_outcome()).unwrap_or(u8::MAX)
            }
            (LedTo::Failed(_) | LedTo::HandedBackEarly | LedTo::Onward(_), Some(visit)) => {
                let before = self.past.reopenings.iter().rev().find(|reopening| reopening.visits <= visit);
                before.map_or(0, |reopening| reopening.final_outcomes)
            }
        }
    }

    /// Whether the hand-back of this number goes by a button on our page.
    pub fn goes_by_button(&self, number: u8) -> bool {
        self.past.by_button.contains(&number)
    }

    /// Whether a customer was sent home in this round before its outcome.
    pub fn was_handed_back_early(&self) -> bool {
        self.visits_now().iter().any(|visit| visit.answers.iter().any(|a| a.end == Some(LedTo::HandedBackEarly)))
    }

    /// When a hand-back came about, which shows how old it is: its final outcome's moment, or before one
    /// the time at which its customer left for the provider. It never changes.
    pub fn moment_of(&self, end: &LedTo, visit: Option<u8>) -> UnixMillis {
        let left = || match visit {
            Some(visit) => self.past.visits.get(usize::from(visit)),
            None => self.past.visits.last(),
        };
        let moment = match end {
            LedTo::Outcome(_) => self.concluded_at(end),
            LedTo::Failed(_) | LedTo::HandedBackEarly | LedTo::Onward(_) => left().map(|visit| visit.left_at),
        };
        moment.unwrap_or(self.opening.opened_at)
    }

    fn first_final_outcome(&self) -> usize {
        self.past.reopenings.last().map_or(0, |reopening| usize::from(reopening.final_outcomes))
    }

    /// The visits of this round.
    fn visits_now(&self) -> &[ProviderVisit] {
        let first = self.past.reopenings.last().map_or(0, |reopening| usize::from(reopening.visits));
        self.past.visits.get(first..).unwrap_or_default()
    }

    pub(super) fn under_way(&self) -> Option<u8> {
        let last = self.visits_now().last()?;
        let failed = last.answers.iter().any(|answer| matches!(answer.end, Some(LedTo::Failed(_))));
        if failed { None } else { u8::try_from(self.past.visits.len() - 1).ok() }
    }
}

/// Where a consent stands that was not given, by its outcome; `None` of one that was.
const fn denial(final_outcome: &FinalOutcome) -> Option<Status> {
    match (final_outcome.outcome, &final_outcome.cause) {
        (_, Cause::Merchant) => Some(Status::Revoked),
        (Outcome::Cancelled, _) => Some(Status::Rejected),
        (Outcome::Expired, _) => Some(Status::Expired),
        (Outcome::Failed, _) => Some(Status::Failed),
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => None,
    }
}
