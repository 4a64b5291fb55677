//! The list of settings: each with its key in the file and its environment variable.
//!
//! One list, so that what is read, what is suggested for a misspelt key and what the manual must name cannot differ.

/// How a setting's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value, which a mistake may repeat.
    Plain,
    /// One value, which no message repeats: it is, or may hold, a secret.
    Secret,
    /// Several values: an array in the file, commas in the environment.
    List,
}

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the file, dotted where it stands in a table.
    pub key: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// How its value is written.
    pub form: Form,
}

/// What every variable of ours begins with.
pub const PREFIX: &str = "HANDBACK_";
/// The variable that names the configuration file.
pub const CONFIG: &str = "HANDBACK_CONFIG";

/// The key of the list of institutions, which has no variable.
pub const INSTITUTION: &str = "institution";

pub const LISTEN: Setting = plain("listen", "HANDBACK_LISTEN");
pub const PUBLIC_URL: Setting = secret("public_url", "HANDBACK_PUBLIC_URL");
pub const STORE: Setting = secret("store", "HANDBACK_STORE");
pub const KEYS: Setting = secret("keys", "HANDBACK_KEYS");
pub const OPERATOR_KEY: Setting = secret("operator_key", "HANDBACK_OPERATOR_KEY");
pub const SANDBOX: Setting = plain("sandbox.enabled", "HANDBACK_SANDBOX");
pub const APP_SCHEMES: Setting =
    Setting { key: "callbacks.app_schemes", env: "HANDBACK_APP_SCHEMES", form: Form::List };
pub const RETURN_BUDGET: Setting = plain("return_budget", "HANDBACK_RETURN_BUDGET");
pub const KEEP: Setting = plain("keep", "HANDBACK_KEEP");
pub const KEEP_ALIVE: Setting = plain("http.keep_alive", "HANDBACK_KEEP_ALIVE");
pub const BODY_TIMEOUT: Setting = plain("http.body_timeout", "HANDBACK_BODY_TIMEOUT");
pub const WORKERS: Setting = plain("http.workers", "HANDBACK_WORKERS");
pub const MAX_CONNECTIONS: Setting = plain("http.max_connections", "HANDBACK_MAX_CONNECTIONS");
pub const BACKLOG: Setting = plain("http.backlog", "HANDBACK_BACKLOG");
pub const MAX_PER_ADDRESS: Setting = plain("http.max_connections_per_address", "HANDBACK_MAX_CONNECTIONS_PER_ADDRESS");
pub const TRUSTED_PROXIES: Setting =
    Setting { key: "http.trusted_proxies", env: "HANDBACK_TRUSTED_PROXIES", form: Form::List };
pub const METRICS_LISTEN: Setting = plain("metrics.listen", "HANDBACK_METRICS_LISTEN");
pub const EGRESS_ALLOW: Setting = Setting { key: "egress.allow", env: "HANDBACK_EGRESS_ALLOW", form: Form::List };
pub const EGRESS_PORTS: Setting = Setting { key: "egress.ports", env: "HANDBACK_EGRESS_PORTS", form: Form::List };
pub const LOG_FILTER: Setting = plain("log.filter", "HANDBACK_LOG");
pub const LOG_FORMAT: Setting = plain("log.format", "HANDBACK_LOG_FORMAT");

/// Every setting, in the order of the manual.
pub static ALL: [Setting; 21] = [
    LISTEN,
    PUBLIC_URL,
    STORE,
    KEYS,
    OPERATOR_KEY,
    SANDBOX,
    APP_SCHEMES,
    RETURN_BUDGET,
    KEEP,
    KEEP_ALIVE,
    BODY_TIMEOUT,
    WORKERS,
    MAX_CONNECTIONS,
    BACKLOG,
    MAX_PER_ADDRESS,
    TRUSTED_PROXIES,
    METRICS_LISTEN,
    EGRESS_ALLOW,
    EGRESS_PORTS,
    LOG_FILTER,
    LOG_FORMAT,
];

/// The setting of this key in the file.
pub fn of_key(key: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.key == key)
}

/// The setting of this environment variable.
pub fn of_env(name: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.env == name)
}

/// The name among `names` that `text` was probably meant to be.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.map(|name| (distance(text, name), name)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, name)| *distance <= 1 + name.len() / 4).map(|(_, name)| name)
}

/// How many bytes have to be inserted, dropped or exchanged to make `a` of `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let exchanged = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

const fn plain(key: &'static str, env: &'static str) -> Setting {
    Setting { key, env, form: Form::Plain }
}

const fn secret(key: &'static str, env: &'static str) -> Setting {
    Setting { key, env, form: Form::Secret }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_its_neighbour() {
        let keys = || ALL.iter().map(|s| s.key);
        for (meant, written) in [("listen", "lisen"), ("http.keep_alive", "http.keepalive"), ("keep", "kep")] {
            assert_eq!(nearest(written, keys()), Some(meant));
        }
        assert_eq!(nearest("colour.of.the.button", keys()), None);
    }

    #[test]
    fn distances_count_edits() {
        for (a, b, edits) in [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "acb", 2), ("a", "a", 0)] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn every_setting_is_in_the_manual() {
        let manual = include_str!("../../docs/OPERATING.md");
        for setting in &ALL {
            assert!(manual.contains(&format!("| `{}` | `{}` |", setting.env, setting.key)), "{}", setting.key);
        }
    }
}
