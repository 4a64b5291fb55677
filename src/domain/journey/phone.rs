//! Visits that are made on a phone, by a code that the checkout showed on another device.

use std::time::Duration;

use super::{Effect, Journey, LedTo, RecordedResponse, Stage};
use crate::domain::{ProviderRefusal, SameBrowser, UnixMillis};

/// A visit that a code has begun on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneVisit {
    /// The visit, from 0.
    pub visit: u8,
    /// Who has pressed.
    pub press: PhonePress,
    /// Whether this phone has come back, and shown that it is the one that pressed.
    pub returned: bool,
}

/// A press on a phone that has read a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhonePress {
    /// When the code was made, by which it is told from the others of its journey.
    pub code_at: UnixMillis,
    /// The number of the phone, which no other phone has drawn.
    pub phone: u64,
}

impl Journey {
    /// How long a phone code may be used.
    pub const PHONE_CODE: Duration = Duration::from_mins(2);

    /// Whether its payment may be gone on with on another device: never a consent, and not where the browser that began
    /// must end it, or another page has sent its customer out.
    pub fn may_use_phone(&self) -> bool {
        let purpose = &self.opening.purpose;
        let attached = self.payment(0).is_some_and(|payment| payment.attached);
        let is_payment = purpose.checkout().is_some() && purpose.amount().is_some();
        is_payment
            && purpose.needs_customer()
            && self.opening.settings.same_browser == SameBrowser::Checked
            && !attached
    }

    /// What is known of a visit that was made on a phone; `None` of another one.
    pub fn phone_visit(&self, visit: u8) -> Option<&PhoneVisit> {
        self.past.phone_visits.iter().find(|phone| phone.visit == visit)
    }

    /// The last visit that the code of this moment has led to.
    pub fn visit_of_code(&self, code_at: UnixMillis) -> Option<&PhoneVisit> {
        self.past.phone_visits.iter().rev().find(|phone| phone.press.code_at == code_at)
    }

    /// Whether a phone has ever gone on with it. After an end none begins to.
    pub fn has_been_on_phone(&self) -> bool {
        !self.past.phone_visits.is_empty()
    }

    /// The visit under way, where that is on a phone.
    pub fn away_on_phone(&self) -> Option<&PhoneVisit> {
        match self.stage() {
            Stage::Away { visit } => self.phone_visit(visit),
            Stage::Open(_) | Stage::HandedBack | Stage::Concluded(_) => None,
        }
    }

    /// The visit on a phone that has led to where it stands; where no visit has, the last one, if that was on a phone.
    pub fn decided_on_phone(&self) -> Option<&PhoneVisit> {
        if self.past.phone_visits.is_empty() {
            return None;
        }
        let end = match self.past.final_outcomes.len().checked_sub(1) {
            Some(last) => LedTo::Outcome(u8::try_from(last).ok()?),
            None => LedTo::HandedBackEarly,
        };
        // What came later changed nothing, and may be of another device.
        let led_there = |end: &LedTo| {
            let mut visits = (0..=u8::MAX).zip(&self.past.visits);
            let counted =
                |answer: &RecordedResponse| answer.effect == Effect::Counted && answer.end.as_ref() == Some(end);
            visits.find(|(_, visit)| visit.answers.iter().any(counted)).map(|(number, _)| number)
        };
        let deciding = led_there(&end).or_else(|| led_there(&LedTo::HandedBackEarly)).or_else(|| self.last_visit());
        self.phone_visit(deciding?)
    }

    /// Records that the phone of this visit has come back, once it has led to where the journey stands. `None` when that
    /// is known.
    #[must_use]
    pub fn phone_returned(mut self, visit: u8) -> Option<Self> {
        let decided = self.decided_on_phone().is_some_and(|phone| phone.visit == visit && !phone.returned);
        if !decided || self.is_open() {
            return None;
        }
        self.past.phone_visits.iter_mut().find(|phone| phone.visit == visit)?.returned = true;
        Some(self.revised())
    }

    /// Why a visit has led back to the checkout, if it has.
    pub fn failure_of(&self, visit: u8) -> Option<&ProviderRefusal> {
        let answers = &self.past.visits.get(usize::from(visit))?.answers;
        answers.iter().rev().find_map(|answer| match &answer.end {
            Some(LedTo::Failed(error)) => Some(error),
            Some(LedTo::Outcome(_) | LedTo::HandedBackEarly | LedTo::Onward(_)) | None => None,
        })
    }

    pub(super) fn note_phone(&mut self, visit: u8, press: PhonePress) {
        self.past.phone_visits.push(PhoneVisit { visit, press, returned: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::Conclusion;
    use crate::domain::journey::tests::{NOW, journey};
    use crate::domain::{BegunVisit, Fact, ResponseId};

    const PRESS: PhonePress = PhonePress { code_at: NOW, phone: 7 };

    fn on_phone() -> Journey {
        let BegunVisit::New(away, 0) = journey().begin_visit_on_phone(None, PRESS, NOW) else { panic!() };
        away
    }

    #[test]
    fn a_code_begins_one_visit_and_only_its_phone_is_at_it() {
        let away = on_phone();
        let again = |press| away.clone().begin_visit_on_phone(None, press, NOW);
        assert!(matches!(again(PRESS), BegunVisit::UnderWay(_, 0)));
        let BegunVisit::UnderWay(same, 0) = again(PhonePress { phone: 8, ..PRESS }) else { panic!() };
        assert_eq!(same.phone_visit(0).unwrap().press, PRESS, "it is not the other phone's");
        let other_code = PhonePress { code_at: NOW.plus(Duration::from_secs(1)), phone: 7 };
        assert!(matches!(again(other_code), BegunVisit::New(_, 1)));
        assert!(matches!(away.begin_visit(None, NOW), BegunVisit::New(_, 1)), "the first device has its own visit");
    }

    #[test]
    fn a_code_whose_visit_failed_begins_no_other() {
        let error = ProviderRefusal::new("server_error", None);
        let failed = on_phone().fail(ResponseId { visit: 0, response_digest: 1 }, error.clone(), NOW).unwrap();
        assert_eq!(failed.failure_of(0), Some(&error));
        assert!(matches!(failed.begin_visit_on_phone(None, PRESS, NOW), BegunVisit::Ended(_)));
    }

    #[test]
    fn a_phone_has_returned_once_its_visit_has_decided() {
        let away = on_phone();
        assert!(away.clone().phone_returned(0).is_none(), "nothing has been decided");
        let cancelled = away.conclude(&Fact::pressed_cancel(), None, NOW);
        let Conclusion::Concluded(ended, _) = cancelled else { panic!() };
        let back = ended.phone_returned(0).unwrap();
        assert!(back.decided_on_phone().unwrap().returned);
        assert!(back.clone().phone_returned(0).is_none(), "that is known");
        // It came back for a cancellation: whoever pays afterwards has not shown that they hold the phone.
        let Conclusion::Concluded(paid, _) = back.conclude(&Fact::paid(), None, NOW) else { panic!() };
        assert!(!paid.phone_visit(0).unwrap().returned);
    }
}
