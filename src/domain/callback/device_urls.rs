//! The URLs of a callback for devices: where a phone's app opens, and where a browser goes that has none.
//!
//! A redirect can open no app for certain, so a merchant that names such a URL has asked for our page, which looks at
//! the device and offers the right one.

use super::stores::{AppStorePage, PlayStorePage, RESUME};
use super::{CallbackUrl, Placement, Rules, intent::AndroidPackage};
use crate::domain::{AppLinks, Device, Invalid};

/// The URLs that a callback has beside its own. One that could never be used is refused, so what is here counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceUrls {
    pub(crate) web: Option<CallbackUrl>,
    pub(crate) ios: Option<CallbackUrl>,
    pub(crate) android: Option<CallbackUrl>,
    pub(crate) android_package: Option<AndroidPackage>,
    pub(crate) fallback: Option<CallbackUrl>,
    pub(crate) app_links: Option<AppLinks>,
    pub(crate) app_store: Option<AppStorePage>,
    pub(crate) play_store: Option<PlayStorePage>,
}

/// URLs for devices, as a merchant writes them.
#[derive(Debug, Clone, Copy, Default)]
pub struct WrittenDeviceUrls<'a> {
    /// Where a browser goes that runs on no phone.
    pub web: Option<&'a str>,
    /// A universal link or an app link for iOS.
    pub ios: Option<&'a str>,
    /// An app link for Android.
    pub android: Option<&'a str>,
    /// The Android app that is meant.
    pub android_package: Option<&'a str>,
    /// Where the customer continues without the app.
    pub fallback: Option<&'a str>,
    /// How this callback's app link is opened, whatever the merchant's settings say.
    pub app_links: Option<&'a str>,
    /// Where customers get the app for iOS.
    pub app_store: Option<&'a str>,
    /// Where customers get the app for Android.
    pub play_store: Option<&'a str>,
}

/// How a device gets to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceRoute<'a> {
    /// By a redirect: it is a page of the web.
    Web(&'a CallbackUrl),
    /// By a button that opens an app.
    App {
        /// What opens the app.
        app: &'a CallbackUrl,
        /// Where the customer continues without it.
        fallback: Option<&'a CallbackUrl>,
    },
    /// By a button that opens an app, or on the web: it cannot be known which of two devices it is.
    Either {
        /// What opens the app.
        app: &'a CallbackUrl,
        /// Where a desktop goes.
        web: &'a CallbackUrl,
    },
}

impl DeviceUrls {
    /// Reads the URLs for devices beside `url`.
    ///
    /// # Errors
    /// When one of them breaks a rule for callbacks, leads where its name does not say, or could never be used.
    pub fn parse(written: WrittenDeviceUrls<'_>, url: &CallbackUrl, rules: &Rules) -> Result<Self, Invalid> {
        let read = |field: &'static str, text: Option<&str>| {
            text.map(|text| CallbackUrl::parse(text, rules)).transpose().map_err(|invalid| invalid.at(field))
        };
        let android_package = written.android_package.map(AndroidPackage::parse).transpose()?;
        let play_store = |text| PlayStorePage::parse(text, android_package.as_ref());
        let device_urls = Self {
            play_store: written.play_store.map(play_store).transpose()?,
            app_store: written.app_store.map(AppStorePage::parse).transpose()?,
            web: read("web", written.web)?,
            ios: read("ios", written.ios)?,
            android: read("android", written.android)?,
            android_package,
            fallback: read("fallback", written.fallback)?,
            app_links: written.app_links.map(AppLinks::parse).transpose()?,
        };
        device_urls.check(url)?;
        Ok(device_urls)
    }

    /// Every URL among them, with its name.
    pub fn urls(&self) -> impl Iterator<Item = (&'static str, &CallbackUrl)> {
        let named = [("web", &self.web), ("ios", &self.ios), ("android", &self.android), ("fallback", &self.fallback)];
        named.into_iter().filter_map(|(name, url)| Some((name, url.as_ref()?)))
    }

    /// What remains for a URL that this callback covers and that is not the very same: it has its own place, to which
    /// none of the other URLs leads. The app is the same one.
    #[must_use]
    pub fn without_urls(&self) -> Self {
        Self { web: None, ios: None, android: None, fallback: None, ..self.clone() }
    }

    /// Whether it is known where customers get the app.
    pub const fn have_store(&self) -> bool {
        self.app_store.is_some() || self.play_store.is_some()
    }

    /// Whether our page opens `url`, given the merchant's setting for app links. Only a page can choose among the URLs
    /// for devices.
    pub fn need_page(&self, url: &CallbackUrl, settings: AppLinks) -> bool {
        let by_page = self.have_store() || self.app_links.unwrap_or(settings) == AppLinks::Page;
        url.is_app_link() && by_page || self.urls().next().is_some()
    }

    /// How `device` gets to `url`, or to what stands here in its place. What was named for a phone opens an app there,
    /// be it by a scheme or by an https address.
    pub fn on<'a>(&'a self, device: Device, url: &'a CallbackUrl) -> DeviceRoute<'a> {
        let if_app = |url: &'a CallbackUrl| Some(url).filter(|url| url.is_app_link());
        let desktop = self.web.as_ref().unwrap_or(url);
        let (app, otherwise) = match device {
            Device::Ios => (self.ios.as_ref().or_else(|| if_app(url)), url),
            Device::Android => (self.android.as_ref().or_else(|| if_app(url)), url),
            Device::MacOrIpad => (self.ios.as_ref().or_else(|| if_app(url)), desktop),
            Device::Desktop => (if_app(desktop), desktop),
        };
        match app {
            None => DeviceRoute::Web(otherwise),
            Some(app) if device == Device::MacOrIpad && !desktop.is_app_link() => {
                DeviceRoute::Either { app, web: desktop }
            }
            Some(app) => DeviceRoute::App { app, fallback: self.without_app(url) },
        }
    }

    /// Where a customer of an app continues without it: what was named for that, else any page of the web.
    fn without_app<'a>(&'a self, url: &'a CallbackUrl) -> Option<&'a CallbackUrl> {
        let named = self.fallback.as_ref().or(self.web.as_ref());
        named.or_else(|| Some(url).filter(|url| !url.is_app_link()))
    }

    /// The first of `names` that one of these URLs holds already, with that URL's name.
    pub fn hold_any(&self, names: &[&'static str], placement: Placement) -> Option<(&'static str, &'static str)> {
        self.urls().find_map(|(field, url)| Some((field, url.holds_any(names, placement)?)))
    }

    fn check(&self, url: &CallbackUrl) -> Result<(), Invalid> {
        for (field, url) in [("web", &self.web), ("fallback", &self.fallback)] {
            if url.as_ref().is_some_and(CallbackUrl::is_app_link) {
                return Err(Invalid::new(field, "is an app link, and this is where browsers go that have no app")
                    .hint("expected an https URL"));
            }
        }
        let useless = |field: &str, why: &str, hint: &str| Err(Invalid::new(field, why).hint(hint));
        let opens_app = url.is_app_link() || self.ios.is_some() || self.android.is_some();
        for (field, given) in [("web", self.web.is_some()), ("fallback", self.fallback.is_some())] {
            if given && !opens_app {
                return useless(field, "is of no use: this callback opens no app", "give ios or android with it");
            }
        }
        if self.android_package.is_some() && !url.is_app_link() && self.android.is_none() {
            return useless("android_package", "is of no use: this callback opens no app on Android", "give android");
        }
        for (field, given, app) in [
            (AppStorePage::FIELD, self.app_store.is_some(), &self.ios),
            (PlayStorePage::FIELD, self.play_store.is_some(), &self.android),
        ] {
            if given && !url.is_app_link() && app.is_none() {
                return useless(field, "is of no use: this callback opens no app there", "give ios or android with it");
            }
        }
        if self.app_links.is_some() && !url.is_app_link() {
            return useless("app_links", "is of no use: the url is no app link", "leave it out");
        }
        let store =
            [(AppStorePage::FIELD, self.app_store.is_some()), (PlayStorePage::FIELD, self.play_store.is_some())];
        let store = store.into_iter().filter(|(_, given)| *given).map(|(field, _)| field);
        if self.app_links == Some(AppLinks::Direct)
            && let Some(field) = self.urls().map(|(field, _)| field).chain(store).next()
        {
            return useless(field, "is of no use: app_links is direct, and leads to the url alone", "use page");
        }
        self.check_resume(url)
    }

    /// An app that a customer has to install first is opened with a handle, whose name must be free for it.
    fn check_resume(&self, url: &CallbackUrl) -> Result<(), Invalid> {
        let urls = || [("url", url)].into_iter().chain(self.urls());
        let held = [Placement::Query, Placement::Fragment]
            .into_iter()
            .find_map(|placement| urls().find(|(_, url)| url.holds_any(&[RESUME], placement).is_some()));
        match held.filter(|_| self.have_store()) {
            Some((field, _)) => {
                Err(Invalid::new(field, format!("already holds the parameter {RESUME}, which is appended")))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "com.example.shop://paid";
    const WEB: &str = "https://shop.example/paid";

    fn url(text: &str) -> CallbackUrl {
        CallbackUrl::parse(text, &Rules::default()).unwrap()
    }

    fn device_urls(written: WrittenDeviceUrls<'_>, beside: &str) -> Result<DeviceUrls, Invalid> {
        DeviceUrls::parse(written, &url(beside), &Rules::default())
    }

    fn all() -> WrittenDeviceUrls<'static> {
        WrittenDeviceUrls {
            web: Some("https://shop.example/web"),
            ios: Some("https://app.shop.example/ios"),
            android: Some("com.example.android://paid"),
            android_package: Some("com.example.android"),
            fallback: Some("https://shop.example/no-app"),
            app_links: None,
            app_store: Some("https://apps.apple.com/app/id123456789"),
            play_store: Some("https://play.google.com/store/apps/details?id=com.example.android"),
        }
    }

    /// Where a device gets: the URL, how, and where else.
    fn gets(device_urls: &DeviceUrls, device: Device, beside: &str) -> (String, &'static str, Option<String>) {
        match device_urls.on(device, &url(beside)) {
            DeviceRoute::Web(url) => (url.as_str().into(), "web", None),
            DeviceRoute::App { app, fallback } => (app.as_str().into(), "app", fallback.map(|url| url.as_str().into())),
            DeviceRoute::Either { app, web } => (app.as_str().into(), "either", Some(web.as_str().into())),
        }
    }

    #[test]
    fn each_device_has_its_own_url() {
        let device_urls = device_urls(all(), WEB).unwrap();
        let no_app = || Some("https://shop.example/no-app".to_owned());
        for (device, expected) in [
            (Device::Ios, ("https://app.shop.example/ios".to_owned(), "app", no_app())),
            (
                Device::MacOrIpad,
                ("https://app.shop.example/ios".to_owned(), "either", Some("https://shop.example/web".to_owned())),
            ),
            (Device::Android, ("com.example.android://paid".to_owned(), "app", no_app())),
            (Device::Desktop, ("https://shop.example/web".to_owned(), "web", None)),
        ] {
            assert_eq!(gets(&device_urls, device, WEB), expected);
        }
    }

    #[test]
    fn without_a_url_of_its_own_a_device_gets_the_callbacks() {
        let ios_only = device_urls(WrittenDeviceUrls { ios: Some(APP), ..WrittenDeviceUrls::default() }, WEB).unwrap();
        assert_eq!(gets(&ios_only, Device::Ios, WEB), (APP.into(), "app", Some(WEB.into())));
        assert_eq!(gets(&ios_only, Device::MacOrIpad, WEB), (APP.into(), "either", Some(WEB.into())));
        for device in [Device::Android, Device::Desktop] {
            assert_eq!(gets(&ios_only, device, WEB), (WEB.into(), "web", None));
        }
        let with_web = device_urls(WrittenDeviceUrls { web: Some(WEB), ..WrittenDeviceUrls::default() }, APP).unwrap();
        for device in [Device::Android, Device::Ios] {
            assert_eq!(gets(&with_web, device, APP), (APP.into(), "app", Some(WEB.into())));
        }
        assert_eq!(gets(&with_web, Device::MacOrIpad, APP), (APP.into(), "either", Some(WEB.into())));
        assert_eq!(gets(&with_web, Device::Desktop, APP), (WEB.into(), "web", None));
        for device in Device::ALL {
            assert_eq!(gets(&DeviceUrls::default(), device, APP), (APP.into(), "app", None));
            assert_eq!(gets(&DeviceUrls::default(), device, WEB), (WEB.into(), "web", None));
        }
    }

    #[test]
    fn urls_for_devices_need_a_page_and_app_links_need_one_unless_they_are_direct() {
        let direct =
            device_urls(WrittenDeviceUrls { app_links: Some("direct"), ..WrittenDeviceUrls::default() }, APP).unwrap();
        let page =
            device_urls(WrittenDeviceUrls { app_links: Some("page"), ..WrittenDeviceUrls::default() }, APP).unwrap();
        for (device_urls, beside, settings, expected) in [
            (DeviceUrls::default(), APP, AppLinks::Page, true),
            (DeviceUrls::default(), APP, AppLinks::Direct, false),
            (DeviceUrls::default(), WEB, AppLinks::Page, false),
            (direct, APP, AppLinks::Page, false),
            (page, APP, AppLinks::Direct, true),
            (device_urls(all(), WEB).unwrap(), WEB, AppLinks::Direct, true),
            (device_urls(all(), APP).unwrap(), APP, AppLinks::Direct, true),
            (device_urls(all(), APP).unwrap().without_urls(), WEB, AppLinks::Page, false),
        ] {
            assert_eq!(
                device_urls.need_page(&url(beside), settings),
                expected,
                "{device_urls:?} {beside} {settings:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_name() {
        let none = WrittenDeviceUrls::default();
        for (field, written, beside) in [
            ("web", WrittenDeviceUrls { web: Some("http://shop.example/"), ..all() }, WEB),
            ("web", WrittenDeviceUrls { web: Some(APP), ..all() }, WEB),
            ("ios", WrittenDeviceUrls { ios: Some("myapp://x"), ..all() }, WEB),
            ("ios", WrittenDeviceUrls { ios: Some("javascript:alert(1)"), ..all() }, WEB),
            ("android", WrittenDeviceUrls { android: Some("intent://x#Intent;scheme=a;end"), ..all() }, WEB),
            ("android_package", WrittenDeviceUrls { android_package: Some("shop"), ..all() }, WEB),
            ("fallback", WrittenDeviceUrls { fallback: Some(APP), ..all() }, WEB),
            ("fallback", WrittenDeviceUrls { fallback: Some(""), ..all() }, WEB),
            ("app_links", WrittenDeviceUrls { app_links: Some("never"), ..none }, APP),
            // What follows is fine by itself, and would never be used.
            ("web", WrittenDeviceUrls { web: Some(WEB), ..none }, WEB),
            ("fallback", WrittenDeviceUrls { fallback: Some(WEB), ..none }, WEB),
            ("android_package", WrittenDeviceUrls { ios: Some(APP), android_package: Some("a.b"), ..none }, WEB),
            ("app_links", WrittenDeviceUrls { app_links: Some("page"), ..none }, WEB),
            ("fallback", WrittenDeviceUrls { app_links: Some("direct"), fallback: Some(WEB), ..none }, APP),
            ("app_store", WrittenDeviceUrls { app_store: Some("https://shop.example/app/id1"), ..all() }, WEB),
            ("play_store", WrittenDeviceUrls { android_package: Some("a.b"), ..all() }, WEB),
            ("app_store", WrittenDeviceUrls { ios: None, ..all() }, WEB),
            ("play_store", WrittenDeviceUrls { android: None, android_package: None, ..all() }, WEB),
            ("app_store", WrittenDeviceUrls { app_links: Some("direct"), app_store: all().app_store, ..none }, APP),
            ("ios", WrittenDeviceUrls { ios: Some("com.example.shop://x?HB_resume=1"), ..all() }, WEB),
        ] {
            assert_eq!(device_urls(written, beside).unwrap_err().field(), field, "{written:?}");
        }
    }

    #[test]
    fn a_name_that_is_appended_is_found_in_each_of_them() {
        let held = WrittenDeviceUrls { ios: Some("com.example.shop://paid?Status=1"), ..WrittenDeviceUrls::default() };
        let held = device_urls(held, WEB).unwrap();
        assert_eq!(held.hold_any(&["pay_id", "status"], Placement::Query), Some(("ios", "status")));
        assert_eq!(held.hold_any(&["pay_id"], Placement::Query), None);
        assert_eq!(device_urls(all(), WEB).unwrap().hold_any(&["status"], Placement::Query), None);
    }
}
