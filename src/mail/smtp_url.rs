//! Where mail is handed over: one address that holds everything.

use std::fmt;
use std::net::IpAddr;

use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use url::{Host, Url};

use crate::domain::{Invalid, is_loopback};

/// The address of an SMTP server, which people see without its user and password: `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://` with `?tls=required`.
#[derive(Clone)]
pub struct SmtpUrl {
    url: Url,
    builder: AsyncSmtpTransportBuilder,
}

impl SmtpUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none of an SMTP server.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| {
            Invalid::new("", rule).hint("expected smtps://USER:PASSWORD@HOST, or smtp://…?tls=required (STARTTLS)")
        };
        let url = Url::parse(text).map_err(|_| refused("is not an address"))?;
        if !matches!(url.scheme(), "smtp" | "smtps") || url.host().is_none() {
            return Err(refused("is not the address of an SMTP server"));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(text);
        let builder = builder.map_err(|_| refused("is not the address of an SMTP server"))?;
        Ok(Self { url, builder })
    }

    /// Whether mail goes there without encryption, and not to this machine.
    pub fn is_open(&self) -> bool {
        // `opportunistic` goes on in the clear when somebody on the way takes the offer out.
        let tls = self.url.query_pairs().find(|(name, _)| name == "tls");
        let has_tls = self.url.scheme() == "smtps" || tls.is_some_and(|(_, value)| value == "required");
        // Addresses are told from names in the schemes of the web alone.
        let host = self.url.host_str().unwrap_or_default();
        let host = match host.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(address)) => Host::Ipv4(address),
            Ok(IpAddr::V6(address)) => Host::Ipv6(address),
            Err(_) => Host::Domain(host),
        };
        !has_tls && !is_loopback(&host)
    }

    pub(super) fn builder(&self) -> AsyncSmtpTransportBuilder {
        self.builder.clone()
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.url.port().map_or_else(String::new, |port| format!(":{port}"));
        write!(f, "{}://{}{port}", self.url.scheme(), self.url.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_how_and_shows_no_password() {
        for (text, shown, is_open) in [
            ("smtps://ada:s3cret@mail.example", "smtps://mail.example", false),
            ("smtp://mail.example:587?tls=required", "smtp://mail.example:587", false),
            ("smtp://mail.example:587?tls=opportunistic", "smtp://mail.example:587", true),
            ("smtp://mail.example", "smtp://mail.example", true),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525", false),
            ("smtp://[::1]:2525", "smtp://[::1]:2525", false),
            ("smtp://localhost", "smtp://localhost", false),
            ("smtp://192.0.2.1", "smtp://192.0.2.1", true),
        ] {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!((url.to_string(), url.is_open()), (shown.to_owned(), is_open));
            assert_eq!(format!("{url:?}"), shown);
        }
        for bad in ["", "mail.example", "https://mail.example", "smtp:", "smtp://mail.example?tls=maybe"] {
            assert!(SmtpUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
