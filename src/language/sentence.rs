//! A sentence before it is said in a language: its key, and the values of its variables.

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentValue};

/// Stands in a formatted text where the first name is to be; the next character of Unicode's private area stands for
/// the second one, and so on.
const FIRST_NAME: u32 = 0xE000;

/// What a page says, by the key of its text, with the values of the text's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    key: Cow<'static, str>,
    values: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// A name that somebody else chose: in another script or direction, perhaps.
    Name(String),
    /// What the language itself has written, such as an amount.
    Text(String),
    /// A number, on which words of the text may depend.
    Number(u32),
}

/// A part of a sentence in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'s> {
    /// The language's own words.
    Words(String),
    /// A name that somebody else chose.
    Name(&'s str),
}

impl Part<'_> {
    /// Its text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Words(words) => words,
            Self::Name(name) => name,
        }
    }
}

impl Sentence {
    /// The text of this key.
    pub fn of(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), values: Vec::new() }
    }

    /// Gives a variable the name that somebody else chose.
    #[must_use]
    pub fn name(self, variable: &'static str, name: impl Into<String>) -> Self {
        self.with(variable, Value::Name(name.into()))
    }

    /// Gives a variable what the language itself has written.
    #[must_use]
    pub fn value(self, variable: &'static str, text: impl Into<String>) -> Self {
        self.with(variable, Value::Text(text.into()))
    }

    /// Gives a variable a number.
    #[must_use]
    pub fn number(self, variable: &'static str, number: u32) -> Self {
        self.with(variable, Value::Number(number))
    }

    fn with(mut self, variable: &'static str, value: Value) -> Self {
        self.values.push((variable, value));
        self
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The values as a text is formatted with them: a mark instead of each name.
    pub(super) fn arguments(&self) -> FluentArgs<'_> {
        let value = |(place, (variable, value)): (u32, &'_ (&'static str, Value))| {
            let value = match value {
                Value::Name(_) => FluentValue::from(char::from_u32(FIRST_NAME + place).map(String::from)),
                Value::Text(text) => FluentValue::from(text.clone()),
                Value::Number(number) => FluentValue::from(*number),
            };
            (*variable, value)
        };
        (0..).zip(&self.values).map(value).collect()
    }

    /// A formatted text, with the names in the places of their marks. A name that ends in a full stop ends the sentence
    /// too.
    pub(super) fn parts(&self, formatted: &str) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut words = String::new();
        for c in formatted.chars() {
            match (self.name_of(c), parts.last()) {
                (Some(name), _) => {
                    if !words.is_empty() {
                        parts.push(Part::Words(std::mem::take(&mut words)));
                    }
                    parts.push(Part::Name(name));
                }
                (None, Some(Part::Name(name))) if c == '.' && words.is_empty() && name.ends_with('.') => {}
                (None, _) => words.push(c),
            }
        }
        parts.extend((!words.is_empty()).then_some(Part::Words(words)));
        parts
    }

    /// The name for which this mark stands, if it is one.
    fn name_of(&self, mark: char) -> Option<&str> {
        let place = usize::try_from(u32::from(mark).checked_sub(FIRST_NAME)?).ok()?;
        match self.values.get(place) {
            Some((_, Value::Name(name))) => Some(name),
            _ => None,
        }
    }
}
