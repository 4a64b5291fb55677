//! `apple-app-site-association`: whether a host lets an app on an iPhone open this address.
//!
//! Each app has a list of components, of which the first that fits an address decides; an older form has paths
//! instead, which count where there are no components.

use serde_json::{Map, Value};
use url::Url;

use super::read;
use crate::domain::{Finding, Subject};
use crate::egress::{HttpReply, Trouble};

/// Where a host says so.
pub(super) const PATH: &str = "/.well-known/apple-app-site-association";

const OF: (&str, Subject) = ("ios", Subject::UniversalLink);

/// Judges the file of the host of this address.
pub(super) fn judge(url: &Url, answer: Result<HttpReply, Trouble>) -> Finding {
    match read(answer) {
        Ok(reply) => judge_file(url, reply.body()),
        Err(why) => {
            let advice =
                format!("Serve {PATH} by 200, without a redirect. Until then iPhones open the address in the browser.");
            Finding::trouble(OF, why, advice)
        }
    }
}

fn judge_file(url: &Url, body: &[u8]) -> Finding {
    let Ok(file) = serde_json::from_slice::<Value>(body) else {
        return Finding::trouble(OF, format!("{PATH} is not JSON."), "Serve it as plain JSON, without a signature.");
    };
    let links = &file["applinks"];
    let verdicts: Vec<_> = apps(links).map(|(name, app)| (name, verdict(app, &links["defaults"], url))).collect();
    let of = |wanted: Verdict| verdicts.iter().find(|(_, verdict)| *verdict == wanted).map(|(name, _)| name);
    if let Some(name) = of(Verdict::Opens) {
        return Finding::sound(
            OF,
            format!("Its host lets the app {name} open it. Apple's servers may take a day to notice changes."),
        );
    }
    if let Some(name) = of(Verdict::Unclear) {
        let advice = "Whether they fit this address is not judged here. Try it on a device that has the app.";
        return Finding::remark(OF, format!("{PATH} has patterns with variables for the app {name}."), advice);
    }
    let advice =
        "iPhones open the address in the browser. Add a component that fits its path, before any that excludes it.";
    match of(Verdict::Excluded) {
        Some(name) => Finding::trouble(OF, format!("{PATH} excludes this path for the app {name}."), advice),
        None => Finding::trouble(OF, format!("{PATH} claims this path for no app."), advice),
    }
}

/// What a file says of an app and an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Opens,
    Excluded,
    Nothing,
    Unclear,
}

/// The apps of a file, each with a name. In the oldest form they stand under their names.
fn apps(links: &Value) -> Box<dyn Iterator<Item = (String, &Value)> + '_> {
    match &links["details"] {
        Value::Array(list) => Box::new(list.iter().map(|app| (name_of(app), app))),
        Value::Object(named) => Box::new(named.iter().map(|(name, app)| (name.clone(), app))),
        _ => Box::new(std::iter::empty()),
    }
}

fn name_of(app: &Value) -> String {
    let first = app["appIDs"].as_array().and_then(|all| all.first()).unwrap_or(&app["appID"]);
    first.as_str().unwrap_or("without a name").chars().take(200).collect()
}

fn verdict(app: &Value, defaults: &Value, url: &Url) -> Verdict {
    let fits = |fit: Fit, excludes: bool| match fit {
        Fit::No => None,
        Fit::Unclear => Some(Verdict::Unclear),
        Fit::Yes if excludes => Some(Verdict::Excluded),
        Fit::Yes => Some(Verdict::Opens),
    };
    let decided = match (app["components"].as_array(), app["paths"].as_array()) {
        (Some(components), _) => components.iter().filter_map(Value::as_object).find_map(|component| {
            let excludes = component.get("exclude").and_then(Value::as_bool).unwrap_or_default();
            let setting = |name: &str| {
                let said = [component.get(name), app["defaults"].get(name), defaults.get(name)];
                said.into_iter().flatten().find_map(Value::as_bool).unwrap_or(true)
            };
            let how = How { case: setting("caseSensitive"), encoded: setting("percentEncoded") };
            fits(component_fits(component, how, url), excludes)
        }),
        (None, Some(paths)) => paths.iter().filter_map(Value::as_str).find_map(|path| {
            let (excludes, pattern) = path.strip_prefix("NOT ").map_or((false, path), |pattern| (true, pattern));
            fits(How { case: true, encoded: true }.fit(pattern, url.path()), excludes)
        }),
        (None, None) => None,
    };
    decided.unwrap_or(Verdict::Nothing)
}

/// Whether a pattern fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    Unclear,
    Yes,
}

/// How patterns are compared.
#[derive(Debug, Clone, Copy)]
struct How {
    /// Whether capitals count.
    case: bool,
    /// Whether a pattern is compared with the address as it is encoded.
    encoded: bool,
}

impl How {
    fn fit(self, pattern: &str, text: &str) -> Fit {
        if pattern.contains("$(") {
            return Fit::Unclear;
        }
        let text = if self.encoded {
            text.to_owned()
        } else {
            percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
        };
        let (pattern, text) =
            if self.case { (pattern.to_owned(), text) } else { (pattern.to_lowercase(), text.to_lowercase()) };
        if is_like(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>()) {
            Fit::Yes
        } else {
            Fit::No
        }
    }
}

/// Whether all parts of a component fit; one that it does not name fits anything.
fn component_fits(component: &Map<String, Value>, how: How, url: &Url) -> Fit {
    let text = |key: &str, own: &str| match component.get(key) {
        Some(Value::String(pattern)) => how.fit(pattern, own),
        _ => Fit::Yes,
    };
    let query = match component.get("?") {
        Some(Value::Object(items)) => {
            items.iter().map(|(name, pattern)| items_fit(name, pattern, how, url)).min().unwrap_or(Fit::Yes)
        }
        _ => text("?", url.query().unwrap_or_default()),
    };
    query.min(text("/", url.path())).min(text("#", url.fragment().unwrap_or_default()))
}

/// Whether every item of this name in the query fits; one that is not there counts as empty.
fn items_fit(name: &str, pattern: &Value, how: How, url: &Url) -> Fit {
    let Some(pattern) = pattern.as_str() else { return Fit::No };
    let items = url.query().unwrap_or_default().split('&').map(|item| item.split_once('=').unwrap_or((item, "")));
    let values: Vec<_> = items.filter(|(own, _)| *own == name).map(|(_, value)| value).collect();
    let values = if values.is_empty() { vec![""] } else { values };
    values.into_iter().map(|value| how.fit(pattern, value)).min().unwrap_or(Fit::No)
}

/// Whether a text is like a pattern, in which `*` stands for any characters and `?` for one.
fn is_like(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, covered)) => {
                    star = Some((at, covered + 1));
                    (p, t) = (at + 1, covered + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Grade;

    fn grade(details: &Value, url: &str) -> Grade {
        let file = json!({ "applinks": { "details": details } }).to_string();
        judge_file(&Url::parse(url).unwrap(), file.as_bytes()).grade
    }

    fn components(components: &Value) -> Value {
        json!([{ "appIDs": ["ABCDE12345.com.example.shop"], "components": components }])
    }

    #[test]
    fn stars_stand_for_anything_and_question_marks_for_one_character() {
        let like = |pattern: &str, text: &str| {
            is_like(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
        };
        for (pattern, text, expected) in [
            ("*", "", true),
            ("?*", "", false),
            ("/paid", "/paid", true),
            ("/paid", "/paid/", false),
            ("/paid/*", "/paid/", true),
            ("/paid/*", "/paid", false),
            ("/*/done", "/a/b/done", true),
            ("/*/done", "/a/b/done/x", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/ac", false),
            ("*a*b*", "xaybz", true),
            ("*a*b*", "xbyaz", false),
            ("/ü?", "/üé", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_component_that_fits_decides() {
        let own = "https://app.example/paid/7?order=12&a=";
        for (list, expected) in [
            (json!([{ "/": "/paid/*" }]), Grade::Sound),
            (json!([{ "/": "/paid/*", "exclude": true }, { "/": "*" }]), Grade::Trouble),
            (json!([{ "/": "*" }, { "/": "/paid/*", "exclude": true }]), Grade::Sound),
            (json!([{ "/": "/other/*" }]), Grade::Trouble),
            (json!([{ "/": "/PAID/*" }]), Grade::Trouble),
            (json!([{ "/": "/PAID/*", "caseSensitive": false }]), Grade::Sound),
            (json!([{ "/": "/paid/*", "?": { "order": "??" } }]), Grade::Sound),
            (json!([{ "/": "/paid/*", "?": { "order": "???" } }]), Grade::Trouble),
            (json!([{ "?": { "absent": "?*" } }]), Grade::Trouble),
            (json!([{ "?": { "absent": "*" } }]), Grade::Sound),
            (json!([{ "?": "order=*" }]), Grade::Sound),
            (json!([{ "#": "x" }]), Grade::Trouble),
            (json!([{}]), Grade::Sound),
            (json!([]), Grade::Trouble),
            (json!([{ "/": "/$(lang)/*" }]), Grade::Remark),
            (json!([{ "/": "/$(lang)/*", "?": "nothing" }]), Grade::Trouble),
        ] {
            assert_eq!(grade(&components(&list), own), expected, "{list}");
        }
    }

    #[test]
    fn older_forms_and_defaults_count() {
        let url = "https://app.example/buy/%C3%BC";
        for (details, expected) in [
            (json!([{ "appID": "A.b", "paths": ["NOT /buy/*", "*"] }]), Grade::Trouble),
            (json!([{ "appID": "A.b", "paths": ["/buy/*"] }]), Grade::Sound),
            (json!({ "A.b": { "paths": ["/buy/*"] } }), Grade::Sound),
            (json!([{ "appID": "A.b", "paths": ["*"], "components": [] }]), Grade::Trouble),
            (json!([{ "appID": "A.b", "paths": ["/no"] }, { "appID": "A.c", "paths": ["*"] }]), Grade::Sound),
            (json!([{ "appIDs": ["A.b"], "components": [{ "/": "/buy/ü" }] }]), Grade::Trouble),
            (
                json!([{ "appIDs": ["A.b"], "components": [{ "/": "/buy/ü" }], "defaults": { "percentEncoded": false } }]),
                Grade::Sound,
            ),
            (json!(7), Grade::Trouble),
        ] {
            assert_eq!(grade(&details, url), expected, "{details}");
        }
        let file = json!({ "applinks": {
            "defaults": { "caseSensitive": false }, "details": components(&json!([{ "/": "/BUY/*" }])),
        } });
        assert_eq!(judge_file(&Url::parse(url).unwrap(), file.to_string().as_bytes()).grade, Grade::Sound);
        assert_eq!(judge_file(&Url::parse(url).unwrap(), b"<html>").grade, Grade::Trouble);
    }
}
