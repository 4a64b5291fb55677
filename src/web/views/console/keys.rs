//! Keys: those of the API, and the public ones.

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::{Frame, When};
use super::words::keys as words;
use crate::domain::Role;

/// The keys.
#[derive(Debug, Clone, Template)]
#[template(path = "console/keys.html")]
pub struct Keys {
    /// What stands around it.
    pub frame: Frame,
    /// Those of the API, the oldest first.
    pub keys: Vec<KeyRow>,
    /// The form of a new one.
    pub new: KeyFields,
    /// Those that verify webhooks: the one that signs, then the one that will.
    pub webhook_keys: Vec<WebhookKeyRow>,
    /// Those that verify signed returns: the id, and the key.
    pub return_keys: Vec<(String, String)>,
    /// Those of the merchant's servers: the id, and the key.
    pub public_keys: Vec<(String, String)>,
    /// The form of a new one.
    pub new_public: PublicKeyFields,
    /// What of a form is refused.
    pub refused: Refused,
}

impl Keys {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["name", "id", "key"])
    }
}

/// An API key.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: When,
    /// When it was last used.
    pub used_at: Option<When>,
    /// When it ends, if that is set.
    pub ends_at: Option<When>,
}

/// The form of a new key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct KeyFields {
    /// Its name.
    pub name: String,
    /// What makes a second press make nothing.
    pub once: String,
}

/// A public key that verifies webhooks.
#[derive(Debug, Clone)]
pub struct WebhookKeyRow {
    /// The key, in base64url.
    pub key: String,
    /// From when on it signs, where it does not yet.
    pub signs_from: Option<When>,
    /// When it ends, if that is set.
    pub ends_at: Option<When>,
}

/// The form of a public key of the merchant's servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PublicKeyFields {
    /// Its id; empty where it is to follow from the key.
    pub id: String,
    /// The key.
    pub key: String,
}
