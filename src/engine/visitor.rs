//! VISITOR: whether a browser is the one that was sent to a provider, by the visit cookies that it shows.
//!
//! A caller that wants a redirect home must hand in a [`Visitor`]: so no route can forget to ask. Knowing a `state`, a
//! link or an id is no proof of being the browser that left; `docs/DESIGN.md` has what each is given.

use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::domain::journey::{PhonePress, PhoneVisit};
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

/// What the names of the cookies begin with that show which browser has made or read a phone code.
const CODE_PREFIX: &str = "__Host-hbc-";

/// How long these are kept: as long as a phone may be away that has read the code in its last moment, and then a while.
const CODE_COOKIE: Duration = Journey::PHONE_CODE.saturating_add(Journey::VISIT).saturating_add(FIRST_HAND_BACK);

/// A browser that asks to go on, with the visit cookies that it shows.
#[derive(Clone, Default)]
pub struct Visitor {
    cookies: Vec<(String, Secret)>,
    code_cookies: Vec<Secret>,
}

/// A cookie of ours to be set; to be cleared, where its life is zero.
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
        let mut ours = Self::default();
        for (name, value) in cookies {
            if name.starts_with(PREFIX) {
                ours.cookies.push((name, Secret::new(value)));
            } else if name.starts_with(CODE_PREFIX) {
                ours.code_cookies.push(Secret::new(value));
            }
        }
        ours
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
    name(PREFIX, state)
}

fn name(prefix: &str, text: &str) -> String {
    [prefix, &HEXLOWER.encode(&digest("cookie name", text.as_bytes()).as_bytes()[..4])].concat()
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

/// When the last phone code of a journey was made for this browser. `None` where none was.
pub(super) fn code_made(deps: &Deps, journey: &Journey, visitor: &Visitor) -> Option<UnixMillis> {
    codes(visitor).filter_map(|cookie| deps.keys.moment_of_code_cookie(cookie, journey)).max()
}

/// What this browser shows of having read the phone code of this moment.
pub(super) fn press_on(deps: &Deps, journey: &Journey, visitor: &Visitor, code_at: UnixMillis) -> Option<PhonePress> {
    let mut presses = codes(visitor).filter_map(|cookie| deps.keys.press_of_phone_cookie(cookie, journey));
    presses.find(|press| press.code_at == code_at)
}

fn codes(visitor: &Visitor) -> impl Iterator<Item = &str> {
    visitor.code_cookies.iter().take(LOOKED_AT).map(Secret::reveal)
}

/// The cookie of the browser for which the phone code of this moment is made.
pub(super) fn code_cookie(deps: &Deps, journey: &Journey, at: UnixMillis) -> Result<VisitCookie> {
    let value = deps.keys.code_cookie(journey, at).ok_or_else(derive::key_gone)?;
    Ok(VisitCookie { name: name(CODE_PREFIX, &derive::link(deps, journey)?), value, life: CODE_COOKIE })
}

/// The cookie of a phone that has read a code.
pub(super) fn phone_cookie(deps: &Deps, journey: &Journey, press: PhonePress) -> Result<VisitCookie> {
    let value = deps.keys.phone_cookie(journey, press).ok_or_else(derive::key_gone)?;
    let code = deps.keys.phone_code(journey, press.code_at).ok_or_else(derive::key_gone)?;
    Ok(VisitCookie { name: name(CODE_PREFIX, &code), value, life: CODE_COOKIE })
}

/// Whether this is the first device of a payment that a phone has decided, and may go home: it has made the code, and
/// the phone has come back. Where nothing was paid, no phone is waited for; nobody gets a token then.
fn is_first_device(deps: &Deps, journey: &Journey, visitor: &Visitor, phone: &PhoneVisit) -> bool {
    let unpaid = matches!(journey.stage(), Stage::Concluded(end) if !end.outcome.is_proven());
    (phone.returned || unpaid) && code_made(deps, journey, visitor) == Some(phone.press.code_at)
}

/// The cookie of a browser that presses to leave, and whose provider is late or away: what it does on the page that it
/// is shown meanwhile, it does as the browser that left. `None` where nobody has left, or a phone has.
///
/// # Errors
/// When the journey's key is gone.
pub fn cookie_of_leaver(deps: &Deps, journey: &Journey) -> Result<Option<VisitCookie>> {
    match journey.stage() {
        Stage::Away { visit } if journey.phone_visit(visit).is_none() => visit_cookie(deps, journey, visit).map(Some),
        Stage::Away { .. } | Stage::Open(_) | Stage::HandedBack | Stage::Concluded(_) => Ok(None),
    }
}

/// Whether a browser may be led home, where it could have been since `since`; `visit` is the one that it comes back from,
/// if it does. What was decided on a phone leads the first device home, and nobody else.
pub(super) fn admission(
    deps: &Deps,
    journey: &Journey,
    visitor: &Visitor,
    (since, visit): (UnixMillis, Option<u8>),
) -> Admission {
    if let Some(phone) = journey.decided_on_phone().filter(|phone| Some(phone.visit) != visit) {
        let first = is_first_device(deps, journey, visitor, phone);
        return if first { Admission::Recognised } else { Admission::TooLate };
    }
    // Nobody was sent to a provider: there is no other browser, and nobody has agreed to anything.
    if journey.visits().is_empty() {
        return Admission::FirstHandBack;
    }
    // A phone is known by its own visit alone.
    let counts = |own: Visit| Some(own.visit) == visit || journey.phone_visit(own.visit).is_none();
    if visits(deps, visitor).any(|(_, own)| own.is_of(journey) && counts(own)) {
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
