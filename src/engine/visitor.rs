//! WHO ASKS: whether a browser is the one that was sent to a bank, by the visit cookies that it shows.
//!
//! Whoever wants a way home has to hand in a [`Visitor`]: so no route can forget to ask. Knowing a `state`, a link or an
//! id is no proof of being the browser that left; `docs/DESIGN.md` has what each is given.

use std::time::Duration;

use super::leave::cookie_name;
use super::{Engine, EngineError};
use crate::domain::journey::{Journey, Stage, Via};
use crate::domain::moment::Moment;
use crate::domain::redirect::Redirect;
use crate::domain::secret::Secret;
use crate::domain::terms::SameBrowser;
use crate::keys::{Visit, visit_began_at};

/// How long a hand-back is given again to whoever shows no cookie: a bank's app may open another browser, and people load
/// a page again.
const FIRST_HAND_BACK: Duration = Duration::from_mins(10);

/// The most visit cookies that are looked at; a browser holds [`Visitor::MOST`].
const LOOKED_AT: usize = 32;

/// What the names of visit cookies begin with.
pub(super) const PREFIX: &str = "__Host-hb-";

/// A browser that asks for a way on, with the visit cookies that it shows.
#[derive(Clone, Default)]
pub struct Visitor {
    cookies: Vec<(String, Secret)>,
}

/// A visit cookie to be set; to be cleared, where its life is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// How long it is kept.
    pub life: Duration,
}

/// What a browser is to a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It shows the cookie of a departure.
    Recognised,
    /// It shows what is not that cookie.
    Impostor,
    /// It shows nothing.
    Stranger,
}

/// Whether a browser may be led home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is the browser that left.
    Recognised,
    /// It shows no cookie, and needs none: the first hand-back is not over.
    FirstHandBack,
    /// It shows no cookie, and the first hand-back is over.
    TooLate,
    /// It is not the browser that left, or cannot show that it is where the merchant requires that.
    OtherBrowser,
}

impl Visitor {
    /// The most visit cookies that a browser is left with.
    pub const MOST: usize = 8;

    /// A browser that sent these cookies; those that are none of ours are dropped.
    pub fn new(cookies: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = cookies.into_iter().filter(|(name, _)| name.starts_with(PREFIX));
        Self { cookies: ours.map(|(name, value)| (name, Secret::new(value))).collect() }
    }

    /// Whether it shows no visit cookie at all.
    pub fn shows_nothing(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The names of the cookies that have to go, the oldest first, before one of this name is set.
    pub fn surplus(&self, name: &str) -> Vec<String> {
        let mut others: Vec<_> = self.cookies.iter().filter(|(own, _)| own != name).collect();
        // What cannot be read is none of ours any more.
        others.sort_by_key(|(_, value)| visit_began_at(value.reveal()));
        let surplus = (others.len() + 1).saturating_sub(Self::MOST);
        others.into_iter().take(surplus).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&Secret> {
        self.cookies.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

impl VisitCookie {
    fn cleared(name: String) -> Self {
        Self { name, value: String::new(), life: Duration::ZERO }
    }
}

impl Engine {
    /// Whether this browser left for a bank on this journey.
    pub fn recognises(&self, journey: &Journey, visitor: &Visitor) -> bool {
        self.visits(visitor).any(|(_, visit)| visit.is_of(journey))
    }

    /// The cookie by which the browser is known that leaves on this departure.
    pub(super) fn visit_cookie(&self, journey: &Journey, departure: u8) -> Result<VisitCookie, EngineError> {
        let value = self.keys.visit_cookie(journey, departure).ok_or_else(super::key_gone)?;
        let life = journey.expires_at().since(self.clock.now()).max(FIRST_HAND_BACK);
        Ok(VisitCookie { name: cookie_name(&self.state(journey, departure)?), value, life })
    }

    /// The cookie of a browser that presses to leave, and whose bank is late or away: what it does on the page that it is
    /// shown meanwhile, it does as the browser that left. `None` where nobody has left.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn cookie_of_leaver(&self, journey: &Journey) -> Result<Option<VisitCookie>, EngineError> {
        match journey.stage() {
            Stage::Away { departure } => self.visit_cookie(journey, departure).map(Some),
            Stage::Open(_) | Stage::HandedBack | Stage::Settled(_) => Ok(None),
        }
    }

    /// A page on which a browser can go on that came back to this bank with an answer that leads nowhere: that of the
    /// journey on which it last left for the bank. `None` of a browser that we do not recognise.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn way_back(&self, bank: &str, visitor: &Visitor) -> Result<Option<Redirect>, EngineError> {
        let there = self.visits(visitor).map(|(_, visit)| visit).filter(|visit| visit.is_to(bank));
        let Some(last) = there.max_by_key(|visit| visit.left_at) else { return Ok(None) };
        match self.store.find(last.pay_id).await? {
            Some(journey) if last.is_of(&journey) && journey.opening().purpose.needs_customer() => {
                self.page(&journey, super::home::page_of(&journey)).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Whether a browser may be led home, where it could have been since `since`.
    pub(super) fn admission(&self, journey: &Journey, visitor: &Visitor, since: Moment) -> Admission {
        // Nobody was sent to a bank: there is no other browser, and nobody has agreed to anything.
        if journey.departures().is_empty() {
            return Admission::FirstHandBack;
        }
        match self.standing(journey, visitor) {
            Standing::Recognised => Admission::Recognised,
            Standing::Impostor => Admission::OtherBrowser,
            Standing::Stranger if journey.opening().terms.same_browser == SameBrowser::Required => {
                Admission::OtherBrowser
            }
            Standing::Stranger if self.clock.now().since(since) > FIRST_HAND_BACK => Admission::TooLate,
            Standing::Stranger => Admission::FirstHandBack,
        }
    }

    fn standing(&self, journey: &Journey, visitor: &Visitor) -> Standing {
        if self.recognises(journey, visitor) {
            return Standing::Recognised;
        }
        let unknown = |value: &Secret| self.keys.visit_of(value.reveal()).is_none();
        let mut unknown = visitor.cookies.iter().take(LOOKED_AT).filter(|(_, value)| unknown(value)).peekable();
        if unknown.peek().is_none() {
            return Standing::Stranger;
        }
        let departures = (0..=u8::MAX).take(journey.departures().len());
        let own: Vec<_> = departures.filter_map(|departure| self.state(journey, departure).ok()).collect();
        let is_own = |name: &str| own.iter().any(|state| cookie_name(state) == name);
        if unknown.any(|(name, _)| is_own(name)) { Standing::Impostor } else { Standing::Stranger }
    }

    /// What the cookies become when a browser goes home that was recognised: once a journey has been proven, the one of
    /// this answer lives for as long as its one-time token can be redeemed, and those of the other departures are taken
    /// back. Before that a later answer may need them.
    pub(super) fn cookies_after(&self, journey: &Journey, via: Via, visitor: &Visitor) -> Vec<VisitCookie> {
        if journey.settlement().is_none_or(|settlement| !settlement.outcome.is_proven()) {
            return Vec::new();
        }
        let until = journey.led_at(via).plus(journey.opening().terms.token_life.max(FIRST_HAND_BACK));
        let life = until.since(self.clock.now());
        let own = self.visits(visitor).filter(|(_, visit)| visit.is_of(journey));
        let after = own.map(|(name, visit)| match self.keys.visit_cookie(journey, visit.departure) {
            Some(value) if visit.departure == via.departure => VisitCookie { name: name.to_owned(), value, life },
            Some(_) | None => VisitCookie::cleared(name.to_owned()),
        });
        after.collect()
    }

    /// The visits that a browser can show.
    fn visits<'a>(&'a self, visitor: &'a Visitor) -> impl Iterator<Item = (&'a str, Visit)> {
        let looked_at = visitor.cookies.iter().take(LOOKED_AT);
        looked_at.filter_map(|(name, value)| Some((name.as_str(), self.keys.visit_of(value.reveal())?)))
    }
}
