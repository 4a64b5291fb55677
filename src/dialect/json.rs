//! JSON objects with the path that leads to each of them, so that a refusal can name the field.
//!
//! Values are kept as the text that was sent: an amount's digits never pass through floating point. Fields that nobody
//! asks for are ignored; a field that comes twice is refused, because two readers could take different ones.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::moments::{self, Offset};
use super::{flag, kept::Json, number};
use crate::dialect::Pairs;
use crate::domain::{Amount, Currency, Invalid, UnixMillis, text::check_readable};

/// The rule that a field breaks which is not there.
pub(super) const REQUIRED: &str = "is required";

/// The longest text that is kept of a field, in characters.
const MAX_TEXT: usize = 255;

/// A JSON object; `null` members are as good as absent.
pub(super) struct Object {
    path: String,
    members: Vec<(String, Box<RawValue>)>,
}

impl Object {
    /// Reads a whole body.
    pub fn of_body(body: &[u8]) -> Result<Self, Invalid> {
        Self::parse(body, "")
    }

    /// Reads an object that was kept.
    pub fn of_kept(kept: &Json) -> Option<Self> {
        Self::of_body(kept.get().as_bytes()).ok()
    }

    fn parse(text: &[u8], path: &str) -> Result<Self, Invalid> {
        let place = || if path.is_empty() { "body" } else { path };
        let Pairs(members) = serde_json::from_slice(text)
            .map_err(|error| Invalid::new(place(), format!("is not a JSON object ({error})")))?;
        let mut names = HashSet::with_capacity(members.len());
        if let Some((name, _)) = members.iter().find(|(name, _)| !names.insert(name.as_str())) {
            return Err(Invalid::new(place(), format!("has the field {name} twice")));
        }
        Ok(Self { path: path.to_owned(), members })
    }

    /// Where a field of this object stands in the body: `paymentRequest.amount.currency`.
    pub fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The JSON text of a field, if it was sent.
    pub fn raw(&self, name: &str) -> Option<&str> {
        let sent = self.members.iter().find(|(own, _)| own == name);
        sent.map(|(_, value)| value.get()).filter(|text| *text != "null")
    }

    /// A field as it was sent, to be kept.
    pub fn kept(&self, name: &str) -> Option<Json> {
        self.raw(name).and_then(Json::of)
    }

    /// A text that people can read. An empty one is as good as absent: that is what forms and generated clients send
    /// for a field that nobody filled in.
    pub fn text(&self, name: &str) -> Result<Option<String>, Invalid> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text: String = serde_json::from_str(raw).map_err(|_| Invalid::new(self.at(name), "is not a text"))?;
        check_readable(&self.at(name), &text)?;
        if text.chars().count() > MAX_TEXT {
            return Err(Invalid::new(self.at(name), format!("is longer than {MAX_TEXT} characters")));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A text that must be there, and not blank.
    pub fn needed_text(&self, name: &str) -> Result<String, Invalid> {
        let text = self.text(name)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| self.missing(name))
    }

    /// A text of any length: codes, tokens and URLs, each of which has a rule of its own.
    pub fn needed_code(&self, name: &str) -> Result<String, Invalid> {
        self.code(name)?.ok_or_else(|| self.missing(name))
    }

    /// A text of any length that may be left out, or be empty.
    pub fn code(&self, name: &str) -> Result<Option<String>, Invalid> {
        let read = |raw| serde_json::from_str(raw).map_err(|_| Invalid::new(self.at(name), "is not a text"));
        let text: Option<String> = self.raw(name).map(read).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// `true` or `false`, as JSON or as a text: a vendor's own examples send both.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Invalid> {
        let refused = || Invalid::new(self.at(name), flag::RULE);
        match self.raw(name) {
            None | Some("\"\"") => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(raw) => {
                let word: String = serde_json::from_str(raw).map_err(|_| refused())?;
                flag::of_word(&word).map(Some).ok_or_else(refused)
            }
        }
    }

    /// A number in any spelling that JSON has, or a text that holds a plain one, as its digits.
    pub fn needed_number(&self, name: &str) -> Result<String, Invalid> {
        let raw = self.raw(name).ok_or_else(|| self.missing(name))?;
        if number::is_number(raw) {
            return number::plain(raw).ok_or_else(|| Invalid::new(self.at(name), "has too many digits"));
        }
        let text: Result<String, _> = serde_json::from_str(raw);
        let text = text.map_err(|_| Invalid::new(self.at(name), "is neither a number nor a text with one"))?;
        if text.is_empty() { Err(self.missing(name)) } else { Ok(text) }
    }

    /// An amount of the currency beside it, whose digits are read like this.
    pub fn amount(&self, name: &str, read: fn(&Self, &str) -> Result<String, Invalid>) -> Result<Amount, Invalid> {
        let currency = Currency::parse(&self.needed_text("currency")?);
        let currency = currency.map_err(|invalid| invalid.at(self.at("currency")))?;
        Amount::parse(&read(self, name)?, currency).map_err(|invalid| invalid.at(self.at(name)))
    }

    /// A whole number in any spelling that JSON has.
    pub fn whole(&self, name: &str) -> Result<Option<i64>, Invalid> {
        let read = |raw| number::whole(raw).ok_or_else(|| Invalid::new(self.at(name), "is not a whole number"));
        self.raw(name).map(read).transpose()
    }

    /// A date-time.
    pub fn moment(&self, name: &str) -> Result<Option<UnixMillis>, Invalid> {
        self.moment_with(name, Offset::Needed)
    }

    /// A date-time that is looked at and not used: without an offset from UTC it is taken as UTC.
    pub fn checked_moment(&self, name: &str) -> Result<Option<UnixMillis>, Invalid> {
        self.moment_with(name, Offset::Assumed)
    }

    fn moment_with(&self, name: &str, offset: Offset) -> Result<Option<UnixMillis>, Invalid> {
        self.text(name)?.map(|text| moments::read(&self.at(name), &text, offset)).transpose()
    }

    /// An object inside this one.
    pub fn object(&self, name: &str) -> Result<Option<Self>, Invalid> {
        self.raw(name).map(|raw| Self::parse(raw.as_bytes(), &self.at(name))).transpose()
    }

    /// An object that must be there.
    pub fn needed_object(&self, name: &str) -> Result<Self, Invalid> {
        self.object(name)?.ok_or_else(|| self.missing(name))
    }

    /// A list of objects; each knows its place, as in `payee.accountIdentifications[0]`.
    pub fn objects(&self, name: &str) -> Result<Option<Vec<Self>>, Invalid> {
        self.each(name, |place, raw| Self::parse(raw.get().as_bytes(), place))
    }

    /// A list of texts that people can read.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Invalid> {
        self.each(name, |place, raw| {
            let text: String = serde_json::from_str(raw.get()).map_err(|_| Invalid::new(place, "is not a text"))?;
            check_readable(place, &text).map(|()| text)
        })
    }

    /// The items of a list, each read with its place.
    fn each<T>(
        &self,
        name: &str,
        read: impl Fn(&str, &RawValue) -> Result<T, Invalid>,
    ) -> Result<Option<Vec<T>>, Invalid> {
        let Some(items) = self.items(name)? else { return Ok(None) };
        let items = items.iter().enumerate();
        items.map(|(index, raw)| read(&format!("{}[{index}]", self.at(name)), raw)).collect::<Result<_, _>>().map(Some)
    }

    /// What to say when a field must be there and is not.
    pub fn missing(&self, name: &str) -> Invalid {
        Invalid::new(self.at(name), REQUIRED)
    }

    /// The names of its members, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }

    /// How many items a list has, if it was sent.
    pub fn length(&self, name: &str) -> Result<Option<usize>, Invalid> {
        Ok(self.items(name)?.map(|items| items.len()))
    }

    fn items(&self, name: &str) -> Result<Option<Vec<Box<RawValue>>>, Invalid> {
        let read = |raw| serde_json::from_str(raw).map_err(|_| Invalid::new(self.at(name), "is not a list"));
        self.raw(name).map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Object {
        Object::of_body(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_refusal_names_the_path() {
        let body = body(r#"{"a":{"b":[{"c":7},{"c":"x"}]},"n":null,"t":"a\u0000"}"#);
        let inner = body.needed_object("a").unwrap().objects("b").unwrap().unwrap();
        assert_eq!(inner[0].needed_text("c").unwrap_err().field(), "a.b[0].c");
        assert_eq!(inner[1].needed_text("d").unwrap_err().to_string(), "a.b[1].d: is required");
        assert_eq!(inner[1].needed_text("c").unwrap(), "x");
        assert_eq!(body.text("n"), Ok(None));
        assert!(body.text("t").is_err());
        assert_eq!(body.object("t").err().map(|e| e.field().to_owned()), Some("t".into()));
    }

    #[test]
    fn numbers_keep_their_digits_and_flags_their_sense() {
        let body = body(r#"{"a":4.00,"b":"4.00","c":true,"d":"False","e":1,"f":[1],"g":1.25E3,"h":1e99,"i":7.0}"#);
        assert_eq!(
            (body.needed_number("a").unwrap(), body.needed_number("b").unwrap()),
            ("4.00".into(), "4.00".into())
        );
        assert_eq!((body.flag("c"), body.flag("d"), body.flag("x")), (Ok(Some(true)), Ok(Some(false)), Ok(None)));
        assert_eq!((body.needed_number("g").unwrap(), body.whole("i")), ("1250".into(), Ok(Some(7))));
        assert_eq!(body.needed_number("h").unwrap_err().to_string(), "h: has too many digits");
        assert!(body.whole("a").is_ok() && body.whole("b").is_err());
        assert!(body.flag("e").is_err() && body.needed_number("f").is_err() && body.needed_number("x").is_err());
    }

    #[test]
    fn an_empty_text_is_as_good_as_absent() {
        let body = body(r#"{"a":""}"#);
        assert_eq!((body.text("a"), body.code("a"), body.flag("a")), (Ok(None), Ok(None), Ok(None)));
        assert_eq!((body.moment("a"), body.checked_moment("a")), (Ok(None), Ok(None)));
        for refused in
            [body.needed_text("a"), body.needed_code("a"), body.needed_number("a")].map(|read| read.unwrap_err())
        {
            assert_eq!(refused.to_string(), "a: is required");
        }
    }

    #[test]
    fn what_is_no_object_or_says_a_thing_twice_is_refused() {
        for bad in ["", "[]", "null", "7", r#"{"a":1,"a":1}"#, r#"{"a":1,"b":1,"\u0061":1}"#, "{"] {
            assert_eq!(Object::of_body(bad.as_bytes()).err().map(|e| e.field().to_owned()), Some("body".into()));
        }
        assert!(body(r#"{"l":{}}"#).texts("l").is_err());
        assert_eq!(body(r#"{"l":["a",7]}"#).texts("l").unwrap_err().field(), "l[1]");
    }
}
