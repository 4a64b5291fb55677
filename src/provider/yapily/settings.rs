//! What an account at Yapily is configured with.

use reqwest::Url;

use crate::domain::{CountryCode, PayeeAccount, Secret};
use crate::provider::AccountSettings;

/// An account at Yapily: an application, the bank that its customers pay from, and where the money goes.
#[derive(Debug, Clone)]
pub struct YapilyConfig {
    /// Whose money it takes, and which.
    pub account: AccountSettings,
    /// Where the API is, such as `https://api.yapily.com`.
    pub url: Url,
    /// The application's id.
    pub application_id: String,
    /// The application's secret.
    pub application_secret: Secret,
    /// The institution that every customer is sent to.
    pub institution: String,
    /// Who is paid, as the customer's bank shows it.
    pub payee: String,
    /// Where the money goes.
    pub payee_account: PayeeAccount,
    /// The country of who is paid, which some institutions want to know.
    pub country: Option<CountryCode>,
}
