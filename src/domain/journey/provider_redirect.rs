//! Redirects to the provider that are asked for ahead, before there is a browser to send.
//!
//! The first visit is written down when the journey opens. The node that finds it asks the provider where the browser
//! must go, and the answer is kept; nothing is lost with a node, because asking a provider twice harms nobody.

use std::time::Duration;

use super::{Effect, Journey, LedTo, ProviderVisit, ResponseId, Stage};
use crate::domain::{Sealed, UnixMillis};

/// A redirect that is asked for ahead: whether the provider has answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderRedirect {
    /// The provider is being asked. A node that finds it so after `until` asks, too.
    Asked {
        /// Until when it is left to the node that wrote this.
        until: UnixMillis,
    },
    /// The provider has answered.
    Known {
        /// Where, sealed like everything that a provider gave us.
        url: Sealed,
        /// Since when.
        at: UnixMillis,
    },
}

impl ProviderVisit {
    /// When its redirect became known, if it was asked for ahead.
    pub const fn redirect_known_at(&self) -> Option<UnixMillis> {
        match &self.redirect {
            Some(ProviderRedirect::Known { at, .. }) => Some(*at),
            Some(ProviderRedirect::Asked { .. }) | None => None,
        }
    }
}

impl Journey {
    /// How long a redirect that is being asked for is left to the node that asks.
    pub const ASKING: Duration = Duration::from_secs(20);

    /// The journey as it opens, with its first visit written down. It is due at once, so that a node asks the provider.
    #[must_use]
    pub fn leaving_ahead(mut self) -> Self {
        let at = self.opening.opened_at;
        let redirect = Some(ProviderRedirect::Asked { until: at });
        self.past.visits.push(ProviderVisit { left_at: at, to: None, answers: Vec::new(), redirect, payment: None });
        self
    }

    /// Leads the browser out again that brought this answer: its provider wants it once more. The redirect of the new visit
    /// is asked for ahead. `None` when the journey has ended, this answer has led somewhere, or there were too many visits.
    #[must_use]
    pub fn lead_on(mut self, response_id: ResponseId, at: UnixMillis) -> Option<Self> {
        let is_earlier = self.past.reopenings.last().is_some_and(|present| response_id.visit < present.visits);
        let waits_elsewhere =
            self.open_payments().any(|(_, payment)| payment.is_ordered() || payment.closing.is_some());
        let is_over = self.is_past_expiry(at) || matches!(self.stage(), Stage::Concluded(_) | Stage::HandedBack);
        if is_earlier || waits_elsewhere || is_over || self.answered(response_id).is_some() {
            return None;
        }
        let visit = self.past.visits.get(usize::from(response_id.visit))?;
        let before = visit.answers.iter().find_map(|answer| match answer.end {
            Some(LedTo::Onward(next)) => Some(next),
            _ => None,
        });
        let (to, next) = (visit.to.clone(), u8::try_from(self.past.visits.len()).ok()?);
        if let Some(next) = before {
            return self.record(response_id, (LedTo::Onward(next), Effect::Counted), at).then(|| self.revised());
        }
        if usize::from(next) >= Self::MOST || !self.record(response_id, (LedTo::Onward(next), Effect::Counted), at) {
            return None;
        }
        let redirect = Some(ProviderRedirect::Asked { until: at });
        self.past.visits.push(ProviderVisit { left_at: at, to, answers: Vec::new(), redirect, payment: None });
        if let Some(press) = self.phone_visit(response_id.visit).map(|phone| phone.press) {
            self.note_phone(next, press);
        }
        Some(self.revised())
    }

    /// Whether its provider has wanted the browser more than once.
    pub fn was_led_on(&self) -> bool {
        self.ends().any(|end| matches!(end, LedTo::Onward(_)))
    }

    /// Whether a browser may be led out again on this visit: nobody has come back from it, and nothing has ended.
    pub fn is_out_on(&self, visit: u8) -> bool {
        self.stage() == Stage::Away { visit } && !self.is_spent(visit)
    }

    /// Whether a browser that had come back was led out again on this visit.
    pub fn was_led_to(&self, visit: u8) -> bool {
        self.ends().any(|end| *end == LedTo::Onward(visit))
    }

    /// Where its answers have led.
    fn ends(&self) -> impl Iterator<Item = &LedTo> {
        self.past.visits.iter().flat_map(|visit| &visit.answers).filter_map(|answer| answer.end.as_ref())
    }

    /// Records that the provider is being asked for this visit's redirect. `None` when nobody needs to ask: it is
    /// known, the customer came back, or the journey has ended.
    #[must_use]
    pub fn ask_ahead(mut self, visit: u8, at: UnixMillis) -> Option<Self> {
        let lapsed = self.is_past_expiry(at);
        let redirect = self.asked_redirect(visit).filter(|_| !lapsed)?;
        *redirect = ProviderRedirect::Asked { until: at.plus(Self::ASKING) };
        Some(self.revised())
    }

    /// Keeps the redirect that the provider has given. `None` as with [`Journey::ask_ahead`].
    #[must_use]
    pub fn ready(mut self, visit: u8, url: Sealed, at: UnixMillis) -> Option<Self> {
        *self.asked_redirect(visit)? = ProviderRedirect::Known { url, at };
        Some(self.revised())
    }

    /// The visit whose redirect must be asked for, and when. `None` when there is none.
    pub fn asked_ahead(&self) -> Option<(u8, UnixMillis)> {
        let last = self.past.visits.last().filter(|_| self.final_outcome().is_none())?;
        match &last.redirect {
            Some(ProviderRedirect::Asked { until }) if last.answers.is_empty() => {
                Some((u8::try_from(self.past.visits.len() - 1).ok()?, *until))
            }
            Some(ProviderRedirect::Asked { .. } | ProviderRedirect::Known { .. }) | None => None,
        }
    }

    fn asked_redirect(&mut self, visit: u8) -> Option<&mut ProviderRedirect> {
        let (asked, _) = self.asked_ahead().filter(|(asked, _)| *asked == visit)?;
        self.past.visits.get_mut(usize::from(asked))?.redirect.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, journey};
    use super::*;
    use crate::domain::{Fact, ProviderRefusal};

    fn ahead() -> Journey {
        journey().leaving_ahead()
    }

    fn url() -> Sealed {
        Sealed::new(vec![7])
    }

    #[test]
    fn a_redirect_is_asked_for_until_it_is_known() {
        let journey = ahead();
        let at = journey.opening().opened_at;
        assert_eq!((journey.revision(), journey.asked_ahead(), journey.due_at()), (1, Some((0, at)), Some(at)));
        assert_eq!(journey.stage(), Stage::Away { visit: 0 });

        let asked = journey.ask_ahead(0, at).unwrap();
        assert_eq!((asked.revision(), asked.due_at()), (2, Some(at.plus(Journey::ASKING))));
        assert_eq!(asked.clone().ask_ahead(1, at), None);

        let known = asked.ready(0, url(), at.plus(Duration::from_secs(1))).unwrap();
        assert_eq!(known.visits()[0].redirect_known_at(), Some(at.plus(Duration::from_secs(1))));
        assert_eq!((known.asked_ahead(), known.due_at()), (None, Some(known.expires_at())));
        assert_eq!(known.clone().ask_ahead(0, at), None);
        assert_eq!(known.ready(0, url(), at), None, "the first redirect stays");
    }

    #[test]
    fn nobody_asks_for_a_journey_that_has_ended_or_whose_customer_came_back() {
        let concluded = match ahead().conclude(&Fact::withdrawn(), None, NOW) {
            crate::domain::journey::Conclusion::Concluded(journey, _) => journey,
            crate::domain::journey::Conclusion::Stands(_) => panic!("nothing concluded"),
        };
        assert_eq!((concluded.asked_ahead(), concluded.due_at()), (None, None));
        assert_eq!(concluded.ready(0, url(), NOW), None);

        let journey = ahead();
        let (at, over) = (journey.opening().opened_at, journey.expires_at());
        assert_eq!(journey.clone().ask_ahead(0, over), None);
        let back = journey
            .fail(ResponseId { visit: 0, response_digest: 7 }, ProviderRefusal::new("server_error", None), at)
            .unwrap();
        assert_eq!((back.asked_ahead(), back.due_at()), (None, Some(over)));
    }

    #[test]
    fn a_browser_that_is_wanted_once_more_is_led_to_one_more_visit() {
        let at = journey().opening().opened_at;
        let [first, other] = [1, 2].map(|response_digest| ResponseId { visit: 0, response_digest });
        let on = ahead().ready(0, url(), at).unwrap().lead_on(first, at).unwrap();
        assert_eq!((on.answered(first), on.visits().len()), (Some(&LedTo::Onward(1)), 2));
        assert_eq!((on.asked_ahead(), on.stage()), (Some((1, at)), Stage::Away { visit: 1 }));
        assert!(on.counts(first) && on.was_led_on() && on.was_led_to(1) && !on.was_led_to(0) && !ahead().was_led_on());
        assert_eq!(on.clone().lead_on(first, at), None, "a replay changes nothing");
        // Another answer of the same visit leads to the same one.
        let again = on.clone().lead_on(other, at).unwrap();
        assert_eq!((again.answered(other), again.visits().len()), (Some(&LedTo::Onward(1)), 2));
        assert_eq!(ahead().lead_on(first, journey().expires_at()), None);
        let second = ResponseId { visit: 1, response_digest: 1 };
        assert!(on.lead_on(second, at).is_some_and(|third| third.visits().len() == 3));
    }

    #[test]
    fn a_journey_whose_browser_leaves_by_itself_has_no_redirect_to_ask_for() {
        assert_eq!(journey().asked_ahead(), None);
    }
}
