//! The numbers of API keys and their last uses, in tables beside the merchants.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::{millis, moment};
use super::{Embedded, StoreError};
use crate::domain::api_key::KeyNumber;
use crate::domain::id::MerchantId;
use crate::domain::merchant::Merchant;
use crate::domain::moment::UnixMillis;
use crate::store::ApiKeys;
use crate::store::api_keys::has_key;
use crate::store::record::read_merchant;

#[async_trait]
impl ApiKeys for Embedded {
    async fn reserve_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<bool, StoreError> {
        self.write(move |db, _| {
            let sql = "INSERT INTO key_numbers (number, merchant) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            db.prepare_cached(sql)?.execute(params![number.to_string(), merchant.as_bytes()])?;
            let mut select = db.prepare_cached("SELECT merchant = ?2 FROM key_numbers WHERE number = ?1")?;
            Ok(select.query_row(params![number.to_string(), merchant.as_bytes()], |row| row.get(0))?)
        })
        .await
    }

    async fn free_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<(), StoreError> {
        self.write(move |db, _| {
            for table in ["key_numbers", "key_uses"] {
                let sql = format!("DELETE FROM {table} WHERE number = ?1 AND merchant = ?2");
                db.prepare_cached(&sql)?.execute(params![number.to_string(), merchant.as_bytes()])?;
            }
            Ok(())
        })
        .await
    }

    async fn merchant_of_key(&self, number: KeyNumber) -> Result<Option<Merchant>, StoreError> {
        let merchant = self.read(move |db, _| merchant_of_key(db, number)).await?;
        Ok(merchant.filter(|merchant| has_key(merchant, number)))
    }

    async fn note_use(&self, merchant: MerchantId, number: KeyNumber, at: UnixMillis) -> Result<(), StoreError> {
        self.write(move |db, _| {
            let sql = "INSERT INTO key_uses (merchant, number, at) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
            db.prepare_cached(sql)?.execute(params![merchant.as_bytes(), number.to_string(), millis(at)])?;
            Ok(())
        })
        .await
    }

    async fn last_uses(&self, merchant: MerchantId) -> Result<Vec<(KeyNumber, UnixMillis)>, StoreError> {
        self.read(move |db, _| {
            let mut select =
                db.prepare_cached("SELECT number, at FROM key_uses WHERE merchant = ?1 ORDER BY number")?;
            let uses = select.query_map([merchant.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            uses.map(|used| {
                let (number, at): (String, i64) = used?;
                let number = number.parse().map_err(|_| StoreError::Damaged("a key's number is none".into()))?;
                Ok((number, moment(at)?))
            })
            .collect()
        })
        .await
    }
}

fn merchant_of_key(db: &Connection, number: KeyNumber) -> Result<Option<Merchant>, StoreError> {
    let sql = "SELECT record FROM key_numbers JOIN merchants ON id = merchant WHERE number = ?1";
    let record: Option<Vec<u8>> =
        db.prepare_cached(sql)?.query_row([number.to_string()], |row| row.get(0)).optional()?;
    record.map(|record| read_merchant(&record)).transpose()
}
