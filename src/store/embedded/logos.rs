//! Logos in their table.

use async_trait::async_trait;
use rusqlite::params;

use super::values::{execute, row};
use super::{Embedded, Result};
use crate::domain::MerchantId;
use crate::store::Logos;

#[async_trait]
impl Logos for Embedded {
    async fn keep_logo(&self, merchant: MerchantId, picture: &[u8]) -> Result<()> {
        let picture = picture.to_vec();
        self.write(move |db, _| {
            let sql = "INSERT INTO logos (merchant, picture) VALUES (?1, ?2)
                       ON CONFLICT DO UPDATE SET picture = excluded.picture";
            execute(db, sql, params![merchant.as_bytes(), picture]).map(drop)
        })
        .await
    }

    async fn drop_logo(&self, merchant: MerchantId) -> Result<()> {
        self.write(move |db, _| execute(db, "DELETE FROM logos WHERE merchant = ?1", [merchant.as_bytes()]).map(drop))
            .await
    }

    async fn logo(&self, merchant: MerchantId) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT picture FROM logos WHERE merchant = ?1";
        self.read(move |db, _| row(db, sql, [merchant.as_bytes()], |row| Ok(row.get(0)?))).await
    }
}
