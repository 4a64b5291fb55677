//! The end of a payment in a window of its own.

use askama::Template;

use super::PageContext;
use crate::language::Sentence;

/// Tells the page that has opened this window how the payment ended, and closes the window. Without a script, or where
/// nobody takes the message, it leads home.
#[derive(Debug, Clone, Template)]
#[template(path = "popup.html")]
pub struct Popup {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant.
    pub merchant: String,
    /// What happened.
    pub outcome_sentence: Sentence,
    /// The origin that the other page must have.
    pub origin: String,
    /// What it is told: an object of names and texts, as JSON.
    pub parameters: String,
    /// The way home.
    pub home: String,
}
