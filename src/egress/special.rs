//! The networks that no call may reach unless an operator lists them, each with the document that sets it apart.
//!
//! It holds what Svix and Stripe's Smokescreen refuse together, and what they leave open: the networks for
//! documentation and benchmarks, the forms of IPv6 that carry an IPv4 address, and the clouds' own addresses. In IPv6
//! everything that is not global unicast space is refused, so that a network that is set apart tomorrow is refused
//! today.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4, after the IANA registry of special-purpose addresses (RFC 6890).
const IPV4: &[(Ipv4Net, &str)] = &[
    (v4([0, 0, 0, 0], 8), "this network (RFC 791, RFC 1122 3.2.1.3)"),
    (v4([10, 0, 0, 0], 8), "private (RFC 1918)"),
    (v4([100, 64, 0, 0], 10), "shared with a carrier (RFC 6598)"),
    (v4([127, 0, 0, 0], 8), "loopback (RFC 1122 3.2.1.3)"),
    // The metadata of most clouds is at 169.254.169.254.
    (v4([169, 254, 0, 0], 16), "link-local (RFC 3927)"),
    (v4([172, 16, 0, 0], 12), "private (RFC 1918)"),
    (v4([192, 0, 0, 0], 24), "kept for protocols (RFC 6890)"),
    (v4([192, 0, 2, 0], 24), "documentation (RFC 5737)"),
    (v4([192, 88, 99, 0], 24), "a 6to4 relay (RFC 7526)"),
    (v4([192, 168, 0, 0], 16), "private (RFC 1918)"),
    (v4([198, 18, 0, 0], 15), "benchmarks (RFC 2544)"),
    (v4([198, 51, 100, 0], 24), "documentation (RFC 5737)"),
    (v4([203, 0, 113, 0], 24), "documentation (RFC 5737)"),
    (v4([224, 0, 0, 0], 4), "multicast (RFC 5771)"),
    (v4([240, 0, 0, 0], 4), "reserved, or broadcast (RFC 1112 4, RFC 919)"),
    // Public by its number, and yet the inside of that cloud: DHCP, DNS, the agent's secrets.
    (v4([168, 63, 129, 16], 32), "Azure's platform (Microsoft, What is IP address 168.63.129.16)"),
];

/// IPv6, after the IANA registry of special-purpose addresses (RFC 6890). The first line that fits is the reason.
const IPV6: &[(Ipv6Net, &str)] = &[
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified (RFC 4291 2.5.2)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback (RFC 4291 2.5.3)"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible (RFC 4291 2.5.5.1)"),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), "IPv4-translated (RFC 2765 2.1)"),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "NAT64 (RFC 6052 2.1)"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "NAT64 of one's own (RFC 8215)"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "a black hole (RFC 6666)"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local (RFC 4193)"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local (RFC 4291 2.5.6)"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local (RFC 3879)"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast (RFC 4291 2.7)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo (RFC 4380)"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "benchmarks (RFC 5180)"),
    (v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28), "ORCHID (RFC 4843)"),
    (v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), "ORCHIDv2 (RFC 7343)"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "kept for protocols (RFC 2928)"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation (RFC 3849)"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4 (RFC 3056)"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation (RFC 9637)"),
];

/// The only part of IPv6 that is given out (RFC 4291 2.4, and the IANA registry of the address space).
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The domains that the public DNS never holds. `example` (RFC 6761 6.5) is left out: documents and tests name it, and
/// DNS answers for it that there is nothing.
const RESERVED: &[(&str, &str)] = &[
    ("local", "local is for multicast DNS (RFC 6762)"),
    ("internal", "internal is for private networks (ICANN, 2024)"),
    ("home.arpa", "home.arpa is for homes (RFC 8375)"),
    ("test", "test is for tests (RFC 6761 6.2)"),
    ("invalid", "invalid never resolves (RFC 6761 6.4)"),
    ("onion", "onion is for Tor (RFC 7686)"),
    ("alt", "alt is not for DNS (RFC 9476)"),
];

/// What a name is reserved for; `None` when it may be an ordinary public one. It has no root's dot.
pub(super) fn reserved(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let is_below = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    RESERVED.iter().find(|(domain, _)| is_below(domain)).map(|(_, why)| *why)
}

/// What an address is set apart for; `None` when it is an ordinary public one.
///
/// An IPv4-mapped address is the IPv4 address that a system connects to.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(v4) => IPV4.iter().find(|(net, _)| net.contains(&v4)).map(|(_, why)| *why),
        IpAddr::V6(v6) => {
            let line = IPV6.iter().find(|(net, _)| net.contains(&v6)).map(|(_, why)| *why);
            line.or_else(|| (!GLOBAL_UNICAST.contains(&v6)).then_some("not global unicast (RFC 4291 2.4)"))
        }
    }
}

/// The IPv4 address to which a translator or a tunnel would take a packet for this one.
///
/// Of NAT64 with a prefix of its own only the form of 96 bits is known by sight (RFC 8215 leaves the length open).
pub(super) fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let last = v4_of(s[6], s[7]);
    match s {
        // Unspecified and loopback are no IPv4-compatible addresses.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some(last),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => Some(last),
        [0x2002, high, low, ..] => Some(v4_of(high, low)),
        // Teredo hides the client's address from well-meaning translators by flipping its bits (RFC 4380 4).
        [0x2001, 0, ..] => Some(v4_of(!s[6], !s[7])),
        // ISATAP, below any prefix (RFC 5214 6.1).
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => Some(last),
        _ => None,
    }
}

fn v4_of(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let s = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]), prefix)
}

/// Every network of the two tables, for tests that try them all.
#[cfg(test)]
pub(super) fn networks() -> Vec<ipnet::IpNet> {
    let v4 = IPV4.iter().map(|(net, _)| ipnet::IpNet::from(*net));
    v4.chain(IPV6.iter().map(|(net, _)| ipnet::IpNet::from(*net))).collect()
}
