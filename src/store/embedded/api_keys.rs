//! The numbers of API keys and their last uses, in tables beside the merchants.

use async_trait::async_trait;
use rusqlite::params;

use super::values::{bytes, execute, exists, millis, moment, row, rows};
use super::{Embedded, Result, StoreError};
use crate::domain::{KeyNumber, Merchant, MerchantId, UnixMillis};
use crate::store::{ApiKeys, api_keys::has_key, record::read_merchant};

#[async_trait]
impl ApiKeys for Embedded {
    async fn reserve_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<bool> {
        self.write(move |db, _| {
            let sql = "INSERT INTO key_numbers (number, merchant) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            execute(db, sql, params![number.to_string(), merchant.as_bytes()])?;
            let own = "SELECT 1 FROM key_numbers WHERE number = ?1 AND merchant = ?2";
            exists(db, own, params![number.to_string(), merchant.as_bytes()])
        })
        .await
    }

    async fn free_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<()> {
        self.write(move |db, _| {
            for table in ["key_numbers", "key_uses"] {
                let sql = format!("DELETE FROM {table} WHERE number = ?1 AND merchant = ?2");
                execute(db, &sql, params![number.to_string(), merchant.as_bytes()])?;
            }
            Ok(())
        })
        .await
    }

    async fn merchant_of_key(&self, number: KeyNumber) -> Result<Option<Merchant>> {
        let sql = "SELECT record FROM key_numbers JOIN merchants ON id = merchant WHERE number = ?1";
        let read = move |db: &_, _| row(db, sql, [number.to_string()], |row| read_merchant(bytes(row, 0)?));
        let merchant = self.read(read).await?;
        Ok(merchant.filter(|merchant| has_key(merchant, number)))
    }

    async fn note_use(&self, merchant: MerchantId, number: KeyNumber, at: UnixMillis) -> Result<()> {
        self.write(move |db, _| {
            let sql = "INSERT INTO key_uses (merchant, number, at) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
            execute(db, sql, params![merchant.as_bytes(), number.to_string(), millis(at)]).map(drop)
        })
        .await
    }

    async fn last_uses(&self, merchant: MerchantId) -> Result<Vec<(KeyNumber, UnixMillis)>> {
        self.read(move |db, _| {
            let sql = "SELECT number, at FROM key_uses WHERE merchant = ?1 ORDER BY number";
            rows(db, sql, [merchant.as_bytes()], |row| {
                let number: String = row.get(0)?;
                let number = number.parse().map_err(|_| StoreError::Damaged("a key's number is none".into()))?;
                Ok((number, moment(row.get(1)?)?))
            })
        })
        .await
    }
}
