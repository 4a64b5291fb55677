//! What a customer has paid with, as far as a provider says. Never a full card number: PCI DSS, requirement 3.

use crate::domain::Invalid;
use crate::domain::text::{cut, on_one_line, readable};

/// The longest text of an instrument, in characters.
const MAX_TEXT: usize = 100;

/// What a customer has paid with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instrument {
    /// A card.
    Card(Card),
    /// An account at a bank.
    BankAccount(BankAccount),
}

/// A card, as far as it may be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Its brand, such as `visa`.
    pub brand: Option<String>,
    /// Who holds it.
    pub holder: Option<String>,
    /// The number that its issuer is known by: the first 6 to 8 digits.
    pub bin: Option<String>,
    /// The last 4 digits.
    pub last_four: Option<String>,
    /// The month in which it expires.
    pub expiry: Option<CardExpiry>,
    /// What tells it from other cards at its provider.
    pub fingerprint: Option<String>,
    /// What 3-D Secure came to, in the provider's word.
    pub three_d_secure: Option<String>,
}

/// A month in which a card expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardExpiry {
    /// The year, as in 2031.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
}

/// An account at a bank, as far as it may be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BankAccount {
    /// Who holds it.
    pub holder: Option<String>,
    /// Its IBAN: the first and the last 4 characters, with a `*` for each one between.
    pub iban: Option<String>,
    /// The BIC of its bank.
    pub bic: Option<String>,
    /// What tells it from other accounts at its provider.
    pub fingerprint: Option<String>,
}

impl CardExpiry {
    /// A month of a year. `None` when there is no such month, or the year is none of a card's.
    pub fn new(year: u16, month: u8) -> Option<Self> {
        ((2000..2100).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Reads `2031-07`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
        Self::new(year.parse().ok()?, month.parse().ok()?)
    }
}

impl std::fmt::Display for CardExpiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Instrument {
    /// It, as it may be kept: texts on one line and cut to length, an IBAN masked.
    ///
    /// # Errors
    /// When a member holds what may be a full card number, or is not of its form. Then nothing of it is kept.
    pub fn checked(self) -> Result<Self, Invalid> {
        Ok(match self {
            Self::Card(card) => Self::Card(Card {
                brand: text("brand", card.brand)?,
                holder: text("holder", card.holder)?,
                bin: digits("bin", card.bin, 6..=8)?,
                last_four: digits("last_four", card.last_four, 4..=4)?,
                expiry: card.expiry,
                fingerprint: text("fingerprint", card.fingerprint)?,
                three_d_secure: text("three_d_secure", card.three_d_secure)?,
            }),
            Self::BankAccount(account) => Self::BankAccount(BankAccount {
                holder: text("holder", account.holder)?,
                iban: account.iban.as_deref().map(masked).transpose()?,
                bic: text("bic", account.bic)?,
                fingerprint: text("fingerprint", account.fingerprint)?,
            }),
        })
    }
}

fn text(member: &'static str, text: Option<String>) -> Result<Option<String>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    if may_be_a_card_number(&text) {
        return Err(Invalid::new(member, "holds what may be a full card number"));
    }
    let text = readable(&on_one_line(&text));
    let text = cut(&text, |text| text.chars().count() <= MAX_TEXT).into_owned();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn digits(
    member: &'static str,
    text: Option<String>,
    count: std::ops::RangeInclusive<usize>,
) -> Result<Option<String>, Invalid> {
    match text {
        Some(text) if !count.contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(Invalid::new(member, format!("is not {} to {} digits", count.start(), count.end())))
        }
        text => Ok(text),
    }
}

/// An IBAN whose middle nobody can read. It may come so, in whole, or with less in its middle than it has.
fn masked(iban: &str) -> Result<String, Invalid> {
    let iban: String = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let is_form = (8..=34).contains(&iban.len())
        && iban.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && iban.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*');
    if !is_form {
        return Err(Invalid::new("iban", "is not an IBAN, in whole or masked with *"));
    }
    let (start, end) = (&iban[..4], &iban[iban.len() - 4..]);
    Ok(format!("{start}{}{end}", "*".repeat(iban.len() - 8)))
}

/// Whether a text holds 13 to 19 digits, with or without spaces and hyphens between them, that begin as the numbers of
/// payment cards do, and end with their check digit (ISO/IEC 7812-1, annex B); other digits may stand before or behind.
fn may_be_a_card_number(text: &str) -> bool {
    let together: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let mut runs = together.split(|c: char| !c.is_ascii_digit());
    runs.any(|run| {
        let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
        let mut numbers = (13..=19).flat_map(|length| digits.windows(length));
        numbers.any(|number| matches!(number.first(), Some(2..=6)) && is_checked(number))
    })
}

/// Whether the last of these digits is their check digit by Luhn's formula.
fn is_checked(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum = digits.iter().rev().enumerate().map(|(n, digit)| if n % 2 == 1 { doubled(*digit) } else { *digit });
    sum.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(change: impl FnOnce(&mut Card)) -> Result<Instrument, Invalid> {
        let mut card = Card { last_four: Some("1111".into()), ..Card::default() };
        change(&mut card);
        Instrument::Card(card).checked()
    }

    #[test]
    fn a_full_card_number_is_refused_wherever_it_stands() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5500-0000-0000-0004",
            "378282246310005",
            "no. 4111111111111111.",
            "4111111111111111 12/31",
            "4111111111111111 1231",
            "00 4111111111111111",
        ] {
            let number = Some(number.to_owned());
            for (member, refused) in [
                ("brand", card(|card| card.brand.clone_from(&number))),
                ("holder", card(|card| card.holder.clone_from(&number))),
                ("bin", card(|card| card.bin.clone_from(&number))),
                ("last_four", card(|card| card.last_four.clone_from(&number))),
                ("fingerprint", card(|card| card.fingerprint.clone_from(&number))),
                ("three_d_secure", card(|card| card.three_d_secure.clone_from(&number))),
            ] {
                assert_eq!(refused.unwrap_err().field(), member, "{number:?}");
            }
        }
        for other in ["4111111111111112", "41111111111", "Ada Lovelace", "b7c4e1a09d", "2026-11-30 12:00"] {
            assert!(card(|card| card.holder = Some(other.into())).is_ok(), "{other}");
        }
    }

    #[test]
    fn digits_are_digits_and_texts_are_cut() {
        for bad in ["41111", "411111111", "4111x1", ""] {
            assert_eq!(card(|card| card.bin = Some(bad.into())).unwrap_err().field(), "bin", "{bad}");
        }
        let Instrument::Card(kept) = card(|card| {
            card.bin = Some("41111111".into());
            card.holder = Some("Ada\u{202e}\nLovelace".into());
            card.brand = Some(" ".into());
            card.fingerprint = Some("x".repeat(200));
        })
        .unwrap() else {
            panic!()
        };
        assert_eq!((kept.holder.as_deref(), kept.brand), (Some("Ada Lovelace"), None));
        assert_eq!(kept.fingerprint.unwrap().chars().count(), MAX_TEXT);
    }

    #[test]
    fn an_iban_is_masked_whether_it_comes_so_or_not() {
        for (iban, expected) in [
            ("DE89 3704 0044 0532 0130 00", Ok("DE89**************3000")),
            ("DE89**************3000", Ok("DE89**************3000")),
            ("DE89****3000", Ok("DE89****3000")),
            ("DE**3000", Ok("DE**3000")),
            ("de89370400440532013000", Err("iban")),
            ("DE8", Err("iban")),
            ("", Err("iban")),
            ("DEÄ9370400440532013000", Err("iban")),
        ] {
            let account = BankAccount { iban: Some(iban.into()), ..BankAccount::default() };
            let checked = Instrument::BankAccount(account).checked();
            let masked = checked.map(|checked| match checked {
                Instrument::BankAccount(account) => account.iban.unwrap(),
                Instrument::Card(_) => panic!(),
            });
            let masked = masked.as_deref().map_err(|invalid| invalid.field().to_owned());
            assert_eq!(masked, expected.map_err(str::to_owned), "{iban}");
        }
    }

    #[test]
    fn a_month_is_written_as_it_is_read() {
        assert_eq!(CardExpiry::parse("2031-07").map(|expiry| expiry.to_string()).as_deref(), Some("2031-07"));
        for bad in ["2031-13", "2031-00", "1999-01", "2031-7", "31-07", "07/31", ""] {
            assert_eq!(CardExpiry::parse(bad), None, "{bad}");
        }
    }
}
