//! Merchants: who they are, their saved callbacks, their settings.

pub use crate::domain::terms::{Settings, SettingsPatch};
use crate::domain::text::label;
use crate::domain::{
    CallbackUrl, DeviceUrls, FetchedLogo, Invalid, IssuedKey, MerchantId, Mode, Person, Placement, ProviderAccount,
    Rotating, SavedEndpoint, Slots, UnixMillis,
};

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
    pub endpoints: Slots<SavedEndpoint>,
    /// Where every change goes, where a dialect has one such place for all journeys.
    pub webhook: Option<Webhook>,
    /// The public keys that its calls are signed with.
    pub public_keys: Vec<PublicKey>,
    /// Whether it is for tests; `None` where it was added before merchants had a mode.
    pub mode: Option<Mode>,
    /// Where its own money is taken, in the order in which it prefers them.
    pub accounts: Vec<ProviderAccount>,
    /// Who may ask for a sign-in link to its console by mail.
    pub people: Vec<Person>,
    /// Its logo, as it was fetched from its setting's address.
    pub logo: Option<FetchedLogo>,
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

/// The webhook of every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The kinds of events that it wants, in its dialect's words.
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
    /// Whether it is looked at every minute.
    pub watched: bool,
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
    pub(crate) slots: Slots<SavedCallback>,
}

impl SavedCallbacks {
    /// The most callbacks of one merchant that are watched.
    pub const MAX_WATCHED: usize = 10;

    /// The most slots for callbacks, holes included.
    pub const MAX_SLOTS: usize = Slots::<SavedCallback>::MOST;

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
        self.check_watched(&saved, None)?;
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
        self.check_watched(&saved, Some(index))?;
        Ok(self.slots.replace(index, saved))
    }

    /// Leaves a hole at `index`. `false` when there was nothing.
    pub fn delete(&mut self, index: usize) -> bool {
        self.slots.delete(index)
    }

    /// Whether a callback that is watched is at this place, whatever its query.
    pub fn watches(&self, url: &CallbackUrl) -> bool {
        let is_there = |saved: &SavedCallback| saved.watched && saved.url.without_query() == url.without_query();
        self.slots.entries().any(|(_, saved)| is_there(saved))
    }

    fn check_watched(&self, saved: &SavedCallback, own: Option<usize>) -> Result<(), Invalid> {
        let others = self.slots.entries().filter(|(index, other)| other.watched && Some(*index) != own).count();
        if !saved.watched || others < Self::MAX_WATCHED {
            return Ok(());
        }
        Err(Invalid::new("watched", format!("is one too many: {} callbacks may be watched", Self::MAX_WATCHED))
            .hint("save another one without it first"))
    }

    fn check_name(&self, saved: &SavedCallback, own: Option<usize>) -> Result<(), Invalid> {
        let taken = saved.name.as_ref().and_then(|name| self.named(name.as_str())).map(|(index, _)| index);
        match taken {
            Some(index) if Some(index) != own => Err(Invalid::new("name", format!("is taken by callback {index}"))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
