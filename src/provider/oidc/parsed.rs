//! A bank's settings once they have been checked: what they name exists, fits together, and can be worked with.

use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};
use reqwest::{Certificate, Client, Identity};
use serde::Serialize;
use url::Url;

use super::keys::{SMALLEST_MODULUS, bits};
use super::settings::{
    ClientAuth, ClientCertificate, Endpoints, Explicit, Flow, OidcConfig, PlainLoopback, Prompt, Requests,
    ResponseMode, SigningKey,
};
use crate::domain::{Invalid, is_loopback};
use crate::egress;
use crate::provider::{ProviderError, Result};

/// The most that a bank's clock may be from ours, in seconds.
const MOST_LEEWAY: u64 = 300;

/// The scope that asks for access while the customer is away (OpenID Connect Core, section 11).
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// What a bank works with. Only [`OidcConfig::parse`] makes one.
#[derive(Debug)]
pub struct Settings {
    pub(super) config: OidcConfig,
    pub(super) signer: Option<Signer>,
    pub(super) client: Client,
}

impl OidcConfig {
    /// Checks everything that can be checked without asking the bank.
    ///
    /// # Errors
    /// Every setting that breaks a rule, by its name.
    pub fn parse(self) -> Result<Settings, Vec<Invalid>> {
        let mut broken = Vec::new();
        broken.extend(self.texts());
        broken.extend(self.addresses());
        broken.extend(self.combinations());
        let signer = self.signing_key.as_ref().map(Signer::new).transpose();
        let signer = signer.map_err(|invalid| broken.push(invalid)).ok().flatten();
        let client = self.client().map_err(|invalid| broken.push(invalid)).ok();
        match client {
            Some(client) if broken.is_empty() => Ok(Settings { config: self, signer, client }),
            _ => Err(broken),
        }
    }

    /// Whether the bank answers with an `id_token`.
    pub(super) fn is_openid(&self) -> bool {
        self.scope.iter().any(|scope| scope == "openid")
    }

    /// What the bank is asked to show its customer, as it is written in a request.
    pub(super) fn prompts(&self) -> Vec<Prompt> {
        let usual = || if self.is_offline() { vec![Prompt::Consent] } else { Vec::new() };
        self.prompt.clone().unwrap_or_else(usual)
    }

    fn is_offline(&self) -> bool {
        self.scope.iter().any(|scope| scope == OFFLINE_ACCESS)
    }

    /// Whether the bank keeps to FAPI 1.0 Advanced: the profile that has hybrid answers to signed requests.
    pub(super) fn is_fapi(&self) -> bool {
        self.flow == Flow::Hybrid && self.requests == Requests::Signed
    }

    /// Whether the bank signs anything that must be verified.
    pub(super) fn needs_keys(&self) -> bool {
        self.is_openid() || self.response_mode.is_signed()
    }

    fn texts(&self) -> Vec<Invalid> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(fits);
        let client_id = self.client_id.is_empty() || self.client_id.chars().any(char::is_control);
        let client_id = client_id.then(|| Invalid::new("client_id", "is empty, or holds control characters"));
        let secret = match &self.auth {
            ClientAuth::SecretBasic(secret) | ClientAuth::SecretPost(secret) => secret.reveal().is_empty(),
            ClientAuth::PrivateKeyJwt | ClientAuth::TlsClient => false,
        };
        // RFC 6749, section 3.3.
        let token =
            |scope: &String| !scope.is_empty() && scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        let (scope, leeway) = (self.scope.is_empty() || !self.scope.iter().all(token), self.leeway.as_secs());
        let checked = [
            broken_if(name, "name", "is not 1 to 64 of a-z, 0-9 and -", "expected such as my-bank"),
            broken_if(self.label.trim().is_empty(), "label", "is empty", "expected a name for people"),
            client_id,
            broken_if(secret, "client_secret", "is empty", "expected what the bank gave out"),
            broken_if(scope, "scope", "is empty, or holds one that is", "expected such as [\"openid\"]"),
            broken_if(
                self.id_token_algs.is_empty(),
                "id_token_algs",
                "is empty",
                "expected such as [\"ES256\", \"PS256\"]",
            ),
            broken_if(leeway > MOST_LEEWAY, "leeway", "is more than five minutes", "expected such as 10 s"),
        ];
        checked.into_iter().flatten().collect()
    }

    fn addresses(&self) -> Vec<Invalid> {
        let mut named = vec![("issuer", self.issuer.as_str())];
        if let Endpoints::Explicit(endpoints) = &self.endpoints {
            let Explicit { authorization, token, jwks_uri, par, mtls_token, mtls_par } = endpoints.as_ref();
            named.extend([("authorization", authorization.as_str()), ("token", token)]);
            let others = [("jwks_uri", jwks_uri), ("par", par), ("mtls_token", mtls_token), ("mtls_par", mtls_par)];
            named.extend(others.into_iter().filter_map(|(field, url)| Some((field, url.as_deref()?))));
        }
        let mut broken: Vec<Invalid> =
            named.into_iter().filter_map(|(field, url)| endpoint(field, url, self.plain_loopback).err()).collect();
        if self.issuer.contains(['?', '#']) {
            broken.push(Invalid::new("issuer", "has a query or a fragment"));
        }
        broken
    }

    fn combinations(&self) -> Vec<Invalid> {
        let mut broken = Vec::new();
        let signs = self.auth == ClientAuth::PrivateKeyJwt || self.requests == Requests::Signed;
        if signs && self.signing_key.is_none() {
            let rule = "is needed for private_key_jwt and for signed requests";
            broken.push(Invalid::new("signing_key", rule).hint("expected a private key, PEM"));
        }
        if self.auth == ClientAuth::TlsClient && self.client_certificate.is_none() {
            let rule = "is needed for tls_client_auth";
            broken.push(Invalid::new("client_certificate", rule).hint("expected a certificate and its key, PEM"));
        }
        if let Endpoints::Explicit(endpoints) = &self.endpoints
            && endpoints.jwks_uri.is_none()
            && self.needs_keys()
        {
            let rule = "is needed for the scope openid and for signed answers";
            broken.push(Invalid::new("jwks_uri", rule).hint("expected https://bank.example/..."));
        }
        if self.is_offline() && self.prompt.as_ref().is_some_and(|prompt| !prompt.contains(&Prompt::Consent)) {
            let rule = "lacks consent, without which a bank does not grant offline_access";
            broken.push(
                Invalid::new("prompt", rule).hint("expected consent among it, or a scope without offline_access"),
            );
        }
        if self.flow == Flow::Hybrid {
            if !matches!(self.response_mode, ResponseMode::Fragment | ResponseMode::FormPost) {
                let rule = "cannot carry a hybrid answer";
                broken.push(Invalid::new("response_mode", rule).hint("expected fragment or form_post"));
            }
            if !self.is_openid() {
                let rule = "lacks openid, which a hybrid answer is for";
                broken.push(Invalid::new("scope", rule).hint("expected openid among it"));
            }
        }
        broken
    }

    fn client(&self) -> Result<Client, Invalid> {
        let trusted = match &self.extra_ca {
            None => Vec::new(),
            Some(pem) => {
                let certificates = Certificate::from_pem_bundle(pem.as_bytes()).unwrap_or_default();
                if certificates.is_empty() {
                    return Err(Invalid::new("extra_ca", "holds no certificate").hint("expected PEM"));
                }
                certificates
            }
        };
        let shown = self.client_certificate.as_ref().map(identity).transpose()?;
        let client = egress::bank_client(trusted, shown);
        client.map_err(|_| Invalid::new("client_certificate", "cannot be used in TLS, or extra_ca cannot"))
    }
}

fn broken_if(is_broken: bool, field: &str, rule: &str, hint: &str) -> Option<Invalid> {
    is_broken.then(|| Invalid::new(field, rule).hint(hint))
}

fn identity(certificate: &ClientCertificate) -> Result<Identity, Invalid> {
    let pem = [certificate.cert_pem.as_bytes(), b"\n", certificate.key_pem.reveal().as_bytes()].concat();
    let refused = |_| Invalid::new("client_certificate", "is no certificate with its key").hint("expected PEM");
    Identity::from_pem(&pem).map_err(refused)
}

/// An address that a bank is asked at: TLS, or this machine where that is allowed.
///
/// # Errors
/// When it is anything else.
pub(super) fn endpoint(field: &str, text: &str, plain: PlainLoopback) -> Result<Url, Invalid> {
    let refused = |rule: &str| Err(Invalid::new(field, rule).hint("expected https://bank.example/..."));
    let Ok(url) = Url::parse(text) else { return refused("is not an absolute URL") };
    let Some(host) = url.host() else { return refused("has no host") };
    match url.scheme() {
        "https" => {}
        "http" if plain == PlainLoopback::Allowed && is_loopback(&host) => {}
        _ => return refused("is not https"),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return refused("has a user name or a fragment");
    }
    Ok(url)
}

/// Our key, ready to sign.
#[derive(Clone)]
pub(super) struct Signer {
    key: EncodingKey,
    header: Header,
}

impl Signer {
    fn new(key: &SigningKey) -> Result<Self, Invalid> {
        let (pem, algorithm) = (key.pem.reveal().as_bytes(), key.alg.algorithm());
        let read = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem),
            _ => EncodingKey::from_rsa_pem(pem),
        };
        let refused = |_| {
            let rule = "is no private key that signs with its alg";
            Invalid::new("signing_key", rule).hint("expected PEM (PKCS#8) and the alg of its kind and curve")
        };
        let header = Header { kid: key.kid.clone(), ..Header::new(algorithm) };
        let signer = Self { key: read.map_err(refused)?, header };
        if is_weak(&signer.key) {
            let rule = format!("is an RSA key of less than {SMALLEST_MODULUS} bits");
            return Err(Invalid::new("signing_key", rule).hint("expected a longer one, or one of P-256"));
        }
        // A key of another curve is found out by signing.
        jsonwebtoken::encode(&signer.header, &(), &signer.key).map_err(refused)?;
        Ok(signer)
    }

    /// Signs claims as a token of this type (RFC 8725, section 3.11).
    pub(super) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String> {
        let header = Header { typ: Some(typ.into()), ..self.header.clone() };
        let signed = jsonwebtoken::encode(&header, claims, &self.key);
        signed.map_err(|_| ProviderError::Unreachable("our own key would not sign".into()))
    }
}

/// Whether a private key is an RSA key that is too short (RFC 7518, section 3.3). Of other kinds each algorithm has one
/// curve.
fn is_weak(key: &EncodingKey) -> bool {
    key.family() == AlgorithmFamily::Rsa
        && pkcs1::RsaPrivateKey::try_from(key.as_bytes())
            .is_ok_and(|key| bits(key.modulus.as_bytes()) < SMALLEST_MODULUS)
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({:?})", self.header.alg)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::settings::SigningAlg;
    use super::super::tests::config;
    use super::*;
    use crate::domain::Secret;

    #[track_caller]
    fn refused(config: OidcConfig, field: &str) {
        let broken = config.parse().unwrap_err();
        assert_eq!(broken.iter().map(Invalid::field).collect::<Vec<_>>(), [field]);
    }

    #[test]
    fn what_is_usual_is_accepted() {
        assert!(config().parse().is_ok());
    }

    #[test]
    fn every_broken_setting_is_named() {
        refused(OidcConfig { name: "My Bank".into(), ..config() }, "name");
        refused(OidcConfig { name: String::new(), ..config() }, "name");
        refused(OidcConfig { label: " ".into(), ..config() }, "label");
        refused(OidcConfig { client_id: String::new(), ..config() }, "client_id");
        refused(OidcConfig { auth: ClientAuth::SecretPost(Secret::new("")), ..config() }, "client_secret");
        refused(OidcConfig { scope: vec![], ..config() }, "scope");
        refused(OidcConfig { scope: vec!["open id".into()], ..config() }, "scope");
        refused(OidcConfig { id_token_algs: vec![], ..config() }, "id_token_algs");
        refused(OidcConfig { leeway: Duration::from_secs(301), ..config() }, "leeway");
        refused(OidcConfig { extra_ca: Some("no pem".into()), ..config() }, "extra_ca");
        let two = OidcConfig { name: String::new(), client_id: String::new(), ..config() }.parse().unwrap_err();
        assert_eq!(two.len(), 2);
    }

    #[test]
    fn an_issuer_is_an_https_url() {
        for bad in
            ["bank.example", "http://bank.example", "https://bank.example#x", "https://u:p@bank.example", "ftp://b"]
        {
            let broken = OidcConfig { issuer: bad.into(), ..config() }.parse().unwrap_err();
            assert!(broken.iter().all(|invalid| invalid.field() == "issuer"), "{bad}");
        }
        refused(OidcConfig { issuer: "https://bank.example?x".into(), ..config() }, "issuer");
    }

    #[test]
    fn only_this_machine_may_go_without_tls() {
        let plain =
            |issuer: &str| OidcConfig { issuer: issuer.into(), plain_loopback: PlainLoopback::Allowed, ..config() };
        assert!(plain("http://127.0.0.1:4000").parse().is_ok());
        refused(plain("http://bank.example"), "issuer");
        refused(OidcConfig { plain_loopback: PlainLoopback::Refused, ..plain("http://127.0.0.1:4000") }, "issuer");
    }

    #[test]
    fn explicit_endpoints_are_addresses_too() {
        let explicit = |token: &str, par: Option<&str>| OidcConfig {
            endpoints: Endpoints::Explicit(Box::new(Explicit {
                authorization: "https://bank.example/auth?tenant=1".into(),
                token: token.into(),
                jwks_uri: Some("https://bank.example/jwks".into()),
                par: par.map(Into::into),
                mtls_token: None,
                mtls_par: None,
            })),
            ..config()
        };
        assert!(explicit("https://bank.example/token", None).parse().is_ok());
        refused(explicit("/token", None), "token");
        let mut keyless = explicit("https://bank.example/token", None);
        if let Endpoints::Explicit(endpoints) = &mut keyless.endpoints {
            endpoints.jwks_uri = None;
        }
        refused(keyless.clone(), "jwks_uri");
        assert!(
            OidcConfig { scope: vec!["accounts".into()], ..keyless }.parse().is_ok(),
            "plain OAuth 2 signs nothing"
        );
        refused(explicit("https://bank.example/token", Some("http://bank.example/par")), "par");
    }

    #[test]
    fn keys_and_certificates_are_there_when_they_are_needed() {
        refused(OidcConfig { auth: ClientAuth::PrivateKeyJwt, ..config() }, "signing_key");
        refused(OidcConfig { requests: Requests::Signed, ..config() }, "signing_key");
        refused(OidcConfig { auth: ClientAuth::TlsClient, ..config() }, "client_certificate");
        let alg = SigningAlg::parse("ES256").unwrap();
        let key = |pem: &str| Some(SigningKey { pem: Secret::new(pem), kid: None, alg });
        refused(OidcConfig { signing_key: key("no pem"), ..config() }, "signing_key");
        let certificate = ClientCertificate { cert_pem: "no pem".into(), key_pem: Secret::new("no pem") };
        refused(OidcConfig { client_certificate: Some(certificate), ..config() }, "client_certificate");
    }

    #[test]
    fn a_key_of_ours_that_is_too_weak_is_refused() {
        const WEAK: &str = include_str!("tests/pki/rsa-1024.pem");
        let with = |pem: &str, alg: &str| {
            let alg = SigningAlg::parse(alg).unwrap();
            OidcConfig { signing_key: Some(SigningKey { pem: Secret::new(pem), kid: None, alg }), ..config() }
        };
        for pem in [WEAK, include_str!("tests/pki/rsa-1024-pkcs1.pem")] {
            for alg in ["PS256", "RS256", "RS512"] {
                let broken = with(pem, alg).parse().unwrap_err();
                let [invalid] = &broken[..] else { panic!("{broken:?}") };
                let response = (invalid.field(), invalid.rule());
                assert_eq!(response, ("signing_key", "is an RSA key of less than 2048 bits"));
            }
        }
        assert!(with(include_str!("tests/pki/rsa-2048.pem"), "PS256").parse().is_ok());
        // What we show in TLS is held to the same.
        let cert_pem = include_str!("tests/pki/rsa-1024.crt").to_owned();
        let shown = ClientCertificate { cert_pem, key_pem: Secret::new(WEAK) };
        refused(OidcConfig { client_certificate: Some(shown), ..config() }, "client_certificate");
    }

    #[test]
    fn access_while_the_customer_is_away_goes_with_a_prompt_that_gives_it() {
        let offline = OidcConfig { scope: vec!["openid".into(), OFFLINE_ACCESS.into()], ..config() };
        assert!(offline.clone().parse().is_ok());
        for prompt in [vec![], vec![Prompt::Login]] {
            refused(OidcConfig { prompt: Some(prompt.clone()), ..offline.clone() }, "prompt");
            assert!(OidcConfig { prompt: Some(prompt), ..config() }.parse().is_ok());
        }
        assert!(OidcConfig { prompt: Some(vec![Prompt::Login, Prompt::Consent]), ..offline }.parse().is_ok());
    }

    #[test]
    fn a_hybrid_answer_is_carried_where_no_server_logs_it() {
        let hybrid = OidcConfig { flow: Flow::Hybrid, response_mode: ResponseMode::Fragment, ..config() };
        assert!(hybrid.clone().parse().is_ok());
        refused(OidcConfig { response_mode: ResponseMode::Query, ..hybrid.clone() }, "response_mode");
        refused(OidcConfig { response_mode: ResponseMode::FragmentJwt, ..hybrid.clone() }, "response_mode");
        refused(OidcConfig { response_mode: ResponseMode::Jwt, ..hybrid.clone() }, "response_mode");
        refused(OidcConfig { scope: vec!["accounts".into()], ..hybrid }, "scope");
    }
}
