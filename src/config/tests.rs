//! What operators write, and what they are told.

use std::{io::Write as _, time::Duration};

use tempfile::NamedTempFile;

use super::*;
use crate::keys::Keys;

mod console;
mod institutions;
mod languages;
mod providers;
mod sentences;

fn load(env: &[(&str, &str)]) -> Result<Config, Mistakes> {
    Config::load(None, env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn load_file(text: &str, env: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(file.path().to_owned()), env)
}

fn keys_of(mistakes: &Mistakes) -> Vec<&str> {
    mistakes.0.iter().map(|mistake| mistake.key.as_str()).collect()
}

fn some_keys() -> String {
    Keys::write_fresh("k1", [7; 32]).reveal().to_owned()
}

#[test]
fn nothing_said_is_the_demo_on_loopback() {
    let config = load(&[]).unwrap();
    assert!(config.demo && config.sandbox);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.store, StoreConfig::Embedded("./handback-data".into()));
    assert!(matches!(&config.keys, KeySource::File(path) if path.ends_with("handback-data/keys")));
    assert_eq!(config.return_budget, Duration::from_millis(100));
    assert_eq!(config.keep, Duration::from_secs(90 * 24 * 3600));
    assert_eq!(config.keep_alive, None);
    assert_eq!(config.body_timeout, Duration::from_secs(5));
    assert_eq!((config.log_filter.as_str(), config.log_format), ("info", LogFormat::Text));
    assert!((1..=256).contains(&config.workers));
    assert!(config.warnings.is_empty());
}

#[test]
fn an_address_that_the_system_chooses_is_the_public_one() {
    let config = load(&[("HANDBACK_LISTEN", "127.0.0.1:0")]).unwrap();
    assert_eq!(config.public_url("127.0.0.1:4711".parse().unwrap()).as_str(), "http://127.0.0.1:4711");
}

#[test]
fn the_environment_stands_over_the_file() {
    let file = "return_budget = '50ms'\nkeep = '30d'\n[http]\nworkers = 3\nkeep_alive = '5s'\n\
                [callbacks]\napp_schemes = ['shopapp', 'shopdev']";
    let config = load_file(file, &[("HANDBACK_KEEP", "7d"), ("PATH", "/bin")]).unwrap();
    assert_eq!(config.return_budget, Duration::from_millis(50));
    assert_eq!(config.keep, Duration::from_secs(7 * 24 * 3600));
    assert_eq!((config.workers, config.keep_alive), (3, Some(Duration::from_secs(5))));
    assert_eq!(config.callback_rules().app_schemes, ["shopapp", "shopdev"]);
    let origin = |key| config.lines.iter().find(|line| line.key == key).map(|line| line.origin.clone());
    assert_eq!(origin("keep"), Some(Origin::Environment("HANDBACK_KEEP".into())));
    assert!(matches!(origin("http.workers"), Some(Origin::File(_))));
    assert_eq!(origin("listen"), Some(Origin::Default));
}

#[test]
fn counters_that_anybody_can_reach_are_said_aloud_in_the_demo_too() {
    let own = [("HANDBACK_PUBLIC_URL", "https://pay.example")];
    for (listen, warns) in [
        ("0.0.0.0:9464", true),
        ("[::]:9464", true),
        ("192.0.2.7:9464", true),
        ("127.0.0.1:9464", false),
        ("[::1]:9464", false),
    ] {
        for env in [&[][..], &own] {
            let env: Vec<_> = env.iter().copied().chain([("HANDBACK_METRICS_LISTEN", listen)]).collect();
            let warnings = load(&env).unwrap().warnings;
            assert_eq!(warnings.iter().any(|warning| warning.contains(listen)), warns, "{warnings:?}");
        }
    }
}

#[test]
fn connections_are_limited_by_what_the_operator_says() {
    let env = [
        ("HANDBACK_MAX_CONNECTIONS", "900"),
        ("HANDBACK_BACKLOG", "128"),
        ("HANDBACK_MAX_CONNECTIONS_PER_ADDRESS", "20"),
        ("HANDBACK_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7"),
    ];
    let http = load(&env).unwrap();
    assert_eq!((http.max_connections, http.backlog, http.max_per_address), (Some(900), 128, Some(20)));
    assert_eq!(http.trusted_proxies.len(), 2);
    let http = load(&[("HANDBACK_MAX_CONNECTIONS_PER_ADDRESS", "off")]).unwrap();
    assert_eq!((http.max_connections, http.backlog, http.max_per_address), (None, 4096, None));
}

#[test]
fn every_mistake_is_reported_at_once() {
    let wrong = [
        ("HANDBACK_LISTEN", "localhost:8080"),
        ("HANDBACK_PUBLIC_URL", "pay.example"),
        ("HANDBACK_STORE", "mysql://x"),
        ("HANDBACK_KEYS", "k1"),
        ("HANDBACK_OPERATOR_KEY", "too short to be one"),
        ("HANDBACK_SANDBOX", "yes"),
        ("HANDBACK_MAIL_SMTP_URL", "https://mail.example"),
        ("HANDBACK_MAIL_FROM", "Handback"),
        ("HANDBACK_APP_SCHEMES", "Shop App"),
        ("HANDBACK_LANGUAGES", "/nowhere/languages"),
        ("HANDBACK_BRAND", "Acme\u{202e}Pay"),
        ("HANDBACK_RETURN_BUDGET", "5s"),
        ("HANDBACK_KEEP", "1h"),
        ("HANDBACK_KEEP_ALIVE", "on"),
        ("HANDBACK_BODY_TIMEOUT", "5"),
        ("HANDBACK_LAME_DUCK", "2m"),
        ("HANDBACK_WORKERS", "0"),
        ("HANDBACK_MAX_CONNECTIONS", "0"),
        ("HANDBACK_BACKLOG", "70000"),
        ("HANDBACK_MAX_CONNECTIONS_PER_ADDRESS", "none"),
        ("HANDBACK_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("HANDBACK_METRICS_LISTEN", "9090"),
        ("HANDBACK_EGRESS_ALLOW", "10.0.0.1/8"),
        ("HANDBACK_EGRESS_PORTS", "443,0"),
        ("HANDBACK_LOG", "inffo"),
        ("HANDBACK_LOG_FORMAT", "xml"),
    ];
    let mistakes = load(&wrong).unwrap_err();
    let with_variables = settings::ALL.iter().filter(|setting| setting.env.is_some());
    assert_eq!(keys_of(&mistakes), with_variables.map(|setting| setting.key).collect::<Vec<_>>());
    let told = mistakes.to_string();
    for (name, _) in wrong {
        assert!(told.contains(&format!("(from {name})")), "{told}");
    }
    let budget = "return_budget (from HANDBACK_RETURN_BUDGET) is out of range: \"5s\"; expected a number and a unit \
                  (ms, s, m, h, d) from 10ms to 2s";
    assert!(told.contains(budget), "{told}");
}

#[test]
fn an_unknown_key_is_a_mistake_with_its_neighbour() {
    let file = "lisen = '127.0.0.1:1'\n[http]\nkeepalive = 'off'\n[colours]\n[log]\n";
    let mistakes = load_file(file, &[("HANDBACK_STOER", "x"), ("HANDBACK_LOG_LEVEL", "info")]).unwrap_err();
    let mut keys = keys_of(&mistakes);
    keys.sort_unstable();
    assert_eq!(keys, ["HANDBACK_LOG_LEVEL", "HANDBACK_STOER", "colours", "http.keepalive", "lisen"]);
    let told = mistakes.to_string();
    for near in ["did you mean listen?", "did you mean http.keep_alive?", "did you mean HANDBACK_STORE?"] {
        assert!(told.contains(near), "{told}");
    }
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_no_mistake() {
    let set = [
        ("HANDBACK_SERVICE_HOST", "10.0.0.1"),
        ("HANDBACK_SERVICE_PORT", "80"),
        ("HANDBACK_PORT", "tcp://10.0.0.1:80"),
        ("HANDBACK_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    assert!(load(&set).is_ok());
    assert!(load(&[("HANDBACK_PORT", "8080")]).is_err());
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other_mistake_and_invents_none() {
    let env = [("HANDBACK_CONFIG", "/nowhere/handback.toml"), ("HANDBACK_LISTEN", "0.0.0.0:80"), ("HANDBACK_KEEP", "")];
    let mistakes = load(&env).unwrap_err();
    assert_eq!(keys_of(&mistakes), ["config", "keep"]);
    let mistakes = load_file("listen = '0.0.0.0:80'\nlisten = 1", &[("HANDBACK_WORKERS", "many")]).unwrap_err();
    assert_eq!(keys_of(&mistakes), ["config", "http.workers"]);
    assert!(mistakes.to_string().contains("line 2"), "{mistakes}");
}

#[test]
fn a_value_of_the_wrong_shape_is_refused_at_its_key() {
    let file = "listen = ['127.0.0.1:1']\n[sandbox]\nenabled = 'true'\n[http.workers]\nmost = 3\n[callbacks]\napp_schemes = [1]";
    let mistakes = load_file(file, &[]).unwrap_err();
    let mut keys = keys_of(&mistakes);
    keys.sort_unstable();
    assert_eq!(keys, ["callbacks.app_schemes", "http.workers", "listen"]);
}

#[test]
fn no_message_repeats_a_secret() {
    let secret = "hunter2hunter2";
    for (name, key, text) in [
        ("HANDBACK_STORE", "store", format!("redis://:{secret}@host:port")),
        ("HANDBACK_KEYS", "keys", format!("k1:{secret}")),
        ("HANDBACK_PUBLIC_URL", "public_url", format!("https://{secret}@pay.example")),
    ] {
        let told = load(&[(name, &text)]).unwrap_err();
        assert!(!format!("{told} {told:?}").contains(secret), "{told}");
        for broken in [format!("{key} = {text}"), format!("{key} = '{text}"), format!("{key} = '{text}' '{text}'")] {
            let told = load_file(&broken, &[]).unwrap_err();
            assert!(!format!("{told} {told:?}").contains(secret), "{told}");
        }
    }
    let store = format!("rediss://:{secret}@cache.example");
    let config = load(&[("HANDBACK_STORE", &store), ("HANDBACK_KEYS", &some_keys())]).unwrap();
    let shown = format!("{config:?} {:?}", config.lines);
    assert!(!shown.contains(secret) && !shown.contains(some_keys().trim_start_matches("k1:")), "{shown}");
    assert!(shown.contains("rediss://…@cache.example:6379/0"), "{shown}");
}

#[test]
fn a_configuration_file_ends_the_demo_and_variables_do_not() {
    let config = load_file("", &[]).unwrap();
    assert!(!config.demo && !config.sandbox);
    assert!(load(&[("HANDBACK_STORE", "embedded:/tmp/x"), ("HANDBACK_WORKERS", "2")]).unwrap().demo);
    assert!(!load(&[("HANDBACK_SANDBOX", "false")]).unwrap().sandbox);
}

#[test]
fn leaving_loopback_ends_the_demo() {
    let public = ("HANDBACK_PUBLIC_URL", "https://pay.example");
    assert!(!load(&[public, ("HANDBACK_LISTEN", "0.0.0.0:8080")]).unwrap().demo);
    assert!(!load(&[public]).unwrap().demo);
    assert!(load(&[("HANDBACK_PUBLIC_URL", "http://localhost:8080")]).unwrap().demo);
    let mistakes = load(&[("HANDBACK_LISTEN", "0.0.0.0:8080")]).unwrap_err();
    assert_eq!(keys_of(&mistakes), ["public_url"]);
}

#[test]
fn nodes_that_share_a_redis_are_given_their_keys() {
    let redis = ("HANDBACK_STORE", "redis://cache:6379");
    let config = load(&[redis]).unwrap();
    assert!(matches!(&config.keys, KeySource::File(path) if path.ends_with("handback-data/keys")));
    assert_eq!(keys_of(&load_file("", &[redis]).unwrap_err()), ["keys"]);
    let given = load_file("", &[redis, ("HANDBACK_KEYS", &some_keys())]).unwrap();
    assert!(matches!(&given.keys, KeySource::Given(keys) if keys.current() == "k1"));
    let embedded = load_file("store = 'embedded:/var/lib/handback'", &[]).unwrap();
    assert!(matches!(&embedded.keys, KeySource::File(path) if path == &PathBuf::from("/var/lib/handback/keys")));
}

#[test]
fn what_is_allowed_and_unwise_is_a_warning() {
    let plain = load(&[("HANDBACK_PUBLIC_URL", "http://pay.example")]).unwrap();
    assert_eq!(plain.warnings.len(), 1);
    let play = load_file("sandbox.enabled = true", &[]).unwrap();
    assert!(play.warnings[0].contains("sandbox"));
}

#[test]
fn a_log_filter_is_a_level_or_directives() {
    for good in ["warn", "INFO", "info,handback=debug", "handback::web=trace,actix_server=off"] {
        assert!(load(&[("HANDBACK_LOG", good)]).is_ok(), "{good} was refused");
    }
    for bad in ["verbose", "info,handback", "handback=loud", ","] {
        assert!(load(&[("HANDBACK_LOG", bad)]).is_err(), "{bad} was accepted");
    }
}

#[test]
fn networks_that_may_be_called_are_listed() {
    let config = load(&[]).unwrap();
    assert!(config.egress_allow.is_empty() && config.egress_ports == [443]);
    let file = "[egress]\nallow = ['10.0.0.0/8', 'fd00::/8', '192.168.1.7']\nports = [443, 8443]";
    let config = load_file(file, &[]).unwrap();
    let listed: Vec<String> = config.egress_allow.iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["10.0.0.0/8", "fd00::/8", "192.168.1.7/32"]);
    assert_eq!(config.egress_ports, [443, 8443]);
    let shown = |key| config.lines.iter().find(|line| line.key == key).map(|line| line.value.clone());
    assert_eq!(shown("egress.allow").as_deref(), Some("10.0.0.0/8,fd00::/8,192.168.1.7/32"));
    for bad in ["10.0.0.0/33", "10.0.0.1/8", "localhost", "10.0.0.0/8,", "::ffff:10.0.0.0/104", "10.0.0.0/8 fd00::/8"] {
        let mistakes = load(&[("HANDBACK_EGRESS_ALLOW", bad)]).unwrap_err();
        assert!(mistakes.to_string().contains("which is not a network"), "{mistakes}");
    }
    for bad in ["https", "65536", "0", "443;8443"] {
        assert_eq!(keys_of(&load(&[("HANDBACK_EGRESS_PORTS", bad)]).unwrap_err()), ["egress.ports"], "{bad}");
    }
}

#[test]
fn the_manual_has_every_setting_in_this_order_with_its_default() {
    let manual = include_str!("../../docs/OPERATING.md");
    let rows = manual.lines().filter(|line| line.starts_with("| `HANDBACK_"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches(['|', ' ']).split(" | ").collect()).collect();
    let with_variables = settings::ALL.iter().filter_map(|setting| Some((setting.env?, setting.key)));
    let expected: Vec<_> = with_variables.map(|(env, key)| [format!("`{env}`"), format!("`{key}`")]).collect();
    assert_eq!(rows.iter().map(|row| [row[0].to_owned(), row[1].to_owned()]).collect::<Vec<_>>(), expected);
    let config = load(&[]).unwrap();
    let mut compared = 0;
    for row in rows {
        let line = config.lines.iter().find(|line| row[1] == format!("`{}`", line.key)).unwrap();
        let is_none = row[2] == "none" && (line.value == "none" || line.value == "off");
        let described = row[2].contains(' ');
        assert!(is_none || described || row[2] == format!("`{}`", line.value), "{row:?} {line:?}");
        compared += usize::from(!described);
    }
    assert!(compared > 15, "{compared}");
}
