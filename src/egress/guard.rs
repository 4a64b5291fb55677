//! The address guard: where a call may go. Pure, so that every spelling can be tried on it.
//!
//! It is asked twice. Once for the URL, because an address that stands in a URL never reaches a resolver; and once for
//! each address that a name resolves to, in the resolver, so that what was checked is what is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use reqwest::Url;
use url::Host;

use super::special::{carried, reserved, special};

/// The port of https.
const HTTPS: u16 = 443;

/// Why a call was not made. No sentence repeats the URL, which may hold a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What should be called is no URL, or has no host that could be called.
    #[error("it is no URL with a host; expected https://shop.example/...")]
    Unreadable,
    /// It has another scheme than http and https.
    #[error("its scheme is neither https nor http")]
    Scheme,
    /// It has a user name or a password.
    #[error("it has a user name or a password; expected none")]
    UserInfo,
    /// It is not https, and where it leads is not on the operator's list.
    #[error("it is not https, which only an address on the operator's list may do without")]
    Plain,
    /// It is https on this port, and where it leads is not on the operator's list.
    #[error("it is on port {0}, which only an address on the operator's list may be")]
    Port(u16),
    /// It names this very machine (RFC 6761 6.3).
    #[error("its host is this machine")]
    Localhost,
    /// Its name never leads to the public Internet, and the operator's list is empty.
    #[error("its name is reserved: {0}")]
    Reserved(&'static str),
    /// Its address, or each address of its name, is set apart for something else, and not on the operator's list.
    #[error("its address is not to be called: {0}")]
    Address(&'static str),
    /// A header or the body that it was given cannot be sent.
    #[error("its {0} cannot be sent")]
    Unsendable(&'static str),
}

/// Which addresses a call may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public ones, and those on the operator's list.
    Public,
    /// Those on the operator's list alone.
    Listed,
}

/// The ports on which public addresses may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// Any: for addresses that an operator wrote, such as a bank's.
    Any,
    /// These.
    Only(Vec<u16>),
}

impl Default for Ports {
    /// 443.
    fn default() -> Self {
        Self::Only(vec![HTTPS])
    }
}

/// Where calls may go: to public addresses by https on certain ports, and to the addresses of the operator's list by
/// http and https on every port.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    listed: Vec<IpNet>,
    ports: Ports,
}

impl Guard {
    /// A guard with the operator's list and the ports of public addresses. By default the list is empty, and the port
    /// is 443.
    ///
    /// A listed network of IPv6 forms that carry an IPv4 address (`64:ff9b::/96` for NAT64, RFC 6052) opens the form
    /// only: the address inside must be public, or on the list too.
    pub const fn new(listed: Vec<IpNet>, ports: Ports) -> Self {
        Self { listed, ports }
    }

    /// The ports on which public addresses may be called.
    pub(super) const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Judges a URL, and answers what its host may resolve to.
    ///
    /// # Errors
    /// When it must not be called, whatever its host resolves to.
    pub fn check_url(&self, url: &Url) -> Result<Reach, Refused> {
        let exemption = self.exemption(url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let reach = match url.host().ok_or(Refused::Unreadable)? {
            Host::Ipv4(address) => self.check(address.into())?,
            Host::Ipv6(address) => self.check(address.into())?,
            Host::Domain(name) => self.check_name(name)?,
        };
        match exemption {
            None => Ok(reach),
            // The list is empty, or the address that the URL spells out is not on it.
            Some(refused) if reach == Reach::Public && (self.listed.is_empty() || is_literal(url)) => Err(refused),
            Some(_) => Ok(Reach::Listed),
        }
    }

    /// Judges an address, and answers why it may be called.
    ///
    /// # Errors
    /// [`Refused::Address`], with what it is set apart for.
    pub fn check(&self, address: IpAddr) -> Result<Reach, Refused> {
        let address = address.to_canonical();
        let listed = self.listed.iter().any(|net| net.contains(&address));
        match special(address) {
            Some(why) if !listed => return Err(Refused::Address(why)),
            _ => {}
        }
        match address {
            IpAddr::V6(v6) if let Some(inside) = carried(v6) => self.check(inside.into()),
            _ => Ok(if listed { Reach::Listed } else { Reach::Public }),
        }
    }

    /// Whether a call of this reach may go to this address.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub(super) fn check_for(&self, reach: Reach, address: IpAddr) -> Result<(), Refused> {
        match (reach, self.check(address)?) {
            (Reach::Listed, Reach::Public) => Err(Refused::Address("public, and neither https nor on an allowed port")),
            _ => Ok(()),
        }
    }

    /// Whether this address may be called at all.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.check(address).is_ok()
    }

    /// What a public address would be refused for: another scheme than https, or another port.
    fn exemption(&self, url: &Url) -> Result<Option<Refused>, Refused> {
        let port = url.port_or_known_default().unwrap_or(HTTPS);
        match (url.scheme(), &self.ports) {
            // Port 0 is no port; systems disagree on what to do about it.
            ("https" | "http", _) if port == 0 => Err(Refused::Port(0)),
            ("http", _) => Ok(Some(Refused::Plain)),
            ("https", Ports::Only(ports)) if !ports.contains(&port) => Ok(Some(Refused::Port(port))),
            ("https", _) => Ok(None),
            _ => Err(Refused::Scheme),
        }
    }

    /// Judges a name before it is resolved: those that are this machine by definition need no resolver (RFC 6761 6.3),
    /// and those that are reserved lead to no public address.
    fn check_name(&self, name: &str) -> Result<Reach, Refused> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or_default();
        if name.is_empty() {
            return Err(Refused::Unreadable);
        }
        if !last.eq_ignore_ascii_case("localhost") && !name.eq_ignore_ascii_case("localhost.localdomain") {
            return match reserved(name) {
                None => Ok(Reach::Public),
                Some(why) if self.listed.is_empty() => Err(Refused::Reserved(why)),
                // Where it leads is a matter of the operator's own network, and so of the list.
                Some(_) => Ok(Reach::Listed),
            };
        }
        let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if here.into_iter().any(|address| self.admits(address)) { Ok(Reach::Listed) } else { Err(Refused::Localhost) }
    }
}

fn is_literal(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}
