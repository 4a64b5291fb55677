//! What an account at Token.io is configured with.

use reqwest::Url;

use super::jwt::SigningKey;
use crate::domain::Currency;
use crate::provider::{AccountSettings, PayeeAccount};

/// An account at Token.io: a member, its key, and where the money goes.
#[derive(Debug, Clone)]
pub struct TokenIoConfig {
    /// Whose money it takes, and which.
    pub account: AccountSettings,
    /// Where the API is, such as `https://api.token.io`.
    pub url: Url,
    /// The id of the member, `m:…`.
    pub member: String,
    /// The id of the key that signs.
    pub key_id: String,
    /// The key that signs.
    pub key: SigningKey,
    /// The public key that verifies webhooks, 32 bytes of Ed25519; `None` where none are believed.
    pub webhook_key: Option<[u8; 32]>,
    /// How the money is moved.
    pub scheme: Scheme,
    /// Who is paid, as the customer's bank shows it.
    pub payee: String,
    /// Where the money goes.
    pub payee_account: PayeeAccount,
    /// The bank that every customer is sent to; `None` has Token.io's own pages ask.
    pub bank: Option<String>,
    /// For whom it is paid, by the id at Token.io, where the member is not regulated itself.
    pub on_behalf_of: Option<String>,
}

/// How money is moved (`localInstrument`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// A SEPA credit transfer.
    Sepa,
    /// An instant SEPA credit transfer.
    SepaInstant,
    /// A Faster Payment.
    FasterPayments,
}

impl Scheme {
    /// All of them, by their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("SEPA", Self::Sepa), ("SEPA_INSTANT", Self::SepaInstant), ("FASTER_PAYMENTS", Self::FasterPayments)];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, scheme)| *scheme == self).map_or("", |(word, _)| word)
    }

    /// The one currency that it moves.
    pub fn currency(self) -> Currency {
        match self {
            Self::Sepa | Self::SepaInstant => Currency::EUR,
            Self::FasterPayments => Currency::GBP,
        }
    }

    /// The longest remittance information, in characters.
    pub const fn longest_remittance(self) -> usize {
        match self {
            Self::Sepa | Self::SepaInstant => 35,
            Self::FasterPayments => 18,
        }
    }
}
