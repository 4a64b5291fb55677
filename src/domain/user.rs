//! Users: the customers of a merchant, as far as we know them.

use std::fmt;

use crate::domain::{Invalid, MerchantId, UnixMillis, UserId, text::check_readable};

/// A user of a merchant's app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub merchant: MerchantId,
    /// The merchant's own id of it, unique among the merchant's users.
    pub application_user: Option<ApplicationUser>,
    /// When it was added.
    pub created_at: UnixMillis,
}

/// The merchant's own id of a user: 1 to 255 characters, all of which people can read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApplicationUser(String);

impl ApplicationUser {
    /// Accepts an id as it is.
    ///
    /// # Errors
    /// When it is empty, longer than 255 characters, or holds a character that misleads ([`check_readable`]).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| Err(Invalid::new("applicationUserId", rule).hint("expected 1 to 255 characters"));
        match text.chars().count() {
            0 => refused("is empty"),
            256.. => refused("is longer than 255 characters"),
            _ => check_readable("applicationUserId", text).map(|()| Self(text.to_owned())),
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
