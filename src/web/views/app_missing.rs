//! The page for a customer who has to install a merchant's app first: the app store, and the way on once it is there.
//!
//! The App Store tells an app nothing of where its customer came from. So this page stays open behind it, and its second
//! button opens the app with the handle by which it goes on. It needs no script, and works again for a day.

use askama::Template;

use super::PageContext;
use crate::domain::{MissingApp, app_page::AppShop};

/// Leads to an app store, and then into the app.
#[derive(Debug, Clone, Template)]
#[template(path = "app_missing.html")]
pub struct AppMissing {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant whose app it is.
    pub merchant: String,
    /// The links; they have been checked when the callback was accepted, never here.
    pub missing: MissingApp,
}

impl AppMissing {
    /// The key of what the button to the store says.
    const fn store(&self) -> &'static str {
        match self.missing.shop {
            AppShop::AppStore => "app-store",
            AppShop::PlayStore => "play-store",
        }
    }
}
