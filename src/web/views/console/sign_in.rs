//! The pages on which people sign in.

use askama::Template;

use super::fields::Refused;
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

/// The ways in, for somebody who has no link.
#[derive(Debug, Clone, Template)]
#[template(path = "console/ways_in.html")]
pub struct WaysIn {
    /// The name of the OpenID provider, if there is one.
    pub openid: Option<String>,
    /// Whether links are mailed.
    pub has_mail: bool,
    /// The address that was given.
    pub email: String,
    /// What of it is refused.
    pub refused: Refused,
}

impl WaysIn {
    fn refused_beside(&self) -> Option<String> {
        self.refused.beside(&["email"])
    }
}

/// Asks which console somebody wants to be signed in to.
#[derive(Debug, Clone, Template)]
#[template(path = "console/choose_console.html")]
pub struct ChooseConsole {
    /// Each with its number, whose it is, and the role there.
    choices: Vec<(usize, String, Role)>,
}

impl ChooseConsole {
    /// These consoles: of a merchant by its name, or the operator's. One without a name is gone.
    pub fn of(choices: impl Iterator<Item = (Option<String>, Role)>) -> Self {
        let row = |(number, (merchant, role)): (usize, (Option<String>, Role))| {
            let whose = merchant.unwrap_or_else(|| words::OPERATORS.to_owned());
            (!whose.is_empty()).then_some((number, whose, role))
        };
        Self { choices: choices.enumerate().filter_map(row).collect() }
    }
}
