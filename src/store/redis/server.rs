//! A server of Redis by its host and port: as an address names it, or as another server does.

use std::fmt;

/// A server by its host, without the brackets of an IPv6 address, and its port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Server {
    /// Reads what a Redis says of another one: `host:port`. One that does not know its own host is where it was asked.
    pub(super) fn parse(text: &str, asked: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Self::new(host, port.parse().ok()?, asked))
    }

    /// As [`Server::parse`], of the two parts.
    pub(super) fn new(host: &str, port: u16, asked: &Self) -> Self {
        let host = if matches!(host, "" | "?") { &asked.host } else { host };
        Self { host: host.to_owned(), port }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}
