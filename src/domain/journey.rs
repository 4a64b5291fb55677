//! A journey: from the merchant's call that opened it to the customer's return, and the outcomes it settled with.
//!
//! What happened is kept (departures, their answers, settlements); the stage is read off it, so that the two can never
//! disagree. Transitions consume the journey and answer the next one; every one of them counts the revision up, and a
//! store writes it only over the revision before.

use super::delivery::Delivery;
use super::id::{JourneyId, MerchantId, PayId};
use super::merchant::MerchantName;
use super::moment::Moment;
use super::money::Amount;
use super::outcome::{BankError, Cause, Fact, Outcome};
use super::plan::Plan;
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
    /// The bank that the customer will be sent to.
    pub bank: String,
    /// The id of the operator's key from which its texts are derived.
    pub key: String,
    /// What it is for.
    pub checkout: Checkout,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Past {
    /// Counts the changes, from 1.
    pub revision: u32,
    /// The times the customer was sent to the bank.
    pub departures: Vec<Departure>,
    /// The outcomes, the last one in force.
    pub settlements: Vec<Settlement>,
}

/// One trip to the bank, under a `state` of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// When the customer left.
    pub left_at: Moment,
    /// What came back, each different answer once.
    pub answers: Vec<Answer>,
}

/// An answer that came back under a departure's `state`, and what it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Tells this answer from another one: the start of a digest of its code or error.
    pub mark: u64,
    /// When it had its effect.
    pub at: Moment,
    /// Its effect.
    pub end: End,
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

/// What a wish to leave for the bank came to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made, and never kept")]
pub enum Departing {
    /// A new departure; the journey has to be written.
    New(Journey, u8),
    /// The departure that is under way already: a double click, or Back and Pay again.
    UnderWay(u8),
    /// The journey has ended, or its customer is home.
    Ended,
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
}

impl Journey {
    /// The most departures, and the most different answers to one departure, that are kept.
    const MOST: usize = 50;

    /// Opens a journey.
    pub const fn open(opening: Opening) -> Self {
        Self { opening, past: Past { revision: 1, departures: Vec::new(), settlements: Vec::new() } }
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

    /// The outcome in force.
    pub fn settlement(&self) -> Option<&Settlement> {
        self.past.settlements.last()
    }

    /// Whether its time has run out without an outcome.
    pub fn is_lapsed(&self, now: Moment) -> bool {
        self.past.settlements.is_empty() && now >= self.opening.expires_at
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage<'_> {
        if let Some(settlement) = self.settlement() {
            return Stage::Settled(settlement);
        }
        match (self.past.departures.last(), self.under_way()) {
            (Some(last), Some(_)) if last.answers.iter().any(|answer| answer.end == End::Frozen) => Stage::HandedBack,
            (_, Some(departure)) => Stage::Away { departure },
            (None, None) => Stage::Open(None),
            (Some(last), None) => Stage::Open(last.answers.iter().rev().find_map(|answer| match &answer.end {
                End::Failed(error) => Some(error),
                End::Settled(_) | End::Frozen => None,
            })),
        }
    }

    /// What this answer led to, if it has come before.
    pub fn answered(&self, via: Via) -> Option<&End> {
        let departure = self.past.departures.get(usize::from(via.departure))?;
        departure.answers.iter().find(|answer| answer.mark == via.mark).map(|answer| &answer.end)
    }

    /// Whether an answer has already spent this departure's `state`.
    pub fn is_spent(&self, departure: u8) -> bool {
        self.past.departures.get(usize::from(departure)).is_none_or(|d| !d.answers.is_empty())
    }

    /// Sends the customer to the bank, or again to where the customer is already expected.
    #[must_use]
    pub fn depart(mut self, at: Moment) -> Departing {
        if self.is_lapsed(at) || matches!(self.stage(), Stage::Settled(_) | Stage::HandedBack) {
            return Departing::Ended;
        }
        if let Some(departure) = self.under_way() {
            return Departing::UnderWay(departure);
        }
        match u8::try_from(self.past.departures.len()) {
            Ok(number) if usize::from(number) < Self::MOST => {
                self.past.departures.push(Departure { left_at: at, answers: Vec::new() });
                Departing::New(self.revised(), number)
            }
            _ => Departing::TooOften,
        }
    }

    /// Takes the customer back to the checkout, because the bank could not or would not. `None` when the journey has
    /// settled, or this answer has been seen.
    #[must_use]
    pub fn fail(mut self, via: Via, error: BankError, at: Moment) -> Option<Self> {
        let unsettled = self.past.settlements.is_empty();
        (unsettled && self.record(via, End::Failed(error), at)).then(|| self.revised())
    }

    /// Sends the customer home before the bank has proven anything. `None` when the journey has settled, or this
    /// answer has been seen.
    #[must_use]
    pub fn freeze(mut self, via: Via, at: Moment) -> Option<Self> {
        let unsettled = self.past.settlements.is_empty();
        (unsettled && self.record(via, End::Frozen, at)).then(|| self.revised())
    }

    /// Remembers where an answer went that changed nothing. `None` when it has been seen, or there is no room for it.
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
    pub fn token_number(&self, end: &End) -> u8 {
        match end {
            End::Settled(number) => *number,
            End::Failed(_) | End::Frozen => 0,
        }
    }

    fn under_way(&self) -> Option<u8> {
        let last = self.past.departures.last()?;
        let failed = last.answers.iter().any(|answer| matches!(answer.end, End::Failed(_)));
        if failed { None } else { u8::try_from(self.past.departures.len() - 1).ok() }
    }

    fn record(&mut self, via: Via, end: End, at: Moment) -> bool {
        // An answer that has been seen keeps its end, so that its replays keep their bytes.
        let Some(departure) = self.past.departures.get_mut(usize::from(via.departure)) else { return false };
        let known = departure.answers.iter().any(|answer| answer.mark == via.mark);
        if known || departure.answers.len() >= Self::MOST {
            return false;
        }
        departure.answers.push(Answer { mark: via.mark, at, end });
        true
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
            checkout: Checkout {
                amount: Amount::parse("25", Currency::EUR).unwrap(),
                note: "order 7".into(),
                cancel: Cancel::Offered,
            },
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
        match journey.depart(NOW) {
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

    const VIA: Via = Via { departure: 0, mark: 1 };

    #[test]
    fn a_second_click_leaves_under_the_same_departure() {
        let journey = left(journey());
        assert_eq!(journey.stage(), Stage::Away { departure: 0 });
        assert!(matches!(journey.depart(NOW), Departing::UnderWay(0)));
    }

    #[test]
    fn a_failed_try_comes_back_to_the_checkout_and_leaves_anew() {
        let error = BankError::new("server_error", None);
        let journey = left(journey()).fail(VIA, error.clone(), NOW).unwrap();
        assert_eq!(journey.stage(), Stage::Open(Some(&error)));
        assert_eq!(journey.answered(VIA), Some(&End::Failed(error.clone())));
        assert!(journey.clone().fail(VIA, error, NOW).is_none());
        assert!(matches!(journey.depart(NOW), Departing::New(_, 1)));
    }

    #[test]
    fn the_first_final_outcome_wins() {
        let journey = settled(left(journey()), &Fact::pressed_cancel(), None);
        for late in [Fact::refused(BankError::new("server_error", None)), Fact::lapsed(), Fact::withdrawn()] {
            assert!(matches!(journey.clone().settle(&late, Some(VIA), NOW), Settling::Stands(_)));
        }
        assert!(matches!(journey.depart(NOW), Departing::Ended));
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
        let frozen = left(journey()).freeze(VIA, NOW).unwrap();
        assert_eq!(frozen.stage(), Stage::HandedBack);
        assert!(matches!(frozen.clone().depart(NOW), Departing::Ended));
        let paid = settled(frozen, &Fact::paid(), Some(VIA));
        assert_eq!(paid.answered(VIA), Some(&End::Frozen));
        assert_eq!(paid.settlement().map(|s| s.outcome), Some(Outcome::Paid));
    }

    #[test]
    fn a_lapsed_journey_leaves_no_more() {
        let late = NOW.plus(Duration::from_mins(1));
        assert!(journey().is_lapsed(late));
        assert!(matches!(journey().depart(late), Departing::Ended));
    }

    #[test]
    fn tries_have_an_end() {
        let mut journey = journey();
        for departure in 0..50 {
            let Departing::New(next, number) = journey.depart(NOW) else { panic!("{departure}") };
            assert_eq!(number, departure);
            journey = next.fail(Via { departure, mark: 1 }, BankError::new("server_error", None), NOW).unwrap();
        }
        assert!(matches!(journey.depart(NOW), Departing::TooOften));
    }
}
