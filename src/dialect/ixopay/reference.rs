//! The names of a transaction: `uuid`, `purchaseId`, and the address that its customer is sent to.
//!
//! A `uuid` is 20 hexadecimal digits: the journey's number, by which a store finds it, and 27 more bits of its id, by
//! which our numbers differ from made-up ones. The address holds the secret half of the journey's
//! link.

use std::fmt;

use data_encoding::HEXUPPER;

use super::Kept;
use crate::dialect::moments;
use crate::domain::{Journey, JourneyId, PayId, base32};

/// The bits of a journey's id that are checked besides its number.
const CHECKED: u32 = 27;

/// The digits of a `uuid`, and of the secret in an address.
const DIGITS: usize = 20;
const SECRET_DIGITS: usize = 32;

/// What the id of a transaction begins with that no merchant has asked for.
const OWN_ID: &str = "auto-";

/// A transaction's `uuid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pay_id: PayId,
    check: u32,
}

impl Reference {
    /// The `uuid` of a journey.
    pub fn of(journey: &Journey) -> Self {
        Self::of_id(journey.id())
    }

    /// Reads 20 hexadecimal digits in lower case. `None` when it is anything else: then it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bits = u128::from_str_radix(text, 16).ok()?;
        let pay_id = PayId::new(u64::try_from(bits >> CHECKED).ok()?)?;
        let check = u32::try_from(bits & ((1 << CHECKED) - 1)).ok()?;
        // Only the one spelling that we write ourselves.
        Some(Self { pay_id, check }).filter(|own| own.to_string() == text)
    }

    /// Reads the id of a transaction that no merchant has asked for: a chargeback's, `auto-` and its `uuid`.
    pub fn of_own_id(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(OWN_ID)?)
    }

    /// Whether a journey has such an id, because its merchant has given it none.
    pub fn has_own_id(journey: &Journey) -> bool {
        Kept::of(journey).merchant_transaction_id.is_none()
    }

    /// The id of a transaction that no merchant has asked for.
    pub(super) fn own_id(self) -> String {
        format!("{OWN_ID}{self}")
    }

    /// The number of the journey that it speaks of, before the two have been compared.
    pub const fn pay_id(self) -> PayId {
        self.pay_id
    }

    /// Whether it is the `uuid` of this journey.
    pub fn is_of(self, journey: &Journey) -> bool {
        self == Self::of(journey)
    }

    fn of_id(id: &JourneyId) -> Self {
        let [.., a, b, c, d] = *id.as_bytes();
        Self { pay_id: id.pay_id(), check: u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - CHECKED) }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from(self.pay_id.number()) << CHECKED | u128::from(self.check);
        write!(f, "{bits:0DIGITS$x}")
    }
}

/// The `purchaseId` of a journey: the day of its opening in UTC, and its `uuid`.
pub(super) fn purchase_id(journey: &Journey) -> String {
    let day = moments::in_utc(journey.opening().opened_at).strftime("%Y%m%d");
    format!("{day}-{}", Reference::of(journey))
}

/// The path that the customer of a journey is sent to, below the gateway's address: `/redirect/{uuid}/{32 digits}`, the
/// digits in upper case. `None` when `link` is no link.
pub fn redirect_path(journey: &Journey, link: &str) -> Option<String> {
    let link = base32::read::<{ PayId::BYTES + SECRET_DIGITS / 2 }>(link)?;
    Some(format!("/redirect/{}/{}", Reference::of(journey), HEXUPPER.encode(&link[PayId::BYTES..])))
}

/// The link that such a path stands for, before anybody has compared it with its journey's. `None` when it is none.
pub fn link_of(reference: Reference, secret: &str) -> Option<String> {
    let secret = HEXUPPER.decode(secret.as_bytes()).ok().filter(|secret| secret.len() == SECRET_DIGITS / 2)?;
    Some(base32::write(&[&reference.pay_id().to_bytes()[..], &secret].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Shard, UnixMillis};
    use crate::store::laws::fixtures::Draft;

    fn journey(entropy: [u8; 16]) -> Journey {
        Draft::at(UnixMillis::from_millis(1_800_000_000_000))
            .called(JourneyId::mint(entropy, Shard::of_byte(7)))
            .journey()
    }

    #[test]
    fn a_uuid_is_twenty_digits_and_leads_back_to_its_journey() {
        for byte in [0, 1, 0x7f, 0xff] {
            let journey = journey([byte; 16]);
            let text = Reference::of(&journey).to_string();
            assert_eq!(text.len(), 20, "{text}");
            let read = Reference::parse(&text).unwrap();
            assert_eq!(read.pay_id(), journey.pay_id());
            assert!(read.is_of(&journey));
        }
        assert_eq!(Reference::parse(&"f".repeat(20)).map(|r| r.to_string()), Some("f".repeat(20)));
    }

    #[test]
    fn every_digit_of_a_uuid_counts() {
        let journey = journey([0x5a; 16]);
        let text = Reference::of(&journey).to_string();
        for at in 0..text.len() {
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let mut altered = text.clone();
            altered.replace_range(at..=at, other);
            assert!(!Reference::parse(&altered).unwrap().is_of(&journey), "{altered}");
        }
        for bad in ["", "0", &text[1..], &text.to_uppercase(), &format!("{text}0"), &format!("+{}", &text[1..])] {
            assert_eq!(Reference::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_purchase_is_named_by_its_day_and_its_uuid() {
        let journey = journey([0x5a; 16]);
        assert_eq!(purchase_id(&journey), format!("20270115-{}", Reference::of(&journey)));
    }

    #[test]
    fn the_address_of_a_customer_is_its_link_in_other_digits() {
        let journey = journey([0x5a; 16]);
        let link = base32::write(&[&journey.pay_id().to_bytes()[..], &[0xab; 16]].concat());
        let path = redirect_path(&journey, &link).unwrap();
        let reference = Reference::of(&journey);
        assert_eq!(path, format!("/redirect/{reference}/{}", "AB".repeat(16)));
        assert_eq!(link_of(reference, &"AB".repeat(16)), Some(link.clone()));
        assert_ne!(link_of(reference, &"AC".repeat(16)), Some(link.clone()));
        for bad in ["", "AB", &"ab".repeat(16), &"AG".repeat(16), &format!("+{}", "A".repeat(31)), &"AB".repeat(17)] {
            assert_eq!(link_of(reference, bad), None, "{bad}");
        }
        assert_eq!(redirect_path(&journey, &link[..30]), None);
        assert_eq!(redirect_path(&journey, "*"), None);
    }
}
