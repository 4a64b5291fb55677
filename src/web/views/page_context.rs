//! What every page of a customer has in common: its language.

use std::{borrow::Borrow, fmt, sync::Arc};

use askama::filters::{Escaper as _, Html, HtmlSafe};

use crate::domain::{Amount, UnixMillis};
use crate::language::{Language, Part, Sentence};

/// The surroundings of a customer's page.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// The language that it is in.
    pub language: Arc<Language>,
}

impl PageContext {
    /// The text of this key.
    pub fn text(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// The text of this key, to be given the values of its variables.
    pub fn say(&self, key: &'static str) -> Said<'_> {
        Said { language: &self.language, sentence: Sentence::of(key) }
    }

    /// A sentence that has its values.
    pub fn sentence(&self, sentence: impl Borrow<Sentence>) -> Said<'_> {
        Said { language: &self.language, sentence: sentence.borrow().clone() }
    }

    /// An amount, as people write it.
    pub fn amount(&self, amount: Amount) -> String {
        self.language.amount(amount)
    }

    /// The day of a moment, as people write it.
    pub fn day(&self, moment: UnixMillis) -> String {
        self.language.day(moment)
    }
}

/// A sentence in a language, as HTML: names that others chose stand apart, so that their direction is their own.
#[derive(Debug, Clone)]
pub struct Said<'p> {
    language: &'p Language,
    sentence: Sentence,
}

impl Said<'_> {
    /// Gives a variable the name that somebody else chose.
    #[must_use]
    pub fn name(self, variable: &'static str, name: &(impl ToString + ?Sized)) -> Self {
        self.with(|sentence| sentence.name(variable, name.to_string()))
    }

    /// Gives a variable what the language itself has written.
    #[must_use]
    pub fn value(self, variable: &'static str, text: &(impl ToString + ?Sized)) -> Self {
        self.with(|sentence| sentence.value(variable, text.to_string()))
    }

    fn with(self, change: impl FnOnce(Sentence) -> Sentence) -> Self {
        Self { sentence: change(self.sentence), ..self }
    }

    /// The sentence without marks, for a title.
    pub fn plain(&self) -> String {
        self.language.written(&self.sentence)
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.language.parts(&self.sentence) {
            match part {
                Part::Words(words) => Html.write_escaped_str(&mut *f, &words)?,
                Part::Name(name) => {
                    f.write_str("<bdi>")?;
                    Html.write_escaped_str(&mut *f, name)?;
                    f.write_str("</bdi>")?;
                }
            }
        }
        Ok(())
    }
}

/// All that it writes is escaped, but for its own `<bdi>`.
impl HtmlSafe for Said<'_> {}
