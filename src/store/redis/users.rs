//! Users.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::id::{MerchantId, UserId};
use crate::domain::user::{ApplicationUser, User};
use crate::store::{Enrolled, StoreError, Users};

#[async_trait]
impl Users for RedisStore {
    async fn enrol(&self, _: &User) -> Result<Enrolled, StoreError> {
        Err(StoreError::Damaged("users are not kept yet".into()))
    }

    async fn user(&self, _: MerchantId, _: UserId) -> Result<Option<User>, StoreError> {
        Err(StoreError::Damaged("users are not kept yet".into()))
    }

    async fn user_named(&self, _: MerchantId, _: &ApplicationUser) -> Result<Option<User>, StoreError> {
        Err(StoreError::Damaged("users are not kept yet".into()))
    }

    async fn users(&self, _: MerchantId, _: usize) -> Result<Vec<User>, StoreError> {
        Err(StoreError::Damaged("users are not kept yet".into()))
    }

    async fn forget(&self, _: &User) -> Result<bool, StoreError> {
        Err(StoreError::Damaged("users are not kept yet".into()))
    }
}
