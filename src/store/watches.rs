//! The watched callbacks of all merchants, each with how it stands.

use async_trait::async_trait;

use super::{Result, receiver_name};
use crate::domain::{CallbackUrl, Digest, MerchantId, WatchedCallback};

/// The watched callbacks, in one place for all merchants: every node reads them every few seconds.
#[async_trait]
pub trait Watches: Send + Sync {
    /// All of them, in no particular order. One round trip.
    async fn watched(&self) -> Result<Vec<WatchedCallback>>;

    /// Watches a callback from now on. One that is watched already stays as it stands.
    async fn watch(&self, callback: &WatchedCallback) -> Result<()>;

    /// Notes how a watched callback stands now.
    async fn note_standing(&self, callback: &WatchedCallback) -> Result<()>;

    /// Watches a callback no more.
    async fn unwatch(&self, callback: &WatchedCallback) -> Result<()>;
}

/// What a merchant's callback is known by where it is watched.
pub fn watched_name(merchant: MerchantId, url: &CallbackUrl) -> Digest {
    receiver_name(merchant, url.without_query())
}
