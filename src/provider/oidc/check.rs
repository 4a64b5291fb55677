//! What a bank signed and a browser carried, held against its signature before the code is spent.

use super::claims::{Half, TokenKind, forged};
use super::{Oidc, settings::Flow};
use crate::domain::{AnswerTo, Evidence, ProviderRefusal};
use crate::provider::{Checked, Result, VisitContext};

impl Oidc {
    pub(super) async fn check_evidence(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Checked> {
        let config = &self.settings.config;
        let signs = config.response_mode.is_signed() || config.flow == Flow::Hybrid;
        let Some(token) = evidence.signed.as_ref().filter(|_| signs) else {
            // An app that takes the bank's answer itself brings the bare code.
            return if signs && !brought_by_app(context) { forged("nothing is signed") } else { Ok(Checked::Genuine) };
        };
        let signed = self.knowledge.verified(token.reveal()).await?;
        let (claims, code) = (&signed.claims, evidence.code.reveal());
        if !config.response_mode.is_signed() {
            claims.hold(TokenKind::IdToken, config, self.clock.now())?;
            claims.hold_id_token(context.nonce())?;
            claims.hold_half(Half::Code(code), signed.algorithm)?;
            claims.hold_state(&context.state, config, signed.algorithm)?;
            return Ok(Checked::Genuine);
        }
        claims.hold(TokenKind::AuthorizationResponse, config, self.clock.now())?;
        if claims.state.as_ref() != Some(&context.state) {
            return forged("its state is another");
        }
        if claims.code.as_deref().unwrap_or_default() != code {
            return forged("its code is another");
        }
        match &claims.error {
            Some(_) if !code.is_empty() => forged("it is a code and an error"),
            None if !code.is_empty() => Ok(Checked::Genuine),
            error => {
                let code = error.as_deref().unwrap_or_default();
                let error = ProviderRefusal::new(code, claims.error_description.as_deref());
                self.note_refusal("answering", &error);
                Ok(Checked::Refused(error))
            }
        }
    }
}

fn brought_by_app(context: &VisitContext<'_>) -> bool {
    let consent = context.journey.opening().purpose.consent();
    consent.is_some_and(|consent| matches!(consent.answer_to, AnswerTo::App(_)))
}
