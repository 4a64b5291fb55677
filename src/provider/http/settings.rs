//! What an operator says of a payment engine.

use reqwest::Url;

use crate::domain::{Currency, MerchantId, Mode, Secret};
use crate::provider::AskSchedule;

/// A payment engine that speaks the protocol of docs/PROVIDERS.md.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Its id: 1 to 64 of a-z, 0-9 and -.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether it is for tests.
    pub mode: Mode,
    /// Where it is asked: https, or http on the same machine.
    pub url: Url,
    /// What both sides sign with, `whsec_…`: the first signs, each is believed.
    pub secrets: Vec<Secret>,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
    /// The merchants whose money it takes; none is every merchant of its mode.
    pub merchants: Vec<MerchantId>,
    /// When it is asked about payments that have not ended.
    pub ask_schedule: AskSchedule,
}
