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

#[cfg(test)]
impl Front {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        vec![("front", Self { demo: false }), ("front-demo", Self { demo: true })]
    }
}
