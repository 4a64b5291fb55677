//! Logos, a key each.

use async_trait::async_trait;

use super::script::Request;
use super::{RedisStore, keys};
use crate::domain::MerchantId;
use crate::store::{Logos, Result};

#[async_trait]
impl Logos for RedisStore {
    async fn keep_logo(&self, merchant: MerchantId, picture: &[u8]) -> Result<()> {
        self.ask::<()>(Request::plain("SET", [keys::logo(merchant), picture.to_vec()])).await
    }

    async fn drop_logo(&self, merchant: MerchantId) -> Result<()> {
        self.ask::<usize>(Request::plain("DEL", [keys::logo(merchant)])).await.map(drop)
    }

    async fn logo(&self, merchant: MerchantId) -> Result<Option<Vec<u8>>> {
        self.value_at(keys::logo(merchant), |picture| Ok(picture.to_vec())).await
    }
}
