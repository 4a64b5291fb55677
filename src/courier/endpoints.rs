//! Endpoints that were open a moment ago: the store is not asked about each of them for every delivery.

use std::{collections::HashMap, sync::Mutex, sync::MutexGuard, sync::PoisonError, time::Duration};

use tokio::time::Instant;

use crate::domain::Digest;

/// For how long an endpoint counts as open that was: what another node is answered is known here after this time.
const FRESH: Duration = Duration::from_secs(1);
/// How many are remembered before those are forgotten that are not fresh any more.
const MANY: usize = 4096;

/// The endpoints that one courier knows to be open.
#[derive(Debug, Default)]
pub struct OpenEndpoints(Mutex<HashMap<Digest, Instant>>);

impl OpenEndpoints {
    /// Whether this endpoint was open less than a second ago, as far as this courier knows.
    pub fn has(&self, endpoint: &Digest) -> bool {
        self.open().get(endpoint).is_some_and(|since| since.elapsed() < FRESH)
    }

    /// It is open.
    pub fn add(&self, endpoint: Digest) {
        let mut open = self.open();
        if open.len() >= MANY {
            open.retain(|_, since| since.elapsed() < FRESH);
        }
        open.insert(endpoint, Instant::now());
    }

    /// It is not.
    pub fn remove(&self, endpoint: &Digest) {
        self.open().remove(endpoint);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Digest, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
