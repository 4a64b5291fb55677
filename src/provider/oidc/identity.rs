//! Signing people in with the OpenID client: it asks who they are, and leaves the access token alone.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::answer;
use super::call::object;
use super::claims::forged;
use super::exchange::Code;
use super::request::Question;
use super::{Oidc, settings::OidcConfig};
use crate::clock::Clock;
use crate::domain::{Invalid, ProviderRefusal, Redirect, ResponseKind};
use crate::provider::{AuthorizationResponse, Identity, IdentityProvider, IdentityRequest, ProviderError, Result};

/// The claims by which a person is called, the best first: an address is nobody else's, a name may be chosen.
const NAMES: [&str; 4] = ["email", "preferred_username", "name", "sub"];

/// An OpenID provider that says who people are, and in one of its claims which groups they are in.
pub struct OidcIdentity {
    oidc: Oidc,
    claim: String,
}

impl OidcIdentity {
    /// A provider with these settings, whose groups stand in this claim.
    ///
    /// # Errors
    /// Every setting that breaks a rule, by its name.
    pub fn new(config: OidcConfig, claim: String, clock: Arc<dyn Clock>) -> Result<Self, Vec<Invalid>> {
        Ok(Self { oidc: Oidc::new(config.parse()?, clock), claim })
    }
}

#[async_trait]
impl IdentityProvider for OidcIdentity {
    fn label(&self) -> &str {
        &self.oidc.settings.config.label
    }

    async fn ask(&self, request: &IdentityRequest) -> Result<Result<Redirect, ProviderRefusal>> {
        let question = Question {
            redirect_uri: &request.redirect_uri,
            state: &request.state,
            nonce: &request.nonce,
            verifier: &request.verifier,
        };
        self.oidc.send(&question).await
    }

    async fn identify(
        &self,
        request: &IdentityRequest,
        response: &AuthorizationResponse,
    ) -> Result<Result<Identity, ProviderRefusal>> {
        let directory = self.oidc.knowledge.ready().await?.directory;
        let read = answer::read(&self.oidc.settings.config, directory.names_iss, response);
        let unverified = read.map_err(|invalid| ProviderError::Forged(invalid.to_string()))?;
        let state = unverified.state.unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(request.state.as_bytes())) {
            return forged("its state is another");
        }
        let evidence = match unverified.kind {
            ResponseKind::Code(evidence) => evidence,
            ResponseKind::Error(refusal) => return Ok(Err(refusal)),
            ResponseKind::Returned => return forged("it holds neither a code nor an error"),
        };
        let code = Code { code: &evidence.code, redirect_uri: &request.redirect_uri, verifier: &request.verifier };
        let tokens = match self.oidc.tokens(&directory, code).await? {
            Ok(tokens) => tokens,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.oidc.verified_id_token(&request.nonce, &tokens).await?;
        // What has been verified is read again, with the claims that this provider has of its own.
        let claims = tokens.id_token.as_ref().and_then(|token| claims_of(token.reveal()));
        let Some(claims) = claims else { return forged("its claims cannot be read") };
        let is_others = claims.get("email_verified").is_some_and(|verified| *verified == Value::Bool(false));
        let names = NAMES.iter().filter(|name| **name != "email" || !is_others);
        let names = names.filter_map(|name| claims.get(*name)?.as_str().map(str::to_owned));
        Ok(Ok(Identity { names: names.collect(), groups: groups(&claims, &self.claim) }))
    }
}

fn claims_of(token: &str) -> Option<Map<String, Value>> {
    object(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

/// The texts of a claim: one, or a list. A name with dots that no claim has leads into the claims within claims.
fn groups(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    let within = || {
        let mut parts = name.split('.');
        let first = claims.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    };
    match claims.get(name).or_else(within) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_stand_in_a_claim_or_in_one_within_it() {
        let claims = json!({
            "groups": ["ops", 7, "support"], "role": "admin", "a.b": "dotted", "a": {"b": "nested"},
            "realm_access": {"roles": ["ops"]}, "number": 7,
        });
        let Value::Object(claims) = claims else { panic!() };
        for (name, expected) in [
            ("groups", &["ops", "support"][..]),
            ("role", &["admin"]),
            ("a.b", &["dotted"]),
            ("realm_access.roles", &["ops"]),
            ("number", &[]),
            ("realm_access.nothing", &[]),
            ("nothing", &[]),
        ] {
            assert_eq!(groups(&claims, name), expected, "{name}");
        }
    }
}
