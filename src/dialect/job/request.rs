//! What a merchant's calls say: call this URL when it is done, and it is done.
//!
//! Every field is read on its own, so that a refusal names it.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use crate::dialect::Pairs;
use crate::domain::message::{Content, Header, Message, Method};
use crate::domain::{Finish, FinishedAs, Invalid, Item, JobRequest, Secret};

/// The body of `POST /v1/jobs`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobBody {
    callback_url: Option<Box<RawValue>>,
    method: Option<Box<RawValue>>,
    headers: Option<Box<RawValue>>,
    body: Option<Box<RawValue>>,
    expires_in: Option<Box<RawValue>>,
}

impl JobBody {
    /// Reads the fields.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn read(&self) -> Result<JobRequest, Invalid> {
        let method = optional::<String>(self.method.as_deref(), "method", "expected a text such as \"POST\"")?;
        let method = method.map_or(Ok(Method::Post), |method| Method::parse(&method))?;
        let headers = self.headers.as_deref().map(read_headers).transpose()?.unwrap_or_default();
        let content = self.body.as_deref().map(read_content).transpose()?.unwrap_or(Content::Result);
        Ok(JobRequest {
            to: self.read_url()?,
            message: Message::new(method, headers, content)?,
            life: self.expires_in.as_deref().map(read_life).transpose()?,
        })
    }

    fn read_url(&self) -> Result<Item, Invalid> {
        const EXPECTED: &str = "expected an https URL, or the index of a saved payment endpoint";
        let given = optional::<Value>(self.callback_url.as_deref(), "callback_url", EXPECTED)?;
        let index = |index: Option<usize>| {
            index.map(Item::Index).ok_or_else(|| Invalid::new("callback_url", "is no index").hint(EXPECTED))
        };
        match given {
            None => Err(Invalid::new("callback_url", "is missing").hint(EXPECTED)),
            Some(Value::String(text)) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                index(text.parse().ok())
            }
            Some(Value::String(url)) => Ok(Item::Url(url)),
            Some(Value::Number(number)) => index(number.as_u64().and_then(|number| usize::try_from(number).ok())),
            Some(_) => Err(Invalid::new("callback_url", "is neither a text nor a number").hint(EXPECTED)),
        }
    }
}

/// The body of `POST /v1/jobs/{id}/result`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishBody {
    status: Option<Box<RawValue>>,
    result: Option<Box<RawValue>>,
}

impl FinishBody {
    /// Reads the fields.
    ///
    /// # Errors
    /// The first field that breaks a rule.
    pub fn read(&self) -> Result<Finish, Invalid> {
        const EXPECTED: &str = "expected \"done\" or \"failed\"";
        let refused = |rule: &str| Invalid::new("status", rule).hint(EXPECTED);
        let status = optional::<String>(self.status.as_deref(), "status", EXPECTED)?;
        let status = status.ok_or_else(|| refused("is missing"))?;
        let end = FinishedAs::of_word(&status).ok_or_else(|| refused("is neither of the two"))?;
        let result = self.result.as_deref().map(|result| {
            check_json(result, "result")?;
            Ok(Secret::new(result.get()))
        });
        Finish::new(end, result.transpose()?)
    }
}

fn read_headers(raw: &RawValue) -> Result<Vec<Header>, Invalid> {
    let Pairs(members): Pairs<Value> = required(raw, "headers", "expected an object of texts")?;
    let header = |(name, value): &(String, Value)| {
        if let Value::String(value) = value {
            return Header::parse(name, value);
        }
        // A name that is none is said first, and not repeated.
        let named = Header::parse(name, "")?;
        Err(Invalid::new(format!("headers.{}", named.name()), "is not a text").hint("expected its value as a text"))
    };
    members.iter().map(header).collect()
}

fn read_content(raw: &RawValue) -> Result<Content, Invalid> {
    check_json(raw, "body")?;
    if raw.get().starts_with('"') {
        let text: String = required(raw, "body", "expected a text")?;
        return Ok(Content::Text(Secret::new(text)));
    }
    Ok(Content::Json(Secret::new(raw.get())))
}

fn read_life(raw: &RawValue) -> Result<Duration, Invalid> {
    required(raw, "expires_in", "expected a number of seconds").map(Duration::from_secs)
}

/// What is kept as it was written must be JSON that others can read, too: a number that overflows and a nesting
/// beyond 128 are refused.
fn check_json(raw: &RawValue, field: &str) -> Result<(), Invalid> {
    required::<Value>(raw, field, "expected JSON, nested 127 deep at the most").map(drop)
}

fn optional<T: DeserializeOwned>(raw: Option<&RawValue>, field: &str, expected: &str) -> Result<Option<T>, Invalid> {
    raw.map(|raw| required(raw, field, expected)).transpose()
}

/// The reader's own words are not repeated: they may quote the value.
fn required<T: DeserializeOwned>(raw: &RawValue, field: &str, expected: &str) -> Result<T, Invalid> {
    serde_json::from_str(raw.get()).map_err(|_| Invalid::new(field, "is not what is expected here").hint(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: &str = r#""callback_url":"https://a.example/hook""#;

    fn read(fields: &str) -> Result<JobRequest, Invalid> {
        serde_json::from_str::<JobBody>(&format!("{{{fields}}}")).unwrap().read()
    }

    fn finish(text: &str) -> Result<Finish, Invalid> {
        serde_json::from_str::<FinishBody>(text).unwrap().read()
    }

    #[test]
    fn a_url_alone_is_told_the_result_by_a_post() {
        let request = read(TO).unwrap();
        assert_eq!((request.to, request.life), (Item::Url("https://a.example/hook".into()), None));
        assert_eq!((request.message.method(), request.message.content()), (Method::Post, &Content::Result));
        assert!(request.message.headers().is_empty());
    }

    #[test]
    fn every_field_is_read() {
        let fields =
            r#""callback_url":2,"method":"PUT","headers":{"X-B":"1","A":"2"},"body":{"n":1.50 },"expires_in":60"#;
        let request = read(fields).unwrap();
        assert_eq!((request.to, request.life), (Item::Index(2), Some(Duration::from_mins(1))));
        let names: Vec<_> = request.message.headers().iter().map(Header::name).collect();
        assert_eq!((request.message.method(), names.as_slice()), (Method::Put, &["x-b", "a"][..]));
        assert_eq!(request.message.content(), &Content::Json(Secret::new("{\"n\":1.50 }")), "byte for byte");
        assert_eq!(read(r#""callback_url":"17""#).unwrap().to, Item::Index(17));
        let text = read(&format!(r#"{TO},"body":"a\nb""#)).unwrap();
        assert_eq!(text.message.content(), &Content::Text(Secret::new("a\nb")));
        assert_eq!(
            read(&format!(r#"{TO},"body":null,"headers":null,"method":null,"expires_in":null"#)).unwrap(),
            read(TO).unwrap()
        );
    }

    #[test]
    fn each_refusal_names_its_field() {
        let deep = format!("\"body\":{}{}", "[".repeat(200), "]".repeat(200));
        for (fields, field) in [
            ("", "callback_url"),
            (r#""callback_url":null"#, "callback_url"),
            (r#""callback_url":-1"#, "callback_url"),
            (r#""callback_url":1.5"#, "callback_url"),
            (r#""callback_url":["https://a.example"]"#, "callback_url"),
            (r#""callback_url":"99999999999999999999""#, "callback_url"),
            (r#""method":7"#, "method"),
            (r#""method":"post""#, "method"),
            (r#""headers":["x"]"#, "headers"),
            (r#""headers":{"a b":"x"}"#, "headers"),
            (r#""headers":{"a b":7}"#, "headers"),
            (r#""headers":{"x-a":7}"#, "headers.x-a"),
            (r#""headers":{"x-a":"1","x-a":"1"}"#, "headers.x-a"),
            (r#""headers":{"x-a":"1","X-A":"2"}"#, "headers.x-a"),
            (r#""headers":{"Host":"b.example"}"#, "headers.host"),
            (r#""method":"GET","body":{}"#, "body"),
            (r#""body":1e999"#, "body"),
            (r#""body":"\ud800""#, "body"),
            (&deep, "body"),
            (r#""expires_in":"60""#, "expires_in"),
            (r#""expires_in":-60"#, "expires_in"),
        ] {
            let fields = if fields.contains("callback_url") || fields.is_empty() {
                fields.into()
            } else {
                format!("{TO},{fields}")
            };
            let refused = read(&fields).unwrap_err();
            assert_eq!(refused.field(), field, "{fields}");
            assert!(refused.hint_text().is_some() || field == "headers.x-a", "{refused}");
        }
        assert!(serde_json::from_str::<JobBody>(r#"{"url":"x"}"#).is_err());
    }

    #[test]
    fn it_is_done_or_failed_and_nothing_else() {
        let done = finish(r#"{"status":"done","result":{"n":1.50}}"#).unwrap();
        assert_eq!((done.end(), done.result().map(Secret::reveal)), (FinishedAs::Done, Some("{\"n\":1.50}")));
        assert_eq!(finish(r#"{"status":"failed"}"#).unwrap().end(), FinishedAs::Failed);
        assert_eq!(finish(r#"{"status":"done","result":null}"#).unwrap().result(), None);
        for (text, field) in [
            ("{}", "status"),
            (r#"{"status":"Done"}"#, "status"),
            (r#"{"status":true}"#, "status"),
            (r#"{"status":"done","result":1e999}"#, "result"),
        ] {
            assert_eq!(finish(text).unwrap_err().field(), field, "{text}");
        }
    }
}
