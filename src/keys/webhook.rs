//! The key pair of one merchant that signs its webhooks, where a dialect's clients verify by a public key (Ed25519, RFC
//! 8032).
//!
//! Receivers have its public half in their configuration. So it is drawn once and kept, and outlives the operator's
//! keys: only its merchant replaces it.

use ed25519_dalek::{Signer as _, SigningKey};

/// A key pair that signs webhooks.
pub struct WebhookKey(SigningKey);

impl WebhookKey {
    /// The pair of a seed of 32 bytes. `None` when it has another length.
    pub fn of_seed(seed: &[u8]) -> Option<Self> {
        Some(Self(SigningKey::from_bytes(seed.try_into().ok()?)))
    }

    /// The public half: 32 bytes.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The signature over `bytes`: 64 bytes.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;

    #[test]
    fn what_is_signed_verifies_under_the_public_half_alone() {
        let [key, other] = [3, 4].map(|fill| WebhookKey::of_seed(&[fill; 32]).unwrap());
        let signature = Signature::from_slice(&key.sign(b"webhook")).unwrap();
        let verifies = |key: &WebhookKey, bytes: &[u8]| {
            VerifyingKey::from_bytes(&key.public()).unwrap().verify_strict(bytes, &signature).is_ok()
        };
        assert!(verifies(&key, b"webhook"));
        assert!(!verifies(&key, b"other") && !verifies(&other, b"webhook"));
        assert!(WebhookKey::of_seed(b"").is_none());
    }
}
