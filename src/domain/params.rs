//! The parameters that a dialect appends to a merchant's callback, and the values its placeholders take.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::{Invalid, text::cut, words::words};

/// Everything but the unreserved characters of RFC 3986 is percent-encoded; a space is `%20`, never `+`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All of that but the colon, which may stand in a query as it is (RFC 3986, section 3.4).
const RESERVED_IN_IDS: &AsciiSet = &RESERVED.remove(b':');

/// Writes `value` so that it means itself anywhere in a URL after the authority.
pub fn percent_encoded(value: &str) -> String {
    Cow::from(utf8_percent_encode(value, RESERVED)).into_owned()
}

words! {
    /// A name inside braces that a merchant's callback may hold, such as `{pay_id}`.
    pub enum Placeholder {
        /// The journey's number.
        PayId = "pay_id",
        /// The outcome, in the dialect's word.
        Status = "status",
        /// The merchant's id.
        UserId = "user_id",
        /// The merchant's own reference.
        RecipientNote = "recipient_note",
    }
}

impl Placeholder {
    /// The placeholder of this name.
    ///
    /// # Errors
    /// When there is none; the hint lists those there are.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::of_word(name).ok_or_else(|| {
            Invalid::new("url", format!("holds the unknown placeholder {{{name}}}")).hint(
                "known are {pay_id}, {status}, {user_id} and {recipient_note}; braces of your own are percent-encoded",
            )
        })
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// So that it means itself anywhere.
    Escaped,
    /// With its colons as they are.
    Id,
    /// With a `+` for each space.
    Form,
}

impl Spelling {
    fn written(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Escaped => utf8_percent_encode(value, RESERVED).into(),
            Self::Id => utf8_percent_encode(value, RESERVED_IN_IDS).into(),
            Self::Form => percent_encoded(value).replace("%20", "+").into(),
        }
    }
}

/// What a dialect appends, in its order, and what it fills into placeholders.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    appended: Vec<(&'static str, String, Spelling)>,
    filled: Vec<(Placeholder, String)>,
    text: Option<FreeText>,
}

/// A text from others among the parameters: as much of it is written as its URL has room for.
#[derive(Debug, Clone)]
struct FreeText {
    /// Which of the parameters it is.
    index: usize,
    text: String,
    encode: fn(&str) -> String,
}

impl PartialEq for FreeText {
    fn eq(&self, other: &Self) -> bool {
        (self.index, &self.text) == (other.index, &other.text)
    }
}

impl Eq for FreeText {}

impl Params {
    /// Appends `name=value` after what is there already.
    pub fn append(self, name: &'static str, value: impl Into<String>) -> Self {
        self.spelt(name, value.into(), Spelling::Escaped)
    }

    /// Appends an id whose colons stay as they are, because its readers have never seen them otherwise.
    pub fn append_id(self, name: &'static str, value: &str) -> Self {
        self.spelt(name, value.to_owned(), Spelling::Id)
    }

    /// Appends `name=value` with `+` for spaces, because the readers of this one parameter have seen them so.
    pub fn append_form(self, name: &'static str, value: impl Into<String>) -> Self {
        self.spelt(name, value.into(), Spelling::Form)
    }

    /// Appends a parameter that has a value.
    pub fn append_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.append(name, value),
            None => self,
        }
    }

    /// Appends a text from others, in this encoding. Where its URL has no room for all of it, it is cut.
    pub fn append_text(mut self, name: &'static str, text: &str, encode: fn(&str) -> String) -> Self {
        self.text = Some(FreeText { index: self.appended.len(), text: text.to_owned(), encode });
        self.append(name, encode(text))
    }

    /// Appends a text as [`Params::append_text`] does, with `+` for spaces.
    pub fn append_form_text(mut self, name: &'static str, text: &str) -> Self {
        self.text = Some(FreeText { index: self.appended.len(), text: text.to_owned(), encode: str::to_owned });
        self.append_form(name, text)
    }

    /// Whether there is a text that can be cut.
    pub const fn has_text(&self) -> bool {
        self.text.is_some()
    }

    /// These parameters in so many bytes less, as far as a text can be cut: [`Self::LEAST_TEXT`] bytes of it are always
    /// left.
    pub fn shortened(mut self, bytes: usize) -> Self {
        let Some(FreeText { index, text, encode }) = self.text.as_ref().filter(|_| bytes > 0) else { return self };
        let Some((_, value, spelling)) = self.appended.get_mut(*index) else { return self };
        let length = |text: &str| spelling.written(&encode(text)).len();
        let room = length(text).saturating_sub(bytes).max(Self::LEAST_TEXT);
        *value = encode(&cut(text, |text| length(text) <= room));
        self
    }

    /// How many bytes a text has at least, as it is written in a URL, if it is as long.
    pub const LEAST_TEXT: usize = 300;

    fn spelt(mut self, name: &'static str, value: String, spelling: Spelling) -> Self {
        self.appended.push((name, value, spelling));
        self
    }

    /// Fills `placeholder` with `value`.
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
        self.appended.iter().map(|(name, value, _)| (*name, value.as_str()))
    }

    /// `name=value&name=value`, percent-encoded.
    pub fn query(&self) -> String {
        let length = self.appended.iter().map(|(name, value, _)| name.len() + value.len() + 2).sum();
        let mut query = String::with_capacity(length);
        for (name, value, spelling) in &self.appended {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend([*name, "=", &spelling.written(value)]);
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_and_a_colon_are_escaped_unless_their_readers_know_them_otherwise() {
        let params = Params::default().append("state", "a b:c&d+e").append_id("payment-id", "pm2:a b:c&d");
        let params = params.append_form("message", "Bank is a+b:c");
        assert_eq!(params.query(), "state=a%20b%3Ac%26d%2Be&payment-id=pm2:a%20b:c%26d&message=Bank+is+a%2Bb%3Ac");
    }

    #[test]
    fn a_text_is_cut_as_it_is_written_and_never_too_far() {
        let text = "é".repeat(300);
        let params = Params::default().append("a", "1").append_text("why", &text, str::to_owned).append("z", "2");
        assert_eq!(params.query().len(), "a=1&why=&z=2".len() + 6 * 300);
        assert_eq!(params.clone().shortened(0), params);
        let cut = params.clone().shortened(100).query();
        assert!(cut.len() <= params.query().len() - 100 && cut.len() > params.query().len() - 110, "{cut}");
        assert!(cut.starts_with("a=1&why=%C3%A9") && cut.ends_with("%E2%80%A6&z=2"), "{cut}");
        let least = params.shortened(usize::MAX).query().len() - "a=1&why=&z=2".len();
        assert!((290..=Params::LEAST_TEXT).contains(&least), "{least}");
        let other = Params::default().append("a", "1");
        assert_eq!(other.clone().shortened(100), other);
    }
}
