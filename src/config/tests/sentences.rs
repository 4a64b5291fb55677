//! What operators read when a value is wrong: the setting, where it was written, the rule and what was expected.

use super::{load, load_file};

/// A variable, what was written there, and the sentence.
const VARIABLES: &[(&str, &str, &str)] = &[
    (
        "HANDBACK_LISTEN",
        "localhost:8080",
        "listen (from HANDBACK_LISTEN) is not a valid IP address and port: \"localhost:8080\"; \
         expected IP:PORT, such as 127.0.0.1:8080 or [::]:8080",
    ),
    (
        "HANDBACK_METRICS_LISTEN",
        "9090",
        "metrics.listen (from HANDBACK_METRICS_LISTEN) is not a valid IP address and port: \"9090\"; \
         expected IP:PORT, such as 127.0.0.1:8080 or [::]:8080",
    ),
    (
        "HANDBACK_KEEP",
        "a month",
        "keep (from HANDBACK_KEEP) is not a valid duration: \"a month\"; \
         expected a number and a unit (ms, s, m, h, d) from 1d to 3650d",
    ),
    (
        "HANDBACK_RETURN_BUDGET",
        "5s",
        "return_budget (from HANDBACK_RETURN_BUDGET) is out of range: \"5s\"; \
         expected a number and a unit (ms, s, m, h, d) from 10ms to 2s",
    ),
    (
        "HANDBACK_EGRESS_ALLOW",
        "10.0.0.0/8, 10.0.0.0/33",
        "egress.allow (from HANDBACK_EGRESS_ALLOW) holds \"10.0.0.0/33\", which is not a network: \
         \"10.0.0.0/8, 10.0.0.0/33\"; expected such as 10.0.0.0/8, fd00::/8 or 192.0.2.7",
    ),
    (
        "HANDBACK_EGRESS_ALLOW",
        "10.0.0.1/8",
        "egress.allow (from HANDBACK_EGRESS_ALLOW) holds \"10.0.0.1/8\", which is not a network: \"10.0.0.1/8\"; \
         did you mean 10.0.0.0/8 or 10.0.0.1?",
    ),
    (
        "HANDBACK_EGRESS_PORTS",
        "443,0",
        "egress.ports (from HANDBACK_EGRESS_PORTS) holds \"0\", which is not a port: \"443,0\"; expected 1 to 65535",
    ),
    (
        "HANDBACK_APP_SCHEMES",
        "shopapp,https",
        "callbacks.app_schemes (from HANDBACK_APP_SCHEMES) holds \"https\", which is not an app scheme: \
         \"shopapp,https\"; web addresses need no entry",
    ),
    (
        "HANDBACK_SANDBOX",
        "yes",
        "sandbox.enabled (from HANDBACK_SANDBOX) is neither true nor false: \"yes\"; expected true or false",
    ),
    (
        "HANDBACK_STORE",
        "redis://ada@cache.example",
        "store (from HANDBACK_STORE) names a user without a password; \
         expected redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]",
    ),
    ("HANDBACK_FOO", "1", "HANDBACK_FOO is not a setting; the settings are listed in docs/OPERATING.md"),
    ("HANDBACK_LOOG", "info", "HANDBACK_LOOG is not a setting; did you mean HANDBACK_LOG?"),
];

/// A file, and the sentence without the file's own path.
const FILES: &[(&str, &str)] = &[
    ("http = 3", "http (from FILE) is a table of settings, not a setting; expected one of http."),
    ("log = 'info'", "log (from FILE) is a table of settings, not a setting; expected one of log.filter, log.format"),
    ("listen = ['127.0.0.1:1']", "listen (from FILE) is a list or a table; expected one value"),
    ("institution = 3", "institution (from FILE) is not a list of tables; expected [[institution]] before each"),
    ("listen =", "config (from --config) names FILE: line 1 is not valid TOML"),
];

#[test]
fn a_wrong_value_is_named_with_its_setting_the_rule_and_what_was_expected() {
    for (name, text, sentence) in VARIABLES {
        let told = load(&[(*name, *text)]).unwrap_err().to_string();
        assert!(told.ends_with(sentence), "{name}={text}:\n{told}\nexpected\n{sentence}");
    }
    for (text, sentence) in FILES {
        let mistakes = load_file(text, &[]).unwrap_err();
        let told = mistakes.to_string();
        let path = told.split_whitespace().find(|word| word.contains('/')).unwrap_or_default();
        let told = told.replace(path.trim_end_matches([')', ':', ',']), "FILE");
        assert!(told.contains(sentence), "{text}:\n{told}\nexpected\n{sentence}");
    }
}

#[test]
fn an_empty_list_is_shown_as_none() {
    let config = load(&[]).unwrap();
    for line in &config.lines {
        assert!(!line.value.is_empty(), "{} has no value to show", line.key);
    }
}
