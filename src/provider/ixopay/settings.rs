//! What a connector of IXOPAY's is configured with.

use reqwest::Url;

use crate::domain::Secret;
use crate::provider::AccountSettings;

/// A connector of IXOPAY's, or of a gateway under another name with the same API.
#[derive(Debug, Clone)]
pub struct IxopayConfig {
    /// Whose money it takes, and which.
    pub account: AccountSettings,
    /// Where the API is, such as `https://gateway.ixopay.com`.
    pub url: Url,
    /// The connector's API key, which stands in addresses and is no secret.
    pub api_key: String,
    /// The API user.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// What calls and callbacks are signed with: the first signs, each is believed.
    pub secrets: Vec<Secret>,
}
