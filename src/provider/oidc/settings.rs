//! What an operator says of a bank, before it has been checked.
//!
//! Everything here is typed and nothing is private: [`OidcConfig::parse`] turns it into what the bank works with, and
//! names every field that breaks a rule.

use std::time::Duration;

use jsonwebtoken::Algorithm;

use crate::domain::{Invalid, Mode, Secret, moment::LEEWAY, words::words};

/// A bank as the operator configures it.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// Its id, as it stands in `/return/{bank}`: 1 to 64 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether it is for tests.
    pub mode: Mode,
    /// Its issuer, exactly as it writes it itself: an `https` URL without query and fragment.
    pub issuer: String,
    /// Where its endpoints are.
    pub endpoints: Endpoints,
    /// The id under which it knows us.
    pub client_id: String,
    /// How we prove to it that we are that client.
    pub auth: ClientAuth,
    /// What we sign with: needed for [`ClientAuth::PrivateKeyJwt`] and [`Requests::Signed`].
    pub signing_key: Option<SigningKey>,
    /// What we show in TLS: needed for [`ClientAuth::TlsClient`], and possible with every other, where the bank binds
    /// its tokens to it (RFC 8705, section 3). Where there is one, the bank's `mtls_endpoint_aliases` are used.
    pub client_certificate: Option<ClientCertificate>,
    /// What is asked for. With `openid` among it the bank answers with an `id_token`, which is verified.
    pub scope: Vec<String>,
    /// What the bank is asked to show its customer (OpenID Connect Core, section 3.1.2.1). `None` is what is usual for
    /// the scope: consent with `offline_access`, else nothing.
    pub prompt: Option<Vec<Prompt>>,
    /// Whether requests are pushed (RFC 9126).
    pub par: Par,
    /// Whether requests are signed (RFC 9101).
    pub requests: Requests,
    /// How its browsers carry its answer.
    pub response_mode: ResponseMode,
    /// What a browser carries: a code, or also an `id_token` about it.
    pub flow: Flow,
    /// Whether an answer without `iss` (RFC 9207) is refused.
    pub iss: Iss,
    /// The algorithms that its signatures may have, whatever it says of them itself; at least one.
    pub id_token_algs: Vec<SigningAlg>,
    /// How far its clock may be from ours: at most five minutes.
    pub leeway: Duration,
    /// Certificates (PEM) that are trusted besides the public ones, for private authorities and test banks.
    pub extra_ca: Option<String>,
    /// Whether it may live on this machine without TLS.
    pub plain_loopback: PlainLoopback,
}

impl OidcConfig {
    /// A bank with what is usual for all that is not given here: discovery, the code in the query, the scope
    /// `openid`, requests pushed where the bank advertises it, ES256, PS256 and RS256, ten seconds of leeway.
    pub fn usual(name: &str, issuer: &str, client_id: &str, auth: ClientAuth) -> Self {
        Self {
            name: name.into(),
            label: name.into(),
            mode: Mode::Live,
            issuer: issuer.into(),
            endpoints: Endpoints::Discover,
            client_id: client_id.into(),
            auth,
            signing_key: None,
            client_certificate: None,
            scope: vec!["openid".into()],
            prompt: None,
            par: Par::WhenAdvertised,
            requests: Requests::Plain,
            response_mode: ResponseMode::Query,
            flow: Flow::Code,
            iss: Iss::WhenAdvertised,
            id_token_algs: SigningAlg::usual(),
            leeway: LEEWAY,
            extra_ca: None,
            plain_loopback: PlainLoopback::Refused,
        }
    }
}

/// Where a bank's endpoints are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoints {
    /// As `{issuer}/.well-known/openid-configuration` says (OpenID Connect Discovery 1.0, section 4).
    Discover,
    /// Here; nothing is discovered.
    Explicit(Box<Explicit>),
}

/// The endpoints of a bank without discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explicit {
    /// Where browsers are sent.
    pub authorization: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Where its keys are; needed for the scope `openid` and for signed answers.
    pub jwks_uri: Option<String>,
    /// Where requests are pushed.
    pub par: Option<String>,
    /// Where codes are exchanged by a client that shows a certificate, if that is elsewhere.
    pub mtls_token: Option<String>,
    /// Where requests are pushed by a client that shows a certificate, if that is elsewhere.
    pub mtls_par: Option<String>,
}

/// How a client proves who it is (OpenID Connect Core, section 9; RFC 8705).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_basic`.
    SecretBasic(Secret),
    /// `client_secret_post`.
    SecretPost(Secret),
    /// `private_key_jwt`, with the [signing key](OidcConfig::signing_key).
    PrivateKeyJwt,
    /// `tls_client_auth` or `self_signed_tls_client_auth`, with the [certificate](OidcConfig::client_certificate).
    TlsClient,
}

/// A key that signs for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The private key: PEM, PKCS#8 (RSA also PKCS#1).
    pub pem: Secret,
    /// Its id in the key set that the bank has of us, if it has one there.
    pub kid: Option<String>,
    /// What it signs with.
    pub alg: SigningAlg,
}

/// What we show in TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and its authority: PEM.
    pub cert_pem: String,
    /// Its private key: PEM.
    pub key_pem: Secret,
}

/// Whether requests are pushed to the bank before the browser leaves (RFC 9126).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Par {
    /// Never.
    Never,
    /// Where the bank has an endpoint for it.
    WhenAdvertised,
    /// Always; a bank without an endpoint for it is reported as misconfigured.
    Always,
}

/// Whether requests are signed (RFC 9101).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requests {
    /// As parameters.
    Plain,
    /// As a JWT under our [signing key](OidcConfig::signing_key).
    Signed,
}

words! {
    /// How browsers carry an answer, by its name (OAuth 2.0 Multiple Response Types; JARM, section 2.3). The latter four
    /// are signed (JARM).
    pub enum ResponseMode {
        /// In the query.
        Query = "query",
        /// Behind a `#`.
        Fragment = "fragment",
        /// In a form that the bank's page posts.
        FormPost = "form_post",
        /// In the query, signed.
        QueryJwt = "query.jwt",
        /// Behind a `#`, signed.
        FragmentJwt = "fragment.jwt",
        /// In a form, signed.
        FormPostJwt = "form_post.jwt",
        /// Signed, and carried as is usual for the response type: for a code, in the query.
        Jwt = "jwt",
    }
}

impl ResponseMode {
    /// Reads its name, such as `form_post`.
    ///
    /// # Errors
    /// When it is another one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let expected = || format!("expected {}", Self::ALL.map(Self::as_str).join(", "));
        Self::of_word(text).ok_or_else(|| Invalid::new("response_mode", "is not a known one").hint(expected()))
    }

    /// Whether the whole answer is signed (JARM).
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt | Self::Jwt)
    }
}

words! {
    /// What a bank is asked to show its customer. `none` is not among it: it forbids the bank every page, and nobody
    /// agrees without one.
    pub enum Prompt {
        /// To sign in, also when the customer has.
        Login = "login",
        /// To agree, also when the customer has; without it `offline_access` is not granted (OpenID Connect Core,
        /// section 11).
        Consent = "consent",
        /// To choose an account.
        SelectAccount = "select_account",
        /// To become a customer (Initiating User Registration via OpenID Connect 1.0).
        Create = "create",
    }
}

impl Prompt {
    /// Reads its name, such as `consent`.
    ///
    /// # Errors
    /// When it is another one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let none = "is none, with which the bank cannot ask its customer";
        let rule = if text == "none" { none } else { "is not a known one" };
        let expected = || format!("expected some of {}", Self::ALL.map(Self::as_str).join(", "));
        Self::of_word(text).ok_or_else(|| Invalid::new("prompt", rule).hint(expected()))
    }
}

words! {
    /// What a browser carries, by its `response_type`.
    pub enum Flow {
        /// The code alone.
        Code = "code",
        /// The bank's signature over the code comes with it (FAPI 1.0 Advanced).
        Hybrid = "code id_token",
    }
}

/// Whether an answer without `iss` is refused. A wrong one always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Iss {
    /// When the bank's discovery says that it sends one.
    WhenAdvertised,
    /// Always, also before the bank has been discovered.
    Required,
}

/// Whether a bank may live on this machine without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainLoopback {
    /// It may, and nowhere else.
    Allowed,
    /// All is TLS.
    Refused,
}

/// An algorithm with a private and a public key: never `none`, never one with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningAlg(Algorithm);

/// The algorithms, by their names (RFC 7518, section 3.1; RFC 8037).
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("EdDSA", Algorithm::EdDSA),
];

impl SigningAlg {
    /// Reads its name, such as `ES256`.
    ///
    /// # Errors
    /// When it is another one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let known = ALGORITHMS.iter().find(|(name, _)| *name == text).map(|(_, algorithm)| Self(*algorithm));
        let expected = || format!("expected {}", ALGORITHMS.map(|(name, _)| name).join(", "));
        known.ok_or_else(|| Invalid::new("alg", "is no algorithm that is used here").hint(expected()))
    }

    /// ES256, PS256 and RS256.
    pub fn usual() -> Vec<Self> {
        [Algorithm::ES256, Algorithm::PS256, Algorithm::RS256].map(Self).into()
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        ALGORITHMS.iter().find(|(_, own)| *own == self.0).map_or("", |(name, _)| name)
    }

    /// As the crate that signs has it.
    pub(super) const fn algorithm(self) -> Algorithm {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_without_a_public_key_is_no_algorithm() {
        for name in ["none", "None", "HS256", "HS512", "es256", "", "ES512", "RSA-OAEP"] {
            let refusal = SigningAlg::parse(name).unwrap_err();
            assert_eq!(refusal.field(), "alg");
            assert!(refusal.hint_text().is_some_and(|kind| kind.contains("PS256")), "{name}");
        }
        for (name, algorithm) in ALGORITHMS {
            assert_eq!(SigningAlg::parse(name).map(SigningAlg::algorithm), Ok(algorithm));
        }
    }

    #[test]
    fn a_response_mode_is_read_as_it_is_written() {
        for name in ["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"] {
            let mode = ResponseMode::parse(name).unwrap();
            assert_eq!(mode.as_str(), name);
            assert_eq!(mode.is_signed(), name.contains("jwt"));
        }
        for other in ["", "JWT", "jwt ", "query jwt", "post", "web_message"] {
            assert_eq!(ResponseMode::parse(other).unwrap_err().field(), "response_mode", "{other}");
        }
    }

    #[test]
    fn a_prompt_is_one_with_which_a_customer_can_be_asked() {
        for name in ["login", "consent", "select_account", "create"] {
            assert_eq!(Prompt::parse(name).map(Prompt::as_str), Ok(name));
        }
        for other in ["none", "", "Consent", "login consent"] {
            let refusal = Prompt::parse(other).unwrap_err();
            assert_eq!(refusal.field(), "prompt");
            assert!(refusal.hint_text().is_some_and(|kind| kind.contains("select_account")), "{other}");
        }
    }
}
