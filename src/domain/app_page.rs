//! App pages: how a device gets home where a redirect alone does not do it.

use std::fmt;

use crate::domain::callback::{DeviceRoute, intent_link};
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
    /// What `device` is answered with where this callback needs a page, with these parameters in each link.
    ///
    /// # Errors
    /// As [`CallbackUrl::with`].
    pub fn response_for(&self, device: Device, params: &Params) -> Result<DeviceResponse, Invalid> {
        let written = |url: &CallbackUrl| url.with(params, self.params_in);
        let (app, elsewhere) = match self.device_urls.on(device, &self.url) {
            DeviceRoute::Web(url) => return Redirect::home(url, params, self.params_in).map(DeviceResponse::Redirect),
            DeviceRoute::Either { app, web } => {
                let (button, elsewhere) = (written(app)?, Some(written(web)?));
                return Ok(DeviceResponse::AppPage(AppPage { button, start: Start::Either, elsewhere }));
            }
            DeviceRoute::App { app, fallback } => (app, fallback.map(written).transpose()?),
        };
        let link = written(app)?;
        let button = match device {
            Device::Android => self.android_button(app, &link, elsewhere.as_deref()),
            Device::Ios | Device::MacOrIpad | Device::Desktop => link.clone(),
        };
        let start = if app.is_app_link() { Start::Attempt(link) } else { Start::Press };
        Ok(DeviceResponse::AppPage(AppPage { button, start, elsewhere }))
    }

    /// An https address without a package needs no intent: the system knows whose it is.
    fn android_button(&self, app: &CallbackUrl, link: &str, elsewhere: Option<&str>) -> String {
        let package = self.device_urls.android_package.as_ref();
        let intent = (app.is_app_link() || package.is_some()).then(|| intent_link(link, package, elsewhere)).flatten();
        intent.unwrap_or_else(|| link.to_owned())
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
        entry.response_for(device, &Params::default().append("pay_id", "7")).unwrap()
    }

    fn app_page(button: &str, start: Start, elsewhere: Option<&str>) -> DeviceResponse {
        DeviceResponse::AppPage(AppPage { button: button.into(), start, elsewhere: elsewhere.map(str::to_owned) })
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
