//! The console's secrets, and the tokens of its forms.

use subtle::ConstantTimeEq as _;

use super::{Keys, digest};
use crate::domain::{ConsoleScope, ConsoleSecret, SessionId, base32};

/// What [`Keys::derive`] derives a secret's seal for.
const SEAL: &str = "console secret";

impl Keys {
    /// A sign-in link or a session of these bytes of entropy. `None` when there is no key.
    pub fn console_secret(&self, scope: ConsoleScope, entropy: [u8; 16]) -> Option<ConsoleSecret> {
        let (current, _) = self.keys.first()?;
        Some(ConsoleSecret::write(scope, entropy, |open| self.seal_of(current, open)))
    }

    /// Whether one of our keys has sealed this secret: all others are guesses.
    pub fn has_written(&self, secret: &ConsoleSecret) -> bool {
        let Some((open, seal)) = secret.sealed() else { return false };
        self.keys.iter().any(|(id, _)| self.seal_of(id, &open).ct_eq(&seal).into())
    }

    /// What a form of this session carries, so that no other page can send it.
    pub fn form_token(&self, session: &SessionId) -> Option<String> {
        self.form_token_of(self.current(), session)
    }

    /// Whether a form of this session carries it, under any of our keys: another node may have another current key.
    pub fn is_form_token(&self, session: &SessionId, token: &str) -> bool {
        let is_of = |key: &str| {
            let own = self.form_token_of(key, session);
            own.is_some_and(|own| own.as_bytes().ct_eq(token.as_bytes()).into())
        };
        self.keys.iter().any(|(id, _)| is_of(id))
    }

    /// What a secret is replaced by, for who knows these parts: under each of our keys, the current one first.
    pub fn successors<'a>(&'a self, parts: &'a [&'a [u8]]) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.keys.iter().filter_map(|(id, _)| self.derive(id, "successor", parts))
    }

    fn form_token_of(&self, key: &str, session: &SessionId) -> Option<String> {
        let derived = self.derive(key, "console form", &[session.as_bytes()])?;
        Some(base32::write(&derived[..16]))
    }

    fn seal_of(&self, key: &str, open: &[u8]) -> [u8; 16] {
        let derived = self.derive(key, SEAL, &[open]).unwrap_or_default();
        let mut seal = [0; 16];
        seal.copy_from_slice(&derived[..16]);
        seal
    }
}

/// What a store keeps of a console's secret.
pub fn session_id(secret: &ConsoleSecret) -> SessionId {
    let mut half = [0; 16];
    half.copy_from_slice(&digest("console secret", secret.reveal().as_bytes()).as_bytes()[..16]);
    SessionId::new(half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MerchantId;

    fn keys(id: &str, byte: u8) -> Keys {
        Keys::parse(Keys::write_fresh(id, [byte; 32]).reveal()).unwrap()
    }

    #[test]
    fn only_our_keys_write_secrets_and_no_byte_may_change() {
        let scope = ConsoleScope::Merchant(MerchantId::mint([3; 16]));
        let secret = keys("k1", 3).console_secret(scope, [9; 16]).unwrap();
        assert!(keys("k1", 3).has_written(&secret));
        assert!(!keys("k1", 4).has_written(&secret));
        let bytes: [u8; 48] = base32::read(secret.reveal()).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes;
            forged[at] ^= 1;
            let forged = ConsoleSecret::parse(&base32::write(&forged)).unwrap();
            assert!(!keys("k1", 3).has_written(&forged), "byte {at}");
            assert_ne!(session_id(&forged), session_id(&secret));
        }
    }

    #[test]
    fn a_form_is_of_one_session_and_an_older_key_still_knows_its_secrets() {
        let old = Keys::write_fresh("k1", [3; 32]);
        let rotated = Keys::parse(&format!("{},{}", Keys::write_fresh("k2", [4; 32]).reveal(), old.reveal())).unwrap();
        let secret = keys("k1", 3).console_secret(ConsoleScope::Operator, [1; 16]).unwrap();
        assert!(rotated.has_written(&secret));
        let [one, other] = [1, 2].map(|byte| rotated.form_token(&SessionId::new([byte; 16])).unwrap());
        assert_ne!(one, other);
        let before = keys("k1", 3).form_token(&SessionId::new([1; 16])).unwrap();
        assert_ne!(before, one);
        for (token, is_known) in [(&one, true), (&before, true), (&other, false)] {
            assert_eq!(rotated.is_form_token(&SessionId::new([1; 16]), token), is_known, "{token}");
        }
    }
}
