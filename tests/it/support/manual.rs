//! `/v1/openapi.json` as a judge: whatever a story is about, each success of `/v1` is as its schema says.

use std::sync::LazyLock;

use jsonschema::Validator;
use reqwest::Method;
use serde_json::Value;

use super::http::HttpReply;

/// What judges by a schema of the manual.
pub fn validator(manual: &Value, schema: &Value) -> Validator {
    let mut whole = schema.as_object().expect("a schema").clone();
    whole.insert("components".into(), manual["components"].clone());
    jsonschema::draft202012::new(&Value::Object(whole)).expect("a valid schema")
}

/// A success that is described.
struct Success {
    method: Method,
    segments: Vec<String>,
    status: u16,
    judge: Validator,
}

/// All that are.
static SUCCESSES: LazyLock<Vec<Success>> = LazyLock::new(|| {
    let manual: Value = serde_json::from_str(include_str!("../../../static/openapi.json")).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in manual["paths"].as_object().expect("paths") {
        let segments: Vec<_> = path.split('/').map(str::to_owned).collect();
        for (method, operation) in item.as_object().expect("an item") {
            for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
                let schema = &answer["content"]["application/json"]["schema"];
                if let (false, Ok(status)) = (schema.is_null(), status.parse()) {
                    let method: Method = method.to_uppercase().parse().expect("a method");
                    let judge = validator(&manual, schema);
                    all.push(Success { method, segments: segments.clone(), status, judge });
                }
            }
        }
    }
    all
});

/// Whether this is the address of such a path.
fn is_at(path: &str, segments: &[String]) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let own: Vec<_> = path.split('/').collect();
    let same = |(own, known): (&&str, &String)| known.starts_with('{') || own == known;
    own.len() == segments.len() && own.iter().zip(segments).all(same)
}

/// Holds a success against its schema.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &HttpReply) {
    let known = SUCCESSES.iter().filter(|success| {
        success.method == *method && success.status == answer.status && is_at(path, &success.segments)
    });
    // A path with fewer variables is the closer one.
    let variables = |success: &&Success| success.segments.iter().filter(|one| one.starts_with('{')).count();
    if let Some(Success { judge, .. }) = known.min_by_key(variables) {
        let body = answer.json();
        let wrong: Vec<_> =
            judge.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{method} {path} answers what its schema does not say: {wrong:#?}\n{body:#}");
    }
}
