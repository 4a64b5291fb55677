//! JSON bodies: read by the same rules for every call, as `openapi.json` says them.
//!
//! JSON Schema has one kind of integer, however it is written (`9.0` is 9), and an optional field is left out, never `null`.
//! Serde alone has it the other way round, so that every field would have to remember both.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::invalid::Invalid;

/// The fields that hold any JSON of the caller's own, and keep it as it is written.
const KEPT: [&str; 2] = ["body", "result"];

/// Integers beyond this are not exact in every reader (RFC 8259, section 6).
const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;

/// Reads the body of a call.
///
/// # Errors
/// When it is not a JSON object, or one of its fields is not what is expected; the error names the field.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Invalid> {
    let Members(members) = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let member = |(name, value): &(String, Box<RawValue>)| {
        let value = if KEPT.contains(&name.as_str()) { Cow::Borrowed(value.get()) } else { plain(name, value)? };
        Ok(format!("{}:{value}", serde_json::Value::from(name.as_str())))
    };
    let text = format!("{{{}}}", members.iter().map(member).collect::<Result<Vec<_>, Invalid>>()?.join(","));
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)).map_err(|error| {
        let words = without_place(error.inner());
        match (words.strip_prefix("missing field `"), error.path().to_string().as_str()) {
            (Some(field), _) => Invalid::new(field.trim_end_matches('`'), "is missing"),
            (None, ".") => Invalid::new("body", format!("is not what is expected ({words})")),
            (None, field) => Invalid::new(field, format!("is not what is expected ({words})")),
        }
    })
}

/// A value without `null`, with its integers written as such. Objects are read by rules of their own.
fn plain<'a>(field: &str, value: &'a RawValue) -> Result<Cow<'a, str>, Invalid> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'n') => Err(Invalid::new(field, "is null").hint("leave the field out")),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
            let items = items.iter().enumerate().map(|(index, item)| plain(&format!("{field}[{index}]"), item));
            let items = items.collect::<Result<Vec<_>, _>>()?;
            Ok(Cow::Owned(format!("[{}]", items.join(","))))
        }
        Some(b'-' | b'0'..=b'9') => Ok(integer(text).map_or(Cow::Borrowed(text), Cow::Owned)),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// An integer that is written with a fraction or an exponent, as one without.
fn integer(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok().filter(|_| text.contains(['.', 'e', 'E']))?;
    (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then(|| format!("{number:.0}"))
}

fn not_json(error: &serde_json::Error) -> Invalid {
    Invalid::new("body", format!("is not the JSON that is expected ({error})"))
}

/// The reader's words without the line and column, which are those of a rewritten text.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rsplit_once(" at line ").map_or(words.clone(), |(words, _)| words.to_owned())
}

/// The members of an object as they are written, each once.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(serde::de::Error::custom(format!("duplicate field `{name}`")));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Read {
        count: Option<u64>,
        text: String,
        list: Option<Vec<u64>>,
        result: Option<Box<RawValue>>,
    }

    #[test]
    fn an_integer_is_one_however_it_is_written() {
        for (text, count) in
            [("9", 9), ("9.0", 9), ("90e-1", 9), ("9E0", 9), ("0.0", 0), ("9007199254740991.0", 9_007_199_254_740_991)]
        {
            let read: Read = read(format!("{{\"text\":\"\",\"count\":{text},\"list\":[{text}]}}").as_bytes()).unwrap();
            assert_eq!((read.count, read.list, read.text.as_str()), (Some(count), Some(vec![count]), ""), "{text}");
        }
    }

    #[test]
    fn each_refusal_names_its_field() {
        for (text, field) in [
            (r#"{"count":null}"#, "count"),
            (r#"{"count":9.5}"#, "count"),
            (r#"{"count":1e99}"#, "count"),
            (r#"{"count":-1.0}"#, "count"),
            (r#"{"count":"9"}"#, "count"),
            (r#"{"text":9}"#, "text"),
            (r#"{"text":null}"#, "text"),
            (r#"{"list":[1,null]}"#, "list[1]"),
            (r#"{"list":[1,"x"]}"#, "list[1]"),
            (r#"{"surprise":1}"#, "surprise"),
            (r#"{"count":1}"#, "text"),
            (r#"{"text":"a","text":"a"}"#, "body"),
            ("[]", "body"),
            ("{", "body"),
            ("", "body"),
        ] {
            assert_eq!(read::<Read>(text.as_bytes()).unwrap_err().field(), field, "{text}");
        }
    }

    #[test]
    fn what_is_the_callers_own_is_kept_as_it_is_written() {
        let read: Read = read(br#"{"text":"","result":{"n":1.50,"x":null, "y":9.0}}"#).unwrap();
        assert_eq!(read.result.unwrap().get(), r#"{"n":1.50,"x":null, "y":9.0}"#);
    }
}
