//! What an account at Token.io is configured with.

use reqwest::Url;

use super::jwt::SigningKey;
use crate::domain::{Currency, Invalid};
use crate::provider::AccountSettings;

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

/// An account that is paid into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayeeAccount {
    /// By its IBAN.
    Iban(String),
    /// By its sort code, 6 digits, and its number, 8 digits.
    Uk {
        /// The sort code.
        sort_code: String,
        /// The number.
        number: String,
    },
}

impl PayeeAccount {
    /// Reads an IBAN; spaces do not matter.
    ///
    /// # Errors
    /// When it has not the form of one, or its check digits are wrong (ISO 13616).
    pub fn iban(text: &str) -> Result<Self, Invalid> {
        let iban: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let is_form = (15..=34).contains(&iban.len())
            && iban.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            && iban.bytes().take(2).all(|b| b.is_ascii_uppercase());
        let turned = iban.get(4..).unwrap_or_default().chars().chain(iban.chars().take(4));
        let rest = turned
            .filter_map(|c| c.to_digit(36))
            .fold(0, |rest, digit| if digit < 10 { (rest * 10 + digit) % 97 } else { (rest * 100 + digit) % 97 });
        if is_form && rest == 1 { Ok(Self::Iban(iban)) } else { Err(Invalid::new("iban", "is not a valid IBAN")) }
    }

    /// Reads a sort code and an account number of the United Kingdom.
    ///
    /// # Errors
    /// When they are not 6 and 8 digits; hyphens and spaces do not matter.
    pub fn uk(sort_code: &str, number: &str) -> Result<Self, Invalid> {
        let digits = |field: &'static str, text: &str, count: usize| {
            let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
            let is_form = digits.len() == count && digits.bytes().all(|b| b.is_ascii_digit());
            let refused = || Invalid::new(field, format!("is not {count} digits"));
            if is_form { Ok(digits) } else { Err(refused()) }
        };
        Ok(Self::Uk { sort_code: digits("sort_code", sort_code, 6)?, number: digits("account_number", number, 8)? })
    }
}
