//! API keys, as stores keep them beside their merchants: whose each number is, and when each key was last used.

use async_trait::async_trait;

use super::Result;
use crate::domain::{KeyNumber, Merchant, MerchantId, UnixMillis};

/// The numbers of API keys, and what they were used for. A number lives in a shard of its own, apart from its merchant.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Reserves a number for a merchant. `false` when another merchant has it.
    async fn reserve_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<bool>;

    /// Frees a number of this merchant, and forgets when its key was last used. A number of another merchant stays as
    /// it is.
    async fn free_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<()>;

    /// The merchant among whose API keys this number is. One round trip, or two where this node has not met the number
    /// yet.
    async fn merchant_of_key(&self, number: KeyNumber) -> Result<Option<Merchant>>;

    /// Notes when a merchant's API key was used; an earlier use than the one that is known changes nothing.
    async fn note_use(&self, merchant: MerchantId, number: KeyNumber, at: UnixMillis) -> Result<()>;

    /// When each of a merchant's API keys was last used, as far as that was noted; sorted by number.
    async fn last_uses(&self, merchant: MerchantId) -> Result<Vec<(KeyNumber, UnixMillis)>>;
}

/// Whether a merchant has an API key of this number.
pub(super) fn has_key(merchant: &Merchant, number: KeyNumber) -> bool {
    merchant.api_keys.iter().any(|key| key.number == number)
}
