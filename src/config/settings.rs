//! The table of the operator's settings: everything about each of them but its row in `docs/OPERATING.md`.
//!
//! A row has the setting's doc, its field in [`Config`], its key and its environment variable, and how its text is read
//! ([`Value`](super::parse::Value)), with its default. Rows are read in this order, and may use the fields above them.

use std::net::{Ipv4Addr, SocketAddr};
use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::console::ConsoleOidcConfig;
use super::parse::{DATA_FOLDER, Reader};
use super::provider::ProviderConfig;
use super::setting::{Setting, list, plain, secret, table, tables};
use super::store::{KeySource, StoreConfig};
use super::{Line, LogFormat, institution::InstitutionConfig, mistake::Mistakes, raw::Raw, span, values};
use crate::domain::{Digest, EmailAddress, PublicUrl};
use crate::language::Languages;
use crate::mail::SmtpUrl;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Declares settings, a row each: `field: Type = setting, how_it_is_read(with, these);`.
macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $setting:expr, $read:ident($($argument:expr),*);)*) => {
        /// Every setting, in the order of the manual.
        pub static ALL: &[Setting] = &[$($setting),*];

        /// Everything an operator can say, parsed.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[$doc])* pub $field: $type,)*
            /// Whether this is the demo, with a demo merchant, `/demo` and printed keys: no configuration file, and
            /// neither `listen` nor `public_url` leave loopback. Other variables do not end the demo.
            pub demo: bool,
            /// What is allowed and yet deserves a word at start, as sentences.
            pub warnings: Vec<String>,
            /// Every setting with the value in force and its origin, for people; secrets are redacted.
            pub lines: Vec<Line>,
        }

        /// Reads every setting; what comes out is incomplete without the reader's lines.
        fn read(reader: &mut Reader) -> Config {
            $(let $field: $type = reader.value(const { &$setting }).$read($($argument),*);)*
            Config { $($field,)* demo: reader.demo, warnings: Vec::new(), lines: Vec::new() }
        }
    };
}

settings! {
    /// Where the server listens: an IP address and a port; port 0 lets the system choose. Default 127.0.0.1:8080.
    listen: SocketAddr = plain("listen", "HANDBACK_LISTEN"),
        parsed((Ipv4Addr::LOCALHOST, 8080).into(), values::address, ToString::to_string);

    /// The address that was given for browsers, `https://host[:port]`; [`Config::public_url`] has the one in force.
    /// Off loopback it must be given. Plain http off loopback is a warning.
    given_public_url: Option<PublicUrl> = secret("public_url", "HANDBACK_PUBLIC_URL"), public_url(listen);

    /// Where everything is kept: `embedded:PATH`, or the [address of a Redis](crate::store::redis::RedisAddress). Default
    /// `embedded:./handback-data`; a relative path begins in the working directory.
    store: StoreConfig = secret("store", "HANDBACK_STORE"),
        parsed(StoreConfig::Embedded(PathBuf::from(DATA_FOLDER)), StoreConfig::parse, ToString::to_string);

    /// Where the operator's keys come from: `id:base64,…`, the current one first, as [`crate::keys::Keys::parse`] reads
    /// them.
    ///
    /// Default: the file `keys` beside the embedded data, and in the demo on Redis `./handback-data/keys`. Nodes that
    /// share a Redis must be given theirs.
    keys: KeySource = secret("keys", "HANDBACK_KEYS"), keys(&store);

    /// What is kept of the operator's own API keys: 32 to 256 visible ASCII characters, two with a comma between them
    /// while one replaces the other. Default none; then nobody can call what is the operator's alone.
    operator_keys: Vec<Digest> = secret("operator_key", "HANDBACK_OPERATOR_KEY"),
        parsed(Vec::new(), values::operator_keys, |keys| values::counted(keys));

    /// Whether the sandbox bank is on, where anybody can approve a payment. Default: on in the demo, off otherwise.
    sandbox: bool = plain("sandbox.enabled", "HANDBACK_SANDBOX"), flag_of_the_demo();

    /// The providers that take payments, in the order in which checkouts look for one; the file alone can name them.
    /// Default none.
    providers: Vec<ProviderConfig> = tables("provider"), providers();

    /// The institutions that consents can be asked of, each with its bank; the file alone can name them. Default none.
    institutions: Vec<InstitutionConfig> = tables("institution"), institutions(sandbox, &providers);

    /// The operator's own OpenID provider, by which people sign in to the console; the file alone can name it. Default
    /// none.
    console_oidc: Option<ConsoleOidcConfig> = table("console.oidc"), console_oidc();

    /// The operator's SMTP server: `smtps://USER:PASSWORD@HOST`, or `smtp://…?tls=required`. Default none; then nothing
    /// is mailed.
    mail_smtp: Option<SmtpUrl> = secret("mail.smtp_url", "HANDBACK_MAIL_SMTP_URL"),
        optional("none", |text| SmtpUrl::parse(text).map(Some));

    /// The sender of mail. It is missing where there is a server.
    mail_from: Option<EmailAddress> = plain("mail.from", "HANDBACK_MAIL_FROM"), sender(mail_smtp.as_ref());

    /// The app schemes that callbacks may have although they are not a reversed domain name, in lower case. Default
    /// none.
    app_schemes: Vec<String> = list("callbacks.app_schemes", "HANDBACK_APP_SCHEMES"),
        list(Vec::new(), values::app_scheme);

    /// The languages of customers' pages: those that are compiled in, and what the files `*.ftl` of a folder change or
    /// add. Default: no folder.
    languages: Languages = plain("languages", "HANDBACK_LANGUAGES"), languages();

    /// The name in the foot of customers' pages. Default none.
    brand: Option<String> = plain("brand", "HANDBACK_BRAND"),
        optional("none", |text| values::name(text).map(Some));

    /// How long a customer's browser waits for a bank, from the moment its request is read: 10ms to 2s, default 100ms.
    return_budget: Duration = plain("return_budget", "HANDBACK_RETURN_BUDGET"),
        span(100 * MILLISECOND, 10 * MILLISECOND..=2 * SECOND);

    /// How long a journey is kept after it has ended: 1d to 3650d, default 90d.
    keep: Duration = plain("keep", "HANDBACK_KEEP"), span(90 * DAY, DAY..=3650 * DAY);

    /// How long an idle connection stays open: 1s to 60s, or `None` for `off`, the default. Then one answer is a
    /// connection's last.
    keep_alive: Option<Duration> = plain("http.keep_alive", "HANDBACK_KEEP_ALIVE"),
        parsed(None, values::keep_alive, |kept| kept.map_or_else(|| "off".to_owned(), span::written));

    /// How long a request's body may take: 1s to 60s, default 5s.
    body_timeout: Duration = plain("http.body_timeout", "HANDBACK_BODY_TIMEOUT"),
        span(5 * SECOND, SECOND..=60 * SECOND);

    /// How long the server goes on after SIGTERM, so that proxies learn that it stops: 0s to 60s, default 5s.
    lame_duck: Duration = plain("http.lame_duck", "HANDBACK_LAME_DUCK"),
        span(5 * SECOND, Duration::ZERO..=60 * SECOND);

    /// How many threads serve requests: 1 to 256, default one for each CPU.
    workers: usize = plain("http.workers", "HANDBACK_WORKERS"),
        parsed(values::cpus(), |text| values::number(text, 1..=256, "threads"), ToString::to_string);

    /// The most connections at a time: 1 to 1,000,000. `None` by default: four fifths of the files that the process may
    /// have open, at most 50,000.
    max_connections: Option<usize> = plain("http.max_connections", "HANDBACK_MAX_CONNECTIONS"),
        optional("four fifths of the open files, at most 50000", |text| values::connections(text).map(Some));

    /// How many connections may wait to be accepted: 1 to 65,535, default 4,096. The system's own limit
    /// (`net.core.somaxconn`) holds as well.
    backlog: u32 = plain("http.backlog", "HANDBACK_BACKLOG"),
        parsed(4096, |text| values::number(text, 1..=65_535, "connections"), ToString::to_string);

    /// The most connections from one address: 1 to 1,000,000, or `None` for `off`, the default.
    max_per_address: Option<usize> =
        plain("http.max_connections_per_address", "HANDBACK_MAX_CONNECTIONS_PER_ADDRESS"),
        optional("off", |text| values::unless_off(text, values::connections));

    /// The networks of the proxies before this gateway: their connections are not counted by address. Default none.
    trusted_proxies: Vec<IpNet> = list("http.trusted_proxies", "HANDBACK_TRUSTED_PROXIES"),
        list(Vec::new(), values::network);

    /// Where `/metrics` is served: an address of its own, because the counters are the operator's and not the public's.
    /// Default: nowhere.
    metrics_listen: Option<SocketAddr> = plain("metrics.listen", "HANDBACK_METRICS_LISTEN"),
        optional("off", |text| values::address(text).map(Some));

    /// The networks that outgoing calls may reach although they are private or otherwise set apart, by plain http as
    /// well and on every port. Default none.
    egress_allow: Vec<IpNet> = list("egress.allow", "HANDBACK_EGRESS_ALLOW"), list(Vec::new(), values::network);

    /// The ports on which outgoing calls may reach public addresses. Default 443.
    egress_ports: Vec<u16> = list("egress.ports", "HANDBACK_EGRESS_PORTS"), list(vec![443], values::port);

    /// What is logged: a level, or directives such as `info,handback=debug`. Default `info`. What is known to be noise
    /// stays out unless a directive names it ([`crate::telemetry::start`]).
    log_filter: String = plain("log.filter", "HANDBACK_LOG"),
        parsed("info".to_owned(), values::log_filter, Clone::clone);

    /// How log lines are written: `text`, the default, or `json`.
    log_format: LogFormat = plain("log.format", "HANDBACK_LOG_FORMAT"),
        parsed(LogFormat::Text, LogFormat::parse, |format| format.as_str().to_owned());
}

/// Parses what was given.
///
/// # Errors
/// With every mistake.
pub fn parse(raw: Raw) -> Result<Config, Mistakes> {
    let mut reader = Reader::new(raw);
    let config = read(&mut reader);
    let warnings = warnings(&config);
    reader.end().map(|lines| Config { warnings, lines, ..config })
}

fn warnings(config: &Config) -> Vec<String> {
    let plain = config.given_public_url.as_ref().filter(|url| !url.is_https() && !url.is_loopback());
    let plain = plain.map(|url| {
        format!("public_url is {}: customers and one-time tokens travel without encryption; use https", url.as_str())
    });
    let play = (config.sandbox && !config.demo)
        .then(|| "the sandbox bank is on: anybody who has a link can approve its payment without paying".to_owned());
    let counters = config.metrics_listen.filter(|at| !at.ip().is_loopback());
    let counters = counters.map(|at| {
        format!("metrics.listen is {at}: whoever reaches this address reads the counters; they ask for no credentials")
    });
    let mail = config.mail_smtp.as_ref().filter(|url| url.is_open());
    let mail = mail.map(|url| {
        format!("mail.smtp_url is {url}: sign-in links travel there without encryption; use smtps://, or ?tls=required")
    });
    plain.into_iter().chain(play).chain(counters).chain(mail).collect()
}
