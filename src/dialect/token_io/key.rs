//! Public keys: what a merchant registers, and whether a call was signed with the private half of one.
//!
//! Registered are PEM texts; a JWK (RFC 7517) and the bare 32 bytes of an Ed25519 key in base64url, as Token.io's own
//! clients have them, become one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use p256::PublicKey as PointOfP256;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, LineEnding};
use sha2::{Digest as _, Sha256};

use crate::dialect::Object;
use crate::domain::Invalid;

/// What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410, section 4).
const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The longest key that is read, in bytes: an RSA key of 4096 bits in PEM has 800.
const MAX_KEY: usize = 4096;

/// The longest key id.
const MAX_ID: usize = 64;

/// The fewest bits of an RSA key (RFC 7518, section 3.3).
const RSA_BITS: usize = 2048;

/// The most bits of one: what a call costs to verify grows with them.
const RSA_MOST_BITS: usize = 4096;

const EXPECTED: &str = "expected an Ed25519, P-256 or RSA public key (2048 to 4096 bits) in PEM, one of the first two as a \
                        JWK, or 32 bytes of Ed25519 in base64url without padding";

/// A public key as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadKey {
    /// Its id, by which calls name it.
    pub id: String,
    /// The key, in PEM.
    pub pem: String,
}

/// Reads `{"key": …, "id": …}`. Without an `id` the key has the one that Token.io's own clients give it: the first 16
/// characters of the base64url of its SHA-256.
///
/// # Errors
/// When it is no public key that calls are signed with, or the id is none.
pub fn read_public_key(body: &[u8]) -> Result<ReadKey, Invalid> {
    let body = Object::of_body(body)?;
    let raw = body.raw("key").ok_or_else(|| body.missing("key").hint(EXPECTED))?;
    let (bytes, pem) = if raw.starts_with('{') {
        of_jwk(&body.needed_object("key")?)?
    } else {
        let text = body.needed_code("key")?;
        of_text(text.trim())?
    };
    let id = match body.text("id")? {
        Some(id) => checked_id(id)?,
        None => key_id(&bytes),
    };
    Ok(ReadKey { id, pem })
}

/// The id of a key: the start of its digest, as the SDK writes it.
pub fn key_id(key: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(key)).chars().take(16).collect()
}

/// Whether `signature` is that of `message` by the private half of this key. An algorithm that is not the key's own
/// says no, whatever the signature is.
///
/// ECDSA's two numbers may stand side by side (RFC 7518, section 3.4) or in DER, as OpenSSL has them.
pub(super) fn verifies(pem: &str, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let key = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem.as_bytes()),
        Algorithm::ES256 => DecodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::RS256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
        _ => return false,
    };
    let Ok(key) = key else { return false };
    // A key may have been registered before there was a rule.
    if algorithm == Algorithm::RS256 && checked_rsa(key.try_get_as_bytes().unwrap_or_default()).is_err() {
        return false;
    }
    let verified = |signature: &[u8]| {
        crypto::verify(&URL_SAFE_NO_PAD.encode(signature), message, &key, algorithm).unwrap_or(false)
    };
    let of_der = || match algorithm {
        Algorithm::ES256 => p256::ecdsa::Signature::from_der(signature).ok(),
        _ => None,
    };
    verified(signature) || of_der().is_some_and(|signature| verified(&signature.to_bytes()))
}

/// The bytes that an id is made of, and the key in PEM.
type Both = (Vec<u8>, String);

fn of_text(text: &str) -> Result<Both, Invalid> {
    if text.len() > MAX_KEY {
        return Err(refused(format!("is longer than {MAX_KEY} bytes")));
    }
    if text.contains("PRIVATE KEY") {
        return Err(refused("is a private key, which has to stay with you; make a new pair"));
    }
    if !text.starts_with("-----BEGIN ") {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused("is neither PEM nor base64url"))?;
        return of_ed25519(&bytes);
    }
    if let Ok(key) = DecodingKey::from_ed_pem(text.as_bytes()) {
        return of_ed25519(key.try_get_as_bytes().unwrap_or_default());
    }
    if let Ok(point) = PointOfP256::from_public_key_pem(text) {
        return of_p256(&point);
    }
    let key = DecodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| refused("is no public key that is known here"))?;
    let bytes = key.try_get_as_bytes().unwrap_or_default();
    checked_rsa(bytes)?;
    Ok((bytes.to_vec(), text.to_owned() + "\n"))
}

/// Refuses an RSA key (PKCS#1, in DER) that is too short, too long to be used, or has an exponent that hides nothing (RFC
/// 8017, section 3.1: an odd number, 3 or more).
fn checked_rsa(der: &[u8]) -> Result<(), Invalid> {
    let no_key = || refused(format!("is no RSA key of up to {RSA_MOST_BITS} bits"));
    let key = pkcs1::RsaPublicKey::try_from(der).map_err(|_| no_key())?;
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let hides = exponent.last().is_some_and(|last| last % 2 == 1) && exponent != [1];
    if bits > RSA_MOST_BITS || !hides || exponent.len() > 4 {
        return Err(no_key());
    }
    if bits < RSA_BITS {
        return Err(refused(format!("has {bits} bits, and an RSA key needs {RSA_BITS} at least")));
    }
    Ok(())
}

fn of_jwk(jwk: &Object) -> Result<Both, Invalid> {
    if jwk.raw("d").is_some() {
        return Err(refused("is a private key, which has to stay with you; make a new pair"));
    }
    let part = |name| {
        let text = jwk.needed_code(name)?;
        URL_SAFE_NO_PAD.decode(&text).map_err(|_| Invalid::new(jwk.at(name), "is not base64url without padding"))
    };
    match (jwk.needed_text("kty")?.as_str(), jwk.text("crv")?.as_deref()) {
        ("OKP", Some("Ed25519")) => of_ed25519(&part("x")?),
        ("EC", Some("P-256")) => {
            let point = [vec![4], part("x")?, part("y")?].concat();
            of_p256(&PointOfP256::from_sec1_bytes(&point).map_err(|_| refused("is no point of P-256"))?)
        }
        _ => Err(refused("is a JWK of a kind that is not known here")),
    }
}

fn of_ed25519(bytes: &[u8]) -> Result<Both, Invalid> {
    if bytes.len() != 32 {
        return Err(refused(format!("has {} bytes, and an Ed25519 key has 32", bytes.len())));
    }
    let point = bytes.try_into().ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
    if point.is_none_or(|point| point.is_weak()) {
        return Err(refused("is no point of Ed25519 that a signature can be trusted under"));
    }
    let der = STANDARD.encode([&ED25519, bytes].concat());
    Ok((bytes.to_vec(), format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")))
}

fn of_p256(point: &PointOfP256) -> Result<Both, Invalid> {
    let der = point.to_public_key_der().map_err(|_| refused("cannot be written down"))?;
    let pem = point.to_public_key_pem(LineEnding::LF).map_err(|_| refused("cannot be written down"))?;
    Ok((der.as_bytes().to_vec(), pem))
}

/// It stands in headers between commas.
fn checked_id(id: String) -> Result<String, Invalid> {
    let fits = |b: u8| b.is_ascii_graphic() && b != b',' && b != b'/';
    if (1..=MAX_ID).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(Invalid::new("id", "is no id of a key")
        .hint(format!("expected 1 to {MAX_ID} characters without spaces, , and /")))
}

fn refused(rule: impl Into<String>) -> Invalid {
    Invalid::new("key", rule).hint(EXPECTED)
}
