//! What a dialect keeps in a journey.

/// A dialect's own record of a journey, as a text in the dialect's format.
///
/// Its dialect writes it when the journey opens, and reads it for its answers. For everybody else it is a text that is
/// kept; only the test bank looks into it, for what it is asked to play.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialectData(String);

impl DialectData {
    /// A record that was written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text; empty where there is nothing to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
