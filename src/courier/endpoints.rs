//! Endpoints that were open a moment ago: the store is not asked about each of them for every delivery.

use std::{collections::HashMap, sync::Mutex, sync::MutexGuard, sync::PoisonError, time::Duration};

use tokio::time::Instant;

use crate::domain::Digest;

/// For how long an endpoint counts as open that was: what another node is answered is known here after this time.
const FRESH: Duration = Duration::from_secs(1);
/// The most that are remembered; then all are forgotten, and looked up again.
const MOST: usize = 4096;

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
        if open.len() >= MOST {
            open.clear();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_counts_as_open_for_a_second() {
        let (open, shop) = (OpenEndpoints::default(), Digest::new([1; 32]));
        assert!(!open.has(&shop));
        open.add(shop);
        assert!(open.has(&shop) && !open.has(&Digest::new([2; 32])));
        let before = Instant::now().checked_sub(FRESH).unwrap();
        open.open().insert(shop, before);
        assert!(!open.has(&shop));
        open.add(shop);
        assert!(open.has(&shop));
        open.remove(&shop);
        assert!(!open.has(&shop));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let open = OpenEndpoints::default();
        for n in 0..2 * MOST {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&n.to_be_bytes());
            open.add(Digest::new(digest));
            assert!(open.has(&Digest::new(digest)) && open.open().len() <= MOST, "{n}");
        }
    }
}
