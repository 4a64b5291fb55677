//! GO ON ON A PHONE: the first device shows a code and waits; a phone that reads it is asked, pays, and comes back.
//!
//! Nothing is written before a press on Pay, which `send_to_provider` takes: a camera that looks ahead uses nothing up.

use std::time::Duration;

use crate::domain::journey::{PhonePress, PhoneVisit};
use crate::domain::{Journey, Redirect, Stage, UnixMillis};
use crate::engine::commit::{self, Next};
use crate::engine::phone_code::{self, NoCode};
use crate::engine::visitor::{self, VisitCookie, Visitor};
use crate::engine::{Engine, deps::Result, find, redirect};
use crate::store::Step;

/// What the first device is shown.
#[derive(Debug, PartialEq, Eq)]
pub enum CodePage {
    /// The code, as the address that a phone opens.
    Code(Redirect),
    /// A phone has read it, and is paying.
    OnPhone,
    /// The phone has paid, and has not come back yet.
    Paid,
    /// The time of its code is over.
    Over,
    /// The checkout: it has made no code, or the phone did not pay.
    Checkout,
    /// Where the journey leads that has ended.
    Ended,
}

/// What a phone that opens the address of a code is shown.
#[derive(Debug)]
pub enum Scanned {
    /// It is asked whether to go on, and keeps the cookie, if it has not got it yet.
    Ask(Box<Journey>, Option<VisitCookie>),
    /// It has come back before: it goes there.
    Back(Redirect),
    /// It has no code that it may use.
    NoCode(NoCode, Box<Journey>),
    /// There is nothing to be paid any more.
    Ended(Box<Journey>),
}

/// Makes a code for this browser, unless it has one that may still be used. `None` of a payment that no phone may go on
/// with, or that has ended.
///
/// # Errors
/// When the journey's key is gone.
pub fn make_code(engine: &Engine, journey: &Journey, visitor: &Visitor) -> Result<Option<VisitCookie>> {
    let deps = &engine.deps;
    if !journey.is_open() || !journey.may_use_phone() {
        return Ok(None);
    }
    // One whose phone is paying stays: it is what leads this browser home.
    let lasts = |at: &UnixMillis| match journey.visit_of_code(*at) {
        Some(phone) => journey.away_on_phone() == Some(phone),
        None => !phone_code::is_over(deps, *at),
    };
    let made = visitor::code_made(deps, journey, visitor).filter(lasts);
    visitor::code_cookie(deps, journey, made.unwrap_or_else(|| deps.clock.now())).map(Some)
}

/// How long the first device waits for a phone that has paid.
const COMING_BACK: Duration = Duration::from_mins(2);

/// What the first device is shown.
///
/// # Errors
/// When the journey's key is gone.
pub fn code_page(engine: &Engine, journey: &Journey, visitor: &Visitor) -> Result<CodePage> {
    let (deps, now) = (&engine.deps, engine.deps.clock.now());
    let made = visitor::code_made(deps, journey, visitor);
    if let Some(end) = redirect::end_of(journey) {
        let comes = |phone: &PhoneVisit| !phone.returned && made == Some(phone.press.code_at);
        let is_coming = journey.decided_on_phone().is_some_and(comes);
        let waits = is_coming && now < journey.handed_back_since(&end).plus(COMING_BACK);
        return Ok(match journey.final_outcome() {
            Some(_) if waits && journey.is_proven() => CodePage::Paid,
            None if waits => CodePage::OnPhone,
            Some(_) | None => CodePage::Ended,
        });
    }
    if journey.is_past_expiry(now) {
        return Ok(CodePage::Checkout);
    }
    if journey.away_on_phone().is_some() {
        return Ok(CodePage::OnPhone);
    }
    Ok(match made {
        Some(at) if journey.visit_of_code(at).is_some() || !journey.may_use_phone() => CodePage::Checkout,
        Some(at) if phone_code::is_over(deps, at) => CodePage::Over,
        Some(at) => CodePage::Code(phone_code::phone_page(deps, journey, at)?),
        None => CodePage::Checkout,
    })
}

/// What a phone is shown that has read this code. `None` when there is no such code.
///
/// # Errors
/// When the store is in trouble, or the journey's key is gone.
pub async fn scan(engine: &Engine, code: &str, visitor: &Visitor) -> Result<Option<Scanned>> {
    let deps = &engine.deps;
    let Some((journey, code_at)) = find::journey_of_phone_code(deps, code).await? else { return Ok(None) };
    let press = visitor::press_on(deps, &journey, visitor, code_at);
    if let Some(phone) = journey.visit_of_code(code_at) {
        let is_under_way = journey.away_on_phone() == Some(phone);
        if press != Some(phone.press) {
            return Ok(Some(Scanned::NoCode(NoCode::Used, Box::new(journey))));
        }
        if !is_under_way {
            return phone_code::end(deps, &journey, phone.visit).map(|end| Some(Scanned::Back(end)));
        }
        return Ok(Some(Scanned::Ask(Box::new(journey), None)));
    }
    if !journey.is_open() || journey.is_past_expiry(deps.clock.now()) {
        return Ok(Some(Scanned::Ended(Box::new(journey))));
    }
    if phone_code::is_over(deps, code_at) {
        return Ok(Some(Scanned::NoCode(NoCode::Over, Box::new(journey))));
    }
    let fresh = || visitor::phone_cookie(deps, &journey, PhonePress { code_at, phone: deps.clock.draw() });
    let cookie = if press.is_some() { None } else { Some(fresh()?) };
    Ok(Some(Scanned::Ask(Box::new(journey), cookie)))
}

/// The cookie of the visit that a phone has begun by this code, where its provider is late or away.
///
/// # Errors
/// When the journey's key is gone.
pub fn cookie_of_phone(engine: &Engine, journey: &Journey) -> Result<Option<VisitCookie>> {
    match journey.away_on_phone() {
        Some(phone) => visitor::visit_cookie(&engine.deps, journey, phone.visit).map(Some),
        None => Ok(None),
    }
}

/// Takes a phone back: if it is the one that has pressed, and its visit has decided, the first device may go home from
/// now on. Answers the journey, and the visit. `None` when there is no such end.
///
/// # Errors
/// When the store is in trouble.
pub async fn come_back(engine: &Engine, end: &str, visitor: &Visitor) -> Result<Option<(Journey, u8)>> {
    let deps = &engine.deps;
    let Some((journey, visit)) = find::journey_of_phone_end(deps, end).await? else { return Ok(None) };
    let press = journey.phone_visit(visit).map(|phone| phone.press);
    let is_phone = press.is_some_and(|own| visitor::press_on(deps, &journey, visitor, own.code_at) == Some(own));
    if !is_phone || matches!(journey.stage(), Stage::Open(_) | Stage::Away { .. }) {
        return Ok(Some((journey, visit)));
    }
    let note = |journey: &Journey| Ok(Next::step(journey.clone().phone_returned(visit).map(Step::to)));
    let noted = commit::unless_gone(commit::commit(deps, journey, note).await)?;
    Ok(noted.map(|(journey, _)| (journey, visit)))
}
