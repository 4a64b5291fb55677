//! What a code is worth: the token request, and what its answer says (RFC 6749, section 4.1.3).
//!
//! A code is taken to the bank once. Whatever the bank answers is final: yes with tokens that can be verified, or no.
//! Only where no answer came, or one that nobody can read, it stays open what the bank would have said.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::call::{Reply, call, object};
use super::claims::{Half, OneOrMore, TokenKind, forged};
use super::{
    Oidc, answer::peek, directory::Directory, keys::Signed, parsed::OFFLINE_ACCESS, request::can_be_asked,
    settings::Flow,
};
use crate::domain::{BankTokens, Evidence, Fact, ProviderRefusal, Secret};
use crate::provider::{ProviderError, Result, VisitContext};

/// The longest id of a consent that is kept, in bytes.
const LONGEST_CONSENT: usize = 256;

/// For how long the bank's keys are asked for again before tokens that came are given up: a code buys none a second
/// time.
const KEYS_WITHIN: Duration = Duration::from_secs(10);

/// How far apart they are asked for.
const KEYS_PAUSE: Duration = Duration::from_millis(250);

/// A code, with what it was asked for under.
pub(super) struct Code<'a> {
    pub code: &'a Secret,
    pub redirect_uri: &'a str,
    pub verifier: &'a Secret,
}

impl Oidc {
    pub(super) async fn exchange_code(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Fact> {
        if !can_be_asked(context) {
            let why = "This bank gives access to accounts, and takes no payments.";
            return Ok(Fact::refused(ProviderRefusal::new("unsupported_response_type", Some(why))));
        }
        let directory = self.knowledge.ready().await?.directory;
        let code = Code { code: &evidence.code, redirect_uri: &context.redirect_uri, verifier: &context.verifier };
        let tokens = match self.tokens(&directory, code).await? {
            Ok(tokens) => tokens,
            Err(error) => return Ok(Fact::refused(error)),
        };
        match self.consented(context, evidence, &tokens).await {
            Ok(consent) => Ok(match self.withheld(&tokens) {
                None => Fact::authorised(BankTokens { json: tokens.json, consent }),
                Some(scope) => {
                    tracing::warn!(provider = self.settings.config.name, scope, "provider.scope_withheld");
                    let why = format!("The bank granted less than was asked for: not {scope}.");
                    Fact::refused(ProviderRefusal::new("invalid_scope", Some(&why)))
                }
            }),
            Err(ProviderError::Forged(why)) => {
                tracing::warn!(provider = self.settings.config.name, why, "provider.invalid_token");
                let why = "What the bank answered is not under its signature.";
                Ok(Fact::refused(ProviderRefusal::new("invalid_token", Some(why))))
            }
            // The code is spent, so that nobody may ask again.
            Err(ProviderError::Unreachable(why) | ProviderError::Unanswered(why)) => {
                Err(ProviderError::Unanswered(why))
            }
            Err(trouble @ (ProviderError::Unreadable(_) | ProviderError::NoPayment(_))) => Err(trouble),
        }
    }

    /// Takes a code to the bank: its tokens, or what it refuses.
    ///
    /// # Errors
    /// When it gives no answer, or one that cannot be read.
    pub(super) async fn tokens(
        &self,
        directory: &Directory,
        code: Code<'_>,
    ) -> Result<Result<Tokens, ProviderRefusal>> {
        let fields = vec![
            ("grant_type", "authorization_code".into()),
            ("code", code.code.reveal().to_owned()),
            ("redirect_uri", code.redirect_uri.to_owned()),
            ("code_verifier", code.verifier.reveal().to_owned()),
        ];
        let reply = call(self.form(directory.token.clone(), fields)?).await?;
        match TokenReply::read(&reply) {
            TokenReply::Granted(tokens) => Ok(Ok(tokens)),
            TokenReply::Refused(error) => {
                self.note_refusal("exchanging", &error);
                Ok(Err(error))
            }
            TokenReply::Unreadable(why) => Err(ProviderError::Unreadable(why.into())),
        }
    }

    /// Verifies the `id_token` that came with an access token.
    ///
    /// # Errors
    /// [`ProviderError::Forged`] when it is not the bank's word under this nonce; another when that cannot be known now.
    pub(super) async fn verified_id_token(&self, nonce: &str, tokens: &Tokens) -> Result<Signed> {
        let Some(id_token) = &tokens.id_token else { return forged("there is no id_token") };
        let signed = self.verified_at_last(id_token).await?;
        signed.claims.hold(TokenKind::IdToken, &self.settings.config, self.clock.now())?;
        signed.claims.hold_id_token(nonce)?;
        signed.claims.hold_half(Half::AccessToken(tokens.access_token.reveal()), signed.algorithm)?;
        Ok(signed)
    }

    /// A scope that was asked for and not granted (RFC 6749, section 5.1: an answer that names none has granted all).
    /// The `id_token` itself grants `openid`, and a refresh token `offline_access`; banks leave both out of the list.
    fn withheld(&self, tokens: &Tokens) -> Option<&str> {
        let granted = tokens.scope.as_ref()?;
        let has = |scope: &str| match scope {
            "openid" => true,
            OFFLINE_ACCESS if tokens.can_be_renewed => true,
            _ => granted.iter().any(|granted| granted == scope),
        };
        self.settings.config.scope.iter().map(String::as_str).find(|scope| !has(scope))
    }

    /// Verifies the `id_token`, where there must be one, and answers the bank's id of the consent, if it named one.
    async fn consented(
        &self,
        context: &VisitContext<'_>,
        evidence: &Evidence,
        tokens: &Tokens,
    ) -> Result<Option<String>> {
        let config = &self.settings.config;
        if !config.is_openid() {
            return Ok(tokens.consent_id.clone().filter(|id| is_id(id)));
        }
        let claims = self.verified_id_token(context.nonce(), tokens).await?.claims;
        // OpenID Connect Core, section 3.3.3.6. The one that the browser carried has been verified by `check`.
        if config.flow == Flow::Hybrid
            && let Some(carried) = &evidence.signed
            && peek(carried.reveal()).is_none_or(|carried| carried.sub != claims.sub)
        {
            return forged("its subject is another than in the browser");
        }
        let named = [claims.openbanking_intent_id, claims.consent_id, tokens.consent_id.clone()];
        Ok(named.into_iter().flatten().find(|id| is_id(id)))
    }

    /// Verifies what the bank signed, though its keys cannot be had at first.
    async fn verified_at_last(&self, token: &Secret) -> Result<Signed> {
        let until = Instant::now() + KEYS_WITHIN;
        loop {
            let verified = self.knowledge.verified(token.reveal()).await;
            if !matches!(verified, Err(ProviderError::Unreachable(_))) || Instant::now() + KEYS_PAUSE >= until {
                return verified;
            }
            tokio::time::sleep(KEYS_PAUSE).await;
        }
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_CONSENT && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a token endpoint has answered.
#[derive(Debug)]
enum TokenReply {
    Granted(Tokens),
    Refused(ProviderRefusal),
    /// Neither; why it cannot be read.
    Unreadable(&'static str),
}

/// What a token endpoint gave.
#[derive(Debug)]
pub(super) struct Tokens {
    json: Secret,
    access_token: Secret,
    pub(super) id_token: Option<Secret>,
    consent_id: Option<String>,
    /// The scope that was granted, where the answer says so.
    scope: Option<Vec<String>>,
    /// Whether a refresh token is among them.
    can_be_renewed: bool,
}

/// What is looked at in a token endpoint's answer (RFC 6749, sections 5.1 and 5.2).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    access_token: Option<String>,
    token_type: Option<String>,
    refresh_token: Option<String>,
    scope: Option<OneOrMore>,
    id_token: Option<String>,
    #[serde(alias = "consentId")]
    consent_id: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl TokenReply {
    fn read(reply: &Reply) -> Self {
        if let Some(error) = reply.error() {
            return Self::Refused(error);
        }
        // An answer that is not a success: it will not be asked for again, whatever it was.
        if !reply.status.is_success() {
            let status = format!("The bank answered {}.", reply.status.as_u16());
            return Self::Refused(ProviderRefusal::new("server_error", Some(&status)));
        }
        match object::<Wire>(&reply.body) {
            Ok(wire) => wire.granted(&reply.body),
            Err(why) => Self::Unreadable(why),
        }
    }
}

impl Wire {
    fn granted(self, json: &[u8]) -> TokenReply {
        let Some(access_token) = self.access_token.filter(|token| !token.is_empty()) else {
            return TokenReply::Unreadable("it holds no access token");
        };
        // RFC 6749, section 7.1: a token of a type that is not understood must not be used. One that is bound to a key
        // (`DPoP`, RFC 9449) is of no use to a client that only carries it.
        if self.token_type.is_none_or(|kind| !kind.eq_ignore_ascii_case("Bearer")) {
            let why = "The bank's access token is not of the type Bearer.";
            return TokenReply::Refused(ProviderRefusal::new("unsupported_token_type", Some(why)));
        }
        let scopes = |scope: OneOrMore| {
            let texts = scope.as_slice().iter().flat_map(|text| text.split(' '));
            texts.filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
        };
        TokenReply::Granted(Tokens {
            json: Secret::new(String::from_utf8_lossy(json)),
            access_token: Secret::new(access_token),
            id_token: self.id_token.map(Secret::new),
            consent_id: self.consent_id,
            scope: self.scope.map(scopes),
            can_be_renewed: self.refresh_token.is_some_and(|token| !token.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn reply(status: u16, body: &str) -> TokenReply {
        TokenReply::read(&Reply { status: StatusCode::from_u16(status).unwrap(), body: body.into() })
    }

    #[test]
    fn an_error_of_the_bank_is_a_no_whatever_its_status() {
        for status in [400, 401, 403, 500, 503, 200] {
            let body = r#"{"error":"invalid_grant","error_description":"spent"}"#;
            let TokenReply::Refused(error) = reply(status, body) else { panic!("{status}") };
            assert_eq!((error.code(), error.description()), ("invalid_grant", Some("spent")));
        }
    }

    #[test]
    fn an_answer_that_is_no_yes_is_a_no() {
        for (status, body) in
            [(500, "oops"), (503, "<html>"), (307, ""), (404, "{}"), (500, "{\"error\":1}"), (400, "")]
        {
            let TokenReply::Refused(error) = reply(status, body) else { panic!("{status} {body}") };
            assert_eq!(error.code(), "server_error");
            assert_eq!(error.description(), Some(format!("The bank answered {status}.").as_str()));
        }
    }

    #[test]
    fn a_yes_that_nobody_can_read_says_why() {
        let (no_token, no_object) = ("it holds no access token", "it is not a JSON object");
        let odd = "a field is missing, of another type, or there twice";
        for (body, expected) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("<html>", no_object),
            ("[]", no_object),
            (r#"["a"]"#, no_object),
            ("{}", no_token),
            (r#"{"access_token":""}"#, no_token),
            (r#"{"error":""}"#, no_token),
            (r#"{"access_token":1}"#, odd),
            (r#"{"access_token":"a","access_token":"b"}"#, odd),
            (r#"{"access_token":"a""#, "its JSON breaks off"),
            (r#"{"access_token":"a",}"#, "it is not well-formed JSON"),
        ] {
            let TokenReply::Unreadable(why) = reply(200, body) else { panic!("{body}") };
            assert_eq!(why, expected, "{body}");
        }
        assert!(matches!(reply(204, ""), TokenReply::Unreadable("it is empty")));
    }

    #[test]
    fn a_token_that_its_bearer_cannot_use_is_a_no() {
        for kind in ["Bearer", "bearer", "BEARER"] {
            let body = format!(r#"{{"access_token":"a","token_type":"{kind}"}}"#);
            assert!(matches!(reply(200, &body), TokenReply::Granted(_)), "{kind}");
        }
        for kind in [r#""DPoP""#, r#""mac""#, r#""N_A""#, r#""""#, r#""Bearer ""#, "null"] {
            let body = format!(r#"{{"access_token":"a","token_type":{kind}}}"#);
            let TokenReply::Refused(error) = reply(200, &body) else { panic!("{kind}") };
            assert_eq!(error.code(), "unsupported_token_type", "{kind}");
        }
        let TokenReply::Refused(error) = reply(200, r#"{"access_token":"a"}"#) else { panic!() };
        assert_eq!(error.code(), "unsupported_token_type");
    }

    #[test]
    fn a_scope_is_read_as_servers_write_it() {
        for (scope, expected) in [
            (r#""openid accounts""#, Some(vec!["openid", "accounts"])),
            (r#"" accounts  openid ""#, Some(vec!["accounts", "openid"])),
            (r#"["openid", "accounts"]"#, Some(vec!["openid", "accounts"])),
            (r#""""#, Some(vec![])),
            ("null", None),
        ] {
            let body = format!(r#"{{"access_token":"a","token_type":"Bearer","scope":{scope}}}"#);
            let TokenReply::Granted(tokens) = reply(200, &body) else { panic!("{scope}") };
            let expected = expected.map(|scopes| scopes.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!((tokens.scope, tokens.can_be_renewed), (expected, false), "{scope}");
        }
    }

    #[test]
    fn a_yes_is_kept_as_it_was_sent() {
        let body = r#"{"access_token": "a", "token_type":"Bearer", "consentId":"c-1", "x": 1.50}"#;
        let TokenReply::Granted(tokens) = reply(200, body) else { panic!() };
        assert_eq!(tokens.json.reveal(), body);
        assert_eq!(tokens.consent_id.as_deref(), Some("c-1"));
        assert!(!format!("{tokens:?}").contains("\"a\""));
    }
}
