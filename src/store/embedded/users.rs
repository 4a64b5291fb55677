//! Users in their table.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::values::{bytes, execute, limit, millis, row, rows};
use super::{Embedded, Result, StoreError};
use crate::domain::{ApplicationUser, MerchantId, User, UserId};
use crate::store::record::{read_user, write_user};
use crate::store::{Enrolled, Users, user_name};

pub(super) const BY_NAME: &str = "SELECT record FROM users WHERE merchant = ?1 AND name = ?2";
pub(super) const LIST: &str = "SELECT record FROM users WHERE merchant = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2";

#[async_trait]
impl Users for Embedded {
    async fn enrol(&self, user: &User) -> Result<Enrolled> {
        let (user, record) = (user.clone(), write_user(user)?);
        self.write(move |db, _| enrol(db, &user, &record)).await
    }

    async fn user(&self, merchant: MerchantId, id: UserId) -> Result<Option<User>> {
        self.read(move |db, _| stored(db, merchant, id)).await
    }

    async fn user_named(&self, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>> {
        let own = own.clone();
        self.read(move |db, _| named(db, merchant, &own)).await
    }

    async fn users(&self, merchant: MerchantId, most: usize) -> Result<Vec<User>> {
        self.read(move |db, _| {
            rows(db, LIST, params![merchant.as_bytes(), limit(most)], |row| read_user(bytes(row, 0)?))
        })
        .await
    }

    async fn forget(&self, user: &User) -> Result<bool> {
        let (merchant, id) = (user.merchant, user.id);
        self.write(move |db, _| {
            let sql = "DELETE FROM users WHERE merchant = ?1 AND id = ?2";
            Ok(execute(db, sql, params![merchant.as_bytes(), id.as_bytes()])? == 1)
        })
        .await
    }
}

fn enrol(db: &Connection, user: &User, record: &[u8]) -> Result<Enrolled> {
    let name = user.application_user.as_ref().map(|own| user_name(user.merchant, own));
    let name = name.as_ref().map(|name| name.as_bytes().as_slice());
    let insert =
        "INSERT INTO users (merchant, id, name, created_at, record) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    let (merchant, id, created_at) = (user.merchant.as_bytes(), user.id.as_bytes(), millis(user.created_at));
    if execute(db, insert, params![merchant, id, name, created_at, record])? == 1 {
        return Ok(Enrolled::New);
    }
    let own = user.application_user.as_ref();
    let namesake = own.map(|own| named(db, user.merchant, own)).transpose()?.flatten();
    let known = namesake.map_or_else(|| stored(db, user.merchant, user.id), |user| Ok(Some(user)))?;
    known.map_or_else(
        || Err(StoreError::Damaged("a user stands in the way that is not there".into())),
        |known| Ok(Enrolled::over(known, user)),
    )
}

fn named(db: &Connection, merchant: MerchantId, own: &ApplicationUser) -> Result<Option<User>> {
    let name = user_name(merchant, own);
    row(db, BY_NAME, params![merchant.as_bytes(), name.as_bytes()], |row| read_user(bytes(row, 0)?))
}

fn stored(db: &Connection, merchant: MerchantId, id: UserId) -> Result<Option<User>> {
    let sql = "SELECT record FROM users WHERE merchant = ?1 AND id = ?2";
    row(db, sql, params![merchant.as_bytes(), id.as_bytes()], |row| read_user(bytes(row, 0)?))
}
