//! How single settings of an account are read: by the same rules in the operator's file and in a merchant's call.

use std::fmt;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use url::Url;

use crate::domain::{Invalid, Secret, callback::MAX_LENGTH, is_loopback};

/// The longest id of a bank, a member and the like.
const LONGEST_ID: usize = 200;

/// Reads the address of a payment engine.
///
/// # Errors
/// When it is neither https nor on this machine, or holds a user name, a query or a fragment.
pub fn engine_url(text: &str) -> Result<Url, Invalid> {
    const EXPECTED: &str = "expected such as https://pay.example/handback";
    let refused = |rule: &str| Invalid::new("url", rule).hint(EXPECTED);
    if text.len() > MAX_LENGTH {
        return Err(refused("is longer than 2048 bytes"));
    }
    let url = Url::parse(text).map_err(|_| refused("is not an address"))?;
    let is_local = url.host().is_some_and(|host| is_loopback(&host));
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
        return Err(refused("is not https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("holds a user name, a query or a fragment"));
    }
    Ok(url)
}

/// Reads the API key of a connector, which stands in addresses: 1 to 50 of `A-Z`, `a-z`, `0-9`, `-`, `.`, `_` and `~`.
///
/// # Errors
/// When it is anything else.
pub fn connector_key(text: &str) -> Result<String, Invalid> {
    let form = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if (1..=50).contains(&text.len()) && text.bytes().all(form) && !text.bytes().all(|b| b == b'.') {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("api_key", "is not the API key of a connector")
        .hint("expected 1 to 50 letters, digits, -, ., _ and ~"))
}

/// Reads the name of an API user: 1 to 100 visible characters of ASCII, but for the colon, which ends it in a call.
///
/// # Errors
/// When it is anything else.
pub fn connector_user(text: &str) -> Result<String, Invalid> {
    if (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("user", "is not the name of an API user")
        .hint("expected 1 to 100 visible characters without a colon"))
}

/// Reads the secret that we share with a payment engine or, while one replaces the other, two with a comma between
/// them.
///
/// # Errors
/// When one is not `whsec_` with 24 to 64 bytes in base64 behind it.
pub fn engine_secrets(text: &Secret) -> Result<Vec<Secret>, Invalid> {
    let expected = "expected whsec_ and 24 to 64 bytes in base64; two with a comma while one replaces the other";
    let is_valid = |secret: &str| {
        let key = secret.strip_prefix("whsec_").and_then(|key| BASE64.decode(key.as_bytes()).ok());
        key.is_some_and(|key| (24..=64).contains(&key.len()))
    };
    let secrets: Vec<&str> = text.reveal().split(',').map(str::trim).collect();
    if secrets.len() > 2 || !secrets.iter().all(|secret| is_valid(secret)) {
        return Err(Invalid::new("secret", "is not a secret of Standard Webhooks").hint(expected));
    }
    Ok(secrets.into_iter().map(Secret::new).collect())
}

/// Reads the one secret that we share with a payment engine, without the spaces around it.
///
/// # Errors
/// When it is not one, or there are two.
pub fn engine_secret(text: &Secret) -> Result<Secret, Invalid> {
    match engine_secrets(text)?.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Invalid::new("secret", "holds more than one").hint("expected whsec_ and 24 to 64 bytes in base64")),
    }
}

/// Reads an id that stands in the headers and bodies of calls, as it is: 1 to 200 visible characters of ASCII.
///
/// # Errors
/// When it is anything else.
pub fn visible_id(field: &'static str) -> impl Fn(&str) -> Result<String, Invalid> {
    move |text| visible(field, text)
}

/// Reads the id of an application, which a colon ends in a call (RFC 7617, section 2).
///
/// # Errors
/// When it is not 1 to 200 visible characters of ASCII, or holds a colon.
pub fn application_id(text: &str) -> Result<String, Invalid> {
    if text.contains(':') {
        return Err(Invalid::new("application_id", "holds a colon"));
    }
    visible("application_id", text)
}

/// Reads the id of an institution, which stands in addresses.
///
/// # Errors
/// When it is not 1 to 200 letters, digits, hyphens, underscores and full stops.
pub fn institution_id(text: &str) -> Result<String, Invalid> {
    let form = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(form) {
        return Ok(text.to_owned());
    }
    let rule = format!("is not 1 to {LONGEST_ID} letters, digits, hyphens, underscores and full stops");
    Err(Invalid::new("institution", rule))
}

fn visible(field: &str, text: &str) -> Result<String, Invalid> {
    if (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(field, format!("is not 1 to {LONGEST_ID} visible ASCII characters")))
}

/// The public key that verifies the webhooks of a member of Token.io's: 32 bytes of Ed25519.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookKey([u8; 32]);

impl WebhookKey {
    /// The key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When it is not 32 bytes in base64url.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let key = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let refused = || Invalid::new("webhook_key", "is not 32 bytes in base64url");
        key.map(Self).ok_or_else(|| refused().hint("expected the public key for webhooks of the member's page"))
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}
