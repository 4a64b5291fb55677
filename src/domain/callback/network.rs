//! Networks that an operator has listed, as far as a rule for URLs needs them.

use std::net::IpAddr;

use url::Host;

/// A network: an address, and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// An address in it.
    pub address: IpAddr,
    /// How many leading bits its addresses have in common.
    pub prefix: u8,
}

impl Network {
    /// Whether `host` is an address in it. A name is not: what it resolves to is known when it is called.
    pub fn holds(&self, host: &Host<&str>) -> bool {
        match (self.address, host) {
            (IpAddr::V4(own), Host::Ipv4(host)) => same(own.to_bits().into(), host.to_bits().into(), 32, self.prefix),
            (IpAddr::V6(own), Host::Ipv6(host)) => same(own.to_bits(), host.to_bits(), 128, self.prefix),
            _ => false,
        }
    }
}

/// Whether two addresses of so many bits have their first `prefix` ones in common.
fn same(one: u128, other: u128, bits: u8, prefix: u8) -> bool {
    let differing = u32::from(bits.saturating_sub(prefix));
    (one ^ other).checked_shr(differing).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_network_by_its_leading_bits() {
        let network = |address: &str, prefix| Network { address: address.parse().unwrap(), prefix };
        for (network, host, expected) in [
            (network("10.1.0.0", 16), "10.1.255.255", true),
            (network("10.1.0.0", 16), "10.2.0.0", false),
            (network("10.1.2.3", 32), "10.1.2.3", true),
            (network("10.1.2.3", 32), "10.1.2.2", false),
            (network("0.0.0.0", 0), "203.0.113.7", true),
            (network("fd00::", 8), "[fdff::1]", true),
            (network("fd00::", 8), "[fe00::1]", false),
            (network("::", 0), "[::1]", true),
            (network("::", 0), "10.1.2.3", false),
            (network("0.0.0.0", 0), "name.example", false),
        ] {
            let url = url::Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(network.holds(&url.host().unwrap()), expected, "{network:?} {host}");
        }
    }
}
