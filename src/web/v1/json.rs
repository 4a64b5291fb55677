//! JSON bodies: read by the same rules for every call, as `openapi.json` says them.
//!
//! JSON Schema has one kind of integer, however it is written (`9.0` is 9), and an optional field is left out, never
//! `null`. Serde alone has it the other way round, so that every field would have to remember both.

use std::{borrow::Cow, collections::HashSet};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::dialect::{number, pairs::Pairs};
use crate::domain::Invalid;

/// The fields that hold any JSON of the caller's own, and keep it as it is written.
const VERBATIM: [&str; 2] = ["body", "result"];

/// Reads the body of a call.
///
/// # Errors
/// When it is not a JSON object, or one of its fields is not what is expected; the error names the field.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Invalid> {
    let Pairs(members): Pairs = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let mut names = HashSet::with_capacity(members.len());
    if let Some((name, _)) = members.iter().find(|(name, _)| !names.insert(name.as_str())) {
        return Err(Invalid::new(name, "is given twice"));
    }
    let member = |(name, value): &(String, Box<RawValue>)| {
        let text = value.get();
        let text = if VERBATIM.contains(&name.as_str()) { Cow::Borrowed(text) } else { normalised(name, text)? };
        Ok(format!("{}:{text}", serde_json::Value::from(name.as_str())))
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

/// A value, or an array of values, without `null` and with its integers written as such. What lies deeper is read by
/// rules of its own.
fn normalised<'a>(field: &str, text: &'a str) -> Result<Cow<'a, str>, Invalid> {
    if !text.starts_with('[') {
        return normalised_value(field, text);
    }
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let items =
        items.iter().enumerate().map(|(index, item)| normalised_value(&format!("{field}[{index}]"), item.get()));
    Ok(Cow::Owned(format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(","))))
}

fn normalised_value<'a>(field: &str, text: &'a str) -> Result<Cow<'a, str>, Invalid> {
    if text == "null" {
        return Err(Invalid::new(field, "is null").hint("leave it out"));
    }
    Ok(number::whole(text).map_or(Cow::Borrowed(text), |number| Cow::Owned(number.to_string())))
}

fn not_json(error: &serde_json::Error) -> Invalid {
    Invalid::new("body", format!("is not the JSON that is expected ({error})"))
}

/// The reader's words without the line and column, which are those of a rewritten text.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rsplit_once(" at line ").map_or(words.clone(), |(words, _)| words.to_owned())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

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
            (r#"{"text":"a","text":"a"}"#, "text"),
            (r#"{"text":"","list":[[1]]}"#, "list[0]"),
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

    #[test]
    fn however_deep_a_body_is_it_is_refused_and_nothing_else_happens() {
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        for (field, value) in [("list", deep.as_str()), ("surprise", &deep), ("text", &deep)] {
            let refused = read::<Read>(format!("{{\"text\":\"\",\"{field}\":{value}}}").as_bytes());
            assert!(refused.is_err(), "{field}");
        }
    }
}
