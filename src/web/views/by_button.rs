//! The page that leads home by a button, because the merchant's own page did not answer when that was decided.

use askama::Template;

use super::{Home, PageContext};
use crate::language::Sentence;

/// Leads home by a button, while nothing has been proven: what became of it is said by [`super::Ended`] and
/// [`super::ConsentEnded`].
#[derive(Debug, Clone, Template)]
#[template(path = "by_button.html")]
pub struct ByButton {
    /// Its surroundings.
    pub page: PageContext,
    /// What the merchant will say later.
    pub sentence: Sentence,
    /// The way on.
    pub home: Home,
}
