//! The other ways home of a saved callback: where a phone's app opens, and where a browser goes that has none.
//!
//! A redirect can open no app for certain, so whoever names another way has asked for our page, which looks at the
//! device and offers the right one.

use super::super::device::Device;
use super::super::invalid::Invalid;
use super::super::terms::AppLinks;
use super::intent::AndroidPackage;
use super::{CallbackUrl, Placement, Rules};

/// What a callback has beside its one URL. A way that could never be used is refused, so what is here counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppWays {
    pub(crate) web: Option<CallbackUrl>,
    pub(crate) ios: Option<CallbackUrl>,
    pub(crate) android: Option<CallbackUrl>,
    pub(crate) android_package: Option<AndroidPackage>,
    pub(crate) fallback: Option<CallbackUrl>,
    pub(crate) app_links: Option<AppLinks>,
}

/// Ways as a merchant writes them.
#[derive(Debug, Clone, Copy, Default)]
pub struct WrittenWays<'a> {
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
}

/// How a device gets to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// By a redirect: it is a page of the web.
    Web(&'a CallbackUrl),
    /// By a button that opens an app.
    App {
        /// What opens the app.
        app: &'a CallbackUrl,
        /// Where the customer continues without it.
        fallback: Option<&'a CallbackUrl>,
    },
    /// By a button that opens an app, or on the web: nobody can tell which of two devices it is.
    Either {
        /// What opens the app.
        app: &'a CallbackUrl,
        /// Where a desktop goes.
        web: &'a CallbackUrl,
    },
}

impl AppWays {
    /// Reads the ways beside `url`.
    ///
    /// # Errors
    /// When one of them breaks a rule for callbacks, leads where its name does not say, or could never be used.
    pub fn parse(written: WrittenWays<'_>, url: &CallbackUrl, rules: &Rules) -> Result<Self, Invalid> {
        let read = |field: &'static str, text: Option<&str>| {
            text.map(|text| CallbackUrl::parse(text, rules)).transpose().map_err(|invalid| invalid.at(field))
        };
        let ways = Self {
            web: read("web", written.web)?,
            ios: read("ios", written.ios)?,
            android: read("android", written.android)?,
            android_package: written.android_package.map(AndroidPackage::parse).transpose()?,
            fallback: read("fallback", written.fallback)?,
            app_links: written.app_links.map(AppLinks::parse).transpose()?,
        };
        ways.check(url)?;
        Ok(ways)
    }

    /// Every URL among them, with its name.
    pub fn urls(&self) -> impl Iterator<Item = (&'static str, &CallbackUrl)> {
        let named = [("web", &self.web), ("ios", &self.ios), ("android", &self.android), ("fallback", &self.fallback)];
        named.into_iter().filter_map(|(name, url)| Some((name, url.as_ref()?)))
    }

    /// The Android app that is meant.
    pub const fn android_package(&self) -> Option<&AndroidPackage> {
        self.android_package.as_ref()
    }

    /// How this callback's app link is opened, where that is said.
    pub const fn app_links(&self) -> Option<AppLinks> {
        self.app_links
    }

    /// What remains for a URL that this callback covers and that is not the very same: it has its own place, to which
    /// none of the other URLs leads.
    #[must_use]
    pub fn without_urls(&self) -> Self {
        Self { android_package: self.android_package.clone(), app_links: self.app_links, ..Self::default() }
    }

    /// Whether a page of ours opens `url`, given what the merchant's settings say of app links. Another way can only be
    /// chosen by a page.
    pub fn need_page(&self, url: &CallbackUrl, settings: AppLinks) -> bool {
        let own = url.is_app_link() && self.app_links.unwrap_or(settings) == AppLinks::Page;
        own || self.urls().next().is_some()
    }

    /// How `device` gets to `url`, or to what stands here in its place. What was named for a phone opens an app there,
    /// be it by a scheme or by an https address.
    pub fn on<'a>(&'a self, device: Device, url: &'a CallbackUrl) -> Way<'a> {
        let if_app = |url: &'a CallbackUrl| Some(url).filter(|url| url.is_app_link());
        let desktop = self.web.as_ref().unwrap_or(url);
        let (app, otherwise) = match device {
            Device::Ios => (self.ios.as_ref().or_else(|| if_app(url)), url),
            Device::Android => (self.android.as_ref().or_else(|| if_app(url)), url),
            Device::MacOrIpad => (self.ios.as_ref().or_else(|| if_app(url)), desktop),
            Device::Desktop => (if_app(desktop), desktop),
        };
        match app {
            None => Way::Web(otherwise),
            Some(app) if device == Device::MacOrIpad && !desktop.is_app_link() => Way::Either { app, web: desktop },
            Some(app) => Way::App { app, fallback: self.without_app(url) },
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
        for (field, way) in [("web", &self.web), ("fallback", &self.fallback)] {
            if way.as_ref().is_some_and(CallbackUrl::is_app_link) {
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
        if self.app_links.is_some() && !url.is_app_link() {
            return useless("app_links", "is of no use: the url is no app link", "leave it out");
        }
        if self.app_links == Some(AppLinks::Direct)
            && let Some((field, _)) = self.urls().next()
        {
            return useless(field, "is of no use: app_links is direct, and leads to the url alone", "use page");
        }
        Ok(())
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

    fn ways(written: WrittenWays<'_>, beside: &str) -> Result<AppWays, Invalid> {
        AppWays::parse(written, &url(beside), &Rules::default())
    }

    fn all() -> WrittenWays<'static> {
        WrittenWays {
            web: Some("https://shop.example/web"),
            ios: Some("https://app.shop.example/ios"),
            android: Some("com.example.android://paid"),
            android_package: Some("com.example.android"),
            fallback: Some("https://shop.example/no-app"),
            app_links: None,
        }
    }

    /// Where a device gets: the URL, how, and where else.
    fn gets(ways: &AppWays, device: Device, beside: &str) -> (String, &'static str, Option<String>) {
        match ways.on(device, &url(beside)) {
            Way::Web(url) => (url.as_str().into(), "web", None),
            Way::App { app, fallback } => (app.as_str().into(), "app", fallback.map(|url| url.as_str().into())),
            Way::Either { app, web } => (app.as_str().into(), "either", Some(web.as_str().into())),
        }
    }

    #[test]
    fn each_device_has_its_own_way() {
        let ways = ways(all(), WEB).unwrap();
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
            assert_eq!(gets(&ways, device, WEB), expected);
        }
    }

    #[test]
    fn without_a_way_of_its_own_a_device_gets_the_url() {
        let ios_only = ways(WrittenWays { ios: Some(APP), ..WrittenWays::default() }, WEB).unwrap();
        assert_eq!(gets(&ios_only, Device::Ios, WEB), (APP.into(), "app", Some(WEB.into())));
        assert_eq!(gets(&ios_only, Device::MacOrIpad, WEB), (APP.into(), "either", Some(WEB.into())));
        for device in [Device::Android, Device::Desktop] {
            assert_eq!(gets(&ios_only, device, WEB), (WEB.into(), "web", None));
        }
        let with_web = ways(WrittenWays { web: Some(WEB), ..WrittenWays::default() }, APP).unwrap();
        for device in [Device::Android, Device::Ios] {
            assert_eq!(gets(&with_web, device, APP), (APP.into(), "app", Some(WEB.into())));
        }
        assert_eq!(gets(&with_web, Device::MacOrIpad, APP), (APP.into(), "either", Some(WEB.into())));
        assert_eq!(gets(&with_web, Device::Desktop, APP), (WEB.into(), "web", None));
        for device in Device::ALL {
            assert_eq!(gets(&AppWays::default(), device, APP), (APP.into(), "app", None));
            assert_eq!(gets(&AppWays::default(), device, WEB), (WEB.into(), "web", None));
        }
    }

    #[test]
    fn other_ways_need_a_page_and_app_links_need_one_unless_they_are_direct() {
        let direct = ways(WrittenWays { app_links: Some("direct"), ..WrittenWays::default() }, APP).unwrap();
        let page = ways(WrittenWays { app_links: Some("page"), ..WrittenWays::default() }, APP).unwrap();
        for (ways, beside, settings, expected) in [
            (AppWays::default(), APP, AppLinks::Page, true),
            (AppWays::default(), APP, AppLinks::Direct, false),
            (AppWays::default(), WEB, AppLinks::Page, false),
            (direct, APP, AppLinks::Page, false),
            (page, APP, AppLinks::Direct, true),
            (ways(all(), WEB).unwrap(), WEB, AppLinks::Direct, true),
            (ways(all(), APP).unwrap(), APP, AppLinks::Direct, true),
            (ways(all(), APP).unwrap().without_urls(), WEB, AppLinks::Page, false),
        ] {
            assert_eq!(ways.need_page(&url(beside), settings), expected, "{ways:?} {beside} {settings:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_name() {
        let none = WrittenWays::default();
        for (field, written, beside) in [
            ("web", WrittenWays { web: Some("http://shop.example/"), ..all() }, WEB),
            ("web", WrittenWays { web: Some(APP), ..all() }, WEB),
            ("ios", WrittenWays { ios: Some("myapp://x"), ..all() }, WEB),
            ("ios", WrittenWays { ios: Some("javascript:alert(1)"), ..all() }, WEB),
            ("android", WrittenWays { android: Some("intent://x#Intent;scheme=a;end"), ..all() }, WEB),
            ("android_package", WrittenWays { android_package: Some("shop"), ..all() }, WEB),
            ("fallback", WrittenWays { fallback: Some(APP), ..all() }, WEB),
            ("fallback", WrittenWays { fallback: Some(""), ..all() }, WEB),
            ("app_links", WrittenWays { app_links: Some("never"), ..none }, APP),
            // What follows is fine by itself, and would never be used.
            ("web", WrittenWays { web: Some(WEB), ..none }, WEB),
            ("fallback", WrittenWays { fallback: Some(WEB), ..none }, WEB),
            ("android_package", WrittenWays { ios: Some(APP), android_package: Some("a.b"), ..none }, WEB),
            ("app_links", WrittenWays { app_links: Some("page"), ..none }, WEB),
            ("fallback", WrittenWays { app_links: Some("direct"), fallback: Some(WEB), ..none }, APP),
        ] {
            assert_eq!(ways(written, beside).unwrap_err().field(), field, "{written:?}");
        }
    }

    #[test]
    fn a_name_that_is_appended_is_found_in_each_of_them() {
        let held = WrittenWays { ios: Some("com.example.shop://paid?Status=1"), ..WrittenWays::default() };
        let held = ways(held, WEB).unwrap();
        assert_eq!(held.hold_any(&["pay_id", "status"], Placement::Query), Some(("ios", "status")));
        assert_eq!(held.hold_any(&["pay_id"], Placement::Query), None);
        assert_eq!(ways(all(), WEB).unwrap().hold_any(&["status"], Placement::Query), None);
    }
}
