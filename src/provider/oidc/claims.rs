//! What a bank signs: the claims of an `id_token` or of a signed answer, and the rules for them.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::settings::OidcConfig;
use crate::domain::UnixMillis;
use crate::provider::{ProviderError, Result};

/// The claims that are looked at, each at most once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claims {
    iss: Option<String>,
    aud: OneOrMore,
    azp: Option<String>,
    exp: Option<Seconds>,
    iat: Option<Seconds>,
    nbf: Option<Seconds>,
    nonce: Option<String>,
    c_hash: Option<String>,
    s_hash: Option<String>,
    at_hash: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) state: Option<String>,
    pub(super) code: Option<String>,
    pub(super) error: Option<String>,
    pub(super) error_description: Option<String>,
    pub(super) openbanking_intent_id: Option<String>,
    pub(super) consent_id: Option<String>,
}

/// One text or more.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl OneOrMore {
    /// All of them.
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// A `NumericDate` (RFC 7519, section 2), which may have a fraction.
#[derive(Debug, Clone, Copy)]
struct Seconds(UnixMillis);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let since_epoch = Duration::try_from_secs_f64(f64::deserialize(deserializer)?);
        let since_epoch = since_epoch.map_err(|_| serde::de::Error::custom("no point in time"))?;
        Ok(Self(UnixMillis::from_millis(0).plus(since_epoch)))
    }
}

/// The oldest that a signed token may be when it comes (OpenID Connect Core, section 3.1.3.7, rule 10).
const OLDEST: Duration = Duration::from_mins(10);

/// The longest that a signed answer may be good for: JARM, section 2.1, recommends ten minutes at the most.
const LONGEST_ANSWER: Duration = Duration::from_hours(1);

/// The longest that an `id_token` may be good for. Its age is known by `iat`; what is good for longer than this is good
/// for ever.
const LONGEST_ID_TOKEN: Duration = Duration::from_hours(366 * 24);

/// What a bank has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An `id_token`.
    IdToken,
    /// A whole answer (JARM).
    AuthorizationResponse,
}

/// What a signature was given over, besides the claims.
#[derive(Debug, Clone, Copy)]
pub(super) enum Half<'a> {
    /// A code: `c_hash`, which must be there (OpenID Connect Core, section 3.3.2.11).
    Code(&'a str),
    /// A state: `s_hash` (FAPI 1.0 Advanced, section 5.1.1), where there is one. Plain OpenID Connect has none, and the
    /// nonce binds the same.
    State(&'a str),
    /// An access token: `at_hash`, where there is one (OpenID Connect Core, section 3.1.3.8).
    AccessToken(&'a str),
}

impl Claims {
    /// Checks what every signed token of a bank must have: whose it is, for whom, since when and until when (OpenID
    /// Connect Core, section 3.1.3.7; JARM, section 2.4).
    ///
    /// # Errors
    /// [`ProviderError::Forged`] with the rule that is broken.
    pub(super) fn hold(&self, kind: TokenKind, config: &OidcConfig, now: UnixMillis) -> Result<()> {
        if self.iss.as_deref() != Some(config.issuer.as_str()) {
            return forged("its issuer is another");
        }
        let client = &config.client_id;
        let audience = self.aud.as_slice();
        if !audience.contains(client) {
            return forged("it is for somebody else");
        }
        // With others beside us, it must name us as its party.
        if self.azp.as_ref().map_or(audience.len() > 1, |party| party != client) {
            return forged("it was made for somebody else");
        }
        self.hold_age(kind, config.leeway, now)
    }

    fn hold_age(&self, kind: TokenKind, leeway: Duration, now: UnixMillis) -> Result<()> {
        let longest = match kind {
            TokenKind::IdToken => LONGEST_ID_TOKEN,
            TokenKind::AuthorizationResponse => LONGEST_ANSWER,
        };
        match self.exp {
            None => return forged("it never expires"),
            Some(Seconds(exp)) if now >= exp.plus(leeway) => return forged("it has expired"),
            Some(Seconds(exp)) if exp > now.plus(longest).plus(leeway) => return forged("it is good for too long"),
            Some(_) => {}
        }
        if [self.iat, self.nbf].into_iter().flatten().any(|Seconds(moment)| moment > now.plus(leeway)) {
            return forged("it is from the future");
        }
        // An answer need not say when it was issued; then it says since when it is good, if anything.
        match self.iat.or(self.nbf) {
            Some(Seconds(issued)) if now > issued.plus(OLDEST).plus(leeway) => forged("it was issued too long ago"),
            _ => Ok(()),
        }
    }

    /// Checks what an `id_token` must have besides.
    ///
    /// # Errors
    /// As [`Claims::hold`].
    pub(super) fn hold_id_token(&self, nonce: &str) -> Result<()> {
        if self.iat.is_none() {
            return forged("it does not say when it was issued");
        }
        if self.sub.as_ref().is_none_or(String::is_empty) {
            return forged("it does not say who agreed");
        }
        if self.nonce.as_deref() != Some(nonce) {
            return forged("its nonce is another");
        }
        Ok(())
    }

    /// Holds the hash of the state, where the bank's profile requires one (FAPI 1.0 Advanced, section 5.2.3.1).
    ///
    /// # Errors
    /// As [`Claims::hold`].
    pub(super) fn hold_state(&self, state: &str, config: &OidcConfig, algorithm: Algorithm) -> Result<()> {
        if config.is_fapi() && self.s_hash.is_none() {
            return forged("it has no s_hash, which FAPI requires");
        }
        self.hold_half(Half::State(state), algorithm)
    }

    /// Holds the half of a hash against what it was taken from.
    ///
    /// # Errors
    /// As [`Claims::hold`].
    pub(super) fn hold_half(&self, half: Half<'_>, algorithm: Algorithm) -> Result<()> {
        let (claim, text, wrong) = match half {
            Half::Code(_) if self.c_hash.is_none() => return forged("it has no c_hash"),
            Half::Code(code) => (&self.c_hash, code, "its c_hash is of another code"),
            Half::State(state) => (&self.s_hash, state, "its s_hash is of another state"),
            Half::AccessToken(token) => (&self.at_hash, token, "its at_hash is of another access token"),
        };
        match claim {
            Some(claim) if *claim != half_hash(text, algorithm) => forged(wrong),
            _ => Ok(()),
        }
    }
}

/// The left half of a hash (OpenID Connect Core, section 3.3.2.11), with the hash that belongs to the algorithm.
fn half_hash(text: &str, algorithm: Algorithm) -> String {
    let hash = match algorithm {
        Algorithm::ES384 | Algorithm::PS384 | Algorithm::RS384 | Algorithm::HS384 => Sha384::digest(text).to_vec(),
        Algorithm::PS512 | Algorithm::RS512 | Algorithm::HS512 | Algorithm::EdDSA => Sha512::digest(text).to_vec(),
        _ => Sha256::digest(text).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

/// Says why something is not the bank's word.
pub(super) fn forged<T>(why: &str) -> Result<T> {
    Err(ProviderError::Forged(why.into()))
}
