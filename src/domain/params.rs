//! The parameters that a dialect appends to a merchant's callback, and the values its placeholders take.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::invalid::Invalid;

/// Everything but the unreserved characters of RFC 3986 is percent-encoded; a space is `%20`, never `+`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes `value` so that it means itself anywhere in a URL after the authority.
pub fn percent_encoded(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// A name inside braces that a merchant's callback may hold, such as `{pay_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The journey's number.
    PayId,
    /// The outcome, in the dialect's word.
    Status,
    /// The merchant's id.
    UserId,
    /// The merchant's own reference.
    RecipientNote,
}

impl Placeholder {
    /// Every placeholder there is.
    pub const ALL: [Self; 4] = [Self::PayId, Self::Status, Self::UserId, Self::RecipientNote];

    /// Its name, as it stands between the braces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PayId => "pay_id",
            Self::Status => "status",
            Self::UserId => "user_id",
            Self::RecipientNote => "recipient_note",
        }
    }

    /// The placeholder of this name.
    ///
    /// # Errors
    /// When there is none; the hint lists those there are.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| {
            Invalid::new("url", format!("holds the unknown placeholder {{{name}}}"))
                .hint("known are {pay_id}, {status}, {user_id} and {recipient_note}; write %7B for a brace of your own")
        })
    }
}

/// What a dialect appends, in its order, and what it fills into placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    appended: Vec<(&'static str, String)>,
    filled: Vec<(Placeholder, String)>,
}

impl Params {
    /// Appends `name=value` after what is there already.
    #[must_use]
    pub fn append(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.appended.push((name, value.into()));
        self
    }

    /// Fills `placeholder` with `value`.
    #[must_use]
    pub fn fill(mut self, placeholder: Placeholder, value: impl Into<String>) -> Self {
        self.filled.push((placeholder, value.into()));
        self
    }

    /// What `placeholder` becomes; empty when the dialect has nothing for it.
    pub fn filling(&self, placeholder: Placeholder) -> &str {
        self.filled.iter().find(|(p, _)| *p == placeholder).map_or("", |(_, value)| value)
    }

    /// What is appended, in its order, as it is meant.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.appended.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// `name=value&name=value`, percent-encoded.
    pub fn query(&self) -> String {
        let pairs: Vec<String> =
            self.appended.iter().map(|(name, v)| format!("{name}={}", percent_encoded(v))).collect();
        pairs.join("&")
    }
}
