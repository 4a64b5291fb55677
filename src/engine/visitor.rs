//! VISITOR: whether a browser is the one that was sent to a provider, by the visit cookies that it shows.
//!
//! A caller that wants a redirect home must hand in a [`Visitor`]: so no route can forget to ask. Knowing a `state`, a
//! link or an id is no proof of being the browser that left; `docs/DESIGN.md` has what each is given.

use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::domain::{Journey, ResponseId, SameBrowser, Secret, Stage, UnixMillis};
use crate::engine::deps::{Deps, Result};
use crate::engine::derive;
use crate::keys::{Visit, digest, visit_began_at};

/// How long a hand-back is given again to a browser without a cookie: a provider's app may open another browser, and
/// people load a page again.
const FIRST_HAND_BACK: Duration = Duration::from_mins(10);

/// The most visit cookies that are looked at; a browser holds [`Visitor::MOST`].
const LOOKED_AT: usize = 32;

/// What the names of visit cookies begin with.
const PREFIX: &str = "__Host-hb-";

/// A browser that asks to go on, with the visit cookies that it shows.
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

    /// A browser that sent these cookies; those that are not ours are dropped.
    pub fn new(cookies: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = cookies.into_iter().filter(|(name, _)| name.starts_with(PREFIX));
        Self { cookies: ours.map(|(name, value)| (name, Secret::new(value))).collect() }
    }

    /// Whether it shows no visit cookie at all.
    pub fn shows_nothing(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The names of the cookies that must go, the oldest first, before one of this name is set.
    pub fn surplus(&self, name: &str) -> Vec<String> {
        let mut others: Vec<_> = self.cookies.iter().filter(|(own, _)| own != name).collect();
        // What cannot be read is not ours any more.
        others.sort_by_key(|(_, value)| visit_began_at(value.reveal()));
        let surplus = (others.len() + 1).saturating_sub(Self::MOST);
        others.into_iter().take(surplus).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&Secret> {
        self.cookies.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// The name of a visit's cookie. `__Host-` lets no other host set it; the rest keeps two tabs apart.
pub(super) fn cookie_name(state: &str) -> String {
    [PREFIX, &HEXLOWER.encode(&digest("cookie name", state.as_bytes()).as_bytes()[..4])].concat()
}

/// Whether this browser left for a provider on this journey.
pub fn recognises(deps: &Deps, journey: &Journey, visitor: &Visitor) -> bool {
    visits(deps, visitor).any(|(_, visit)| visit.is_of(journey))
}

/// The cookie by which the browser is known that leaves on this visit.
pub(super) fn visit_cookie(deps: &Deps, journey: &Journey, visit: u8) -> Result<VisitCookie> {
    let value = deps.keys.visit_cookie(journey, visit).ok_or_else(derive::key_gone)?;
    let life = journey.expires_at().since(deps.clock.now()).max(FIRST_HAND_BACK);
    Ok(VisitCookie { name: cookie_name(&derive::state(deps, journey, visit)?), value, life })
}

/// The cookie of a browser that presses to leave, and whose provider is late or away: what it does on the page that it
/// is shown meanwhile, it does as the browser that left. `None` where nobody has left.
///
/// # Errors
/// When the journey's key is gone.
pub fn cookie_of_leaver(deps: &Deps, journey: &Journey) -> Result<Option<VisitCookie>> {
    match journey.stage() {
        Stage::Away { visit } => visit_cookie(deps, journey, visit).map(Some),
        Stage::Open(_) | Stage::HandedBack | Stage::Concluded(_) => Ok(None),
    }
}

/// Whether a browser may be led home, where it could have been since `since`.
pub(super) fn admission(deps: &Deps, journey: &Journey, visitor: &Visitor, since: UnixMillis) -> Admission {
    // Nobody was sent to a provider: there is no other browser, and nobody has agreed to anything.
    if journey.visits().is_empty() {
        return Admission::FirstHandBack;
    }
    if recognises(deps, journey, visitor) {
        return Admission::Recognised;
    }
    let required = journey.opening().settings.same_browser == SameBrowser::Required;
    if required || is_impostor(deps, journey, visitor) {
        return Admission::OtherBrowser;
    }
    if deps.clock.now().since(since) > FIRST_HAND_BACK { Admission::TooLate } else { Admission::FirstHandBack }
}

/// Whether a browser shows, by the name of a visit's cookie, something that is not that cookie.
fn is_impostor(deps: &Deps, journey: &Journey, visitor: &Visitor) -> bool {
    let unknown = |value: &Secret| deps.keys.visit_of(value.reveal()).is_none();
    let mut unknown = visitor.cookies.iter().take(LOOKED_AT).filter(|(_, value)| unknown(value)).peekable();
    if unknown.peek().is_none() {
        return false;
    }
    let visits = (0..=u8::MAX).take(journey.visits().len());
    let own: Vec<_> = visits.filter_map(|visit| derive::state(deps, journey, visit).ok()).collect();
    unknown.any(|(name, _)| own.iter().any(|state| cookie_name(state) == *name))
}

/// What the cookies become when a browser goes home that was recognised: once a journey has been proven, the one of
/// this answer lives for as long as its one-time token can be redeemed, and those of the other visits are taken
/// back. Before that a later answer may need them.
pub(super) fn cookies_after(
    deps: &Deps,
    journey: &Journey,
    response_id: ResponseId,
    visitor: &Visitor,
) -> Vec<VisitCookie> {
    if !journey.is_proven() {
        return Vec::new();
    }
    let until = journey.led_at(response_id).plus(journey.opening().settings.token_life.get().max(FIRST_HAND_BACK));
    let life = until.since(deps.clock.now());
    let own = visits(deps, visitor).filter(|(_, visit)| visit.is_of(journey));
    let after = own.map(|(name, visit)| {
        let kept = deps.keys.visit_cookie(journey, visit.visit).filter(|_| visit.visit == response_id.visit);
        let life = if kept.is_some() { life } else { Duration::ZERO };
        VisitCookie { name: name.to_owned(), value: kept.unwrap_or_default(), life }
    });
    after.collect()
}

/// The visits that a browser can show.
pub(super) fn visits<'a>(deps: &'a Deps, visitor: &'a Visitor) -> impl Iterator<Item = (&'a str, Visit)> {
    let looked_at = visitor.cookies.iter().take(LOOKED_AT);
    looked_at.filter_map(|(name, value)| Some((name.as_str(), deps.keys.visit_of(value.reveal())?)))
}
