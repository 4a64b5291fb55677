//! Provider accounts: where a merchant's own money is taken.
//!
//! A provider's kind is code; an account is data, which its merchant creates without a restart. To the engine it is one
//! more provider, whose name begins with the account's and ends with its merchant's id.

use data_encoding::BASE64;
use url::Url;

use crate::domain::callback::{MAX_LENGTH, is_loopback};
use crate::domain::{Currency, Invalid, MerchantId, Rotating, Sealed, Secret, UnixMillis, text::label, words::words};

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

/// How an account is reached, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAccess {
    /// A payment engine that speaks our own protocol over HTTP.
    Http {
        /// Where it is asked.
        url: String,
        /// What both sides sign with: `whsec_…`.
        secret: Rotating,
    },
    /// A connector of IXOPAY's.
    Connector {
        /// Where the API is.
        url: String,
        /// The connector's API key.
        api_key: String,
        /// The API user.
        user: String,
        /// Its password.
        password: Sealed,
        /// What calls and callbacks are signed with.
        secret: Rotating,
    },
}

impl AccountAccess {
    /// The word of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Connector { .. } => "ixopay",
        }
    }

    /// Where it is asked.
    pub fn url(&self) -> &str {
        match self {
            Self::Http { url, .. } | Self::Connector { url, .. } => url,
        }
    }

    /// Where it is asked, to be changed.
    pub const fn url_mut(&mut self) -> &mut String {
        match self {
            Self::Http { url, .. } | Self::Connector { url, .. } => url,
        }
    }

    /// The password of its API user, where it has one.
    pub const fn password(&self) -> Option<&Sealed> {
        match self {
            Self::Http { .. } => None,
            Self::Connector { password, .. } => Some(password),
        }
    }

    /// That password, to be replaced.
    pub const fn password_mut(&mut self) -> Option<&mut Sealed> {
        match self {
            Self::Http { .. } => None,
            Self::Connector { password, .. } => Some(password),
        }
    }

    /// The secret of both sides.
    pub const fn secret(&self) -> &Rotating {
        match self {
            Self::Http { secret, .. } | Self::Connector { secret, .. } => secret,
        }
    }

    /// The secret of both sides, to be replaced.
    pub const fn secret_mut(&mut self) -> &mut Rotating {
        match self {
            Self::Http { secret, .. } | Self::Connector { secret, .. } => secret,
        }
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

/// Reads the address of a payment engine.
///
/// # Errors
/// When it is neither https nor on this machine, or holds a user name, a query or a fragment.
pub fn engine_url(text: &str) -> Result<Url, Invalid> {
    const EXPECTED: &str = "expected such as https://pay.example/handback";
    let refused = |rule: &str| Invalid::new("url", rule).hint(EXPECTED);
    if text.len() > MAX_LENGTH {
        return Err(refused("is longer than 2048 bytes"));
    }
    let url = Url::parse(text).map_err(|_| refused("is not an address"))?;
    let is_local = url.host().is_some_and(|host| is_loopback(&host));
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
        return Err(refused("is not https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("holds a user name, a query or a fragment"));
    }
    Ok(url)
}

/// Reads the API key of a connector, which stands in addresses: 1 to 50 of `A-Z`, `a-z`, `0-9`, `-`, `.`, `_` and `~`.
///
/// # Errors
/// When it is anything else.
pub fn connector_key(text: &str) -> Result<String, Invalid> {
    let form = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if (1..=50).contains(&text.len()) && text.bytes().all(form) && !text.bytes().all(|b| b == b'.') {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("api_key", "is not the API key of a connector")
        .hint("expected 1 to 50 letters, digits, -, ., _ and ~"))
}

/// Reads the name of an API user: 1 to 100 visible characters of ASCII, but for the colon, which ends it in a call.
///
/// # Errors
/// When it is anything else.
pub fn connector_user(text: &str) -> Result<String, Invalid> {
    if (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Ok(text.to_owned());
    }
    Err(Invalid::new("user", "is not the name of an API user")
        .hint("expected 1 to 100 visible characters without a colon"))
}

/// Reads the secret that we share with a payment engine or, while one replaces the other, two with a comma between
/// them.
///
/// # Errors
/// When one is not `whsec_` with 24 to 64 bytes in base64 behind it.
pub fn engine_secrets(text: &Secret) -> Result<Vec<Secret>, Invalid> {
    let expected = "expected whsec_ and 24 to 64 bytes in base64; two with a comma while one replaces the other";
    let is_valid = |secret: &str| {
        let key = secret.strip_prefix("whsec_").and_then(|key| BASE64.decode(key.as_bytes()).ok());
        key.is_some_and(|key| (24..=64).contains(&key.len()))
    };
    let secrets: Vec<&str> = text.reveal().split(',').map(str::trim).collect();
    if secrets.len() > 2 || !secrets.iter().all(|secret| is_valid(secret)) {
        return Err(Invalid::new("secret", "is not a secret of Standard Webhooks").hint(expected));
    }
    Ok(secrets.into_iter().map(Secret::new).collect())
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
