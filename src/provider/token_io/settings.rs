//! What an account at Token.io is configured with.

use reqwest::Url;

use super::jwt::SigningKey;
use crate::domain::provider_account::{PayeeAccount, Scheme, WebhookKey};
use crate::provider::AccountSettings;

/// An account at Token.io: a member, its key, and where the money goes.
#[derive(Debug, Clone)]
pub struct TokenIoConfig {
    /// Whose money it takes, and which.
    pub account: AccountSettings,
    /// Where the API is, such as `https://api.token.io`.
    pub url: Url,
    /// The id of the member, `m:…`.
    pub member: String,
    /// The id of the key that signs.
    pub key_id: String,
    /// The key that signs.
    pub key: SigningKey,
    /// The public key that verifies webhooks; `None` where none are believed.
    pub webhook_key: Option<WebhookKey>,
    /// How the money is moved.
    pub scheme: Scheme,
    /// Who is paid, as the customer's bank shows it.
    pub payee: String,
    /// Where the money goes.
    pub payee_account: PayeeAccount,
    /// The bank that every customer is sent to; `None` has Token.io's own pages ask.
    pub bank: Option<String>,
    /// For whom it is paid, by the id at Token.io, where the member is not regulated itself.
    pub on_behalf_of: Option<String>,
}
