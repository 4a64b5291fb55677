//! Where a URL leads, whatever its spelling: two spellings that every browser takes for one are one (RFC 3986, section
//! 6.2).

use std::{borrow::Cow, net::IpAddr};

/// A URL of the web with its scheme and host in lower case, without the port that its scheme has anyway, and with the
/// path that a host alone has; the rest is kept byte for byte. An app link is kept as it is.
pub fn canonical(url: &str) -> Cow<'_, str> {
    let Some(web) = Web::of(url) else { return Cow::Borrowed(url) };
    let (user, host) = web.authority.rsplit_once('@').map_or(("", web.authority), |(user, _)| {
        let host_at = user.len() + 1;
        (&web.authority[..host_at], &web.authority[host_at..])
    });
    let scheme = web.scheme.to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    let host = host.strip_suffix(own_port).or_else(|| host.strip_suffix(':')).unwrap_or(host).to_ascii_lowercase();
    Cow::Owned(format!("{scheme}://{user}{host}{}{}", web.root(), web.rest))
}

/// A URL of the web with the path that a host alone has; anything else as it is.
pub fn rooted(url: &str) -> Cow<'_, str> {
    match Web::of(url) {
        Some(web) if web.root() == "/" => Cow::Owned(format!("{}://{}/{}", web.scheme, web.authority, web.rest)),
        _ => Cow::Borrowed(url),
    }
}

/// What two callbacks have in common where one authorises the other: where they lead, without a query and a fragment.
/// The port of a loopback address does not count: an app on a desktop listens at whichever one is free (RFC 8252,
/// section 7.3). `localhost` is a name, which may lead to another program.
pub fn place(url: &str) -> String {
    let place = canonical(url.split(['?', '#']).next().unwrap_or_default());
    match Web::of(&place).and_then(|web| Some((web.loopback()?.to_owned(), web.rest.to_owned()))) {
        Some((host, path)) => format!("http://{host}{path}"),
        None => place.into_owned(),
    }
}

/// A URL of the web, taken apart.
struct Web<'a> {
    scheme: &'a str,
    authority: &'a str,
    rest: &'a str,
}

impl<'a> Web<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        Some(Self { scheme, authority, rest })
    }

    /// The path of a host alone.
    fn root(&self) -> &'static str {
        if self.rest.starts_with('/') { "" } else { "/" }
    }

    /// The host of plain http that is this machine itself, by its address.
    fn loopback(&self) -> Option<&'a str> {
        let after_host = self.authority.rfind(':').filter(|at| !self.authority[*at..].contains(']'));
        let host = &self.authority[..after_host.unwrap_or(self.authority.len())];
        let address: IpAddr = host.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        (self.scheme == "http" && address.is_loopback()).then_some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_every_browser_takes_for_one_are_one() {
        for (url, same) in [
            ("https://m.example", "https://m.example/"),
            ("https://m.example?x=1", "https://m.example/?x=1"),
            ("https://m.example#x", "https://m.example/#x"),
            ("HTTPS://M.Example/Path?Q", "https://m.example/Path?Q"),
            ("https://m.example:443", "https://m.example/"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1/cb"),
            ("https://m.example:/cb", "https://m.example/cb"),
        ] {
            assert_eq!(canonical(url), same);
            assert_eq!(canonical(same), same);
        }
        for other in ["https://m.example:80/", "http://m.example:443/", "com.example.app://cb", "com.example.app://CB"]
        {
            assert_eq!(canonical(other), other, "is spelled so by browsers, too");
        }
    }

    #[test]
    fn a_port_of_a_loopback_address_is_nobodys() {
        for (one, other, same) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:53219/cb?x=1", true),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:53219/cb#y", true),
            ("http://[::1]/cb", "http://[::1]:53219/cb", true),
            ("http://127.0.0.1", "http://127.0.0.1:53219/", true),
            ("http://127.0.0.1/cb", "http://127.0.0.2:53219/cb", false),
            ("http://127.0.0.1/cb", "http://[::1]/cb", false),
            ("http://localhost/cb", "http://localhost:53219/cb", false),
            ("https://127.0.0.1/cb", "https://127.0.0.1:53219/cb", false),
            ("http://10.0.0.1/cb", "http://10.0.0.1:53219/cb", false),
            ("https://m.example/cb", "https://m.example:53219/cb", false),
        ] {
            assert_eq!(place(one) == place(other), same, "{one} {other}");
        }
    }
}
