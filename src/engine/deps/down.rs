//! Which watched callbacks are down, as this node knows: it reads that again every few seconds, so that no return does.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::{CallbackUrl, Digest, MerchantId, UnixMillis, WatchedCallback};
use crate::store::watched_name;

/// Since when each watched callback that is down has been.
#[derive(Debug, Default)]
pub struct DownCallbacks(RwLock<HashMap<Digest, UnixMillis>>);

impl DownCallbacks {
    /// Since when a merchant's callback is down; `None` while it is up, or not watched.
    pub fn since(&self, merchant: MerchantId, url: &CallbackUrl) -> Option<UnixMillis> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // Nearly always nothing is down.
        if all.is_empty() {
            return None;
        }
        all.get(&watched_name(merchant, url)).copied()
    }

    /// Knows from now on what is down among all that are watched.
    pub fn learn(&self, watched: &[WatchedCallback]) {
        let since =
            |callback: &WatchedCallback| Some((watched_name(callback.merchant, &callback.url), callback.down_since?));
        let down = watched.iter().filter_map(since).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = down;
    }
}
