//! App pages: how a device gets home where a redirect alone does not do it.

use std::fmt;

use crate::domain::callback::{DeviceRoute, DeviceUrls, RESUME, intent_link};
use crate::domain::{CallbackUrl, Device, Invalid, Params, PlannedCallback, Redirect};

/// What a device is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceResponse {
    /// A redirect.
    Redirect(Redirect),
    /// A page with a button.
    AppPage(AppPage),
}

/// A page with a button that opens an app. Its links are those of the callback, tokens included.
#[derive(Clone, PartialEq, Eq)]
pub struct AppPage {
    /// What the button leads to: the app link, or on Android the intent that opens it.
    pub button: String,
    /// What happens without a press.
    pub start: Start,
    /// Where the customer continues in the browser.
    pub elsewhere: Option<String>,
    /// Where the customer gets the app.
    pub get_app: Option<String>,
}

/// What a hand-back has for an app that is not there: never a token.
#[derive(Debug, Clone, Copy)]
pub struct ResumeLinks<'a> {
    /// The handle, which the merchant's server redeems.
    pub handle: &'a str,
    /// Our page that leads to the app store, and then into the app.
    pub page: &'a str,
}

/// A shop for apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppShop {
    /// Apple's App Store.
    AppStore,
    /// Google Play.
    PlayStore,
}

/// What a customer needs who has to install the app first.
#[derive(Clone, PartialEq, Eq)]
pub struct MissingApp {
    /// Which shop has it.
    pub shop: AppShop,
    /// The app's page there.
    pub store_page: String,
    /// What opens the app once it is there, with the handle.
    pub button: String,
}

impl fmt::Debug for MissingApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MissingApp({:?})", self.shop)
    }
}

/// What the page does without a press.
#[derive(Clone, PartialEq, Eq)]
pub enum Start {
    /// Tries this app link, once: a scheme of an app's own. An intent needs a press.
    Attempt(String),
    /// Nothing. Systems open an app behind an https address at a press alone.
    Press,
    /// Goes on in the browser, if the device turns out to be none that could have the app.
    Either,
}

impl fmt::Debug for AppPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppPage({}…)", self.button.split(['?', '#']).next().unwrap_or_default())
    }
}

impl PlannedCallback {
    /// What `device` is answered with where this callback needs a page, with these parameters in each link. Where the
    /// app may have to be installed first, `resume` leads on.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn response_for(
        &self,
        device: Device,
        params: &Params,
        resume: Option<&ResumeLinks<'_>>,
    ) -> Result<DeviceResponse, Invalid> {
        let get_app = resume.and_then(|resume| way_to_app(&self.device_urls, device, resume));
        let written = |url: &CallbackUrl| url.with(params, self.params_in);
        let (app, elsewhere) = match self.device_urls.on(device, &self.url) {
            DeviceRoute::Web(url) => return Redirect::home(url, params, self.params_in).map(DeviceResponse::Redirect),
            DeviceRoute::Either { app, web } => {
                let (button, elsewhere) = (written(app)?, Some(written(web)?));
                return Ok(DeviceResponse::AppPage(AppPage { button, start: Start::Either, elsewhere, get_app }));
            }
            DeviceRoute::App { app, fallback } => (app, fallback.map(written).transpose()?),
        };
        let link = written(app)?;
        let button = match device {
            // Whoever lacks the app gets to the browser's way on, or else to Google Play.
            Device::Android => self.android_button(app, &link, elsewhere.as_deref().or(get_app.as_deref())),
            Device::Ios | Device::MacOrIpad | Device::Desktop => link.clone(),
        };
        let start = if app.is_app_link() { Start::Attempt(link) } else { Start::Press };
        Ok(DeviceResponse::AppPage(AppPage { button, start, elsewhere, get_app }))
    }

    /// What a customer needs on `device` who has to install the app first. `None` where no such app is known.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn missing_app(&self, device: Device, handle: &str) -> Result<Option<MissingApp>, Invalid> {
        let (DeviceRoute::App { app, .. } | DeviceRoute::Either { app, .. }) = self.device_urls.on(device, &self.url)
        else {
            return Ok(None);
        };
        let Some((shop, store_page)) = store_page(&self.device_urls, device, handle) else { return Ok(None) };
        let link = app.with(&Params::default().append(RESUME, handle), self.params_in)?;
        let button = if device == Device::Android { self.android_button(app, &link, None) } else { link };
        Ok(Some(MissingApp { shop, store_page, button }))
    }

    /// An https address without a package needs no intent: the system knows whose it is.
    fn android_button(&self, app: &CallbackUrl, link: &str, elsewhere: Option<&str>) -> String {
        let package = self.device_urls.android_package.as_ref();
        let intent = (app.is_app_link() || package.is_some()).then(|| intent_link(link, package, elsewhere)).flatten();
        intent.unwrap_or_else(|| link.to_owned())
    }
}

/// Where `device` gets an app: Google Play hands our handle over to it, and Apple's store does not, so that our own page
/// stands between.
fn way_to_app(device_urls: &DeviceUrls, device: Device, resume: &ResumeLinks<'_>) -> Option<String> {
    let (shop, store_page) = store_page(device_urls, device, resume.handle)?;
    Some(match shop {
        AppShop::AppStore => resume.page.to_owned(),
        AppShop::PlayStore => store_page,
    })
}

/// The page of an app in the shop of `device`.
fn store_page(device_urls: &DeviceUrls, device: Device, handle: &str) -> Option<(AppShop, String)> {
    match device {
        Device::Ios | Device::MacOrIpad => {
            device_urls.app_store.as_ref().map(|page| (AppShop::AppStore, page.as_str().to_owned()))
        }
        Device::Android => {
            let referrer = format!("{RESUME}={handle}");
            device_urls.play_store.as_ref().map(|page| (AppShop::PlayStore, page.with_referrer(&referrer)))
        }
        Device::Desktop => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::callback::{DeviceUrls, Placement, Rules, WrittenDeviceUrls};
    use super::*;

    fn entry(url: &str, written: WrittenDeviceUrls<'_>) -> PlannedCallback {
        let rules = Rules::default();
        let url = CallbackUrl::parse(url, &rules).unwrap();
        let device_urls = DeviceUrls::parse(written, &url, &rules).unwrap();
        PlannedCallback { url, params_in: Placement::Query, slot: Some(0), device_urls }
    }

    fn given(entry: &PlannedCallback, device: Device) -> DeviceResponse {
        entry.response_for(device, &Params::default().append("pay_id", "7"), Some(&LINKS)).unwrap()
    }

    const LINKS: ResumeLinks<'_> =
        ResumeLinks { handle: "rsm_7", page: "https://pay.example/payment/app?resume=rsm_7" };

    fn app_page(button: &str, start: Start, elsewhere: Option<&str>) -> DeviceResponse {
        let elsewhere = elsewhere.map(str::to_owned);
        DeviceResponse::AppPage(AppPage { button: button.into(), start, elsewhere, get_app: None })
    }

    #[test]
    fn who_lacks_the_app_is_led_to_its_store_with_a_handle_and_never_with_a_token() {
        let play = "https://play.google.com/store/apps/details?id=com.example.shop";
        let written = WrittenDeviceUrls {
            app_store: Some("https://apps.apple.com/app/id123456789"),
            play_store: Some(play),
            ..WrittenDeviceUrls::default()
        };
        let app = entry("com.example.shop://paid", written);
        let get_app = |device| match given(&app, device) {
            DeviceResponse::AppPage(page) => (page.get_app, page.button),
            DeviceResponse::Redirect(_) => panic!(),
        };
        let referred = format!("{play}&referrer=hb_resume%3Drsm_7");
        assert_eq!(get_app(Device::Android).0, Some(referred.clone()));
        let fallback = format!("S.browser_fallback_url={};", crate::domain::params::percent_encoded(&referred));
        assert!(get_app(Device::Android).1.contains(&fallback), "a press without the app leads to the store too");
        assert_eq!(get_app(Device::Ios).0.as_deref(), Some(LINKS.page));
        assert_eq!(get_app(Device::Desktop).0, None);
        let missing = |device| app.missing_app(device, LINKS.handle).unwrap();
        let ios = missing(Device::Ios).unwrap();
        assert_eq!((ios.shop, ios.store_page.as_str()), (AppShop::AppStore, "https://apps.apple.com/app/id123456789"));
        assert_eq!(ios.button, "com.example.shop://paid?hb_resume=rsm_7");
        let android = missing(Device::Android).unwrap();
        assert_eq!((android.shop, android.store_page), (AppShop::PlayStore, referred));
        assert_eq!(android.button, "intent://paid?hb_resume=rsm_7#Intent;scheme=com.example.shop;end");
        assert_eq!(missing(Device::Desktop), None);
        let nowhere = entry("com.example.shop://paid", WrittenDeviceUrls::default());
        assert_eq!(nowhere.missing_app(Device::Ios, "x"), Ok(None));
    }

    #[test]
    fn an_app_link_is_tried_once_and_pressed_as_an_intent_on_android() {
        let entry = entry("com.example.shop://paid?a=1#f", WrittenDeviceUrls::default());
        let link = "com.example.shop://paid?a=1&pay_id=7#f";
        for device in [Device::Ios, Device::MacOrIpad, Device::Desktop] {
            assert_eq!(given(&entry, device), app_page(link, Start::Attempt(link.into()), None));
        }
        let intent = "intent://paid?a=1&pay_id=7#f#Intent;scheme=com.example.shop;end";
        assert_eq!(given(&entry, Device::Android), app_page(intent, Start::Attempt(link.into()), None));
    }

    #[test]
    fn an_https_address_of_an_app_waits_for_a_press() {
        let (ios, android) = ("https://app.example/ios", "https://app.example/android");
        let written = WrittenDeviceUrls { ios: Some(ios), android: Some(android), ..WrittenDeviceUrls::default() };
        let web = Some("https://shop.example/cb?pay_id=7");
        let both = entry("https://shop.example/cb", written);
        assert_eq!(given(&both, Device::Ios), app_page("https://app.example/ios?pay_id=7", Start::Press, web));
        assert_eq!(given(&both, Device::Android), app_page("https://app.example/android?pay_id=7", Start::Press, web));
        assert_eq!(given(&both, Device::MacOrIpad), app_page("https://app.example/ios?pay_id=7", Start::Either, web));
        let DeviceResponse::Redirect(redirect) = given(&both, Device::Desktop) else { panic!() };
        assert_eq!(Some(redirect.as_str()), web);
        let packaged = entry("https://shop.example/cb", WrittenDeviceUrls { android_package: Some("a.b"), ..written });
        let intent = "intent://app.example/android?pay_id=7#Intent;scheme=https;package=a.b;\
                      S.browser_fallback_url=https%3A%2F%2Fshop.example%2Fcb%3Fpay_id%3D7;end";
        assert_eq!(given(&packaged, Device::Android), app_page(intent, Start::Press, web));
    }

    #[test]
    fn an_app_page_shows_no_query() {
        let shown =
            format!("{:?}", given(&entry("com.example.shop://paid", WrittenDeviceUrls::default()), Device::Ios));
        assert_eq!(shown, "AppPage(AppPage(com.example.shop://paid…))");
    }
}
