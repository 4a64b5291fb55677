//! How the browser of a payment gets to the bank.

use serde::{Deserialize, Serialize};

/// Where the customer chooses the bank, and waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Flow {
    /// In the caller's own pages: the browser is sent straight to the bank.
    ApiOnly,
    /// On our pages, the bank included.
    FullHostedPages,
    /// On our pages, at a bank that the caller names.
    EmbeddedHostedPages,
    /// On our pages, as a payment link asked for it.
    PaymentLink,
    /// On our pages, as a token request of the first API asked for it.
    TokenRequest,
}

impl Flow {
    /// The words of `flowType`.
    pub(super) const ASKED: [&str; 3] = ["API_ONLY", "FULL_HOSTED_PAGES", "EMBEDDED_HOSTED_PAGES"];

    /// The flow of one of [`Flow::ASKED`].
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "FULL_HOSTED_PAGES" => Self::FullHostedPages,
            "EMBEDDED_HOSTED_PAGES" => Self::EmbeddedHostedPages,
            _ => Self::ApiOnly,
        }
    }

    /// Whether the browser is sent to one of our pages first.
    pub const fn is_hosted(self) -> bool {
        !matches!(self, Self::ApiOnly)
    }
}
