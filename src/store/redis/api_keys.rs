//! The numbers of API keys, and when each key was last used.
//!
//! A number and its merchant are in two shards, so that a look-up takes two round trips. Therefore each node remembers
//! whose the numbers are that it has met, and asks for the merchant at once. A number that it remembers wrongly is not
//! among that merchant's keys any more; then it looks the number up anew.

use std::sync::PoisonError;

use async_trait::async_trait;

use super::script::{self, Request};
use super::value::{to_moment, unreadable};
use super::{RedisStore, keys};
use crate::domain::{KeyNumber, Merchant, MerchantId, UnixMillis};
use crate::store::{ApiKeys, Merchants, Result, api_keys::has_key};

#[async_trait]
impl ApiKeys for RedisStore {
    async fn reserve_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<bool> {
        let reserve = Request::call(&script::RESERVE_NUMBER, [keys::key_number(number)]).with(merchant.as_bytes());
        self.changes(reserve).await
    }

    async fn free_number(&self, number: KeyNumber, merchant: MerchantId) -> Result<()> {
        let free = Request::call(&script::FREE_NUMBER, [keys::key_number(number)]).with(merchant.as_bytes());
        let forget = Request::plain("HDEL", [keys::key_uses(merchant), number.to_string().into_bytes()]);
        self.link.ask_all(&[free, forget]).await.map(drop)
    }

    async fn merchant_of_key(&self, number: KeyNumber) -> Result<Option<Merchant>> {
        let met = self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(&number).copied();
        if let Some(id) = met
            && let Some(merchant) = self.merchant(id).await?.filter(|merchant| has_key(merchant, number))
        {
            return Ok(Some(merchant));
        }
        let owner = |id: &[u8]| id.try_into().map(MerchantId::from_bytes).map_err(|_| unreadable("a key's merchant"));
        let Some(id) = self.value_at(keys::key_number(number), owner).await? else { return Ok(None) };
        let merchant = self.merchant(id).await?.filter(|merchant| has_key(merchant, number));
        if merchant.is_some() {
            // Only numbers that exist are remembered, so that nobody can fill this by guessing.
            self.numbers.write().unwrap_or_else(PoisonError::into_inner).insert(number, id);
        }
        Ok(merchant)
    }

    async fn note_use(&self, merchant: MerchantId, number: KeyNumber, at: UnixMillis) -> Result<()> {
        let note = Request::call(&script::NOTE_USE, [keys::key_uses(merchant)]);
        self.link.ask(note.with(number.to_string()).with(at.to_bytes())).await.map(drop)
    }

    async fn last_uses(&self, merchant: MerchantId) -> Result<Vec<(KeyNumber, UnixMillis)>> {
        let all: Vec<(String, Vec<u8>)> = self.ask(Request::plain("HGETALL", [keys::key_uses(merchant)])).await?;
        let uses = all
            .into_iter()
            .map(|(number, at)| Ok((number.parse().map_err(|_| unreadable("a key's number"))?, to_moment(&at)?)));
        let mut uses = uses.collect::<Result<Vec<_>>>()?;
        uses.sort_unstable();
        Ok(uses)
    }
}
