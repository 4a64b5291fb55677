//! Whether money moves: a merchant is for tests or live, and so is everything of it.

use crate::domain::words::words;

words! {
    /// Whether a merchant, and all that it opens, is for tests.
    pub enum Mode("mode") {
        /// No money moves: the sandbox, and the providers and banks that are for tests.
        Test = "test",
        /// Money moves.
        Live = "live",
    }
}
