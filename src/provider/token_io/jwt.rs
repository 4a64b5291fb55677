//! How a call is signed: a JSON Web Signature in the `Authorization` header, detached, so that it covers the body
//! without repeating it (RFC 7515, appendix F). What it is about stands in its header, and not in claims.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::domain::{Invalid, Secret};

/// A private key that calls are signed with.
#[derive(Clone)]
pub struct SigningKey {
    key: Arc<EncodingKey>,
    algorithm: Algorithm,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a private key in PEM: Ed25519, P-256 or RSA.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(pem: &Secret) -> Result<Self, Invalid> {
        let bytes = pem.reveal().as_bytes();
        let read = EncodingKey::from_ed_pem(bytes)
            .map(|key| (key, Algorithm::EdDSA))
            .or_else(|_| EncodingKey::from_ec_pem(bytes).map(|key| (key, Algorithm::ES256)))
            .or_else(|_| EncodingKey::from_rsa_pem(bytes).map(|key| (key, Algorithm::RS256)));
        let (key, algorithm) = read.map_err(|_| {
            Invalid::new("private_key", "is not a private key")
                .hint("expected PEM: Ed25519, P-256 or RSA, -----BEGIN …")
        })?;
        Ok(Self { key: Arc::new(key), algorithm })
    }
}

/// What a signature is about.
#[skip_serializing_none]
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct SignedCall<'a> {
    /// When it ends, in milliseconds.
    pub exp: u64,
    /// The member.
    pub mid: &'a str,
    /// The id of the key.
    pub kid: &'a str,
    /// The method, in capitals.
    pub method: &'a str,
    /// The host, with its port where that is not the usual one.
    pub host: &'a str,
    /// The path, as it is sent.
    pub path: &'a str,
    /// The query, as it is sent, if there is one.
    pub query: Option<&'a str>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: Algorithm,
    #[serde(flatten)]
    call: SignedCall<'a>,
}

impl SignedCall<'_> {
    /// The token for a call with this body. `None` when it cannot be signed, which no key is known to do.
    pub(super) fn token(&self, key: &SigningKey, body: &[u8]) -> Option<Secret> {
        let header = serde_json::to_vec(&Header { alg: key.algorithm, call: *self }).ok()?;
        let (header, body) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
        let signature = crypto::sign(format!("{header}.{body}").as_bytes(), &key.key, key.algorithm).ok()?;
        Some(Secret::new(format!("{header}..{signature}")))
    }
}
