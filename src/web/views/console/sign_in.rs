//! The page of a sign-in link.

use askama::Template;

use super::words::sign_in as words;
use crate::domain::Role;

/// Asks for a press, because what only looks at a link must not use it up.
#[derive(Debug, Clone, Template)]
#[template(path = "console/sign_in.html")]
pub struct SignIn {
    /// The merchant's name; `None` of the operator's console.
    pub whose: Option<String>,
    /// Whom the link is for.
    pub name: String,
    /// The role of that member.
    pub role: Role,
    /// The link's text.
    pub link: String,
}
