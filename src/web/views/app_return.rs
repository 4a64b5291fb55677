//! The page that opens a merchant's app.
//!
//! A redirect to a custom scheme leaves the bank's page standing, and a browser allows one launch without a press. So
//! the way into an app is a page with a real button; a small script tries once by itself, and never again. Without
//! scripts the button and the link beside it do everything.

use askama::Template;

use super::words::app_return as words;
use crate::domain::{AppPage, app_page::Start};

/// Opens the app.
#[derive(Debug, Clone, Template)]
#[template(path = "app_return.html")]
pub struct AppReturn {
    /// The name of the merchant whose app it is.
    pub merchant: String,
    /// What happened, as a sentence.
    pub outcome_sentence: String,
    /// The links; their schemes have been checked when the callback was accepted, never here.
    pub app_page: AppPage,
}

impl AppReturn {
    const fn hint(&self) -> &'static str {
        match self.app_page.start {
            Start::Attempt(_) => words::ATTEMPT,
            Start::Press => words::PRESS,
            Start::Either => words::EITHER,
        }
    }
}
