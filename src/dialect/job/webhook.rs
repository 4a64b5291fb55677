//! The body of what is sent: a merchant's own with its placeholders filled, or what became of the job.

use serde_json::value::RawValue;

use crate::dialect::Pairs;
use crate::domain::WebhookPayload;
use crate::domain::message::{Content, Message};

/// What placeholders become.
pub(super) struct Values<'a> {
    /// The job's id.
    pub id: &'a str,
    /// How it ended.
    pub status: &'a str,
    /// What came of it, as JSON.
    pub result: Option<&'a str>,
}

impl Values<'_> {
    /// The JSON of the placeholder that this JSON is, if it is one: a text that holds nothing else, spelled without
    /// escapes.
    fn of(&self, text: &str) -> Option<String> {
        match text {
            "\"{id}\"" => Some(quoted(self.id)),
            "\"{status}\"" => Some(quoted(self.status)),
            "\"{result}\"" => Some(self.result.unwrap_or("null").to_owned()),
            _ => None,
        }
    }
}

/// The body, with the type that the merchant's `content-type` says, else its own. `None` where the method has none, or
/// a body that was stored is not JSON any more.
pub(super) fn webhook(message: &Message, values: &Values<'_>) -> Option<WebhookPayload> {
    if !message.method().has_body() {
        return None;
    }
    let (kind, body) = match message.content() {
        Content::Result => {
            let result = values.result.unwrap_or("null");
            let (id, status) = (quoted(values.id), quoted(values.status));
            ("application/json", format!(r#"{{"id":{id},"status":{status},"result":{result}}}"#))
        }
        Content::Json(text) => ("application/json", fill(text.reveal(), values).ok()?),
        Content::Text(text) => ("text/plain; charset=utf-8", text.reveal().to_owned()),
    };
    Some(WebhookPayload { content_type: message.header("content-type").unwrap_or(kind).to_owned(), body })
}

/// Fills the placeholders of a JSON value; what holds none keeps its bytes. How deep it may be was checked when it
/// came.
fn fill(text: &str, values: &Values<'_>) -> serde_json::Result<String> {
    if !text.contains("\"{") {
        return Ok(text.to_owned());
    }
    match text.trim_start().as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items = items.into_iter().map(|item| fill(item.get(), values)).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("[{}]", items.join(",")))
        }
        Some(b'{') => {
            let Pairs(members) = serde_json::from_str::<Pairs<&RawValue>>(text)?;
            let member = |(name, value): (String, &RawValue)| {
                fill(value.get(), values).map(|value| format!("{}:{value}", quoted(&name)))
            };
            let members = members.into_iter().map(member).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("{{{}}}", members.join(",")))
        }
        _ => Ok(values.of(text.trim()).unwrap_or_else(|| text.to_owned())),
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secret;
    use crate::domain::message::{Header, Method};

    const VALUES: Values<'_> = Values { id: "i-1", status: "done", result: Some(r#"{"n":1.50,"s":"\"x"}"#) };

    fn written(method: Method, headers: &[(&str, &str)], content: Content) -> Option<(String, String)> {
        let headers = headers.iter().map(|(name, value)| Header::parse(name, value).unwrap()).collect();
        let webhook = webhook(&Message::new(method, headers, content).unwrap(), &VALUES)?;
        Some((webhook.content_type, webhook.body))
    }

    fn json(text: &str) -> Content {
        Content::Json(Secret::new(text))
    }

    #[track_caller]
    fn is(written: Option<&(String, String)>, kind: &str, body: &str) {
        let written = written.map(|(kind, body)| (kind.as_str(), body.as_str()));
        assert_eq!(written, Some((kind, body)));
    }

    #[test]
    fn without_a_body_of_the_merchants_the_result_is_told() {
        let told = r#"{"id":"i-1","status":"done","result":{"n":1.50,"s":"\"x"}}"#;
        is(written(Method::Post, &[], Content::Result).as_ref(), "application/json", told);
        let typed = [("Content-Type", "application/vnd.own+json")];
        is(written(Method::Put, &typed, Content::Result).as_ref(), "application/vnd.own+json", told);
        for method in [Method::Get, Method::Delete] {
            assert_eq!(written(method, &typed, Content::Result), None);
        }
        let bare = Values { result: None, ..VALUES };
        let message = Message::new(Method::Post, vec![], Content::Result).unwrap();
        assert_eq!(webhook(&message, &bare).unwrap().body, r#"{"id":"i-1","status":"done","result":null}"#);
    }

    #[test]
    fn a_text_is_sent_byte_for_byte() {
        let text = "{id} \"{status}\"\n é";
        is(written(Method::Post, &[], Content::Text(Secret::new(text))).as_ref(), "text/plain; charset=utf-8", text);
        let xml = [("content-type", "application/xml")];
        is(written(Method::Post, &xml, Content::Text(Secret::new("<a/>"))).as_ref(), "application/xml", "<a/>");
    }

    #[test]
    fn placeholders_are_whole_texts_and_nothing_else() {
        for (given, sent) in [
            // What holds none keeps its bytes.
            ("{ \"b\" : 1.50, \"a\":10000000000000000001 , \"b\":[ ] }", None),
            (r#"{"order":7,"note":"{result} "}"#, None),
            (r#"["a\"{id}\"", "\"{id}\"", "{}", "{pay_id}"]"#, Some(r#"["a\"{id}\"","\"{id}\"","{}","{pay_id}"]"#)),
            (r#"{"{id}":"{id}"}"#, Some(r#"{"{id}":"i-1"}"#)),
            (
                r#"{"z":{"text":"{status}","n":1.50},"a":["{result}",null]}"#,
                Some(r#"{"z":{"text":"done","n":1.50},"a":[{"n":1.50,"s":"\"x"},null]}"#),
            ),
        ] {
            is(written(Method::Post, &[], json(given)).as_ref(), "application/json", sent.unwrap_or(given));
        }
    }

    #[test]
    fn what_a_result_holds_is_not_filled_again() {
        let values = Values { id: "i", status: "done", result: Some(r#"["{id}"]"#) };
        assert_eq!(fill(r#"["{result}"]"#, &values).unwrap(), r#"[["{id}"]]"#);
    }
}
