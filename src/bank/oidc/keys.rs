//! A bank's public keys, and what they have signed.
//!
//! Both of a bank's signed words, `id_token` and signed answer (JARM), are verified here and nowhere else: the algorithm
//! is one that the operator pinned, the key is one of the bank's own set, and a header that asks for more than that is
//! refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::call::object;
use super::claims::Claims;

/// The smallest RSA modulus, in bytes (RFC 7518, section 3.3).
const SMALLEST_MODULUS: usize = 256;

/// A bank's key set (RFC 7517), without what is no use to us.
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
    /// Reads a key set. Keys of kinds that we do not know are left out, and so are those for encryption, shared secrets,
    /// and RSA keys below 2048 bits.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = object(json)?;
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        Some(Self(jwks.filter_map(|jwk| Key::of(&jwk)).collect()))
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
        let strong = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => URL_SAFE_NO_PAD.decode(&rsa.n).ok()?.len() >= SMALLEST_MODULUS,
            AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => true,
            _ => false,
        };
        if !signs || !verifies || !strong {
            return None;
        }
        let algorithm = jwk.common.key_algorithm.map(Algorithm::try_from).transpose().ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithm, public: DecodingKey::from_jwk(jwk).ok()? })
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
