//! Phone codes: who may use one, and the addresses of the pages that belong to it. Nothing here reads the store.
//!
//! A phone never has the link: by its code it may pay, and by the end of its visit it learns what became of that.

use crate::domain::{Journey, Redirect, UnixMillis, journey::PhonePress};
use crate::engine::deps::{Deps, Result};
use crate::engine::derive;
use crate::engine::visitor::{self, Visitor};

/// The page on which the first device shows a code, and waits for the phone.
pub const CODE_PAGE: &str = "/payment/code";

/// The page that a phone opens which has read a code.
pub const PHONE_PAGE: &str = "/payment/phone";

/// The page on which it ends.
const PHONE_END_PAGE: &str = "/payment/phone/end";

/// Why a phone is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    /// It has not been asked on our page.
    NotAsked,
    /// Its code was used before: on another phone, or on this one, and that visit is over.
    Used,
    /// The time of its code is over.
    Over,
}

/// Whether the time of a code is over that was made at this moment.
pub(super) fn is_over(deps: &Deps, code_at: UnixMillis) -> bool {
    deps.clock.now() >= code_at.plus(Journey::PHONE_CODE)
}

/// The press of a phone that may use its code. Whether somebody is faster is decided when its visit begins.
pub(super) fn press(
    deps: &Deps,
    journey: &Journey,
    visitor: &Visitor,
    code_at: UnixMillis,
) -> Result<PhonePress, NoCode> {
    let press = visitor::press_on(deps, journey, visitor, code_at).ok_or(NoCode::NotAsked)?;
    match journey.visit_of_code(code_at) {
        Some(phone) if phone.press != press => Err(NoCode::Used),
        None if is_over(deps, code_at) => Err(NoCode::Over),
        Some(_) | None => Ok(press),
    }
}

/// The page of the browser that was sent on this visit.
pub(super) fn customers_page(deps: &Deps, journey: &Journey, visit: u8) -> Result<Redirect> {
    match journey.phone_visit(visit) {
        Some(phone) => phone_page(deps, journey, phone.press.code_at),
        None => derive::page(deps, journey, derive::page_of(journey)),
    }
}

/// The text that a phone reads as a QR code, made at this moment.
pub(super) fn code(deps: &Deps, journey: &Journey, at: UnixMillis) -> Result<String> {
    deps.keys.phone_code(journey, at).ok_or_else(derive::key_gone)
}

/// The page of a phone that has read the code of this moment.
pub(super) fn phone_page(deps: &Deps, journey: &Journey, code_at: UnixMillis) -> Result<Redirect> {
    Ok(Redirect::own(&deps.public_url, PHONE_PAGE, &[("code", &code(deps, journey, code_at)?)]))
}

/// The page on which a phone ends that has come back from this visit.
pub(super) fn end(deps: &Deps, journey: &Journey, visit: u8) -> Result<Redirect> {
    let end = deps.keys.phone_end(journey, visit).ok_or_else(derive::key_gone)?;
    Ok(Redirect::own(&deps.public_url, PHONE_END_PAGE, &[("visit", &end)]))
}
