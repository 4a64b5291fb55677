//! The demo's page about a payment that no browser brings home.

use askama::Template;

use super::words::without_browser as words;

/// A payment whose end is known without a browser.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "without_browser.html")]
pub struct WithoutBrowser {
    /// Whether the app has created it; else a customer has left, and never returns.
    pub attached: bool,
    /// Its status, as `GET /v1/journeys/{id}` has it.
    pub status: String,
    /// When a browser came back, if one has.
    pub returned_at: Option<String>,
    /// The address of this page.
    pub address: String,
    /// The calls that the app has made, with `curl`.
    pub calls: String,
}
