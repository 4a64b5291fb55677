//! How we prove to a bank who we are (RFC 6749, section 2.3; RFC 7523; RFC 8705).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use serde_json::json;
use url::{Url, form_urlencoded::byte_serialize};

use super::{Oidc, settings::ClientAuth};
use crate::domain::Secret;
use crate::provider::{ProviderError, Result};

/// How long our assertion can be used.
const ASSERTION_LIFE: Duration = Duration::from_mins(1);

/// How long before it is made our token begins, for banks whose clock is behind: FAPI 2.0, section 5.3.2.1, has
/// banks bear ten seconds, and others bear none.
const BEGINS_BEFORE: Duration = Duration::from_secs(10);

impl Oidc {
    /// A form for the bank, with our credentials.
    ///
    /// # Errors
    /// When our own key would not sign.
    pub(super) fn form(&self, to: Url, mut fields: Vec<(&str, String)>) -> Result<RequestBuilder> {
        let client = &self.settings.config.client_id;
        let mut request = self.settings.client.post(to).header("accept", "application/json");
        if !matches!(self.settings.config.auth, ClientAuth::SecretBasic(_))
            && fields.iter().all(|(field, _)| *field != "client_id")
        {
            fields.push(("client_id", client.clone()));
        }
        match &self.settings.config.auth {
            ClientAuth::SecretBasic(secret) => request = basic(request, client, secret),
            ClientAuth::SecretPost(secret) => fields.push(("client_secret", secret.reveal().to_owned())),
            ClientAuth::PrivateKeyJwt => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                fields.extend([("client_assertion_type", kind.into()), ("client_assertion", self.assertion()?)]);
            }
            ClientAuth::TlsClient => {}
        }
        Ok(request.form(&fields))
    }

    /// Its audience is the issuer, as one text: what FAPI 2.0 (section 5.3.3.1) asks for, and every bank takes.
    fn assertion(&self) -> Result<String> {
        let config = &self.settings.config;
        self.sign(
            "JWT",
            ASSERTION_LIFE,
            &[("iss", &config.client_id), ("sub", &config.client_id), ("aud", &config.issuer)],
        )
    }

    /// Signs our claims, with when they begin and end, and an id.
    ///
    /// # Errors
    /// When there is no key, which [`super::settings::OidcConfig::parse`] rules out, or it would not sign.
    pub(super) fn sign(&self, typ: &str, life: Duration, texts: &[(&str, &str)]) -> Result<String> {
        let Some(signer) = &self.settings.signer else {
            return Err(ProviderError::Unreachable("there is no key to sign with".into()));
        };
        let now = self.clock.now().as_millis() / 1000;
        let mut claims: serde_json::Map<_, _> =
            texts.iter().map(|(name, text)| ((*name).into(), json!(text))).collect();
        let jti = URL_SAFE_NO_PAD.encode(self.clock.entropy());
        let begins = now.saturating_sub(BEGINS_BEFORE.as_secs());
        claims.extend([("iat".into(), json!(begins)), ("nbf".into(), json!(begins)), ("jti".into(), json!(jti))]);
        claims.insert("exp".into(), json!(now + life.as_secs()));
        signer.sign(typ, &claims)
    }
}

/// Both halves are form-encoded first (RFC 6749, section 2.3.1).
fn basic(request: RequestBuilder, client: &str, secret: &Secret) -> RequestBuilder {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    request.basic_auth(encoded(client), Some(encoded(secret.reveal())))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_secret_is_form_encoded_before_it_is_written() {
        let request = reqwest::Client::new().post("https://bank.example/token");
        let request = basic(request, "us", &Secret::new("a:b c/ü")).build().unwrap();
        let header = &request.headers()["authorization"];
        let text = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), b"us:a%3Ab+c%2F%C3%BC");
        assert!(header.is_sensitive());
    }
}
