//! The second stage: texts become domain types, and all mistakes are collected.
//!
//! A value that breaks a rule is noted and its default taken instead, so that the other values are looked at as well; a
//! configuration with a mistake is never handed out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use super::institution::{self, SandboxBank};
use super::mistake::{Mistake, Mistakes, Origin};
use super::raw::{Raw, Source, Text};
use super::section::Notes;
use super::settings::{self, Form, Setting};
use super::{Config, InstitutionConfig, KeySource, Line, LogFormat, StoreConfig, span};
use crate::domain::callback::{NEVER, Network, Rules};
use crate::domain::invalid::Invalid;
use crate::domain::redirect::PublicUrl;
use crate::domain::secret::Digest;
use crate::keys::{self, Keys};

/// Where the embedded store lives unless the operator says otherwise.
const DATA_FOLDER: &str = "./handback-data";
const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Parses what was given.
///
/// # Errors
/// With every mistake.
pub fn parse(raw: Raw) -> Result<Config, Mistakes> {
    let mut reader = Reader { raw, mistakes: Vec::new(), lines: Vec::new() };
    let config = reader.config();
    let Reader { raw, mut mistakes, lines } = reader;
    mistakes.splice(..0, raw.mistakes);
    if mistakes.is_empty() { Ok(Config { lines, ..config }) } else { Err(Mistakes::new(mistakes)) }
}

/// Takes the texts one by one, and notes what came of each.
pub(super) struct Reader {
    raw: Raw,
    mistakes: Vec<Mistake>,
    lines: Vec<Line>,
}

impl Reader {
    fn config(&mut self) -> Config {
        let listen = self.read(&settings::LISTEN, (Ipv4Addr::LOCALHOST, 8080).into(), listen_at, ToString::to_string);
        let public_url = self.public_url(listen);
        let local = listen.ip().is_loopback() && public_url.as_ref().is_none_or(PublicUrl::is_loopback);
        let demo = local && self.raw.source == Source::NoFile;
        let store = StoreConfig::Embedded(PathBuf::from(DATA_FOLDER));
        let store = self.read(&settings::STORE, store, StoreConfig::parse, ToString::to_string);
        let keys = self.keys(&store, demo);
        let operator_keys = self.read(&settings::OPERATOR_KEY, Vec::new(), operator_keys, |keys| counted(keys));
        let sandbox = self.read(&settings::SANDBOX, demo, yes_or_no, ToString::to_string);
        let institutions = self.institutions(sandbox);
        let schemes = |rules: &Rules| match rules.app_schemes.as_slice() {
            [] => "none".to_owned(),
            schemes => schemes.join(","),
        };
        let callback_rules = self.read(&settings::APP_SCHEMES, Rules::default(), app_schemes, schemes);
        let return_budget = self.span(&settings::RETURN_BUDGET, 100 * MILLISECOND, 10 * MILLISECOND..=2 * SECOND);
        let keep = self.span(&settings::KEEP, 90 * DAY, DAY..=3650 * DAY);
        let http = self.http();
        let shown = |at: &Option<SocketAddr>| at.map_or_else(|| "off".to_owned(), |at| at.to_string());
        let metrics_listen = self.read(&settings::METRICS_LISTEN, None, |text| listen_at(text).map(Some), shown);
        let warnings = warnings(public_url.as_ref(), (demo, sandbox), metrics_listen);
        let egress_allow = self.read(&settings::EGRESS_ALLOW, Vec::new(), networks, |nets| none_or(nets));
        let callback_rules = Rules { plain_networks: egress_allow.iter().map(network).collect(), ..callback_rules };
        let egress_ports = self.read(&settings::EGRESS_PORTS, vec![443], ports, |ports| joined(ports));
        let log_filter = self.read(&settings::LOG_FILTER, "info".to_owned(), log_filter, Clone::clone);
        let format = |format: &LogFormat| format.as_str().to_owned();
        let log_format = self.read(&settings::LOG_FORMAT, LogFormat::Text, LogFormat::parse, format);
        self.lines.push(Line { key: "demo".to_owned(), value: demo.to_string(), origin: Origin::Derived });
        Config {
            listen,
            public_url,
            store,
            keys,
            operator_keys,
            demo,
            sandbox,
            institutions,
            callback_rules,
            return_budget,
            keep,
            http,
            metrics_listen,
            egress_allow,
            egress_ports,
            log_filter,
            log_format,
            warnings,
            lines: Vec::new(),
        }
    }

    fn institutions(&mut self, sandbox: bool) -> Vec<InstitutionConfig> {
        let notes = Notes::new(self.raw.file.clone(), &self.raw.variables);
        let sandbox = if sandbox { SandboxBank::On } else { SandboxBank::Off };
        let institutions = institution::institutions(&self.raw.institutions, sandbox, &notes);
        let (mistakes, lines) = notes.into_parts();
        self.mistakes.extend(mistakes);
        self.lines.extend(lines);
        institutions
    }

    /// Reads one setting; without a text, or with a wrong one, it is `default`.
    pub(super) fn read<T>(
        &mut self,
        setting: &Setting,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
        shown: impl FnOnce(&T) -> String,
    ) -> T {
        let (value, origin) = match self.raw.text(setting) {
            None => (default, Origin::Default),
            Some(Text { text, origin }) => {
                let value = check_blank(text).and_then(|()| parse(text)).unwrap_or_else(|invalid| {
                    self.mistakes.push(Mistake::new(setting.key, origin.clone(), &repeating(text, setting, invalid)));
                    default
                });
                (value, origin.clone())
            }
        };
        self.lines.push(Line { key: setting.key.to_owned(), value: shown(&value), origin });
        value
    }

    pub(super) fn span(&mut self, setting: &Setting, default: Duration, bounds: RangeInclusive<Duration>) -> Duration {
        self.read(
            setting,
            default,
            |text| span::parse(text, *bounds.start(), *bounds.end()),
            |span| span::written(*span),
        )
    }

    fn public_url(&mut self, listen: SocketAddr) -> Option<PublicUrl> {
        let missing = self.raw.text(&settings::PUBLIC_URL).is_none();
        if missing && !listen.ip().is_loopback() {
            let invalid = Invalid::new("", format!("is missing, while {listen} is not loopback"));
            self.miss(
                &settings::PUBLIC_URL,
                &invalid.hint("expected the address that browsers use, https://pay.example"),
            );
        }
        let own = PublicUrl::of_server(listen);
        let parse = |text: &str| PublicUrl::parse(text).map(Some);
        self.read(&settings::PUBLIC_URL, None, parse, |given| given.as_ref().unwrap_or(&own).as_str().to_owned())
    }

    fn keys(&mut self, store: &StoreConfig, demo: bool) -> KeySource {
        let missing = self.raw.text(&settings::KEYS).is_none();
        if missing && !demo && matches!(store, StoreConfig::Redis(_)) {
            let invalid = Invalid::new("", "are missing: nodes that share a Redis share the keys");
            self.miss(&settings::KEYS, &invalid.hint("make one with `handback keys new`"));
        }
        let folder = match store {
            StoreConfig::Embedded(folder) => folder,
            StoreConfig::Redis(_) => Path::new(DATA_FOLDER),
        };
        let parse = |text: &str| Keys::parse(text).map(KeySource::Given);
        self.read(&settings::KEYS, KeySource::File(folder.join("keys")), parse, |source| match source {
            KeySource::Given(keys) => format!("given, the current one is {}", keys.current()),
            KeySource::File(path) => format!("in the file {}", path.display()),
        })
    }

    /// Notes that a setting is missing, unless it may stand in a file that was not understood.
    fn miss(&mut self, setting: &Setting, invalid: &Invalid) {
        if self.raw.source != Source::BrokenFile {
            self.mistakes.push(Mistake::new(setting.key, Origin::Default, invalid));
        }
    }
}

fn check_blank(text: &str) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new("", "is blank").hint("leave it out for the default"));
    }
    Ok(())
}

/// Adds what was written to what is wrong with it, unless it may be a secret.
fn repeating(text: &str, setting: &Setting, invalid: Invalid) -> Invalid {
    if setting.form == Form::Secret || text.trim().is_empty() {
        return invalid;
    }
    let start: String = text.chars().take(60).collect();
    let repeated = Invalid::new("", format!("{}: {start:?}", invalid.rule()));
    match invalid.hint_text() {
        Some(hint) => repeated.hint(hint),
        None => repeated,
    }
}

fn listen_at(text: &str) -> Result<SocketAddr, Invalid> {
    text.parse().map_err(|_| {
        Invalid::new("", "is not a valid IP address and port")
            .hint("expected IP:PORT, such as 127.0.0.1:8080 or [::]:8080")
    })
}

/// Long enough that nobody guesses it, and fit for a header.
/// How many secrets are given, for people.
fn counted(secrets: &[Digest]) -> String {
    match secrets.len() {
        0 => "none".to_owned(),
        1 => "given".to_owned(),
        many => format!("{many} given"),
    }
}

/// Reads one key, or two while it is being replaced, with a comma between them.
fn operator_keys(text: &str) -> Result<Vec<Digest>, Invalid> {
    let key = |text: &str| {
        if (32..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(keys::operator_key(text));
        }
        Err(Invalid::new("", "is not a valid operator key")
            .hint("expected 32 to 256 visible ASCII characters without a comma, chosen at random"))
    };
    text.split(',').map(str::trim).map(key).collect()
}

fn yes_or_no(text: &str) -> Result<bool, Invalid> {
    text.parse().map_err(|_| Invalid::new("", "is neither true nor false").hint("expected true or false"))
}

/// A network as the rules for callbacks have it.
fn network(network: &IpNet) -> Network {
    Network { address: network.addr(), prefix: network.prefix_len() }
}

fn app_schemes(text: &str) -> Result<Rules, Invalid> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
    let scheme = |part: &str| {
        let refused = |what: &str| Err(Invalid::new("", format!("holds {part:?}, which is {what}")));
        match part {
            "http" | "https" => {
                refused("not an app scheme").map_err(|invalid| invalid.hint("web addresses need no entry"))
            }
            part if NEVER.contains(&part) => refused("never allowed"),
            part if part.starts_with(|c: char| c.is_ascii_lowercase()) && part.bytes().all(allowed) => {
                Ok(part.to_owned())
            }
            _ => refused("not a scheme").map_err(|invalid| {
                invalid.hint("expected such as shopapp: a lower-case letter, then letters, digits, +, - and .")
            }),
        }
    };
    Ok(Rules { app_schemes: each(text, scheme)?, ..Rules::default() })
}

/// Reads the entries of a list, the first wrong one being the mistake.
fn each<T>(text: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    text.split(',').map(|part| read(part.trim())).collect()
}

/// Reads networks. One whose address has bits behind its prefix is a slip of the pen, and an IPv4 network that is
/// written as IPv6 would never fit, because addresses are judged as IPv4.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, Invalid> {
    each(text, |part| {
        let refused = || Invalid::new("", format!("holds {part:?}, which is not a network"));
        let net = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| refused().hint("expected such as 10.0.0.0/8, fd00::/8 or 192.0.2.7"))?;
        let mapped = match net {
            IpNet::V4(_) => None,
            IpNet::V6(v6) => v6.addr().to_ipv4_mapped(),
        };
        match mapped {
            Some(v4) => Err(refused().hint(format!("write it as IPv4, such as {v4}"))),
            None if net != net.trunc() => {
                Err(refused().hint(format!("did you mean {} or {}?", net.trunc(), net.addr())))
            }
            None => Ok(net),
        }
    })
}

fn ports(text: &str) -> Result<Vec<u16>, Invalid> {
    each(text, |part| {
        let refused = || Invalid::new("", format!("holds {part:?}, which is not a port")).hint("expected 1 to 65535");
        part.parse().ok().filter(|port| *port != 0).ok_or_else(refused)
    })
}

/// Networks as a list, for people.
pub(super) fn none_or(networks: &[IpNet]) -> String {
    if networks.is_empty() { "none".into() } else { joined(networks) }
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Accepts what `tracing_subscriber` does, except a lone word that is no level: there it would be a target that nothing
/// has, and silence everything else.
fn log_filter(text: &str) -> Result<String, Invalid> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let refused = |rule: &str| {
        Invalid::new("", rule).hint("expected a level (off, error, warn, info, debug, trace) or TARGET=LEVEL")
    };
    let is_word = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    if text.split(',').map(str::trim).filter(is_word).any(|word| !is_level(word)) {
        return Err(refused("holds a word that is not a level"));
    }
    EnvFilter::try_new(text).map_err(|_| refused("is not a log filter"))?;
    Ok(text.to_owned())
}

fn warnings(
    public_url: Option<&PublicUrl>,
    (demo, sandbox): (bool, bool),
    metrics_listen: Option<SocketAddr>,
) -> Vec<String> {
    let plain = public_url.filter(|url| !url.is_https() && !url.is_loopback());
    let plain = plain.map(|url| {
        format!("public_url is {}: customers and one-time tokens travel without encryption; use https", url.as_str())
    });
    let play = (sandbox && !demo)
        .then(|| "the sandbox bank is on: anybody who has a link can approve its payment without paying".to_owned());
    let counters = metrics_listen.filter(|at| !at.ip().is_loopback());
    let counters = counters.map(|at| {
        format!("metrics.listen is {at}: whoever reaches this address reads the counters; they ask for no credentials")
    });
    plain.into_iter().chain(play).chain(counters).collect()
}
