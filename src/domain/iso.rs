//! Closed lists: the countries of ISO 3166-1 and the languages of ISO 639-1. The currencies of ISO 4217 are in `money`.

use std::fmt;

use crate::domain::Invalid;

/// An ISO 3166-1 alpha-2 code of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

/// The European Economic Area: the 27 of the European Union, Iceland, Liechtenstein and Norway.
const EEA: [[u8; 2]; 30] = [
    *b"AT", *b"BE", *b"BG", *b"CY", *b"CZ", *b"DE", *b"DK", *b"EE", *b"ES", *b"FI", *b"FR", *b"GR", *b"HR", *b"HU",
    *b"IE", *b"IS", *b"IT", *b"LI", *b"LT", *b"LU", *b"LV", *b"MT", *b"NL", *b"NO", *b"PL", *b"PT", *b"RO", *b"SE",
    *b"SI", *b"SK",
];

impl CountryCode {
    /// The United Kingdom.
    pub const GB: Self = Self(*b"GB");

    /// Reads two capital letters that are on the list.
    ///
    /// # Errors
    /// When the text has another form, or is not on the list.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| Invalid::new("country", rule).hint("expected an ISO 3166-1 code such as GB");
        match text.as_bytes() {
            &[a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => match rust_iso3166::from_alpha2(text) {
                Some(_) => Ok(Self([a, b])),
                None => Err(refused("is not a country's code")),
            },
            _ => Err(refused("is not two capital letters")),
        }
    }

    /// Restores a country that was stored; by then the list may have changed.
    pub fn restored(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// The country's short name in English, as ISO has it.
    pub fn name(self) -> &'static str {
        rust_iso3166::from_alpha2(self.as_str()).map_or("", |country| country.name)
    }

    /// Whether it is in the European Economic Area.
    pub fn is_in_eea(self) -> bool {
        EEA.contains(&self.0)
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Checks an ISO 639-1 code of a language, in capital or small letters.
///
/// # Errors
/// When it is not on the list.
pub fn check_language(text: &str) -> Result<(), Invalid> {
    match isolang::Language::from_639_1(&text.to_ascii_lowercase()) {
        Some(_) => Ok(()),
        None => Err(Invalid::new("language", "is not a language's code").hint("expected an ISO 639-1 code such as en")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_the_list_and_have_its_names() {
        for (code, name) in [
            ("GB", "United Kingdom of Great Britain and Northern Ireland"),
            ("DE", "Germany"),
            ("NL", "Netherlands (Kingdom of the)"),
            ("MK", "North Macedonia"),
            ("CI", "Côte d'Ivoire"),
        ] {
            assert_eq!(CountryCode::parse(code).map(CountryCode::name), Ok(name));
        }
        for bad in ["", "gb", "Gb", "GBR", "UK", "EU", "XX", "ZZ", "G", "G1", "ÄÖ"] {
            assert!(CountryCode::parse(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn the_economic_area_is_all_on_the_list_and_not_all_of_europe() {
        for code in EEA {
            let code = CountryCode::parse(std::str::from_utf8(&code).unwrap()).unwrap();
            assert!(code.is_in_eea() && !code.name().is_empty(), "{code}");
        }
        for code in ["GB", "CH", "UA", "US"] {
            assert!(!CountryCode::parse(code).unwrap().is_in_eea(), "{code}");
        }
    }

    #[test]
    fn languages_are_those_of_the_list() {
        for good in ["en", "EN", "de", "zu"] {
            assert_eq!(check_language(good), Ok(()), "{good}");
        }
        for bad in ["", "e", "eng", "xx", "en-GB", "日"] {
            assert!(check_language(bad).is_err(), "{bad} was accepted");
        }
    }
}
