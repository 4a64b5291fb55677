//! The page that opens a merchant's app.
//!
//! A redirect to a custom scheme leaves the bank's page standing, and a browser allows one launch without a press. So
//! the way into an app is a page with a real button; a small script tries once by itself, and never again. Without
//! scripts the button and the link beside it do everything.

use askama::Template;

use super::PageContext;
use crate::domain::{AppPage, app_page::Start};
use crate::language::Sentence;

/// Opens the app.
#[derive(Debug, Clone, Template)]
#[template(path = "app_return.html")]
pub struct AppReturn {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant whose app it is.
    pub merchant: String,
    /// What happened.
    pub outcome_sentence: Sentence,
    /// The links; their schemes have been checked when the callback was accepted, never here.
    pub app_page: AppPage,
}

impl AppReturn {
    /// The key of what the button is for.
    const fn hint(&self) -> &'static str {
        match self.app_page.start {
            Start::Attempt(_) => "app-attempt",
            Start::Press => "app-press",
            Start::Either => "app-either",
        }
    }
}
