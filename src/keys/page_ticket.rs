//! Tickets: what stands in the address of a page that opens for a short time only.
//!
//! A link opens a journey's pages for good, and browsers keep addresses for good. So a page that shows what a one-time
//! token is worth stands at an address that soon opens nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::Keys;
use crate::domain::id::PayId;
use crate::domain::journey::Journey;
use crate::domain::moment::UnixMillis;

impl Keys {
    /// A ticket to a page of this journey, until then. 39 characters of base64url: its number, the time in
    /// milliseconds, and 128 bits that nobody can guess.
    pub fn page_ticket(&self, journey: &Journey, until: UnixMillis) -> Option<String> {
        let until = until.as_millis().to_be_bytes();
        let derived = self.derive(&journey.opening().key, "ticket", &[journey.id().as_bytes(), &until])?;
        let number = journey.pay_id().number().to_be_bytes();
        Some(URL_SAFE_NO_PAD.encode([&number[1..], &until[2..], &derived[..16]].concat()))
    }

    /// Whether `ticket` is one to this journey, whatever the time.
    pub fn is_page_ticket_of(&self, ticket: &str, journey: &Journey) -> bool {
        let own = page_ticket_parts(ticket).and_then(|(_, until)| self.page_ticket(journey, until));
        own.is_some_and(|own| own.as_bytes().ct_eq(ticket.as_bytes()).into())
    }
}

/// The journey that a ticket speaks of and the end of its time, before it has been compared.
pub fn page_ticket_parts(ticket: &str) -> Option<(PayId, UnixMillis)> {
    let bytes: [u8; 29] = URL_SAFE_NO_PAD.decode(ticket).ok()?.try_into().ok()?;
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((PayId::new(number(&bytes[..7]))?, UnixMillis::from_millis(number(&bytes[7..13]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::{NOW, journey};

    #[test]
    fn a_ticket_says_whose_it_is_and_until_when_and_nobody_else_can_say_so() {
        let (keys, journey) = (Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap(), journey());
        let ticket = keys.page_ticket(&journey, NOW).unwrap();
        assert_eq!((ticket.len(), page_ticket_parts(&ticket)), (39, Some((journey.pay_id(), NOW))));
        assert!(keys.is_page_ticket_of(&ticket, &journey));
        assert_ne!(keys.link(&journey).unwrap()[..], ticket[..31]);
        for at in 0..ticket.len() {
            let other = if &ticket[at..=at] == "A" { "Q" } else { "A" };
            let forged = format!("{}{other}{}", &ticket[..at], &ticket[at + 1..]);
            assert!(!keys.is_page_ticket_of(&forged, &journey), "{forged}");
        }
        for bad in ["", "x", &ticket[1..]] {
            assert_eq!(page_ticket_parts(bad), None);
        }
    }
}
