//! The watched callbacks: one hash for all merchants.

use async_trait::async_trait;

use super::script::Request;
use super::{RedisStore, keys};
use crate::domain::WatchedCallback;
use crate::store::record::{read_watched, write_watched};
use crate::store::{Result, Watches, half, watched_name};

#[async_trait]
impl Watches for RedisStore {
    async fn watched(&self) -> Result<Vec<WatchedCallback>> {
        let all: Vec<Vec<u8>> = self.ask(Request::plain("HVALS", [keys::watched()])).await?;
        all.iter().map(|record| read_watched(record)).collect()
    }

    async fn watch(&self, callback: &WatchedCallback) -> Result<()> {
        let put = Request::plain("HSETNX", [keys::watched(), field(callback), write_watched(callback)?]);
        self.link.ask(put).await.map(drop)
    }

    async fn note_standing(&self, callback: &WatchedCallback) -> Result<()> {
        let put = Request::plain("HSET", [keys::watched(), field(callback), write_watched(callback)?]);
        self.link.ask(put).await.map(drop)
    }

    async fn unwatch(&self, callback: &WatchedCallback) -> Result<()> {
        self.link.ask(Request::plain("HDEL", [keys::watched(), field(callback)])).await.map(drop)
    }
}

fn field(callback: &WatchedCallback) -> Vec<u8> {
    half(&watched_name(callback.merchant, &callback.url)).to_vec()
}
