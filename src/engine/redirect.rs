//! HAND BACK: where an end leads. The same end of the same journey is the same bytes, whenever it is asked for.

use crate::domain::dialect::hand_back_params;
use crate::domain::{
    Device, DeviceResponse, FinalOutcome, HandBack, Journey, LedTo, MissingApp, Outcome, Params, PlannedCallback,
    Redirect, ResumeLinks, Secret, Stage,
};
use crate::engine::deps::{Deps, Result};
use crate::engine::visitor::{Admission, Visitor};
use crate::engine::{derive, phone_code, visitor};

/// Where a browser goes that asks for the redirect home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeRedirect {
    /// There.
    To(Redirect),
    /// Nowhere: it is not the browser that left, or cannot show that it is.
    OtherBrowser,
    /// Nowhere any more: it shows no cookie, and the first hand-back is long over. A page says what became of it.
    TooLate,
}

/// What brings a browser to its redirect home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// By coming back.
    Return,
    /// By the button on our page, to which coming back has led it.
    Button,
}

/// Where an answer of the provider that led to `end` sends the browser. Who may be sent there is not asked here.
pub(super) fn to_end(deps: &Deps, journey: &Journey, end: &LedTo, visit: Option<u8>) -> Result<Redirect> {
    lead(deps, journey, (end, visit), Trigger::Return)
}

fn lead(deps: &Deps, journey: &Journey, (end, visit): (&LedTo, Option<u8>), trigger: Trigger) -> Result<Redirect> {
    let opening = journey.opening();
    let on_phone = visit.filter(|visit| journey.phone_visit(*visit).is_some());
    // Out again only while the browser may be there: afterwards it goes where its journey has.
    if let LedTo::Onward(next) = end {
        let may_go = journey.is_out_on(*next) && !journey.is_past_expiry(deps.clock.now());
        if let Some(redirect) = derive::known_redirect(deps, journey, *next)?.filter(|_| may_go) {
            return Ok(redirect);
        }
        if let Some(end) = end_of(journey) {
            return lead(deps, journey, (&end, on_phone), trigger);
        }
    }
    let leads_home = !matches!(end, LedTo::Failed(_) | LedTo::Onward(_));
    // A phone ends on our own page: it is not the device that goes home.
    if let Some(visit) = on_phone {
        return phone_code::end(deps, journey, visit);
    }
    match opening.plan.destination_for(outcome_of(journey, end)).filter(|_| leads_home) {
        None => derive::page(deps, journey, derive::page_of(journey)),
        Some(_) if opening.popup.is_some() => derive::page(deps, journey, derive::POPUP_PAGE),
        Some(entry)
            if trigger == Trigger::Return
                && !entry.needs_page(opening.settings.app_links)
                && journey.goes_by_button(journey.token_number(end, visit)) =>
        {
            derive::page(deps, journey, derive::page_of(journey))
        }
        Some(entry) => straight_home(deps, journey, entry, (end, visit)),
    }
}

/// The redirect to this callback, or to the page that opens its app.
fn straight_home(
    deps: &Deps,
    journey: &Journey,
    entry: &PlannedCallback,
    (end, visit): (&LedTo, Option<u8>),
) -> Result<Redirect> {
    if entry.needs_page(journey.opening().settings.app_links) {
        return derive::page(deps, journey, derive::app_page_of(journey));
    }
    let params = params(deps, journey, entry, end, visit)?;
    Ok(Redirect::home(&entry.url, &params, entry.params_in)?)
}

/// Where a browser goes that has the link of a journey, as it stands now: home, or to the page of what is still open.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn home_redirect_now(deps: &Deps, journey: &Journey, visitor: &Visitor) -> Result<HomeRedirect> {
    home_redirect(deps, journey, visitor, Trigger::Return)
}

/// [`home_redirect_now`] of a browser that presses the button on our page: to the callback, whether or not it answers.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn home_redirect_pressed(deps: &Deps, journey: &Journey, visitor: &Visitor) -> Result<HomeRedirect> {
    home_redirect(deps, journey, visitor, Trigger::Button)
}

/// Whether the redirect home leads over a button on our page, as the journey stands now.
pub fn goes_by_button(journey: &Journey) -> bool {
    end_of(journey).is_some_and(|end| journey.goes_by_button(journey.token_number(&end, None)))
}

fn home_redirect(deps: &Deps, journey: &Journey, visitor: &Visitor, trigger: Trigger) -> Result<HomeRedirect> {
    let Some(end) = end_of(journey) else {
        return derive::page(deps, journey, derive::page_of(journey)).map(HomeRedirect::To);
    };
    Ok(match visitor::admission(deps, journey, visitor, (journey.handed_back_since(&end), None)) {
        Admission::Recognised | Admission::FirstHandBack => {
            HomeRedirect::To(lead(deps, journey, (&end, None), trigger)?)
        }
        Admission::TooLate => HomeRedirect::TooLate,
        Admission::OtherBrowser => HomeRedirect::OtherBrowser,
    })
}

/// What the app-return page gives a device: which one it is decides here and nowhere before, so that a return leads
/// every browser to the same place. `None` when the journey is not going home, needs no such page, or this browser may
/// not go home: [`home_redirect_now`] says which.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn device_redirect(
    deps: &Deps,
    journey: &Journey,
    visitor: &Visitor,
    device: Device,
) -> Result<Option<DeviceResponse>> {
    let (Some(end), HomeRedirect::To(_)) = (end_of(journey), home_redirect_now(deps, journey, visitor)?) else {
        return Ok(None);
    };
    let opening = journey.opening();
    match opening.plan.destination_for(outcome_of(journey, &end)) {
        Some(entry) if entry.needs_page(opening.settings.app_links) => {
            let params = params(deps, journey, entry, &end, None)?;
            // A handle becomes a token: who gets none gets no handle either.
            if waits_for_phone(journey, &end) {
                return Ok(Some(entry.response_for(device, &params, None)?));
            }
            let handle =
                deps.keys.resume_handle(journey, journey.token_number(&end, None)).ok_or_else(derive::key_gone)?;
            let page = deps.public_url.page(derive::app_page_of(journey), &[("resume", &handle)]);
            Ok(Some(entry.response_for(device, &params, Some(&ResumeLinks { handle: &handle, page: &page }))?))
        }
        _ => Ok(None),
    }
}

/// What a customer needs on this device who comes back with this handle, to install the app and go on in it. `None` when
/// no app is known for the device, or the journey is not going home.
///
/// # Errors
/// As [`CallbackUrl::with`](crate::domain::CallbackUrl::with).
pub fn missing_app(journey: &Journey, device: Device, handle: &str) -> Result<Option<MissingApp>> {
    let Some(end) = end_of(journey) else { return Ok(None) };
    let entry = journey.opening().plan.destination_for(outcome_of(journey, &end));
    Ok(entry.map(|entry| entry.missing_app(device, handle)).transpose()?.flatten())
}

/// What the page is told that has opened a journey's pages in a window of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupReturn {
    /// The origin that it must have.
    pub origin: String,
    /// What the callback would have got, in its order.
    pub parameters: Params,
    /// The redirect home, where nobody takes the message.
    pub home: Redirect,
}

/// What the page is told that has opened a journey's pages. `None` when the journey is not going home, no page has
/// opened it, or this browser may not go home: [`home_redirect_now`] says which.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn popup_return(deps: &Deps, journey: &Journey, visitor: &Visitor) -> Result<Option<PopupReturn>> {
    let (Some(end), HomeRedirect::To(_)) = (end_of(journey), home_redirect_now(deps, journey, visitor)?) else {
        return Ok(None);
    };
    let opening = journey.opening();
    let (Some(origin), Some(entry)) = (&opening.popup, opening.plan.destination_for(outcome_of(journey, &end))) else {
        return Ok(None);
    };
    Ok(Some(PopupReturn {
        origin: origin.as_str().to_owned(),
        parameters: params(deps, journey, entry, &end, None)?,
        home: straight_home(deps, journey, entry, (&end, None))?,
    }))
}

/// What a hand-back adds to its callback, with a signature where the merchant has asked for one. One that could not
/// wait is signed only where its dialect appends something that shows that it is no outcome: the callback alone,
/// signed, would pass for one.
fn params(deps: &Deps, journey: &Journey, entry: &PlannedCallback, end: &LedTo, visit: Option<u8>) -> Result<Params> {
    let final_outcome = final_outcome_of(journey, end);
    let token = if waits_for_phone(journey, end) {
        None
    } else {
        derive::token_of(deps, journey, journey.token_number(end, visit))?
    };
    let consent_token = derive::consent_token(deps, journey);
    let dialect = deps.dialect(&journey.opening().dialect)?;
    let signature = match final_outcome {
        Some(final_outcome) => derive::signature(deps, dialect, journey, final_outcome)?,
        None => None,
    };
    let consent_token = consent_token.as_ref().map(Secret::reveal);
    let hand_back = HandBack { final_outcome, token: token.as_ref(), consent_token, signature };
    let params = hand_back_params(dialect, journey, &hand_back);
    if *end == LedTo::HandedBackEarly && params.pairs().next().is_none() {
        return Ok(params);
    }
    let at = journey.moment_of(end, visit);
    deps.keys.sign_return(journey, entry, params, at)?.ok_or_else(derive::key_gone)
}

/// Whether a phone may still pay what has ended unpaid. A token says what is in force when it is redeemed: nobody gets
/// one. It hangs on nothing that changes after the end, so that the same end stays the same bytes.
fn waits_for_phone(journey: &Journey, end: &LedTo) -> bool {
    let is_unpaid = outcome_of(journey, end).is_some_and(|outcome| !outcome.is_proven());
    is_unpaid && journey.has_been_on_phone()
}

/// The final outcome that an end of a journey stands for; `None` while nothing has been proven.
fn final_outcome_of<'a>(journey: &'a Journey, end: &LedTo) -> Option<&'a FinalOutcome> {
    match end {
        LedTo::Outcome(number) => journey.final_outcomes().get(usize::from(*number)),
        LedTo::Failed(_) | LedTo::HandedBackEarly | LedTo::Onward(_) => None,
    }
}

fn outcome_of(journey: &Journey, end: &LedTo) -> Option<Outcome> {
    final_outcome_of(journey, end).map(|final_outcome| final_outcome.outcome)
}

/// The end that a journey has come to, if it has: its last final outcome, or a hand-back that could not wait.
pub(super) fn end_of(journey: &Journey) -> Option<LedTo> {
    match journey.stage() {
        Stage::Concluded(_) => u8::try_from(journey.final_outcomes().len() - 1).ok().map(LedTo::Outcome),
        Stage::HandedBack => Some(LedTo::HandedBackEarly),
        Stage::Open(_) | Stage::Away { .. } => None,
    }
}
