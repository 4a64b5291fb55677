//! The operator's merchants and providers, and what is shown once.

use std::borrow::Cow;

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::{Frame, When};
use super::words::{issued, operator as words};
use crate::domain::{Mode, Role};

/// The merchants.
#[derive(Debug, Clone, Template)]
#[template(path = "console/merchants.html")]
pub struct Merchants {
    /// What stands around it.
    pub frame: Frame,
    /// The oldest first.
    pub merchants: Vec<MerchantRow>,
    /// The form of a new one.
    pub new: NewMerchantFields,
    /// What of it is refused.
    pub refused: Refused,
}

impl Merchants {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["name"])
    }
}

/// A merchant.
#[derive(Debug, Clone)]
pub struct MerchantRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether money moves.
    pub mode: Mode,
    /// Whether it is shut out.
    pub is_disabled: bool,
    /// When it was added.
    pub created_at: When,
}

/// The form of a new merchant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct NewMerchantFields {
    /// The name that customers see.
    pub name: String,
    /// Whether money moves.
    pub mode: String,
    /// What makes a second press make nothing.
    pub once: String,
}

/// The providers.
#[derive(Debug, Clone, Template)]
#[template(path = "console/providers.html")]
pub struct Providers {
    /// What stands around it.
    pub frame: Frame,
    /// As they are configured.
    pub providers: Vec<ProviderRow>,
}

/// A provider.
#[derive(Debug, Clone)]
pub struct ProviderRow {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Whether money moves.
    pub mode: Mode,
    /// Whether it takes payments.
    pub takes_payments: bool,
    /// For how long it has given no answer, if it gives none.
    pub silent_seconds: Option<u64>,
    /// Its last error, since this node was started.
    pub last_error: Option<(When, String)>,
}

/// The node that has answered.
#[derive(Debug, Clone, Template)]
#[template(path = "console/node.html")]
pub struct Node {
    /// What stands around it.
    pub frame: Frame,
    /// Whether load balancers should send requests to it, in a word.
    pub readiness: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// What its store is.
    pub store: String,
    /// What is looked at, each with what is wrong, where something is.
    pub checks: Vec<(&'static str, Option<String>)>,
    /// How many connections are open, and how many may be.
    pub connections: (u64, u64),
    /// How many files are open, and how many may be, where the system says so.
    pub files: Option<(u64, u64)>,
    /// By how many milliseconds the store's clock is ahead, where that is known.
    pub skew_millis: Option<i64>,
    /// What the courier has to do, in the order of `words::WORK`.
    pub work: [usize; 4],
    /// For how many milliseconds the oldest delivery had been due when it was taken.
    pub lag_millis: u64,
}

impl Node {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let files = self.files.map(|(open, most)| (words::FILES, words::of(open, most)));
        let skew = self.skew_millis.map(|millis| (words::SKEW, words::ahead(millis)));
        let (open, most) = self.connections;
        [
            (words::VERSION, self.version.to_owned()),
            (words::READINESS, self.readiness.to_owned()),
            (words::STORE, self.store.clone()),
            (words::CONNECTIONS, words::of(open, most)),
        ]
        .into_iter()
        .chain(files)
        .chain(skew)
        .collect()
    }

    fn work_rows(&self) -> impl Iterator<Item = (&'static str, usize)> {
        words::WORK.into_iter().zip(self.work)
    }
}

/// What is shown once: secrets that were just made.
#[derive(Debug, Clone, Template)]
#[template(path = "console/issued.html")]
pub struct Issued {
    frame: Frame,
    title: String,
    sentence: Cow<'static, str>,
    secrets: Vec<(&'static str, String)>,
    /// Where to go on, and what that is called.
    on: (String, &'static str),
}

impl Issued {
    /// A new merchant's.
    pub fn merchant(frame: Frame, name: &str, secrets: [(&'static str, String); 3]) -> Self {
        let (secrets, on) = (secrets.into(), ("/console/merchants".to_owned(), issued::TO_MERCHANTS));
        Self { frame, title: issued::merchant(name), sentence: issued::ONCE.into(), secrets, on }
    }

    /// A sign-in link.
    pub fn link(frame: Frame, name: &str, url: String) -> Self {
        let (secrets, on) = (vec![(issued::LINK, url)], ("/console/merchants".to_owned(), issued::TO_MERCHANTS));
        Self { frame, title: issued::link(name), sentence: issued::LINK_SENTENCE.into(), secrets, on }
    }

    /// An API key.
    pub fn key(frame: Frame, name: &str, key: String) -> Self {
        let on = ("/console/keys".to_owned(), issued::TO_KEYS);
        Self { frame, title: issued::key(name), sentence: issued::ONCE.into(), secrets: vec![("api_key", key)], on }
    }

    /// An API key that replaces one, which is valid until then.
    pub fn rotated_key(frame: Frame, name: &str, key: String, until: Option<&str>) -> Self {
        let sentence = until.map_or(issued::REPLACED_AT_ONCE.into(), |until| issued::rotated_key(until).into());
        Self { sentence, ..Self::key(frame, name, key) }
    }

    /// A signing secret.
    pub fn signing_secret(frame: Frame, secret: String) -> Self {
        let (secrets, on) = (vec![("signing_secret", secret)], ("/console/webhooks".to_owned(), issued::TO_WEBHOOKS));
        Self { frame, title: issued::SECRET.to_owned(), sentence: issued::SECRET_SENTENCE.into(), secrets, on }
    }

    /// The secret of a provider account, which was drawn here.
    pub fn engine_secret(frame: Frame, account: &str, secret: String) -> Self {
        let (secrets, on) = (vec![("secret", secret)], (format!("/console/accounts/{account}"), issued::TO_ACCOUNT));
        Self {
            frame,
            title: issued::engine_secret(account),
            sentence: issued::ENGINE_SECRET_SENTENCE.into(),
            secrets,
            on,
        }
    }
}
