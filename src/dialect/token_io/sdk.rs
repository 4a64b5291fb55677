//! The signature of Token.io's published JavaScript SDK: Ed25519 over a canonical description of the call.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;

use super::{Sent, canonical::canonical, key::verifies, sent::refused};
use crate::domain::{Invalid, UnixMillis};

/// How old, or how far ahead of our clock, a signature may be: it names no end of its own.
const FRESH: Duration = Duration::from_mins(10);

/// The header's parameters. `on-behalf-of` is not signed, and is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdkSignature {
    pub(super) member: String,
    pub(super) key: String,
    signature: Vec<u8>,
    created_at: String,
}

impl SdkSignature {
    /// Reads `member-id=…,key-id=…,signature=…,created-at-ms=…`, in any order.
    ///
    /// # Errors
    /// When one is missing, or comes twice.
    pub(super) fn read(parameters: &str) -> Result<Self, Invalid> {
        let mut sent = BTreeMap::new();
        for pair in parameters.split(',') {
            let (name, value) = pair.trim().split_once('=').unwrap_or((pair, ""));
            if sent.insert(name, value).is_some() {
                return Err(refused(format!("has {name} twice")));
            }
        }
        let needed = |name: &str| {
            let value = sent.get(name).filter(|value| !value.is_empty());
            value.map(|value| (*value).to_owned()).ok_or_else(|| refused(format!("has no {name}")))
        };
        let signature = URL_SAFE_NO_PAD.decode(needed("signature")?);
        Ok(Self {
            member: needed("member-id")?,
            key: needed("key-id")?,
            signature: signature.map_err(|_| refused("has a signature that is not base64url without padding"))?,
            created_at: needed("created-at-ms")?,
        })
    }

    /// Checks that it was made for this call, with the private half of the key in `pem`, and lately.
    pub(super) fn check(&self, sent: &Sent<'_>, pem: &str) -> Result<(), Invalid> {
        let created_at = self.created_at.parse().map(UnixMillis::from_millis);
        let created_at = created_at.map_err(|_| refused("has a created-at-ms that is no number of milliseconds"))?;
        if sent.at.since(created_at) > FRESH || created_at.since(sent.at) > FRESH {
            let rule = format!("was made more than {} minutes ago, or in the future", FRESH.as_secs() / 60);
            return Err(refused(rule).hint("created-at-ms is a time in milliseconds since 1970"));
        }
        let body = match sent.body {
            [] => None,
            body => Some(canonical(body).ok_or_else(|| Invalid::new("body", "is not JSON that can be signed"))?),
        };
        let says = |host: &str, path: &str| self.described(sent, (host, path), body.as_deref());
        let verified = |(host, path): (String, String)| {
            says(&host, path.trim_end_matches('/'))
                .is_some_and(|message| verifies(pem, Algorithm::EdDSA, message.as_bytes(), &self.signature))
        };
        if sent.splits().any(verified) {
            return Ok(());
        }
        let own = sent.splits().next().map(|(host, path)| format!("host {host} and path {path}"));
        Err(refused("has a signature that is not this key's over this call")
            .hint(format!("expected one over {}", own.unwrap_or_default())))
    }

    /// What the SDK signs.
    fn described(&self, sent: &Sent<'_>, (host, path): (&str, &str), body: Option<&str>) -> Option<String> {
        let mut says = BTreeMap::from([
            ("createdAtMs", self.created_at.as_str()),
            ("method", sent.method),
            ("uriHost", host),
            ("uriPath", path),
        ]);
        says.extend(body.map(|body| ("requestBody", body)));
        says.extend(Some(("queryString", sent.query)).filter(|(_, query)| !query.is_empty()));
        serde_json::to_string(&says).ok()
    }
}
