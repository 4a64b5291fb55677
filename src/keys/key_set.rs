//! The public halves of the keys that sign what strangers verify: a JWK set (RFC 7517).

use super::Keys;

impl Keys {
    /// The keys of consent tokens (P-256), then those of signed returns (Ed25519, RFC 8037), each kind's current one
    /// first. No two have the same id.
    pub fn key_set(&self) -> serde_json::Value {
        let returns = self.return_keys().into_iter().map(|key| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": key.x,
            })
        });
        serde_json::json!({ "keys": self.consent_key_set().chain(returns).collect::<Vec<_>>() })
    }
}
