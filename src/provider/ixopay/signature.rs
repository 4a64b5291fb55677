//! `X-Signature`: HMAC-SHA512 over the method, the SHA-512 of the body, and three texts exactly as they travel.
//!
//! Callbacks are signed as the call that began the transaction was, so only the documented hash is needed here: MD5,
//! which IXOPAY knows too, is what its own PHP client signs with.
//! The dialect `ixopay`, whose room knows no provider, has the other side of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha512};

use crate::domain::{Secret, UnixMillis};

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub method: &'a str,
    pub body: &'a [u8],
    pub content_type: &'a str,
    /// The header `X-Date` if there is one, else `Date`.
    pub date: &'a str,
    /// Path and query.
    pub uri: &'a str,
}

impl Signed<'_> {
    /// The signature under this secret; `None` of a secret that cannot sign, which none is known to be.
    pub(super) fn sign(&self, secret: &Secret) -> Option<String> {
        Some(STANDARD.encode(self.mac(secret)?.finalize().into_bytes()))
    }

    /// Whether this is the signature under one of these secrets, compared in constant time.
    pub(super) fn is_signed(&self, secrets: &[Secret], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        secrets.iter().any(|secret| self.mac(secret).is_some_and(|mac| mac.verify_slice(&signature).is_ok()))
    }

    fn mac(&self, secret: &Secret) -> Option<Hmac<Sha512>> {
        let hash = HEXLOWER.encode(&Sha512::digest(self.body));
        let mut mac = <Hmac<Sha512> as Mac>::new_from_slice(secret.reveal().as_bytes()).ok()?;
        mac.update([self.method, &hash, self.content_type, self.date, self.uri].join("\n").as_bytes());
        Some(mac)
    }
}

/// A moment as the header `Date` has it (RFC 7231, section 7.1.1.1).
pub(super) fn date(at: UnixMillis) -> String {
    let seconds = i64::try_from(at.as_millis() / 1000).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads such a moment, in seconds; also with `UTC`, as the vendor's own PHP client writes it.
pub(super) fn read_date(text: &str) -> Option<u64> {
    let text = text.strip_suffix("UTC").map_or_else(|| text.to_owned(), |moment| format!("{moment}GMT"));
    let zoned = jiff::fmt::rfc2822::parse(&text).ok()?;
    u64::try_from(zoned.timestamp().as_second()).ok()
}
