//! Where a bank's endpoints are, and what it says of itself.

use url::Url;

use super::parsed::{Settings, endpoint};
use super::settings::{Endpoints, Explicit, OidcConfig, Par};
use super::{call::call_again, metadata::Metadata};
use crate::domain::Invalid;
use crate::provider::{ProviderError, Result};

/// How long a bank may take to describe itself.
pub(super) const DESCRIBED_IN: std::time::Duration = std::time::Duration::from_secs(10);

/// Where a bank is asked for what. Of two addresses for one thing only the one that is used is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Where its keys are, if it has any.
    pub(super) jwks: Option<Url>,
    /// Where requests are pushed, if they are.
    pub(super) par: Option<Url>,
    /// Whether it says that its plain answers name their issuer.
    pub(super) names_iss: bool,
    /// What the settings say and it does not list, a sentence each.
    pub(super) unlisted: Vec<String>,
}

impl Directory {
    /// As the operator has it, or as the bank says.
    ///
    /// # Errors
    /// When the bank cannot be asked, or is not what it was configured as.
    pub(super) async fn look_up(settings: &Settings) -> Result<Self> {
        let config = &settings.config;
        let directory = match &config.endpoints {
            Endpoints::Explicit(explicit) => explicit.directory(config),
            Endpoints::Discover => Self::of(&Self::discover(settings).await?, config),
        };
        let directory =
            directory.map_err(|invalid| misconfigured(&format!("{} {}", invalid.field(), invalid.rule())))?;
        if config.par == Par::Always && directory.par.is_none() {
            return Err(misconfigured("it has no endpoint for pushed requests"));
        }
        if config.needs_keys() && directory.jwks.is_none() {
            return Err(misconfigured("it has no keys"));
        }
        Ok(directory)
    }

    async fn discover(settings: &Settings) -> Result<Metadata> {
        let config = &settings.config;
        let address = format!("{}/.well-known/openid-configuration", config.issuer.trim_end_matches('/'));
        let reply = call_again("discovery", settings.client.get(address).timeout(DESCRIBED_IN)).await?;
        let metadata: Metadata = reply.of_success("discovery")?;
        // Discovery 1.0, section 4.3: exactly, or somebody else's keys would be trusted.
        if metadata.issuer != config.issuer {
            return Err(misconfigured("it names another issuer"));
        }
        metadata.unmet(config).map_or(Ok(()), |why| Err(misconfigured(why)))?;
        Ok(metadata)
    }

    fn of(metadata: &Metadata, config: &OidcConfig) -> Result<Self, Invalid> {
        let unlisted = metadata.unlisted(config);
        Ok(Self { names_iss: metadata.names_iss(), unlisted, ..metadata.endpoints().directory(config)? })
    }
}

impl Explicit {
    fn directory(&self, config: &OidcConfig) -> Result<Directory, Invalid> {
        let shows = config.client_certificate.is_some();
        let chosen = |alias: &Option<String>, usual: Option<&String>| {
            alias.as_ref().filter(|_| shows).or(usual).map(ToOwned::to_owned)
        };
        let url = |field: &str, text: &str| endpoint(field, text, config.plain_loopback);
        let token = chosen(&self.mtls_token, Some(&self.token)).unwrap_or_default();
        let par = chosen(&self.mtls_par, self.par.as_ref()).filter(|_| config.par != Par::Never);
        Ok(Directory {
            authorization: url("authorization endpoint", &self.authorization)?,
            token: url("token endpoint", &token)?,
            jwks: self.jwks_uri.as_ref().map(|jwks| url("jwks_uri", jwks)).transpose()?,
            par: par.map(|par| url("endpoint for pushed requests", &par)).transpose()?,
            names_iss: false,
            unlisted: Vec::new(),
        })
    }
}

fn misconfigured(why: &str) -> ProviderError {
    ProviderError::Unreachable(format!("it is not what it was configured as: {why}"))
}

#[cfg(test)]
mod tests {
    use super::super::settings::{ClientCertificate, PlainLoopback};
    use super::super::tests::config;
    use super::*;
    use crate::domain::Secret;

    const ALL: &str = r#"{
        "issuer": "https://bank.example", "authorization_endpoint": "https://bank.example/auth",
        "token_endpoint": "https://bank.example/token", "jwks_uri": "https://bank.example/jwks",
        "pushed_authorization_request_endpoint": "https://bank.example/par",
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.bank.example/token"},
        "authorization_response_iss_parameter_supported": true, "something_else": [1]
    }"#;

    fn directory(json: &str, config: &OidcConfig) -> Result<Directory, Invalid> {
        Directory::of(&serde_json::from_str(json).unwrap(), config)
    }

    #[test]
    fn a_client_with_a_certificate_uses_the_aliases_that_there_are() {
        let certificate = Some(ClientCertificate { cert_pem: String::new(), key_pem: Secret::new("") });
        let shows = OidcConfig { client_certificate: certificate, ..config() };
        let without = directory(ALL, &config()).unwrap();
        assert_eq!(without.token.as_str(), "https://bank.example/token");
        let with = directory(ALL, &shows).unwrap();
        assert_eq!(with.token.as_str(), "https://mtls.bank.example/token");
        assert_eq!(with.par.unwrap().as_str(), "https://bank.example/par");
    }

    #[test]
    fn a_bank_is_pushed_to_only_where_the_operator_lets_us() {
        assert!(directory(ALL, &config()).unwrap().par.is_some());
        assert!(directory(ALL, &OidcConfig { par: Par::Never, ..config() }).unwrap().par.is_none());
    }

    #[test]
    fn a_bank_says_whether_its_answers_name_their_issuer() {
        let silent = ALL.replace("_parameter_supported\": true", "_parameter_supported\": false");
        assert!(directory(ALL, &config()).unwrap().names_iss);
        assert!(!directory(&silent, &config()).unwrap().names_iss);
    }

    #[test]
    fn a_bank_cannot_send_us_anywhere_but_to_tls() {
        let inside = ALL.replace("https://bank.example/jwks", "http://169.254.169.254/jwks");
        assert_eq!(directory(&inside, &config()).unwrap_err().field(), "jwks_uri");
        let plain = OidcConfig { plain_loopback: PlainLoopback::Allowed, ..config() };
        assert_eq!(directory(&inside, &plain).unwrap_err().field(), "jwks_uri");
    }
}
