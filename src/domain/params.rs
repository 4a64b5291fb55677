//! The parameters that a dialect appends to a merchant's callback, and the values its placeholders take.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::invalid::Invalid;

/// Everything but the unreserved characters of RFC 3986 is percent-encoded; a space is `%20`, never `+`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same but for colons, which mean themselves in a query (RFC 3986, section 3.4).
const RESERVED_BUT_COLONS: &AsciiSet = &RESERVED.remove(b':');

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

/// What a dialect appends, in its order and encoded as it will stand, and what it fills into placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    appended: Vec<(&'static str, String)>,
    filled: Vec<(Placeholder, String)>,
}

impl Params {
    /// Appends `name=value` after what is there already.
    #[must_use]
    pub fn append(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.appended.push((name, percent_encoded(&value.into())));
        self
    }

    /// The same with colons as they are: for ids that the dialect's clients have seen so.
    #[must_use]
    pub fn append_id(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.appended.push((name, utf8_percent_encode(&value.into(), RESERVED_BUT_COLONS).to_string()));
        self
    }

    /// The same with `+` for spaces, where the dialect's clients expect that of this one parameter.
    #[must_use]
    pub fn append_form(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.appended.push((name, percent_encoded(&value.into()).replace("%20", "+")));
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

    /// `name=value&name=value`, percent-encoded.
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self.appended.iter().map(|(name, encoded)| format!("{name}={encoded}")).collect();
        pairs.join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_themselves_and_some_are_spelt_as_clients_expect() {
        let params = Params::default().append("a", "m:x y+z").append_id("b", "m:x y+z&").append_form("c", "x y+z");
        assert_eq!(params.query(), "a=m%3Ax%20y%2Bz&b=m:x%20y%2Bz%26&c=x+y%2Bz");
    }
}
