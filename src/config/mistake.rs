//! What is wrong with a configuration: all of it at once, each with its place and what was expected.

use std::{fmt, path::PathBuf};

use crate::domain::Invalid;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// It follows from other settings.
    Derived,
    /// The command line.
    Flag(&'static str),
    /// The configuration file at this path.
    File(PathBuf),
    /// This environment variable.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Derived => f.write_str("derived"),
            Self::Flag(flag) => f.write_str(flag),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

/// One mistake: which key, where it was written, which rule it breaks, what was expected. Never a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key, as the file spells it; for an unknown variable, its name.
    pub key: String,
    /// Where the value was written.
    pub origin: Origin,
    /// The rule that was broken: a sentence without its subject and full stop.
    pub rule: String,
    /// What would have been accepted, where that can be said.
    pub expected: Option<String>,
}

impl Mistake {
    pub(super) fn new(key: impl Into<String>, origin: Origin, invalid: &Invalid) -> Self {
        let expected = invalid.hint_text().map(str::to_owned);
        Self { key: key.into(), origin, rule: invalid.rule().to_owned(), expected }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Environment(name) if *name == self.key => write!(f, "{} {}", self.key, self.rule)?,
            Origin::Default | Origin::Derived => write!(f, "{} {}", self.key, self.rule)?,
            origin => write!(f, "{} (from {origin}) {}", self.key, self.rule)?,
        }
        self.expected.as_ref().map_or(Ok(()), |expected| write!(f, "; {expected}"))
    }
}

/// Adds what was written to what is wrong with it.
pub(super) fn repeating(text: &str, invalid: &Invalid) -> Invalid {
    let start: String = text.chars().take(60).collect();
    let repeated = Invalid::new("", format!("{}: {start:?}", invalid.rule()));
    invalid.hint_text().map_or(repeated.clone(), |hint| repeated.hint(hint))
}

/// Everything that is wrong with a configuration, in the order of the manual, unknown keys first; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "the configuration has a mistake: {only}"),
            many => {
                write!(f, "the configuration has {} mistakes:", many.len())?;
                many.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
            }
        }
    }
}

impl std::error::Error for Mistakes {}
