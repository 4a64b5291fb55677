//! How the browser of a payment gets to the bank.

use serde::{Deserialize, Serialize};

use crate::domain::words::words;

words! {
    /// Where the customer chooses the bank, and waits.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    pub enum Flow {
        /// In the caller's own pages: the browser is sent straight to the bank.
        ApiOnly = "API_ONLY",
        /// On our pages, the bank included.
        FullHostedPages = "FULL_HOSTED_PAGES",
        /// On our pages, at a bank that the caller names.
        EmbeddedHostedPages = "EMBEDDED_HOSTED_PAGES",
        /// On our pages, as a payment link asked for it.
        PaymentLink = "PAYMENT_LINK",
        /// On our pages, as a token request of the first API asked for it.
        TokenRequest = "TOKEN_REQUEST",
    }
}

impl Flow {
    /// The words of `flowType`.
    pub(super) const ASKED: [&str; 3] =
        [Self::ApiOnly.as_str(), Self::FullHostedPages.as_str(), Self::EmbeddedHostedPages.as_str()];

    /// Whether the browser is sent to one of our pages first.
    pub const fn is_hosted(self) -> bool {
        !matches!(self, Self::ApiOnly)
    }
}
