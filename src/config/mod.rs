//! The configuration: a file, the environment over it, and defaults below both.
//!
//! Texts become domain types in two stages, `raw` and `parse`, and every mistake is reported at once. What comes out is
//! complete: nobody else in the crate reads the environment, and no setting is looked at twice. The methods of
//! [`Config`] are the manual; `docs/OPERATING.md` is the same as a table.

mod http;
mod institution;
mod mistake;
mod oidc;
mod parse;
mod raw;
mod section;
mod settings;
mod span;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use http::HttpConfig;
pub use institution::{BankConfig, InstitutionConfig};
pub use mistake::{Mistake, Mistakes, Origin};
pub use span::parse as parse_span;
pub use store::{KeySource, RedisUrl, StoreConfig};

use crate::domain::callback::Rules;
use crate::domain::invalid::Invalid;
use crate::domain::redirect::PublicUrl;
use crate::domain::secret::Digest;

/// Everything an operator can say, parsed.
#[derive(Debug, Clone)]
pub struct Config {
    listen: SocketAddr,
    public_url: Option<PublicUrl>,
    store: StoreConfig,
    keys: KeySource,
    operator_keys: Vec<Digest>,
    demo: bool,
    sandbox: bool,
    institutions: Vec<InstitutionConfig>,
    callback_rules: Rules,
    return_budget: Duration,
    keep: Duration,
    http: HttpConfig,
    metrics_listen: Option<SocketAddr>,
    egress_allow: Vec<IpNet>,
    egress_ports: Vec<u16>,
    log_filter: String,
    log_format: LogFormat,
    warnings: Vec<String>,
    lines: Vec<Line>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// Reads `text` or `json`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(Invalid::new("log.format", "is neither text nor json")),
        }
    }

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// One row of [`Config::describe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key, as the file spells it.
    pub key: String,
    /// The value in force, without secrets.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

impl Config {
    /// Reads the file at `path`, else the one that `HANDBACK_CONFIG` names in `env`, else none; then `env` over it.
    ///
    /// Reading the file, and the files that it names, is the only input or output. Variables that do not begin with
    /// `HANDBACK_` are ignored unless the file names them, and so are those that Kubernetes sets for a Service of our
    /// name.
    ///
    /// # Errors
    /// With every mistake at once: unknown keys, values that break a rule, values that do not go together.
    pub fn load(path: Option<PathBuf>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, Mistakes> {
        parse::parse(raw::Raw::read(path, env))
    }

    /// Where the server listens (`listen`): an IP address and a port; port 0 lets the system choose. Default
    /// 127.0.0.1:8080.
    pub const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The address under which browsers reach this gateway (`public_url`): `https://host[:port]`.
    ///
    /// Default: `http://` and the address that was `bound`, on loopback only; elsewhere it must be given. Plain http
    /// off loopback is a warning.
    pub fn public_url(&self, bound: SocketAddr) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| PublicUrl::of_server(bound))
    }

    /// Where everything is kept (`store`): `embedded:PATH`, `redis://…` or `rediss://…`. Default
    /// `embedded:./handback-data`; a relative path begins in the working directory.
    pub const fn store(&self) -> &StoreConfig {
        &self.store
    }

    /// Where the operator's keys come from (`keys`): `id:base64,…`, the current one first, as
    /// [`crate::keys::Keys::parse`] reads them.
    ///
    /// Default: the file `keys` beside the embedded data, and in the demo on Redis `./handback-data/keys`. Nodes that
    /// share a Redis must be given theirs.
    pub const fn keys(&self) -> &KeySource {
        &self.keys
    }

    /// What is kept of the operator's own API keys (`operator_key`): 32 to 256 visible ASCII characters, two with a
    /// comma between them while one replaces the other. Default none; then nobody can call what is the operator's
    /// alone.
    pub fn operator_keys(&self) -> &[Digest] {
        &self.operator_keys
    }

    /// Whether this is the demo, with a demo merchant, `/demo` and printed keys: no configuration file, and neither
    /// `listen` nor `public_url` leave loopback. Other variables do not end the demo.
    pub const fn is_demo(&self) -> bool {
        self.demo
    }

    /// Whether the sandbox bank is on (`sandbox.enabled`), where anybody can approve a payment. Default: on in the
    /// demo, off otherwise.
    pub const fn has_sandbox(&self) -> bool {
        self.sandbox
    }

    /// The institutions that consents can be asked of (`institution`), each with its bank; the file alone can name
    /// them. Default none.
    pub fn institutions(&self) -> &[InstitutionConfig] {
        &self.institutions
    }

    /// What callbacks may be: the app schemes that are allowed although they are not a reversed domain name
    /// (`callbacks.app_schemes`), in lower case. Default none.
    pub const fn callback_rules(&self) -> &Rules {
        &self.callback_rules
    }

    /// How long a customer's browser waits for a bank, from the moment its request is read (`return_budget`): 10ms to
    /// 2s, default 100ms.
    pub const fn return_budget(&self) -> Duration {
        self.return_budget
    }

    /// How long a journey is kept after it has ended (`keep`): 1d to 3650d, default 90d.
    pub const fn keep(&self) -> Duration {
        self.keep
    }

    /// How requests are served (`http`).
    pub const fn http(&self) -> &HttpConfig {
        &self.http
    }

    /// Where `/metrics` is served (`metrics.listen`): an address of its own, because the counters are the operator's
    /// and not the public's. Default: nowhere.
    pub const fn metrics_listen(&self) -> Option<SocketAddr> {
        self.metrics_listen
    }

    /// The networks that outgoing calls may reach although they are private or otherwise set apart (`egress.allow`), by
    /// plain http as well and on every port. Default none.
    pub fn egress_allow(&self) -> &[IpNet] {
        &self.egress_allow
    }

    /// The ports on which outgoing calls may reach public addresses (`egress.ports`). Default 443.
    pub fn egress_ports(&self) -> &[u16] {
        &self.egress_ports
    }

    /// What is logged (`log.filter`): a level, or directives such as `info,handback=debug`. Default `info`. What is
    /// known to be noise stays out unless a directive names it ([`crate::telemetry::start`]).
    pub fn log_filter(&self) -> &str {
        &self.log_filter
    }

    /// How log lines are written (`log.format`): `text`, the default, or `json`.
    pub const fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// What is allowed and yet deserves a word at start, as sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Every setting with the value in force and its origin, for people; secrets are redacted.
    pub fn describe(&self) -> &[Line] {
        &self.lines
    }
}

#[cfg(test)]
mod tests;
