//! The other ways home of a callback; most have none, and no record of it.

use serde::{Deserialize, Serialize};

use crate::domain::callback::{AndroidPackage, AppWays, CallbackUrl};
use crate::domain::terms::AppLinks;

/// `web`, `ios`, `android`, `android_package`, `fallback`, and whether app links are opened directly.
#[derive(Serialize, Deserialize)]
pub(super) struct WaysRecord(
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<bool>,
);

impl WaysRecord {
    pub(super) fn of(ways: &AppWays) -> Option<Self> {
        let text = |url: &Option<CallbackUrl>| url.as_ref().map(|url| url.as_str().to_owned());
        let package = ways.android_package.as_ref().map(|package| package.as_str().to_owned());
        let direct = ways.app_links.map(|links| links == AppLinks::Direct);
        let record =
            || Self(text(&ways.web), text(&ways.ios), text(&ways.android), package, text(&ways.fallback), direct);
        (*ways != AppWays::default()).then(record)
    }

    pub(super) fn into_ways(self) -> AppWays {
        AppWays {
            web: self.0.map(CallbackUrl::restored),
            ios: self.1.map(CallbackUrl::restored),
            android: self.2.map(CallbackUrl::restored),
            android_package: self.3.map(AndroidPackage::restored),
            fallback: self.4.map(CallbackUrl::restored),
            app_links: self.5.map(|direct| if direct { AppLinks::Direct } else { AppLinks::Page }),
        }
    }
}
