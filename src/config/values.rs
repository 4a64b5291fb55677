//! How texts become the values of settings, one function for each kind of value.

use std::net::{IpAddr, SocketAddr};
use std::{ops::RangeInclusive, time::Duration};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use super::span;
use crate::domain::text::check_readable;
use crate::domain::{Digest, Invalid, callback::NEVER};
use crate::keys;

const SECOND: Duration = Duration::from_secs(1);

/// Reads an IP address and a port.
pub fn address(text: &str) -> Result<SocketAddr, Invalid> {
    text.parse().map_err(|_| {
        Invalid::new("", "is not a valid IP address and port")
            .hint("expected IP:PORT, such as 127.0.0.1:8080 or [::]:8080")
    })
}

/// Reads `true` or `false`.
pub fn flag(text: &str) -> Result<bool, Invalid> {
    text.parse().map_err(|_| Invalid::new("", "is neither true nor false").hint("expected true or false"))
}

/// Reads a whole number of `things` within `bounds`.
pub fn number<T>(text: &str, bounds: RangeInclusive<T>, things: &str) -> Result<T, Invalid>
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

/// Reads how many connections there may be.
pub fn connections(text: &str) -> Result<usize, Invalid> {
    number(text, 1..=1_000_000, "connections")
}

/// Reads `off`, which is none, or a value.
pub fn unless_off<T>(text: &str, read: impl FnOnce(&str) -> Result<T, Invalid>) -> Result<Option<T>, Invalid> {
    if text == "off" { Ok(None) } else { read(text).map(Some) }
}

/// Reads how long an idle connection stays open, or `off`.
pub fn keep_alive(text: &str) -> Result<Option<Duration>, Invalid> {
    let expected = "expected off, or a number and a unit from 1s to 60s";
    unless_off(text, |text| span::parse(text, SECOND, 60 * SECOND).map_err(|invalid| invalid.hint(expected)))
}

/// One thread for each CPU, within what may be set.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, |cpus| cpus.get().min(256))
}

/// Reads one key, or two while it is being replaced, with a comma between them: long enough that nobody guesses it, and
/// fit for a header.
pub fn operator_keys(text: &str) -> Result<Vec<Digest>, Invalid> {
    each(text, |text| {
        if (32..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(keys::operator_key(text));
        }
        Err(Invalid::new("", "is not a valid operator key")
            .hint("expected 32 to 256 visible ASCII characters without a comma, chosen at random"))
    })
}

/// How many secrets are given, for people.
pub fn counted(secrets: &[Digest]) -> String {
    match secrets.len() {
        0 => "none".to_owned(),
        1 => "given".to_owned(),
        many => format!("{many} given"),
    }
}

/// Reads the entries of a list, the first wrong one being the mistake.
pub fn each<T>(text: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    text.split(',').map(|part| read(part.trim())).collect()
}

/// Reads the scheme of an app.
pub fn app_scheme(part: &str) -> Result<String, Invalid> {
    let refused = |what: &str| Invalid::new("", format!("holds {part:?}, which is {what}"));
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
    match part {
        "http" | "https" => Err(refused("not an app scheme").hint("web addresses need no entry")),
        part if NEVER.contains(&part) => Err(refused("never allowed")),
        part if part.starts_with(|c: char| c.is_ascii_lowercase()) && part.bytes().all(allowed) => Ok(part.to_owned()),
        _ => Err(refused("not a scheme")
            .hint("expected such as shopapp: a lower-case letter, then letters, digits, +, - and .")),
    }
}

/// Reads a network. One whose address has bits behind its prefix is a slip of the pen, and an IPv4 network that is
/// written as IPv6 would never fit, because addresses are judged as IPv4.
pub fn network(part: &str) -> Result<IpNet, Invalid> {
    let refused = || Invalid::new("", format!("holds {part:?}, which is not a network"));
    let net = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    let net = net.map_err(|_| refused().hint("expected such as 10.0.0.0/8, fd00::/8 or 192.0.2.7"))?;
    let mapped = match net {
        IpNet::V4(_) => None,
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped(),
    };
    match mapped {
        Some(v4) => Err(refused().hint(format!("write it as IPv4, such as {v4}"))),
        None if net != net.trunc() => Err(refused().hint(format!("did you mean {} or {}?", net.trunc(), net.addr()))),
        None => Ok(net),
    }
}

/// Reads a port.
pub fn port(part: &str) -> Result<u16, Invalid> {
    let refused = || Invalid::new("", format!("holds {part:?}, which is not a port")).hint("expected 1 to 65535");
    part.parse().ok().filter(|port| *port != 0).ok_or_else(refused)
}

/// Accepts what `tracing_subscriber` does, except a lone word that is no level: there it would be a target that nothing
/// has, and silence everything else.
pub fn log_filter(text: &str) -> Result<String, Invalid> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let refused = |rule: &str| {
        Invalid::new("", rule).hint("expected a level (off, error, warn, info, debug, trace) or TARGET=LEVEL")
    };
    let is_word = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    if text.split(',').map(str::trim).filter(is_word).any(|word| !is_level(word)) {
        return Err(refused("holds a word that is not a level"));
    }
    EnvFilter::try_new(text).map_err(|_| refused("is not a log filter"))?;
    Ok(text.to_owned())
}

/// The longest name for people, in characters.
const LONGEST_NAME: usize = 120;

/// Reads an id that stands in addresses.
///
/// # Errors
/// When it has other characters, or too many.
pub fn id(text: &str) -> Result<String, Invalid> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.len() <= 64 && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("", "cannot stand in an address").hint("expected 1 to 64 of a-z, 0-9 and -"))
}

/// Reads a name for people.
///
/// # Errors
/// When it is too long, or holds what cannot be read.
pub fn name(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > LONGEST_NAME {
        return Err(Invalid::new("", format!("is longer than {LONGEST_NAME} characters")));
    }
    check_readable("", text).map(|()| text.to_owned())
}
