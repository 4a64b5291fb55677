//! Who says who a person is: the operator's own OpenID provider, for the console.

use async_trait::async_trait;

use super::{AuthorizationResponse, Result};
use crate::domain::{ProviderRefusal, Redirect, Secret};

/// One try of a browser to be identified.
#[derive(Debug, Clone)]
pub struct IdentityRequest {
    /// Where the provider sends the browser.
    pub redirect_uri: String,
    /// The `state`.
    pub state: String,
    /// The `nonce`.
    pub nonce: String,
    /// The code verifier (RFC 7636).
    pub verifier: Secret,
}

/// Who a person is, as the provider has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the person can be called, the best first. The last one is the provider's own id of the person.
    pub names: Vec<String>,
    /// The groups that the person is in.
    pub groups: Vec<String>,
}

/// An OpenID provider that identifies people.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Its name for people.
    fn label(&self) -> &str;

    /// Where the browser is sent, so that the provider asks who it is; or what the provider refuses.
    ///
    /// # Errors
    /// When the provider cannot be asked now.
    async fn ask(&self, request: &IdentityRequest) -> Result<Result<Redirect, ProviderRefusal>>;

    /// Who the person is, by what the browser brought back for this request; or why the provider does not say.
    ///
    /// # Errors
    /// [`ProviderError::Forged`](super::ProviderError::Forged) when it is not the provider's word on this request;
    /// another when the provider gives no answer that can be read.
    async fn identify(
        &self,
        request: &IdentityRequest,
        response: &AuthorizationResponse,
    ) -> Result<Result<Identity, ProviderRefusal>>;
}
