//! Users, and their merchants' own names of them.

use std::time::Duration;

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, unreadable};
use super::{RedisStore, keys, millis};
use crate::domain::id::{MerchantId, Shard, UserId};
use crate::domain::user::{ApplicationUser, User};
use crate::store::record::{read_user, write_user};
use crate::store::{Enrolled, StoreError, Users, user_shard};

/// How long the mark of a call that forgot a user is kept: longer than a call is made again.
const MARKED: Duration = Duration::from_mins(1);

#[async_trait]
impl Users for RedisStore {
    async fn enrol(&self, user: &User) -> Result<Enrolled, StoreError> {
        let shard = user.id.shard();
        let mut keys = vec![keys::user(user.merchant, user.id), keys::users(shard, user.merchant)];
        keys.extend(name(user));
        let enrol = Request::call(&script::ENROL, keys)
            .with(write_user(user)?)
            .with(place(user))
            .with(user.id.as_bytes())
            .with(keys::users_of(shard, user.merchant));
        let there: Option<Vec<u8>> = self.ask(enrol).await?;
        there.map_or(Ok(Enrolled::New), |there| Ok(Enrolled::over(read_user(&there)?, user)))
    }

    async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>, StoreError> {
        self.value_at(keys::user(merchant, id), read_user).await
    }

    async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>, StoreError> {
        let shard = user_shard(merchant, own);
        let ask =
            Request::call(&script::USER_NAMED, [keys::user_name(merchant, own)]).with(keys::users_of(shard, merchant));
        let found: Option<Vec<u8>> = self.ask(ask).await?;
        found.map(|value| read_user(&value)).transpose()
    }

    async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>, StoreError> {
        let indexes = Shard::all().map(|shard| keys::users(shard, merchant));
        let places = self.newest(indexes, None, most).await?;
        let id = |place: &Vec<u8>| Some(UserId::from_bytes(place.get(6..)?.try_into().ok()?));
        let ids = places.iter().map(|place| id(place).ok_or_else(|| unreadable("a user's place")));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let users = self.values_at(ids.into_iter().map(|id| keys::user(merchant, id)), read_user).await?;
        // One that was forgotten meanwhile is left out.
        users.into_iter().filter_map(Result::transpose).collect()
    }

    async fn forget(&self, user: &User) -> Result<bool, StoreError> {
        let shard = user.id.shard();
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

/// The key of its merchant's own name of it, if it has one.
fn name(user: &User) -> Option<Vec<u8>> {
    Some(keys::user_name(user.merchant, user.application_user.as_ref()?))
}

/// A user's place among its merchant's users; places sort as bytes by age.
fn place(user: &User) -> Vec<u8> {
    [value::six(user.created_at).as_slice(), user.id.as_bytes()].concat()
}
