//! Who is let in: how many connections there are in all, and how many from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::telemetry::metrics::{Connections, Cut};

/// Counts a listener's connections. The most of them in all is kept by the server, which leaves the others waiting.
#[derive(Debug, Clone)]
pub struct Admission {
    counters: Arc<Connections>,
    addresses: Option<Arc<Addresses>>,
}

impl Admission {
    /// Counts connections without a limit for each address.
    pub const fn counted_by(counters: Arc<Connections>) -> Self {
        Self { counters, addresses: None }
    }

    /// Lets in at most `most` connections from one address. An IPv6 network of 64 bits counts as one address, because
    /// one client has all of it; an address in `trusted` is a proxy's, and is not counted.
    #[must_use]
    pub fn with_most_from_one_address(self, most: Option<usize>, trusted: Vec<IpNet>) -> Self {
        let addresses = most.map(|most| Arc::new(Addresses { most, trusted, open: Mutex::default() }));
        Self { addresses, ..self }
    }

    /// Whether it wants to know addresses.
    pub const fn asks_for_addresses(&self) -> bool {
        self.addresses.is_some()
    }

    /// Lets a connection in, unless its address has too many.
    pub fn admit(&self, address: Option<IpAddr>) -> Option<Admitted> {
        let place = match (&self.addresses, address) {
            (Some(addresses), Some(address)) => Some(addresses.clone().enter(address).or_else(|| {
                self.counters.cut(Cut::Address);
                None
            })?),
            _ => None,
        };
        self.counters.opened();
        Some(Admitted { counters: Arc::clone(&self.counters), _place: place })
    }
}

/// A connection that was let in. Dropped, it leaves.
#[derive(Debug)]
pub struct Admitted {
    counters: Arc<Connections>,
    _place: Option<Place>,
}

impl Admitted {
    /// Counts that this connection was broken off.
    pub fn count(&self, cut: Cut) {
        self.counters.cut(cut);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.counters.closed();
    }
}

/// The connections from each address.
#[derive(Debug)]
struct Addresses {
    most: usize,
    trusted: Vec<IpNet>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Addresses {
    fn enter(self: Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        if self.trusted.iter().any(|network| network.contains(&address)) {
            return Some(Place { addresses: self, client: None });
        }
        let client = client_of(address);
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let own = open.entry(client).or_default();
            if *own >= self.most {
                return None;
            }
            *own += 1;
        }
        Some(Place { addresses: self, client: Some(client) })
    }
}

/// One of the connections that an address may have.
#[derive(Debug)]
struct Place {
    addresses: Arc<Addresses>,
    client: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut open = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&client) {
            *own -= 1;
            if *own == 0 {
                open.remove(&client);
            }
        }
    }
}

/// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that name its network.
fn client_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(most: usize, trusted: &[&str]) -> (Admission, Arc<Connections>) {
        let counters = Arc::new(Connections::default());
        let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let admission = Admission::counted_by(Arc::clone(&counters));
        (admission.with_most_from_one_address(Some(most), trusted), counters)
    }

    fn from(admission: &Admission, address: &str) -> Option<Admitted> {
        admission.admit(Some(address.parse().unwrap()))
    }

    #[test]
    fn one_address_has_so_many_connections_and_another_its_own() {
        let (admission, counters) = admission(2, &[]);
        let (first, second) = (from(&admission, "192.0.2.1"), from(&admission, "::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(from(&admission, "192.0.2.1").is_none());
        assert!(from(&admission, "192.0.2.2").is_some());
        assert_eq!(counters.open(), 2);
        drop(first);
        assert!(from(&admission, "192.0.2.1").is_some(), "a connection that ended makes room");
    }

    #[test]
    fn one_ipv6_network_of_64_bits_counts_as_one_address() {
        let (admission, _) = admission(1, &[]);
        let first = from(&admission, "2001:db8:1:2::1");
        assert!(first.is_some() && from(&admission, "2001:db8:1:2:ffff::9").is_none());
        assert!(from(&admission, "2001:db8:1:3::1").is_some());
    }

    #[test]
    fn a_trusted_proxy_has_as_many_as_it_needs() {
        let (admission, counters) = admission(1, &["10.0.0.0/8", "fd00::/8"]);
        let all: Vec<_> = ["10.1.2.3", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "fd00::1"]
            .map(|address| from(&admission, address))
            .into_iter()
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert_eq!(counters.open(), 5);
        drop(all);
        assert_eq!(counters.open(), 0);
    }
}
