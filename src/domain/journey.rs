//! A journey: from the merchant's call that opened it to the customer's return, and the outcomes it settled with.
//!
//! What happened is kept (departures, their answers, settlements); the stage is read off it, so that the two can never
//! disagree. Transitions consume the journey and answer the next one; every one of them counts the revision up, and a
//! store writes it only over the revision before.

use std::time::Duration;

use super::consent::{Consent, Grant, Kind, Status};
use super::delivery::Delivery;
use super::id::{JourneyId, MerchantId, PayId};
use super::merchant::MerchantName;
use super::moment::Moment;
use super::money::Amount;
use super::outcome::{BankError, Cause, Fact, Outcome};
use super::plan::Plan;
use super::secret::Sealed;
use super::terms::Terms;
use super::token::OneTimeToken;

/// A journey. Its fields are read through methods and changed by transitions alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    opening: Opening,
    past: Past,
}

/// What is settled the moment a journey opens, and never changes: rule 5 of the design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: JourneyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The merchant's name at that time, for the pages.
    pub merchant_name: MerchantName,
    /// The dialect that opened it.
    pub dialect: String,
    /// The bank that the customer will be sent to; empty where the customer chooses one on a page of ours.
    pub bank: String,
    /// The id of the operator's key from which its texts are derived.
    pub key: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The dialect's own fields, kept for its answers and never interpreted here.
    pub extras: Vec<(String, String)>,
    /// Where its news goes.
    pub plan: Plan,
    /// What the merchant had chosen.
    pub terms: Terms,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it expires, unless it has settled.
    pub expires_at: Moment,
}

/// What a journey is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A payment.
    Checkout(Checkout),
    /// A customer's agreement.
    Consent(Consent),
}

impl Purpose {
    /// The checkout, if it is one.
    pub const fn checkout(&self) -> Option<&Checkout> {
        match self {
            Self::Checkout(checkout) => Some(checkout),
            Self::Consent(_) => None,
        }
    }

    /// The consent, if it is one.
    pub const fn consent(&self) -> Option<&Consent> {
        match self {
            Self::Checkout(_) => None,
            Self::Consent(consent) => Some(consent),
        }
    }

    /// How much money it is about, if it is about money.
    pub const fn amount(&self) -> Option<Amount> {
        match self {
            Self::Checkout(checkout) => Some(checkout.amount),
            Self::Consent(Consent { kind: Kind::Payment { amount, .. }, .. }) => Some(*amount),
            Self::Consent(_) => None,
        }
    }

    /// What the merchant says that it is for; may be empty.
    pub fn note(&self) -> &str {
        match self {
            Self::Checkout(checkout) => &checkout.note,
            Self::Consent(Consent { kind: Kind::Payment { reference, .. }, .. }) => reference,
            Self::Consent(_) => "",
        }
    }

    /// Whether its pages have a Cancel button.
    pub const fn cancel(&self) -> Cancel {
        match self {
            Self::Checkout(checkout) => checkout.cancel,
            Self::Consent(_) => Cancel::Offered,
        }
    }
}

/// A payment that a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// How much.
    pub amount: Amount,
    /// The merchant's own reference, shown to the customer; may be empty.
    pub note: String,
    /// Whether the customer is offered a Cancel button.
    pub cancel: Cancel,
}

/// Whether a checkout page has a Cancel button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It has.
    Offered,
    /// The merchant's link forbids it.
    Withheld,
}

/// What has happened since the opening.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Counts the changes, from 1.
    pub revision: u32,
    /// The times the customer was sent to the bank.
    pub departures: Vec<Departure>,
    /// The outcomes, the last one in force.
    pub settlements: Vec<Settlement>,
    /// The times that a settled consent was asked for again.
    pub reopenings: Vec<Reopening>,
    /// What the customer's agreement left.
    pub grant: Option<Grant>,
}

/// A settled consent is asked for again: what follows is a new round, under the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopening {
    /// When.
    pub at: Moment,
    /// When the new round ends by itself.
    pub expires_at: Moment,
    /// How many departures came before it.
    pub departures: u8,
    /// How many settlements came before it.
    pub settlements: u8,
}

/// Where a departure leads, when the customer has chosen it on a page of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The institution.
    pub institution: String,
    /// The bank that speaks for it.
    pub bank: String,
}

/// One trip to the bank, under a `state` of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// When the customer left.
    pub left_at: Moment,
    /// Where to, if the customer has chosen it.
    pub to: Option<Choice>,
    /// What came back, each different answer once.
    pub answers: Vec<Answer>,
}

/// An answer that came back under a departure's `state`, and what it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Tells this answer from another one: the start of a digest of its code or error.
    pub mark: u64,
    /// When it had its effect, or came.
    pub at: Moment,
    /// Its effect; `None` while nothing has been proven, and nobody has been sent home.
    pub end: Option<End>,
    /// How far its proof has come; `None` when there is nothing to prove (any more).
    pub proof: Option<Proof>,
}

/// How far the proof of an answer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Nobody has asked the bank yet. Whoever finds it after `until` takes it over.
    Held {
        /// The offer, so that another node can ask.
        offer: Sealed,
        /// Until when it is left to the node that wrote this.
        until: Moment,
    },
    /// The bank is being asked, and will never be asked again.
    Sent {
        /// Since when.
        at: Moment,
    },
}

/// What an answer from the bank led to; it decides where a replay of the same answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Back to the checkout, with this reason.
    Failed(BankError),
    /// Home, with the settlement of this number.
    Settled(u8),
    /// Home before the bank had proven anything, without a status.
    Frozen,
}

/// An outcome, in force until a proven one supersedes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub at: Moment,
    /// By whom or what.
    pub cause: Cause,
}

/// Where a journey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage<'a> {
    /// At the checkout, with the reason why the last try failed, if one did.
    Open(Option<&'a BankError>),
    /// At the bank.
    Away {
        /// The departure under way, from 0.
        departure: u8,
    },
    /// Home, before the bank has proven anything.
    HandedBack,
    /// Ended.
    Settled(&'a Settlement),
}

/// Which answer to which departure a fact or a failure came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via {
    /// The departure, from 0.
    pub departure: u8,
    /// The answer's mark.
    pub mark: u64,
}

impl Proof {
    /// When somebody has to look after it, if nobody finishes it.
    fn due_at(&self) -> Moment {
        match self {
            Self::Held { until, .. } => *until,
            Self::Sent { at } => at.plus(Journey::LOST),
        }
    }
}

/// What a wish to leave for the bank came to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made, and never kept")]
pub enum Departing {
    /// A new departure; the journey has to be written.
    New(Journey, u8),
    /// The departure that is under way already: a double click, or Back and Pay again.
    UnderWay(Journey, u8),
    /// The journey has ended, or its customer is home.
    Ended(Journey),
    /// It has seen too many tries.
    TooOften,
}

/// What a fact came to.
#[derive(Debug)]
pub enum Settling {
    /// It settled the journey, as the settlement of this number; the journey has to be written.
    Settled(Journey, u8),
    /// The outcome that was there stands.
    Stands(Journey),
}

/// What a customer or a server is handed: a settlement, or nothing proven yet, with or without a one-time token.
#[derive(Debug, Clone, Copy)]
pub struct HandBack<'a> {
    /// The settlement, or `None` for a hand-back that could not wait for one.
    pub settlement: Option<&'a Settlement>,
    /// The token, where the journey's terms want one and the reader may have it.
    pub token: Option<&'a OneTimeToken>,
    /// The consent token, where a consent has been given and the reader may have it.
    pub consent_token: Option<&'a str>,
}

impl Journey {
    /// The most departures, and the most different answers to one departure, that are kept.
    const MOST: usize = 50;

    /// How long a held proof is left to the node that holds it.
    pub const HELD: Duration = Duration::from_secs(5);

    /// How long after it was asked a bank's answer counts as lost.
    pub const LOST: Duration = Duration::from_mins(1);

    /// Opens a journey.
    pub fn open(opening: Opening) -> Self {
        Self { opening, past: Past { revision: 1, ..Past::default() } }
    }

    /// Restores a journey that was stored.
    pub(crate) const fn restored(opening: Opening, past: Past) -> Self {
        Self { opening, past }
    }

    pub(crate) const fn past(&self) -> &Past {
        &self.past
    }

    /// What was settled when it opened.
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Its id.
    pub const fn id(&self) -> &JourneyId {
        &self.opening.id
    }

    /// Its number.
    pub fn pay_id(&self) -> PayId {
        self.opening.id.pay_id()
    }

    /// How often it has changed, from 1.
    pub const fn revision(&self) -> u32 {
        self.past.revision
    }

    /// The times the customer was sent to the bank.
    pub fn departures(&self) -> &[Departure] {
        &self.past.departures
    }

    /// Its outcomes, the last one in force.
    pub fn settlements(&self) -> &[Settlement] {
        &self.past.settlements
    }

    /// The outcome in force; none while a consent is asked for again.
    pub fn settlement(&self) -> Option<&Settlement> {
        self.past.settlements.get(self.first_settlement()..)?.last()
    }

    /// When this round of it ends by itself.
    pub fn expires_at(&self) -> Moment {
        self.past.reopenings.last().map_or(self.opening.expires_at, |reopening| reopening.expires_at)
    }

    /// Whether its time has run out without an outcome.
    pub fn is_lapsed(&self, now: Moment) -> bool {
        self.settlement().is_none() && now >= self.expires_at()
    }

    /// When somebody has to look after it, if nobody comes: its expiry, or a proof that nobody has finished.
    pub fn due_at(&self) -> Option<Moment> {
        let expiry = self.settlement().is_none().then(|| self.expires_at());
        let proofs = self.proofs().map(|(_, proof)| proof.due_at());
        proofs.chain(expiry).min()
    }

    /// The proofs that are under way, with the answers that they belong to.
    pub fn proofs(&self) -> impl Iterator<Item = (Via, &Proof)> {
        (0..=u8::MAX).zip(&self.past.departures).flat_map(|(departure, d)| {
            d.answers.iter().filter_map(move |a| Some((Via { departure, mark: a.mark }, a.proof.as_ref()?)))
        })
    }

    /// How far the proof of this answer has come.
    pub fn proof(&self, via: Via) -> Option<&Proof> {
        self.answer(via)?.proof.as_ref()
    }

    /// What the customer's agreement left.
    pub const fn grant(&self) -> Option<&Grant> {
        self.past.grant.as_ref()
    }

    /// When a store may begin to forget it: not before a consent that was given has ended.
    pub fn ends_at(&self) -> Moment {
        self.grant().map_or(self.expires_at(), |grant| grant.expires_at.max(self.expires_at()))
    }

    /// The bank that a departure leads to.
    pub fn bank_of(&self, departure: u8) -> &str {
        let to = self.past.departures.get(usize::from(departure)).and_then(|departure| departure.to.as_ref());
        to.map_or(&self.opening.bank, |to| &to.bank)
    }

    /// The institution that the customer was last sent to, or will be.
    pub fn institution(&self) -> Option<&str> {
        let chosen = self.past.departures.iter().rev().find_map(|departure| departure.to.as_ref());
        let asked = self.opening.purpose.consent().and_then(|consent| consent.institution.as_deref());
        chosen.map(|to| to.institution.as_str()).or(asked)
    }

    /// Where its consent stands. `None` when it is about something else.
    pub fn consent_status(&self, now: Moment) -> Option<Status> {
        self.opening.purpose.consent()?;
        Some(match (self.grant(), self.settlement()) {
            (Some(grant), _) if grant.revoked_at.is_some() => Status::Revoked,
            (Some(grant), _) if grant.consumed_at.is_some() => Status::Consumed,
            (Some(_), None) if !self.is_lapsed(now) => Status::AwaitedAgain,
            (Some(grant), _) if now >= grant.expires_at => Status::Expired,
            (Some(_), _) => Status::Authorised,
            (None, None) if self.is_lapsed(now) => Status::Expired,
            (None, None) => Status::Awaited,
            (None, Some(Settlement { cause: Cause::Merchant, .. })) => Status::Revoked,
            (None, Some(settlement)) => match settlement.outcome {
                Outcome::Cancelled => Status::Rejected,
                Outcome::Expired => Status::Expired,
                Outcome::Failed | Outcome::Paid | Outcome::Authorised => Status::Failed,
            },
        })
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage<'_> {
        if let Some(settlement) = self.settlement() {
            return Stage::Settled(settlement);
        }
        match (self.departures_now().last(), self.under_way()) {
            (Some(last), Some(_)) if last.answers.iter().any(|answer| answer.end == Some(End::Frozen)) => {
                Stage::HandedBack
            }
            (_, Some(departure)) => Stage::Away { departure },
            (None, None) => Stage::Open(None),
            (Some(last), None) => Stage::Open(last.answers.iter().rev().find_map(|answer| match &answer.end {
                Some(End::Failed(error)) => Some(error),
                Some(End::Settled(_) | End::Frozen) | None => None,
            })),
        }
    }

    /// What this answer led to, if it has led to anything.
    pub fn answered(&self, via: Via) -> Option<&End> {
        self.answer(via)?.end.as_ref()
    }

    fn answer(&self, via: Via) -> Option<&Answer> {
        let departure = self.past.departures.get(usize::from(via.departure))?;
        departure.answers.iter().find(|answer| answer.mark == via.mark)
    }

    /// Whether an answer has already spent this departure's `state`.
    pub fn is_spent(&self, departure: u8) -> bool {
        self.past.departures.get(usize::from(departure)).is_none_or(|d| !d.answers.is_empty())
    }

    /// Sends the customer to the bank, or again to where the customer is already expected. `to` is the customer's choice,
    /// where there is one; another choice than the last one is another departure.
    #[must_use]
    pub fn depart(mut self, to: Option<Choice>, at: Moment) -> Departing {
        if self.is_lapsed(at) || matches!(self.stage(), Stage::Settled(_) | Stage::HandedBack) {
            return Departing::Ended(self);
        }
        if let Some(departure) = self.under_way() {
            let same = to.is_none() || self.past.departures.last().is_some_and(|last| last.to == to);
            if same {
                return Departing::UnderWay(self, departure);
            }
        }
        match u8::try_from(self.past.departures.len()) {
            Ok(number) if usize::from(number) < Self::MOST => {
                self.past.departures.push(Departure { left_at: at, to, answers: Vec::new() });
                Departing::New(self.revised(), number)
            }
            _ => Departing::TooOften,
        }
    }

    /// Keeps an offer that nobody has taken to the bank yet, until `until` for the node that does so; the one that was
    /// kept before is replaced. `None` when the bank has been asked, or the answer has been concluded.
    #[must_use]
    pub fn hold(mut self, via: Via, offer: Sealed, until: Moment, at: Moment) -> Option<Self> {
        self.advance(via, Proof::Held { offer, until }, at).then(|| self.revised())
    }

    /// Writes down that the bank is asked now, so that nobody ever asks it again. `None` when it has been asked, or the
    /// answer has been concluded.
    #[must_use]
    pub fn send(mut self, via: Via, at: Moment) -> Option<Self> {
        self.advance(via, Proof::Sent { at }, at).then(|| self.revised())
    }

    /// Asks for a settled consent again, until `expires_at`. `None` when it has not been given, or not any more.
    #[must_use]
    pub fn reopen(mut self, at: Moment, expires_at: Moment) -> Option<Self> {
        let given = self.grant().is_some_and(|grant| grant.revoked_at.is_none() && grant.consumed_at.is_none());
        let departures = u8::try_from(self.past.departures.len()).ok()?;
        let settlements = u8::try_from(self.past.settlements.len()).ok()?;
        if !given || self.settlement().is_none() || self.past.reopenings.len() >= Self::MOST {
            return None;
        }
        self.past.reopenings.push(Reopening { at, expires_at, departures, settlements });
        Some(self.revised())
    }

    /// Keeps what the customer's agreement left. It belongs to the step that settles as authorised.
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

    /// Takes the customer back to the checkout, because the bank could not or would not. `None` when the journey has
    /// settled, or this answer has been seen.
    #[must_use]
    pub fn fail(mut self, via: Via, error: BankError, at: Moment) -> Option<Self> {
        let unsettled = self.settlement().is_none();
        (unsettled && self.record(via, End::Failed(error), at)).then(|| self.revised())
    }

    /// Sends the customer home before the bank has proven anything; `held` is kept for whoever takes the offer to the
    /// bank, unless it has been asked. `None` when the journey has settled, or this answer has an end.
    #[must_use]
    pub fn freeze(mut self, via: Via, held: Proof, at: Moment) -> Option<Self> {
        if self.settlement().is_some() || self.answered(via).is_some() {
            return None;
        }
        let answer = self.answer_mut(via, at)?;
        answer.proof.get_or_insert(held);
        answer.end = Some(End::Frozen);
        Some(self.revised())
    }

    /// Remembers where an answer went that changed nothing, and that there is nothing more to prove. `None` when that is
    /// known, or there is no room for it.
    #[must_use]
    pub fn remember(mut self, via: Via, end: End, at: Moment) -> Option<Self> {
        self.record(via, end, at).then(|| self.revised())
    }

    /// Settles, if nothing has been settled, or if the fact is proof and what stands is not (rule 2 of the design).
    #[must_use]
    pub fn settle(mut self, fact: &Fact, via: Option<Via>, at: Moment) -> Settling {
        let outcome = fact.outcome();
        let number = match (self.settlement(), u8::try_from(self.past.settlements.len())) {
            (None, Ok(number)) => number,
            (Some(standing), Ok(number)) if outcome.is_proven() && !standing.outcome.is_proven() => number,
            _ => return Settling::Stands(self),
        };
        self.past.settlements.push(Settlement { outcome, at, cause: fact.cause() });
        if let Some(via) = via {
            // A full list or a second settlement by one answer changes nothing: the settlement itself stands.
            let _ = self.record(via, End::Settled(number), at);
        }
        Settling::Settled(self.revised(), number)
    }

    /// The deliveries that the settlement of this number leaves: one for each background callback.
    pub fn deliveries(&self, settlement: u8) -> Vec<Delivery> {
        let due_at = self.past.settlements.get(usize::from(settlement)).map_or(self.opening.opened_at, |s| s.at);
        let entries = (0..=u8::MAX).take(self.opening.plan.background.len());
        entries.map(|entry| Delivery { settlement, entry, due_at }).collect()
    }

    /// The number of the one-time token that a hand-back carries: its settlement's, or the one that comes next.
    pub fn token_number(&self, end: &End, departure: Option<u8>) -> u8 {
        match (end, departure) {
            (End::Settled(number), _) => *number,
            (End::Failed(_) | End::Frozen, None) => u8::try_from(self.first_settlement()).unwrap_or(u8::MAX),
            (End::Failed(_) | End::Frozen, Some(departure)) => {
                let before = self.past.reopenings.iter().rev().find(|reopening| reopening.departures <= departure);
                before.map_or(0, |reopening| reopening.settlements)
            }
        }
    }

    fn first_settlement(&self) -> usize {
        self.past.reopenings.last().map_or(0, |reopening| usize::from(reopening.settlements))
    }

    /// The departures of this round.
    fn departures_now(&self) -> &[Departure] {
        let first = self.past.reopenings.last().map_or(0, |reopening| usize::from(reopening.departures));
        self.past.departures.get(first..).unwrap_or_default()
    }

    fn under_way(&self) -> Option<u8> {
        let last = self.departures_now().last()?;
        let failed = last.answers.iter().any(|answer| matches!(answer.end, Some(End::Failed(_))));
        if failed { None } else { u8::try_from(self.past.departures.len() - 1).ok() }
    }

    /// Concludes an answer: it has an end, and nothing more to prove.
    fn record(&mut self, via: Via, end: End, at: Moment) -> bool {
        // An end that has been written stays, so that replays keep their bytes.
        let Some(answer) = self.answer_mut(via, at) else { return false };
        let changes = answer.end.is_none() || answer.proof.is_some();
        answer.proof = None;
        answer.end.get_or_insert(end);
        changes
    }

    /// Moves the proof of an answer that has none yet, or a held one.
    fn advance(&mut self, via: Via, proof: Proof, at: Moment) -> bool {
        let Some(answer) = self.answer_mut(via, at) else { return false };
        let concluded = answer.proof.is_none() && answer.end.is_some();
        if concluded || matches!(answer.proof, Some(Proof::Sent { .. })) {
            return false;
        }
        answer.proof = Some(proof);
        true
    }

    /// The place of this answer, a new one if it has not been seen. `None` when there is no room for it.
    fn answer_mut(&mut self, via: Via, at: Moment) -> Option<&mut Answer> {
        let answers = &mut self.past.departures.get_mut(usize::from(via.departure))?.answers;
        if let Some(known) = answers.iter().position(|answer| answer.mark == via.mark) {
            return answers.get_mut(known);
        }
        if answers.len() >= Self::MOST {
            return None;
        }
        answers.push(Answer { mark: via.mark, at, end: None, proof: None });
        answers.last_mut()
    }

    fn revised(mut self) -> Self {
        self.past.revision += 1;
        self
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::super::id::Shard;
    use super::super::money::Currency;
    use super::super::terms::{AppLinks, ExtraOutcomes, OneTime, SameBrowser, WhenLate};
    use super::*;

    pub(crate) const NOW: Moment = Moment::from_millis(1_000_000);

    pub(crate) fn journey() -> Journey {
        Journey::open(Opening {
            id: JourneyId::mint([7; 16], Shard::of_byte(7)),
            merchant: MerchantId::mint([1; 16]),
            merchant_name: MerchantName::parse("Shop").unwrap(),
            dialect: "secpaid".into(),
            bank: "sandbox".into(),
            key: "k1".into(),
            purpose: Purpose::Checkout(Checkout {
                amount: Amount::parse("25", Currency::EUR).unwrap(),
                note: "order 7".into(),
                cancel: Cancel::Offered,
            }),
            extras: Vec::new(),
            plan: Plan::default(),
            terms: Terms {
                one_time_token: OneTime::On,
                token_life: Duration::from_mins(5),
                extra_outcomes: ExtraOutcomes::Off,
                same_browser: SameBrowser::Checked,
                app_links: AppLinks::Page,
                when_late: WhenLate::Wait,
            },
            opened_at: NOW,
            expires_at: NOW.plus(Duration::from_mins(1)),
        })
    }

    fn left(journey: Journey) -> Journey {
        match journey.depart(None, NOW) {
            Departing::New(journey, _) => journey,
            other => panic!("{other:?}"),
        }
    }

    fn settled(journey: Journey, fact: &Fact, via: Option<Via>) -> Journey {
        match journey.settle(fact, via, NOW) {
            Settling::Settled(journey, _) => journey,
            Settling::Stands(_) => panic!("{fact:?} settled nothing"),
        }
    }

    fn held() -> Proof {
        Proof::Held { offer: Sealed::new(vec![1]), until: NOW.plus(Journey::HELD) }
    }

    const VIA: Via = Via { departure: 0, mark: 1 };

    #[test]
    fn a_second_click_leaves_under_the_same_departure() {
        let journey = left(journey());
        assert_eq!(journey.stage(), Stage::Away { departure: 0 });
        assert!(matches!(journey.depart(None, NOW), Departing::UnderWay(_, 0)));
    }

    #[test]
    fn a_failed_try_comes_back_to_the_checkout_and_leaves_anew() {
        let error = BankError::new("server_error", None);
        let journey = left(journey()).fail(VIA, error.clone(), NOW).unwrap();
        assert_eq!(journey.stage(), Stage::Open(Some(&error)));
        assert_eq!(journey.answered(VIA), Some(&End::Failed(error.clone())));
        assert!(journey.clone().fail(VIA, error, NOW).is_none());
        assert!(matches!(journey.depart(None, NOW), Departing::New(_, 1)));
    }

    #[test]
    fn the_first_final_outcome_wins() {
        let journey = settled(left(journey()), &Fact::pressed_cancel(), None);
        for late in [Fact::refused(BankError::new("server_error", None)), Fact::lapsed(), Fact::withdrawn()] {
            assert!(matches!(journey.clone().settle(&late, Some(VIA), NOW), Settling::Stands(_)));
        }
        assert!(matches!(journey.depart(None, NOW), Departing::Ended(_)));
    }

    #[test]
    fn proven_payment_supersedes_every_refusal_and_nothing_supersedes_it() {
        for refusal in [Fact::pressed_cancel(), Fact::lapsed(), Fact::refused(BankError::new("x", None))] {
            let journey = settled(settled(left(journey()), &refusal, None), &Fact::paid(), Some(VIA));
            assert_eq!(journey.settlement().map(|s| s.outcome), Some(Outcome::Paid));
            assert_eq!(journey.settlements().len(), 2);
            assert_eq!(journey.answered(VIA), Some(&End::Settled(1)));
            for late in [refusal.clone(), Fact::paid()] {
                assert!(matches!(journey.clone().settle(&late, None, NOW), Settling::Stands(_)));
            }
        }
    }

    #[test]
    fn each_answer_keeps_the_end_it_led_to() {
        let refused = settled(left(journey()), &Fact::refused(BankError::new("access_denied", None)), Some(VIA));
        let code = Via { mark: 2, ..VIA };
        let paid = settled(refused, &Fact::paid(), Some(code));
        assert_eq!(paid.answered(VIA), Some(&End::Settled(0)));
        assert_eq!(paid.answered(code), Some(&End::Settled(1)));
    }

    #[test]
    fn a_frozen_hand_back_stays_frozen_after_the_fact() {
        let frozen = left(journey()).freeze(VIA, held(), NOW).unwrap();
        assert_eq!(frozen.stage(), Stage::HandedBack);
        assert!(matches!(frozen.clone().depart(None, NOW), Departing::Ended(_)));
        let paid = settled(frozen, &Fact::paid(), Some(VIA));
        assert_eq!(paid.answered(VIA), Some(&End::Frozen));
        assert_eq!(paid.settlement().map(|s| s.outcome), Some(Outcome::Paid));
    }

    #[test]
    fn a_lapsed_journey_leaves_no_more() {
        let late = NOW.plus(Duration::from_mins(1));
        assert!(journey().is_lapsed(late));
        assert!(matches!(journey().depart(None, late), Departing::Ended(_)));
    }

    #[test]
    fn tries_have_an_end() {
        let mut journey = journey();
        for departure in 0..50 {
            let Departing::New(next, number) = journey.depart(None, NOW) else { panic!("{departure}") };
            assert_eq!(number, departure);
            journey = next.fail(Via { departure, mark: 1 }, BankError::new("server_error", None), NOW).unwrap();
        }
        assert!(matches!(journey.depart(None, NOW), Departing::TooOften));
    }
}
