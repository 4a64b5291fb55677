//! Creations whose answer was lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::UnixMillis;

/// How long after a creation was first found to be lost nobody is on its way to its page any more: no call takes that
/// long, and who had its answer has written it down.
const LOST: Duration = Duration::from_mins(1);

/// For how long it is remembered since when one is lost.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Since when this node knows of creations that their answer was lost, by their reference.
#[derive(Debug, Default)]
pub(super) struct LostCreations(Mutex<HashMap<String, UnixMillis>>);

impl LostCreations {
    /// Notes that a creation is found to be lost, and answers whether it has been for so long that nobody will be sent to
    /// its page.
    pub(super) fn is_given_up(&self, reference: &str, now: UnixMillis) -> bool {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.retain(|_, since| now < since.plus(REMEMBERED));
        let since = *lost.entry(reference.to_owned()).or_insert(now);
        now >= since.plus(LOST)
    }
}
