//! Identifiers, and the shard that each of them carries.
//!
//! A store with many masters must find a record from an id alone, in one step. So every id that others hold
//! names its shard in its bits; a link, a `state` and a one-time token begin with their journey's number.

use std::{fmt, str::FromStr};

use uuid::{Builder, Uuid};

use super::invalid::Invalid;

/// How many shards a store has. Written into the store once, and compared at every start.
pub const SHARDS: u8 = 32;

/// The low bits of a byte that hold a shard.
const SHARD_BITS: u8 = SHARDS - 1;

/// One of the [`SHARDS`] parts of a store; a whole step of a journey happens inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// The shard that a byte of evenly spread data falls into.
    pub const fn of_byte(byte: u8) -> Self {
        Self(byte & SHARD_BITS)
    }

    /// Its number, from 0.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Every shard, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// Writes this shard into the low bits of `byte`, keeping the others.
    pub const fn written_into(self, byte: u8) -> u8 {
        (byte & !SHARD_BITS) | self.0
    }

    /// A version 4 UUID of these bytes of entropy that names this shard.
    fn uuid(self, mut entropy: [u8; 16]) -> Uuid {
        entropy[7] = self.written_into(entropy[7]);
        Builder::from_random_bytes(entropy).into_uuid()
    }
}

/// A journey's number, below 2^53: what SecPaid calls `pay_id`. Its low five bits are the shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayId(u64);

impl PayId {
    /// The largest number: 2^53 − 1, the last integer that JavaScript holds exactly.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The smallest number.
    pub const LEAST: Self = Self(0);

    /// How many bytes hold 53 bits.
    pub const BYTES: usize = 7;

    /// Accepts a number from 0 to [`PayId::MAX`].
    pub fn new(number: u64) -> Option<Self> {
        (number <= Self::MAX.0).then_some(Self(number))
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The number in 7 bytes, the highest first: so numbers sort as bytes.
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        let [_, bytes @ ..] = self.0.to_be_bytes();
        bytes
    }

    /// Reads what [`PayId::to_bytes`] wrote. `None` when the number is too large.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        Self::new(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The shard that holds this journey.
    pub const fn shard(self) -> Shard {
        Shard::of_byte(self.0.to_le_bytes()[0])
    }
}

impl fmt::Display for PayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PayId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("pay_id", "is not a whole number from 0 to 9007199254740991");
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused());
        }
        text.parse().ok().and_then(Self::new).ok_or_else(refused)
    }
}

/// Declares an id that is a version 4 UUID, and names its shard in its eighth byte.
macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Restores an id that was stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The shard that holds what it names.
            pub fn shard(&self) -> Shard {
                Shard::of_byte(self.as_bytes()[7])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

uuid_ids! {
    /// A journey's id: a version 4 UUID whose bits also hold the journey's [`PayId`].
    JourneyId,
    /// A merchant's id: a version 4 UUID. Its short form is base58, 22 characters at the most, for clients that send it
    /// before a password.
    MerchantId,
    /// A user's id, as Yapily has users: a version 4 UUID that names the user's shard.
    UserId,
}

impl JourneyId {
    /// Makes an id from 16 bytes of entropy, in `shard`.
    pub fn mint(entropy: [u8; 16], shard: Shard) -> Self {
        Self(shard.uuid(entropy))
    }

    /// The number inside: the first six bytes and the low five bits of the eighth.
    pub fn pay_id(&self) -> PayId {
        let b = self.as_bytes();
        let high = u64::from_be_bytes([0, 0, b[0], b[1], b[2], b[3], b[4], b[5]]);
        PayId((high << 5) | u64::from(b[7] & SHARD_BITS))
    }
}

impl FromStr for JourneyId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("journey_id", "is not a UUID"))
    }
}

impl UserId {
    /// Makes an id from 16 bytes of entropy, in `shard`.
    pub fn mint(entropy: [u8; 16], shard: Shard) -> Self {
        Self(shard.uuid(entropy))
    }
}

impl FromStr for UserId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("userUuid", "is not a UUID"))
    }
}

impl MerchantId {
    /// Makes an id from 16 bytes of entropy.
    pub fn mint(entropy: [u8; 16]) -> Self {
        Self(Shard::of_byte(entropy[7]).uuid(entropy))
    }

    /// The short form: 16 bytes in base58.
    pub fn short(&self) -> String {
        bs58::encode(self.as_bytes()).into_string()
    }
}

impl FromStr for MerchantId {
    type Err = Invalid;

    /// Reads both forms, and the short one in no other spelling.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || {
            Invalid::new("merchant_id", "is not a merchant's id").hint("expected a UUID, or 22 characters of base58")
        };
        if text.len() > 22 {
            return Uuid::try_parse(text).map(Self).map_err(|_| refused());
        }
        let bytes = bs58::decode(text).into_vec().ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self::from_bytes).filter(|id| id.short() == text).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_id_and_its_pay_id_name_the_same_shard() {
        for shard in Shard::all() {
            let id = JourneyId::mint([0xa7; 16], shard);
            assert_eq!(id.shard(), shard);
            assert_eq!(id.pay_id().shard(), shard);
            assert_eq!(id.to_string().parse::<JourneyId>().unwrap(), id);
            assert!(id.pay_id() <= PayId::MAX);
        }
    }

    #[test]
    fn a_journey_id_is_a_version_4_uuid() {
        let text = JourneyId::mint([0xff; 16], Shard::of_byte(3)).to_string();
        assert_eq!(text.as_bytes()[14], b'4');
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn a_merchants_id_comes_back_from_both_its_forms() {
        for entropy in [[0; 16], [0xa7; 16], [0xff; 16]] {
            let id = MerchantId::mint(entropy);
            assert!(id.short().len() <= 22, "{}", id.short());
            for text in [id.to_string(), id.short(), id.to_string().replace('-', "")] {
                assert_eq!(text.parse(), Ok(id), "{text}");
            }
            for bad in
                [format!("1{}", id.short()), "abc".into(), id.short().replace(&id.short()[3..4], "0"), String::new()]
            {
                assert!(bad.parse::<MerchantId>().is_err(), "{bad} was accepted");
            }
        }
    }

    #[test]
    fn a_pay_id_comes_back_from_its_bytes_which_sort_as_it_does() {
        let ids = [0, 1, 255, 256, 1 << 40, PayId::MAX.number()].map(|number| PayId::new(number).unwrap());
        for pair in ids.windows(2) {
            assert!(pair[0].to_bytes() < pair[1].to_bytes());
        }
        for pay_id in ids {
            assert_eq!(PayId::from_bytes(pay_id.to_bytes()), Some(pay_id));
        }
        assert_eq!(PayId::from_bytes([0xff; PayId::BYTES]), None);
    }

    #[test]
    fn a_pay_id_is_digits_below_two_to_the_53() {
        assert_eq!("9007199254740991".parse::<PayId>().unwrap(), PayId::MAX);
        for bad in ["", "-1", "+1", "9007199254740992", "1e3", " 1", "99999999999999999999"] {
            assert!(bad.parse::<PayId>().is_err(), "{bad:?} was accepted");
        }
    }
}
