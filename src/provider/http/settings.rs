//! What an operator says of a payment engine.

use reqwest::Url;

use crate::domain::Secret;
use crate::provider::AccountSettings;

/// A payment engine that speaks the protocol of docs/PROVIDERS.md.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Whose money it takes, and which.
    pub account: AccountSettings,
    /// Where it is asked: https, or http on the same machine.
    pub url: Url,
    /// What both sides sign with, `whsec_…`: the first signs, each is believed.
    pub secrets: Vec<Secret>,
}
