//! A callback and its URLs for devices, as the profile, a journey and a preview show them.

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::domain::{AndroidPackage, AppLinks, CallbackUrl, DeviceUrls, PlannedCallback};

/// Each way by its name; what a callback does not have is left out.
#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct WaysView {
    web: Option<String>,
    ios: Option<String>,
    android: Option<String>,
    android_package: Option<String>,
    fallback: Option<String>,
    app_links: Option<&'static str>,
    app_store: Option<String>,
    play_store: Option<String>,
}

impl From<&DeviceUrls> for WaysView {
    fn from(ways: &DeviceUrls) -> Self {
        let text = |url: &Option<CallbackUrl>| url.as_ref().map(|url| url.as_str().to_owned());
        Self {
            web: text(&ways.web),
            ios: text(&ways.ios),
            android: text(&ways.android),
            android_package: ways.android_package.as_ref().map(AndroidPackage::as_str).map(str::to_owned),
            fallback: text(&ways.fallback),
            app_links: ways.app_links.map(AppLinks::as_str),
            app_store: ways.app_store.as_ref().map(|page| page.as_str().to_owned()),
            play_store: ways.play_store.as_ref().map(|page| page.as_str().to_owned()),
        }
    }
}

/// A callback of a journey's plan.
#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct PlannedView {
    index: Option<usize>,
    url: String,
    params_in: &'static str,
    #[serde(flatten)]
    ways: WaysView,
}

impl From<&PlannedCallback> for PlannedView {
    fn from(planned: &PlannedCallback) -> Self {
        Self {
            index: planned.slot,
            url: planned.url.as_str().to_owned(),
            params_in: planned.params_in.as_str(),
            ways: WaysView::from(&planned.device_urls),
        }
    }
}
