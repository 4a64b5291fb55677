//! The page that opens an app, by a ticket: its address is kept in browsers' histories longer than it should open it.

use std::time::Duration;

use super::home::app_page_of;
use super::{Engine, EngineError};
use crate::domain::journey::Journey;
use crate::domain::redirect::Redirect;
use crate::keys::ticket_parts;

/// How long a ticket lasts: long enough for a customer who looks for the app, loads the page again or comes back to it.
const TICKET: Duration = Duration::from_mins(10);

/// What a ticket opens.
#[derive(Debug)]
pub enum Admitted {
    /// This journey's page.
    Journey(Box<Journey>),
    /// Nothing any more.
    Over,
    /// Nothing: it is no ticket of ours.
    Unknown,
}

impl Engine {
    /// The page that opens a journey's app, at an address that lasts ten minutes.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn app_page(&self, journey: &Journey) -> Result<Redirect, EngineError> {
        let ticket = self.keys.ticket(journey, self.clock.now().plus(TICKET)).ok_or_else(super::key_gone)?;
        Ok(Redirect::own(&self.public_url, app_page_of(journey), &[("ticket", &ticket)]))
    }

    /// The journey of a ticket.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn admit(&self, ticket: &str) -> Result<Admitted, EngineError> {
        let Some((pay_id, until)) = ticket_parts(ticket) else { return Ok(Admitted::Unknown) };
        match self.store.find(pay_id).await? {
            Some(journey) if !self.keys.is_ticket_of(ticket, &journey) => Ok(Admitted::Unknown),
            Some(_) if self.clock.now() >= until => Ok(Admitted::Over),
            Some(journey) => Ok(Admitted::Journey(Box::new(self.lapse(journey).await?))),
            None => Ok(Admitted::Unknown),
        }
    }
}
