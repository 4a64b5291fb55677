//! Signed returns: a short signature over what we append to a callback, for merchants who have asked for it.
//!
//! Its secret and its key pair are derived from the operator's key that the journey has frozen, and its time is the
//! journey's own: the same return has the same signature for ever, and signing reads nothing from the store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Keys;
use crate::domain::id::MerchantId;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::domain::params::Params;
use crate::domain::plan::Entry;
use crate::domain::secret::Secret;
use crate::domain::signed_return::{PARAMETER, Statement};
use crate::domain::terms::SignedReturns;

/// The version of an HMAC-SHA256.
const HMAC: &str = "v1";

/// The version of an Ed25519 signature.
const ED25519: &str = "v1a";

/// The purpose of the key pairs, and what their ids end with.
const PURPOSE: &str = "return";

/// What is written in a signature's place where nobody may use it: no key of base64url ends with this character.
const NOBODYS: &str = "x";

/// Why a signature is not taken for ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// It has not the form of one.
    Unreadable,
    /// No key of ours has this id.
    UnknownKey,
    /// It is none over this statement.
    Mismatch,
}

/// A secret that a merchant shares with us, with the id of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnSecret {
    /// The operator's key's id.
    pub key: String,
    /// The secret: its text, as it stands, is the key of the HMAC.
    pub secret: Secret,
}

/// A public key, with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnKey {
    /// Its id.
    pub kid: String,
    /// 32 bytes in base64url.
    pub x: String,
}

/// The parameter's value, taken apart.
struct Written<'a> {
    version: &'a str,
    seconds: u64,
    key: &'a str,
    signature: Vec<u8>,
}

impl Keys {
    /// Appends a signature to what a hand-back appends to `entry`, where the journey's terms want one; `at` must be a
    /// moment that the journey keeps. `Ok(None)` when the key that it was opened under is gone.
    ///
    /// # Errors
    /// As [`crate::domain::callback::CallbackUrl::with`].
    pub fn sign_return(
        &self,
        journey: &Journey,
        entry: &Entry,
        params: Params,
        at: Moment,
    ) -> Result<Option<Params>, Invalid> {
        let opening = journey.opening();
        let scheme = opening.terms.signed_returns;
        if scheme == SignedReturns::Off {
            return Ok(Some(params));
        }
        let callback = entry.url.bare(&params, entry.params_in)?;
        let statement = Statement {
            merchant: opening.merchant,
            seconds: at.as_millis() / 1000,
            callback: &callback,
            params: params.pairs().collect(),
        };
        let value = match scheme {
            SignedReturns::Off => return Ok(Some(params)),
            SignedReturns::Hmac => self.hmac_of(&statement, &opening.key),
            SignedReturns::Ed25519 => self.ed25519_of(&statement, &opening.key),
        };
        Ok(value.map(|value| params.append(PARAMETER, value)))
    }

    /// Appends a text as long as the signature will be, which nobody can use.
    #[must_use]
    pub fn rehearse_return(&self, journey: &Journey, params: Params) -> Params {
        let opening = journey.opening();
        let value = match opening.terms.signed_returns {
            SignedReturns::Off => return params,
            SignedReturns::Hmac => write(HMAC, "0000000000", &opening.key, &NOBODYS.repeat(43)),
            SignedReturns::Ed25519 => write(ED25519, "0000000000", &kid(&opening.key), &NOBODYS.repeat(86)),
        };
        params.append(PARAMETER, value)
    }

    /// Whether `value` is our signature on what `statement` says, given the seconds that the value names; answers them,
    /// and the id of the key.
    ///
    /// # Errors
    /// When it is none, with the reason.
    pub fn verify_return(&self, value: &str, statement: Statement<'_>) -> Result<(Moment, String), Unproven> {
        let written = Written::read(value).ok_or(Unproven::Unreadable)?;
        let statement = Statement { seconds: written.seconds, ..statement };
        let signed = statement.bytes(written.version, written.key);
        let proven = match written.version {
            HMAC => self.return_mac(written.key, statement.merchant, &signed).map(|mac| {
                mac.verify_slice(&written.signature).is_ok()
            }),
            _ => {
                let pair = written.key.strip_suffix(PURPOSE).and_then(|key| key.strip_suffix('-'));
                let pair = pair.and_then(|key| self.key_pair(key, PURPOSE));
                let signature = Signature::from_slice(&written.signature).map_err(|_| Unproven::Unreadable)?;
                pair.map(|pair| pair.verifying_key().verify_strict(&signed, &signature).is_ok())
            }
        };
        match proven {
            None => Err(Unproven::UnknownKey),
            Some(false) => Err(Unproven::Mismatch),
            Some(true) => {
                let at = Moment::from_millis(written.seconds.saturating_mul(1000));
                Ok((at, written.key.to_owned()))
            }
        }
    }

    /// The secrets of a merchant's signed returns: one for each of the operator's keys, the current one's first.
    pub fn return_secrets(&self, merchant: MerchantId) -> Vec<ReturnSecret> {
        let secrets = self.keys.iter().filter_map(|(key, _)| {
            Some(ReturnSecret { key: key.clone(), secret: self.return_secret(key, merchant)? })
        });
        secrets.collect()
    }

    /// The public keys of signed returns: one for each of the operator's keys, the current one's first.
    pub fn return_keys(&self) -> Vec<ReturnKey> {
        let keys = self.keys.iter().filter_map(|(key, _)| {
            let public = self.key_pair(key, PURPOSE)?.verifying_key();
            Some(ReturnKey { kid: kid(key), x: URL_SAFE_NO_PAD.encode(public.as_bytes()) })
        });
        keys.collect()
    }

    fn hmac_of(&self, statement: &Statement<'_>, key: &str) -> Option<String> {
        let mac = self.return_mac(key, statement.merchant, &statement.bytes(HMAC, key))?;
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Some(write(HMAC, &statement.seconds.to_string(), key, &signature))
    }

    fn ed25519_of(&self, statement: &Statement<'_>, key: &str) -> Option<String> {
        let kid = kid(key);
        let signature = self.key_pair(key, PURPOSE)?.sign(&statement.bytes(ED25519, &kid));
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        Some(write(ED25519, &statement.seconds.to_string(), &kid, &signature))
    }

    fn return_mac(&self, key: &str, merchant: MerchantId, signed: &[u8]) -> Option<Hmac<Sha256>> {
        let secret = self.return_secret(key, merchant)?;
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.reveal().as_bytes()).ok()?;
        mac.update(signed);
        Some(mac)
    }

    fn return_secret(&self, key: &str, merchant: MerchantId) -> Option<Secret> {
        let derived = self.derive(key, "return secret", &[merchant.as_bytes()])?;
        Some(Secret::new(format!("hbr_{}", URL_SAFE_NO_PAD.encode(derived))))
    }
}

impl<'a> Written<'a> {
    /// Reads `version.seconds.key.signature`. `None` when it is written in any other way than ours.
    fn read(value: &'a str) -> Option<Self> {
        let mut parts = value.split('.');
        let (version, seconds, key, signature) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let read: u64 = seconds.parse().ok()?;
        let well_formed = parts.next().is_none() && matches!(version, HMAC | ED25519) && read.to_string() == seconds;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().filter(|_| well_formed)?;
        Some(Self { version, seconds: read, key, signature })
    }
}

/// The id of the key pair of an operator's key, which has another id than the one that signs consent tokens.
fn kid(key: &str) -> String {
    format!("{key}-{PURPOSE}")
}

/// All of it means itself in a URL (RFC 3986, section 2.3).
fn write(version: &str, seconds: &str, key: &str, signature: &str) -> String {
    format!("{version}.{seconds}.{key}.{signature}")
}
