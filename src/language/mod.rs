//! The languages that customers read: their texts, and how they write amounts and days.
//!
//! A language is a file of texts in Fluent's syntax (`locales/`); an operator may change any text, or add a language, by
//! a file of the same form. What a language does not say is said in the one that it stands on, and in the end in
//! English. Nothing here reads a file or knows a page.

pub mod file;
mod formats;
mod languages;
mod messages;
mod sentence;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use unic_langid::{CharacterDirection, LanguageIdentifier};

pub use languages::{Languages, OwnFile};
pub use sentence::{Part, Sentence};

use crate::domain::{Amount, UnixMillis};
use formats::Formats;
use messages::Messages;

/// A language that this gateway speaks.
pub struct Language {
    tag: LanguageIdentifier,
    formats: Arc<Formats>,
    /// Its own texts first, English last.
    messages: Vec<Arc<Messages>>,
}

impl Language {
    /// Its tag (BCP 47), as HTML's attribute `lang` has it.
    pub fn tag(&self) -> String {
        self.tag.to_string()
    }

    /// The direction in which it is written, as HTML's attribute `dir` has it.
    pub fn direction(&self) -> &'static str {
        match self.tag.character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        }
    }

    /// The text of this key, which has no variables.
    pub fn text(&self, key: &str) -> String {
        self.written(&Sentence::of(key.to_owned()))
    }

    /// A sentence without marks where names stand.
    pub fn written(&self, sentence: &Sentence) -> String {
        self.parts(sentence).iter().map(Part::as_str).collect()
    }

    /// A sentence, part by part: its own words, and the names that others chose.
    pub fn parts<'s>(&self, sentence: &'s Sentence) -> Vec<Part<'s>> {
        let arguments = sentence.arguments();
        let said = self.messages.iter().find_map(|messages| messages.said(sentence.key(), &arguments));
        sentence.parts(said.as_deref().unwrap_or_else(|| sentence.key()))
    }

    /// An amount as people of this language write it, such as `25.00 EUR`.
    pub fn amount(&self, amount: Amount) -> String {
        let number = self.formats.number(amount);
        self.written(&Sentence::of("amount").value("number", number).value("currency", amount.currency().as_str()))
    }

    /// The day of a moment, in UTC, as people of this language write it, such as `26 Feb 2027`.
    pub fn day(&self, moment: UnixMillis) -> String {
        self.formats.day(moment)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.tag()).finish()
    }
}
