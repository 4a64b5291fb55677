//! The question to a bank: where its customer's browser is sent, and with what (RFC 6749, section 4.1.1; RFC 7636;
//! RFC 9101; RFC 9126).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Oidc;
use super::call::{call_again, object};
use super::settings::{Flow, Requests, ResponseMode};
use crate::bank::{BankTrouble, Trip};
use crate::domain::redirect::Redirect;

/// How long a signed request can be used: FAPI 1.0 Advanced, section 5.2.2, allows an hour.
const REQUEST_LIFE: Duration = Duration::from_mins(10);

/// How long a bank may take to take a request.
const PUSHED_IN: Duration = Duration::from_secs(20);

impl Oidc {
    pub(super) async fn ask(&self, trip: &Trip<'_>) -> Result<Redirect, BankTrouble> {
        if trip.journey.opening().purpose.consent().is_none() {
            return Err(BankTrouble::Unreachable("it proves consents, not payments".into()));
        }
        let directory = self.knowledge.ready().await?.directory;
        let mut fields = match self.settings.config.requests {
            Requests::Plain => self.question(trip),
            Requests::Signed => self.signed_question(trip)?,
        };
        if let Some(address) = &directory.par {
            fields = self.pushed(address, fields).await?;
        }
        let mut url = directory.authorization.clone();
        // Its own query stays (RFC 6749, section 3.1).
        url.query_pairs_mut().extend_pairs(fields);
        Ok(Redirect::to_bank(url.into()))
    }

    /// What is asked, as parameters.
    fn question(&self, trip: &Trip<'_>) -> Vec<(&'static str, String)> {
        let config = &self.settings.config;
        let (kind, default) = match config.flow {
            Flow::Code => ("code", ResponseMode::Query),
            Flow::Hybrid => ("code id_token", ResponseMode::Fragment),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(trip.verifier.reveal()));
        let mut fields = vec![
            ("response_type", kind.into()),
            ("client_id", config.client_id.clone()),
            ("redirect_uri", trip.redirect_uri.into()),
            ("scope", config.scope.join(" ")),
            ("state", trip.state.into()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".into()),
        ];
        if config.is_openid() {
            fields.push(("nonce", trip.nonce.into()));
        }
        if config.response_mode != default {
            fields.push(("response_mode", config.response_mode.as_str().into()));
        }
        fields
    }

    /// The same as a request object. What OAuth 2 wants to see is repeated outside of it, as OpenID Connect Core,
    /// section 6.1, has it.
    fn signed_question(&self, trip: &Trip<'_>) -> Result<Vec<(&'static str, String)>, BankTrouble> {
        let config = &self.settings.config;
        let fields = self.question(trip);
        let mut claims = vec![("iss", config.client_id.as_str()), ("aud", config.issuer.as_str())];
        claims.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let request = self.sign("oauth-authz-req+jwt", REQUEST_LIFE, &claims)?;
        let outside = |name: &str| matches!(name, "response_type" | "client_id" | "scope");
        let outside = fields.iter().filter(|(name, _)| outside(name)).cloned();
        Ok(outside.chain([("request", request)]).collect())
    }

    /// Pushes the request, and answers what is left for the browser to carry.
    async fn pushed(
        &self,
        to: &Url,
        mut fields: Vec<(&'static str, String)>,
    ) -> Result<Vec<(&'static str, String)>, BankTrouble> {
        #[derive(Deserialize)]
        struct Pushed {
            request_uri: String,
        }
        if fields.iter().any(|(name, _)| *name == "request") {
            // RFC 9126, section 3: what is asked stands in the request object alone.
            fields.retain(|(name, _)| matches!(*name, "client_id" | "request"));
        }
        let reply = call_again("pushing", self.form(to.clone(), fields)?.timeout(PUSHED_IN)).await?;
        if !reply.status.is_success() {
            return Err(BankTrouble::Unreachable(format!("pushing: answered {}", reply.status.as_u16())));
        }
        let Some(Pushed { request_uri }) = object(&reply.body) else {
            return Err(BankTrouble::Unreachable("pushing: the answer names no request_uri".into()));
        };
        Ok(vec![("client_id", self.settings.config.client_id.clone()), ("request_uri", request_uri)])
    }
}
