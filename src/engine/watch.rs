//! What a merchant sees of its journeys.

use super::returns::token_digest;
use super::{Engine, EngineError};
use crate::domain::delivery::Delivery;
use crate::domain::id::{MerchantId, PayId};
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::store::{Place, Which};

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many come before it.
    pub skip: usize,
    /// How many it holds, at the most.
    pub most: usize,
}

/// How many journeys one look into the store brings.
const BATCH: usize = 200;

/// A journey with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The journey.
    pub journey: Journey,
    /// When its one-time token was redeemed, as far as that is remembered.
    pub redeemed_at: Option<Moment>,
    /// The deliveries that its settlements left.
    pub deliveries: Vec<Delivery>,
}

impl Engine {
    /// A merchant's journeys, newest first, `most` at the most, beginning behind `after`.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn journeys(
        &self,
        merchant: MerchantId,
        which: Which,
        after: Option<Place>,
        most: usize,
    ) -> Result<Vec<Journey>, EngineError> {
        Ok(self.store.list(merchant, which, after, most).await?)
    }

    /// A page of a merchant's journeys that are `wanted`, newest first.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn select(
        &self,
        merchant: MerchantId,
        which: Which,
        page: Page,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<Vec<Journey>, EngineError> {
        let Page { mut skip, most } = page;
        let mut selected = Vec::new();
        let mut after = None;
        loop {
            let batch = self.store.list(merchant, which, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            after = batch.last().map(Place::of);
            for journey in batch.into_iter().filter(|journey| wanted(journey)) {
                match skip.checked_sub(1) {
                    Some(left) => skip = left,
                    None => selected.push(journey),
                }
                if selected.len() == most {
                    return Ok(selected);
                }
            }
            if is_last {
                return Ok(selected);
            }
        }
    }

    /// A merchant's journey of this number. `None` when it has none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn journey(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Journey>, EngineError> {
        Ok(self.store.find(pay_id).await?.filter(|journey| journey.opening().merchant == merchant))
    }

    /// A merchant's journey with everything about it.
    ///
    /// # Errors
    /// When the store is in trouble, or the journey's key is gone.
    pub async fn sight(&self, merchant: MerchantId, pay_id: PayId) -> Result<Option<Sight>, EngineError> {
        let Some(journey) = self.journey(merchant, pay_id).await? else { return Ok(None) };
        let mut redeemed_at = None;
        for number in 0..journey.settlements().len() {
            let Some(token) = self.token_of(&journey, u8::try_from(number).unwrap_or(u8::MAX))? else { break };
            let spent = self.store.spent_at(token.shard(), &token_digest(token.reveal())).await?;
            redeemed_at = redeemed_at.or(spent);
        }
        let deliveries = self.store.deliveries(pay_id).await?;
        Ok(Some(Sight { journey, redeemed_at, deliveries }))
    }

    /// The address at which a journey's customer begins: to pay, or to agree.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn pay_link(&self, journey: &Journey) -> Result<String, EngineError> {
        self.page(journey, super::home::page_of(journey)).map(|page| page.as_str().to_owned())
    }

    /// The text that opens a journey's pages.
    ///
    /// # Errors
    /// When the journey's key is gone.
    pub fn link(&self, journey: &Journey) -> Result<String, EngineError> {
        self.keys.link(journey).ok_or_else(super::key_gone)
    }
}
