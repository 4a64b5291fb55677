//! What payments by bank transfer have in common, through whomever they are made.

use crate::domain::Invalid;

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

/// What the payee's bank statement says: the note, where banks take it as it is; else our reference.
pub fn remittance<'a>(note: &'a str, reference: &'a str, longest: usize) -> &'a str {
    let is_taken = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let fits = (1..=longest).contains(&note.len()) && note.bytes().all(is_taken);
    if fits { note } else { reference }
}
