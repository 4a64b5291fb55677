//! The pages of app stores, where customers get an app that they do not have yet.

use url::Url;

use super::intent::AndroidPackage;
use crate::domain::{Invalid, params::percent_encoded};

/// The parameter that a handle comes in, by which an app goes on that had to be installed first.
pub const RESUME: &str = "hb_resume";

/// The most bytes of a page's address: every journey of its callback keeps it.
const LONGEST: usize = 255;

/// The page of an app in Apple's App Store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStorePage(String);

/// The page of an app in Google Play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayStorePage(String);

impl AppStorePage {
    /// The name of the field in a callback.
    pub const FIELD: &'static str = "app_store";

    /// Accepts `https://apps.apple.com/…/app/…/id123456789`, whose country and name may be left out.
    ///
    /// # Errors
    /// When it is another address, or has more than 255 bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule| {
            let example = "https://apps.apple.com/app/id123456789";
            Invalid::new(Self::FIELD, rule).hint(format!("expected the page of an app, such as {example}"))
        };
        let url = read(text, "apps.apple.com").map_err(refused)?;
        let parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
        let is_id = |part: &str| {
            part.strip_prefix("id").is_some_and(|id| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()))
        };
        if parts.contains(&"app") && parts.last().is_some_and(|last| is_id(last)) {
            return Ok(Self(text.to_owned()));
        }
        Err(refused("is not the page of an app in the App Store"))
    }

    /// Restores a page that was parsed when it was stored.
    pub(crate) const fn restored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PlayStorePage {
    /// The name of the field in a callback.
    pub const FIELD: &'static str = "play_store";

    /// Accepts `https://play.google.com/store/apps/details?id=com.example.shop`.
    ///
    /// # Errors
    /// When it is another address, names no app or another one than `package`, has a `referrer` of its own, or has more
    /// than 255 bytes.
    pub fn parse(text: &str, package: Option<&AndroidPackage>) -> Result<Self, Invalid> {
        let refused = |rule| {
            let example = "https://play.google.com/store/apps/details?id=com.example.shop";
            Invalid::new(Self::FIELD, rule).hint(format!("expected the page of an app, such as {example}"))
        };
        let url = read(text, "play.google.com").map_err(refused)?;
        let ids: Vec<_> = url.query_pairs().filter(|(name, _)| name == "id").map(|(_, id)| id.into_owned()).collect();
        let [id] = ids.as_slice() else { return Err(refused("is not the page of an app in Google Play")) };
        if url.path() != "/store/apps/details" || AndroidPackage::parse(id).is_err() || url.fragment().is_some() {
            return Err(refused("is not the page of an app in Google Play"));
        }
        if url.query_pairs().any(|(name, _)| name == "referrer") {
            return Err(refused("has a referrer, and that is where our handle goes"));
        }
        if package.is_some_and(|package| package.as_str() != id) {
            return Err(refused("is the page of another app than android_package"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Restores a page that was parsed when it was stored.
    pub(crate) const fn restored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The page, with what the app learns from Google Play when it is first opened.
    pub fn with_referrer(&self, referrer: &str) -> String {
        format!("{}&referrer={}", self.0, percent_encoded(referrer))
    }
}

/// An https URL of this host, exactly as a browser would write it.
fn read(text: &str, host: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("is longer than 255 bytes");
    }
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    if !is_plain || url.password().is_some() || url.host_str() != Some(host) {
        return Err(if host == "play.google.com" { "is not on play.google.com" } else { "is not on apps.apple.com" });
    }
    if url.as_str() == text { Ok(url) } else { Err("is not as a browser would write it") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_app_store_has_the_number_of_an_app() {
        for good in [
            "https://apps.apple.com/app/id123456789",
            "https://apps.apple.com/de/app/id123456789",
            "https://apps.apple.com/de/app/example-shop/id123456789?mt=8",
        ] {
            assert_eq!(AppStorePage::parse(good).unwrap().as_str(), good);
        }
        let long = format!("https://apps.apple.com/app/{}/id1", "a".repeat(255));
        for (bad, rule) in [
            ("http://apps.apple.com/app/id1", "is not on apps.apple.com"),
            ("https://apps.apple.com.evil.example/app/id1", "is not on apps.apple.com"),
            ("https://user@apps.apple.com/app/id1", "is not on apps.apple.com"),
            ("https://itunes.apple.com/app/id1", "is not on apps.apple.com"),
            ("https://apps.apple.com:8443/app/id1", "is not on apps.apple.com"),
            ("itms-apps://apps.apple.com/app/id1", "is not on apps.apple.com"),
            ("https://apps.apple.com/de/developer/id1", "is not the page of an app in the App Store"),
            ("https://apps.apple.com/app/shop", "is not the page of an app in the App Store"),
            ("https://apps.apple.com/app/id", "is not the page of an app in the App Store"),
            ("https://apps.apple.com/app/my app/id1", "is not as a browser would write it"),
            ("apps.apple.com/app/id1", "is not a URL"),
            ("", "is not a URL"),
            (&long, "is longer than 255 bytes"),
        ] {
            let refused = AppStorePage::parse(bad).unwrap_err();
            assert_eq!((refused.field(), refused.rule()), ("app_store", rule), "{bad}");
        }
    }

    #[test]
    fn a_page_of_google_play_is_that_of_the_callbacks_app() {
        let own = AndroidPackage::parse("com.example.shop").unwrap();
        let good = "https://play.google.com/store/apps/details?id=com.example.shop&hl=de";
        for package in [None, Some(&own)] {
            let page = PlayStorePage::parse(good, package).unwrap();
            assert_eq!(page.with_referrer("a=b&c"), format!("{good}&referrer=a%3Db%26c"));
        }
        for (bad, rule) in [
            (
                "https://play.google.com/store/apps/details?id=com.example.other",
                "is the page of another app than android_package",
            ),
            ("https://play.google.com/store/apps/details?id=shop", "is not the page of an app in Google Play"),
            ("https://play.google.com/store/apps/details?id=a.b&id=c.d", "is not the page of an app in Google Play"),
            (
                "https://play.google.com/store/apps/details?id=com.example.shop#x",
                "is not the page of an app in Google Play",
            ),
            ("https://play.google.com/store/apps/dev?id=com.example.shop", "is not the page of an app in Google Play"),
            ("https://play.google.com/store/apps/details", "is not the page of an app in Google Play"),
            (
                "https://play.google.com/store/apps/details?id=com.example.shop&referrer=x",
                "has a referrer, and that is where our handle goes",
            ),
            ("market://details?id=com.example.shop", "is not on play.google.com"),
            ("https://play.google.com.evil.example/store/apps/details?id=a.b", "is not on play.google.com"),
        ] {
            let refused = PlayStorePage::parse(bad, Some(&own)).unwrap_err();
            assert_eq!((refused.field(), refused.rule()), ("play_store", rule), "{bad}");
        }
    }
}
