//! The tag of a language (BCP 47), as merchants and browsers name the one that a customer reads.

use std::fmt;

use crate::domain::Invalid;

/// A tag such as `de` or `pt-BR`. It is well-formed; whether anybody speaks it is another matter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LanguageTag {
    // In place, so that a journey's settings are read without an allocation for it.
    letters: [u8; Self::LONGEST],
    length: u8,
}

impl LanguageTag {
    /// Room for language, script, region and a year: what else a tag can say is not about which language it is.
    const LONGEST: usize = 15;

    /// Accepts two to eight letters, and after hyphens further parts of one to eight letters and digits.
    ///
    /// # Errors
    /// When it has another form, or more than 15 characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule| Invalid::new("language", rule).hint("expected a tag such as de or pt-BR");
        let mut letters = [0; Self::LONGEST];
        let Some(room) = letters.get_mut(..text.len()) else { return Err(refused("is longer than 15 characters")) };
        let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let first = text.split('-').next().unwrap_or_default();
        if first.len() < 2 || !first.bytes().all(|b| b.is_ascii_alphabetic()) || !text.split('-').all(is_part) {
            return Err(refused("is not the tag of a language"));
        }
        room.copy_from_slice(text.as_bytes());
        Ok(Self { letters, length: u8::try_from(text.len()).unwrap_or_default() })
    }

    /// The tag, as it was written.
    pub fn as_str(&self) -> &str {
        self.letters.get(..usize::from(self.length)).and_then(|tag| std::str::from_utf8(tag).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LanguageTag").field(&self.as_str()).finish()
    }
}

/// The language of customers' pages, whether we speak it or not; empty, the default, is their browsers' own choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageLanguage(pub Option<LanguageTag>);

impl PageLanguage {
    /// Accepts a tag, or nothing.
    ///
    /// # Errors
    /// When it is not well-formed ([`LanguageTag::parse`]).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(Self(None)) } else { LanguageTag::parse(text).map(|tag| Self(Some(tag))) }
    }

    /// The tag; empty, where there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", LanguageTag::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_kept_as_it_was_written() {
        let longest = "de-Latn-DE-1996";
        for tag in ["de", "DE", "pt-BR", "zh-Hant-TW", "es-419", "sgn", "de-u-co-phonebk", longest] {
            assert_eq!(LanguageTag::parse(tag).map(|read| read.as_str().to_owned()), Ok(tag.to_owned()));
        }
    }

    #[test]
    fn what_is_not_a_tag_is_refused() {
        let long = "de-Latn-DE-19961";
        for bad in ["", "d", "de_DE", "de-", "-de", "de--DE", "d3", "de DE", "deutschland", "dé", "de-abcdefghi", long]
        {
            assert_eq!(LanguageTag::parse(bad).map_err(|invalid| invalid.field().to_owned()), Err("language".into()));
        }
    }
}
