//! Ed25519 key pairs (RFC 8032), derived from the operator's keys: one for each purpose.
//!
//! What a stranger has to verify without sharing a secret is signed by these. A pair serves one purpose alone, so that
//! what is signed for one can never be shown for another.

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use super::Keys;

/// The purpose of the pair that signs notices.
const NOTICES: &str = "gateway signature";

impl Keys {
    /// The gateway's own signature over `bytes`, as some dialects' notices carry it: 64 bytes of Ed25519, under the
    /// current key. `None` when there is no key at all.
    pub fn gateway_signature(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(self.key_pair(self.current(), NOTICES)?.sign(bytes).to_vec())
    }

    /// The public key that verifies [`Keys::gateway_signature`]: 32 bytes. It changes with the operator's current key.
    pub fn gateway_key(&self) -> Option<[u8; 32]> {
        Some(self.key_pair(self.current(), NOTICES)?.verifying_key().to_bytes())
    }

    /// The pair of the operator's key of this id for one purpose.
    pub(super) fn key_pair(&self, key: &str, purpose: &str) -> Option<SigningKey> {
        let seed = Zeroizing::new(self.derive(key, "ed25519", &[purpose.as_bytes()])?);
        Some(SigningKey::from_bytes(&seed))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;

    #[test]
    fn the_gateways_signature_verifies_under_its_key_alone() {
        let keys = Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap();
        let signature = Signature::from_slice(&keys.gateway_signature(b"notice").unwrap()).unwrap();
        let key = VerifyingKey::from_bytes(&keys.gateway_key().unwrap()).unwrap();
        assert!(key.verify_strict(b"notice", &signature).is_ok());
        assert!(key.verify_strict(b"other", &signature).is_err());
        let other = Keys::parse(Keys::write_fresh("k1", [4; 32]).reveal()).unwrap();
        let other = VerifyingKey::from_bytes(&other.gateway_key().unwrap()).unwrap();
        assert!(other.verify_strict(b"notice", &signature).is_err());
    }

    #[test]
    fn each_purpose_and_each_key_has_a_pair_of_its_own() {
        let ring =
            [Keys::write_fresh("k2", [4; 32]), Keys::write_fresh("k1", [3; 32])].map(|key| key.reveal().to_owned());
        let keys = Keys::parse(&ring.join(",")).unwrap();
        let public = |key, purpose| keys.key_pair(key, purpose).unwrap().verifying_key().to_bytes();
        assert_eq!(keys.gateway_key(), Some(public("k2", NOTICES)));
        assert_ne!(public("k2", NOTICES), public("k1", NOTICES));
        assert_ne!(public("k2", NOTICES), public("k2", "another"));
        assert!(keys.key_pair("k3", NOTICES).is_none());
    }
}
