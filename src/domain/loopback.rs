//! Which hosts are this machine itself.

use url::Host;

/// Whether a host is this machine: `localhost` and all names below it (RFC 6761, section 6.3), or an address of loopback.
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
