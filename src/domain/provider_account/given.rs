//! Settings of an account as its merchant sent them.

use super::AccountKind;
use crate::domain::{Invalid, Secret};

/// Settings that were given for an account, by their names. Any of them may be a secret.
#[derive(Debug, Clone, Copy)]
pub struct GivenSettings<'a> {
    kind: AccountKind,
    given: &'a [(&'static str, Secret)],
}

impl<'a> GivenSettings<'a> {
    /// Accepts settings for an account of this kind, each of which must be one of its `own`.
    ///
    /// # Errors
    /// When one is not.
    pub fn new(kind: AccountKind, own: &[&str], given: &'a [(&'static str, Secret)]) -> Result<Self, Invalid> {
        match given.iter().find(|(name, _)| !own.contains(name)) {
            Some((name, _)) => Err(Invalid::new(*name, format!("is not for accounts of the kind {:?}", kind.as_str()))),
            None => Ok(Self { kind, given }),
        }
    }

    /// The kind of the account.
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// A setting, if it was given.
    pub fn find(&self, name: &str) -> Option<&'a Secret> {
        self.given.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The text of a setting that is no secret, if it was given.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.find(name).map(Secret::reveal)
    }

    /// A setting that must be there.
    ///
    /// # Errors
    /// When it was not given.
    pub fn needed(&self, name: &'static str) -> Result<&'a Secret, Invalid> {
        let missing = || format!("is missing: accounts of the kind {:?} have one", self.kind.as_str());
        self.find(name).ok_or_else(|| Invalid::new(name, missing()))
    }

    /// What `read` makes of a setting that must be there.
    ///
    /// # Errors
    /// When it was not given, or is refused.
    pub fn read<T>(&self, name: &'static str, read: impl FnOnce(&str) -> Result<T, Invalid>) -> Result<T, Invalid> {
        read(self.needed(name)?.reveal())
    }

    /// What `read` makes of a setting, if it was given.
    ///
    /// # Errors
    /// When it is refused.
    pub fn read_given<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Invalid> {
        self.text(name).map(read).transpose()
    }
}
