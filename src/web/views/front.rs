//! The front page: what this is, and where to go.

use askama::Template;

use super::words::front as words;

/// What stands at `/`.
#[derive(Debug, Clone, Copy, Template)]
#[template(path = "front.html")]
pub struct Front {
    /// Whether `/demo` exists.
    pub demo: bool,
}
