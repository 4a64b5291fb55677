//! Ed25519 key pairs (RFC 8032), derived from the operator's keys: one for each purpose.
//!
//! What strangers verify without sharing a secret is signed by these. A pair serves one purpose alone, so that
//! what is signed for one can never be shown for another.

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use super::Keys;
use crate::domain::{GatewaySignature, Journey};

/// The purpose of the pair that signs redirects home.
const HOME: &str = "way home";

impl Keys {
    /// A signature over what stands on the redirect home of a journey, under the key that it was opened with: the same
    /// bytes every time. `None` when the operator has that key no more.
    pub fn gateway_signature(&self, journey: &Journey, bytes: &[u8]) -> Option<GatewaySignature> {
        let pair = self.key_pair(&journey.opening().key, HOME)?;
        Some(GatewaySignature { key: pair.verifying_key().to_bytes(), bytes: pair.sign(bytes).to_bytes() })
    }

    /// The public keys that verify [`Keys::gateway_signature`], one for each of the operator's keys, the current one's
    /// first.
    pub fn gateway_keys(&self) -> Vec<[u8; 32]> {
        let pairs = self.keys.iter().filter_map(|(id, _)| self.key_pair(id, HOME));
        pairs.map(|pair| pair.verifying_key().to_bytes()).collect()
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
    fn each_purpose_and_each_key_has_a_pair_of_its_own() {
        let ring =
            [Keys::write_fresh("k2", [4; 32]), Keys::write_fresh("k1", [3; 32])].map(|key| key.reveal().to_owned());
        let keys = Keys::parse(&ring.join(",")).unwrap();
        let public = |key, purpose| keys.key_pair(key, purpose).unwrap().verifying_key().to_bytes();
        assert_ne!(public("k2", HOME), public("k1", HOME));
        assert_ne!(public("k2", HOME), public("k2", "another"));
        assert!(keys.key_pair("k3", HOME).is_none());
        assert_eq!(keys.gateway_keys(), [public("k2", HOME), public("k1", HOME)]);
    }

    #[test]
    fn a_way_home_is_signed_under_the_key_of_its_journey_whatever_the_current_one_is() {
        let journey = crate::domain::journey::tests::journey();
        let old = Keys::write_fresh(&journey.opening().key, [3; 32]).reveal().to_owned();
        let (before, after) = (old.clone(), format!("{},{old}", Keys::write_fresh("new", [4; 32]).reveal()));
        let [before, after] = [before, after].map(|text| Keys::parse(&text).unwrap());
        let signed = before.gateway_signature(&journey, b"text").unwrap();
        assert_eq!(after.gateway_signature(&journey, b"text"), Some(signed), "the same bytes, every time");
        assert_eq!(after.gateway_keys()[1], signed.key);
        let key = VerifyingKey::from_bytes(&signed.key).unwrap();
        assert!(key.verify_strict(b"text", &Signature::from_bytes(&signed.bytes)).is_ok());
        let without = Keys::parse(Keys::write_fresh("new", [4; 32]).reveal()).unwrap();
        assert_eq!(without.gateway_signature(&journey, b"text"), None);
    }
}
