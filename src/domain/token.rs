//! One-time tokens: the text that travels, and the digest that is kept.

use std::time::Duration;

use super::secret::{Digest, Secret};
use super::{base32, id::PayId, invalid::Invalid};

/// How many bytes of a token nobody can guess.
const SECRET: usize = 16;

/// A one-time token as it travels: `ott_`, and 37 digits and letters, which are its journey's number and 128 bits
/// derived from the journey, so that the same return writes the same token again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    pay_id: PayId,
    text: Secret,
}

impl OneTimeToken {
    /// How long a token's text is, in bytes.
    pub const LENGTH: usize = "ott_".len() + ((PayId::BYTES + SECRET) * 8).div_ceil(5);

    /// Writes the token of a journey with these secret bytes.
    pub fn write(pay_id: PayId, secret: [u8; SECRET]) -> Self {
        let text = base32::write(&[&pay_id.to_bytes()[..], &secret].concat());
        Self { pay_id, text: Secret::new(["ott_", &text].concat()) }
    }

    /// Reads a token's text.
    ///
    /// # Errors
    /// When it does not have the form of a token; the error reveals no more than that.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes = text.strip_prefix("ott_").and_then(base32::read::<{ PayId::BYTES + SECRET }>);
        let pay_id = bytes.and_then(|bytes| PayId::from_bytes(*bytes.first_chunk()?));
        let refused = || Invalid::new("one_time_token", "has not the form of a one-time token");
        Ok(Self { pay_id: pay_id.ok_or_else(refused)?, text: Secret::new(text) })
    }

    /// The journey that it speaks of, before anybody has looked for it there.
    pub const fn pay_id(&self) -> PayId {
        self.pay_id
    }

    /// The text, for the callback that carries it.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

/// A one-time token as a step brings it to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedToken {
    /// The digest of its text and its merchant.
    pub digest: Digest,
    /// How long it can be redeemed from then on.
    pub life: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_which_journey_it_is_of_and_has_one_spelling() {
        let pay_id = PayId::new(9_007_199_254_740_000).unwrap();
        let token = OneTimeToken::write(pay_id, [0xab; SECRET]);
        assert_eq!(token.reveal().len(), OneTimeToken::LENGTH);
        assert_eq!(OneTimeToken::parse(token.reveal()), Ok(token.clone()));
        assert_eq!(token.pay_id(), pay_id);
        let text = token.reveal();
        let too_large = base32::write(&[0xff; PayId::BYTES + SECRET]);
        for bad in [
            "",
            "ott_",
            &text[4..],
            &text[..40],
            &format!("{text}0"),
            &text.to_uppercase(),
            &format!("ott_{too_large}"),
        ] {
            assert!(OneTimeToken::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
