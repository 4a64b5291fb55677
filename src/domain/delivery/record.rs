//! What is kept of an attempt.

use std::{fmt, time::Duration};

use super::AttemptResult;
use crate::domain::UnixMillis;

/// An attempt that was made, as it is kept: its time, what came of it, and the beginning of the answer.
///
/// The answer is the receiver's, and may hold secrets of its own: it is for its merchant alone, and for no log.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    at: UnixMillis,
    took: Duration,
    result: AttemptResult,
    excerpt: Vec<u8>,
}

impl AttemptRecord {
    /// How many attempts a delivery keeps, the last ones: more than any schedule has.
    pub const KEPT: usize = 20;

    /// How many bytes of an answer are kept.
    pub const EXCERPT: usize = 200;

    /// An attempt that began at `at`, and took so long, in whole milliseconds. `text` is the answer's body or, where
    /// none came, the reason; its first bytes are kept, up to a whole character.
    pub fn new(at: UnixMillis, took: Duration, result: AttemptResult, text: &[u8]) -> Self {
        let cut = &text[..text.len().min(Self::EXCERPT)];
        let cut = match std::str::from_utf8(cut) {
            // The end of a character was cut off.
            Err(error) if error.error_len().is_none() => &cut[..error.valid_up_to()],
            _ => cut,
        };
        let millis = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        Self { at, took: Duration::from_millis(millis.into()), result, excerpt: cut.to_vec() }
    }

    /// When it began.
    pub const fn at(&self) -> UnixMillis {
        self.at
    }

    /// How long it took, from the look-up of the name to the last byte of the answer.
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// What came of it.
    pub const fn result(&self) -> AttemptResult {
        self.result
    }

    /// The first bytes of the answer or, where none came, of the reason; at most [`AttemptRecord::EXCERPT`].
    pub fn excerpt(&self) -> &[u8] {
        &self.excerpt
    }
}

/// Without the answer.
impl fmt::Debug for AttemptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptRecord({:?}, {:?}, {:?}, {} bytes)", self.at, self.took, self.result, self.excerpt.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_at_a_character_and_never_shown_in_a_log() {
        let kept = |text: &[u8]| {
            let attempt = AttemptRecord::new(
                UnixMillis::from_millis(7),
                Duration::from_micros(1999),
                AttemptResult::Status(500),
                text,
            );
            assert_eq!(attempt.took(), Duration::from_millis(1));
            attempt
        };
        assert_eq!(kept("é".repeat(150).as_bytes()).excerpt(), "é".repeat(100).as_bytes());
        assert_eq!(kept(format!("a{}", "é".repeat(150)).as_bytes()).excerpt().len(), 199);
        assert_eq!(kept(&[0xff; 300]).excerpt(), [0xff; 200], "what is no text is kept as it is");
        assert!(!format!("{:?}", kept(b"hush")).contains("hush"));
    }
}
