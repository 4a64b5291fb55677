//! Provider accounts, and settings.

use askama::Template;

use super::fields::Refused;
use super::frame::Frame;
use super::words::accounts as words;
use crate::domain::{AccountKind, AccountState, Role};

/// The accounts.
#[derive(Debug, Clone, Template)]
#[template(path = "console/accounts.html")]
pub struct Accounts {
    /// What stands around it.
    pub frame: Frame,
    /// As the merchant prefers them.
    pub accounts: Vec<AccountRow>,
}

/// An account in the list.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where its engine is.
    pub url: String,
    /// Whether it is used.
    pub state: AccountState,
}

/// A field of an account. What it means is said by its name.
#[derive(Debug, Clone)]
pub struct AccountField {
    /// Its name in `/v1`.
    pub name: &'static str,
    /// What is filled in; nothing of a secret.
    pub value: String,
    /// Whether it has lines.
    pub is_long: bool,
    /// Whether it is a secret.
    pub is_secret: bool,
}

/// The form of a new account, or the choice of its kind.
#[derive(Debug, Clone, Template)]
#[template(path = "console/account_form.html")]
pub struct AccountForm {
    /// What stands around it.
    pub frame: Frame,
    /// Its kind, once it is chosen.
    pub kind: Option<AccountKind>,
    /// Its fields.
    pub fields: Vec<AccountField>,
    /// What of them is refused.
    pub refused: Refused,
    /// What makes the form sent twice one account.
    pub once: String,
}

impl AccountForm {
    fn title(&self) -> String {
        self.kind.map_or_else(|| words::ADD.to_owned(), |kind| words::new(kind.as_str()))
    }

    fn refused_beside(&self) -> Option<String> {
        beside(&self.refused, &self.fields)
    }
}

/// What is refused and stands in none of these fields.
fn beside(refused: &Refused, fields: &[AccountField]) -> Option<String> {
    refused.beside(&fields.iter().map(|field| field.name).collect::<Vec<_>>())
}

/// One account.
#[derive(Debug, Clone, Template)]
#[template(path = "console/account.html")]
pub struct Account {
    /// What stands around it.
    pub frame: Frame,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: AccountKind,
    /// Whether it is used.
    pub state: AccountState,
    /// What is known of it: a name, and a text.
    pub facts: Vec<(&'static str, String)>,
    /// What can be changed.
    pub fields: Vec<AccountField>,
    /// What of it is refused.
    pub refused: Refused,
    /// What a test has just found: whether it answered, and a sentence.
    pub tested: Option<(bool, String)>,
    /// What makes a rotation sent twice one.
    pub once: String,
}

impl Account {
    fn refused_beside(&self) -> Option<String> {
        beside(&self.refused, &self.fields)
    }

    /// Whether a secret of both sides is replaced here, and whether the new one comes from the provider.
    const fn rotates(&self) -> Option<bool> {
        match self.kind {
            AccountKind::Http => Some(false),
            AccountKind::Connector => Some(true),
            AccountKind::Member | AccountKind::Application => None,
        }
    }
}

/// What a test has found, as a sentence.
pub fn tested(found: Result<u64, &str>) -> (bool, String) {
    (found.is_ok(), found.map_or_else(words::fails, words::answers))
}

/// The settings.
#[derive(Debug, Clone, Template)]
#[template(path = "console/settings.html")]
pub struct SettingsPage {
    /// What stands around it.
    pub frame: Frame,
    /// All of them, in the order of `/v1`.
    pub settings: Vec<SettingField>,
    /// What of them is refused.
    pub refused: Refused,
}

impl SettingsPage {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&self.settings.iter().map(|setting| setting.name).collect::<Vec<_>>())
    }
}

/// A setting.
#[derive(Debug, Clone)]
pub struct SettingField {
    /// Its name in `/v1`.
    pub name: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// What is chosen.
    pub value: String,
    /// What there is to choose from; nothing where it is written.
    pub choices: &'static [&'static str],
}
