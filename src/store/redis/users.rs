//! Users, and their merchants' own names of them.

use std::time::Duration;

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{self, of_user, reply, to_user, unreadable};
use super::{RedisStore, keys, limit, millis};
use crate::domain::id::{MerchantId, Shard, UserId};
use crate::domain::user::{ApplicationUser, User};
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
            .with(of_user(user)?)
            .with(place(user))
            .with(user.id.as_bytes())
            .with(keys::users_of(shard, user.merchant));
        let there: Option<Vec<u8>> = reply(self.link.ask(enrol).await?)?;
        there.map_or(Ok(Enrolled::New), |there| Ok(Enrolled::over(to_user(&there)?, user)))
    }

    async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>, StoreError> {
        let found: Option<Vec<u8>> = reply(self.link.ask(Request::plain("GET", [keys::user(merchant, id)])).await?)?;
        found.map(|value| to_user(&value)).transpose()
    }

    async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>, StoreError> {
        let shard = user_shard(merchant, own);
        let ask =
            Request::call(&script::USER_NAMED, [keys::user_name(merchant, own)]).with(keys::users_of(shard, merchant));
        let found: Option<Vec<u8>> = reply(self.link.ask(ask).await?)?;
        found.map(|value| to_user(&value)).transpose()
    }

    async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>, StoreError> {
        let mut users = Vec::new();
        let ids = self.newest_users(merchant, most).await?;
        let requests: Vec<_> = ids.iter().map(|id| Request::plain("GET", [keys::user(merchant, *id)])).collect();
        for value in self.link.ask_all(&requests).await? {
            // One that was forgotten meanwhile is left out.
            if let Some(value) = reply::<Option<Vec<u8>>>(value)? {
                users.push(to_user(&value)?);
            }
        }
        Ok(users)
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
        Ok(reply::<u8>(self.link.ask(forget).await?)? == 1)
    }
}

impl RedisStore {
    /// The ids of a merchant's users, the newest first, merged from all shards in one round trip.
    async fn newest_users(&self, merchant: MerchantId, most: usize) -> Result<Vec<UserId>, StoreError> {
        let most_of_each = limit(most).into_bytes();
        let in_shard = |shard| {
            let first = ["+", "-", "LIMIT", "0"].map(|word| word.as_bytes().to_vec());
            let index = [keys::users(shard, merchant)].into_iter();
            Request::plain("ZREVRANGEBYLEX", index.chain(first).chain([most_of_each.clone()]))
        };
        let mut places = Vec::new();
        for shard in self.link.ask_all(&Shard::all().map(in_shard).collect::<Vec<_>>()).await? {
            places.extend(reply::<Vec<Vec<u8>>>(shard)?);
        }
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.truncate(most);
        let id = |place: &Vec<u8>| Some(UserId::from_bytes(place.get(6..)?.try_into().ok()?));
        places.iter().map(|place| id(place).ok_or_else(|| unreadable("a user's place"))).collect()
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
