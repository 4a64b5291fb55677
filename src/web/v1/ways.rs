//! A callback and its other ways, as the profile, a journey and a preview show them.

use serde::Serialize;

use crate::domain::callback::{AndroidPackage, CallbackUrl, DeviceUrls};
use crate::domain::plan::PlannedCallback;
use crate::domain::terms::AppLinks;

/// Each way by its name; what a callback does not have is left out.
#[derive(Serialize)]
pub(super) struct WaysView {
    #[serde(skip_serializing_if = "Option::is_none")]
    web: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ios: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    android: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    android_package: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_links: Option<&'static str>,
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
        }
    }
}

/// A callback of a journey's plan.
#[derive(Serialize)]
pub(super) struct PlannedView {
    #[serde(skip_serializing_if = "Option::is_none")]
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
