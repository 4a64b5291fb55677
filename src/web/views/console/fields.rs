//! Forms: what was filled in, and what of it is refused.

use serde::Deserialize;

use super::refusal;
use crate::domain::Invalid;

/// What is refused of a form, if anything is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused(Option<Invalid>);

impl Refused {
    /// This was refused.
    pub const fn by(invalid: Invalid) -> Self {
        Self(Some(invalid))
    }

    /// The sentence to say at a field.
    pub(super) fn at(&self, field: &str) -> Option<String> {
        self.0.as_ref().filter(|invalid| form_field(invalid) == field).map(refusal)
    }

    /// The sentence to say above a form that has none of the fields that it is about.
    pub(super) fn beside(&self, fields: &[&str]) -> Option<String> {
        self.0.as_ref().filter(|invalid| !fields.contains(&form_field(invalid))).map(refusal)
    }
}

/// The field of a form that this is about: `headers` of `headers.authorization`.
fn form_field(invalid: &Invalid) -> &str {
    invalid.field().split('.').next().unwrap_or_default()
}

/// A form about a callback, in the words of `/v1/profile/callbacks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallbackFields {
    /// Where it leads.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Where our parameters go in it.
    pub params_in: String,
    /// The app's link on iOS.
    pub ios: String,
    /// The app's link on Android.
    pub android: String,
    /// The package of the app on Android.
    pub android_package: String,
    /// Where a customer without the app goes on.
    pub fallback: String,
    /// The page on the web, for all other devices.
    pub web: String,
    /// Whether app links are opened by a button.
    pub app_links: String,
    /// The app's page in Apple's App Store.
    pub app_store: String,
    /// The app's page in Google Play.
    pub play_store: String,
    /// `on` where only calls that name it use it.
    pub on_request: String,
    /// What makes the form sent twice one callback.
    pub once: String,
    /// `on` where it is looked at every minute.
    pub watched: String,
}

impl CallbackFields {
    /// The names of its fields.
    pub(super) const NAMES: [&'static str; 12] = [
        "watched",
        "url",
        "name",
        "params_in",
        "ios",
        "android",
        "android_package",
        "fallback",
        "web",
        "app_links",
        "app_store",
        "play_store",
    ];

    /// Whether something beyond a URL and a name is said.
    pub(super) fn has_devices(&self) -> bool {
        let more = [&self.ios, &self.android, &self.android_package, &self.fallback, &self.web, &self.app_links];
        more.into_iter().chain([&self.app_store, &self.play_store]).any(|text| !text.is_empty())
    }
}
