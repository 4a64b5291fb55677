//! The operator's keys: what is derived from them, and what is sealed under them.
//!
//! A link, a `state`, a cookie and a one-time token are HMACs over a journey's id, under a key whose id the journey has
//! frozen. So the same return writes the same bytes for ever, and none of these texts need be stored. What must be
//! read again (a signing secret) is sealed by XChaCha20-Poly1305; the key's id stands before it, so that keys rotate.

mod consent;
mod console;
mod ed25519;
mod key_set;
mod password;
mod returns;
pub mod standard_webhooks;
mod text;
mod visit;
mod webhook;

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use jsonwebtoken::EncodingKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use consent::ConsentClaims;
pub use console::session_id;
pub use password::{hashed_key, sent_hash};
pub use returns::{ReturnKey, ReturnSecret, Unproven};
pub use text::{
    LINK_LENGTH, page_ticket_parts, pay_id_of_api_state, pay_id_of_link, pay_id_of_state, resume_handle_parts,
};
pub use visit::{Visit, visit_began_at};
pub use webhook::WebhookKey;

use crate::domain::{Digest, Invalid, Journey, MerchantId, OneTimeToken, Sealed, Secret};

/// How long an XChaCha20 nonce is, in bytes.
const NONCE: usize = 24;

/// The operator's keys, the current one first.
#[derive(Clone)]
pub struct Keys {
    keys: Vec<(String, Zeroizing<[u8; 32]>)>,
    /// What signs consent tokens under each of them: to make it anew takes longer than to sign.
    consent_signers: Vec<(String, EncodingKey)>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

impl Keys {
    /// Reads `id:base64,id:base64`, the current key first; each is 32 bytes in standard base64.
    ///
    /// # Errors
    /// When there is none, an id comes twice or has not 1 to 16 letters and digits, or a key has not 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let keys = text.split(',').map(str::trim).map(parse_key).collect::<Result<Vec<_>, _>>()?;
        let distinct: HashSet<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
        if distinct.len() < keys.len() {
            return Err(Invalid::new("keys", "name the same id twice"));
        }
        let keys = Self { keys, consent_signers: Vec::new() };
        Ok(Self { consent_signers: keys.consent_signers(), ..keys })
    }

    /// Writes a fresh key in the form that [`Keys::parse`] reads.
    pub fn write_fresh(id: &str, entropy: [u8; 32]) -> Secret {
        Secret::new(format!("{id}:{}", STANDARD.encode(entropy)))
    }

    /// The id of the key that new journeys hand back early.
    pub fn current(&self) -> &str {
        self.keys.first().map_or("", |(id, _)| id)
    }

    /// Whether there is a key of this id.
    pub fn has(&self, id: &str) -> bool {
        self.key(id).is_some()
    }

    /// A digest of each key, the current one's first, by which nodes can tell that they hold the same.
    pub fn fingerprints(&self) -> Vec<Digest> {
        self.keys.iter().map(|(_, key)| digest("key fingerprint", key.as_slice())).collect()
    }

    /// The one-time token of a journey's final outcome of this number.
    pub fn one_time_token(&self, journey: &Journey, number: u8) -> Option<OneTimeToken> {
        let derived = self.derive(&journey.opening().key, "one-time token", &[journey.id().as_bytes(), &[number]])?;
        Some(OneTimeToken::write(journey.pay_id(), *derived.first_chunk()?))
    }

    /// The one-time token that the handle of this number is redeemed for.
    pub fn resumed_token(&self, journey: &Journey, number: u8) -> Option<OneTimeToken> {
        let derived = self.derive(&journey.opening().key, "resumed token", &[journey.id().as_bytes(), &[number]])?;
        Some(OneTimeToken::write(journey.pay_id(), *derived.first_chunk()?))
    }

    /// The code verifier of a visit (RFC 7636, section 4.1).
    pub fn verifier(&self, journey: &Journey, visit: u8) -> Option<Secret> {
        let derived = self.derive(&journey.opening().key, "code verifier", &[journey.id().as_bytes(), &[visit]])?;
        Some(Secret::new(URL_SAFE_NO_PAD.encode(derived)))
    }

    /// The entropy of the API key of the demo merchant's own page, which is nowhere stored: of the first try, or a
    /// later one where somebody has the first one's number.
    pub fn demo_entropy(&self, merchant: MerchantId, attempt: u8) -> Option<[u8; 32]> {
        self.derive(self.current(), "demo", &[merchant.as_bytes(), &[attempt]])
    }

    /// The secret by which the test bank's pages know an address that this gateway vouches for.
    pub fn app_url_secret(&self) -> Option<Secret> {
        Some(Secret::new(URL_SAFE_NO_PAD.encode(self.derive(self.current(), "app url", &[])?)))
    }

    /// Seals `plain` for `owner`; only the same owner's name opens it.
    pub fn seal(&self, plain: &[u8], owner: &[u8], entropy: [u8; 32]) -> Option<Sealed> {
        let (id, key) = self.keys.first()?;
        let nonce = &entropy[..NONCE];
        let cipher = XChaCha20Poly1305::new(key.as_slice().into());
        let sealed = cipher.encrypt(XNonce::from_slice(nonce), Payload { msg: plain, aad: owner }).ok()?;
        let length = u8::try_from(id.len()).ok()?;
        Some(Sealed::new([&[length], id.as_bytes(), nonce, &sealed].concat()))
    }

    /// Opens what [`Keys::seal`] sealed for `owner`. `None` when the key is gone, or a byte is not as it was.
    pub fn open(&self, sealed: &Sealed, owner: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (length, rest) = sealed.as_bytes().split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        let key = self.key(std::str::from_utf8(id).ok()?)?;
        let cipher = XChaCha20Poly1305::new(key.as_slice().into());
        cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: owner }).ok().map(Zeroizing::new)
    }

    /// Opens a text that [`Keys::seal`] sealed for `owner`.
    pub fn open_text(&self, sealed: &Sealed, owner: &[u8]) -> Option<Secret> {
        let plain = self.open(sealed, owner)?;
        Some(Secret::new(std::str::from_utf8(&plain).ok()?))
    }

    /// Whether this was sealed under the current key.
    pub fn is_sealed_now(&self, sealed: &Sealed) -> bool {
        let current = self.current().as_bytes();
        let id = sealed.as_bytes().split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
        id == Some(current)
    }

    fn key(&self, id: &str) -> Option<&Zeroizing<[u8; 32]>> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }

    fn derive(&self, key: &str, purpose: &str, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.key(key)?.as_slice()).ok()?;
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&u32::try_from(part.len()).ok()?.to_be_bytes());
            mac.update(part);
        }
        Some(mac.finalize().into_bytes().into())
    }
}

/// The SHA-256 digest of `bytes`, kept apart from digests for other purposes.
pub fn digest(purpose: &str, bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(bytes);
    Digest::new(hash.finalize().into())
}

/// What is kept of the operator's key, by which its own API calls are known.
pub fn operator_key(key: &str) -> Digest {
    digest("operator key", key.as_bytes())
}

fn parse_key(text: &str) -> Result<(String, Zeroizing<[u8; 32]>), Invalid> {
    let refused =
        |rule: &str| Invalid::new("keys", rule).hint("expected id:base64 of 32 bytes, as `handback keys new` prints");
    let (id, key) = text.split_once(':').ok_or_else(|| refused("hold an entry without a colon"))?;
    if id.is_empty() || id.len() > 16 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(refused("hold an id that is not 1 to 16 letters and digits"));
    }
    let bytes = STANDARD.decode(key).ok().map(Zeroizing::new);
    let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    key.map(|key| (id.to_owned(), Zeroizing::new(key)))
        .ok_or_else(|| refused("hold a key that is not 32 bytes in base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;

    fn keys() -> Keys {
        Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap()
    }

    #[test]
    fn texts_are_derived_alike_every_time_and_of_each_visit_and_outcome_apart() {
        let (keys, journey) = (keys(), journey());
        let texts = |number| (keys.state(&journey, number), keys.one_time_token(&journey, number));
        assert_eq!(texts(0), texts(0));
        assert!(texts(0).0 != texts(1).0 && texts(0).1 != texts(1).1);
        let token = keys.one_time_token(&journey, 0).unwrap();
        assert_eq!(OneTimeToken::parse(token.reveal()).unwrap().pay_id(), journey.pay_id());
    }

    #[test]
    fn a_journey_of_a_key_that_is_gone_has_no_texts() {
        let other = Keys::parse(Keys::write_fresh("k2", [4; 32]).reveal()).unwrap();
        assert_eq!(other.link(&journey()), None);
    }

    #[test]
    fn only_the_owner_and_the_key_open_a_seal() {
        let keys = keys();
        let sealed = keys.seal(b"whsec", b"merchant", [5; 32]).unwrap();
        assert_eq!(keys.open(&sealed, b"merchant").unwrap().as_slice(), b"whsec");
        assert!(keys.open(&sealed, b"another").is_none());
        assert_eq!(keys.open_text(&sealed, b"merchant"), Some(Secret::new("whsec")));
        let bytes = keys.seal(&[0xff], b"merchant", [5; 32]).unwrap();
        assert_eq!(keys.open_text(&bytes, b"merchant"), None, "it is not a text");
        let mut bytes = sealed.as_bytes().to_vec();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert!(keys.open(&Sealed::new(bytes.clone()), b"merchant").is_none(), "byte {at}");
            bytes[at] ^= 1;
        }
    }

    #[test]
    fn an_old_key_still_opens_after_rotation() {
        let old = Keys::write_fresh("k1", [3; 32]);
        let sealed = Keys::parse(old.reveal()).unwrap().seal(b"x", b"", [0; 32]).unwrap();
        let rotated = format!("{},{}", Keys::write_fresh("k2", [4; 32]).reveal(), old.reveal());
        let rotated = Keys::parse(&rotated).unwrap();
        assert_eq!(rotated.current(), "k2");
        assert!(rotated.open(&sealed, b"").is_some());
        assert!(!rotated.is_sealed_now(&sealed) && !rotated.is_sealed_now(&Sealed::new(Vec::new())));
        assert!(rotated.is_sealed_now(&rotated.seal(b"x", b"", [0; 32]).unwrap()));
    }

    #[test]
    fn keys_are_named_and_whole() {
        let good = Keys::write_fresh("k1", [3; 32]);
        let twice = format!("{0},{0}", good.reveal());
        for bad in ["", "k1", "k1:", "k1:AAAA", "k 1:AAAA", &twice] {
            assert!(Keys::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
