//! The watched callbacks in their table.

use async_trait::async_trait;
use rusqlite::params;

use super::values::{bytes, execute, rows};
use super::{Embedded, Result};
use crate::domain::WatchedCallback;
use crate::store::record::{read_watched, write_watched};
use crate::store::{Watches, watched_name};

pub(super) const ALL: &str = "SELECT record FROM watched";

#[async_trait]
impl Watches for Embedded {
    async fn watched(&self) -> Result<Vec<WatchedCallback>> {
        self.read(|db, _| rows(db, ALL, [], |row| read_watched(bytes(row, 0)?))).await
    }

    async fn watch(&self, callback: &WatchedCallback) -> Result<()> {
        self.put(callback, "INSERT INTO watched (name, record) VALUES (?1, ?2) ON CONFLICT DO NOTHING").await
    }

    async fn note_standing(&self, callback: &WatchedCallback) -> Result<()> {
        self.put(callback, "INSERT OR REPLACE INTO watched (name, record) VALUES (?1, ?2)").await
    }

    async fn unwatch(&self, callback: &WatchedCallback) -> Result<()> {
        let name = watched_name(callback.merchant, &callback.url);
        self.write(move |db, _| execute(db, "DELETE FROM watched WHERE name = ?1", params![name.as_bytes()]).map(drop))
            .await
    }
}

impl Embedded {
    async fn put(&self, callback: &WatchedCallback, sql: &'static str) -> Result<()> {
        let (name, record) = (watched_name(callback.merchant, &callback.url), write_watched(callback)?);
        self.write(move |db, _| execute(db, sql, params![name.as_bytes(), record]).map(drop)).await
    }
}
