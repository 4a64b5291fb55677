//! Any OAuth 2, OpenID Connect or FAPI bank.
//!
//! The authorization code flow with PKCE, and what banks put around it: pushed and signed requests, four ways to prove
//! who the client is, answers in the query, behind a `#`, in a form, or signed, and a hybrid answer's `id_token`.
//!
//! One crate signs and verifies: `jsonwebtoken`. The field's OpenID crate cannot read a signed answer (JARM) nor hold
//! `s_hash`, has no pushed requests, no client assertions and no certificates, and its errors carry bodies; with it
//! there would be two verifiers of one bank's signatures, and still our own request, answer and classification.

mod answer;
mod call;
mod check;
mod claims;
mod credentials;
mod directory;
mod exchange;
mod identity;
mod keys;
mod knowledge;
mod metadata;
mod parsed;
mod request;
pub mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

pub use identity::OidcIdentity;
pub use parsed::Settings;

use super::{AuthorizationResponse, Checked, Provider, Requested, Result, UnverifiedResponse, VisitContext};
use crate::clock::Clock;
use crate::domain::{Evidence, Fact, Invalid, Mode};
use knowledge::Knowledge;
use settings::ResponseMode;

/// An OAuth 2, OpenID Connect or FAPI bank.
pub struct Oidc {
    settings: Arc<Settings>,
    knowledge: Arc<Knowledge>,
    clock: Arc<dyn Clock>,
}

impl Oidc {
    /// A bank with these settings. It is asked nothing yet; see [`Provider::prepare`].
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let settings = Arc::new(settings);
        let knowledge = Knowledge::new(Arc::clone(&settings), Arc::clone(&clock));
        Self { settings, knowledge, clock }
    }
}

#[async_trait]
impl Provider for Oidc {
    fn name(&self) -> &str {
        &self.settings.config.name
    }

    fn label(&self) -> &str {
        &self.settings.config.label
    }

    fn mode(&self) -> Mode {
        self.settings.config.mode
    }

    fn answers_in_fragment(&self) -> bool {
        matches!(self.settings.config.response_mode, ResponseMode::Fragment | ResponseMode::FragmentJwt)
    }

    async fn prepare(&self) -> Result<()> {
        self.knowledge.ready().await.map(drop)
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        self.ask(context).await
    }

    /// Until the bank is known, whether it names itself in its answers is not known either. That opens no mix-up: its
    /// redirect URI is its own (RFC 9700, section 4.4.2.2), and [`settings::Iss::Required`] closes the gap.
    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        let names_iss = self.knowledge.current().is_some_and(|known| known.directory.names_iss);
        answer::read(&self.settings.config, names_iss, answer)
    }

    async fn check(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Checked> {
        self.check_evidence(context, evidence).await
    }

    async fn exchange(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Fact> {
        self.exchange_code(context, evidence).await
    }
}
