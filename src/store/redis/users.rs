//! Users, and their merchants' own names of them.

use std::time::Duration;

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::unreadable;
use super::{RedisStore, keys, millis};
use crate::domain::{ApplicationUser, MerchantId, Shard, User, UserId};
use crate::store::record::{read_user, write_user};
use crate::store::{Enrolled, Result, Users, user_shard};

/// How long the mark of a call that forgot a user is kept: longer than a call is made again.
const MARKED: Duration = Duration::from_mins(1);

#[async_trait]
impl Users for RedisStore {
    async fn enrol(&self, user: &User) -> Result<Enrolled> {
        let shard = user.id.shard();
        let mut keys = vec![keys::user(user.merchant, user.id), keys::users(shard, user.merchant)];
        keys.extend(name(user));
        let record = write_user(user)?;
        loop {
            let enrol = Request::call(&script::ENROL, &keys).with(&record).with(place(user));
            let Some(there) = self.ask::<Option<Vec<u8>>>(enrol.with(user.id.as_bytes())).await? else {
                return Ok(Enrolled::New);
            };
            // One that was forgotten meanwhile leaves its name free.
            if let Some(there) = self.user(user.merchant, to_id(&there)?).await? {
                return Ok(Enrolled::over(there, user));
            }
        }
    }

    async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>> {
        self.value_at(keys::user(merchant, id), read_user).await
    }

    async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>> {
        match self.value_at(keys::user_name(merchant, own), to_id).await? {
            Some(id) => self.user(merchant, id).await,
            None => Ok(None),
        }
    }

    async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>> {
        let indexes = Shard::all().map(|shard| keys::users(shard, merchant));
        let places = self.newest(indexes, None, most).await?;
        let ids =
            places.iter().map(|place| to_id(place.get(6..).unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
        let users = self.values_at(ids.into_iter().map(|id| keys::user(merchant, id)), read_user).await?;
        // One that was forgotten meanwhile is left out.
        users.into_iter().filter_map(Result::transpose).collect()
    }

    async fn forget(&self, user: &User) -> Result<bool> {
        let shard = user.id.shard();
        // Whoever's name belongs into another shard was never enrolled here.
        if user.application_user.as_ref().is_some_and(|own| user_shard(user.merchant, own) != shard) {
            return Ok(false);
        }
        let mut mark = [0; 16];
        mark.copy_from_slice(&self.clock.entropy()[..16]);
        let mut keys =
            vec![keys::user(user.merchant, user.id), keys::users(shard, user.merchant), keys::forgotten(shard, mark)];
        keys.extend(name(user));
        let forget =
            Request::call(&script::FORGET, keys).with(user.id.as_bytes()).with(place(user)).with(millis(MARKED));
        self.changes(forget).await
    }
}

fn to_id(bytes: &[u8]) -> Result<UserId> {
    bytes.try_into().map(UserId::from_bytes).map_err(|_| unreadable("a user's id"))
}

/// The key of its merchant's own name of it, if it has one.
pub(super) fn name(user: &User) -> Option<Vec<u8>> {
    Some(keys::user_name(user.merchant, user.application_user.as_ref()?))
}

/// A user's place among its merchant's users; places sort as bytes by age.
pub(super) fn place(user: &User) -> Vec<u8> {
    [user.created_at.to_bytes().as_slice(), user.id.as_bytes()].concat()
}
