//! API keys: the text a merchant's app sends, and what is kept of each.
//!
//! A key is short, because clients send it by HTTP Basic behind a merchant's id, and what is longer than 57 bytes
//! becomes two lines of GNU `base64`. So it holds no id: a number that is unique in the store leads to its merchant.

use std::{fmt, str::FromStr};

use crate::domain::{Digest, Invalid, Mode, Secret, Shard, UnixMillis, text::label};

/// The digits of a key: those of Crockford's base32, in lower case, which nobody takes for one another.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many digits the secret part of a key has: 130 bits.
const SECRET: usize = 26;

/// The number of an API key, which leads to its merchant and is no secret: four digits of base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyNumber(u32);

impl KeyNumber {
    /// How many digits a number has.
    const DIGITS: usize = 4;

    /// The number that these bytes of entropy draw.
    pub fn draw(entropy: [u8; 4]) -> Self {
        Self(entropy.into_iter().fold(0, |number, byte| number << 5 | u32::from(byte & 31)))
    }

    /// The shard that holds it.
    pub const fn shard(self) -> Shard {
        Shard::of_byte(self.0.to_le_bytes()[0])
    }
}

impl fmt::Display for KeyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..Self::DIGITS).rev().try_for_each(|place| {
            let digit = (self.0 >> (5 * place)) & 31;
            write!(f, "{}", char::from(DIGITS[digit as usize]))
        })
    }
}

impl FromStr for KeyNumber {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut digits = text.bytes().map(|digit| DIGITS.iter().position(|own| *own == digit));
        let number = digits.try_fold(0_u32, |number, digit| Some(number << 5 | u32::try_from(digit?).ok()?));
        number.filter(|_| text.len() == Self::DIGITS).map(Self).ok_or_else(|| {
            Invalid::new("key", "is not the number of an API key")
                .hint("expected the four characters that follow hbt_ or hbk_, as the list of keys shows them")
        })
    }
}

/// An API key as it travels: `hbt_` for tests or `hbk_` for live, its number, and 26 digits of base32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    number: KeyNumber,
    text: Secret,
}

impl ApiKey {
    /// Writes the key of this mode and number, with a secret part of these 26 bytes of entropy.
    pub fn write(mode: Mode, number: KeyNumber, entropy: &[u8; 32]) -> Self {
        let secret = entropy[..SECRET].iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)]));
        let text = format!("{}{number}{}", prefix(mode), secret.collect::<String>());
        Self { number, text: Secret::new(text) }
    }

    /// Reads a key's text. Whether it is a merchant's key, only a comparison with its digest shows, which covers the
    /// mode.
    ///
    /// # Errors
    /// When it does not have the form of a key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused =
            || Invalid::new("api_key", "does not have the form of an API key").hint("expected hbt_… or hbk_…");
        let rest = Mode::ALL.into_iter().find_map(|mode| text.strip_prefix(prefix(mode)));
        let rest = rest.filter(|rest| rest.len() == KeyNumber::DIGITS + SECRET);
        let rest = rest.filter(|rest| rest.bytes().all(|digit| DIGITS.contains(&digit))).ok_or_else(refused)?;
        Ok(Self { number: rest[..KeyNumber::DIGITS].parse()?, text: Secret::new(text) })
    }

    /// The number that leads to its merchant.
    pub const fn number(&self) -> KeyNumber {
        self.number
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

/// What the keys of this mode begin with.
const fn prefix(mode: Mode) -> &'static str {
    match mode {
        Mode::Test => "hbt_",
        Mode::Live => "hbk_",
    }
}

/// The name of an API key, by which people tell keys apart: 1 to 40 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

impl KeyName {
    /// Accepts a name; surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is blank, longer than 40 characters, or holds a character that is not printed.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label("name", text, 40).map(Self)
    }

    /// The name of the key that a merchant begins with.
    pub fn first() -> Self {
        Self("first".into())
    }

    /// The name of the key of the newcomer's page, which is never shown.
    pub fn demo() -> Self {
        Self("demo page".into())
    }

    /// Restores a name that was stored.
    pub(crate) const fn restored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// Its number.
    pub number: KeyNumber,
    /// Its name.
    pub name: KeyName,
    /// The digest of its text.
    pub digest: Digest,
    /// The digest of its text as clients send it that hash a password first: ten times SHA-1, in hexadecimal.
    pub hashed: Option<Digest>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends, if that has been set.
    pub ends_at: Option<UnixMillis>,
}

impl IssuedKey {
    /// Whether it opens anything at this moment.
    pub fn is_valid(&self, now: UnixMillis) -> bool {
        self.ends_at.is_none_or(|ends_at| now < ends_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::laws::fixtures;

    #[test]
    fn a_key_names_its_number_and_is_34_bytes_long() {
        let key = ApiKey::write(Mode::Live, KeyNumber::draw([1, 2, 3, 31]), &[9; 32]);
        assert_eq!(key.reveal(), "hbk_123z99999999999999999999999999");
        let test_key = ApiKey::write(Mode::Test, key.number(), &[9; 32]);
        assert_eq!(test_key.reveal(), "hbt_123z99999999999999999999999999");
        assert_eq!(ApiKey::parse(test_key.reveal()).unwrap().number(), key.number());
        assert_eq!(ApiKey::parse(key.reveal()).unwrap(), key);
        assert_eq!(key.number(), "123z".parse().unwrap());
        let upper = key.reveal().to_uppercase();
        for bad in ["", "hbk_", "hbk_x_y", &key.reveal()[1..], &format!("{}x", key.reveal()), &upper, "hbk_é"] {
            assert!(ApiKey::parse(bad).is_err(), "{bad} was accepted");
        }
        assert!(ApiKey::parse(&key.reveal().replace("z9", "zu")).is_err(), "u is no digit");
    }

    #[test]
    fn every_number_comes_back_from_its_text() {
        for entropy in [[0; 4], [31; 4], [255, 0, 255, 0], [1, 2, 3, 4]] {
            let number = KeyNumber::draw(entropy);
            assert_eq!(number.to_string().parse::<KeyNumber>(), Ok(number));
        }
        for bad in ["", "000", "00000", "000u", "000U", "0é0", "hbk_"] {
            assert!(bad.parse::<KeyNumber>().is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn a_key_is_valid_until_its_end() {
        let at = UnixMillis::from_millis;
        let key = fixtures::issued(at(0));
        assert!(key.is_valid(at(u64::MAX)));
        let ending = IssuedKey { ends_at: Some(at(5)), ..key };
        assert!(ending.is_valid(at(4)) && !ending.is_valid(at(5)));
    }
}
