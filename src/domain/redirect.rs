//! Where a browser may be sent.
//!
//! A [`Redirect`] comes from one of three places: a callback that was frozen into a journey, a page of our own, or a
//! provider that the operator configured. Nothing that a browser brings can become one.
//!
//! ```compile_fail,E0451
//! use handback::domain::redirect::Redirect;
//! let open = Redirect { location: "https://evil.example/".into() };
//! ```

use std::{fmt, net::SocketAddr};

use url::Url;

use crate::domain::{CallbackUrl, Invalid, Params, Placement, is_loopback, params::percent_encoded};

/// The value of a `Location` header.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    location: String,
}

impl Redirect {
    /// Home: a merchant's callback with our parameters.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn home(callback: &CallbackUrl, params: &Params, placement: Placement) -> Result<Self, Invalid> {
        Ok(Self { location: callback.with(params, placement)? })
    }

    /// A page of our own: `path` is ours, the values are encoded.
    pub fn own(base: &PublicUrl, path: &str, query: &[(&str, &str)]) -> Self {
        Self { location: base.page(path, query) }
    }

    /// Out to a provider, where its [`crate::provider::Provider`] wants the browser.
    pub(crate) const fn to_provider(location: String) -> Self {
        Self { location }
    }

    /// The bytes of the header.
    pub fn as_str(&self) -> &str {
        &self.location
    }
}

impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redirect({}…)", self.location.split(['?', '#']).next().unwrap_or_default())
    }
}

/// The address under which browsers reach this gateway, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Accepts `https://host[:port]`, or `http` for a gateway behind nothing yet. It has a host of its own: cookies and
    /// pages of other programs under the same host would be in each other's reach.
    ///
    /// # Errors
    /// When it has another scheme, a path, a query, a fragment or a user name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| Err(Invalid::new("public_url", rule).hint("expected https://pay.example"));
        let Ok(url) = Url::parse(text) else { return refused("is not an absolute URL") };
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return refused("is neither https nor http");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return refused("has a query, a fragment or a user name");
        }
        if url.path() != "/" {
            return refused("has a path");
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// A server's own address, as long as nothing stands before it.
    pub fn of_server(bound: SocketAddr) -> Self {
        // Put together anew, because a scope (`%eth0`) has no place in a URL.
        Self(format!("http://{}", SocketAddr::new(bound.ip(), bound.port())))
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only browsers on this machine reach it.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
    }

    /// Whether browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// A page below it.
    pub fn page(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut page = [&self.0, path].concat();
        for (at, (name, value)) in query.iter().enumerate() {
            page.extend([if at == 0 { "?" } else { "&" }, name, "=", &percent_encoded(value)]);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_loses_its_last_slash() {
        assert_eq!(PublicUrl::parse("https://pay.example/").unwrap().as_str(), "https://pay.example");
        assert_eq!(
            PublicUrl::parse("http://127.0.0.1:8080").unwrap().page("/x", &[("a", "b c")]),
            "http://127.0.0.1:8080/x?a=b%20c"
        );
        for bad in
            ["pay.example", "ftp://x/", "https://x/?a", "https://x/#a", "https://u@x/", "https://x/y", "mailto:a@b"]
        {
            assert!(PublicUrl::parse(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn a_public_url_knows_whether_it_leaves_the_machine() {
        for (url, loopback) in [
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("https://pay.example", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(PublicUrl::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
        let own = PublicUrl::of_server("[::1%7]:8080".parse().unwrap());
        assert_eq!(own, PublicUrl::parse("http://[::1]:8080").unwrap());
    }
}
