//! Fields: what a JSON object, a form and a multipart body have in common.
//!
//! Every value is kept as the text that was sent, so that an amount's digits never pass through floating point.

use std::collections::BTreeMap;

use super::{flag, number};
use crate::dialect::Pairs;
use crate::domain::Invalid;

/// A body's fields by name. A field came once or not at all; JSON `null` is not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads a JSON object. Strings lose their quotes, everything else is kept as its JSON text.
    ///
    /// # Errors
    /// When the bytes are no JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self, Invalid> {
        let expected = |error: serde_json::Error| {
            Invalid::new("body", format!("is not a JSON object ({error})")).hint("expected {\"amount\": 25, …}")
        };
        let Pairs(raw): Pairs = serde_json::from_slice(body).map_err(expected)?;
        let mut fields = Self::default();
        for (name, value) in raw {
            let text = value.get();
            match serde_json::from_str::<String>(text) {
                _ if text == "null" => {}
                Ok(string) => fields.put(name, string)?,
                Err(_) if number::is_number(text) => {
                    let plain = number::plain(text);
                    let plain = plain.ok_or_else(|| Invalid::new(name.as_str(), "has too many digits"))?;
                    fields.put(name, plain)?;
                }
                Err(error) if text.starts_with('"') => {
                    return Err(Invalid::new(name, format!("is no text ({error})")));
                }
                Err(_) => fields.put(name, text.to_owned())?,
            }
        }
        Ok(fields)
    }

    /// Takes pairs as they stand in a form.
    ///
    /// # Errors
    /// When a field comes twice.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.put(name, value)?;
        }
        Ok(fields)
    }

    /// The text of the first of these names that was sent: a field may have several spellings.
    ///
    /// # Errors
    /// When two spellings of it were sent with different texts.
    pub fn any_of(&self, names: &[&'static str]) -> Result<Option<&str>, Invalid> {
        let mut sent = names.iter().filter_map(|name| Some((*name, self.text(name)?)));
        let Some((_, text)) = sent.next() else { return Ok(None) };
        match sent.find(|(_, other)| *other != text) {
            None => Ok(Some(text)),
            Some((other, _)) => Err(Invalid::new(other, format!("contradicts {}", names[0]))),
        }
    }

    /// A field's text, if it was sent; an empty one is as good as absent, because forms send every field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A field that says yes or no in any of the spellings that clients send.
    ///
    /// # Errors
    /// When it says anything else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        let read = |text| flag::of_form(text).ok_or_else(|| Invalid::new(name, flag::RULE));
        self.text(name).map(read).transpose()
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Invalid> {
        let read = |text: &str| text.parse().map_err(|_| Invalid::new(name, "is not a whole number"));
        self.text(name).map(read).transpose()
    }

    /// Every field, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    fn put(&mut self, name: String, text: String) -> Result<(), Invalid> {
        let again = format!("{name} was sent twice");
        match self.0.insert(name, text) {
            None => Ok(()),
            Some(_) => Err(Invalid::new("body", again).hint("each field may come once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let fields =
            Fields::from_json(br#"{"amount": 0.10, "b": true, "n": null, "s": "x\u00e9", "a": [1, "2"], "e": 2.5E1}"#);
        let fields = fields.unwrap();
        assert_eq!(fields.text("amount"), Some("0.10"));
        assert_eq!(fields.flag("b"), Ok(Some(true)));
        assert_eq!(fields.text("n"), None);
        assert_eq!(fields.text("s"), Some("xé"));
        assert_eq!(fields.text("a"), Some(r#"[1, "2"]"#));
        assert_eq!(fields.text("e"), Some("25"));
        assert!(Fields::from_json(b"{\"a\": 1e99}").is_err());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["{\"a\":\"\\ud800\"}", "", "[]", "7", "\"x\"", "{", "{\"a\":1,\"a\":2}", "null"] {
            assert!(Fields::from_json(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn an_empty_field_is_as_good_as_absent() {
        let pairs = [("a", ""), ("b", "1"), ("c", "")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let fields = Fields::from_pairs(pairs).unwrap();
        assert_eq!((fields.text("a"), fields.flag("a"), fields.number("a")), (None, Ok(None), Ok(None)));
        assert_eq!(fields.any_of(&["c", "b"]), Ok(Some("1")), "it contradicts nothing");
        assert!(Fields::from_pairs([("a".into(), String::new()), ("a".into(), "1".into())]).is_err());
    }

    #[test]
    fn two_spellings_must_agree() {
        let fields = Fields::from_pairs([("a".into(), "1".into()), ("b".into(), "2".into())]).unwrap();
        assert_eq!(fields.any_of(&["a", "c"]), Ok(Some("1")));
        assert!(fields.any_of(&["a", "b"]).is_err());
        assert_eq!(fields.any_of(&["c"]), Ok(None));
    }
}
