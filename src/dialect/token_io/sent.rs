//! A call as it was received, and what is said of a signature that is not one over it.

use crate::domain::{Invalid, UnixMillis};

/// The header's name, as the field of its refusals.
pub(super) const FIELD: &str = "Authorization";

/// A call as it was received: what a signature must cover.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The hosts under which we are known, each with its port where that is not the scheme's own.
    pub hosts: &'a [&'a str],
    /// Where our API begins: `/token-io`.
    pub base: &'a str,
    /// The path below it, as it was sent.
    pub path: &'a str,
    /// The query as it was sent, without its question mark; empty where there is none.
    pub query: &'a str,
    /// Whether the signature must cover the query, where there is one: this member's calls must be signed.
    pub covers_query: bool,
    /// The body.
    pub body: &'a [u8],
    /// When it came.
    pub at: UnixMillis,
}

impl Sent<'_> {
    /// How a client may have split our address into a host and a path: some take what stands before `/v2` for the host.
    pub(super) fn splits(&self) -> impl Iterator<Item = (String, String)> {
        self.hosts.iter().flat_map(|host| {
            let (base, path) = (self.base, self.path);
            [
                (format!("{host}{base}"), path.to_owned()),
                ((*host).to_owned(), format!("{base}{path}")),
                ((*host).to_owned(), path.to_owned()),
            ]
        })
    }
}

/// A refusal of the header.
pub(super) fn refused(rule: impl Into<String>) -> Invalid {
    Invalid::new(FIELD, rule)
}
