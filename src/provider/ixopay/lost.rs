//! Creations whose answer was lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::UnixMillis;

/// For how long it is remembered since when one is lost.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Since when this node knows of creations that their answer was lost, by their reference. All connectors of a node
/// share it: a merchant's is made anew whenever its account changes.
#[derive(Debug, Default)]
pub struct LostCreations(Mutex<HashMap<String, UnixMillis>>);

impl LostCreations {
    /// Notes that a creation is found to be lost, and answers for how long it has been.
    pub(super) fn note(&self, reference: &str, now: UnixMillis) -> Duration {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.retain(|_, since| now < since.plus(REMEMBERED));
        now.since(*lost.entry(reference.to_owned()).or_insert(now))
    }
}
