//! Visit cookies: what a browser carries that was sent to a bank, and shows when it comes back.
//!
//! A cookie says which visit it is of, so that a browser is known also where the bank left the `state` out. Whether it
//! is ours is known without the store: a made-up one costs nobody anything.

use subtle::ConstantTimeEq;

use super::{Keys, digest, text::MAC};
use crate::domain::{Journey, PayId, UnixMillis, base32};

/// What the value of a cookie holds before its MAC: the journey's number, the visit, when it began, and its bank.
const HEAD: usize = PayId::BYTES + 1 + UnixMillis::BYTES + 4;

/// One time that a customer was sent to a bank, as its cookie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The journey's number.
    pub pay_id: PayId,
    /// The visit, from 0.
    pub visit: u8,
    /// When the customer left.
    pub left_at: UnixMillis,
    bank: [u8; 4],
}

impl Visit {
    /// Whether the customer was sent to this bank.
    pub fn is_to(&self, bank: &str) -> bool {
        self.bank == bank_mark(bank)
    }

    /// Whether it is a visit of this journey.
    pub fn is_of(&self, journey: &Journey) -> bool {
        let visit = journey.visits().get(usize::from(self.visit));
        self.pay_id == journey.pay_id() && visit.is_some_and(|visit| visit.left_at == self.left_at)
    }
}

impl Keys {
    /// The value of the cookie of a journey's visit: 55 characters. The same every time.
    pub fn visit_cookie(&self, journey: &Journey, visit: u8) -> Option<String> {
        let left_at = journey.visits().get(usize::from(visit))?.left_at;
        let mut head = Vec::with_capacity(HEAD + MAC);
        head.extend_from_slice(&journey.pay_id().to_bytes());
        head.push(visit);
        head.extend_from_slice(&left_at.to_bytes());
        head.extend_from_slice(&bank_mark(journey.provider_of(visit)));
        let mac = self.derive(&journey.opening().key, "visit cookie", &[&head])?;
        head.extend_from_slice(&mac[..MAC]);
        Some(base32::write(&head))
    }

    /// The visit that a cookie's value is of. `None` when this gateway has not written it.
    pub fn visit_of(&self, value: &str) -> Option<Visit> {
        let (bytes, visit) = read(value)?;
        let (head, mac) = bytes.split_at_checked(HEAD)?;
        let own = |(key, _): &(String, _)| self.derive(key, "visit cookie", &[head]);
        let known = self.keys.iter().filter_map(own).any(|own| bool::from(own[..MAC].ct_eq(mac)));
        known.then_some(visit)
    }
}

/// When the visit of a cookie began, by its own word: to sort old ones from new ones. `None` of what is not
/// ours.
pub fn visit_began_at(value: &str) -> Option<UnixMillis> {
    read(value).map(|(_, visit)| visit.left_at)
}

fn read(value: &str) -> Option<([u8; HEAD + MAC], Visit)> {
    let bytes: [u8; HEAD + MAC] = base32::read(value)?;
    let visit = Visit {
        pay_id: PayId::from_bytes(*bytes.first_chunk()?)?,
        visit: bytes[7],
        left_at: UnixMillis::from_bytes(bytes[8..14].try_into().ok()?),
        bank: bytes[14..18].try_into().ok()?,
    };
    Some((bytes, visit))
}

fn bank_mark(bank: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = *digest("visit cookie's bank", bank.as_bytes()).as_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BegunVisit;
    use crate::domain::journey::tests::{NOW, journey};

    fn keys(byte: u8) -> Keys {
        Keys::parse(Keys::write_fresh("k1", [byte; 32]).reveal()).unwrap()
    }

    #[test]
    fn a_visit_cookie_says_which_visit_it_is_of_and_nobody_else_can_write_one() {
        let own = keys(3);
        let BegunVisit::New(away, 0) = journey().begin_visit(None, NOW) else { panic!() };
        let value = own.visit_cookie(&away, 0).unwrap();
        let visit = own.visit_of(&value).unwrap();
        assert_eq!((value.len(), visit.visit, visit.left_at), (55, 0, NOW));
        assert!(visit.is_of(&away) && visit.is_to(away.provider_of(0)) && !visit.is_to("other"));
        assert!(!visit.is_of(&journey()), "nobody has left on this one");
        assert_eq!((own.visit_cookie(&away, 1), visit_began_at(&value)), (None, Some(NOW)));
        for at in 0..value.len() {
            let other = if &value[at..=at] == "a" { "b" } else { "a" };
            let forged = format!("{}{other}{}", &value[..at], &value[at + 1..]);
            assert_eq!(own.visit_of(&forged), None, "{forged}");
        }
        for bad in ["", "x", &value[1..], &format!("{value}0")] {
            assert_eq!(own.visit_of(bad), None, "{bad}");
        }
        assert_eq!(keys(4).visit_of(&value), None, "another operator's");
    }
}
