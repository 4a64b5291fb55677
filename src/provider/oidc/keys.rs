//! A bank's public keys, and what they have signed.
//!
//! Both of a bank's signed tokens, `id_token` and signed answer (JARM), are verified here and nowhere else: the
//! algorithm is one that the operator pinned, the key is one of the bank's own set, and a header that asks for more
//! than that is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, errors::ErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::claims::Claims;

/// The smallest RSA modulus, in bits (RFC 7518, section 3.3).
pub(super) const SMALLEST_MODULUS: usize = 2048;

/// A key set as it is published (RFC 7517, section 5).
#[derive(Deserialize)]
pub(super) struct WireSet {
    keys: Vec<Value>,
}

/// A bank's key set (RFC 7517), without what cannot be used here.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// What it signs with, where the set says so.
    algorithm: Option<Algorithm>,
    public: DecodingKey,
}

/// What a key of the bank's has signed.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) algorithm: Algorithm,
    pub(super) claims: Claims,
}

/// Why a token is not what a key of the set has signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unverified {
    /// The set has no such key; a newer one might.
    UnknownKey,
    /// It never will be.
    Wrong(&'static str),
}

impl KeySet {
    /// The keys of a set that can be used. Keys of kinds that we do not know are left out, and so are those for
    /// encryption, shared secrets, and keys that are too weak (see [`Key::is_strong`]).
    pub(super) fn of(set: WireSet) -> Self {
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Self(jwks.filter_map(|jwk| Key::of(&jwk)).collect())
    }

    /// Whether one of the keys can sign with one of these algorithms.
    pub(super) fn can_verify(&self, pinned: &[Algorithm]) -> bool {
        let signs = |key: &Key, alg: &Algorithm| {
            key.public.family().algorithms().contains(alg) && key.algorithm.is_none_or(|own| own == *alg)
        };
        self.0.iter().any(|key| pinned.iter().any(|alg| signs(key, alg)))
    }

    /// Verifies a signature, and reads what is under it.
    ///
    /// # Errors
    /// See [`Unverified`].
    pub(super) fn verify(&self, token: &str, pinned: &[Algorithm]) -> Result<Signed, Unverified> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Unverified::Wrong("it is no signed token"))?;
        if !pinned.contains(&header.alg) {
            return Err(Unverified::Wrong("its algorithm is not one of the pinned ones"));
        }
        // RFC 7515, section 4.1.11: an extension that is not understood makes it invalid, and we understand none.
        if header.crit.is_some() {
            return Err(Unverified::Wrong("its header has critical extensions"));
        }
        let mut candidates = self.0.iter().filter(|key| key.may_have_signed(&header)).peekable();
        if candidates.peek().is_none() {
            return Err(Unverified::UnknownKey);
        }
        let claims = candidates.find_map(|key| key.verify(token, header.alg));
        match claims {
            Some(Ok(claims)) => Ok(Signed { algorithm: header.alg, claims }),
            Some(Err(())) => Err(Unverified::Wrong("its claims cannot be read")),
            // Without an id, the key that signed it may be one that the set has not yet.
            None if header.kid.is_none() => Err(Unverified::UnknownKey),
            None => Err(Unverified::Wrong("its signature is wrong")),
        }
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let verifies = jwk.common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !signs || !verifies || !Self::is_strong(&jwk.algorithm) {
            return None;
        }
        let algorithm = jwk.common.key_algorithm.map(Algorithm::try_from).transpose().ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithm, public: DecodingKey::from_jwk(jwk).ok()? })
    }

    /// RSA of at least 2048 bits (RFC 7518, section 3.3) with an odd exponent above one, or one of the curves that our
    /// algorithms are over (RFC 7518, section 3.4; RFC 8037, section 3.1).
    fn is_strong(key: &AlgorithmParameters) -> bool {
        match key {
            AlgorithmParameters::RSA(rsa) => {
                let number = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
                let exponent = number(&rsa.e);
                let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
                bits(&number(&rsa.n)) >= SMALLEST_MODULUS && is_odd && bits(&exponent) > 1
            }
            AlgorithmParameters::EllipticCurve(point) => {
                matches!(point.curve, EllipticCurve::P256 | EllipticCurve::P384)
            }
            AlgorithmParameters::OctetKeyPair(pair) => pair.curve == EllipticCurve::Ed25519,
            _ => false,
        }
    }

    fn may_have_signed(&self, header: &Header) -> bool {
        self.public.family().algorithms().contains(&header.alg)
            && self.algorithm.is_none_or(|algorithm| algorithm == header.alg)
            && (header.kid.is_none() || self.id == header.kid)
    }

    /// `None` when the signature is not this key's, an error when it is, but over something else than claims.
    fn verify(&self, token: &str, algorithm: Algorithm) -> Option<Result<Claims, ()>> {
        let mut rules = Validation::new(algorithm);
        // The claims are judged by `claims`, with a clock that is an argument.
        rules.required_spec_claims.clear();
        (rules.validate_exp, rules.validate_aud) = (false, false);
        match jsonwebtoken::decode(token, &self.public, &rules) {
            Ok(token) => Some(Ok(token.claims)),
            Err(error) => matches!(error.kind(), ErrorKind::Json(_)).then_some(Err(())),
        }
    }
}

/// How many bits a number has: zeros in front are none of its.
pub(super) fn bits(big_endian: &[u8]) -> usize {
    let leading = big_endian.iter().take_while(|byte| **byte == 0).count();
    let zeros = big_endian.get(leading).map_or(0, |first| first.leading_zeros() as usize);
    (big_endian.len() - leading) * 8 - zeros
}
