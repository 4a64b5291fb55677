//! Merchants: who they are, their saved callbacks, their settings.

use std::time::Duration;

use crate::domain::api_key::IssuedKey;
use crate::domain::callback::{CallbackUrl, DeviceUrls, Placement};
use crate::domain::id::MerchantId;
use crate::domain::invalid::Invalid;
use crate::domain::moment::UnixMillis;
use crate::domain::plan::WebhookEndpoint;
use crate::domain::rotation::Rotating;
use crate::domain::slots::Slots;
use crate::domain::terms::{
    AnswersTo, AppLinks, ExtraOutcomes, FrozenSettings, OneOffUrls, OneTime, SameBrowser, SignedCalls, SignedReturns,
    WhenLate,
};
use crate::domain::text::label;

/// A merchant and its profile. `revision` counts the changes, so that no edit is lost to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    /// Its id; also what SecPaid calls `user_id`.
    pub id: MerchantId,
    /// How often the profile has been changed.
    pub revision: u32,
    /// The name that customers see.
    pub name: MerchantName,
    /// Whether its calls are answered.
    pub standing: Standing,
    /// Its API keys, the oldest first; also those that have ended.
    pub api_keys: Vec<IssuedKey>,
    /// The secret that it shares with us, which signs what we send it: `whsec_…`.
    pub signing_secret: Rotating,
    /// The seed of the key pair that signs what we send it, where a dialect's clients verify by a public key.
    pub webhook_key: Rotating,
    /// When it was added.
    pub created_at: UnixMillis,
    /// Its saved callbacks.
    pub callbacks: SavedCallbacks,
    /// What it has chosen.
    pub settings: Settings,
    /// Its saved payment endpoints.
    pub endpoints: Slots<WebhookEndpoint>,
    /// Who is told of every change, where a dialect has one such place for all journeys.
    pub webhook: Option<Webhook>,
    /// The public keys that its calls are signed with.
    pub public_keys: Vec<PublicKey>,
}

/// Whether a merchant's calls are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    #[default]
    Active,
    /// They are refused. Its running journeys go on, and so do their deliveries.
    Disabled,
}

/// The place that is told of every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The kinds of events that it wants to hear of, in its dialect's words.
    pub types: Vec<String>,
    /// Where it is.
    pub url: CallbackUrl,
}

/// A public key that a merchant signs its calls with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The name that its signatures have for it.
    pub id: String,
    /// The key, as its dialect reads it.
    pub text: String,
}

/// A merchant's name, as customers see it: 1 to 80 characters that people can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantName(String);

impl MerchantName {
    /// Accepts a name; surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is blank, longer than 80 characters, or holds a character that misleads.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label("name", text, 80).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A saved callback's name, usable instead of its index: a letter, then up to 31 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackName(String);

impl CallbackName {
    /// Accepts a name in lower case.
    ///
    /// # Errors
    /// When it has any other form; a name is never mistaken for an index or a URL.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if text.len() <= 32 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(form) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("name", "is not a callback name")
            .hint("expected a lower-case letter, then up to 31 letters, digits, - and _"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A callback that a merchant has saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCallback {
    /// Where it leads.
    pub url: CallbackUrl,
    /// Its name, if it has one.
    pub name: Option<CallbackName>,
    /// Where our parameters go in it.
    pub params_in: Placement,
    /// Where it leads on other devices.
    pub device_urls: DeviceUrls,
    /// Which journeys it is used in.
    pub used: Used,
}

/// Which journeys a saved callback is used in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Used {
    /// Each one whose call names no callback, where its dialect has saved callbacks for that, and each one that names
    /// it.
    #[default]
    ByDefault,
    /// Those alone that name it by its index, its name, or a URL that it covers.
    OnRequest,
}

/// A merchant's saved callbacks, in stable slots: deleting one leaves a hole, and the others keep their index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedCallbacks {
    slots: Slots<SavedCallback>,
}

impl SavedCallbacks {
    /// The most slots for callbacks, holes included.
    pub const MAX_SLOTS: usize = Slots::<SavedCallback>::MOST;

    /// Restores the callbacks that were stored.
    pub(crate) const fn restored(slots: Vec<Option<SavedCallback>>) -> Self {
        Self { slots: Slots::restored(slots) }
    }

    /// Every slot, holes as `None`.
    pub fn slots(&self) -> &[Option<SavedCallback>] {
        self.slots.all()
    }

    /// The callback at `index`, if that slot holds one.
    pub fn at(&self, index: usize) -> Option<&SavedCallback> {
        self.slots.at(index)
    }

    /// The callback of this name, with its index.
    pub fn named(&self, name: &str) -> Option<(usize, &SavedCallback)> {
        self.slots.entries().find(|(_, saved)| saved.name.as_ref().is_some_and(|n| n.as_str() == name))
    }

    /// Whether one of the callbacks has this URL, letter by letter.
    pub fn has_url(&self, url: &str) -> bool {
        self.slots.entries().any(|(_, saved)| saved.url.as_str() == url)
    }

    /// The callbacks that are used when a journey names none, with their indices, the lowest first.
    pub fn by_default(&self) -> impl Iterator<Item = (usize, &SavedCallback)> {
        self.slots.entries().filter(|(_, saved)| saved.used == Used::ByDefault)
    }

    /// The callback that covers `asked` ([`CallbackUrl::covers`]), with its index: the most particular one.
    pub fn covering(&self, asked: &CallbackUrl) -> Option<(usize, &SavedCallback)> {
        self.slots
            .entries()
            .filter(|(_, saved)| saved.url.covers(asked))
            .max_by_key(|(_, saved)| saved.url.as_str().len())
    }

    /// Appends `saved` in a new slot, and answers its index. A hole is never filled again by this.
    ///
    /// # Errors
    /// When the name is taken or all slots are taken.
    pub fn add(&mut self, saved: SavedCallback) -> Result<usize, Invalid> {
        self.check_name(&saved, None)?;
        self.slots.add(saved).ok_or_else(|| {
            Invalid::new("url", format!("is one too many: there are {} slots", Self::MAX_SLOTS))
                .hint("replace an entry with PUT")
        })
    }

    /// Puts `saved` into the slot `index`, be it a callback or a hole. `Ok(false)` when there is no such slot.
    ///
    /// # Errors
    /// When the name is taken by another slot.
    pub fn replace(&mut self, index: usize, saved: SavedCallback) -> Result<bool, Invalid> {
        self.check_name(&saved, Some(index))?;
        Ok(self.slots.replace(index, saved))
    }

    /// Leaves a hole at `index`. `false` when there was nothing.
    pub fn delete(&mut self, index: usize) -> bool {
        self.slots.delete(index)
    }

    fn check_name(&self, saved: &SavedCallback, own: Option<usize>) -> Result<(), Invalid> {
        let taken = saved.name.as_ref().and_then(|name| self.named(name.as_str())).map(|(index, _)| index);
        match taken {
            Some(index) if Some(index) != own => Err(Invalid::new("name", format!("is taken by callback {index}"))),
            _ => Ok(()),
        }
    }
}

/// What a merchant has chosen for its new journeys; running ones keep what they were opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether callbacks carry a one-time token unless a journey says otherwise.
    pub one_time_token: OneTime,
    /// What becomes of a payment that fails or expires.
    pub extra_outcomes: ExtraOutcomes,
    /// Whether a journey may bring a URL of its own.
    pub one_off_urls: OneOffUrls,
    /// Whether a return must come from the browser that left.
    pub same_browser: SameBrowser,
    /// How an app link is opened.
    pub app_links: AppLinks,
    /// What a customer sees when the bank is late.
    pub when_late: WhenLate,
    /// Whether the way home carries a signature.
    pub signed_returns: SignedReturns,
    /// How long a one-time token can be redeemed.
    pub token_life: Duration,
    /// How long a journey waits for its customer.
    pub journey_life: Duration,
    /// Who takes the bank's answer from the browser.
    pub answers_to: AnswersTo,
    /// Whether its calls have to be signed.
    pub signed_calls: SignedCalls,
    /// The media type of webhooks, where it has to be another one than the call's; empty is the call's.
    pub notice_type: String,
}

impl Settings {
    /// The shortest and the longest life of a one-time token.
    pub const TOKEN_LIFE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_hours(24));
    /// The shortest and the longest life of a journey.
    pub const JOURNEY_LIFE: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(720));

    /// The part that is frozen into each journey.
    pub const fn frozen(&self) -> FrozenSettings {
        FrozenSettings {
            one_time_token: self.one_time_token,
            token_life: self.token_life,
            extra_outcomes: self.extra_outcomes,
            same_browser: self.same_browser,
            app_links: self.app_links,
            when_late: self.when_late,
            signed_returns: self.signed_returns,
        }
    }

    /// Puts settings together from the part that journeys hand back early and the part that they do not.
    pub(crate) fn of_frozen(frozen: FrozenSettings, one_off_urls: OneOffUrls, journey_life: Duration) -> Self {
        Self {
            one_time_token: frozen.one_time_token,
            extra_outcomes: frozen.extra_outcomes,
            one_off_urls,
            same_browser: frozen.same_browser,
            app_links: frozen.app_links,
            when_late: frozen.when_late,
            signed_returns: frozen.signed_returns,
            token_life: frozen.token_life,
            journey_life,
            ..Self::default()
        }
    }
}

/// What a merchant chooses anew; what it does not name stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsPatch {
    /// See [`Settings`].
    pub one_time_token: Option<OneTime>,
    /// See [`Settings`].
    pub extra_outcomes: Option<ExtraOutcomes>,
    /// See [`Settings`].
    pub one_off_urls: Option<OneOffUrls>,
    /// See [`Settings`].
    pub same_browser: Option<SameBrowser>,
    /// See [`Settings`].
    pub app_links: Option<AppLinks>,
    /// See [`Settings`].
    pub when_late: Option<WhenLate>,
    /// See [`Settings`].
    pub signed_returns: Option<SignedReturns>,
    /// See [`Settings`]; within [`Settings::TOKEN_LIFE`].
    pub token_life: Option<Duration>,
    /// See [`Settings`]; within [`Settings::JOURNEY_LIFE`].
    pub journey_life: Option<Duration>,
    /// See [`Settings`].
    pub answers_to: Option<AnswersTo>,
    /// See [`Settings`].
    pub signed_calls: Option<SignedCalls>,
    /// See [`Settings`].
    pub notice_type: Option<String>,
}

impl SettingsPatch {
    /// These settings, with what is chosen anew.
    pub fn over(&self, settings: &Settings) -> Settings {
        Settings {
            one_time_token: self.one_time_token.unwrap_or(settings.one_time_token),
            extra_outcomes: self.extra_outcomes.unwrap_or(settings.extra_outcomes),
            one_off_urls: self.one_off_urls.unwrap_or(settings.one_off_urls),
            same_browser: self.same_browser.unwrap_or(settings.same_browser),
            app_links: self.app_links.unwrap_or(settings.app_links),
            when_late: self.when_late.unwrap_or(settings.when_late),
            signed_returns: self.signed_returns.unwrap_or(settings.signed_returns),
            token_life: self.token_life.unwrap_or(settings.token_life),
            journey_life: self.journey_life.unwrap_or(settings.journey_life),
            answers_to: self.answers_to.unwrap_or(settings.answers_to),
            signed_calls: self.signed_calls.unwrap_or(settings.signed_calls),
            notice_type: self.notice_type.clone().unwrap_or_else(|| settings.notice_type.clone()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            one_time_token: OneTime::Off,
            extra_outcomes: ExtraOutcomes::Off,
            one_off_urls: OneOffUrls::Allowed,
            same_browser: SameBrowser::Checked,
            app_links: AppLinks::Page,
            when_late: WhenLate::Wait,
            signed_returns: SignedReturns::Off,
            token_life: Duration::from_mins(5),
            journey_life: Duration::from_hours(24),
            answers_to: AnswersTo::Gateway,
            signed_calls: SignedCalls::Checked,
            notice_type: String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
