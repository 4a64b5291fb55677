//! Any address of a network that is set apart, in any form that it can be written in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::prelude::*;
use reqwest::Url;

use crate::egress::{Guard, Refused, special::networks};

/// A network that is set apart, and an address in it.
fn set_apart() -> impl Strategy<Value = IpAddr> {
    (proptest::sample::select(networks()), any::<u128>()).prop_map(|(net, chance)| within(net, chance))
}

fn within(net: IpNet, chance: u128) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            let [.., a, b, c, d] = chance.to_be_bytes();
            let mask = u32::from(net.hostmask());
            Ipv4Addr::from(u32::from(net.network()) | (u32::from_be_bytes([a, b, c, d]) & mask)).into()
        }
        IpNet::V6(net) => Ipv6Addr::from(u128::from(net.network()) | (chance & u128::from(net.hostmask()))).into(),
    }
}

/// How one number of an IPv4 address is written.
fn number(value: u64, radix: u8) -> String {
    match radix % 5 {
        0 => value.to_string(),
        1 => format!("{value:#x}"),
        2 => format!("0X{value:08X}"),
        3 => format!("0{value:o}"),
        _ => format!("0000{value:o}"),
    }
}

/// An IPv4 address in one to four numbers, as `inet_aton` reads them.
fn aton(address: Ipv4Addr, parts: usize, radices: [u8; 4]) -> String {
    let [a, b, c, d] = address.octets().map(u64::from);
    let numbers = match parts {
        1 => vec![u64::from(u32::from(address))],
        2 => vec![a, (b << 16) | (c << 8) | d],
        3 => vec![a, b, (c << 8) | d],
        _ => vec![a, b, c, d],
    };
    let written: Vec<String> = numbers.into_iter().zip(radices).map(|(value, radix)| number(value, radix)).collect();
    written.join(".")
}

/// Another way to write the same host in a URL: other digits and dots (UTS 46 maps them), percent-encoded, with a root.
fn disguised(host: &str, disguise: u8) -> String {
    let each = |f: fn(char) -> String| host.chars().map(f).collect::<String>();
    match disguise % 6 {
        0 => host.to_owned(),
        1 => format!("{host}."),
        2 => each(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c).to_string()),
        3 => each(|c| format!("%{:02x}", u32::from(c))),
        4 => host.replace('.', "。"),
        _ => each(|c| c.to_digit(10).and_then(|d| char::from_u32(0x1d7ce + d)).unwrap_or(c).to_string()),
    }
}

/// The forms of IPv6 that carry an IPv4 address.
fn carriers(address: Ipv4Addr) -> Vec<String> {
    let (bits, text) = (u32::from(address), address.to_string());
    let (high, low) = (bits >> 16, bits & 0xffff);
    let plain = ["::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "2606:4700::5efe:", "2606:4700::200:5efe:"];
    let dotted = plain.iter().map(|prefix| format!("[{prefix}{text}]"));
    let hex = plain.iter().map(|prefix| format!("[{prefix}{high:X}:{low:04x}]"));
    let others = [format!("[2002:{high:x}:{low:x}::1]"), format!("[2001::{:x}:{:x}]", high ^ 0xffff, low ^ 0xffff)];
    dotted.chain(hex).chain(others).collect()
}

fn refused(guard: &Guard, host: &str) -> bool {
    let judged = Url::parse(&format!("https://{host}/")).map_err(|_| Refused::Unreadable);
    matches!(judged.and_then(|url| guard.check_url(&url)), Err(Refused::Address(_)))
}

proptest! {
    #[test]
    fn it_is_refused_in_every_form(
        address in set_apart(),
        parts in 1_usize..5,
        radices in any::<[u8; 4]>(),
        disguise in any::<u8>(),
    ) {
        let guard = Guard::default();
        prop_assert!(!guard.admits(address));
        match address {
            IpAddr::V4(v4) => {
                let host = disguised(&aton(v4, parts, radices), disguise);
                prop_assert!(refused(&guard, &host), "{host} is {v4}");
                for host in carriers(v4) {
                    prop_assert!(refused(&guard, &host), "{host} carries {v4}");
                }
            }
            IpAddr::V6(v6) => {
                let long: Vec<String> = v6.segments().iter().map(|segment| format!("{segment:04X}")).collect();
                for host in [format!("[{v6}]"), format!("[{}]", long.join(":"))] {
                    prop_assert!(refused(&guard, &host), "{host} is {v6}");
                }
            }
        }
    }

    #[test]
    fn a_form_says_the_same_as_the_address(bits in any::<u32>(), parts in 1_usize..5, radices in any::<[u8; 4]>(), disguise in any::<u8>()) {
        let (guard, address) = (Guard::default(), Ipv4Addr::from(bits));
        let host = disguised(&aton(address, parts, radices), disguise);
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        prop_assert_eq!(guard.check_url(&url), guard.check(address.into()), "{} is {}", host, address);
    }
}
