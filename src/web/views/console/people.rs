//! The people who may ask for a sign-in link by mail.

use askama::Template;
use serde::Deserialize;

use super::fields::Refused;
use super::frame::Frame;
use super::words::people as words;
use crate::domain::Role;

/// The people of a merchant.
#[derive(Debug, Clone, Template)]
#[template(path = "console/people.html")]
pub struct People {
    /// What stands around it.
    pub frame: Frame,
    /// Whether this gateway sends mail.
    pub has_mail: bool,
    /// Who is named.
    pub people: Vec<PersonRow>,
    /// Who is to be.
    pub new: PersonFields,
    /// What of it is refused.
    pub refused: Refused,
}

impl People {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["email"])
    }
}

/// Somebody in the list.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// The mail address.
    pub email: String,
    /// The role.
    pub role: Role,
}

/// The form of somebody who is to be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct PersonFields {
    /// The mail address.
    pub email: String,
    /// The role.
    pub role: String,
}
