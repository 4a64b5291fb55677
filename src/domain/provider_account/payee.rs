//! Who is paid by bank transfer, at which account, and how the money is moved.

use crate::domain::{Currency, Invalid, text::label, words::words};

/// Reads the name of who is paid, as the customer's bank shows it; surrounding spaces are dropped.
///
/// # Errors
/// When it is blank, longer than 120 characters, or holds a character that misleads.
pub fn payee_name(text: &str) -> Result<String, Invalid> {
    label("payee", text, 120)
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
    /// Reads the account from what was said of it: its IBAN, or its sort code and its number.
    ///
    /// # Errors
    /// When too little is said, or too much, or that is not valid.
    pub fn read(iban: Option<&str>, sort_code: Option<&str>, number: Option<&str>) -> Result<Self, Invalid> {
        match (iban, sort_code, number) {
            (Some(iban), None, None) => Self::iban(iban),
            (None, Some(sort_code), Some(number)) => Self::uk(sort_code, number),
            (None, None, None) => Err(Invalid::new("iban", "is missing").hint("or sort_code and account_number")),
            (Some(_), Some(_), _) => Err(Invalid::new("sort_code", "stands beside iban").hint("leave one of them out")),
            (Some(_), None, Some(_)) => {
                Err(Invalid::new("account_number", "stands beside iban").hint("leave one of them out"))
            }
            (None, None, _) => Err(Invalid::new("sort_code", "is missing beside account_number")),
            (None, _, None) => Err(Invalid::new("account_number", "is missing beside sort_code")),
        }
    }

    /// The one currency that is paid into it.
    pub const fn currency(&self) -> Currency {
        match self {
            Self::Iban(_) => Currency::EUR,
            Self::Uk { .. } => Currency::GBP,
        }
    }

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

words! {
    /// How Token.io moves money (`localInstrument`).
    pub enum Scheme("scheme") {
        /// A SEPA credit transfer.
        Sepa = "SEPA",
        /// An instant SEPA credit transfer.
        SepaInstant = "SEPA_INSTANT",
        /// A Faster Payment.
        FasterPayments = "FASTER_PAYMENTS",
    }
}

impl Scheme {
    /// The one currency that it moves.
    pub const fn currency(self) -> Currency {
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

    /// Checks that money is moved into such an account by it.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_account(self, account: &PayeeAccount) -> Result<(), Invalid> {
        if self.currency() == account.currency() {
            return Ok(());
        }
        let expected = match self {
            Self::Sepa | Self::SepaInstant => "expected iban beside it",
            Self::FasterPayments => "expected sort_code and account_number beside it",
        };
        Err(Invalid::new("scheme", format!("{} does not pay into such an account", self.as_str())).hint(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_as_banks_write_it() {
        for good in [
            "DE89370400440532013000",
            "GB29 NWBK 6016 1331 9268 19",
            "NL91ABNA0417164300",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert!(PayeeAccount::iban(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "DE88370400440532013000",
            "de89370400440532013000",
            "DE89",
            "DE89370400440532013000000000000000000",
            "ÄE89370400440532013000",
        ] {
            assert_eq!(PayeeAccount::iban(bad).unwrap_err().field(), "iban", "{bad}");
        }
        let expected = PayeeAccount::Uk { sort_code: "123456".into(), number: "12345678".into() };
        assert_eq!(PayeeAccount::uk("12-34-56", "1234 5678"), Ok(expected));
        for (sort_code, number, field) in [("12345", "12345678", "sort_code"), ("123456", "1234567", "account_number")]
        {
            assert_eq!(PayeeAccount::uk(sort_code, number).unwrap_err().field(), field);
        }
    }

    #[test]
    fn an_account_is_said_in_one_way() {
        fn given(text: &str) -> Option<&str> {
            (!text.is_empty()).then_some(text)
        }
        let read = |iban: &str, sort_code: &str, number: &str| {
            let [iban, sort_code, number] = [iban, sort_code, number].map(given);
            PayeeAccount::read(iban, sort_code, number).map_err(|invalid| invalid.field().to_owned())
        };
        assert_eq!(read("DE89370400440532013000", "", "").map(|account| account.currency()), Ok(Currency::EUR));
        assert_eq!(read("", "12-34-56", "12345678").map(|account| account.currency()), Ok(Currency::GBP));
        for (iban, sort_code, number, field) in [
            ("", "", "", "iban"),
            ("DE89370400440532013000", "123456", "", "sort_code"),
            ("DE89370400440532013000", "", "12345678", "account_number"),
            ("DE89370400440532013000", "123456", "12345678", "sort_code"),
            ("", "123456", "", "account_number"),
            ("", "", "12345678", "sort_code"),
        ] {
            assert_eq!(read(iban, sort_code, number), Err(field.to_owned()));
        }
    }

    #[test]
    fn a_scheme_pays_into_accounts_of_its_currency() {
        let (iban, uk) = (PayeeAccount::iban("DE89370400440532013000"), PayeeAccount::uk("123456", "12345678"));
        for (scheme, takes_iban) in [(Scheme::Sepa, true), (Scheme::SepaInstant, true), (Scheme::FasterPayments, false)]
        {
            for (account, is_taken) in [(&iban, takes_iban), (&uk, !takes_iban)] {
                assert_eq!(scheme.check_account(account.as_ref().unwrap()).is_ok(), is_taken, "{scheme:?}");
            }
        }
    }
}
