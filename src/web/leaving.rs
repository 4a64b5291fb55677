//! LEAVE, when the bank is late: a light page, which asks again.

use actix_web::{HttpRequest, HttpResponse};

use super::page::{Awaited, Waiting};
use super::{checkout, problem, reply};
use crate::domain::journey::Journey;
use crate::domain::params::percent_encoded;
use crate::engine::{Engine, visitor};

/// Keeps the customer company. `next` is the page that leaves again under the same visit.
pub(super) fn waiting_page(engine: &Engine, journey: &Journey, next: &str, link: &str) -> HttpResponse {
    let now = engine.deps.clock.now();
    let left_at = journey.visits().last().map_or(now, |visit| visit.left_at);
    reply::page(&Waiting {
        awaited: Awaited::ProviderVisit,
        payee: journey.payee().to_owned(),
        amount: checkout::amount(journey),
        seconds: u32::try_from(now.since(left_at).as_secs()).unwrap_or(u32::MAX),
        next: format!("{next}?link_id={}", percent_encoded(link)),
    })
}

/// Shows this page to a browser that leaves, and has not left yet: it is known by its cookie from now on.
pub(super) fn leaving_later(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    page: HttpResponse,
) -> HttpResponse {
    match visitor::cookie_of_leaver(&engine.deps, journey) {
        Ok(Some(cookie)) => reply::leaving(page, &cookie, request),
        Ok(None) => page,
        Err(error) => problem::page_of(&error),
    }
}
