//! Consent tokens: JSON Web Tokens that say who agreed to what at which institution, signed with ES256.
//!
//! The signing key is derived from an operator's key, so that nothing new need be kept, and every node has it. Its id
//! is the operator's key's. The claims are Yapily's; there is no `exp`, because the consent itself is what expires.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::{SecretKey, elliptic_curve::sec1::ToSec1Point as _, pkcs8::EncodePrivateKey as _};
use serde::{Deserialize, Serialize};

use super::Keys;
use crate::domain::Secret;

/// What a consent token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct ConsentClaims {
    /// The institution's id.
    pub institution: String,
    /// The consent's id.
    pub consent: String,
    /// The merchant's own id of the user.
    #[serde(rename = "APPLICATION_USER_ID", skip_serializing_if = "Option::is_none")]
    pub application_user: Option<String>,
    /// The user's id.
    pub user: String,
}

impl Keys {
    /// How long the consent token with these claims is, in bytes, without signing it.
    pub fn consent_token_length(key: &str, claims: &ConsentClaims) -> usize {
        let encoded = |bytes: usize| (bytes * 4).div_ceil(3);
        let json = |json: serde_json::Result<Vec<u8>>| json.map_or(0, |json| json.len());
        let (head, body) = (json(serde_json::to_vec(&header(key))), json(serde_json::to_vec(claims)));
        // The signature is two scalars of 32 bytes, and a dot stands before it and before the claims.
        encoded(head) + 1 + encoded(body) + 1 + encoded(64)
    }

    /// Signs a consent token under the operator's key of this id. `None` when that key is gone.
    pub fn sign_consent(&self, key: &str, claims: &ConsentClaims) -> Option<Secret> {
        let (_, signer) = self.consent_signers.iter().find(|(id, _)| id == key)?;
        jsonwebtoken::encode(&header(key), claims, signer).ok().map(Secret::new)
    }

    /// What signs consent tokens under each operator's key.
    pub(super) fn consent_signers(&self) -> Vec<(String, EncodingKey)> {
        let signer = |id: &str| Some(EncodingKey::from_ec_der(self.signing_key(id)?.to_pkcs8_der().ok()?.as_bytes()));
        self.keys.iter().filter_map(|(id, _)| Some((id.clone(), signer(id)?))).collect()
    }

    /// What a consent token says, if one of our keys has signed it.
    pub fn verify_consent(&self, token: &str) -> Option<ConsentClaims> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let point = self.signing_key(&kid)?.public_key().to_sec1_point(false);
        let verifying = DecodingKey::from_ec_der(point.as_bytes());
        let mut rules = Validation::new(Algorithm::ES256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        jsonwebtoken::decode(token, &verifying, &rules).ok().map(|token| token.claims)
    }

    /// The public halves of the keys that sign consent tokens, as JWKs.
    pub(super) fn consent_key_set(&self) -> impl Iterator<Item = serde_json::Value> {
        self.keys.iter().filter_map(|(id, _)| {
            use base64::Engine as _;
            let point = self.signing_key(id)?.public_key().to_sec1_point(false);
            let text = |bytes: &[u8]| super::URL_SAFE_NO_PAD.encode(bytes);
            Some(serde_json::json!({
                "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
                "x": text(point.x()?), "y": text(point.y()?),
            }))
        })
    }

    fn signing_key(&self, key: &str) -> Option<SecretKey> {
        // One in 2^32 derivations is no scalar of the curve; then the next one is.
        (0_u8..=u8::MAX)
            .find_map(|attempt| SecretKey::from_slice(&self.derive(key, "consent token", &[&[attempt]])?).ok())
    }
}

fn header(key: &str) -> Header {
    Header { kid: Some(key.to_owned()), ..Header::new(Algorithm::ES256) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> ConsentClaims {
        ConsentClaims {
            institution: "modelo-sandbox".into(),
            consent: "2d5c3632-1729-4a5e-bc69-c7fa1cbba815".into(),
            application_user: Some("john.doe@company.com".into()),
            user: "3ddf5dd0-aa48-4d0f-baa7-fa057e9e911d".into(),
        }
    }

    #[test]
    fn a_consent_token_is_verified_by_the_key_that_signed_it_alone() {
        let keys = Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap();
        let token = keys.sign_consent("k1", &claims()).unwrap();
        assert_eq!(keys.verify_consent(token.reveal()), Some(claims()));
        for own in [None, Some("a"), Some("ab"), Some("abc"), Some("\"é\\")] {
            let claims = ConsentClaims { application_user: own.map(Into::into), ..claims() };
            let token = keys.sign_consent("k1", &claims).unwrap();
            assert_eq!(token.reveal().len(), Keys::consent_token_length("k1", &claims));
        }
        let other = Keys::parse(Keys::write_fresh("k1", [4; 32]).reveal()).unwrap();
        assert_eq!(other.verify_consent(token.reveal()), None);
        assert_eq!(keys.sign_consent("k2", &claims()), None);
    }

    #[test]
    fn the_published_key_verifies_with_a_library() {
        let keys = Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap();
        let token = keys.sign_consent("k1", &claims()).unwrap();
        let jwk = keys.key_set()["keys"][0].clone();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk).unwrap();
        let mut rules = Validation::new(Algorithm::ES256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        let read = jsonwebtoken::decode::<ConsentClaims>(token.reveal(), &DecodingKey::from_jwk(&jwk).unwrap(), &rules);
        assert_eq!(read.unwrap().claims, claims());
    }

    #[test]
    fn a_token_outlives_the_rotation_of_its_key() {
        let old = Keys::write_fresh("k1", [3; 32]);
        let token = Keys::parse(old.reveal()).unwrap().sign_consent("k1", &claims()).unwrap();
        let rotated = format!("{},{}", Keys::write_fresh("k2", [4; 32]).reveal(), old.reveal());
        let rotated = Keys::parse(&rotated).unwrap();
        assert_eq!(rotated.verify_consent(token.reveal()), Some(claims()));
        let published = rotated.key_set();
        assert_eq!((&published["keys"][0]["kid"], &published["keys"][1]["kid"]), (&"k2".into(), &"k1".into()));
        let gone = Keys::parse(Keys::write_fresh("k2", [4; 32]).reveal()).unwrap();
        assert_eq!(gone.verify_consent(token.reveal()), None);
    }

    #[test]
    fn a_changed_claim_or_an_unsigned_token_is_refused() {
        use base64::Engine as _;
        let keys = Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap();
        let token = keys.sign_consent("k1", &claims()).unwrap();
        let [head, _, signature] = token.reveal().split('.').collect::<Vec<_>>()[..] else { panic!() };
        let text = |json: &str| super::super::URL_SAFE_NO_PAD.encode(json);
        let other = text(r#"{"INSTITUTION":"x","CONSENT":"y","USER":"z"}"#);
        assert_eq!(keys.verify_consent(&format!("{head}.{other}.{signature}")), None);
        let none = text(r#"{"alg":"none","kid":"k1"}"#);
        assert_eq!(keys.verify_consent(&format!("{none}.{other}.")), None);
    }
}
