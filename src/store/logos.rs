//! Merchants' logos, which only their pictures' own address reads: a call that reads a merchant does not read them.

use async_trait::async_trait;

use super::Result;
use crate::domain::MerchantId;

/// Merchants' logos, one each.
#[async_trait]
pub trait Logos: Send + Sync {
    /// Keeps a merchant's logo instead of the one before.
    async fn keep_logo(&self, merchant: MerchantId, picture: &[u8]) -> Result<()>;

    /// Drops a merchant's logo, if it has one.
    async fn drop_logo(&self, merchant: MerchantId) -> Result<()>;

    /// A merchant's logo.
    async fn logo(&self, merchant: MerchantId) -> Result<Option<Vec<u8>>>;
}
