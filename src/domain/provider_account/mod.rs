//! Provider accounts: where a merchant's own money is taken.
//!
//! A provider's kind is code; an account is data, which its merchant creates without a restart. To the engine it is one
//! more provider, whose name begins with the account's and ends with its merchant's id.

mod access;
mod given;
mod kind;
mod payee;
mod read;

use crate::domain::{Currency, Invalid, MerchantId, UnixMillis, text::label, words::words};

pub use access::AccountAccess;
pub use given::GivenSettings;
pub use kind::AccountKind;
pub use payee::{PayeeAccount, Scheme, payee_name};
pub use read::{
    WebhookKey, application_id, connector_key, connector_user, engine_secret, engine_secrets, engine_url,
    institution_id, visible_id,
};

/// What parts an account's name from its merchant's id: no provider of the operator's has it in its name.
const SEPARATOR: char = '.';

/// A provider account of a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// Its name among its merchant's. It never changes.
    pub name: AccountName,
    /// Its name for people.
    pub label: AccountLabel,
    /// How it is reached.
    pub access: AccountAccess,
    /// The currencies that it takes; none is all.
    pub currencies: Vec<Currency>,
    /// Whether new payments go to it.
    pub state: AccountState,
    /// When it was created.
    pub created_at: UnixMillis,
}

words! {
    /// Whether new payments go to an account.
    pub enum AccountState("state") {
        /// They do.
        Enabled = "enabled",
        /// They do not. What is under way is asked about all the same.
        Disabled = "disabled",
    }
}

/// The name of a provider account: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Accepts a name.
    ///
    /// # Errors
    /// When it is not 1 to 32 of `a-z`, `0-9` and `-`, or begins with `-`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(form) && !text.starts_with('-') {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("name", "is not the name of a provider account").hint("expected 1 to 32 of a-z, 0-9 and -"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the account's provider.
    pub fn of_merchant(&self, merchant: MerchantId) -> String {
        format!("{}{SEPARATOR}{}", self.0, merchant.short())
    }
}

/// The merchant whose account a provider is; `None` of a provider of the operator's.
pub fn merchant_of_provider(provider: &str) -> Option<MerchantId> {
    provider.split_once(SEPARATOR).and_then(|(_, merchant)| merchant.parse().ok())
}

/// The name that a provider has for its merchant: an account's own, or that of the operator's provider.
pub fn name_for_merchant(provider: &str) -> &str {
    provider.split_once(SEPARATOR).map_or(provider, |(name, _)| name)
}

/// The name of an account for people: 1 to 80 characters that people can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLabel(String);

impl AccountLabel {
    /// Accepts a name; surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is blank, longer than 80 characters, or holds a character that misleads.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label("label", text, 80).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_of_an_account_names_its_merchant() {
        let merchant = MerchantId::mint([7; 16]);
        let provider = AccountName::parse("acme-pay").unwrap().of_merchant(merchant);
        assert_eq!((merchant_of_provider(&provider), name_for_merchant(&provider)), (Some(merchant), "acme-pay"));
        for own in ["acme-pay", "sandbox", ""] {
            assert_eq!((merchant_of_provider(own), name_for_merchant(own)), (None, own));
        }
        assert_eq!(merchant_of_provider("acme-pay.nobody"), None);
    }

    #[test]
    fn a_name_is_short_and_can_stand_in_an_address() {
        for good in ["a", "7", "acme-pay", &"x".repeat(32)] {
            assert!(AccountName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "Acme", "a.b", "a b", "a/b", "ä", &"x".repeat(33)] {
            assert!(AccountName::parse(bad).is_err(), "{bad}");
        }
    }
}
