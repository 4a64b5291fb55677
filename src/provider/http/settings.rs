//! What an operator says of a payment engine.

use reqwest::Url;

use crate::domain::{Currency, Invalid, Secret};
use crate::provider::AskSchedule;

/// A payment engine that speaks the protocol of docs/PROVIDERS.md.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Its id: 1 to 64 of a-z, 0-9 and -.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Where it is asked: https, or http on the same machine.
    pub url: Url,
    /// What both sides sign with, `whsec_…`: the first signs, each is believed.
    pub secrets: Vec<Secret>,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
    /// When it is asked about payments that have not ended.
    pub ask_schedule: AskSchedule,
}

impl HttpConfig {
    /// Reads the address of an engine.
    ///
    /// # Errors
    /// When it is neither https nor on this machine, or holds a user name, a query or a fragment.
    pub fn parse_url(text: &str) -> Result<Url, Invalid> {
        const EXPECTED: &str = "expected such as https://pay.example/handback";
        let refused = |rule: &str| Invalid::new("url", rule).hint(EXPECTED);
        let url = Url::parse(text).map_err(|_| refused("is not an address"))?;
        let is_local = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(refused("is not https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(refused("holds a user name, a query or a fragment"));
        }
        Ok(url)
    }

    /// Reads one secret or, while one replaces the other, two with a comma between them.
    ///
    /// # Errors
    /// When one is not `whsec_` with 24 to 64 bytes in base64 behind it.
    pub fn parse_secrets(text: &Secret) -> Result<Vec<Secret>, Invalid> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let expected = "expected whsec_ and 24 to 64 bytes in base64; two with a comma while one replaces the other";
        let is_valid = |secret: &str| {
            let key = secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
            key.is_some_and(|key| (24..=64).contains(&key.len()))
        };
        let secrets: Vec<&str> = text.reveal().split(',').map(str::trim).collect();
        if secrets.len() > 2 || !secrets.iter().all(|secret| is_valid(secret)) {
            return Err(Invalid::new("secret", "is not a secret of Standard Webhooks").hint(expected));
        }
        Ok(secrets.into_iter().map(Secret::new).collect())
    }
}
