//! Signed returns: a short signature over what we append to a callback, for merchants who have asked for it.
//!
//! Its secret and its key pair are derived from the operator's key that the journey has frozen, and its time is the
//! journey's own: the same return has the same signature for ever, and signing reads nothing from the store.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer as _};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Keys;
use crate::domain::signed_return::{PARAMETER, Statement};
use crate::domain::{Invalid, Journey, MerchantId, Params, PlannedCallback, Secret, SignedReturns, UnixMillis};

/// The version of an HMAC-SHA256.
const HMAC: &str = "v1";

/// The version of an Ed25519 signature.
const ED25519: &str = "v1a";

/// The purpose of the key pairs, and what their ids end with.
const PURPOSE: &str = "return";

/// What is written in a signature's place where nobody may use it: no hexadecimal digit.
const NOBODYS: &str = "x";

/// Why a signature is not taken for ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// It has not the form of one.
    Unreadable,
    /// None of our keys has this id.
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
    /// Appends a signature to what a hand-back appends to `entry`, where the journey's settings want one; `at` must be
    /// a moment that the journey keeps. `Ok(None)` when the key that it was opened under is gone.
    ///
    /// # Errors
    /// As [`crate::domain::callback::CallbackUrl::with`].
    pub fn sign_return(
        &self,
        journey: &Journey,
        entry: &PlannedCallback,
        params: Params,
        at: UnixMillis,
    ) -> Result<Option<Params>, Invalid> {
        let opening = journey.opening();
        let scheme = opening.settings.signed_returns;
        let signature = self.rehearse_return(journey, Params::default()).query().len();
        let params = entry.fitted(params, signature);
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
    pub fn rehearse_return(&self, journey: &Journey, params: Params) -> Params {
        let opening = journey.opening();
        let value = match opening.settings.signed_returns {
            SignedReturns::Off => return params,
            SignedReturns::Hmac => write(HMAC, "0000000000", &opening.key, &NOBODYS.repeat(64)),
            SignedReturns::Ed25519 => write(ED25519, "0000000000", &kid(&opening.key), &NOBODYS.repeat(128)),
        };
        params.append(PARAMETER, value)
    }

    /// Whether `value` is our signature on what `statement` says, given the seconds that the value names; answers them,
    /// and the id of the key.
    ///
    /// # Errors
    /// When it is none, with the reason.
    pub fn verify_return(&self, value: &str, statement: Statement<'_>) -> Result<(UnixMillis, String), Unproven> {
        let written = Written::read(value).ok_or(Unproven::Unreadable)?;
        let statement = Statement { seconds: written.seconds, ..statement };
        let signed = statement.bytes(written.version, written.key);
        let proven = if written.version == HMAC {
            let mac = self.return_mac(written.key, statement.merchant, &signed);
            mac.map(|mac| mac.verify_slice(&written.signature).is_ok())
        } else {
            let signature = Signature::from_slice(&written.signature).map_err(|_| Unproven::Unreadable)?;
            let key = written.key.strip_suffix(PURPOSE).and_then(|key| key.strip_suffix('-'));
            let pair = key.and_then(|key| self.key_pair(key, PURPOSE));
            pair.map(|pair| pair.verifying_key().verify_strict(&signed, &signature).is_ok())
        };
        match proven {
            None => Err(Unproven::UnknownKey),
            Some(false) => Err(Unproven::Mismatch),
            Some(true) => {
                let at = UnixMillis::from_millis(written.seconds.saturating_mul(1000));
                Ok((at, written.key.to_owned()))
            }
        }
    }

    /// The secrets of a merchant's signed returns: one for each of the operator's keys, the current one's first.
    pub fn return_secrets(&self, merchant: MerchantId) -> Vec<ReturnSecret> {
        let secrets = self
            .keys
            .iter()
            .filter_map(|(key, _)| Some(ReturnSecret { key: key.clone(), secret: self.return_secret(key, merchant)? }));
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
        let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
        Some(write(HMAC, &statement.seconds.to_string(), key, &signature))
    }

    fn ed25519_of(&self, statement: &Statement<'_>, key: &str) -> Option<String> {
        let kid = kid(key);
        let signature = self.key_pair(key, PURPOSE)?.sign(&statement.bytes(ED25519, &kid));
        let signature = HEXLOWER.encode(&signature.to_bytes());
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
        let signature = HEXLOWER.decode(signature.as_bytes()).ok().filter(|_| well_formed)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;
    use crate::domain::{CallbackUrl, DeviceUrls, FrozenSettings, Opening, Placement, Rules};

    const AT: UnixMillis = UnixMillis::from_millis(1_790_000_000_999);
    const CALLBACK: &str = "https://shop.example/paid?order=7";

    fn keys(fill: u8) -> Keys {
        Keys::parse(Keys::write_fresh("k1", [fill; 32]).reveal()).unwrap()
    }

    fn signing(signed_returns: SignedReturns) -> Journey {
        let opening = journey().opening().clone();
        Journey::open(Opening { settings: FrozenSettings { signed_returns, ..opening.settings }, ..opening })
    }

    fn entry(url: &str) -> PlannedCallback {
        let url = CallbackUrl::parse(url, &Rules::default()).unwrap();
        PlannedCallback { url, params_in: Placement::Query, slot: None, device_urls: DeviceUrls::default() }
    }

    fn params() -> Params {
        Params::default().append("pay_id", "7").append("status", "success")
    }

    fn signed(keys: &Keys, scheme: SignedReturns) -> String {
        let params = keys.sign_return(&signing(scheme), &entry(CALLBACK), params(), AT).unwrap().unwrap();
        let (name, value) = params.pairs().last().unwrap();
        assert_eq!(name, PARAMETER);
        value.to_owned()
    }

    fn statement<'a>(callback: &'a str, params: &[(&'a str, &'a str)]) -> Statement<'a> {
        Statement { merchant: journey().opening().merchant, seconds: 0, callback, params: params.to_vec() }
    }

    fn own() -> Statement<'static> {
        statement(CALLBACK, &[("status", "success"), ("pay_id", "7")])
    }

    #[test]
    fn a_signature_is_verified_and_says_when_and_by_which_key() {
        for (scheme, key) in [(SignedReturns::Hmac, "k1"), (SignedReturns::Ed25519, "k1-return")] {
            let (keys, value) = (keys(3), signed(&keys(3), scheme));
            let at = UnixMillis::from_millis(1_790_000_000_000);
            assert_eq!(keys.verify_return(&value, own()), Ok((at, key.to_owned())), "{value}");
            assert_eq!(value, signed(&keys, scheme), "the same return has the same bytes");
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
            assert!(plain, "{value} means itself in a URL");
        }
    }

    #[test]
    fn the_vectors_of_the_manual_are_signed_alike() {
        let keys = keys(3);
        let manual = include_str!("../../docs/RETURNS.md");
        for scheme in [SignedReturns::Hmac, SignedReturns::Ed25519] {
            let value = signed(&keys, scheme);
            assert!(manual.contains(&value), "the manual lacks {value}");
        }
        let secret = keys.return_secrets(journey().opening().merchant).remove(0).secret;
        let public = keys.return_keys().remove(0).x;
        for text in [secret.reveal(), &public] {
            assert!(manual.contains(text), "the manual lacks {text}");
        }
        let bytes = Statement { seconds: 1_790_000_000, ..own() }.bytes(HMAC, "k1");
        let bytes = String::from_utf8(bytes).unwrap();
        assert!(manual.contains(&bytes), "the manual lacks {bytes}");
    }

    #[test]
    fn a_signature_is_worth_nothing_on_anything_else() {
        for scheme in [SignedReturns::Hmac, SignedReturns::Ed25519] {
            let (keys, value) = (keys(3), signed(&keys(3), scheme));
            let other = MerchantId::mint([2; 16]);
            for elsewhere in [
                Statement { merchant: other, ..own() },
                statement("https://shop.example/paid?order=8", &own().params),
                statement(CALLBACK, &[("pay_id", "7"), ("status", "cancel")]),
                statement(CALLBACK, &[("pay_id", "7")]),
                statement(CALLBACK, &[("pay_id", "7"), ("status", "success"), ("one-time-token", "x")]),
            ] {
                assert_eq!(keys.verify_return(&value, elsewhere.clone()), Err(Unproven::Mismatch), "{elsewhere:?}");
            }
            let another = Keys::parse(Keys::write_fresh("k1", [4; 32]).reveal()).unwrap();
            assert_eq!(another.verify_return(&value, own()), Err(Unproven::Mismatch));
            let renamed = Keys::parse(Keys::write_fresh("k2", [3; 32]).reveal()).unwrap();
            assert_eq!(renamed.verify_return(&value, own()), Err(Unproven::UnknownKey));
            for at in 0..value.len() {
                let other = if &value[at..=at] == "Q" { "g" } else { "Q" };
                let forged = format!("{}{other}{}", &value[..at], &value[at + 1..]);
                assert!(keys.verify_return(&forged, own()).is_err(), "{forged}");
            }
        }
    }

    #[test]
    fn what_has_not_the_form_of_a_signature_is_not_read() {
        let (keys, value) = (keys(3), signed(&keys(3), SignedReturns::Hmac));
        let [version, seconds, key, signature] = value.split('.').collect::<Vec<_>>()[..] else { panic!("{value}") };
        for bad in [
            String::new(),
            "v1".into(),
            format!("{value}."),
            format!("v2.{seconds}.{key}.{signature}"),
            format!("{version}.0{seconds}.{key}.{signature}"),
            format!("{version}.-1.{key}.{signature}"),
            format!("{version}.{seconds}.{key}.{signature}="),
            format!("v1a.{seconds}.{key}-return.{signature}"),
        ] {
            assert_eq!(keys.verify_return(&bad, own()), Err(Unproven::Unreadable), "{bad}");
        }
        assert_eq!(keys.verify_return(&format!("{version}.{seconds}.{key}."), own()), Err(Unproven::Mismatch));
    }

    #[test]
    fn two_keys_verify_at_once_and_the_frozen_one_signs() {
        let ring = [Keys::write_fresh("k2", [4; 32]), Keys::write_fresh("k1", [3; 32])];
        let rotated = Keys::parse(&ring.map(|key| key.reveal().to_owned()).join(",")).unwrap();
        for scheme in [SignedReturns::Hmac, SignedReturns::Ed25519] {
            assert_eq!(signed(&rotated, scheme), signed(&keys(3), scheme), "its journey has frozen k1");
            assert!(rotated.verify_return(&signed(&keys(3), scheme), own()).is_ok());
        }
        let ids: Vec<_> = rotated.return_secrets(journey().opening().merchant).into_iter().map(|own| own.key).collect();
        assert_eq!(ids, ["k2", "k1"]);
        let kids: Vec<_> = rotated.return_keys().into_iter().map(|own| own.kid).collect();
        assert_eq!(kids, ["k2-return", "k1-return"]);
        let gone = Keys::parse(Keys::write_fresh("k2", [4; 32]).reveal()).unwrap();
        let journey = signing(SignedReturns::Hmac);
        assert_eq!(gone.sign_return(&journey, &entry(CALLBACK), params(), AT), Ok(None));
    }

    #[test]
    fn a_rehearsal_is_as_long_as_a_signature_and_nobody_can_use_it() {
        let keys = keys(3);
        for scheme in [SignedReturns::Hmac, SignedReturns::Ed25519] {
            let rehearsed = keys.rehearse_return(&signing(scheme), params());
            let (_, value) = rehearsed.pairs().last().unwrap();
            assert_eq!(value.len(), signed(&keys, scheme).len());
            assert_eq!(keys.verify_return(value, own()), Err(Unproven::Unreadable));
        }
        let unsigned = signing(SignedReturns::Off);
        assert_eq!(keys.rehearse_return(&unsigned, params()), params());
        assert_eq!(keys.sign_return(&unsigned, &entry(CALLBACK), params(), AT), Ok(Some(params())));
    }
}
