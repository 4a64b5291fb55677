//! How often one address may try to sign in: 30 times in any minute, whatever the way in.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Host;

use super::reply::problem;
use crate::domain::{EmailAddress, Network, UnixMillis};
use crate::listener::Connection;
use crate::web::pages::instead::Instead;
use crate::web::rates::Rate;
use crate::web::views::console::Problem;

/// How often one address may try in a minute.
const MOST: usize = 30;

/// How often links are mailed to one address in a minute.
const MOST_MAILED: usize = 2;

/// For how many addresses it is looked up at a time who has named them: each look reads every merchant.
const MOST_LOOKED_UP: usize = 4;

/// Where a proxy writes the address that it was called from, behind what it was given.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The tries of the last minute, by address.
pub struct SignInAttempts {
    proxies: Vec<Network>,
    addresses: Rate<IpAddr>,
    mailed: Rate<EmailAddress>,
    room: Arc<Semaphore>,
}

impl SignInAttempts {
    /// Nobody has tried yet. What comes from one of these proxies is counted by the address that it was given from.
    pub fn new(proxies: Vec<Network>) -> Self {
        Self {
            proxies,
            addresses: Rate::new(MOST),
            mailed: Rate::new(MOST_MAILED),
            room: Arc::new(Semaphore::new(MOST_LOOKED_UP)),
        }
    }

    /// Counts a try.
    ///
    /// # Errors
    /// When it is one too many: a page that says when to come again.
    pub(super) fn count(&self, request: &HttpRequest, now: UnixMillis) -> Result<(), Instead> {
        let connected = request.conn_data::<Connection>().and_then(Connection::peer_address);
        let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
        let Some(address) = connected.and_then(|address| self.client(address, lines)) else { return Ok(()) };
        self.addresses.count(counted_as(address), now).map_err(|reached| {
            let mut page = problem(&Problem::too_often());
            page.headers_mut().insert(header::RETRY_AFTER, reached.retry_seconds.into());
            page.into()
        })
    }

    /// Room to mail links to this address; `None` where it was mailed often enough, or too many are looked up now. The
    /// caller is not told which.
    pub(super) fn room_for_mail(&self, to: EmailAddress, now: UnixMillis) -> Option<OwnedSemaphorePermit> {
        self.mailed.count(to, now).ok()?;
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// The address that a request comes from; `None` where a proxy does not say.
    fn client<'a>(&self, connected: IpAddr, lines: impl Iterator<Item = &'a str>) -> Option<IpAddr> {
        if !self.is_proxy(connected) {
            return Some(connected);
        }
        // The last one is the nearest proxy's own; what stands before the proxies' may be made up.
        let all: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        let mut nearest_first = all.into_iter().rev().map_while(|text| named(text.trim()));
        nearest_first.find(|address| !self.is_proxy(*address))
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        let host = match address.to_canonical() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        self.proxies.iter().any(|network| network.holds(&host))
    }
}

/// An address as proxies write it: some with a port behind it, and IPv6 in brackets.
fn named(text: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.parse().ok();
    let in_brackets = || bare(text.strip_prefix('[')?.strip_suffix(']')?);
    bare(text).or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip())).or_else(in_brackets)
}

/// What an address is counted as: a home has a whole network (a /64) of IPv6 addresses.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(connected: &str, lines: &[&str]) -> Option<String> {
        let proxies = ["10.0.0.0", "fd00::"].map(|address| Network { address: address.parse().unwrap(), prefix: 8 });
        let attempts = SignInAttempts::new(proxies.into());
        attempts.client(connected.parse().unwrap(), lines.iter().copied()).map(|address| address.to_string())
    }

    #[test]
    fn only_a_proxy_of_the_operators_says_where_a_request_comes_from() {
        for (connected, lines, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], Some("192.0.2.1")),
            ("10.0.0.1", &["198.51.100.7"], Some("198.51.100.7")),
            ("::ffff:10.0.0.1", &["198.51.100.7"], Some("198.51.100.7")),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], Some("198.51.100.7")),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.2.3.4"], Some("198.51.100.7")),
            ("fd00::1", &["2001:db8::5"], Some("2001:db8::5")),
            ("10.0.0.1", &["198.51.100.7:4711"], Some("198.51.100.7")),
            ("10.0.0.1", &["[2001:db8::5]:443"], Some("2001:db8::5")),
            ("10.0.0.1", &["[2001:db8::5]"], Some("2001:db8::5")),
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &["203.0.113.9, nonsense"], None),
        ] {
            assert_eq!(client(connected, lines).as_deref(), expected, "{connected} {lines:?}");
        }
    }

    #[test]
    fn the_addresses_of_one_home_are_counted_together() {
        let [one, other, away] = ["2001:db8:1:2::3", "2001:db8:1:2:ffff::", "2001:db8:1:3::3"]
            .map(|address| counted_as(address.parse().unwrap()));
        assert_eq!(one, other);
        assert_ne!(one, away);
        let mapped = counted_as("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(mapped, "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
