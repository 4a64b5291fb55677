//! The question to a bank: where its customer's browser is sent, and with what (RFC 6749, section 4.1.1; RFC 7636;
//! RFC 9101; RFC 9126).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::settings::{Flow, Requests, ResponseMode};
use super::{Oidc, call::call_again};
use crate::domain::{ProviderRefusal, Redirect, Secret};
use crate::provider::{ProviderError, Requested, Result, VisitContext};

/// How long a signed request can be used: FAPI 1.0 Advanced, section 5.2.2, allows an hour.
const REQUEST_LIFE: Duration = Duration::from_mins(10);

/// How long a bank may take to take a request.
const PUSHED_IN: Duration = Duration::from_secs(20);

/// What is asked under one `state`.
pub(super) struct Question<'a> {
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a Secret,
}

impl Oidc {
    pub(super) async fn ask(&self, context: &VisitContext<'_>) -> Result<Requested> {
        if !can_be_asked(context) {
            return Err(ProviderError::Unreachable("it gives access to accounts, and takes no payments".into()));
        }
        let question = Question {
            redirect_uri: &context.redirect_uri,
            state: &context.state,
            nonce: context.nonce(),
            verifier: &context.verifier,
        };
        Ok(match self.send(&question).await? {
            Ok(redirect) => Requested::Accepted(redirect),
            Err(refusal) => Requested::Refused(refusal),
        })
    }

    /// Where a browser is sent with a question, or what the bank refuses of it.
    ///
    /// # Errors
    /// When the bank cannot be asked now.
    pub(super) async fn send(&self, question: &Question<'_>) -> Result<Result<Redirect, ProviderRefusal>> {
        let directory = self.knowledge.ready().await?.directory;
        let mut fields = match self.settings.config.requests {
            Requests::Plain => self.fields(question),
            Requests::Signed => self.signed_fields(question)?,
        };
        if let Some(address) = &directory.par {
            match self.push(address, fields).await? {
                Ok(request_uri) => {
                    fields = vec![("client_id", self.settings.config.client_id.clone()), ("request_uri", request_uri)];
                }
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let mut url = directory.authorization.clone();
        // Its own query stays (RFC 6749, section 3.1).
        url.query_pairs_mut().extend_pairs(fields);
        Ok(Ok(Redirect::to_provider(url.into())))
    }

    /// What is asked, as parameters.
    fn fields(&self, question: &Question<'_>) -> Vec<(&'static str, String)> {
        let config = &self.settings.config;
        let default = match config.flow {
            Flow::Code => ResponseMode::Query,
            Flow::Hybrid => ResponseMode::Fragment,
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(question.verifier.reveal()));
        let mut fields = vec![
            ("response_type", config.flow.as_str().into()),
            ("client_id", config.client_id.clone()),
            ("redirect_uri", question.redirect_uri.to_owned()),
            ("scope", config.scope.join(" ")),
            ("state", question.state.to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".into()),
        ];
        if config.is_openid() {
            fields.push(("nonce", question.nonce.to_owned()));
        }
        let prompts = config.prompts();
        if !prompts.is_empty() {
            fields.push(("prompt", prompts.iter().map(|prompt| prompt.as_str()).collect::<Vec<_>>().join(" ")));
        }
        if config.response_mode != default {
            fields.push(("response_mode", config.response_mode.as_str().into()));
        }
        fields
    }

    /// The parameters as a request object. What OAuth 2 wants to see is repeated outside of it, as OpenID Connect Core,
    /// section 6.1, has it.
    fn signed_fields(&self, question: &Question<'_>) -> Result<Vec<(&'static str, String)>> {
        let config = &self.settings.config;
        let fields = self.fields(question);
        let mut claims = vec![("iss", config.client_id.as_str()), ("aud", config.issuer.as_str())];
        claims.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let request = self.sign("oauth-authz-req+jwt", REQUEST_LIFE, &claims)?;
        let outside = |name: &str| matches!(name, "response_type" | "client_id" | "scope");
        let outside = fields.iter().filter(|(name, _)| outside(name)).cloned();
        Ok(outside.chain([("request", request)]).collect())
    }

    /// Pushes the request, and answers its name. An error that the bank names with a 4xx is its refusal; a bank that is
    /// overloaded (429) or in trouble (5xx) may take the request the next time.
    async fn push(&self, to: &Url, mut fields: Vec<(&'static str, String)>) -> Result<Result<String, ProviderRefusal>> {
        #[derive(Deserialize)]
        struct Wire {
            request_uri: String,
        }
        if fields.iter().any(|(name, _)| *name == "request") {
            // RFC 9126, section 3: what is asked stands in the request object alone.
            fields.retain(|(name, _)| matches!(*name, "client_id" | "request"));
        }
        let reply = call_again("pushing", self.form(to.clone(), fields)?.timeout(PUSHED_IN)).await?;
        match reply.error().filter(|_| !reply.status.is_success()) {
            Some(error) if reply.status.is_client_error() && reply.status != StatusCode::TOO_MANY_REQUESTS => {
                self.note_refusal("pushing", &error);
                return Ok(Err(error));
            }
            Some(error) => {
                let (status, code) = (reply.status.as_u16(), error.code());
                return Err(ProviderError::Unreachable(format!("pushing: answered {status} {code}")));
            }
            None => {}
        }
        let Wire { request_uri } = reply.of_success("pushing")?;
        Ok(Ok(request_uri))
    }

    /// Notes an error that the bank named, by its code alone: a description may hold anything.
    pub(super) fn note_refusal(&self, what: &str, error: &ProviderRefusal) {
        tracing::warn!(provider = self.settings.config.name, what, error = error.code(), "provider.refused");
    }
}

/// Whether a journey is about something that such a bank is asked for: access to accounts. A payment's amount and payee
/// are no part of its requests, so nobody would have agreed to them.
pub(super) fn can_be_asked(context: &VisitContext<'_>) -> bool {
    !context.journey.opening().purpose.needs_payments()
}
