//! Money, in whole minor units. No floating point anywhere.

use std::fmt;

use crate::domain::Invalid;

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro, the only currency that SecPaid knows.
    pub const EUR: Self = Self(*b"EUR");
    /// The pound sterling.
    pub const GBP: Self = Self(*b"GBP");

    /// Reads three capital letters that stand for money of today in ISO 4217: not a currency that another has replaced,
    /// not a fund, not a metal, and not one of the codes for tests and for no currency.
    ///
    /// # Errors
    /// When `text` has another form, or is not such a currency.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let currency = Self::of_letters(text)
            .ok_or_else(|| Invalid::new("currency", "is not three capital letters").hint("expected such as EUR"))?;
        let listed = iso_currency::Currency::from_code(text);
        let in_use = |listed: &iso_currency::Currency| {
            !listed.is_fund() && !listed.is_special() && listed.is_superseded().is_none() && listed.exponent().is_some()
        };
        match listed {
            Some(listed) if in_use(&listed) => Ok(currency),
            _ => Err(Invalid::new("currency", "is not a currency of ISO 4217 that can be paid in")
                .hint("expected such as EUR")),
        }
    }

    /// Restores a currency that was stored; by then another may have replaced it.
    pub fn restored(text: &str) -> Option<Self> {
        Self::of_letters(text)
    }

    fn of_letters(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// How many decimals its amounts have (ISO 4217).
    pub fn decimals(self) -> usize {
        let listed = iso_currency::Currency::from_code(self.as_str());
        listed.and_then(iso_currency::Currency::exponent).map_or(2, usize::from)
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount above zero, in minor units (cents, for the euro).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    minor: u64,
    currency: Currency,
}

impl Amount {
    /// The most digits before the decimal point.
    const MAX_WHOLE_DIGITS: usize = 10;

    /// Reads a decimal such as `25`, `25.5` or `25.00`; further decimals must be zeros.
    ///
    /// # Errors
    /// When it is no plain decimal, is zero, or has more digits than the currency or we can hold.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Invalid> {
        let hint = if currency.decimals() == 0 { "write it as 25" } else { "write it as 25 or 25.00" };
        let refused = |rule: String| Invalid::new("amount", rule).hint(hint);
        let minor = minor_units(text, currency.decimals(), Self::MAX_WHOLE_DIGITS).map_err(refused)?;
        if minor == 0 {
            return Err(refused("must be above zero".into()));
        }
        Ok(Self { minor, currency })
    }

    /// Restores an amount that was stored.
    pub const fn from_minor(minor: u64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Whole minor units.
    pub const fn minor(self) -> u64 {
        self.minor
    }

    /// Its currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Without needless zeros, as a JSON number would be written: `25`, `25.5`.
    pub fn shortest(self) -> String {
        let text = self.to_string();
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

/// With all its decimals: `25.00`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        if decimals == 0 {
            return write!(f, "{}", self.minor);
        }
        let one = 10_u64.pow(u32::try_from(decimals).unwrap_or(2));
        write!(f, "{}.{:0decimals$}", self.minor / one, self.minor % one)
    }
}

/// Reads an unsigned decimal into units of 10^-`decimals`; zero is allowed here.
///
/// # Errors
/// With the rule that was broken, as the end of a sentence.
pub fn minor_units(text: &str, decimals: usize, max_whole_digits: usize) -> Result<u64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err("is not a decimal number".into());
    }
    let significant = fraction.trim_end_matches('0');
    if significant.len() > decimals {
        return Err(format!("has more than {decimals} decimals"));
    }
    if whole.trim_start_matches('0').len() > max_whole_digits {
        return Err(format!("has more than {max_whole_digits} digits before the point"));
    }
    format!("{whole}{significant:0<decimals$}").parse().map_err(|_| "is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, shown, short) in [
            ("25", "25.00", "25"),
            ("25.5", "25.50", "25.5"),
            ("0.10", "0.10", "0.1"),
            ("49.990", "49.99", "49.99"),
            ("100", "100.00", "100"),
            ("9999999999.99", "9999999999.99", "9999999999.99"),
        ] {
            let amount = Amount::parse(text, Currency::EUR).unwrap();
            assert_eq!((amount.to_string().as_str(), amount.shortest().as_str()), (shown, short));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["", "0", "0.00", "-1", "+1", "1e2", "1,00", ".5", "5.", "0.001", "12345678901", "NaN", " 1", "٣"] {
            assert!(Amount::parse(bad, Currency::EUR).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn decimals_follow_the_currency() {
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Amount::parse("100", yen).unwrap().shortest(), "100");
        assert!(Amount::parse("1.5", yen).is_err());
        let dinar = Currency::parse("KWD").unwrap();
        assert_eq!(Amount::parse("1.234", dinar).unwrap().to_string(), "1.234");
        for (decimals, codes) in [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
            (2, "EUR GBP USD CHF HUF TWD IDR MGA MRU ZWG"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
        ] {
            for code in codes.split(' ') {
                assert_eq!(Currency::parse(code).map(Currency::decimals), Ok(decimals), "{code}");
            }
        }
    }

    #[test]
    fn only_money_of_today_is_a_currency() {
        for (kind, codes) in [
            ("not on the list", "ABC ZZZ AAA BTC"),
            ("no currency, or one for tests", "XTS"),
            ("metals and units of account", "XAU XAG XDR XBA"),
            ("funds", "CLF USN CHE UYI"),
            ("replaced by others", "HRK BGN ZWL SLL DEM"),
            ("not three capital letters", "eur Eur EU EURO 978 €UR"),
        ] {
            for code in codes.split(' ') {
                assert!(Currency::parse(code).is_err(), "{code} was accepted: {kind}");
            }
        }
        assert!(Currency::parse(&"X".repeat(3)).is_err(), "no currency at all");
        assert_eq!(Currency::restored("HRK").map(Currency::decimals), Some(2), "what was stored is read on");
    }
}
