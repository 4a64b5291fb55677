//! How requests are served: threads, connections, and their deadlines.

use std::time::Duration;

use ipnet::IpNet;

use super::parse::{Reader, networks, none_or};
use super::{settings, span};
use crate::domain::invalid::Invalid;

const SECOND: Duration = Duration::from_secs(1);

/// The settings of `http`.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// How long an idle connection stays open (`http.keep_alive`): 1s to 60s, or `None` for `off`, the default. Then
    /// one answer is a connection's last.
    pub keep_alive: Option<Duration>,
    /// How long a request's body may take (`http.body_timeout`): 1s to 60s, default 5s.
    pub body_timeout: Duration,
    /// How many threads serve requests (`http.workers`): 1 to 256, default one for each CPU.
    pub workers: usize,
    /// The most connections at a time (`http.max_connections`): 1 to 1,000,000. `None` by default: four fifths of the
    /// files that the process may have open, at most 50,000.
    pub max_connections: Option<usize>,
    /// How many connections may wait to be accepted (`http.backlog`): 1 to 65,535, default 4,096. The system's own
    /// limit (`net.core.somaxconn`) holds as well.
    pub backlog: u32,
    /// The most connections from one address (`http.max_connections_per_address`): 1 to 1,000,000, or `None` for `off`,
    /// the default.
    pub max_per_address: Option<usize>,
    /// The networks of the proxies before this gateway (`http.trusted_proxies`): their connections are not counted by
    /// address. Default none.
    pub trusted_proxies: Vec<IpNet>,
}

impl Reader {
    /// Reads the settings of `http`.
    pub(super) fn http(&mut self) -> HttpConfig {
        let off = |span: &Option<Duration>| span.map_or_else(|| "off".to_owned(), span::written);
        let counted = |word: &'static str| {
            move |most: &Option<usize>| most.map_or_else(|| word.to_owned(), |most| most.to_string())
        };
        let connections = |text: &str| number(text, 1..=1_000_000, "connections").map(Some);
        let per_address = |text: &str| if text == "off" { Ok(None) } else { connections(text) };
        HttpConfig {
            keep_alive: self.read(&settings::KEEP_ALIVE, None, keep_alive, off),
            body_timeout: self.span(&settings::BODY_TIMEOUT, 5 * SECOND, SECOND..=60 * SECOND),
            workers: self.read(
                &settings::WORKERS,
                cpus(),
                |text| number(text, 1..=256, "threads"),
                ToString::to_string,
            ),
            max_connections: self.read(
                &settings::MAX_CONNECTIONS,
                None,
                connections,
                counted("four fifths of the open files, at most 50000"),
            ),
            backlog: self.read(
                &settings::BACKLOG,
                4096,
                |text| number(text, 1..=65_535, "connections"),
                ToString::to_string,
            ),
            max_per_address: self.read(&settings::MAX_PER_ADDRESS, None, per_address, counted("off")),
            trusted_proxies: self.read(&settings::TRUSTED_PROXIES, Vec::new(), networks, |nets| none_or(nets)),
        }
    }
}

fn keep_alive(text: &str) -> Result<Option<Duration>, Invalid> {
    if text == "off" {
        return Ok(None);
    }
    span::parse(text, SECOND, 60 * SECOND).map(Some).map_err(|invalid| {
        let rule = invalid.rule().to_owned();
        Invalid::new("", rule).hint("expected off, or a number and a unit from 1s to 60s")
    })
}

/// Reads a whole number of `things` within `bounds`.
fn number<T>(text: &str, bounds: std::ops::RangeInclusive<T>, things: &str) -> Result<T, Invalid>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
        Invalid::new("", format!("is not a number of {things}")).hint(format!(
            "expected {} to {}",
            bounds.start(),
            bounds.end()
        ))
    })
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, |cpus| cpus.get().min(256))
}
