//! The URLs of a callback for devices; most have none, and no record of it.

use serde::{Deserialize, Serialize};

use crate::domain::callback::{AndroidPackage, CallbackUrl, DeviceUrls};
use crate::domain::terms::AppLinks;

/// `web`, `ios`, `android`, `android_package`, `fallback`, and whether app links are opened directly.
#[derive(Serialize, Deserialize)]
pub(super) struct DeviceUrlsRecord(
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<bool>,
);

impl DeviceUrlsRecord {
    pub(super) fn of(device_urls: &DeviceUrls) -> Option<Self> {
        let text = |url: &Option<CallbackUrl>| url.as_ref().map(|url| url.as_str().to_owned());
        let package = device_urls.android_package.as_ref().map(|package| package.as_str().to_owned());
        let direct = device_urls.app_links.map(|links| links == AppLinks::Direct);
        let record = || {
            Self(
                text(&device_urls.web),
                text(&device_urls.ios),
                text(&device_urls.android),
                package,
                text(&device_urls.fallback),
                direct,
            )
        };
        (*device_urls != DeviceUrls::default()).then(record)
    }

    pub(super) fn into_device_urls(self) -> DeviceUrls {
        DeviceUrls {
            web: self.0.map(CallbackUrl::restored),
            ios: self.1.map(CallbackUrl::restored),
            android: self.2.map(CallbackUrl::restored),
            android_package: self.3.map(AndroidPackage::restored),
            fallback: self.4.map(CallbackUrl::restored),
            app_links: self.5.map(|direct| if direct { AppLinks::Direct } else { AppLinks::Page }),
        }
    }
}
