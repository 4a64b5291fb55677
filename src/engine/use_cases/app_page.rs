//! The pages that hold a one-time token, by a ticket: their addresses are kept in browsers' histories longer than they
//! should open.

use std::time::Duration;

use crate::domain::{Journey, Redirect, journey::Resumption};
use crate::engine::{Engine, accounts, deps::Result, derive, lapse};
use crate::keys::{page_ticket_parts, resume_handle_parts};

/// How long a ticket lasts: long enough for a customer who looks for the app, loads the page again or comes back to it.
const PAGE_TICKET_LIFE: Duration = Duration::from_mins(10);

/// What a ticket opens.
#[derive(Debug)]
pub enum Admitted {
    /// This journey's page.
    Journey(Box<Journey>),
    /// Nothing any more.
    Over,
    /// Nothing: it is not one of our tickets.
    Unknown,
}

/// This page of a journey, at an address that lasts ten minutes.
///
/// # Errors
/// When the journey's key is gone.
pub fn address(engine: &Engine, journey: &Journey, page: &str) -> Result<Redirect> {
    let ticket = engine
        .deps
        .keys
        .page_ticket(journey, engine.deps.clock.now().plus(PAGE_TICKET_LIFE))
        .ok_or_else(derive::key_gone)?;
    Ok(Redirect::own(&engine.deps.public_url, page, &[("ticket", &ticket)]))
}

/// The journey of a handle, for the page that leads to an app store: for as long as the handle can be redeemed.
///
/// # Errors
/// When the store is in trouble.
pub async fn admit_to_resume(engine: &Engine, handle: &str) -> Result<Admitted> {
    let Some((pay_id, number)) = resume_handle_parts(handle) else { return Ok(Admitted::Unknown) };
    let found = accounts::find_journey(&engine.deps, pay_id).await?;
    let Some(journey) = found.filter(|journey| engine.deps.keys.is_resume_handle_of(handle, journey)) else {
        return Ok(Admitted::Unknown);
    };
    Ok(match journey.resumption(number, engine.deps.clock.now()) {
        Resumption::Fresh(journey) => Admitted::Journey(journey),
        Resumption::Repeated | Resumption::Spent(_) | Resumption::Expired(_) => Admitted::Over,
        Resumption::Unknown => Admitted::Unknown,
    })
}

/// The journey of a ticket.
///
/// # Errors
/// When the store is in trouble.
pub async fn admit(engine: &Engine, ticket: &str) -> Result<Admitted> {
    let Some((pay_id, until)) = page_ticket_parts(ticket) else { return Ok(Admitted::Unknown) };
    match accounts::find_journey(&engine.deps, pay_id).await? {
        Some(journey) if !engine.deps.keys.is_page_ticket_of(ticket, &journey) => Ok(Admitted::Unknown),
        Some(_) if engine.deps.clock.now() >= until => Ok(Admitted::Over),
        Some(journey) => Ok(Admitted::Journey(Box::new(lapse::lapse(&engine.deps, journey).await?))),
        None => Ok(Admitted::Unknown),
    }
}
