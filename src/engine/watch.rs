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

/// A part of a list whose length is asked for, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The part.
    pub page: Page,
    /// How far is counted, at least: a merchant may have millions.
    pub to: usize,
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
        self.select_and_count(merchant, which, Counted { page, to: 0 }, wanted).await.map(|(selected, _)| selected)
    }

    /// The same, with the number of all that are wanted, as far as they were counted.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn select_and_count(
        &self,
        merchant: MerchantId,
        which: Which,
        counted: Counted,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<(Vec<Journey>, usize), EngineError> {
        let Counted { page: Page { skip, most }, to } = counted;
        let (mut selected, mut count) = (Vec::new(), 0_usize);
        let mut after = None;
        loop {
            let batch = self.store.list(merchant, which, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            after = batch.last().map(Place::of);
            for journey in batch.into_iter().filter(|journey| wanted(journey)) {
                if selected.len() == most && count >= to {
                    return Ok((selected, count));
                }
                count += 1;
                if count > skip && selected.len() < most {
                    selected.push(journey);
                }
            }
            if is_last || (selected.len() == most && count >= to) {
                return Ok((selected, count));
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
