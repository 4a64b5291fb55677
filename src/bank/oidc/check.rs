//! What a bank signed and a browser carried, held against its signature before the code is spent.

use super::Oidc;
use super::claims::{Half, Word};
use super::settings::Flow;
use crate::bank::{BankTrouble, Checked, VisitContext};
use crate::domain::consent::AnswerTo;
use crate::domain::outcome::{BankError, Evidence};

impl Oidc {
    pub(super) async fn check_offer(
        &self,
        context: &VisitContext<'_>,
        evidence: &Evidence,
    ) -> Result<Checked, BankTrouble> {
        let config = &self.settings.config;
        let signs = config.response_mode.is_signed() || config.flow == Flow::Hybrid;
        let Some(token) = evidence.signed.as_ref().filter(|_| signs) else {
            // An app that takes the bank's answer itself brings the bare code.
            return if signs && !brought_by_app(context) {
                Err(BankTrouble::Forged("nothing is signed".into()))
            } else {
                Ok(Checked::Genuine)
            };
        };
        let signed = self.knowledge.verified(token.reveal()).await?;
        let (claims, code) = (&signed.claims, evidence.code.reveal());
        if !config.response_mode.is_signed() {
            claims.hold(Word::IdToken, config, self.clock.now())?;
            claims.hold_id_token(context.nonce)?;
            claims.hold_half(Half::Code(code), signed.algorithm)?;
            claims.hold_state(context.state, config, signed.algorithm)?;
            return Ok(Checked::Genuine);
        }
        claims.hold(Word::AuthorizationResponse, config, self.clock.now())?;
        if claims.state.as_deref() != Some(context.state) {
            return Err(BankTrouble::Forged("its state is another".into()));
        }
        if claims.code.as_deref().unwrap_or_default() != code {
            return Err(BankTrouble::Forged("its code is another".into()));
        }
        match &claims.error {
            Some(_) if !code.is_empty() => Err(BankTrouble::Forged("it is a code and an error".into())),
            None if !code.is_empty() => Ok(Checked::Genuine),
            error => {
                let code = error.as_deref().unwrap_or_default();
                let error = BankError::new(code, claims.error_description.as_deref());
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
